//! The engine's pen: what happened is written before anybody hears of it, many entries in one append, many
//! appends in one fdatasync.

use std::thread;

use tokio::sync::mpsc::UnboundedSender;

use super::event::Event;
use crate::log::{Draft, Entry, Log, LogError, Syncer};
use crate::store::lock::{Guard, LockError, ProjectLock};
use crate::workspace::Workspace;

/// What the engine has to write.
pub(super) struct Journal {
    log: Log,
    pending: Vec<Draft>,
    waits_for_lock: bool,
    syncs: std::sync::mpsc::Sender<(u64, Syncer)>,
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
        let (syncs, requests) = std::sync::mpsc::channel::<(u64, Syncer)>();
        thread::spawn(move || {
            while let Ok(first) = requests.recv() {
                let (number, syncer) = requests.try_iter().last().unwrap_or(first);
                if let Err(error) = syncer.sync() {
                    tracing::error!(%error, "the log could not be made durable");
                }
                if events.send(Event::Durable(number)).is_err() {
                    return;
                }
            }
        });
        Self { log, pending: Vec::new(), waits_for_lock: false, syncs, written: 0, durable: 0 }
    }

    pub fn add(&mut self, draft: Draft) {
        self.pending.push(draft);
    }

    pub fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// Writes what is pending if the lock is free; else has a thread wait for it, so that the engine goes on.
    pub fn flush(
        &mut self,
        workspace: &Workspace,
        events: &UnboundedSender<Event>,
    ) -> Result<Flushed, LogError> {
        if self.waits_for_lock {
            return Ok(Flushed::default());
        }
        match ProjectLock::try_acquire(&workspace.paths.lock) {
            Ok(Some(guard)) => self.write(&guard),
            Ok(None) => {
                self.wait_for_lock(workspace, events.clone());
                Ok(Flushed::default())
            }
            Err(error) => {
                let path = workspace.paths.lock.clone();
                Err(LogError::Append { path, source: std::io::Error::other(error) })
            }
        }
    }

    fn wait_for_lock(&mut self, workspace: &Workspace, events: UnboundedSender<Event>) {
        self.waits_for_lock = true;
        let (path, timeout) = (workspace.paths.lock.clone(), workspace.lock_timeout);
        thread::spawn(move || {
            let guard: Result<Guard, LockError> = ProjectLock::acquire(&path, timeout);
            if let Err(error) = &guard {
                tracing::warn!(%error, "waiting for the project lock");
            }
            // An engine that is gone needs no lock.
            drop(events.send(Event::Lock(guard.ok())));
        });
    }

    /// The lock that was waited for is here, or was not to be had this time.
    pub fn locked(&mut self, guard: Option<Guard>) -> Result<Flushed, LogError> {
        self.waits_for_lock = false;
        guard.map_or_else(|| Ok(Flushed::default()), |guard| self.write(&guard))
    }

    fn write(&mut self, guard: &Guard) -> Result<Flushed, LogError> {
        if self.pending.is_empty() {
            return Ok(Flushed { foreign: self.log.catch_up(guard)?, own: Vec::new(), complete: true });
        }
        let mut foreign = self.log.append(guard, &self.pending)?;
        let own = foreign.split_off(foreign.len().saturating_sub(self.pending.len()));
        self.pending.clear();
        self.written += 1;
        if let Some(syncer) = self.log.syncer() {
            drop(self.syncs.send((self.written, syncer)));
        }
        Ok(Flushed { foreign, own, complete: true })
    }
}
