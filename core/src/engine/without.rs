//! Stopping where no engine can be had: a broken `sequence.yaml`, a full or read-only disk. The wrappers are told
//! directly, and what killed ones left is ended; the log hears of it where it can, and the next engine takes the ends
//! over from their records.

use std::path::PathBuf;

use serde_json::json;

use super::protocol::Fault;
use crate::grammar::StepStop;
use crate::id::{RunId, StepId};
use crate::log::{Draft, Loaded, Log, load_state};
use crate::model::Actor;
use crate::workspace::{DoorError, ErrorClass, Workspace};
use crate::wrapper::{Liveness, StopRequest, WrapperError, end_orphan, liveness, stop, wait_free};

/// Stops steps without an engine, and returns when no process of them is left. A person must have said yes.
///
/// # Errors
/// A [`Fault`] where a named step does not run, or its wrapper cannot be told.
pub fn stop_without_engine(
    workspace: &Workspace,
    asked: &StepStop,
    actor: Actor,
) -> Result<Vec<StepId>, Fault> {
    let is_meant = |id: &StepId| asked.all || asked.ids.contains(id);
    let meant: Vec<_> = attempts(workspace)?.into_iter().filter(|attempt| is_meant(&attempt.step)).collect();
    if let Some(id) = asked.ids.iter().find(|id| meant.iter().all(|attempt| attempt.step != **id)) {
        return Err(not_running(id));
    }
    let (living, dead): (Vec<_>, Vec<_>) = meant.into_iter().partition(|attempt| attempt.lives);
    let mut steps: Vec<StepId> = living.iter().map(|attempt| attempt.step.clone()).collect();
    let mut failure = None;
    for attempt in dead {
        match end_orphan(&attempt.lock) {
            Ok(0) => {}
            Ok(_) => steps.push(attempt.step),
            Err(error) => failure = Some(failed(&error)),
        }
    }
    if let Some(id) = asked.ids.first().filter(|_| steps.is_empty() && failure.is_none()) {
        return Err(not_running(id));
    }
    let mut request = StopRequest::new(format!("stopped by {actor}"));
    request.kill_now = asked.now;
    for attempt in &living {
        if let Err(error) = stop(&attempt.lock, &request) {
            failure = Some(failed(&error));
        }
    }
    audit(workspace, asked, actor, &steps);
    if let Some(fault) = failure {
        return Err(fault);
    }
    for attempt in &living {
        wait_free(&attempt.lock).map_err(|error| failed(&error))?;
        // One that was killed meanwhile has ended nothing.
        end_orphan(&attempt.lock).map_err(|error| failed(&error))?;
    }
    Ok(steps)
}

fn not_running(id: &StepId) -> Fault {
    let message = format!("no process of step `{id}` lives: there is nothing to stop");
    Fault::new(ErrorClass::Conflict, "STEP_NOT_RUNNING", message)
}

fn failed(error: &WrapperError) -> Fault {
    Fault::new(ErrorClass::Environment, "STOP", error.to_string())
}

/// An attempt that has not ended in good order.
struct Attempt {
    lock: PathBuf,
    step: StepId,
    /// Its wrapper does; one that was killed may have left processes of the step behind.
    lives: bool,
}

/// Every attempt that has a lock file, which is named `<run>.<step>`.
fn attempts(workspace: &Workspace) -> Result<Vec<Attempt>, Fault> {
    let path = &workspace.paths.wrappers;
    let entries = match std::fs::read_dir(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        // Whoever may not look, as another user may not, cannot say that nothing runs.
        read => read.map_err(|source| Fault::from(&DoorError::Read { path: path.clone(), source }))?,
    };
    let attempt = |lock: PathBuf| {
        let (_, step) = lock.file_name()?.to_str()?.split_once('.')?;
        let step = StepId::new(step).ok()?;
        let lives = match liveness(&lock) {
            Ok(Liveness::Live(_)) => true,
            Ok(Liveness::Free(_)) => false,
            _ => return None,
        };
        Some(Attempt { lock, step, lives })
    };
    Ok(entries.flatten().filter_map(|entry| attempt(entry.path())).collect())
}

/// That it cannot be told does not make it less stopped. By the ends of the runs the next engine knows that nothing more of
/// them is to start.
fn audit(workspace: &Workspace, asked: &StepStop, actor: Actor, steps: &[StepId]) {
    let names = steps.iter().map(StepId::as_str).collect::<Vec<_>>().join(",");
    let draft = Draft::new(actor, "step.stop", &names).with("steps", json!(steps)).with("now", asked.now);
    let told = || -> Result<(), Box<dyn std::error::Error>> {
        let guard = workspace.lock()?;
        let Loaded { state, position, .. } = load_state(&workspace.paths)?;
        let stopped = |run: &RunId| Draft::new(actor, "run.stop", run.as_str()).run(run.clone());
        let runs = state.runs.keys().filter(|_| asked.all).map(stopped);
        let drafts: Vec<Draft> = std::iter::once(draft).chain(runs).collect();
        let mut log = Log::open_at(&workspace.paths, workspace.log_redactor(), &position)?;
        log.append_durable(&guard, &drafts)?;
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
