//! What a reader sees while no engine keeps the log true: steps that have ended since are shown as they ended.

use std::fs::{File, TryLockError};

use chrono::Utc;

use super::ends::ORPHANED;
use crate::id::{RunId, StepId};
use crate::model::{Fact, Phase, StepFact};
use crate::workspace::{DoorError, Snapshot, Workspace};
use crate::wrapper::{Liveness, StepRecord, liveness};

/// What is so now. Where an engine serves the project that is what the log says; where none does, what the next
/// engine will find is shown already: ends that stand in a step's `status.json`, and orphans. Nothing is written.
///
/// # Errors
/// As [`Workspace::snapshot`].
pub fn observe(workspace: &Workspace) -> Result<Snapshot, DoorError> {
    let mut snapshot = workspace.snapshot()?;
    let is_running = |s: &crate::model::StepState| s.phase == Phase::Running;
    if !snapshot.state.steps.values().any(is_running) || has_engine(workspace) {
        return Ok(snapshot);
    }
    let running = snapshot.state.steps.iter().filter(|(_, s)| is_running(s));
    let ends: Vec<StepFact> =
        running.filter_map(|(id, s)| end_of(workspace, id, s.run_id.as_ref()?, s.attempt)).collect();
    // An engine that has come meanwhile tells it by the log.
    for end in ends {
        snapshot.state.take(Fact::Step(end), Utc::now());
    }
    Ok(snapshot)
}

/// Whether an engine serves the project.
pub(super) fn has_engine(workspace: &Workspace) -> bool {
    let Ok(file) = File::open(&workspace.paths.engine_lock) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

/// How an attempt ended that the log still calls RUNNING; `None` while its wrapper lives.
fn end_of(workspace: &Workspace, id: &StepId, run: &RunId, attempt: u32) -> Option<StepFact> {
    let lock = workspace.paths.wrappers.join(format!("{run}.{id}"));
    if matches!(liveness(&lock), Ok(Liveness::Live(_)) | Err(_)) {
        return None;
    }
    let record = StepRecord::read(&workspace.paths.run_step(run, id)).ok().flatten();
    Some(match record.filter(|r| r.attempt == attempt) {
        Some(record) => {
            let mut fact = StepFact::new(id.clone(), Phase::of(record.status));
            fact.reason = record.reason;
            fact.exit_code = record.exit_code;
            fact.at = Some(record.ended_at);
            fact
        }
        None => StepFact::new(id.clone(), Phase::Failed).because(ORPHANED),
    })
}
