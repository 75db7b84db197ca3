//! The engine's turns at the log: what others wrote is read, what happened is written. All under one lock, so that nothing
//! starts by what was so before.

use std::time::{Duration, Instant};

use super::core::Engine;
use super::journal::{Flushed, Ticket};
use crate::id::StepId;
use crate::log::{Entry, LogError};
use crate::model::{Outcome, StepState};
use crate::store::lock::Guard;
use crate::workspace::{EXTERNAL_EDIT, Workspace};

/// How long the engine waits before it tries again to write a log that could not be written.
const RETRY_LOG: Duration = Duration::from_millis(500);

/// The start of a step that is not written yet.
pub(super) struct Start {
    pub ticket: Ticket,
    pub step: StepId,
    /// What was known of the step before.
    pub before: Option<StepState>,
}

/// Whether somebody was told that this is so now. Of a hand nobody is told when it counts.
fn is_acknowledged(entry: &Entry) -> bool {
    entry.result == Outcome::Success && entry.action != EXTERNAL_EDIT
}

impl Engine {
    pub(super) fn flush_journal(&mut self) {
        if self.journal.is_empty() || self.retry_log.is_some_and(|at| at > Instant::now()) {
            return;
        }
        let flushed = self.flush();
        self.took(flushed);
    }

    /// Writes what is pending if the lock is free; else as soon as it is.
    pub(super) fn flush(&mut self) -> Result<Flushed, LogError> {
        let guard = self.journal.try_lock(&self.config.workspace, &self.events)?;
        guard.map_or_else(|| Ok(Flushed::default()), |guard| self.write(&guard))
    }

    /// Writes what is pending, waiting for the lock as long as the workspace says.
    pub(super) fn flush_waiting(&mut self, workspace: &Workspace) -> Result<Flushed, LogError> {
        let guard = self.journal.lock_waiting(workspace);
        guard.map_or_else(|| Ok(Flushed::default()), |guard| self.write(&guard))
    }

    /// Writes what is pending where the lock that was waited for is here.
    pub(super) fn flush_handed(&mut self) -> Result<Flushed, LogError> {
        let guard = self.journal.handed();
        guard.map_or_else(|| Ok(Flushed::default()), |guard| self.write(&guard))
    }

    fn write(&mut self, guard: &Guard) -> Result<Flushed, LogError> {
        let mut foreign = if self.starts.is_empty() { Vec::new() } else { self.journal.catch_up(guard)? };
        if foreign.iter().any(is_acknowledged) {
            self.withdraw_starts();
            self.take_foreign(&std::mem::take(&mut foreign));
            // It could be read just now, and shows next whether it can be written.
            self.retry_log = None;
            self.schedule();
        }
        let nothing = self.journal.is_empty();
        let mut flushed = self.journal.write(guard)?;
        flushed.foreign.splice(0..0, foreign);
        self.starts.clear();
        if nothing {
            // Nothing comes any more of what it waited for.
            self.acks.iter_mut().for_each(|ack| ack.after = ack.after.min(self.journal.written));
        }
        Ok(flushed)
    }

    /// What others did may be why one of them must not start, or not so: all are decided anew.
    fn withdraw_starts(&mut self) {
        for Start { ticket, step, before } in std::mem::take(&mut self.starts) {
            // One that was stopped meanwhile has its end already.
            let Some(at) = self.launches.iter().position(|job| job.step_id == step) else { continue };
            if !self.journal.take_back(ticket) {
                continue;
            }
            let job = self.launches.remove(at);
            self.active.remove(&step);
            if let Some(run) = self.runs.get_mut(&job.run_id) {
                run.never_began(&step);
            }
            if let Some(until) = before.as_ref().and_then(|state| state.not_before) {
                self.retries.begin(step.clone(), until);
            }
            self.world.put_back(&step, before);
        }
    }

    pub(super) fn took(&mut self, flushed: Result<Flushed, LogError>) {
        match flushed {
            Ok(flushed) => {
                if self.retry_log.take().is_some() {
                    self.notice("the log can be written again");
                }
                if flushed.complete {
                    self.launch();
                }
                self.broadcast(&flushed.own);
                self.notify(&flushed.own);
                self.take_foreign(&flushed.foreign);
            }
            Err(error) => {
                tracing::error!(%error, "the log cannot be written: nothing starts until it can");
                if self.retry_log.is_none() {
                    let path = &self.workspace().paths.root;
                    let error = error.to_string().replace(&format!("{}/", path.display()), "");
                    self.notice(&format!("nothing starts until the log can be written: {error}"));
                }
                self.retry_log = Some(Instant::now() + RETRY_LOG);
            }
        }
    }
}
