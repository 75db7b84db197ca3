//! Stopping where no engine can be had: a broken `sequence.yaml`, a full or read-only disk. The wrappers are told
//! directly; the log hears of it where it can, and the next engine takes the ends over from their records.

use serde_json::json;

use super::protocol::Fault;
use crate::grammar::StepStop;
use crate::id::StepId;
use crate::log::{Draft, Log, load_state};
use crate::model::Actor;
use crate::store::lock::ProjectLock;
use crate::workspace::{DoorError, ErrorClass, Workspace};
use crate::wrapper::{Liveness, StopRequest, liveness, stop, wait_free};

/// Stops steps without an engine, and returns when no process of them is left. A person must have said yes.
///
/// # Errors
/// A [`Fault`] where a named step does not run, or its wrapper cannot be told.
pub fn stop_without_engine(
    workspace: &Workspace,
    asked: &StepStop,
    actor: Actor,
) -> Result<Vec<StepId>, Fault> {
    let living = living(workspace)?;
    let is_meant = |id: &StepId| asked.all || asked.ids.contains(id);
    if let Some(id) = asked.ids.iter().find(|id| !living.iter().any(|(_, step)| step == *id)) {
        let message = format!("no process of step `{id}` lives: there is nothing to stop");
        return Err(Fault::new(ErrorClass::Conflict, "STEP_NOT_RUNNING", message));
    }
    let meant: Vec<_> = living.into_iter().filter(|(_, id)| is_meant(id)).collect();
    let mut request = StopRequest::new(format!("stopped by {actor}"));
    request.kill_now = asked.now;
    let mut failure = None;
    for (lock, _) in &meant {
        if let Err(error) = stop(lock, &request) {
            failure = Some(Fault::new(ErrorClass::Environment, "STOP", error.to_string()));
        }
    }
    let steps: Vec<StepId> = meant.iter().map(|(_, id)| id.clone()).collect();
    audit(workspace, asked, actor, &steps);
    if let Some(fault) = failure {
        return Err(fault);
    }
    for (lock, _) in &meant {
        wait_free(lock).map_err(|e| Fault::new(ErrorClass::Environment, "STOP", e.to_string()))?;
    }
    Ok(steps)
}

/// Every attempt whose wrapper lives: its lock file, named `<run>.<step>`, and its step.
fn living(workspace: &Workspace) -> Result<Vec<(std::path::PathBuf, StepId)>, Fault> {
    let path = &workspace.paths.wrappers;
    let entries = match std::fs::read_dir(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        // Whoever may not look, as another user may not, cannot say that nothing runs.
        read => read.map_err(|source| Fault::from(&DoorError::Read { path: path.clone(), source }))?,
    };
    let attempt = |path: std::path::PathBuf| {
        let (_, step) = path.file_name()?.to_str()?.split_once('.')?;
        let step = StepId::new(step).ok()?;
        matches!(liveness(&path), Ok(Liveness::Live(_))).then_some((path, step))
    };
    Ok(entries.flatten().filter_map(|entry| attempt(entry.path())).collect())
}

/// That it cannot be told does not make it less stopped.
fn audit(workspace: &Workspace, asked: &StepStop, actor: Actor, steps: &[StepId]) {
    let names = steps.iter().map(StepId::as_str).collect::<Vec<_>>().join(",");
    let draft = Draft::new(actor, "step.stop", &names).with("steps", json!(steps)).with("now", asked.now);
    let told = || -> Result<(), Box<dyn std::error::Error>> {
        let guard = ProjectLock::acquire(&workspace.paths.lock, workspace.lock_timeout)?;
        let position = load_state(&workspace.paths)?.position;
        let mut log = Log::open_at(&workspace.paths, workspace.log_redactor(), &position)?;
        log.append_durable(&guard, &[draft])?;
        Ok(())
    };
    if let Err(error) = told() {
        tracing::warn!(%error, "a stop could not be noted in the log");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::testing::Bed;

    #[test]
    fn where_nobody_can_look_nothing_is_said_to_be_still() {
        let bed = Bed::new();
        let all = StepStop { ids: Vec::new(), all: true, now: false };
        let stop = || stop_without_engine(&bed.workspace, &all, Actor::User);
        let wrappers = &bed.workspace.paths.wrappers;
        assert!(stop().unwrap().is_empty());
        // A folder that cannot be read, also for root.
        std::fs::create_dir_all(wrappers.parent().unwrap()).unwrap();
        std::fs::write(wrappers, "").unwrap();
        let fault = stop().unwrap_err();
        assert!(fault.exit == 8 && fault.message.contains("wrappers"), "{fault:?}");
    }
}
