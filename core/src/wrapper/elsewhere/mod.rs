//! Where there is no wrapper yet: every entry point says so.

use std::ffi::OsString;
use std::path::Path;

use super::{Job, Judge, Liveness, Respawn, SpawnEvent, Standing, StopOutcome, StopRequest, WrapperError};

#[cfg(unix)]
mod terminals;
#[cfg(unix)]
pub use terminals::{PaneAttempt, PaneHost, Peer, Terminal, at_work, ended, monotonic, peer_user, started};

/// The spawner process of an engine; cannot be had on this platform.
#[derive(Debug)]
pub struct Spawner(std::convert::Infallible);

impl Spawner {
    /// # Errors
    /// Always [`WrapperError::Unsupported`].
    pub fn exec(_argv: &[OsString], _starting: &Path) -> Result<Self, WrapperError> {
        Err(WrapperError::Unsupported)
    }

    /// The spawner's process.
    pub fn pid(&self) -> u32 {
        match self.0 {}
    }

    /// Hands a job over.
    ///
    /// # Errors
    /// None: there is no such value.
    pub fn launch(&mut self, _job: &Job) -> Result<(), WrapperError> {
        match self.0 {}
    }

    /// Has the engine started again when it dies.
    ///
    /// # Errors
    /// None: there is no such value.
    pub fn bring_back(&mut self, _engine: Option<&Respawn>) -> Result<(), WrapperError> {
        match self.0 {}
    }

    /// The next event.
    ///
    /// # Errors
    /// None: there is no such value.
    pub fn try_recv(&mut self) -> Result<Option<SpawnEvent>, WrapperError> {
        match self.0 {}
    }
}

#[cfg(unix)]
impl std::os::fd::AsFd for Spawner {
    fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
        match self.0 {}
    }
}

/// Ends with code 8: there is no spawner on this platform.
pub fn spawner_main(_judge: Judge) -> ! {
    std::process::exit(8)
}

/// # Errors
/// Always [`WrapperError::Unsupported`].
pub fn stop(_lock_file: &Path, _request: &StopRequest) -> Result<StopOutcome, WrapperError> {
    Err(WrapperError::Unsupported)
}

/// # Errors
/// Always [`WrapperError::Unsupported`].
pub fn liveness(_lock_file: &Path) -> Result<Liveness, WrapperError> {
    Err(WrapperError::Unsupported)
}

/// # Errors
/// Always [`WrapperError::Unsupported`].
pub fn wait_free(_lock_file: &Path) -> Result<(), WrapperError> {
    Err(WrapperError::Unsupported)
}

/// # Errors
/// Always [`WrapperError::Unsupported`].
pub fn sweep_orphan(_lock_file: &Path) -> Result<usize, WrapperError> {
    Err(WrapperError::Unsupported)
}

/// # Errors
/// Always [`WrapperError::Unsupported`].
pub fn end_orphan(_lock_file: &Path) -> Result<usize, WrapperError> {
    Err(WrapperError::Unsupported)
}

/// No step runs on this platform, so no process stands in one.
pub fn standing(_wrappers: &Path, _pid: u32) -> Standing {
    Standing::Outside { above: Vec::new() }
}

/// There is no wrapper to ask on this platform.
pub fn call_engine(_folder: &Path) -> bool {
    false
}

/// Does nothing: there is no engine on this platform.
pub fn detach() {}

/// Does nothing: there is no engine on this platform.
pub fn close_stdout() {}

/// Does nothing: there are no panes on this platform.
pub fn close_inherited() {}
