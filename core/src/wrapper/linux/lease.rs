//! The lock a wrapper holds for its life, from the holder's side and from outside.

use std::cell::{Cell, RefCell};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use super::signals::Arrived;
use crate::id::Digest;
use crate::store::paths::create_below;
use crate::wrapper::{AttemptKey, Holder, Liveness, StopRequest, WrapperError};

/// How long a wrapper tries for its lock: somebody's [`liveness`] holds it for an instant.
const PATIENCE: Duration = Duration::from_millis(500);

/// The reason of a stop whose request found no room on the disk.
const UNTOLD: &str = "stopped: its request could not be written";

/// The lock of one attempt, held until it is released or the process ends.
pub(super) struct Lease {
    file: File,
    path: PathBuf,
    /// Whether the file has become the record.
    left: Cell<bool>,
    /// The attempt that it says to hold.
    key: RefCell<Option<AttemptKey>>,
}

impl Lease {
    /// Takes the lock of an attempt, making its file and folder.
    ///
    /// # Errors
    /// [`WrapperError::Held`] where another wrapper has it, [`WrapperError::File`].
    pub(super) fn take(path: &Path) -> Result<Self, WrapperError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let file = open_or_create(path).map_err(WrapperError::file("open lock", path))?;
            match file.try_lock() {
                Ok(()) if is_at(&file, path) => {
                    let (left, key) = (Cell::new(false), RefCell::default());
                    return Ok(Self { file, path: path.to_owned(), left, key });
                }
                // The holder before us removed it between our open and our lock.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                    thread::sleep(Duration::from_millis(1));
                }
                Err(TryLockError::WouldBlock) => return Err(WrapperError::Held(path.to_owned())),
                Err(TryLockError::Error(e)) => return Err(WrapperError::file("lock", path)(e)),
            }
        }
    }

    /// Says who holds it, for those who want to stop the step.
    ///
    /// # Errors
    /// [`WrapperError::File`].
    pub(super) fn name(&self, holder: &Holder) -> Result<(), WrapperError> {
        self.key.replace(Some(holder.key.clone()));
        let text = serde_json::to_vec(holder).map_err(WrapperError::json("the lock's content"))?;
        let written = self.file.write_all_at(&text, 0).and_then(|()| self.file.set_len(text.len() as u64));
        written.map_err(WrapperError::file("write lock", &self.path))
    }

    /// Takes the request of a stopper, if there is one: what it laid down, or the word of its signal where there was
    /// no room for that. A bare signal is none: it may be meant for the step before this one.
    pub(super) fn take_request(&self, arrived: Arrived) -> Option<StopRequest> {
        if !arrived.stop {
            return None;
        }
        let path = stop_file(&self.path);
        let laid = fs::read(&path).ok();
        if laid.is_some() {
            // Taken: a later bare signal is another matter. What cannot be removed is read again, which does no harm.
            let _ = fs::remove_file(&path);
        }
        laid.and_then(|text| serde_json::from_slice(&text).ok()).or_else(|| self.meant_by(arrived.word?))
    }

    fn meant_by(&self, word: u64) -> Option<StopRequest> {
        let key = self.key.borrow();
        let kill_now =
            [false, true].into_iter().find(|kill| key.as_ref().map(|k| stop_word(k, *kill)) == Some(word));
        kill_now.map(|kill_now| StopRequest { kill_now, ..StopRequest::new(UNTOLD) })
    }

    /// Lets the lock's file become the record of the attempt: what is written goes into it, and it takes the
    /// record's name, so that the lock is gone from its place just when the record is there. One file less is made,
    /// and none is deleted: a file system that has just deleted thousands is slow to make more.
    ///
    /// # Errors
    /// [`WrapperError::File`]; the lock stands where it stood.
    pub(super) fn leave(&self, record: &[u8], path: &Path) -> Result<(), WrapperError> {
        // A request that came too late must not meet the next attempt.
        let _ = fs::remove_file(stop_file(&self.path));
        let written = self.file.write_all_at(record, 0).and_then(|()| self.file.set_len(record.len() as u64));
        written.and_then(|()| fs::rename(&self.path, path)).map_err(WrapperError::file("write", path))?;
        self.left.set(true);
        Ok(())
    }

    /// Removes the file, where it is still in its place, and lets the lock go.
    pub(super) fn release(self) {
        if self.left.get() {
            return;
        }
        // A request that came too late must not meet the next attempt.
        let _ = fs::remove_file(stop_file(&self.path));
        // A file that stays behind is a free lock beside a record, which everybody reads as ended.
        let _ = fs::remove_file(&self.path);
    }
}

fn open_or_create(path: &Path) -> io::Result<File> {
    let open = || OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
    match (open(), path.parent()) {
        (Err(e), Some(folder)) if e.kind() == io::ErrorKind::NotFound => {
            // All of `state/` may be deleted while nothing runs.
            create_below(folder, 1)?;
            open()
        }
        (opened, _) => opened,
    }
}

fn is_at(file: &File, path: &Path) -> bool {
    match (file.metadata(), fs::metadata(path)) {
        (Ok(ours), Ok(there)) => ours.ino() == there.ino() && ours.dev() == there.dev(),
        _ => false,
    }
}

/// Whether a wrapper holds this lock. It is taken for an instant where it is free.
///
/// # Errors
/// [`WrapperError::File`].
pub fn liveness(lock_file: &Path) -> Result<Liveness, WrapperError> {
    let mut file = match OpenOptions::new().read(true).open(lock_file) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Liveness::Absent),
        opened => opened.map_err(WrapperError::file("open lock", lock_file))?,
    };
    let free = match file.try_lock_shared() {
        Ok(()) => true,
        Err(TryLockError::WouldBlock) => false,
        Err(TryLockError::Error(e)) => return Err(WrapperError::file("lock", lock_file)(e)),
    };
    if free && !is_at(&file, lock_file) {
        return Ok(Liveness::Absent);
    }
    let mut text = Vec::new();
    file.read_to_end(&mut text).map_err(WrapperError::file("read lock", lock_file))?;
    let holder = serde_json::from_slice(&text).ok();
    Ok(if free { Liveness::Free(holder) } else { Liveness::Live(holder) })
}

/// Waits until no wrapper holds this lock: the attempt is over. Blocks its thread without polling.
///
/// # Errors
/// [`WrapperError::File`].
pub fn wait_free(lock_file: &Path) -> Result<(), WrapperError> {
    match OpenOptions::new().read(true).open(lock_file) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        opened => {
            let file = opened.map_err(WrapperError::file("open lock", lock_file))?;
            file.lock_shared().map_err(WrapperError::file("lock", lock_file))
        }
    }
}

/// What a signal says that asks for the end of an attempt, and whether at once.
pub(super) fn stop_word(key: &AttemptKey, kill_now: bool) -> u64 {
    let attempt = key.attempt.to_le_bytes();
    let digest = Digest::of([key.run_id.as_str().as_bytes(), key.step_id.as_str().as_bytes(), &attempt]);
    let half = digest.as_str().get(..16).and_then(|hex| u64::from_str_radix(hex, 16).ok());
    (half.unwrap_or_default() & !1) | u64::from(kill_now)
}

/// Where the request to the holder of `lock_file` is laid down.
pub(super) fn stop_file(lock_file: &Path) -> PathBuf {
    let mut name = lock_file.as_os_str().to_owned();
    name.push(".stop");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_once_and_gone_after_its_release() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("wrappers/r.build");
        assert_eq!(liveness(&path).unwrap(), Liveness::Absent);
        let lease = Lease::take(&path).unwrap();
        assert_eq!(liveness(&path).unwrap(), Liveness::Live(None));
        assert!(matches!(Lease::take(&path), Err(WrapperError::Held(_))));
        lease.release();
        assert_eq!(liveness(&path).unwrap(), Liveness::Absent);
        wait_free(&path).unwrap();
    }

    #[test]
    fn a_lock_that_became_the_record_is_gone_from_its_place_and_held_until_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let (path, record) = (dir.path().join("r.build"), dir.path().join("status.json"));
        let lease = Lease::take(&path).unwrap();
        lease.file.write_all_at(&[b'x'; 500], 0).unwrap();
        lease.leave(b"{}\n", &record).unwrap();
        assert_eq!(liveness(&path).unwrap(), Liveness::Absent);
        assert_eq!(fs::read(&record).unwrap(), b"{}\n");
        assert_eq!(liveness(&record).unwrap(), Liveness::Live(None));
        let next = Lease::take(&path).unwrap();
        lease.release();
        assert_eq!(liveness(&path).unwrap(), Liveness::Live(None), "the lock of the next attempt stays");
        next.release();
    }

    #[test]
    fn a_lock_whose_holder_died_is_free_and_can_be_taken() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("r.build");
        drop(Lease::take(&path).unwrap());
        assert_eq!(liveness(&path).unwrap(), Liveness::Free(None));
        Lease::take(&path).unwrap();
    }

    #[test]
    fn waiting_ends_with_the_lock() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("r.build");
        let lease = Lease::take(&path).unwrap();
        let waiter = thread::spawn({
            let path = path.clone();
            move || wait_free(&path)
        });
        assert!(!waiter.is_finished());
        lease.release();
        waiter.join().unwrap().unwrap();
    }
}
