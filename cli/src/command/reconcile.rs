//! `reconcile`: asks the engine to look after steps whose wrapper is gone.

use std::io::ErrorKind;

use serde_json::json;
use threados_core::engine::protocol::{ClientMessage, EngineMessage};
use threados_core::engine::{Connection, has_untold_end, look};
use threados_core::id::StepId;
use threados_core::model::Phase;
use threados_core::workspace::{ErrorClass, Workspace};

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Report;

pub fn run(context: &Context) -> Result<Report, Failure> {
    context.refuse_steps("reconcile")?;
    let workspace = context.workspace()?;
    if context.global.dry_run {
        return preview(&workspace);
    }
    // An engine that dies before it answers leaves nothing undone that the next one does not do.
    let answer = match ask(&workspace, context)? {
        Some(answer) => answer,
        None => ask(&workspace, context)?
            .ok_or_else(|| Failure::new(ErrorClass::Environment, "ENGINE", "the engine is gone"))?,
    };
    match answer {
        EngineMessage::Reconciled { orphaned, recovered, adopted } => {
            let json = json!({ "orphaned": orphaned, "recovered": recovered, "adopted": adopted });
            Ok(Report::new(json, text(&orphaned, &recovered, &adopted)))
        }
        EngineMessage::Refused { fault } => Err(fault.into()),
        _ => Err(Failure::new(ErrorClass::Environment, "ENGINE", "the engine answered something else")),
    }
}

/// Has the log told of steps that have ended, where it does not know of one. Whether there was such an end.
pub fn catch_up(workspace: &Workspace, context: &Context) -> bool {
    has_untold_end(workspace) && matches!(ask(workspace, context), Ok(Some(EngineMessage::Reconciled { .. })))
}

/// The engine's answer; `None` where it went away before it gave one.
fn ask(workspace: &Workspace, context: &Context) -> Result<Option<EngineMessage>, Failure> {
    let mut connection =
        Connection::open(&workspace.paths, &context.engine_argv(workspace)?, &[&ClientMessage::Reconcile])?;
    loop {
        match connection.hear() {
            Ok(Some(answer @ (EngineMessage::Reconciled { .. } | EngineMessage::Refused { .. }))) => {
                return Ok(Some(answer));
            }
            Ok(Some(_)) => {}
            Ok(None) => return Ok(None),
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return Ok(None),
            Err(error) => return Err(Failure::io("hear the engine", &error)),
        }
    }
}

/// What would be found, without writing it down.
fn preview(workspace: &Workspace) -> Result<Report, Failure> {
    let told = workspace.snapshot()?.state;
    let seen = look(workspace)?.state;
    let (mut orphaned, mut recovered, mut adopted) = (Vec::new(), Vec::new(), Vec::new());
    for (id, _) in told.steps.iter().filter(|(_, s)| s.phase == Phase::Running) {
        let now = seen.steps.get(id);
        let list = match now.map(|s| s.phase) {
            Some(Phase::Running) => &mut adopted,
            _ if now.and_then(|s| s.reason.as_deref()).is_some_and(|r| r.starts_with("orphaned_process")) => {
                &mut orphaned
            }
            _ => &mut recovered,
        };
        list.push(id.clone());
    }
    [&mut orphaned, &mut recovered, &mut adopted].into_iter().for_each(|l| l.sort());
    let json = json!({ "dry_run": true, "orphaned": orphaned, "recovered": recovered, "adopted": adopted });
    Ok(Report::new(json, text(&orphaned, &recovered, &adopted)))
}

fn text(orphaned: &[StepId], recovered: &[StepId], adopted: &[StepId]) -> String {
    let line = |ids: &[StepId], what: &str| {
        let ids: Vec<&str> = ids.iter().map(StepId::as_str).collect();
        if ids.is_empty() { String::new() } else { format!("{what}: {}\n", ids.join(", ")) }
    };
    let all = line(orphaned, "orphaned (FAILED, their wrapper is gone)")
        + &line(recovered, "recovered (their end was taken over)")
        + &line(adopted, "adopted (they run)");
    if all.is_empty() { "everything is as the log says\n".to_owned() } else { all }
}
