//! `prompt show`, `prompt edit`.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use serde_json::json;
use threados_core::action::{Action, PromptSet};
use threados_core::engine::PROMPT;
use threados_core::id::{RunId, StepId};
use threados_core::model::Step;
use threados_core::store::prompt;
use threados_core::workspace::{Ask, ErrorClass, Workspace};

use super::change::{request_of, submit};
use super::logs::redactor;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Report;

/// Print the prompt of a step
#[derive(Debug, Args)]
pub struct Show {
    /// Step whose prompt it is
    pub id: String,
    /// As it was really asked in this run, templates filled in
    #[arg(long, value_name = "RUN")]
    pub run: Option<RunId>,
}

/// Edit the prompt of a step with $VISUAL or $EDITOR
#[derive(Debug, Args)]
pub struct Edit {
    /// Step whose prompt it is
    pub id: String,
}

pub fn show(args: &Show, context: &Context) -> Result<Report, Failure> {
    let workspace = context.workspace()?;
    if let Some(run) = &args.run {
        return asked(args, run, &workspace);
    }
    let (_, file, text) = read(&workspace, &args.id)?;
    let Some(text) = text else {
        return Err(Failure::new(
            ErrorClass::NotFound,
            "NO_PROMPT",
            format!("step `{}` has no prompt", args.id),
        )
        .hint(format!("write one: seqctl prompt edit {}", args.id)));
    };
    Ok(Report::new(json!({ "id": args.id, "file": file, "text": text }), text))
}

/// What was really asked, without secrets. The step may be gone since.
fn asked(args: &Show, run: &RunId, workspace: &Workspace) -> Result<Report, Failure> {
    let not_found = |code: &str, message: String| Failure::new(ErrorClass::NotFound, code, message);
    let id: StepId = args
        .id
        .parse()
        .map_err(|_| not_found("STEP_NOT_FOUND", format!("there is no step `{}`", args.id)))?;
    let file = workspace.paths.run_step(run, &id).join(PROMPT);
    let text = match std::fs::read_to_string(&file) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let message = format!("step `{id}` was asked nothing in run {run}");
            return Err(not_found("NO_PROMPT", message).hint("`seqctl runs list` shows all runs"));
        }
        Err(error) => return Err(Failure::io(&format!("read {}", file.display()), &error)),
    };
    let text = redactor(workspace, &workspace.in_force()?.snapshot, &id)?.redact(&text).into_owned();
    Ok(Report::new(json!({ "id": id, "run_id": run, "file": file, "text": text }), text))
}

pub fn edit(args: &Edit, context: &Context) -> Result<Report, Failure> {
    context.refuse_steps("prompt.set")?;
    let workspace = context.workspace()?;
    let (step, _, before) = read(&workspace, &args.id)?;
    let before = before.unwrap_or_default();
    let after = in_editor(&workspace, &before)?;
    if after == before {
        let json = json!({ "revision": workspace.snapshot()?.revision, "changed": [], "diff": "" });
        return Ok(Report::new(json, "the prompt stays as it was\n"));
    }
    let action = Action::PromptSet(PromptSet { id: step.id, text: Some(after), file: None });
    submit(&request_of(Ask::Actions(vec![action]), context), context)
}

/// The step, its prompt file below `.threados`, and the text where there is one.
fn read(workspace: &Workspace, id: &str) -> Result<(Step, String, Option<String>), Failure> {
    let snapshot = workspace.snapshot()?;
    let sequence = snapshot.sequence();
    let step = sequence.step(id).cloned();
    let step =
        step.ok_or_else(|| Failure::not_found("step", id, sequence.steps.iter().map(|s| s.id.as_str())))?;
    let file = step.prompt_file.clone().unwrap_or_else(|| Step::default_prompt_file(&step.id));
    match prompt::read(&workspace.paths.threados.join(&file)) {
        Ok(text) => Ok((step, file, Some(text))),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok((step, file, None)),
        Err(error) => Err(Failure::io(&format!("read .threados/{file}"), &error)),
    }
}

/// A file that is gone with this value, whatever happens in between.
struct Draft(PathBuf);

impl Drop for Draft {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

fn in_editor(workspace: &Workspace, text: &str) -> Result<String, Failure> {
    let words = editor()?;
    let draft = Draft(workspace.paths.state_dir.join(format!("prompt-{}.md", std::process::id())));
    write_private(&draft.0, text).map_err(|e| Failure::io("write a draft of the prompt", &e))?;
    let mut command = Command::new(&words[0]);
    let ended = command.args(&words[1..]).arg(&draft.0).status();
    let ended = ended.map_err(|e| {
        Failure::io(&format!("start the editor {}", words[0]), &e)
            .hint("set VISUAL or EDITOR to one that is there")
    })?;
    if !ended.success() {
        let message = format!("the editor {} ended with {ended}; the prompt stays as it was", words[0]);
        return Err(Failure::new(ErrorClass::Environment, "EDITOR", message));
    }
    prompt::read(&draft.0).map_err(|e| Failure::io("read what the editor wrote", &e))
}

fn editor() -> Result<Vec<String>, Failure> {
    let named =
        ["VISUAL", "EDITOR"].iter().find_map(|v| std::env::var(v).ok().filter(|v| !v.trim().is_empty()));
    let words = named.as_deref().and_then(shlex::split).filter(|words| !words.is_empty());
    words.ok_or_else(|| {
        Failure::new(ErrorClass::Environment, "NO_EDITOR", "neither VISUAL nor EDITOR names an editor")
            .hint("set one of them, or use `seqctl prompt set ID --file FILE`")
    })
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file: File = options.open(path)?;
    file.write_all(text.as_bytes())
}
