//! What is so, followed as the log grows: one picture for every request, one frame of bytes for every listener.
//!
//! A thread waits for the files to change; a request that finds the files newer than the picture brings it up to date
//! itself, so nobody is ever answered with less than what was acknowledged before.

mod chunk;
mod clients;
mod frame;
mod picture;
mod pipe;
mod ring;
mod stamp;
mod unchanged;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};
use std::time::Duration;

use axum::body::Bytes;
use hyper::StatusCode;

use chunk::Chunk;
use clients::Clients;
pub(super) use frame::Event;
use frame::{snapshot_frame, status_bytes};
use picture::Picture;
pub(super) use pipe::Listening;
use ring::Ring;
use stamp::Stamp;
use unchanged::Unchanged;

use super::answer::Failure;
use crate::engine::is_served;
use crate::id::Revision;
use crate::log::{Entries, Watch};
use crate::model::{Mode, State};
use crate::turns;
use crate::workspace::{DoorError, Session, Workspace};

/// How often the thread looks whether it is still wanted, and whether listeners are still there.
const TICK: Duration = Duration::from_secs(1);

/// Between two comments that keep a quiet stream alive.
const QUIET_TICKS: u32 = 15;

/// Most bytes of events that are made again from the log for a listener that comes back; one that was away longer gets
/// the picture as it is now.
const MOST_REPLAYED: usize = 2 << 20;

/// The status as bytes, and what it is of.
struct Cached {
    stamp: Stamp,
    /// What the watch had told by then.
    told: Option<u64>,
    bytes: Bytes,
    /// Whether a step is RUNNING: then an engine has to be there for it to be true.
    running: bool,
}

/// Everything that follows the log.
pub(super) struct Hub {
    workspace: Workspace,
    inner: Mutex<Inner>,
    cached: RwLock<Option<Arc<Cached>>>,
    unchanged: Unchanged,
    closed: AtomicBool,
    safe: AtomicBool,
}

struct Inner {
    picture: Picture,
    stamp: Stamp,
    ring: Ring,
    clients: Clients,
    /// The picture as the first event of a stream, and what it is of: all who begin to listen now share it.
    snapshot: Option<((u64, Revision), Chunk)>,
}

impl Hub {
    /// Takes up a project, and follows it in a thread of its own until it is dropped or closed.
    ///
    /// # Errors
    /// [`DoorError`] where the project cannot be read.
    pub fn open(workspace: &Workspace, queue: (usize, usize)) -> Result<Arc<Self>, DoorError> {
        let stamp = Stamp::of(&workspace.paths);
        let picture = Picture::open(workspace)?;
        let safe = picture.mode() == Mode::Safe;
        let ring = Ring::after(picture.seq);
        let inner = Inner { picture, stamp, ring, clients: Clients::new(queue), snapshot: None };
        let hub = Arc::new(Self {
            workspace: workspace.clone(),
            inner: Mutex::new(inner),
            cached: RwLock::new(None),
            unchanged: Unchanged::of(&workspace.paths),
            closed: AtomicBool::new(false),
            safe: AtomicBool::new(safe),
        });
        let weak = Arc::downgrade(&hub);
        let spawned = std::thread::Builder::new().name("http-follow".into()).spawn(move || follow(&weak));
        spawned.map_err(|source| DoorError::Read { path: workspace.paths.threados.clone(), source })?;
        Ok(hub)
    }

    /// Ends the thread and every stream.
    pub fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        self.lock().clients.clear();
    }

    /// Whether SAFE holds.
    pub fn is_safe(&self) -> bool {
        self.safe.load(Ordering::Relaxed)
    }

    /// Brings the picture up to date, and tells every listener; whether there was something to tell.
    pub fn refresh(&self) -> bool {
        let mut inner = self.lock();
        self.bring_up(&mut inner)
    }

    /// Looks at the state of the steps.
    pub fn with_state<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.lock().picture.state)
    }

    /// The status at hand, where it is of the very files that stand there now.
    pub fn status_at_hand(&self) -> Option<Bytes> {
        let cached = self.cached.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        let paths = &self.workspace.paths;
        let fresh = match self.unchanged.told() {
            told @ Some(_) => cached.told == told,
            None => cached.stamp.is_now(paths),
        };
        (fresh && (!cached.running || is_served(paths))).then(|| cached.bytes.clone())
    }

    /// The status as it is now; may wait.
    ///
    /// # Errors
    /// A [`Failure`] where the project cannot be read.
    pub fn status(&self) -> Result<Bytes, Failure> {
        if let Some(bytes) = self.status_at_hand() {
            return Ok(bytes);
        }
        let mut inner = self.lock();
        // Asked before the files are looked at: what changes from now on is told the next time.
        let told = self.unchanged.told();
        self.bring_up(&mut inner);
        let running = inner.picture.is_running();
        if running && !is_served(&self.workspace.paths) {
            // Nobody tells the log of their ends: looked at as `seqctl status` does.
            let snapshot = crate::engine::look(&self.workspace)?;
            return Ok(frame::status_of(&snapshot));
        }
        let bytes = status_bytes(&inner.picture);
        // An entry that waits for its file is not in it.
        let told = told.filter(|_| !inner.picture.is_waiting());
        let cached = Cached { stamp: inner.stamp, told, bytes: bytes.clone(), running };
        *self.cached.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(cached));
        Ok(bytes)
    }

    /// Begins to listen: with the picture as it is, or from after the entry `since` on without a gap; `chunked` is whether
    /// the client knows chunks.
    ///
    /// # Errors
    /// A [`Failure`] where the log cannot be read.
    pub fn listen(&self, since: Option<u64>, most: usize, chunked: bool) -> Result<Listening, Failure> {
        let mut inner = self.lock();
        if inner.clients.count() >= most {
            let message = "too many streams are open";
            let failure = Failure::new(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_STREAMS", message);
            return Err(failure.hint("close one, or let several readers share one"));
        }
        self.bring_up(&mut inner);
        let first = match since {
            Some(since) => self.missed(&mut inner, since)?,
            None => vec![inner.snapshot()],
        };
        Ok(inner.clients.add(&first, chunked))
    }

    /// What a listener has missed that heard of the entry `since` last.
    fn missed(&self, inner: &mut Inner, since: u64) -> Result<Vec<Chunk>, Failure> {
        if let Some(frames) = inner.ring.after_entry(since) {
            return Ok(frames);
        }
        let now = inner.picture.seq;
        if since >= now {
            return Ok(vec![inner.snapshot()]);
        }
        let entries = Entries::after(&self.workspace.paths, since).map_err(DoorError::from)?;
        let (mut frames, mut bytes) = (Vec::new(), 0);
        for entry in entries {
            let entry = entry.map_err(DoorError::from)?;
            if entry.seq > now || bytes > MOST_REPLAYED {
                break;
            }
            let frame = Event::of_the_past(&entry).map(|event| event.frame());
            bytes += frame.as_ref().map_or(0, Chunk::len);
            frames.extend(frame);
        }
        // What followed from them for other steps is told by how everything stands now.
        frames.push(inner.snapshot());
        Ok(frames)
    }

    /// Whether listeners were told of a change.
    fn bring_up(&self, inner: &mut Inner) -> bool {
        let stamp = Stamp::of(&self.workspace.paths);
        if stamp == inner.stamp && !inner.picture.is_waiting() {
            return false;
        }
        let Inner { picture, ring, clients, snapshot, .. } = inner;
        *snapshot = None;
        let mut frames = Vec::new();
        let told = picture.follow(&self.workspace, stamp.sequence != inner.stamp.sequence, |event| {
            let frame = event.frame();
            ring.push(event.seq, frame.clone());
            frames.push(frame);
        });
        if let Some(all) = Chunk::joined(&frames) {
            clients.tell(&all);
        }
        match told {
            Ok(picture::Followed::On) => {}
            Ok(picture::Followed::Faults) => clients.tell(&frame::problems_frame(picture)),
            Ok(picture::Followed::Anew) => {
                *ring = Ring::after(picture.seq);
                clients.tell(&snapshot_frame(picture));
            }
            Err(error) => tracing::warn!(%error, "the project cannot be followed"),
        }
        if stamp.policy != inner.stamp.policy {
            inner.picture.reread_policy(&self.workspace);
            self.safe.store(inner.picture.mode() == Mode::Safe, Ordering::Relaxed);
        }
        inner.stamp = stamp;
        !frames.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has a hand edit told to the log, which every writer does as it begins. Where that cannot be done now it is tried
    /// again at the next look.
    fn notice(&self) {
        if !std::mem::take(&mut self.lock().picture.edited) {
            return;
        }
        if let Err(error) = Session::begin(&self.workspace) {
            tracing::warn!(%error, "the log could not be told of an edit by hand");
            self.lock().picture.edited |= !matches!(error, DoorError::InvalidFile { .. });
        }
    }
}

impl Inner {
    /// The picture as the first event of a stream. Made once for all who ask before it changes.
    fn snapshot(&mut self) -> Chunk {
        let of = (self.picture.seq, self.picture.revision.clone());
        match &self.snapshot {
            Some((at, frame)) if *at == of => frame.clone(),
            _ => {
                let frame = snapshot_frame(&self.picture);
                self.snapshot = Some((of, frame.clone()));
                frame
            }
        }
    }
}

/// The thread: waits for files to change. Whoever listens waits for it: so it comes to its turn soon, and before it tells
/// of the next change it lets those read who share its processor.
fn follow(hub: &Weak<Hub>) {
    if !turns::short() {
        tracing::debug!("the kernel grants no short turns");
    }
    let mut watch = None;
    let mut quiet = 0;
    loop {
        let Some(hub) = hub.upgrade().filter(|hub| !hub.closed.load(Ordering::Relaxed)) else { return };
        if watch.is_none() {
            watch = Watch::new(&hub.workspace.paths).ok();
        }
        if hub.refresh() {
            std::thread::yield_now();
        }
        hub.notice();
        if quiet >= QUIET_TICKS {
            hub.lock().clients.tell(&frame::comment());
            quiet = 0;
        }
        drop(hub);
        match watch.as_mut().map(|watch| watch.wait(Some(TICK))) {
            Some(Ok(changes)) if changes.any() => quiet = 0,
            Some(Ok(_)) => quiet += 1,
            Some(Err(_)) => watch = None,
            None => std::thread::sleep(TICK),
        }
    }
}
