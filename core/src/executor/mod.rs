//! What starts a step's process. The scheduler knows no more than this trait.

mod direct;
#[cfg(unix)]
pub mod mprocs;

pub use direct::Direct;

use std::io;
use std::os::fd::BorrowedFd;

use crate::wrapper::{Job, SpawnEvent, WrapperError};

/// Starts wrappers and tells what became of them.
pub trait Executor {
    /// The name in `--executor` and in `status.json`.
    fn name(&self) -> &'static str;

    /// Has one attempt started. That it was started, or not, comes as an event.
    ///
    /// # Errors
    /// Where the request cannot be handed over.
    fn start(&mut self, job: &Job) -> Result<(), WrapperError>;

    /// Readable when there may be an event.
    fn readable(&self) -> BorrowedFd<'_>;

    /// The next event, `None` where there is none now.
    ///
    /// # Errors
    /// Where the connection is broken.
    fn next_event(&mut self) -> io::Result<Option<SpawnEvent>>;

    /// Whether the engine is to be started again should it die.
    ///
    /// # Errors
    /// Where the request cannot be handed over.
    fn bring_engine_back(&mut self, wanted: bool) -> Result<(), WrapperError>;

    /// Comes back after [`SpawnEvent::SpawnerGone`].
    ///
    /// # Errors
    /// Where it cannot.
    fn renew(&mut self) -> Result<(), WrapperError>;
}
