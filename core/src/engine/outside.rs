//! What others change while the engine serves: the log, the sequence, the policy.

use std::time::{Duration, Instant};

use super::core::Engine;
use super::event::{Event, Looked};
use super::protocol::{EngineMessage, Fault};
use crate::log::{Changes, Entry, fold};
use crate::workspace::{DoorError, EXTERNAL_EDIT, POLICY, PolicyFile, Session, read_document};

/// How long the engine itself waits for another writer before it answers by what it knows.
const AT_ONCE: Duration = Duration::from_secs(1);

/// How long the engine waits after a look in vain.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

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
    /// nothing runs the log is told, too, for whoever is connected; but what is gone is left as it is: the project may
    /// just be on its way to be removed, of which a look would bring some back.
    pub(super) fn looked(&mut self, changes: Changes) {
        let by_hand = changes.sequence || changes.policy;
        if !self.is_busy() {
            if by_hand && !self.clients.is_empty() {
                self.look(false);
            }
            return;
        }
        if changes.log && !self.journal.is_current(&self.config.workspace) {
            self.catch_up();
        }
        if by_hand {
            self.look(changes.policy);
        }
        if changes.policy {
            self.reload();
        }
    }

    fn is_busy(&self) -> bool {
        !(self.runs.is_empty() && self.active.is_empty())
    }

    /// Looks again where the last look was in vain and the time has come.
    pub(super) fn look_if_due(&mut self) {
        if self.look_at.take_if(|at| *at <= Instant::now()).is_some()
            && (self.is_busy() || !self.clients.is_empty())
        {
            self.look(true);
        }
    }

    /// One look at a time; what changes meanwhile is looked at after it.
    fn look(&mut self, policy: bool) {
        if self.looking {
            self.look_again = Some(self.look_again.unwrap_or(false) || policy);
            return;
        }
        (self.looking, self.look_at) = (true, None);
        let (workspace, events) = (self.config.workspace.clone(), self.events.clone());
        let busy = self.is_busy();
        tokio::task::spawn_blocking(move || {
            let looked = match busy {
                // Most often it was our own flush, or a command, which have told the log already.
                true if policy || !workspace.is_as_written() => Session::begin(&workspace).map(drop),
                true => Ok(()),
                false => workspace.tell_of_hands(),
            };
            let how = looked.err().map_or(Looked::Told, |error| {
                tracing::warn!(%error, "the last good version stays in force");
                fault_of_file(&error).map_or(Looked::InVain, Looked::Faulty)
            });
            drop(events.send(Event::Looked(how)));
        });
    }

    /// The look is over.
    pub(super) fn looked_at_last(&mut self, how: Looked) {
        self.looking = false;
        let policy = self.faults[1].clone();
        match how {
            Looked::Told => self.tell_of_files([None, policy]),
            Looked::Faulty(fault) => self.tell_of_files([Some(fault), policy]),
            Looked::InVain => self.look_at = Some(Instant::now() + LOOK_AGAIN),
        }
        if let Some(policy) = self.look_again.take() {
            self.look(policy || self.look_at.is_some());
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
