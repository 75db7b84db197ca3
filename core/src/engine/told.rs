//! What the engine tells the log and those who watch a run, and what it does where the log does not take it.

use std::time::Instant;

use chrono::Utc;

use super::core::Engine;
use super::journal::Ticket;
use super::protocol::{EngineMessage, Fault};
use crate::id::{RunId, StepId};
use crate::log::{Draft, Entry};
use crate::model::{Fact, Outcome};

/// How many orchestrators one below the other are followed.
const DEEPEST: usize = 64;

impl Engine {
    /// Something happened: takes it in and has it written.
    pub fn tell(&mut self, draft: Draft, facts: Vec<Fact>) -> Ticket {
        let draft = self.sealed(draft, &facts);
        let now = draft.at.unwrap_or_else(Utc::now);
        for fact in facts {
            self.world.take(fact, now);
        }
        self.journal.add(draft)
    }

    /// An entry with all that the engine knows of it.
    fn sealed(&mut self, mut draft: Draft, facts: &[Fact]) -> Draft {
        draft.at = Some(Utc::now());
        draft.policy_mode = self.mode();
        if !facts.is_empty() {
            let list: Vec<_> = facts.iter().filter_map(|f| serde_json::to_value(f).ok()).collect();
            draft.payload.insert("facts".into(), list.into());
            self.dirty_since.get_or_insert_with(Instant::now);
        }
        draft
    }

    /// Whoever watches a run hears of it, and of the runs that its orchestrators ask for.
    pub fn broadcast(&mut self, entries: &[Entry]) {
        for entry in entries {
            let Some(run) = &entry.run_id else { continue };
            self.note_run_above(run, entry);
            for (id, client) in &self.clients {
                if client.watching.as_ref().is_some_and(|watched| self.is_within(run, watched)) {
                    self.say(*id, &EngineMessage::Entry { entry: Box::new(entry.clone()) });
                }
            }
        }
    }

    /// A run that a step asked for begins below that step's run. It is noted here, for when its last entries are told the
    /// state has forgotten it.
    fn note_run_above(&mut self, run: &RunId, entry: &Entry) {
        let begins = entry.action.starts_with("run.") || entry.action == "step.restart";
        if !begins || entry.result != Outcome::Success {
            return;
        }
        let by = entry.payload.get("by").and_then(|by| by.as_str()?.parse::<StepId>().ok());
        let above = by.and_then(|by| self.world.state.steps.get(&by)?.run_id.clone());
        if let Some(above) = above.filter(|above| above != run) {
            self.runs_above.entry(run.clone()).or_insert(above);
        }
    }

    /// Whether a run is this one, or was asked for by a step of it, or of a run below it.
    fn is_within(&self, run: &RunId, watched: &RunId) -> bool {
        let state = &self.world.state;
        let asked_by =
            |run: &RunId| -> Option<StepId> { state.runs.get(run)?.get("by")?.as_str()?.parse().ok() };
        // Of a run that another engine began only the state tells.
        let told = |run: &RunId| state.steps.get(&asked_by(run)?)?.run_id.clone();
        let above = |run: &RunId| self.runs_above.get(run).cloned().or_else(|| told(run));
        let mut runs = std::iter::successors(Some(run.clone()), above).take(DEEPEST);
        runs.any(|run| run == *watched)
    }

    /// Whether the log can be written and kept; while it cannot, nothing starts.
    pub fn can_log(&self) -> bool {
        self.retry_log.is_none() && self.broken_log.is_none()
    }

    /// The disk did not take what was written: this engine acknowledges and starts nothing more, tells everybody
    /// who listens, and ends. What runs is in its wrappers' hands; the next engine reads what the disk has.
    pub fn not_durable(&mut self, error: String) {
        tracing::error!(error, "the log cannot be made durable: nothing is acknowledged or started any more");
        let fault = Fault::log(&error);
        self.broken_log = Some((error, Instant::now()));
        self.acks.clear();
        for client in self.clients.keys() {
            self.say(*client, &EngineMessage::Refused { fault: fault.clone() });
        }
    }

    /// Why nothing can be promised now: the log cannot be written or kept.
    pub fn log_fault(&self) -> Option<Fault> {
        self.broken_log.as_ref().map(|(error, _)| Fault::log(error))
    }

    /// Something is asked for that may only be so once it stands in the log: takes it in and has it written now,
    /// or refuses it. Where another process just writes, it waits its turn like everything else.
    pub fn tell_at_once(&mut self, draft: Draft, facts: Vec<Fact>) -> Result<(), Fault> {
        if let Some(fault) = self.log_fault() {
            return Err(fault);
        }
        let draft = self.sealed(draft, &facts);
        let ticket = self.journal.add(draft);
        match self.flush() {
            Ok(flushed) => {
                let now = Utc::now();
                for fact in facts {
                    self.world.take(fact, now);
                }
                self.took(Ok(flushed));
                Ok(())
            }
            Err(error) => {
                self.journal.take_back(ticket);
                let fault = Fault::log(&error.to_string());
                self.took(Err(error));
                Err(fault)
            }
        }
    }
}
