//! The embedded executor: wrappers forked by our own spawner process.

use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;

use super::Executor;
use crate::wrapper::{Job, Respawn, SpawnEvent, Spawner, WrapperError};

/// Starts wrappers through the spawner; a spawner that died is replaced.
#[derive(Debug)]
pub struct Direct {
    argv: Vec<OsString>,
    starting: PathBuf,
    engine: Respawn,
    /// Whether the spawner is to start it again.
    brings_back: bool,
    spawner: Spawner,
}

impl Direct {
    /// Starts the spawner; `argv` is a command line that becomes one, `starting` the lock it holds while wrappers may
    /// be on their way, `engine` what becomes this engine again.
    ///
    /// # Errors
    /// [`WrapperError::System`].
    pub fn new(argv: Vec<OsString>, starting: PathBuf, engine: Respawn) -> Result<Self, WrapperError> {
        let spawner = Spawner::exec(&argv, &starting)?;
        Ok(Self { argv, starting, engine, brings_back: false, spawner })
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

    fn bring_engine_back(&mut self, wanted: bool) -> Result<(), WrapperError> {
        if std::mem::replace(&mut self.brings_back, wanted) == wanted {
            return Ok(());
        }
        self.spawner.bring_back(Some(&self.engine).filter(|_| wanted))
    }

    fn renew(&mut self) -> Result<(), WrapperError> {
        self.spawner = Spawner::exec(&self.argv, &self.starting)?;
        let wanted = std::mem::take(&mut self.brings_back);
        self.bring_engine_back(wanted)
    }
}
