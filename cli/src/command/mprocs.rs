//! `mprocs`: the session in which steps are seen.

mod keep;
mod relay;

use clap::{Args, Subcommand};
use serde_json::json;
use threados_core::engine::{OpenSession, SessionDoor};
use threados_core::executor::mprocs::{Health, PaneMap, health};
use threados_core::id::StepId;
use threados_core::workspace::Workspace;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Report;

/// What concerns the session
#[derive(Debug, Subcommand)]
pub enum Mprocs {
    /// Open mprocs with a pane for each step, or come back to the one that is open
    Open(Open),
    /// Show the pane of a step
    Select(Select),
    /// How the session stands
    Status(Status),
    /// Type a key into the pane of a step
    SendKey(SendKey),
    /// Close mprocs; steps that run go on
    Close(Close),
    /// Keep a session (started by open)
    #[command(hide = true)]
    Keep(keep::Keep),
}

/// Open mprocs with a pane for each step, or come back to the one that is open
#[derive(Debug, Args)]
pub struct Open {
    /// Leave it in the background
    #[arg(long)]
    pub headless: bool,
    /// Let mprocs open its own port, which every local program can reach [default: a free one]
    #[arg(long, value_name = "PORT", allow_negative_numbers = true, num_args = 0..=1, default_missing_value = "0")]
    pub control_port: Option<u16>,
}

/// Show the pane of a step
#[derive(Debug, Args)]
pub struct Select {
    /// The step
    pub id: StepId,
}

/// How the session stands
#[derive(Debug, Args)]
pub struct Status {}

/// Close mprocs; steps that run go on
#[derive(Debug, Args)]
pub struct Close {}

/// Type a key into the pane of a step
#[derive(Debug, Args)]
pub struct SendKey {
    /// The step
    pub id: StepId,
    /// The key: a, <C-c>, <Enter>, <Up>, <F5>, <M-x>
    pub key: String,
}

impl Mprocs {
    /// The name in JSON output.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Open(_) => "mprocs.open",
            Self::Select(_) => "mprocs.select",
            Self::Status(_) => "mprocs.status",
            Self::SendKey(_) => "mprocs.send-key",
            Self::Close(_) => "mprocs.close",
            Self::Keep(_) => "mprocs.keep",
        }
    }
}

pub fn run(args: Mprocs, context: &Context) -> Result<Report, Failure> {
    match args {
        Mprocs::Open(args) => open(&args, context),
        Mprocs::Select(args) => at_door("mprocs.select", context, |door| {
            let place = door.select(&args.id)?;
            Ok(Report::new(json!({ "step": args.id, "index": place }), format!("{} is shown\n", args.id)))
        }),
        Mprocs::SendKey(args) => at_door("mprocs.send-key", context, |door| {
            let place = door.send_key(&args.id, &args.key)?;
            let text = format!("{} was typed into {}\n", args.key, args.id);
            Ok(Report::new(json!({ "step": args.id, "index": place, "key": args.key }), text))
        }),
        Mprocs::Close(_) => at_door("mprocs.close", context, |door| {
            door.close()?;
            Ok(Report::new(json!({ "closed": true }), "mprocs is closed\n"))
        }),
        Mprocs::Status(_) => status(&context.workspace()?),
        Mprocs::Keep(args) => keep::run(&args, context),
    }
}

/// What no step may do, done by a person, and on record.
fn at_door(
    action: &str,
    context: &Context,
    done: impl FnOnce(SessionDoor<'_>) -> Result<Report, threados_core::engine::protocol::Fault>,
) -> Result<Report, Failure> {
    context.refuse_steps(action)?;
    let workspace = context.workspace()?;
    if context.global.dry_run {
        return Ok(Report::new(json!({ "dry_run": true }), format!("would do {action}\n")));
    }
    let door = SessionDoor { workspace: &workspace, actor: context.actor(), confirmed: context.global.yes };
    Ok(done(door)?)
}

fn open(args: &Open, context: &Context) -> Result<Report, Failure> {
    let workspace = context.workspace()?;
    let looks = !args.headless && !context.global.json && !context.global.dry_run;
    if looks {
        relay::check_terminal()?;
    }
    let keeper = keep::argv(&workspace, args.control_port)?;
    let report = at_door("mprocs.open", context, |door| {
        let (state, new) = door.open(&OpenSession { control_port: args.control_port }, &keeper)?;
        let port = state.port.map(|port| format!(", control port 127.0.0.1:{port}")).unwrap_or_default();
        let text = format!(
            "{} is {} with {} panes{port}\n`seqctl mprocs open` shows it, `seqctl mprocs close` ends it\n",
            state.version,
            if new { "open in the background" } else { "open already" },
            state.panes
        );
        let json = json!({ "opened": new, "pid": state.pid, "port": state.port, "panes": state.panes });
        Ok(Report::new(json, text))
    })?;
    if !looks {
        return Ok(report);
    }
    relay::relay(&workspace, context)
}

fn status(workspace: &Workspace) -> Result<Report, Failure> {
    let paths = &workspace.paths;
    let (word, state) = match health(paths) {
        Health::Up(state) => ("up", Some(state)),
        Health::Absent => ("absent", None),
        Health::Dead(state) => ("dead", state),
    };
    let map = PaneMap::read(paths);
    let places = map.as_ref().map(|map| map.steps.clone()).unwrap_or_default();
    let problem = map.err().filter(|_| word == "up").map(|error| error.to_string());
    let json = json!({ "state": word, "session": state, "panes": places, "map_problem": problem });
    let mut text = match (word, &state) {
        ("up", Some(state)) => format!(
            "{} is open: pid {}, {} panes, since {}{}\n",
            state.version,
            state.pid,
            state.panes,
            state.started_at.format("%Y-%m-%dT%H:%M:%SZ"),
            state.port.map(|port| format!(", control port 127.0.0.1:{port}")).unwrap_or_default()
        ),
        ("dead", _) => "mprocs has ended without a word; `seqctl mprocs open` opens another\n".to_owned(),
        _ => "no mprocs is open; `seqctl mprocs open` opens one\n".to_owned(),
    };
    if let Some(problem) = problem {
        text += &format!("{problem}; `seqctl reconcile` writes it anew\n");
    }
    Ok(Report::new(json, text))
}
