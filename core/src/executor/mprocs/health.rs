//! How a session stands, without a connection to it.

use std::fs::{self, File, TryLockError};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Files;
use crate::store::Paths;
use crate::wrapper::started;

/// `state/mprocs-state.json`: the session that is up, or was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionState {
    /// mprocs' process.
    pub pid: u32,
    /// Its start in clock ticks since boot: tells it from a later process of the same pid.
    pub started: u64,
    /// The process that keeps its terminal.
    pub keeper: u32,
    /// Its control port, where it has one.
    pub port: Option<u16>,
    /// Digest of what mprocs was started with; the map names the same.
    pub config_hash: String,
    /// When.
    pub started_at: DateTime<Utc>,
    /// Its version.
    pub version: String,
    /// How many panes it was started with.
    pub panes: usize,
}

/// How a session stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// There is none.
    Absent,
    /// It is up.
    Up(SessionState),
    /// It ended without a word, as by `kill -9`; what is known of it.
    Dead(Option<SessionState>),
}

impl Health {
    /// The session, where it is up.
    pub fn up(self) -> Option<SessionState> {
        match self {
            Self::Up(state) => Some(state),
            Self::Absent | Self::Dead(_) => None,
        }
    }
}

/// How the session of a project stands: by the keeper's lock and mprocs' process.
pub fn health(paths: &Paths) -> Health {
    let files = Files::of(paths);
    let text = match fs::read(&files.state) {
        Ok(text) => text,
        Err(_) => return Health::Absent,
    };
    let state: Option<SessionState> = serde_json::from_slice(&text).ok();
    match state {
        Some(state) if is_held(&files) && started(state.pid) == Some(state.started) => Health::Up(state),
        state => Health::Dead(state),
    }
}

/// Whether a keeper lives.
pub(super) fn is_held(files: &Files) -> bool {
    let Ok(file) = File::open(&files.lock) else { return false };
    matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
}

/// Whether these processes, those above one, belong to the session that is up: then that one is a pane of it.
pub fn is_below(paths: &Paths, above: &[u32]) -> bool {
    health(paths).up().is_some_and(|state| above.contains(&state.pid))
}
