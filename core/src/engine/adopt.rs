//! At the engine's start: what lives is adopted, what ended meanwhile is taken over, what was orphaned is FAILED.

use std::collections::HashMap;
use std::thread;

use serde::Deserialize as _;

use super::agents::QUOTA;
use super::broker::Asker;
use super::control::RESTARTED;
use super::core::{Active, Engine};
use super::ends::{NEVER_BEGAN, ORPHANED};
use super::event::Event;
use super::protocol::EngineMessage;
use super::run::{Attempted, Opened, Run};
use super::stop::stopped_by;
use crate::id::{RunId, StepId};
use crate::log::{Draft, Entries, Entry};
use crate::model::{Actor, Outcome, Phase};
use crate::wrapper::{Liveness, liveness, wait_free};

impl Engine {
    /// Takes over what an engine before this one has left.
    pub(super) fn adopt(&mut self) {
        let stops = self.reopen_runs();
        let (mut orphaned, mut recovered, mut adopted) = (Vec::new(), Vec::new(), Vec::new());
        for (step, run, attempt) in self.running() {
            self.take_over(&step, &run, attempt, stops.get(&step));
            if self.never_began(&step) {
                if !self.may_begin_in_a_pane(&step) {
                    self.put_back(&step);
                }
                continue;
            }
            if self.lives(&step) {
                self.follow_lock(&step);
                adopted.push(step);
                continue;
            }
            let end = self.find_end(&step);
            let list = if end.reason.as_deref() == Some(ORPHANED) { &mut orphaned } else { &mut recovered };
            list.push(step.clone());
            self.over(&step, &run, attempt, end);
        }
        let waiting =
            self.world.state.steps.iter().filter(|(_, s)| s.phase == Phase::Idle && s.not_before.is_some());
        for (id, until) in waiting.filter_map(|(id, s)| Some((id.clone(), s.not_before?))) {
            self.retries.begin(id, until);
        }
        if !(orphaned.is_empty() && recovered.is_empty() && adopted.is_empty()) {
            let list = |ids: &[StepId]| serde_json::json!(ids);
            let draft = Draft::new(Actor::System, "reconcile", "")
                .with("orphaned", list(&orphaned))
                .with("recovered", list(&recovered))
                .with("adopted", list(&adopted));
            self.tell(draft, Vec::new());
        }
        self.stop_again();
        self.end_orphaned_children();
        self.mend_session();
        self.reconciled = Some(EngineMessage::Reconciled { orphaned, recovered, adopted });
    }

    /// Nobody follows a detached run, and while it waits no step's end would start the engine again.
    pub(super) fn be_brought_back(&mut self) {
        let unfollowed = self.runs.values().any(Run::is_detached);
        if let Err(error) = self.executor.bring_engine_back(unfollowed) {
            tracing::warn!(%error, "nothing starts the engine again should it die");
        }
    }

    /// What was being stopped when the engine before this one died. A wrapper that has been told is none the worse.
    fn stop_again(&mut self) {
        let stopped =
            self.active.iter().filter_map(|(id, active)| Some((id.clone(), active.stopping.clone()?)));
        for (step, reason) in stopped.collect::<Vec<_>>() {
            self.stop_step(&step, &reason, false);
        }
        let restarted: Vec<StepId> = self.restarts.keys().cloned().collect();
        for step in restarted {
            self.stop_step(&step, RESTARTED, false);
        }
        let stopping: Vec<RunId> = self.runs.values().filter(|r| r.stopping).map(|r| r.id.clone()).collect();
        for run in stopping {
            self.interrupt(&run, false, &Asker::outside(Actor::User));
        }
    }

    fn running(&self) -> Vec<(StepId, RunId, u32)> {
        let steps = self.world.state.steps.iter().filter(|(_, s)| s.phase == Phase::Running);
        let mut running: Vec<_> =
            steps.filter_map(|(id, s)| Some((id.clone(), s.run_id.clone()?, s.attempt))).collect();
        running.sort();
        running
    }

    fn take_over(&mut self, step: &StepId, run: &RunId, attempt: u32, stop: Option<&String>) {
        let paths = &self.workspace().paths;
        let active = Active {
            run: run.clone(),
            attempt,
            lock_file: paths.wrapper_lock(run, step),
            step_dir: paths.run_step(run, step),
            stopping: stop.cloned(),
            kill_now: false,
            told: None,
            adopted: true,
        };
        self.active.insert(step.clone(), active);
        if let Some(run) = self.runs.get_mut(run) {
            run.active.insert(step.clone());
            run.peak = run.peak.max(run.active.len());
        }
    }

    pub(super) fn lives(&self, step: &StepId) -> bool {
        let lock = self.active.get(step).map(|a| liveness(&a.lock_file));
        matches!(lock, Some(Ok(Liveness::Live(_))))
    }

    /// From now on the end of a step shows by its lock.
    pub(super) fn follow_lock(&mut self, step: &StepId) {
        let Some(active) = self.active.get_mut(step) else { return };
        active.adopted = true;
        let (lock, step, events) = (active.lock_file.clone(), step.clone(), self.events.clone());
        thread::spawn(move || {
            if let Err(error) = wait_free(&lock) {
                tracing::warn!(%step, %error, "cannot wait for the step's lock");
            }
            drop(events.send(Event::Released(step)));
        });
    }

    /// Runs that have begun and not ended go on, with what the log knows of their attempts. Gives the steps that were
    /// asked to stop since they began, each with the reason.
    fn reopen_runs(&mut self) -> HashMap<StepId, String> {
        let open: Vec<(RunId, serde_json::Value)> =
            self.world.state.runs.iter().map(|(id, v)| (id.clone(), v.clone())).collect();
        for (id, value) in open {
            let Ok(opened) = serde_json::from_value::<Opened>(value) else {
                tracing::warn!(run = %id, "the log tells of a run this version cannot go on with");
                continue;
            };
            self.runs.insert(id.clone(), Run::new(id, opened, chrono::Utc::now()));
        }
        let stops = if self.runs.is_empty() { HashMap::new() } else { self.remember_attempts() };
        for run in self.runs.values_mut() {
            let state = &self.world.state;
            let ended_here = |id: &StepId| {
                let known = state.steps.get(id);
                known.is_some_and(|s| s.run_id.as_ref() == Some(&run.id) && s.phase.is_ended())
            };
            run.left.retain(|id| !ended_here(id));
            let elsewhere = |id: &&StepId| {
                let known = state.steps.get(*id).filter(|s| s.phase == Phase::Running);
                known.is_some_and(|s| s.run_id.as_ref() != Some(&run.id))
            };
            let restart = run.opened.restart.as_ref().filter(|step| run.left.contains(*step));
            if let Some(step) = restart.filter(elsewhere) {
                self.restarts.insert(step.clone(), run.id.clone());
            }
            run.forced.retain(|id| !ended_here(id));
        }
        stops
    }

    fn remember_attempts(&mut self) -> HashMap<StepId, String> {
        let mut stops = HashMap::new();
        for entry in Entries::all(&self.workspace().paths.clone()).flatten() {
            if entry.result == Outcome::Success {
                self.remember_stops(&entry, &mut stops);
            }
            let Some(run) = entry.run_id.as_ref().and_then(|id| self.runs.get_mut(id)) else { continue };
            if entry.action == "run.stop" {
                run.stopping = true;
                continue;
            }
            let Ok(step) = StepId::new(&entry.target) else { continue };
            match entry.action.as_str() {
                "step.start" if entry.result == Outcome::Success => {
                    let attempt =
                        entry.payload.get("attempt").and_then(serde_json::Value::as_u64).unwrap_or(1);
                    run.tries.insert(step.clone(), u32::try_from(attempt).unwrap_or(u32::MAX));
                    run.active.insert(step.clone());
                    run.peak = run.peak.max(run.active.len());
                    run.attempts.push(Attempted {
                        step,
                        started_at: entry.timestamp,
                        ended_at: None,
                        failed: false,
                    });
                }
                "step.end" if entry.payload.contains_key(QUOTA) => {
                    run.ended(&step, entry.timestamp, false);
                    run.waited(&step, true);
                }
                "step.end" if entry.payload.get("status").is_some_and(|s| s == NEVER_BEGAN) => {
                    run.never_began(&step);
                }
                "step.end" => {
                    let failed = entry.payload.get("status").is_some_and(|s| s == "FAILED");
                    run.ended(&step, entry.timestamp, failed);
                    run.waited(&step, false);
                }
                name if name.starts_with("run.") && entry.payload.contains_key("lines") => {
                    run.started_at = entry.timestamp;
                }
                _ => {}
            }
        }
        stops
    }

    /// Of a stop and a restart, the later one holds.
    fn remember_stops(&mut self, entry: &Entry, stops: &mut HashMap<StepId, String>) {
        match entry.action.as_str() {
            "step.start" => stops.retain(|step, _| step.as_str() != entry.target),
            "step.restart" => {
                let run = entry.run_id.as_ref().and_then(|id| self.runs.get_mut(id));
                if let Some(run) = run {
                    run.left.extend(run.opened.restart.clone());
                }
            }
            "step.stop" => {
                let steps = entry.payload.get("steps").and_then(|v| Vec::<StepId>::deserialize(v).ok());
                for step in steps.unwrap_or_default() {
                    for run in self.runs.values_mut().filter(|r| r.opened.restart.as_ref() == Some(&step)) {
                        run.left.remove(&step);
                    }
                    stops.insert(step, stopped_by(entry.actor));
                }
            }
            _ => {}
        }
    }
}
