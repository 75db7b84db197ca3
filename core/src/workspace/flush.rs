//! Writing the statuses into `sequence.yaml`, so that people and a later log-less start see them.

use super::commit::{outputs, write_outputs};
use super::{DoorError, Snapshot, Workspace, external, recover};
use crate::log::Checkpoint;
use crate::store::atomic::{self, Displaced};
use crate::store::lock::ProjectLock;

/// The name of the file in its folder while it waits for its rename.
const NEXT: &str = "sequence.yaml.flush";

impl Workspace {
    /// Writes the statuses into `sequence.yaml` and saves the checkpoint; the definition stays as it is. All but
    /// the last rename is done without the lock; whatever somebody else has written meanwhile wins, and the next
    /// flush is made on it.
    ///
    /// # Errors
    /// [`DoorError`] where a file cannot be read or written.
    pub fn flush_outputs(&self) -> Result<(), DoorError> {
        let snapshot = Snapshot::read(&self.paths)?;
        let outputs = outputs(&snapshot.document, &snapshot.state);
        if outputs != *snapshot.document.written() {
            self.swap(&snapshot, &write_outputs(&snapshot.document, &outputs))?;
        }
        save_checkpoint(self, &snapshot);
        Ok(())
    }

    fn swap(&self, snapshot: &Snapshot, text: &str) -> Result<(), DoorError> {
        let paths = &self.paths;
        let next = recover::staged(paths, NEXT);
        atomic::stage(&next, text.as_bytes(), atomic::PUBLIC)?;
        let guard = ProjectLock::acquire(&paths.lock, self.lock_timeout)?;
        let is_known = |path| std::fs::read(path).is_ok_and(|b| b == snapshot.document.text().as_bytes());
        if is_known(&paths.sequence) {
            let displaced = atomic::exchange_or_rename(&next, &paths.sequence)?;
            if displaced == Displaced::Kept && !is_known(&next) {
                atomic::exchange_or_rename(&next, &paths.sequence)?;
            } else {
                external::remember(paths, text);
            }
            atomic::sync_dir(&paths.threados)?;
        }
        recover::remove(&next);
        drop(guard);
        Ok(())
    }
}

/// Saves the folded state, so that the next reader has little left to fold.
pub(super) fn save_checkpoint(workspace: &Workspace, snapshot: &Snapshot) {
    let checkpoint = Checkpoint { position: snapshot.position.clone(), state: snapshot.state.clone() };
    if let Err(error) = checkpoint.save(&workspace.paths) {
        tracing::warn!(%error, "the checkpoint could not be written; readers fold more of the log instead");
    }
}
