//! What every request has at hand.

use std::sync::Arc;

use tokio::sync::Semaphore;

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
    /// How many may still chat, or call tools, at once: each holds a thread.
    pub talks: Arc<Semaphore>,
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
