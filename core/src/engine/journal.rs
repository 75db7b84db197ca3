//! The engine's pen: what happened is written before anybody hears of it, many entries in one append, many
//! appends in one fdatasync.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;

use super::event::Event;
use crate::log::{Draft, Entry, Log, LogError, Syncer};
use crate::store::lock::{Guard, ProjectLock};
use crate::workspace::Workspace;

/// How long what is written may wait to be made durable while nobody waits for it. Each fdatasync makes the file
/// system commit the creation of all run files, too, so that one a step costs more than the steps.
const SYNC_EVERY: Duration = Duration::from_millis(100);

/// What the thread that makes the log durable is told.
enum Sync {
    /// The append of this number is in the file.
    Written(u64, Syncer),
    /// Somebody waits.
    Hurry,
}

/// Makes durable what was written: at once where somebody waits, else together with what follows soon.
fn keep_durable(requests: &Receiver<Sync>, events: &UnboundedSender<Event>) {
    let mut pending: Option<(u64, Syncer)> = None;
    let (mut hurry, mut last) = (false, Instant::now());
    loop {
        let wait = match (&pending, hurry) {
            (Some(_), true) => Duration::ZERO,
            (Some(_), false) => SYNC_EVERY.saturating_sub(last.elapsed()),
            (None, _) => Duration::MAX,
        };
        match requests.recv_timeout(wait) {
            Ok(Sync::Written(number, syncer)) => pending = Some((number, syncer)),
            Ok(Sync::Hurry) => hurry = true,
            Err(RecvTimeoutError::Timeout) => {
                let Some((number, syncer)) = pending.take() else { continue };
                let synced = syncer.sync();
                (hurry, last) = (false, Instant::now());
                let event =
                    synced.map_or_else(|e| Event::NotDurable(e.to_string()), |()| Event::Durable(number));
                // After a failure the system may forget what it could not write, so that a later sync would
                // seem to succeed: nothing is called durable any more.
                let failed = matches!(event, Event::NotDurable(_));
                if events.send(event).is_err() || failed {
                    return;
                }
            }
            Err(RecvTimeoutError::Disconnected) => {
                if let Some((_, syncer)) = pending.take()
                    && let Err(error) = syncer.sync()
                {
                    tracing::error!(%error, "the log could not be made durable");
                }
                return;
            }
        }
    }
}

/// Names what is to be written.
pub(super) type Ticket = u64;

/// What the engine has to write.
pub(super) struct Journal {
    log: Log,
    pending: Vec<Draft>,
    /// Theirs, in the same order.
    tickets: Vec<Ticket>,
    last: Ticket,
    /// Where a thread hands over the lock it waits for; `None` while there is no such thread. Not an event: who
    /// needs the lock before that event's turn would wait for a lock that lies in the engine's own line.
    coming: Option<Receiver<Option<Guard>>>,
    syncs: Sender<Sync>,
    /// Number of the latest append.
    pub written: u64,
    /// Number of the latest append that is durable.
    pub durable: u64,
}

/// What a flush has brought.
#[derive(Default)]
pub(super) struct Flushed {
    /// Entries of other processes, in order.
    pub foreign: Vec<Entry>,
    /// The engine's own, in order.
    pub own: Vec<Entry>,
    /// Whether everything that was pending is written.
    pub complete: bool,
}

impl Journal {
    pub fn new(log: Log, events: UnboundedSender<Event>) -> Self {
        let (syncs, requests) = std::sync::mpsc::channel();
        thread::spawn(move || keep_durable(&requests, &events));
        Self {
            log,
            pending: Vec::new(),
            tickets: Vec::new(),
            last: 0,
            coming: None,
            syncs,
            written: 0,
            durable: 0,
        }
    }

    /// Has it written; until then it can be taken back.
    pub fn add(&mut self, draft: Draft) -> Ticket {
        self.last += 1;
        self.pending.push(draft);
        self.tickets.push(self.last);
        self.last
    }

    /// Whether the log still ends where this journal last wrote: a look that needs no lock.
    pub fn is_current(&self, workspace: &Workspace) -> bool {
        let size = std::fs::metadata(&workspace.paths.audit_log).map(|m| m.len());
        size.is_ok_and(|size| size == self.log.position().offset)
    }

    /// Somebody waits for what is written to be durable.
    pub fn hurry(&self) {
        drop(self.syncs.send(Sync::Hurry));
    }

    /// Takes back what is not written yet; whether it was not.
    pub fn take_back(&mut self, ticket: Ticket) -> bool {
        let at = self.tickets.iter().position(|known| *known == ticket);
        if let Some(at) = at {
            self.tickets.remove(at);
            self.pending.remove(at);
        }
        at.is_some()
    }

    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// The lock if it is free; else a thread waits for it, so that the engine goes on.
    pub fn try_lock(
        &mut self,
        workspace: &Workspace,
        events: &UnboundedSender<Event>,
    ) -> Result<Option<Guard>, LogError> {
        if self.coming.is_some() {
            return Ok(None);
        }
        let lock = ProjectLock::try_acquire(&workspace.paths.lock);
        let lock = lock.map_err(|error| LogError::Append {
            path: workspace.paths.lock.clone(),
            source: std::io::Error::other(error),
        })?;
        if lock.is_none() {
            self.wait_for_lock(workspace, events.clone());
        }
        Ok(lock)
    }

    /// The lock, waiting for it as long as the workspace says.
    pub fn lock_waiting(&mut self, workspace: &Workspace) -> Option<Guard> {
        match &self.coming {
            Some(coming) => {
                let handed = coming.recv_timeout(workspace.lock_timeout).ok()?;
                self.coming = None;
                handed
            }
            None => workspace.lock().ok(),
        }
    }

    fn wait_for_lock(&mut self, workspace: &Workspace, events: UnboundedSender<Event>) {
        let (hand_over, coming) = std::sync::mpsc::channel();
        self.coming = Some(coming);
        let workspace = workspace.clone();
        thread::spawn(move || {
            let guard = workspace.lock();
            if let Err(error) = &guard {
                tracing::warn!(%error, "waiting for the project lock");
            }
            // An engine that is gone needs no lock.
            drop(hand_over.send(guard.ok()));
            drop(events.send(Event::Lock));
        });
    }

    /// A wait for the lock is over: it is here, was not to be had this time, or was taken before its turn.
    pub fn handed(&mut self) -> Option<Guard> {
        let handed = self.coming.as_ref().and_then(|coming| coming.try_recv().ok())?;
        self.coming = None;
        handed
    }

    /// What others have written.
    pub fn catch_up(&mut self, guard: &Guard) -> Result<Vec<Entry>, LogError> {
        self.log.catch_up(guard)
    }

    /// Writes what is pending.
    pub fn write(&mut self, guard: &Guard) -> Result<Flushed, LogError> {
        if self.pending.is_empty() {
            return Ok(Flushed { foreign: self.log.catch_up(guard)?, own: Vec::new(), complete: true });
        }
        let mut foreign = self.log.append(guard, &self.pending)?;
        let own = foreign.split_off(foreign.len().saturating_sub(self.pending.len()));
        self.pending.clear();
        self.tickets.clear();
        self.written += 1;
        if let Some(syncer) = self.log.syncer() {
            drop(self.syncs.send(Sync::Written(self.written, syncer)));
        }
        Ok(Flushed { foreign, own, complete: true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::testing::Bed;

    /// A request may stand in the engine's line before the news that the lock is there.
    #[test]
    fn a_lock_that_was_waited_for_serves_whoever_needs_it_first() {
        let bed = Bed::new();
        let mut workspace = bed.workspace.clone();
        workspace.lock_timeout = Duration::from_secs(60);
        let (events, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let mut journal =
            Journal::new(Log::open(&workspace.paths, workspace.log_redactor()).unwrap(), events.clone());
        let other = ProjectLock::try_acquire(&workspace.paths.lock).unwrap().unwrap();
        assert!(journal.try_lock(&workspace, &events).unwrap().is_none());
        drop(other);
        assert!(matches!(heard.blocking_recv(), Some(Event::Lock)));

        assert!(journal.lock_waiting(&workspace).is_some());
        assert!(journal.handed().is_none(), "it was used already");
        assert!(journal.try_lock(&workspace, &events).unwrap().is_some(), "and is free again");
    }

    #[test]
    fn what_the_disk_did_not_take_never_counts_as_durable() {
        let (events, mut heard) = tokio::sync::mpsc::unbounded_channel();
        let (syncs, requests) = std::sync::mpsc::channel();
        let pen = thread::spawn(move || keep_durable(&requests, &events));
        // There is nothing behind this device that could be made durable.
        let file = std::fs::File::options().write(true).open("/dev/null").unwrap();
        syncs.send(Sync::Written(1, Syncer::of(file))).unwrap();
        syncs.send(Sync::Hurry).unwrap();
        pen.join().unwrap();
        assert!(matches!(heard.blocking_recv(), Some(Event::NotDurable(error)) if !error.is_empty()));
        assert!(heard.blocking_recv().is_none());
    }
}
