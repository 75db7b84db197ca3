//! What every request has at hand.

use std::io;
use std::sync::{Arc, mpsc};

use tokio::sync::{Semaphore, oneshot};

use super::answer::Failure;
use super::hosts::Hosts;
use super::hub::Hub;
use super::server::Limits;
use super::token::ApiToken;
use crate::mcp::HttpService;
use crate::workspace::Workspace;

/// What every request has at hand.
pub(super) struct App {
    pub workspace: Workspace,
    /// The command line that becomes the engine.
    pub engine: Vec<String>,
    pub limits: Limits,
    pub hosts: Hosts,
    pub token: ApiToken,
    pub hub: Arc<Hub>,
    /// Whether other machines can reach us.
    pub remote: bool,
    /// The Model Context Protocol.
    pub mcp: HttpService,
    /// Who works on the picture.
    pub hand: Hand,
    /// How many may still chat, or call tools, at once: each holds a thread.
    pub talks: Arc<Semaphore>,
}

/// One thread for all work on the picture that requests share. It waits for the picture's lock anyway, and what it frees
/// stays with it: spread over the threads of a pool, each would keep its own.
pub(super) struct Hand(mpsc::Sender<Box<dyn FnOnce() + Send>>);

impl Hand {
    /// Starts the thread; it ends with the last of its owners.
    ///
    /// # Errors
    /// What the system says.
    pub fn new() -> io::Result<Self> {
        let (send, work) = mpsc::channel::<Box<dyn FnOnce() + Send>>();
        let all = move || work.into_iter().for_each(|work| work());
        std::thread::Builder::new().name("http-picture".into()).spawn(all)?;
        Ok(Self(send))
    }
}

/// Works on the picture, away from the connections, one after the other.
///
/// # Errors
/// What the work says.
pub(super) async fn in_turn<T: Send + 'static>(
    app: &Shared,
    work: impl FnOnce(&App) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let (send, done) = oneshot::channel();
    let asked = Arc::clone(app);
    // Whoever asked may be gone by then.
    let sent = app.hand.0.send(Box::new(move || drop(send.send(work(&asked)))));
    let gone = || Failure::internal("its thread is gone");
    sent.map_err(|_| gone())?;
    done.await.unwrap_or_else(|_| Err(gone()))
}

/// As handlers get it.
pub(super) type Shared = Arc<App>;

/// Does what may wait for a disk, the lock or the engine, away from the connections.
///
/// # Errors
/// What the work says.
pub(super) async fn aside<T: Send + 'static>(
    app: &Shared,
    work: impl FnOnce(&App) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let app = Arc::clone(app);
    let done = tokio::task::spawn_blocking(move || work(&app)).await;
    done.unwrap_or_else(|error| Err(Failure::internal(&error.to_string())))
}
