//! `reconcile`: asks the engine to look after steps whose wrapper is gone.

use serde_json::json;
use threados_core::engine::protocol::EngineMessage;
use threados_core::engine::{look_in_force, reconcile};
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
    match reconcile(&workspace, &context.engine_argv(&workspace)?)? {
        EngineMessage::Reconciled { orphaned, recovered, adopted } => {
            let json = json!({ "orphaned": orphaned, "recovered": recovered, "adopted": adopted });
            Ok(Report::new(json, text(&orphaned, &recovered, &adopted)))
        }
        EngineMessage::Refused { fault } => Err(fault.into()),
        _ => Err(Failure::new(ErrorClass::Environment, "ENGINE", "the engine answered something else")),
    }
}

/// What would be found, without writing it down.
fn preview(workspace: &Workspace) -> Result<Report, Failure> {
    let told = workspace.in_force()?.snapshot.state;
    let seen = look_in_force(workspace)?.snapshot.state;
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
