//! `run`, `stop`, `restart`: asks the engine and follows what it says.

use std::thread;

use serde_json::json;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use threados_core::engine::Connection;
use threados_core::engine::protocol::{ClientMessage, EngineMessage, RunReport, RunState};
use threados_core::grammar::{Command, Control, StepStop, to_line};
use threados_core::id::RunId;
use threados_core::workspace::{ErrorClass, Workspace};

use crate::confirm::ask;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Report, print};

/// Runs what is asked and follows it to its end.
pub fn run(control: Control, context: &Context) -> Result<Report, Failure> {
    let workspace = context.workspace()?;
    let detach = control.options().is_some_and(|o| o.detach);
    let mut connection = ask_engine(&control, &workspace, context)?;
    let run = loop {
        match hear(&mut connection)? {
            EngineMessage::Accepted { run, .. } => break run,
            // What happened before the run was durable shows in the log anyway.
            EngineMessage::Entry { .. } => {}
            other => return Err(unexpected(&other)),
        }
    };
    if detach {
        let text = format!("{run}\n");
        return Ok(Report::new(json!({ "run_id": run, "state": "running" }), text));
    }
    stop_on_signal(&connection, &run)?;
    let report = follow(&mut connection, &run, &workspace, context)?;
    Ok(render(&report))
}

/// Stops steps; returns when no process of them is left.
pub fn stop(asked: StepStop, context: &Context) -> Result<Report, Failure> {
    let workspace = context.workspace()?;
    let stopped = match ask_engine(&Control::Stop(asked.clone()), &workspace, context) {
        Ok(mut connection) => hear(&mut connection)?,
        // Stopping is always possible, also where no engine can be started.
        Err(_) if context.global.yes => EngineMessage::Stopped {
            steps: threados_core::engine::stop_without_engine(&workspace, &asked, context.actor())?,
        },
        Err(failure) => return Err(failure),
    };
    match stopped {
        EngineMessage::Stopped { steps } => {
            let names: Vec<&str> = steps.iter().map(|s| s.as_str()).collect();
            let text = if names.is_empty() {
                "nothing runs\n".into()
            } else {
                format!("stopped: {}\n", names.join(", "))
            };
            Ok(Report::new(json!({ "stopped": steps }), text))
        }
        other => Err(unexpected(&other)),
    }
}

/// Asks, and asks the person where a yes is needed.
fn ask_engine(control: &Control, workspace: &Workspace, context: &Context) -> Result<Connection, Failure> {
    let mut confirmed = context.global.yes;
    let engine = context.engine_argv(workspace)?;
    if !confirmed && context.can_ask() {
        let policy = workspace.snapshot().ok().and_then(|s| s.policy().ok());
        let asking = threados_core::policy::Asking::direct(context.actor());
        let need = policy.map(|p| p.needs_confirmation(control.name(), asking).count());
        if need.is_none_or(|n| n > 0) {
            confirmed = ask(context, &format!("{}\nDo it?", to_line(&Command::Control(control.clone()))));
        }
    }
    let mut connection = Connection::open(&workspace.paths, &engine)?;
    let message = ClientMessage::Control { control: control.clone(), actor: context.actor(), confirmed };
    connection.say(&message).map_err(|e| Failure::io("talk to the engine", &e))?;
    Ok(connection)
}

fn hear(connection: &mut Connection) -> Result<EngineMessage, Failure> {
    match connection.hear() {
        Ok(Some(EngineMessage::Refused { fault })) => Err(fault.into()),
        Ok(Some(message)) => Ok(message),
        Ok(None) => Err(Failure::new(ErrorClass::Environment, "ENGINE", "the engine is gone")),
        Err(error) => Err(Failure::io("hear the engine", &error)),
    }
}

fn unexpected(message: &EngineMessage) -> Failure {
    Failure::new(
        ErrorClass::Environment,
        "ENGINE",
        format!("the engine said something unexpected: {message:?}"),
    )
}

/// Ctrl+C ends the run; the second one kills at once.
fn stop_on_signal(connection: &Connection, run: &RunId) -> Result<(), Failure> {
    let io = |e: std::io::Error| Failure::io("wait for signals", &e);
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(io)?;
    let mut speaker = connection.speaker().map_err(io)?;
    let run = run.clone();
    thread::spawn(move || {
        let mut kill = false;
        for _ in signals.forever() {
            // An engine that is gone has nothing to stop.
            drop(speaker.say(&ClientMessage::Interrupt { run: run.clone(), kill }));
            kill = true;
        }
    });
    Ok(())
}

fn follow(
    connection: &mut Connection,
    run: &RunId,
    workspace: &Workspace,
    context: &Context,
) -> Result<RunReport, Failure> {
    loop {
        match connection.hear() {
            Ok(Some(EngineMessage::RunEnded { report })) => return Ok(report),
            Ok(Some(EngineMessage::Entry { entry })) => {
                if !context.global.json && !context.global.quiet {
                    let reason = entry.payload.get("reason").and_then(|r| r.as_str()).unwrap_or_default();
                    print(&format!("{} {} {reason}\n", entry.action, entry.target));
                }
            }
            Ok(Some(EngineMessage::Refused { fault })) => return Err(fault.into()),
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => {
                *connection = Connection::open(&workspace.paths, &context.engine_argv(workspace)?)?;
                let attach = ClientMessage::Attach { run: run.clone() };
                connection.say(&attach).map_err(|e| Failure::io("talk to the engine", &e))?;
            }
        }
    }
}

fn render(report: &RunReport) -> Report {
    let exit = match report.state {
        RunState::Done | RunState::Running => 0,
        RunState::Failed | RunState::Stopped => 1,
        RunState::Waiting => 10,
    };
    let text = format!("run {}: {}\n", report.run_id, report.state.as_str());
    Report::new(serde_json::to_value(report).unwrap_or_default(), text).exit(exit)
}
