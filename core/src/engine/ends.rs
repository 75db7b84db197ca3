//! How an attempt ended, and what follows: a retry, the group's fail policy, those who waited.

use chrono::{DateTime, TimeDelta, Utc};

use super::EngineError;
use super::agents::QUOTA;
use super::core::Engine;
use super::ears::ExecutorEar;
use crate::dag::STOPPED_BY_GROUP;
use crate::id::{RunId, StepId};
use crate::log::Draft;
use crate::model::{Actor, Fact, FailPolicy, Phase, Spent, StepFact, WAITING_FOR_QUOTA};
use crate::model_cli::Limit;
use crate::wrapper::sandbox::forget_tmp;
use crate::wrapper::{AttemptKey, Liveness, SpawnEvent, StepRecord, forget_planted, liveness, sweep_orphan};

/// The reason of a step whose wrapper died without a record.
pub(super) const ORPHANED: &str = "orphaned_process";

/// What the reason of every stopped step begins with.
pub(super) const STOPPED: &str = "stopped";

/// The reason of an attempt that was stopped before it came to life.
pub(super) const NEVER_STARTED: &str = "stopped before it began";

/// The status that the log gives to an attempt that never came to life.
pub(super) const NEVER_BEGAN: &str = "READY";

/// How an attempt ended.
pub(super) struct End {
    pub phase: Phase,
    pub reason: Option<String>,
    pub exit_code: Option<i32>,
    pub at: Option<DateTime<Utc>>,
    pub duration_ms: Option<u64>,
    /// The limit of its model that has to pass before it is tried again.
    pub limit: Option<Limit>,
    pub spent: Option<Spent>,
}

impl End {
    pub fn failed(reason: impl Into<String>) -> Self {
        Self {
            phase: Phase::Failed,
            reason: Some(reason.into()),
            exit_code: None,
            at: None,
            duration_ms: None,
            limit: None,
            spent: None,
        }
    }

    pub fn of(record: &StepRecord) -> Self {
        Self {
            phase: Phase::of(record.status),
            reason: record.reason.clone(),
            exit_code: record.exit_code,
            at: Some(record.ended_at),
            duration_ms: Some(record.duration_ms),
            limit: record.limit.clone(),
            spent: record.usage.as_ref().map(Spent::from),
        }
    }
}

impl Engine {
    /// Takes every event the executor has.
    pub(super) fn hear_executor(&mut self, ear: &mut ExecutorEar) -> Result<(), EngineError> {
        loop {
            match self.executor.next_event() {
                Ok(Some(SpawnEvent::SpawnerGone)) => self.renew_executor(ear)?,
                Ok(Some(event)) => self.spawned(event),
                Ok(None) => return Ok(()),
                Err(error) => tracing::error!(%error, "an event of a wrapper could not be read"),
            }
        }
    }

    pub(super) fn spawned(&mut self, event: SpawnEvent) {
        match event {
            SpawnEvent::Started { key, .. } => self.started(&key),
            SpawnEvent::Ended { key, record } => self.attempt_ended(&key, End::of(&record)),
            SpawnEvent::Lost { key } => {
                self.forget_tmp(&key.step_id);
                self.attempt_ended(&key, End::failed(ORPHANED));
            }
            SpawnEvent::Refused { key, reason } => self.attempt_ended(&key, End::failed(reason)),
            SpawnEvent::TooLate { key } => self.attempt_ended(&key, End::failed(NEVER_STARTED)),
            SpawnEvent::SpawnerGone => {}
        }
    }

    /// A stop that came before there was anything to signal is carried out now.
    fn started(&mut self, key: &AttemptKey) {
        if self.is_current(key) && self.active.get(&key.step_id).is_some_and(|a| a.stopping.is_some()) {
            self.signal(&key.step_id);
        }
    }

    pub(super) fn is_current(&self, key: &AttemptKey) -> bool {
        self.active.get(&key.step_id).is_some_and(|a| a.run == key.run_id && a.attempt == key.attempt)
    }

    fn attempt_ended(&mut self, key: &AttemptKey, end: End) {
        if self.is_current(key) {
            self.over(&key.step_id, &key.run_id, key.attempt, end);
        }
    }

    /// A job could not even be handed over.
    pub(super) fn not_handed_over(&mut self, step: &StepId, reason: &str) {
        if let Some(active) = self.active.get(step) {
            let (run, attempt) = (active.run.clone(), active.attempt);
            self.over(step, &run, attempt, End::failed(reason));
        }
    }

    /// The wrapper of an adopted step let its lock go.
    pub(super) fn released(&mut self, step: &StepId) {
        let Some(active) = self.active.get(step).filter(|a| a.adopted) else { return };
        let (run, attempt) = (active.run.clone(), active.attempt);
        // It held its lock for the instant in which it saw that it was given up.
        if self.never_began(step) {
            return self.put_back(step);
        }
        let end = self.find_end(step);
        self.over(step, &run, attempt, end);
    }

    /// The end of an attempt whose wrapper is gone: its record, or that it was orphaned.
    pub(super) fn find_end(&self, step: &StepId) -> End {
        let Some(active) = self.active.get(step) else { return End::failed(ORPHANED) };
        let Some(record) = StepRecord::of_ended(&active.step_dir, &active.lock_file, active.attempt) else {
            if let Err(error) = sweep_orphan(&active.lock_file) {
                tracing::warn!(%step, %error, "what an orphan left could not all be ended");
            }
            self.forget_tmp(step);
            return End::failed(ORPHANED);
        };
        if active.lock_file.exists() {
            let placed = record.write(&active.step_dir).and_then(|()| sweep_orphan(&active.lock_file));
            if let Err(error) = placed {
                tracing::warn!(%step, %error, "the record stays where the lock was");
            }
        }
        End::of(&record)
    }

    /// Removes what a killed wrapper left, of its own and of its checks: temporary files, and what leads others astray.
    fn forget_tmp(&self, step: &StepId) {
        let Some(active) = self.active.get(step) else { return };
        let checks = self.watchdogs_of(step).map(|w| self.workspace().paths.run_step(&active.run, &w.id));
        for dir in checks.chain([active.step_dir.clone()]) {
            forget_tmp(&dir);
            forget_planted(&dir);
        }
    }

    /// Whether the wrapper of an attempt never came to life. Only to be asked when no wrapper is on its way any more.
    pub(super) fn never_began(&self, step: &StepId) -> bool {
        let Some(active) = self.active.get(step) else { return false };
        // A wrapper first takes its lock, then makes the folder, and leaves one or the other whatever happens.
        let earlier =
            StepRecord::read(&active.step_dir).ok().flatten().is_some_and(|r| r.attempt < active.attempt);
        matches!(liveness(&active.lock_file), Ok(Liveness::Absent)) && (earlier || !active.step_dir.exists())
    }

    /// An attempt that never came to life is none: its step may start again, or has been stopped.
    pub(super) fn put_back(&mut self, id: &StepId) {
        let Some(active) = self.active.get(id) else { return };
        let (run, attempt) = (active.run.clone(), active.attempt);
        if active.stopping.is_some() {
            return self.over(id, &run, attempt, End::failed(NEVER_STARTED));
        }
        self.active.remove(id);
        let mut fact = StepFact::new(id.clone(), Phase::Idle);
        fact.review_reason = self.world.state.steps.get(id).and_then(|s| s.review_reason.clone());
        let draft = Draft::new(Actor::System, "step.end", id.as_str())
            .run(run.clone())
            .with("attempt", attempt)
            .with("status", NEVER_BEGAN)
            .with("reason", "its process never began; it may start again");
        self.tell(draft, vec![Fact::Step(fact)]);
        if let Some(run) = self.runs.get_mut(&run) {
            run.never_began(id);
        }
    }

    /// The spawner died: running wrappers go on, and are followed by their locks from now on.
    fn renew_executor(&mut self, ear: &mut ExecutorEar) -> Result<(), EngineError> {
        tracing::warn!("the spawner of steps is gone; another one starts");
        self.executor.renew()?;
        *ear = ExecutorEar::new(self)?;
        let steps: Vec<StepId> = self.active.keys().cloned().collect();
        for step in steps {
            if self.panes.is_pending(&step) {
                continue;
            }
            if self.never_began(&step) {
                self.put_back(&step);
            } else {
                self.follow_lock(&step);
            }
        }
        Ok(())
    }

    /// An attempt is over: writes it down and does what follows from it.
    pub(super) fn over(&mut self, id: &StepId, run_id: &RunId, attempt: u32, mut end: End) {
        let active = self.active.remove(id);
        let stopped = active.and_then(|a| a.stopping);
        let waits_until = self.quota(id, run_id, stopped.is_some(), &mut end);
        let at = end.at.unwrap_or_else(Utc::now);
        let failed = end.phase == Phase::Failed;
        // An engine that took the attempt over knows only from the record that it was stopped.
        let ended = stopped.is_some() || end.reason.as_deref().is_some_and(|r| r.starts_with(STOPPED));
        let retry_at = if failed && !ended { self.retry_at(id, run_id, attempt) } else { None };
        let mut fact = StepFact::new(id.clone(), end.phase);
        fact.reason = match (&stopped, failed) {
            (Some(reason), true) => Some(reason.clone()),
            _ => end.reason.clone(),
        };
        fact.exit_code = end.exit_code;
        fact.spent = end.spent;
        fact.at = Some(at);
        if let Some(until) = waits_until {
            fact.not_before = Some(until);
            fact.reason = Some(format!("{WAITING_FOR_QUOTA}{}", until.format("%Y-%m-%dT%H:%M:%SZ")));
        }
        if let Some((next, of)) = retry_at {
            fact.phase = Phase::Idle;
            fact.not_before = Some(next);
            let why = end.reason.as_deref().unwrap_or("failed");
            let number = attempt + 1 - self.quota_waits(id, run_id);
            fact.reason = Some(format!("{why}; attempt {number} of {of} from {}", next.format("%H:%M:%SZ")));
        }
        let status = end.phase.status().map_or("READY", |s| s.as_str());
        let mut draft = Draft::new(Actor::System, "step.end", id.as_str())
            .run(run_id.clone())
            .with("attempt", attempt)
            .with("status", status);
        if let Some(ms) = end.duration_ms {
            draft = draft.with("duration_ms", ms);
        }
        if let Some(reason) = &fact.reason {
            draft = draft.with("reason", reason.as_str());
        }
        if waits_until.is_some() {
            draft = draft.with(QUOTA, end.reason.as_deref().unwrap_or_default());
        }
        self.tell(draft, vec![Fact::Step(fact)]);
        if let Some(run) = self.runs.get_mut(run_id) {
            run.ended(id, at, failed);
            run.waited(id, waits_until.is_some());
        }
        self.end_children(id);
        if let Some(until) = retry_at.map(|(next, _)| next).or(waits_until) {
            self.retries.begin(id.clone(), until);
            return;
        }
        let again = self.restarts.get(id);
        for run in self.runs.values_mut().filter(|r| Some(&r.id) != again) {
            run.left.remove(id);
            run.forced.remove(id);
        }
        if failed {
            self.fail_group(id);
        }
        self.tell_stop_waiters(id);
        self.rerun(id);
    }

    /// When the step may be tried again, and how often in all.
    fn retry_at(&self, id: &StepId, run: &RunId, attempt: u32) -> Option<(DateTime<Utc>, u32)> {
        let retry = self.world.step(id)?.retry?;
        let going_on = self.runs.get(run).is_some_and(|r| !r.stopping);
        // Waiting for a quota is no failure, so it does not count.
        let attempt = attempt - self.quota_waits(id, run);
        (attempt <= retry.max && going_on).then(|| {
            let delay = i64::try_from(retry.delay_ms(attempt)).unwrap_or(i64::MAX);
            (Utc::now() + TimeDelta::milliseconds(delay), retry.max + 1)
        })
    }

    /// The first failure of a fail_fast group stops its running members; the others stay BLOCKED.
    fn fail_group(&mut self, id: &StepId) {
        let Some(group) = self.world.step(id).and_then(|s| s.group_id.clone()) else { return };
        let members: Vec<_> = self.world.sequence().members(&group).collect();
        let policy = members.iter().find_map(|s| s.fail_policy).unwrap_or_default();
        if policy != FailPolicy::FailFast {
            return;
        }
        let running: Vec<StepId> =
            members.iter().map(|s| s.id.clone()).filter(|m| self.active.contains_key(m)).collect();
        for member in running {
            self.stop_step(&member, STOPPED_BY_GROUP, false);
        }
    }
}
