//! `demo`: a small project, made and run before one's eyes. It goes the way of any user: actions, runs, a gate.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};
use threados_core::action::{Action, GateApprove};
use threados_core::engine::protocol::{RunReport, RunState};
use threados_core::grammar::{Control, RunAll};
use threados_core::store::Paths;
use threados_core::workspace::{Consent, ErrorClass, Request, Workspace, demo};

use super::run;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Report, print};
use crate::progress::style::{Tone, fit};
use crate::progress::{Style, summary};

/// Make a small project and run it, to see how it works
#[derive(Debug, Args)]
pub struct Demo {
    /// Folder of the project: a new or empty one [default: a fresh temporary folder]
    pub dir: Option<PathBuf>,
}

pub fn run(args: &Demo, context: &Context) -> Result<Report, Failure> {
    if context.global.dry_run {
        return Ok(preview());
    }
    let root = folder(args.dir.as_deref())?;
    let workspace = demo::make(Paths::new(&root)?, std::env::current_exe().ok())?;
    let mut global = context.global.clone();
    global.root = Some(workspace.root().to_owned());
    let context = Context::new(global);
    let stage = Stage { context: &context, workspace: &workspace, style: Style::of(&context) };
    stage.play()
}

fn preview() -> Report {
    let lines: Vec<&str> = demo::lines().collect();
    let text = format!(
        "would make a project of these lines, run it, approve its gate, and run it on:\n  {}\n",
        lines.join("\n  ")
    );
    Report::new(json!({ "dry_run": true, "lines": lines }), text)
}

/// The folder of the demo: an empty one, made where it is not there.
fn folder(asked: Option<&Path>) -> Result<PathBuf, Failure> {
    let Some(dir) = asked else { return fresh_folder() };
    fs::create_dir_all(dir).map_err(|e| Failure::io(&format!("make the folder {}", dir.display()), &e))?;
    let mut inside =
        fs::read_dir(dir).map_err(|e| Failure::io(&format!("look into {}", dir.display()), &e))?;
    if inside.next().is_some() {
        let message = format!("{} is not empty, and the demo writes files", dir.display());
        let failure = Failure::new(ErrorClass::Conflict, "NOT_EMPTY", message);
        return Err(failure.hint("name a new folder, or none for a temporary one"));
    }
    Ok(dir.to_owned())
}

fn fresh_folder() -> Result<PathBuf, Failure> {
    demo::fresh_folder().map_err(|e| {
        Failure::io(&format!("make a folder in {}", threados_core::store::temporary_dir().display()), &e)
    })
}

/// What tells the story.
struct Stage<'a> {
    context: &'a Context,
    workspace: &'a Workspace,
    style: Style,
}

impl Stage<'_> {
    fn play(&self) -> Result<Report, Failure> {
        self.tell(&format!(
            "A project with all six thread types, made of these commands, in {}\n\
             What the steps do stands in its folder `steps`. Nothing of it leaves the project.\n",
            self.workspace.root().display()
        ));
        self.tell(&self.quote(demo::SEQUENCE));
        let first = self.run_all()?;
        if first.state != RunState::Waiting {
            return Ok(self.ended(&[first]));
        }
        self.heading("The gate");
        self.tell(
            "The gate `review` stands before `publish`, and only a person can open it.\n\
             You started this demo, so it says yes for you, as you would:\n\
             \x20 seqctl gate approve review\n",
        );
        self.approve()?;
        let second = self.run_all()?;
        Ok(self.ended(&[first, second]))
    }

    fn run_all(&self) -> Result<RunReport, Failure> {
        self.heading("seqctl run all");
        let control = Control::RunAll(RunAll::default());
        let ended = run::follow(&control, false, self.workspace, self.context)?;
        self.tell(&format!("{}\n", summary::headline(&ended.report, Some(ended.took_ms))));
        Ok(ended.report)
    }

    fn approve(&self) -> Result<(), Failure> {
        let id = "review".parse().map_err(|e| Failure::new(ErrorClass::Invalid, "DEMO", format!("{e}")))?;
        let reason = Some("the demo was started by a person".to_owned());
        let approve = Action::from(GateApprove { id, reason, early: false });
        let request = Request { actor: self.context.actor(), ..Request::user(vec![approve]) };
        self.workspace.submit(&request, &Consent::None)?;
        Ok(())
    }

    fn ended(&self, runs: &[RunReport]) -> Report {
        let state = runs.last().map_or(RunState::Failed, |r| r.state);
        let exit = match state {
            RunState::Done => 0,
            RunState::Waiting => 10,
            _ => 1,
        };
        let root = self.workspace.root();
        let json =
            json!({ "root": root, "state": state, "runs": runs.iter().map(as_json).collect::<Vec<_>>() });
        let text = match (self.context.global.quiet, state) {
            (true, _) => format!("{} {}\n", state.as_str(), root.display()),
            (false, RunState::Done) => self.farewell(),
            (false, _) => format!("\nThe demo did not come to its end. It is in {}\n", root.display()),
        };
        Report::new(json, text).exit(exit)
    }

    fn farewell(&self) -> String {
        let seqctl = own_word();
        let mut text = self.title("What you saw");
        for (what, told) in [
            ("base", "`plan` ran by itself: one step, one process"),
            ("parallel", "`build-1`, `-2`, `-3` ran at once; `collect` waited for all three"),
            ("fusion", "`name` saw what all three candidates came to"),
            ("orchestrated", "`inspect` added two steps of its own and ran them"),
            ("long", "`guard` looked after `polish` as long as that ran"),
            ("chained", "`publish` stood behind a gate until a person said yes"),
        ] {
            text += &format!("  {what:<12} {told}\n");
        }
        text += "Every change and every start is in the audit log, with who asked for it.\n";
        text += &self.title("Try next");
        text +=
            &format!("  cd {}\n", summary::words(&[self.workspace.root().to_string_lossy().into_owned()]));
        for (line, why) in [
            ("status", "how each step stands"),
            ("logs name", "what the candidates came to"),
            ("run all --from build-1", "a part again, and all that follows, up to the gate"),
        ] {
            text += &format!("  # {why}\n  {seqctl} {line}\n");
        }
        text
    }

    fn heading(&self, text: &str) {
        self.tell(&self.title(text));
    }

    fn title(&self, text: &str) -> String {
        format!("\n{}\n", self.style.paint(Tone::Bold, text))
    }

    /// The lines of the sequence without their comments' marks, cut so that each stays one line.
    fn quote(&self, text: &str) -> String {
        let mut out = String::new();
        for line in text.lines().skip(1).filter(|line| !line.is_empty()) {
            match line.strip_prefix("# ") {
                Some(comment) => out += &format!("\n  {}\n", self.style.paint(Tone::Dim, comment)),
                None => {
                    let line = format!("seqctl {line}");
                    out += &format!(
                        "    {}\n",
                        fit(&line, self.style.columns.saturating_sub(5).min(95), self.style.unicode)
                    );
                }
            }
        }
        out
    }

    fn tell(&self, text: &str) {
        if !self.context.global.json && !self.context.global.quiet {
            print(text);
        }
    }
}

fn as_json(report: &RunReport) -> Value {
    serde_json::to_value(report).unwrap_or_default()
}

/// What has to be typed for this program: its name where the shell finds it, else its path.
fn own_word() -> String {
    let own = std::env::current_exe().unwrap_or_default();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|dir| dir.join("seqctl")).find(|file| file.is_file());
    let same = found.and_then(|file| file.canonicalize().ok()).is_some_and(|file| file == own);
    if same { "seqctl".to_owned() } else { summary::words(&[own.to_string_lossy().into_owned()]) }
}
