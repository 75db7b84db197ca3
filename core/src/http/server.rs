//! Serving: takes connections in, until it is told to stop.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use super::app::{App, Hand, Shared};
use super::connection::{Connections, turn_away};
use super::hub::Hub;
use super::listener::{Bind, Listener};
use super::seats::Seats;
use super::token::ApiToken;
use super::wire::Wire;
use super::{HttpError, routes};
use crate::mcp::Desk;
use crate::model::Mode;
use crate::workspace::Workspace;

/// How long to wait where no connection can be taken in because the system has no more descriptors.
const BREATH: Duration = Duration::from_millis(50);

/// What a server needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// The project.
    pub workspace: Workspace,
    /// A command line that becomes the engine of this project.
    pub engine: Vec<String>,
    /// Where to listen.
    pub bind: Bind,
    /// Other machines may reach it; SAFE refuses that all the same.
    pub allow_remote: bool,
    /// What one client may take.
    pub limits: Limits,
}

/// What clients may take.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Longest time to send the head of a request, and to leave a connection idle.
    pub header: Duration,
    /// Longest time to send a body.
    pub body: Duration,
    /// Longest time for a request to come, head and body together.
    pub request: Duration,
    /// Most bytes of a body.
    pub body_bytes: usize,
    /// Most connections at once.
    pub connections: usize,
    /// Most of them that are streams.
    pub streams: usize,
    /// Most frames that wait for one listener.
    pub queue: usize,
    /// Most bytes that wait for one listener.
    pub queue_bytes: usize,
    /// Most chats and tools at once.
    pub talks: usize,
    /// Longest time for what is under way to end: of a listener that was too slow, of all at the end.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            header: Duration::from_secs(10),
            body: Duration::from_secs(30),
            request: Duration::from_secs(31),
            body_bytes: 1 << 20,
            connections: 256,
            streams: 192,
            queue: 1024,
            queue_bytes: 4 << 20,
            talks: 16,
            grace: Duration::from_secs(5),
        }
    }
}

/// A server that listens.
pub struct Server {
    listener: Listener,
    address: String,
    app: Shared,
    stop: watch::Sender<bool>,
}

/// Ends a server, from wherever.
#[derive(Debug, Clone)]
pub struct Stopper(watch::Sender<bool>);

impl Stopper {
    /// No more connections; what is under way may end.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Server {
    /// Listens; requests wait until [`Server::run`].
    ///
    /// # Errors
    /// [`HttpError`].
    pub fn bind(config: Config) -> Result<Self, HttpError> {
        let Config { mut workspace, engine, bind, allow_remote, limits } = config;
        workspace.for_programs = true;
        let hub = Hub::open(&workspace, (limits.queue, limits.queue_bytes))?;
        let mode = if hub.is_safe() { Mode::Safe } else { Mode::Power };
        // Before anybody can connect.
        let token = ApiToken::open(&workspace)?;
        let listener = Listener::open(&bind, allow_remote, mode)?;
        let place = |source| HttpError::Io { what: "tell where it listens", source };
        let (address, hosts) = (listener.address().map_err(place)?, listener.hosts().map_err(place)?);
        let remote = listener.is_remote();
        let mcp = crate::mcp::http_service(
            Desk { workspace: workspace.clone(), engine: engine.clone() },
            hosts.listed(),
        );
        let talks = Arc::new(Semaphore::new(limits.talks));
        let hand = Hand::new().map_err(|source| HttpError::Io { what: "start a thread", source })?;
        let app = Arc::new(App { workspace, engine, limits, hosts, token, hub, remote, mcp, hand, talks });
        Ok(Self { listener, address, app, stop: watch::Sender::new(false) })
    }

    /// What clients are told: a URL, or the path of the socket.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where the token is.
    pub fn token_file(&self) -> &Path {
        &self.app.token.file
    }

    /// What ends it.
    pub fn stopper(&self) -> Stopper {
        Stopper(self.stop.clone())
    }

    /// Serves until it is stopped.
    ///
    /// # Errors
    /// [`HttpError::Io`] where the system refuses.
    pub fn run(self) -> Result<(), HttpError> {
        let failed = |source| HttpError::Io { what: "start the server", source };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(64)
            .thread_name("http-aside")
            .build()
            .map_err(failed)?;
        let done = runtime.block_on(self.serve()).map_err(failed);
        // What waits for an engine in a thread aside is not waited for.
        runtime.shutdown_background();
        done
    }

    async fn serve(self) -> io::Result<()> {
        let Self { listener, app, stop, .. } = self;
        let router = routes::router(Arc::clone(&app));
        let door = Door {
            connections: Connections { app: Arc::clone(&app), router },
            seats: Seats::new(app.limits.connections),
            tasks: JoinSet::new(),
        };
        match listener {
            Listener::Tcp(listener) => door.tcp(TcpListener::from_std(listener)?, stop.subscribe()).await,
            Listener::Unix(listener, _socket) => {
                door.unix(UnixListener::from_std(listener)?, stop.subscribe()).await;
            }
        }
        Ok(())
    }
}

/// Takes connections in.
struct Door {
    connections: Connections,
    seats: Arc<Seats>,
    tasks: JoinSet<()>,
}

impl Door {
    async fn tcp(mut self, listener: TcpListener, mut stop: watch::Receiver<bool>) {
        loop {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                Some(_) = self.tasks.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => {
                        if self.connections.app.remote && !peer.ip().is_loopback() && self.connections.app.hub.is_safe() {
                            tracing::warn!(%peer, "a connection from another machine was refused: the mode is SAFE now");
                            continue;
                        }
                        // Where it cannot be set, answers come a little later.
                        drop(stream.set_nodelay(true));
                        self.seat(stream);
                    }
                    Err(error) => self.not_accepted(&error).await,
                },
            }
        }
        drop(listener);
        self.finish().await;
    }

    async fn unix(mut self, listener: UnixListener, mut stop: watch::Receiver<bool>) {
        let ours = rustix::process::geteuid().as_raw();
        loop {
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => break,
                Some(_) = self.tasks.join_next() => {}
                accepted = listener.accept() => match accepted {
                    Ok((stream, _)) => {
                        if !stream.peer_cred().is_ok_and(|peer| peer.uid() == ours) {
                            tracing::warn!("a connection of another user was refused");
                            continue;
                        }
                        self.seat(stream);
                    }
                    Err(error) => self.not_accepted(&error).await,
                },
            }
        }
        drop(listener);
        self.finish().await;
    }

    /// Serves a connection where there is a seat for it, and says so where there is none.
    fn seat(&mut self, wire: impl Wire) {
        match self.seats.take() {
            Some(taken) => drop(self.tasks.spawn(self.connections.clone().serve(wire, taken))),
            None => turn_away(&wire),
        }
    }

    async fn not_accepted(&self, error: &io::Error) {
        tracing::warn!(%error, "a connection could not be taken in");
        tokio::time::sleep(BREATH).await;
    }

    /// Streams end, answers that are under way are given.
    async fn finish(mut self) {
        self.connections.app.hub.close();
        self.seats.leave();
        let grace = self.connections.app.limits.grace;
        let all = async { while self.tasks.join_next().await.is_some() {} };
        drop(tokio::time::timeout(grace, all).await);
    }
}
