//! The spawner in an event loop.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::Spawner;
use crate::wrapper::{Job, SpawnEvent, WrapperError};

/// A [`Spawner`] whose events can be awaited.
#[derive(Debug)]
pub struct AsyncSpawner {
    // Before the spawner, so that the copy is dropped first.
    ready: AsyncFd<OwnedFd>,
    spawner: Spawner,
}

impl AsyncSpawner {
    /// Registers a spawner with the runtime of this task.
    ///
    /// # Errors
    /// [`WrapperError::System`].
    ///
    /// # Panics
    /// Outside a runtime with I/O enabled.
    pub fn new(spawner: Spawner) -> Result<Self, WrapperError> {
        let failed = WrapperError::system::<io::Error>("cannot wait for the spawner of steps");
        let register = || {
            let copy = spawner.as_fd().try_clone_to_owned()?;
            // SAFETY: the descriptor is owned by the value registered, which nobody else can reach or replace.
            Ok(unsafe { AsyncFd::register_with_interest(copy, Interest::READABLE) }?)
        };
        let ready = register().map_err(failed)?;
        Ok(Self { ready, spawner })
    }

    /// As [`Spawner::launch`].
    ///
    /// # Errors
    /// As [`Spawner::launch`].
    pub fn launch(&mut self, job: &Job) -> Result<(), WrapperError> {
        self.spawner.launch(job)
    }

    /// The next event. Dropping the future loses none.
    ///
    /// # Errors
    /// As [`Spawner::try_recv`].
    pub async fn recv(&mut self) -> Result<SpawnEvent, WrapperError> {
        loop {
            if let Some(event) = self.spawner.try_recv()? {
                return Ok(event);
            }
            let wait = self.ready.readable().await;
            let mut ready = wait.map_err(WrapperError::system("cannot wait for the spawner of steps"))?;
            // Cleared before the next look, so that what arrives between both is not missed.
            ready.clear_ready();
        }
    }
}
