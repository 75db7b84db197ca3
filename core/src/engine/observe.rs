//! What a reader sees where no engine is at work: what reconciliation would find, written nowhere.

use std::fs::{File, TryLockError};
use std::thread;
use std::time::Duration;

use super::client::mounted;
use super::ends::{ORPHANED, STOPPED};
use crate::id::StepId;
use crate::model::{Fact, Phase, Sequence, State, StepFact, WAITING_FOR_QUOTA};
use crate::store::Paths;
use crate::workspace::{DoorError, InForce, Snapshot, Workspace};
use crate::wrapper::{Liveness, StepRecord, liveness};

/// How often, and how long apart, an engine is given time to tell the log of an end that shows already.
const PATIENCE: u32 = 40;
const PAUSE: Duration = Duration::from_millis(5);

/// What is so now, as [`Workspace::snapshot`], but a step whose wrapper is gone is not shown as RUNNING.
///
/// # Errors
/// As [`Workspace::snapshot`].
pub fn look(workspace: &Workspace) -> Result<Snapshot, DoorError> {
    settled(workspace, || workspace.snapshot(), |snapshot| snapshot)
}

/// As [`look`] by the version of the sequence that is in force, where the file is broken or gone.
///
/// # Errors
/// As [`Workspace::in_force`].
pub fn look_in_force(workspace: &Workspace) -> Result<InForce, DoorError> {
    settled(workspace, || workspace.in_force(), |read| &mut read.snapshot)
}

/// What is so once every end that shows is told, or can be taken from its record.
fn settled<T>(
    workspace: &Workspace,
    read: impl Fn() -> Result<T, DoorError>,
    snapshot_of: impl Fn(&mut T) -> &mut Snapshot,
) -> Result<T, DoorError> {
    let mut found = read()?;
    for _ in 0..PATIENCE {
        let is_gone = |(id, run): (StepId, crate::id::RunId)| !lives(&workspace.paths, &id, &run);
        if !is_served(&workspace.paths) || !running(&snapshot_of(&mut found).state).any(is_gone) {
            break;
        }
        // The engine just starts, or is about to tell: what follows from the end is its business.
        thread::sleep(PAUSE);
        found = read()?;
    }
    let snapshot = snapshot_of(&mut found);
    let document = std::sync::Arc::clone(&snapshot.document);
    observe(&workspace.paths, document.sequence(), &mut snapshot.state);
    Ok(found)
}

/// Whether a step that the log has as RUNNING has ended: an engine has still to tell the log, and whoever changes what
/// rests on it should have it do so first.
pub(super) fn has_untold_end(workspace: &Workspace) -> bool {
    let Ok(snapshot) = workspace.snapshot() else { return false };
    running(&snapshot.state).any(|(id, run)| !lives(&workspace.paths, &id, &run))
}

/// Takes into `state` what the next engine would find: of each RUNNING step without a wrapper the end in its
/// record, or that it was orphaned. Where an engine serves the project nothing changes: it is about to tell the
/// log itself. Only reads.
pub fn observe(paths: &Paths, sequence: &Sequence, state: &mut State) {
    let gone: Vec<StepId> =
        running(state).filter(|(id, run)| !lives(paths, id, run)).map(|(id, _)| id).collect();
    if gone.is_empty() || is_served(paths) {
        return;
    }
    for id in gone {
        if let Some(fact) = end_of(paths, sequence, state, &id) {
            let at = fact.at.unwrap_or_else(chrono::Utc::now);
            state.take(Fact::Step(fact), at);
        }
    }
}

/// Whether an engine serves the project: its lock is held.
pub fn is_served(paths: &Paths) -> bool {
    File::open(&paths.engine_lock).is_ok_and(|f| matches!(f.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

fn running(state: &State) -> impl Iterator<Item = (StepId, crate::id::RunId)> + '_ {
    let steps = state.steps.iter().filter(|(_, s)| s.phase == Phase::Running);
    steps.filter_map(|(id, s)| Some((id.clone(), s.run_id.clone()?)))
}

/// A lock that cannot be looked at says nothing; then the log is believed. The sandbox of a step may hide them all.
fn lives(paths: &Paths, id: &StepId, run: &crate::id::RunId) -> bool {
    (!paths.wrappers.exists() && mounted(paths).is_some())
        || !matches!(liveness(&paths.wrapper_lock(run, id)), Ok(Liveness::Free(_) | Liveness::Absent))
}

fn end_of(paths: &Paths, sequence: &Sequence, state: &State, id: &StepId) -> Option<StepFact> {
    let known = state.steps.get(id)?;
    let run = known.run_id.as_ref()?;
    let (folder, lock) = (paths.run_step(run, id), paths.wrapper_lock(run, id));
    let mut fact = match StepRecord::of_ended(&folder, &lock, known.attempt) {
        Some(record) => {
            let mut fact = StepFact::new(id.clone(), Phase::of(record.status));
            fact.reason = record.reason;
            fact.exit_code = record.exit_code;
            fact.at = Some(record.ended_at);
            if let Some(limit) = record.limit {
                let until = limit.until.unwrap_or(record.ended_at);
                fact.not_before = Some(until);
                fact.reason = Some(format!("{WAITING_FOR_QUOTA}{}", until.format("%Y-%m-%dT%H:%M:%SZ")));
            }
            fact
        }
        None => StepFact::new(id.clone(), Phase::Failed).because(ORPHANED),
    };
    let retry = sequence.step(id.as_str()).and_then(|s| s.retry);
    if let Some(retry) = retry.filter(|r| known.attempt <= r.max)
        && fact.phase == Phase::Failed
        && !fact.reason.as_deref().is_some_and(|r| r.starts_with(STOPPED))
        && state.runs.contains_key(run)
    {
        let why = fact.reason.as_deref().unwrap_or("failed");
        let (next, of) = (known.attempt + 1, retry.max + 1);
        fact.reason = Some(format!("{why}; attempt {next} of {of} follows"));
        fact.phase = Phase::Idle;
        fact.not_before = Some(fact.at.unwrap_or_else(chrono::Utc::now));
    }
    Some(fact)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dag::testing::sequence;
    use crate::id::RunId;
    use crate::model::{Retry, StepStatus};
    use crate::store::paths::Outside;
    use crate::wrapper::{StepRecord, sample_record};

    struct Bed {
        _dir: tempfile::TempDir,
        paths: Paths,
        run: RunId,
    }

    impl Bed {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            std::fs::create_dir_all(dir.path().join(".threados/state/wrappers")).unwrap();
            let paths = Paths::with_outside(dir.path(), &Outside::below(dir.path())).unwrap();
            Self { _dir: dir, paths, run: RunId::new("20261122T204355Z-7f3a").unwrap() }
        }

        fn running(&self) -> State {
            let mut state = State::default();
            let mut fact = StepFact::new("build".parse().unwrap(), Phase::Running);
            fact.run = Some(self.run.clone());
            state.take(Fact::Step(fact), chrono::Utc::now());
            state.take(Fact::RunOpened(self.run.clone(), serde_json::Value::Null), chrono::Utc::now());
            state
        }

        fn observed(&self, sequence: &Sequence) -> (Phase, Option<String>) {
            let mut state = self.running();
            observe(&self.paths, sequence, &mut state);
            let step = &state.steps["build"];
            (step.phase, step.reason.clone())
        }
    }

    #[test]
    fn a_step_whose_wrapper_is_gone_is_orphaned() {
        let bed = Bed::new();
        assert_eq!(bed.observed(&sequence("build")), (Phase::Failed, Some(ORPHANED.into())));
    }

    #[test]
    fn an_end_that_is_recorded_is_taken_over() {
        let bed = Bed::new();
        let step_dir = bed.paths.run_step(&bed.run, &"build".parse().unwrap());
        std::fs::create_dir_all(&step_dir).unwrap();
        StepRecord { status: StepStatus::Done, ..sample_record() }.write(&step_dir).unwrap();
        assert_eq!(bed.observed(&sequence("build")).0, Phase::Done);
    }

    #[test]
    fn a_step_whose_wrapper_lives_runs_and_so_does_every_step_while_an_engine_serves() {
        let bed = Bed::new();
        let lock = bed.paths.wrapper_lock(&bed.run, &"build".parse().unwrap());
        let held = File::create(&lock).unwrap();
        held.lock().unwrap();
        assert_eq!(bed.observed(&sequence("build")).0, Phase::Running);
        drop(held);
        let engine = File::create(&bed.paths.engine_lock).unwrap();
        engine.lock().unwrap();
        assert_eq!(bed.observed(&sequence("build")).0, Phase::Running);
    }

    #[test]
    fn a_step_with_retries_left_waits_for_its_next_attempt() {
        let bed = Bed::new();
        let mut seq = sequence("build");
        seq.steps[0].retry = Some(Retry { max: 2, backoff_ms: 1, factor: 1.0 });
        let seen = bed.observed(&seq);
        assert_eq!(seen, (Phase::Idle, Some("orphaned_process; attempt 2 of 3 follows".into())));
    }
}
