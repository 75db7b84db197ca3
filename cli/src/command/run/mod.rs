//! `run`, `stop`, `restart`: asks the engine and shows what comes of it.

mod follow;
mod plan;

use clap::Args;
use serde_json::{Value, json};
use threados_core::engine::protocol::{ClientMessage, EngineMessage, RunState};
use threados_core::engine::{Connection, stop_without_engine};
use threados_core::grammar::{Command, Control, RunVerb, StepRestart, StepStop, to_line};
use threados_core::id::{RunId, StepId};
use threados_core::model::Phase;
use threados_core::workspace::{ErrorClass, Snapshot, Workspace, let_hand_finish};

use crate::confirm::ask;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Report;
use crate::progress::{self, Style, summary};

pub use follow::Ended;
use follow::Follower;

/// Run steps
#[derive(Debug, Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub struct Run {
    #[command(subcommand)]
    pub verb: RunVerb,
    /// With --json: an object a line for everything that happens, the result last
    #[arg(long, global = true)]
    pub stream: bool,
}

/// Stop a step if it runs, and run it again
#[derive(Debug, Args)]
pub struct Restart {
    #[command(flatten)]
    pub asked: StepRestart,
    /// With --json: an object a line for everything that happens, the result last
    #[arg(long)]
    pub stream: bool,
}

/// Runs what is asked and follows it to its end.
pub fn run(control: &Control, stream: bool, context: &Context) -> Result<Report, Failure> {
    if stream && !context.global.json {
        let failure =
            Failure::new(ErrorClass::Usage, "USAGE", "--stream streams JSON, and --json is missing");
        return Err(failure.hint("add --json, or leave --stream out"));
    }
    let workspace = context.workspace()?;
    if context.global.dry_run {
        let_hand_finish(&workspace.paths);
        return plan::plan(control, &workspace, &workspace.snapshot()?);
    }
    if control.options().is_some_and(|o| o.detach) {
        let (run, sandbox) = ask_for(control, stream, &workspace, context)?.accepted()?;
        let mut text = format!("{run}\n");
        if progress::is_live() && !context.global.quiet {
            text += &format!(
                "It goes on in the background (sandbox {sandbox}). `seqctl status` shows how it stands, \
                 `seqctl stop --all` ends it.\n"
            );
        }
        return Ok(Report::new(json!({ "run_id": run, "state": "running", "sandbox": sandbox.level }), text));
    }
    let ended = follow(control, stream, &workspace, context)?;
    Ok(render(&ended, control, &workspace, context, stream))
}

/// Has the engine run what is asked, and shows it up to its end.
pub fn follow(
    control: &Control,
    stream: bool,
    workspace: &Workspace,
    context: &Context,
) -> Result<Ended, Failure> {
    let before = workspace.snapshot();
    // The engine is asked in any case: it is the one to refuse, and to have the refusal on record.
    let follower = ask_for(control, stream, workspace, context)?;
    follower.follow(&before?)
}

fn ask_for<'a>(
    control: &'a Control,
    stream: bool,
    workspace: &'a Workspace,
    context: &'a Context,
) -> Result<Follower<'a>, Failure> {
    let confirmed = confirm(control, workspace, context);
    let message = ClientMessage::Control { control: control.clone(), actor: context.actor(), confirmed };
    Follower::ask(control, &message, workspace, context, progress::choose(context, stream))
}

/// Stops steps; returns when no process of them is left.
pub fn stop(asked: StepStop, context: &Context) -> Result<Report, Failure> {
    let workspace = context.workspace()?;
    if context.global.dry_run {
        return would_stop(&asked, &context.look_back()?.1);
    }
    let control = Control::Stop(asked.clone());
    let confirmed = confirm(&control, &workspace, context);
    let Stopped { steps, runs } = ask_to_stop(&asked, &control, confirmed, &workspace, context)?;
    let names: Vec<&str> = steps.iter().map(StepId::as_str).collect();
    let text = if steps.is_empty() && !runs.is_empty() {
        "nothing runs; what waited does not start\n".to_owned()
    } else {
        stopped_text("stopped", &names)
    };
    Ok(Report::new(json!({ "stopped": steps, "runs": runs }), text))
}

/// What was stopped.
struct Stopped {
    steps: Vec<StepId>,
    /// Of these nothing more starts.
    runs: Vec<RunId>,
}

/// Stopping is always possible: an engine that dies meanwhile is asked again, and where none can be had the
/// wrappers are told directly.
fn ask_to_stop(
    asked: &StepStop,
    control: &Control,
    confirmed: bool,
    workspace: &Workspace,
    context: &Context,
) -> Result<Stopped, Failure> {
    let message = ClientMessage::Control { control: control.clone(), actor: context.actor(), confirmed };
    for _ in 0..TRIES {
        let engine = context.engine_argv(workspace)?;
        let connection = match Connection::open(&workspace.paths, &engine, &[&message]) {
            Ok(connection) => connection,
            Err(fault) if context.inside().is_some() => return Err(fault.into()),
            Err(fault) if !confirmed => {
                return Err(
                    Failure::from(fault).hint("add --yes: what runs is stopped without an engine, too")
                );
            }
            Err(_) => break,
        };
        if let Some(stopped) = stopped_by_engine(connection)? {
            return Ok(stopped);
        }
    }
    if !confirmed || context.inside().is_some() {
        return Err(engine_gone());
    }
    let steps = stop_without_engine(workspace, asked, context.actor())?;
    Ok(Stopped { steps, runs: Vec::new() })
}

/// How often an engine that goes away is asked again.
const TRIES: usize = 3;

/// What the engine has stopped, `None` where it went away before it answered.
fn stopped_by_engine(mut connection: Connection) -> Result<Option<Stopped>, Failure> {
    loop {
        match connection.hear() {
            Ok(Some(EngineMessage::Stopped { steps, runs })) => return Ok(Some(Stopped { steps, runs })),
            Ok(Some(EngineMessage::Refused { fault })) => return Err(fault.into()),
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => return Ok(None),
        }
    }
}

fn would_stop(asked: &StepStop, snapshot: &Snapshot) -> Result<Report, Failure> {
    // A hand may have removed what runs.
    let gone = snapshot
        .state
        .steps
        .iter()
        .filter(|(id, s)| s.phase == Phase::Running && snapshot.sequence().step(id.as_str()).is_none());
    let gone: Vec<&str> = gone.map(|(id, _)| id.as_str()).collect();
    let known = || snapshot.sequence().steps.iter().map(|s| s.id.as_str()).chain(gone.iter().copied());
    if let Some(id) = asked.ids.iter().find(|id| !known().any(|known| known == id.as_str())) {
        return Err(Failure::not_found("step", id.as_str(), known()));
    }
    // One that waits for its next attempt is ended, too.
    let waits = |id: &str| snapshot.state.steps.get(id).is_some_and(|s| s.not_before.is_some());
    let runs = |id: &str| snapshot.state.phase(id) == Phase::Running || waits(id);
    let meant = |id: &str| asked.all || asked.ids.iter().any(|asked| asked.as_str() == id);
    let names: Vec<&str> = known().filter(|id| meant(id) && runs(id)).collect();
    let text = stopped_text("would stop", &names);
    Ok(Report::new(json!({ "dry_run": true, "would_stop": names }), text))
}

fn stopped_text(what: &str, names: &[&str]) -> String {
    if names.is_empty() { "nothing runs\n".into() } else { format!("{what}: {}\n", names.join(", ")) }
}

fn engine_gone() -> Failure {
    Failure::new(ErrorClass::Environment, "ENGINE", "the engine went away before it answered")
        .hint("`seqctl status` shows how things stand; then repeat the command")
}

/// Asks the person where a yes is needed and one can be asked. Whether it was given; the engine decides.
fn confirm(control: &Control, workspace: &Workspace, context: &Context) -> bool {
    if context.global.yes || !context.can_ask() {
        return context.global.yes;
    }
    let policy = workspace.snapshot().ok().and_then(|s| s.policy().ok());
    let asking = threados_core::policy::Asking::direct(context.actor());
    let need = policy.map(|p| p.needs_confirmation(control.name(), asking).count());
    if need == Some(0) {
        return false;
    }
    ask(context, &format!("{}\nDo it?", to_line(&Command::Control(control.clone()))))
}

fn render(
    ended: &Ended,
    control: &Control,
    workspace: &Workspace,
    context: &Context,
    stream: bool,
) -> Report {
    let report = &ended.report;
    let exit = match report.state {
        RunState::Done | RunState::Running => 0,
        RunState::Failed | RunState::Stopped => 1,
        RunState::Waiting => 10,
    };
    let mut json = serde_json::to_value(report).unwrap_or_default();
    json["sandbox"] = json!(ended.board.sandbox.level);
    if let Some(open) = &ended.board.sandbox.open {
        json["sandbox_open"] = json!(open);
    }
    if stream {
        json["event"] = Value::from("run.end");
    }
    let text = if context.global.json {
        String::new()
    } else if context.global.quiet {
        format!("{}\n", summary::headline(report, None))
    } else {
        let about = summary::About {
            report,
            control,
            snapshot: &ended.snapshot,
            workspace,
            took_ms: ended.took_ms,
            since: ended.board.started_at,
            started: ended.started,
            sandbox: &ended.board.sandbox,
            seqctl: summary::own_name(context),
        };
        summary::text(&about, Style::of(context))
    };
    Report::new(json, text).exit(exit)
}
