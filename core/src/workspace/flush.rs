//! Writing the statuses into `sequence.yaml`, so that people and a later log-less start see them.

use std::sync::Arc;

use super::commit::{outputs, reparse, write_outputs};
use super::staging::{FileChange, Published, Staging};
use super::{DoorError, Session, Snapshot, Workspace, external};
use crate::log::Checkpoint;
use crate::store::lock::ProjectLock;
use crate::store::paths::Paths;

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
            self.swap(&snapshot, &write_outputs(&snapshot.document, outputs))?;
        }
        save_checkpoint(self, &snapshot);
        Ok(())
    }

    fn swap(&self, snapshot: &Snapshot, text: &str) -> Result<(), DoorError> {
        let staging = staging(&self.paths, snapshot, text);
        staging.write(&[Some(text)])?;
        let swapped = ProjectLock::acquire(&self.paths.lock, self.lock_timeout)
            .map_err(DoorError::from)
            .and_then(|_guard| put(&staging, text));
        staging.clear();
        swapped.map(drop)
    }
}

fn staging<'a>(paths: &'a Paths, snapshot: &Snapshot, text: &str) -> Staging<'a> {
    let known = Arc::clone(snapshot.document.text());
    Staging::new(paths, None, vec![FileChange::new("sequence.yaml", Some(known), Some(text))])
}

/// Puts statuses in their place; whether nobody was quicker. The caller holds the lock.
fn put(staging: &Staging, text: &str) -> Result<bool, DoorError> {
    let whole = staging.is_current()? && staging.publish()? == Published::Whole;
    if whole {
        external::remember(staging.paths, Some(text), None);
    }
    Ok(whole)
}

impl Session<'_> {
    /// Writes the statuses as they are into the file, at once: a hand had changed them. Where the hand is quicker
    /// again, the next writer does it.
    pub(super) fn put_back(&mut self) -> Result<(), DoorError> {
        let outputs = outputs(&self.snapshot.document, &self.snapshot.state);
        if outputs == *self.snapshot.document.written() {
            return Ok(());
        }
        let text = write_outputs(&self.snapshot.document, outputs);
        let staging = staging(&self.workspace.paths, &self.snapshot, &text);
        staging.write(&[Some(&text)])?;
        let whole = put(&staging, &text);
        staging.clear();
        if whole? {
            self.snapshot.document = Arc::new(reparse(&text)?);
        }
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
