//! The embedded executor: wrappers forked by our own spawner process.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;

use super::Executor;
use crate::wrapper::{Job, SpawnEvent, Spawner, WrapperError};

/// Starts wrappers through the spawner; a spawner that died is replaced.
#[derive(Debug)]
pub struct Direct {
    argv: Vec<OsString>,
    starting: PathBuf,
    spawner: Spawner,
}

impl Direct {
    /// Starts the spawner; `argv` is a command line that becomes one, `starting` the lock it holds while wrappers may
    /// be on their way.
    ///
    /// # Errors
    /// [`WrapperError::System`].
    pub fn new(argv: Vec<OsString>, starting: PathBuf) -> Result<Self, WrapperError> {
        let spawner = Spawner::exec(&argv, &starting)?;
        Ok(Self { argv, starting, spawner })
    }
}

impl Executor for Direct {
    fn name(&self) -> &'static str {
        "direct"
    }

    fn start(&mut self, job: &Job) -> Result<(), WrapperError> {
        self.spawner.launch(job)
    }

    fn readable(&self) -> BorrowedFd<'_> {
        self.spawner.as_fd()
    }

    fn next_event(&mut self) -> io::Result<Option<SpawnEvent>> {
        self.spawner.try_recv().map_err(io::Error::other)
    }

    fn renew(&mut self) -> Result<(), WrapperError> {
        self.spawner = Spawner::exec(&self.argv, &self.starting)?;
        Ok(())
    }
}
