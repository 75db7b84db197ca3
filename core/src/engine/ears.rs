//! What the loop waits for: clients, the executor, changed files, time.

use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Interest};
use tokio::net::unix::SocketAddr;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;

use super::EngineError;
use super::broker::Origin;
use super::core::Engine;
use super::event::Event;
use super::seat::Seat;
use crate::log::{Changes, Watch};
use crate::wrapper::Peer;

/// Longest line a client may send, in bytes.
const MAX_LINE: u64 = 4 << 20;

/// How long to wait between looks where the kernel cannot tell of changes.
const POLL: Duration = Duration::from_millis(250);

/// Hears the executor.
pub(super) struct ExecutorEar(AsyncFd<OwnedFd>);

impl ExecutorEar {
    pub fn new(engine: &Engine) -> Result<Self, EngineError> {
        let fd = register(engine.executor.readable());
        Ok(Self(fd.map_err(EngineError::io("wait for the executor"))?))
    }

    /// Resolves when the executor may have an event.
    pub async fn ready(&self) -> Result<(), EngineError> {
        let mut guard = self.0.readable().await.map_err(EngineError::io("wait for the executor"))?;
        guard.clear_ready();
        Ok(())
    }
}

/// Sees changed files.
pub(super) struct WatchEar {
    fd: Option<AsyncFd<OwnedFd>>,
    watch: Watch,
}

impl WatchEar {
    pub fn new(engine: &Engine) -> Result<Self, EngineError> {
        let watch = Watch::new(&engine.workspace().paths).map_err(EngineError::io("watch the project"))?;
        let fd =
            watch.descriptor().map(register).transpose().map_err(EngineError::io("watch the project"))?;
        Ok(Self { fd, watch })
    }

    /// Resolves when a file may have changed.
    pub async fn ready(&self) -> Result<(), EngineError> {
        match &self.fd {
            Some(fd) => fd.readable().await.map_err(EngineError::io("watch the project"))?.clear_ready(),
            None => tokio::time::sleep(POLL).await,
        }
        Ok(())
    }

    /// What has changed.
    pub fn changes(&mut self) -> Result<Changes, EngineError> {
        self.watch.changes().map_err(EngineError::io("watch the project"))
    }
}

/// A descriptor of its own for the reactor, so that it cannot outlive what it stands for.
#[expect(
    deprecated,
    reason = "its successor is unsafe for types that may lie about their descriptor; OwnedFd cannot"
)]
fn register(fd: BorrowedFd<'_>) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(fd.try_clone_to_owned()?, Interest::READABLE)
}

/// Sleeps until the deadline; for ever where there is none.
pub(super) async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

/// Where clients come in.
pub(super) struct Door {
    path: PathBuf,
    listener: UnixListener,
    seat: Seat,
}

impl Door {
    /// Opens the door. What stands at the path is of an engine that died, and replaced: the caller holds the engine's
    /// lock.
    pub fn open(path: PathBuf, seat: Seat) -> Result<Self, EngineError> {
        let listener = Self::listen(&path)?;
        Ok(Self { path, listener, seat })
    }

    fn listen(path: &Path) -> Result<UnixListener, EngineError> {
        // It comes to its name when it listens: a pane that waits for the name tries once.
        let unready = path.with_file_name("engine.new");
        if let Err(source) = std::fs::remove_file(&unready)
            && source.kind() != io::ErrorKind::NotFound
        {
            return Err(EngineError::Io { what: "remove the old socket", source });
        }
        let listener = UnixListener::bind(&unready).map_err(EngineError::io("open the engine's socket"))?;
        // Until this its folder, which only we may enter, keeps others out.
        std::fs::set_permissions(&unready, std::fs::Permissions::from_mode(0o600))
            .map_err(EngineError::io("close the engine's socket to others"))?;
        std::fs::rename(&unready, path).map_err(EngineError::io("name the engine's socket"))?;
        Ok(listener)
    }

    /// Whether who comes in means this engine.
    pub fn is_ours(&self) -> bool {
        self.seat.is_kept()
    }

    /// The next client.
    pub async fn knock(&self) -> io::Result<(UnixStream, SocketAddr)> {
        self.listener.accept().await
    }

    /// Closes the door for good, unless a client stood before it already: that one is taken in, and the door opens
    /// anew. Whether it did.
    pub async fn close_unless_knocked(&mut self, engine: &mut Engine) -> Result<bool, EngineError> {
        if !self.is_ours() {
            // By now it may be the door of another.
            return Ok(false);
        }
        drop(std::fs::remove_file(&self.path));
        match tokio::time::timeout(Duration::ZERO, self.listener.accept()).await {
            Ok(client) => {
                welcome(engine, client);
                self.listener = Self::listen(&self.path)?;
                Ok(true)
            }
            Err(_) => Ok(false),
        }
    }
}

/// Takes in a new client: only our own user may be one.
pub(super) fn welcome(engine: &mut Engine, accepted: io::Result<(UnixStream, SocketAddr)>) {
    let Ok((stream, _)) = accepted else { return };
    let ours = rustix::process::geteuid().as_raw();
    match stream.peer_cred() {
        Ok(peer) if peer.uid() == ours => {}
        Ok(peer) => return drop(engine.events.send(Event::Stranger(peer.uid()))),
        Err(_) => return,
    }
    // Now, while it is most likely still there.
    let peer = Peer::of(stream.as_fd());
    let (read, mut write) = stream.into_split();
    let (send, mut lines) = mpsc::unbounded_channel::<String>();
    let id = engine.add_client(send);
    let events = engine.events.clone();
    tokio::spawn(async move {
        while let Some(mut line) = lines.recv().await {
            line.push('\n');
            while let Ok(more) = lines.try_recv() {
                line.push_str(&more);
                line.push('\n');
            }
            if write.write_all(line.as_bytes()).await.is_err() {
                return;
            }
        }
    });
    let wrappers = engine.workspace().paths.wrappers.clone();
    tokio::spawn(async move {
        let looked = tokio::task::spawn_blocking(move || Origin::of(peer.as_ref(), &wrappers)).await;
        drop(events.send(Event::Known(id, looked.unwrap_or_else(|_| Origin::unknown()))));
        let mut read = BufReader::new(read);
        let mut line = Vec::new();
        loop {
            line.clear();
            let mut limited = tokio::io::AsyncReadExt::take(&mut read, MAX_LINE);
            match limited.read_until(b'\n', &mut line).await {
                Ok(n) if n > 0 => {}
                _ => break,
            }
            match serde_json::from_slice(&line) {
                Ok(message) => drop(events.send(Event::Said(id, message))),
                Err(error) => {
                    tracing::warn!(%error, "a client said something that is no message");
                    break;
                }
            }
        }
        drop(events.send(Event::Gone(id)));
    });
}
