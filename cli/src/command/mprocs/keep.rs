//! `mprocs keep` (hidden): the process that owns mprocs' terminal.

use std::io::Write as _;

use clap::Args;
use threados_core::engine::tell_of_panes;
use threados_core::executor::mprocs::{Denied, KeeperWord, Layout, keep};
use threados_core::log::Draft;
use threados_core::model::{Actor, Outcome};
use threados_core::workspace::{ErrorClass, Workspace};
use threados_core::wrapper::TerminalSize;

use crate::context::{Context, PANE};
use crate::failure::Failure;
use crate::output::Report;

/// Keep a session until mprocs ends
#[derive(Debug, Args)]
pub struct Keep {
    /// mprocs' own port, 0 for a free one
    #[arg(long)]
    pub port: Option<u16>,
}

/// The size of a screen that nobody looks at.
const SIZE: TerminalSize = TerminalSize { cols: 160, rows: 50 };

/// The command line that becomes the keeper of a project's session.
pub fn argv(workspace: &Workspace, port: Option<u16>) -> Result<Vec<String>, Failure> {
    let mut argv = ours(workspace, &["mprocs", "keep"])?;
    if let Some(port) = port {
        argv.extend(["--port".to_owned(), port.to_string()]);
    }
    Ok(argv)
}

fn ours(workspace: &Workspace, words: &[&str]) -> Result<Vec<String>, Failure> {
    let own = std::env::current_exe().map_err(|e| Failure::io("find this program", &e))?;
    let root = workspace.root().to_string_lossy().into_owned();
    let mut argv = vec![own.to_string_lossy().into_owned()];
    argv.extend(words.iter().map(|word| (*word).to_owned()));
    argv.extend(["--root".to_owned(), root]);
    Ok(argv)
}

pub fn run(args: &Keep, context: &Context) -> Result<Report, Failure> {
    threados_core::wrapper::detach();
    let workspace = context.workspace()?;
    let snapshot = workspace.snapshot()?;
    let at_once = snapshot.policy().map_or(20, |policy| policy.max_concurrent) as usize;
    let steps = snapshot.sequence().steps.iter().filter(|step| step.watchdog_for.is_none());
    let layout = Layout::new(steps.map(|step| (&step.id, step.name.as_str())), at_once);
    let asked = threados_core::executor::mprocs::Keep {
        paths: (*workspace.paths).clone(),
        layout,
        pane: ours(&workspace, &[PANE])?,
        size: SIZE,
        port: args.port,
    };
    // A list that says less is no reason to have none.
    let notes = tell_of_panes(workspace.clone()).ok();
    match keep(&asked, notes, |_| announce("up"), |who| note(&workspace, who)) {
        Ok(()) => Ok(Report::printed(0)),
        Err(error) => {
            let word = KeeperWord::from(&error);
            announce(&serde_json::to_string(&word).unwrap_or_default());
            Err(Failure::new(ErrorClass::Environment, error.code(), word.message).hint(word.hint))
        }
    }
}

/// Puts on record who was not let in. The lock of the project may take a while, and mprocs is drained all the time.
fn note(workspace: &Workspace, who: Denied) {
    let workspace = workspace.clone();
    let target = who.step.as_ref().map(|step| step.as_str().to_owned()).unwrap_or_default();
    let error = format!("{} may not use the session", who.why);
    let draft = Draft::new(Actor::System, "mprocs.connect", &target).failed(Outcome::Denied, error);
    std::thread::spawn(move || workspace.note_durably(draft));
}

/// Tells who has started us, who waits for the end of our standard output.
fn announce(word: &str) {
    let mut out = std::io::stdout();
    // Whoever is gone needs no word.
    drop(out.write_all(word.as_bytes()).and_then(|()| out.flush()));
    threados_core::wrapper::close_stdout();
}
