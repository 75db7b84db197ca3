//! Panes, their terminals and who connects to them: none of it can be had on this platform.

use std::convert::Infallible;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::wrapper::{AttemptKey, Job, Judge, PaneSignals, SpawnEvent, Standing, TerminalSize, WrapperError};

/// A process that shows steps.
pub struct PaneHost(Infallible);

impl PaneHost {
    /// # Errors
    /// Always [`WrapperError::Unsupported`].
    pub fn new(_judge: Judge) -> Result<Self, WrapperError> {
        Err(WrapperError::Unsupported)
    }

    /// What has arrived.
    pub fn take(&self) -> PaneSignals {
        match self.0 {}
    }

    /// Begins an attempt.
    ///
    /// # Errors
    /// None: there is no such value.
    pub fn start(&self, _job: &Job, _start_by: Duration) -> Result<PaneAttempt, WrapperError> {
        match self.0 {}
    }
}

impl AsFd for PaneHost {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self.0 {}
    }
}

/// An attempt in a pane.
pub struct PaneAttempt(Infallible);

impl PaneAttempt {
    /// Which attempt.
    pub fn key(&self) -> AttemptKey {
        match self.0 {}
    }

    /// Readable when there may be an event.
    pub fn events(&self) -> BorrowedFd<'_> {
        match self.0 {}
    }

    /// Readable when the step has printed something.
    pub fn echo(&self) -> Option<BorrowedFd<'_>> {
        match self.0 {}
    }

    /// The terminal of an interactive step.
    pub fn terminal(&self) -> Option<&Terminal> {
        match self.0 {}
    }

    /// What the step has printed.
    pub fn pull(&mut self, _buffer: &mut [u8]) -> usize {
        match self.0 {}
    }

    /// The next event.
    pub fn next_event(&mut self) -> Option<SpawnEvent> {
        match self.0 {}
    }

    /// Starts the engine again.
    pub fn bring_engine_back(&self) {
        match self.0 {}
    }
}

/// A pseudo-terminal that we own.
#[derive(Debug)]
pub struct Terminal(Infallible);

impl Terminal {
    /// # Errors
    /// Always [`WrapperError::Unsupported`].
    pub fn open() -> Result<Self, WrapperError> {
        Err(WrapperError::Unsupported)
    }

    /// Gives it a size.
    pub fn resize(&self, _size: TerminalSize) {
        match self.0 {}
    }

    /// Types.
    pub fn write(&self, _bytes: &[u8]) -> usize {
        match self.0 {}
    }

    /// Reads what was printed.
    pub fn read(&self, _buffer: &mut [u8]) -> Option<usize> {
        match self.0 {}
    }

    /// Starts a program on it.
    ///
    /// # Errors
    /// None: there is no such value.
    pub fn start(
        &self,
        _program: &Path,
        _argv: &[String],
        _env: &[(String, String)],
        _cwd: &Path,
    ) -> Result<u32, WrapperError> {
        match self.0 {}
    }

    /// The file of its other side.
    pub fn path(&self) -> PathBuf {
        match self.0 {}
    }
}

impl AsFd for Terminal {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self.0 {}
    }
}

/// The process at the other end of a socket; cannot be known on this platform.
#[derive(Debug)]
pub struct Peer(Infallible);

impl Peer {
    /// Who connected this socket: nobody knows.
    pub fn of(_socket: BorrowedFd<'_>) -> Option<Self> {
        None
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        match self.0 {}
    }

    /// Where it stands.
    pub fn standing(&self, _wrappers: &Path) -> Standing {
        match self.0 {}
    }
}

/// Who connects cannot be known on this platform.
pub fn peer_user(_socket: BorrowedFd<'_>) -> Option<u32> {
    None
}

/// Time since the first call.
pub fn monotonic() -> Duration {
    static BEGUN: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    BEGUN.get_or_init(std::time::Instant::now).elapsed()
}

/// Who is at work cannot be known on this platform.
pub fn at_work() -> std::collections::HashSet<u32> {
    std::collections::HashSet::new()
}

/// No process is known by its start on this platform.
pub fn started(_pid: u32) -> Option<u64> {
    None
}

/// No program runs on a terminal of ours on this platform.
pub fn ended(_pid: u32) -> Option<i32> {
    Some(0)
}
