//! Writing the statuses into `sequence.yaml`, so that people and a later log-less start see them.

use std::sync::Arc;

use super::commit::{outputs, reparse, write_outputs};
use super::staging::{FileChange, Published, Staging};
use super::{DoorError, Session, Snapshot, Workspace, external};
use crate::id::Digest;
use crate::join::join;
use crate::log::Checkpoint;
use crate::store::paths::Paths;
use crate::store::yaml::LONG;

impl Workspace {
    /// Writes the statuses into `sequence.yaml` and saves the checkpoint; the definition stays as it is. All but
    /// the last rename is done without the lock. Who holds it meanwhile may take the staged file for one that a
    /// killed writer left, or change what it was made from: then all of it is done anew under the lock. Only a hand
    /// can be quicker there, and the next flush is made on what it wrote.
    ///
    /// # Errors
    /// [`DoorError`] where a file cannot be read or written.
    pub fn flush_outputs(&self) -> Result<(), DoorError> {
        let snapshot = Snapshot::read(&self.paths)?;
        if self.swap(&snapshot)? {
            save_checkpoint(self, &snapshot);
            return Ok(());
        }
        let _guard = self.lock()?;
        let snapshot = Snapshot::read(&self.paths)?;
        if let Some(text) = next_text(&snapshot) {
            let staging = staging(&self.paths, &snapshot, &text);
            staging.write(&[Some(&text)])?;
            let put = put(&staging, &text);
            staging.clear();
            put?;
        }
        save_checkpoint(self, &snapshot);
        Ok(())
    }

    /// Whether nothing came in between.
    fn swap(&self, snapshot: &Snapshot) -> Result<bool, DoorError> {
        let Some(text) = next_text(snapshot) else { return Ok(true) };
        let staging = staging(&self.paths, snapshot, &text);
        staging.write(&[Some(&text)])?;
        let swapped = self
            .lock()
            .map_err(DoorError::from)
            .and_then(|_guard| if staging.is_staged() { put(&staging, &text) } else { Ok(false) });
        staging.clear();
        swapped
    }
}

/// The text with the statuses as they are; `None` where it has them already.
fn next_text(snapshot: &Snapshot) -> Option<String> {
    let outputs = outputs(&snapshot.document, &snapshot.state);
    (outputs != *snapshot.document.written()).then(|| write_outputs(&snapshot.document, outputs))
}

fn staging<'a>(paths: &'a Paths, snapshot: &Snapshot, text: &str) -> Staging<'a> {
    let (document, digest) = (&snapshot.document, || Digest::of([text.as_bytes()]));
    let (_, next) = join(text.len() >= LONG, || document.digest(), digest);
    Staging::new(paths, None, vec![FileChange::of_sequence(document, next)])
}

/// Puts statuses in their place; whether nobody was quicker. The caller holds the lock.
fn put(staging: &Staging, text: &str) -> Result<bool, DoorError> {
    let remember = || external::remember(staging.paths, Some(text), None);
    Ok(staging.is_current()? && staging.publish(remember)? == Published::Whole)
}

impl Session<'_> {
    /// Writes the statuses as they are into the file, at once: a hand had changed them. Where the hand is quicker
    /// again, the next writer does it.
    pub(super) fn put_back(&mut self) -> Result<(), DoorError> {
        let Some(text) = next_text(&self.snapshot) else { return Ok(()) };
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
