//! The one lock on a project: whoever changes it holds this.
//!
//! It is `flock` on `state/lock`: it dies with its holder, however that ends. Waiting is blocking in a helper
//! thread, because polling starves a waiter among many.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::FileId;

/// Why the lock was not had. Nothing has been changed then.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Somebody else held it all the time.
    #[error(
        "waited {:.1} s for the lock {}{}; try again, or wait longer with --lock-timeout",
        waited.as_secs_f64(), path.display(), by(*holder)
    )]
    Timeout {
        /// How long we waited.
        waited: Duration,
        /// The lock file.
        path: PathBuf,
        /// The process that holds it, where the system tells: a hint for a person, nothing to act on.
        holder: Option<u32>,
    },
    /// The lock file cannot be opened or locked.
    #[error("cannot lock {}: {source}", path.display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

fn by(holder: Option<u32>) -> String {
    holder.map(|pid| format!(", held by process {pid}")).unwrap_or_default()
}

/// How the project is locked.
#[derive(Debug, Clone, Copy)]
pub struct ProjectLock;

/// The lock, held until this is dropped.
#[derive(Debug)]
pub struct Guard {
    file: File,
    path: PathBuf,
}

impl Guard {
    /// The lock file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Closing alone would leave it with a child that was forked meanwhile and has not yet called exec.
        if let Err(error) = self.file.unlock() {
            tracing::warn!(path = %self.path.display(), %error, "cannot unlock; closing the file does");
        }
    }
}

impl ProjectLock {
    /// Takes the lock, waiting at most `timeout`. The folder and the lock file are made where absent.
    ///
    /// # Errors
    /// [`LockError::Timeout`] where somebody else keeps it, [`LockError::Io`] where it cannot be opened.
    pub fn acquire(path: &Path, timeout: Duration) -> Result<Guard, LockError> {
        Self::acquire_by(path, timeout, open_or_make)
    }

    /// As [`ProjectLock::acquire`], but nothing is made: a project that is being removed stays removed.
    ///
    /// # Errors
    /// As [`ProjectLock::acquire`].
    pub fn acquire_present(path: &Path, timeout: Duration) -> Result<Guard, LockError> {
        Self::acquire_by(path, timeout, |path| options().open(path))
    }

    fn acquire_by(
        path: &Path,
        timeout: Duration,
        open: impl Fn(&Path) -> io::Result<File>,
    ) -> Result<Guard, LockError> {
        let start = Instant::now();
        let failed = |source| LockError::Io { path: path.to_owned(), source };
        loop {
            let file = open(path).map_err(failed)?;
            let locked = match file.try_lock() {
                Ok(()) => Some(file),
                Err(TryLockError::Error(source)) => return Err(failed(source)),
                Err(TryLockError::WouldBlock) => {
                    wait(file, timeout.saturating_sub(start.elapsed())).map_err(failed)?
                }
            };
            let Some(file) = locked else {
                let holder = holder(path);
                return Err(LockError::Timeout { waited: start.elapsed(), path: path.to_owned(), holder });
            };
            if is_current(&file, path).map_err(failed)? {
                return Ok(Guard { file, path: path.to_owned() });
            }
        }
    }

    /// Takes the lock if it is free now; `None` where somebody holds it. Nothing is made.
    ///
    /// # Errors
    /// [`LockError::Io`] where it cannot be opened.
    pub fn try_acquire(path: &Path) -> Result<Option<Guard>, LockError> {
        let failed = |source| LockError::Io { path: path.to_owned(), source };
        loop {
            let file = options().open(path).map_err(failed)?;
            match file.try_lock() {
                Ok(()) if is_current(&file, path).map_err(failed)? => {
                    return Ok(Some(Guard { file, path: path.to_owned() }));
                }
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
        }
    }
}

/// Waits for the lock in a thread of its own, since a blocking `flock` has no timeout. A thread that is given up
/// on keeps waiting; the file it then sends is dropped on either side of the channel, which unlocks it.
fn wait(file: File, timeout: Duration) -> io::Result<Option<File>> {
    let (sender, receiver) = mpsc::channel();
    std::thread::Builder::new().name("lock-wait".into()).stack_size(64 << 10).spawn(move || {
        let locked = file.lock().map(|()| file);
        drop(sender.send(locked));
    })?;
    match receiver.recv_timeout(timeout) {
        Ok(locked) => locked.map(Some),
        Err(RecvTimeoutError::Timeout) => Ok(None),
        Err(RecvTimeoutError::Disconnected) => Err(io::Error::other("the waiting thread ended early")),
    }
}

/// Whether the file we have locked is still the one at the path: `state/` may be deleted while we wait, and
/// then somebody else may hold another file of that name.
fn is_current(file: &File, path: &Path) -> io::Result<bool> {
    Ok(FileId::at(path)? == Some(FileId::of(file)?))
}

fn options() -> OpenOptions {
    let mut options = File::options();
    options.read(true).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600).custom_flags(libc::O_NOFOLLOW);
    }
    options
}

fn open_or_make(path: &Path) -> io::Result<File> {
    let mut options = options();
    options.create(true).truncate(false);
    match options.open(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            super::paths::create_inside(path.parent().unwrap_or(Path::new(".")))?;
            options.open(path)
        }
        other => other,
    }
}

/// Who holds the lock, from the kernel's own table. One reading may miss it: the table is given in pieces, and
/// a lock before it that goes meanwhile moves it into the piece that was read already.
#[cfg(target_os = "linux")]
fn holder(path: &Path) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    const READINGS: usize = 20;
    let meta = std::fs::metadata(path).ok()?;
    let (major, minor) = (rustix::fs::major(meta.dev()), rustix::fs::minor(meta.dev()));
    let id = format!("{major:02x}:{minor:02x}:{}", meta.ino());
    (0..READINGS).find_map(|_| holder_in(&table_of_locks().ok()?, &id))
}

/// `1: FLOCK  ADVISORY  WRITE 1234 fe:00:5678 0 EOF`; a waiter has `->` as its second word.
#[cfg(target_os = "linux")]
fn holder_in(table: &str, id: &str) -> Option<u32> {
    let rows = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let row = rows.into_iter().find(|f| f.get(1) == Some(&"FLOCK") && f.get(5) == Some(&id))?;
    row.get(4)?.parse().ok()
}

/// In as few pieces as the kernel gives: `read_to_string` would begin with a row.
#[cfg(target_os = "linux")]
fn table_of_locks() -> io::Result<String> {
    use std::io::Read as _;
    let mut file = File::open("/proc/locks")?;
    let (mut table, mut piece) = (Vec::new(), vec![0; 64 << 10]);
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(String::from_utf8_lossy(&table).into_owned()),
            n => table.extend_from_slice(&piece[..n]),
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn holder(_path: &Path) -> Option<u32> {
    None
}

#[cfg(test)]
mod tests;
