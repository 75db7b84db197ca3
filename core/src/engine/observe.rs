//! What a reader sees while no engine keeps the log true: steps that have ended since are shown as they ended.

use std::fs::{File, TryLockError};
use std::thread;
use std::time::Duration;

use chrono::Utc;

use super::ends::ORPHANED;
use crate::id::{RunId, StepId};
use crate::model::{Fact, Phase, StepFact};
use crate::workspace::{DoorError, Snapshot, Workspace};
use crate::wrapper::{Liveness, StepRecord, liveness};

/// How often, and how long apart, an engine is given time to tell the log of an end that shows already.
const PATIENCE: u32 = 40;
const PAUSE: Duration = Duration::from_millis(5);

/// What is so now. Where an engine serves the project that is what the log says; where none does, what the next
/// engine will find is shown already: ends that stand in a step's `status.json`, and orphans. Nothing is written.
///
/// # Errors
/// As [`Workspace::snapshot`].
pub fn observe(workspace: &Workspace) -> Result<Snapshot, DoorError> {
    for _ in 0..PATIENCE {
        let snapshot = workspace.snapshot()?;
        let ends = ends(workspace, &snapshot);
        if ends.is_empty() {
            return Ok(snapshot);
        }
        if !has_engine(workspace) {
            return Ok(with(snapshot, ends));
        }
        // It just starts, or is about to tell: what follows from the end is its business.
        thread::sleep(PAUSE);
    }
    let snapshot = workspace.snapshot()?;
    let ends = ends(workspace, &snapshot);
    Ok(with(snapshot, ends))
}

fn with(mut snapshot: Snapshot, ends: Vec<StepFact>) -> Snapshot {
    for end in ends {
        snapshot.state.take(Fact::Step(end), Utc::now());
    }
    snapshot
}

/// The ends that the log does not tell yet.
fn ends(workspace: &Workspace, snapshot: &Snapshot) -> Vec<StepFact> {
    let running = snapshot.state.steps.iter().filter(|(_, s)| s.phase == Phase::Running);
    running.filter_map(|(id, s)| end_of(workspace, id, s.run_id.as_ref()?, s.attempt)).collect()
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
