//! Stopping: acts first, is written after.

use serde_json::json;

use super::broker::Asker;
use super::core::{Engine, StopWaiter};
use super::ends::{End, NEVER_STARTED};
use super::event::ClientId;
use super::protocol::{EngineMessage, Fault};
use crate::grammar::StepStop;
use crate::id::{RunId, StepId};
use crate::log::Draft;
use crate::model::{Actor, Fact, Phase, StepFact};
use crate::workspace::ErrorClass;
use crate::wrapper::{StopOutcome, StopRequest, stop};

/// The reason of a step that an actor stopped.
pub(super) fn stopped_by(actor: Actor) -> String {
    format!("stopped by {actor}")
}

impl Engine {
    /// Has the wrapper of a step end it. Its end comes as any other.
    pub(super) fn stop_step(&mut self, id: &StepId, reason: &str, kill_now: bool) {
        let Some(active) = self.active.get_mut(id) else { return };
        active.stopping.get_or_insert_with(|| reason.to_owned());
        active.kill_now |= kill_now;
        let (run, attempt) = (active.run.clone(), active.attempt);
        // While the log cannot be written, what was to start next waits here.
        let waiting = self.launches.iter().position(|job| job.step_id == *id);
        let never_started = waiting.map(|at| self.launches.remove(at)).is_some();
        if never_started || self.panes.take_back(id) {
            return self.over(id, &run, attempt, End::failed(NEVER_STARTED));
        }
        self.signal(id);
    }

    /// Tells the wrapper once, and once more where it is to kill now: another word would be taken for impatience.
    pub(super) fn signal(&mut self, id: &StepId) {
        let Some(active) = self.active.get_mut(id).filter(|a| a.told < Some(a.kill_now)) else { return };
        let reason = active.stopping.clone().unwrap_or_default();
        let request = StopRequest { reason, grace_ms: None, kill_now: active.kill_now };
        match stop(&active.lock_file, &request) {
            Ok(StopOutcome::Told) => active.told = Some(active.kill_now),
            // A wrapper that is not there yet is told when it has started.
            Ok(StopOutcome::NotRunning) => {}
            Err(error) => tracing::error!(step = %id, %error, "the step could not be told to stop"),
        }
    }

    /// `stop ID…` and `stop --all`: answered when no process of the steps is left and, where their run ended with them,
    /// its last files are written: whoever stopped everything may remove the project. Of the runs that `--all` stops
    /// nothing more starts: what waits for a slot would else take the one that has become free.
    pub(super) fn stop_for(
        &mut self,
        client: ClientId,
        asker: &Asker,
        asked: &StepStop,
    ) -> Result<(), Fault> {
        for id in &asked.ids {
            self.require_running(id)?;
        }
        let targets = self.stop_targets(asker, asked);
        let runs = if asked.all { self.stop_runs(asker) } else { Vec::new() };
        for run in self.runs.values_mut().filter(|run| runs.contains(&run.id)) {
            run.stopping = true;
        }
        let reason = stopped_by(asker.actor);
        for id in &targets {
            // One that was being restarted stays as it is when it has ended.
            if self.restarts.remove(id).is_some()
                && let Some(active) = self.active.get_mut(id)
            {
                active.stopping = Some(reason.clone());
            }
            self.stop_step(id, &reason, asked.now);
        }
        let names = targets.iter().map(StepId::as_str).collect::<Vec<_>>().join(",");
        let draft = asker.sign(Draft::new(asker.actor, "step.stop", &names));
        self.tell(draft.with("steps", json!(targets)).with("now", asked.now), Vec::new());
        for run in &runs {
            self.tell_run_stopped(run, asker);
        }
        for id in &targets {
            self.give_up_retry(id, &reason);
        }
        let left: Vec<StepId> = targets.iter().filter(|id| self.active.contains_key(*id)).cloned().collect();
        if left.is_empty() {
            self.acknowledge_flushed(client, EngineMessage::Stopped { steps: targets, runs });
        } else {
            self.stop_waiters.push(StopWaiter { client, all: targets, runs, left });
        }
        Ok(())
    }

    fn tell_run_stopped(&mut self, run: &RunId, asker: &Asker) {
        let draft = Draft::new(asker.actor, "run.stop", run.as_str()).run(run.clone());
        self.tell(asker.sign(draft), Vec::new());
    }

    fn require_running(&self, id: &StepId) -> Result<(), Fault> {
        if self.active.contains_key(id) || self.retries.contains(id) {
            return Ok(());
        }
        self.require_own_life(id, "stop")?;
        let Some(node) = self.world.node(id) else { return Err(self.no_step(id)) };
        let status = self.world.view(node).status;
        let message = format!("step `{id}` is {status}, not RUNNING: there is nothing to stop");
        Err(Fault::new(ErrorClass::Conflict, "STEP_NOT_RUNNING", message)
            .hint("`seqctl status` shows what runs"))
    }

    /// A step that only waits for its next attempt has FAILED now.
    pub(super) fn give_up_retry(&mut self, id: &StepId, reason: &str) {
        if !self.retries.end(id) {
            return;
        }
        let fact = StepFact::new(id.clone(), Phase::Failed).because(reason);
        let run = self.world.state.steps.get(id).and_then(|s| s.run_id.clone());
        let mut draft = Draft::new(Actor::System, "step.end", id.as_str()).with("reason", reason);
        draft.run_id = run;
        self.tell(draft, vec![Fact::Step(fact)]);
        for run in self.runs.values_mut() {
            run.left.remove(id);
        }
    }

    pub(super) fn tell_stop_waiters(&mut self, id: &StepId) {
        let mut gone = Vec::new();
        for waiter in &mut self.stop_waiters {
            waiter.left.retain(|s| s != id);
            if waiter.left.is_empty() {
                gone.push((waiter.client, waiter.all.clone(), waiter.runs.clone()));
            }
        }
        self.stop_waiters.retain(|w| !w.left.is_empty());
        for (client, steps, runs) in gone {
            self.acknowledge_flushed(client, EngineMessage::Stopped { steps, runs });
        }
    }

    /// Ctrl+C: nothing new of the run starts, what runs of it is stopped; the second time, killed.
    pub(super) fn interrupt(&mut self, run: &RunId, kill: bool, asker: &Asker) {
        let reason = stopped_by(asker.actor);
        let Some(found) = self.runs.get_mut(run) else { return };
        let first = !found.stopping;
        found.stopping = true;
        let steps: Vec<StepId> = found.active.iter().cloned().collect();
        if first {
            self.tell_run_stopped(run, asker);
        }
        for step in &steps {
            self.stop_step(step, &reason, kill);
        }
        let waiting: Vec<StepId> =
            self.retries.steps().filter(|id| self.belongs_to(id, run)).cloned().collect();
        for step in waiting {
            self.give_up_retry(&step, &reason);
        }
    }

    fn belongs_to(&self, step: &StepId, run: &RunId) -> bool {
        self.world.state.steps.get(step).is_some_and(|s| s.run_id.as_ref() == Some(run))
    }
}
