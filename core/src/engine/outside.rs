//! What others change while the engine serves: the log, the sequence, the policy.

use std::time::{Duration, Instant};

use super::core::Engine;
use super::event::Event;
use super::protocol::{EngineMessage, Fault};
use crate::log::{Changes, Entry, fold};
use crate::workspace::{DoorError, EXTERNAL_EDIT, POLICY, PolicyFile, Session, read_document};

/// How long the engine itself waits for another writer before it answers by what it knows.
const AT_ONCE: Duration = Duration::from_secs(1);

impl Engine {
    /// Looks at what others have written.
    pub(super) fn catch_up(&mut self) {
        let flushed = self.flush();
        self.took(flushed);
    }

    /// Looks at once at all that others did, hand edits too: for who asks for something that rests on it. False
    /// where another writer holds the project for so long that it cannot be known.
    pub(super) fn catch_up_now(&mut self) -> bool {
        let handed = self.flush_handed();
        self.took(handed);
        let mut workspace = self.config.workspace.clone();
        workspace.lock_timeout = AT_ONCE;
        let policy = PolicyFile::read(&workspace.paths).map(|file| file.digest()).ok();
        let known = &self.world.state.policy;
        if (!workspace.is_as_written() || (known.is_some() && policy != *known))
            && let Err(error) = Session::begin(&workspace)
        {
            tracing::warn!(%error, "the last good version stays in force");
            // The log is told nothing; the policy counts all the same.
            self.reload();
        }
        if !self.journal.is_current(&workspace) {
            let flushed = self.flush_waiting(&workspace);
            let read = flushed.as_ref().is_ok_and(|flushed| flushed.complete);
            self.took(flushed);
            return read;
        }
        true
    }

    /// What runs goes on by the last good version of the sequence; nothing new is begun by what does not stand there.
    pub(super) fn require_valid_sequence(&self) -> Result<(), Fault> {
        if self.workspace().is_as_written() {
            return Ok(());
        }
        read_document(&self.workspace().paths).map(drop).map_err(|error| Fault::from(&error))
    }

    /// Takes in what others have told the log.
    pub(super) fn take_foreign(&mut self, entries: &[Entry]) {
        if entries.is_empty() {
            return;
        }
        for entry in entries {
            fold(&mut self.world.state, entry);
        }
        self.forget_retries();
        self.reload();
        if entries.iter().any(|entry| entry.action == EXTERNAL_EDIT && entry.target == POLICY) {
            self.world.hand_at_policy(&self.config.workspace.paths.policy);
        }
    }

    /// Somebody may have reset a step that waited for its next attempt.
    pub(super) fn forget_retries(&mut self) {
        let steps = &self.world.state.steps;
        self.retries.retain(|id| steps.get(id).is_some_and(|s| s.not_before.is_some()));
    }

    /// Looks at the files again; one that became invalid changes nothing until it is mended.
    pub(super) fn reload(&mut self) {
        let workspace = self.config.workspace.clone();
        let sequence = self.world.reload(&workspace).err().and_then(|error| {
            tracing::warn!(%error, "the last good version stays in force");
            fault_of_file(&error)
        });
        let policy = self.world.policy.as_ref().err().map(ToString::to_string);
        self.tell_of_files([sequence, policy]);
        self.dirty_since.get_or_insert_with(Instant::now);
    }

    /// A file was changed. An edit by hand is told to the log by a writer's turn, which then shows in the log. While
    /// nothing runs nobody needs that: for whoever asks for something it is looked at once, and the project may just be
    /// on its way to be removed, of which a look would bring some back.
    pub(super) fn looked(&mut self, changes: Changes) {
        if self.runs.is_empty() && self.active.is_empty() {
            return;
        }
        if changes.log && !self.journal.is_current(&self.config.workspace) {
            self.catch_up();
        }
        if changes.sequence || changes.policy {
            self.look(changes.policy);
        }
        if changes.policy {
            self.reload();
        }
    }

    /// One look at a time; what changes meanwhile is looked at after it.
    fn look(&mut self, policy: bool) {
        if self.looking {
            self.look_again = Some(self.look_again.unwrap_or(false) || policy);
            return;
        }
        self.looking = true;
        let (workspace, events) = (self.config.workspace.clone(), self.events.clone());
        tokio::task::spawn_blocking(move || {
            // Most often it was our own flush, or a command, which have told the log already.
            let looked = (policy || !workspace.is_as_written()).then(|| Session::begin(&workspace).map(drop));
            let fault = looked.and_then(Result::err).and_then(|error| {
                tracing::warn!(%error, "the last good version stays in force");
                fault_of_file(&error)
            });
            drop(events.send(Event::Looked(fault)));
        });
    }

    /// The look is over.
    pub(super) fn looked_at_last(&mut self, fault: Option<String>) {
        self.looking = false;
        let policy = self.faults[1].clone();
        self.tell_of_files([fault, policy]);
        if let Some(policy) = self.look_again.take() {
            self.look(policy);
        }
    }

    /// Whoever watches a run is told once of a file that became invalid: nobody else says why nothing happens.
    fn tell_of_files(&mut self, faults: [Option<String>; 2]) {
        let new = faults.iter().zip(&self.faults).filter(|(now, told)| now != told);
        new.filter_map(|(now, _)| now.as_ref()).for_each(|text| self.notice(text));
        self.faults = faults;
    }

    /// Says something to whoever watches a run.
    pub(super) fn notice(&self, text: &str) {
        let watching = self.clients.iter().filter(|(_, c)| c.watching.is_some());
        watching.for_each(|(id, _)| self.say(*id, &EngineMessage::Notice { text: text.to_owned() }));
    }
}

/// What is wrong with `sequence.yaml`, where that is why it could not be looked at.
fn fault_of_file(error: &DoorError) -> Option<String> {
    let files = matches!(error, DoorError::InvalidFile { .. } | DoorError::Read { .. });
    files.then(|| format!("the last good version of the sequence stays in force: {error}"))
}
