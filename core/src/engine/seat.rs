//! The engine's lock: who holds it is the one engine of the project, and says in it where it listens.

use std::fs::{File, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::EngineError;
use crate::store::Paths;
use crate::store::paths::create_inside;

/// Whoever looks whether an engine lives shares its lock for an instant: so long apart it is tried again.
const GLANCE: Duration = Duration::from_millis(4);

/// The lock, held.
#[derive(Debug)]
pub(super) struct Seat {
    file: File,
    path: PathBuf,
}

impl Seat {
    /// Takes the lock, however long others only look at it; `None` where another engine holds it.
    pub fn take(paths: &Paths) -> Result<Option<Self>, EngineError> {
        let path = paths.engine_lock.clone();
        let open = || -> io::Result<File> {
            create_inside(&paths.state_dir)?;
            File::options().create(true).truncate(false).write(true).open(&path)
        };
        let named = |e: io::Error| io::Error::new(e.kind(), format!("{}: {e}", path.display()));
        let file = open().map_err(named).map_err(EngineError::io("open the engine's lock"))?;
        let failed = |source| EngineError::Io { what: "take the engine's lock", source };
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Self { file, path })),
                Err(TryLockError::Error(source)) => return Err(failed(source)),
                Err(TryLockError::WouldBlock) => {}
            }
            // Only an engine holds it for itself alone.
            match file.try_lock_shared() {
                Ok(()) => file.unlock().map_err(failed)?,
                Err(TryLockError::Error(source)) => return Err(failed(source)),
                Err(TryLockError::WouldBlock) => return Ok(None),
            }
            thread::sleep(GLANCE);
        }
    }

    /// Notes where the engine listens, for clients whose environment would have them look elsewhere.
    pub fn note(&mut self, socket: &Path) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.write_all(socket.as_os_str().as_bytes())
    }

    /// Whether the lock is still that of the project: where the project was removed, and perhaps made anew, it is not,
    /// and what this engine knows is of another one.
    pub fn is_kept(&self) -> bool {
        let same = |there: std::fs::Metadata| {
            self.file.metadata().is_ok_and(|ours| (ours.dev(), ours.ino()) == (there.dev(), there.ino()))
        };
        std::fs::metadata(&self.path).is_ok_and(same)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::testing::Bed;

    #[test]
    fn whoever_only_looks_keeps_no_engine_from_its_seat_and_another_engine_does() {
        let bed = Bed::new();
        let paths = &bed.workspace.paths;
        let seat = Seat::take(paths).unwrap().unwrap();
        assert!(Seat::take(paths).unwrap().is_none());
        drop(seat);
        let glance = File::open(&paths.engine_lock).unwrap();
        glance.lock_shared().unwrap();
        // On a busy machine a look takes that long.
        let looking = thread::spawn(move || {
            thread::sleep(20 * GLANCE);
            drop(glance);
        });
        assert!(Seat::take(paths).unwrap().is_some());
        looking.join().unwrap();
    }
}
