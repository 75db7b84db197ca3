//! Writing a file whole or not at all.
//!
//! The bytes go to a temporary file in the same folder, which then takes the name. Whatever fails before that,
//! the old file stays byte for byte and the temporary file is removed. A symlink that stands at the name is
//! replaced, not followed; a symlinked folder is refused.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use super::dir::Dir;
use super::hint_of_io;

/// The mode of a file that everybody may read: the umask narrows it.
pub const PUBLIC: u32 = 0o666;
/// The mode of a file with secrets.
pub const PRIVATE: u32 = 0o600;

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The path names no file.
    #[error("`{}` does not name a file", path.display())]
    NoName {
        /// The path as given.
        path: PathBuf,
    },
    /// The folder cannot be opened, or is a symlink.
    #[error("cannot open the folder {}: {source} (it must exist and be no symlink)", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A folder that is to be there cannot be made.
    #[error("cannot make the folder {}: {source}", path.display())]
    MakeFolder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The new content could not be written: disk full, read-only, no permission. The old file is unchanged.
    #[error("cannot write {}: {source} (the old file is unchanged)", path.display())]
    Write {
        /// The file that was to be written.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The new content could not take the name. The old file is unchanged.
    #[error("cannot replace {}: {source} (the old file is unchanged)", path.display())]
    Replace {
        /// The file that was to be replaced.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is replaced, but the folder could not be made durable.
    #[error("{} was replaced, but its folder cannot be synced: {source}", path.display())]
    SyncFolder {
        /// The folder, or the file in it.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl WriteError {
    /// What a person can do about it, where that is known.
    pub fn hint(&self) -> Option<&'static str> {
        let error = self.io()?;
        match error.kind() {
            io::ErrorKind::PermissionDenied => Some(
                "let your user write that folder and the file: `ls -ld` shows whose they are, `lsattr -d` whether \
                 they are locked",
            ),
            _ => hint_of_io(error),
        }
    }

    /// What the system says, where it was asked.
    pub fn io(&self) -> Option<&io::Error> {
        match self {
            Self::NoName { .. } => None,
            Self::Folder { source, .. }
            | Self::MakeFolder { source, .. }
            | Self::Write { source, .. }
            | Self::Replace { source, .. }
            | Self::SyncFolder { source, .. } => Some(source),
        }
    }
}

/// What stood at the name that a staged file has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Displaced {
    /// It now stands at the temporary name, to be compared and then removed.
    Kept,
    /// Nothing stood there, or this file system cannot keep it.
    Gone,
}

/// Writes a file durably: temporary file, fsync, rename, fsync of the folder.
///
/// `mode` is for a new file, less the umask; of the bits of a present one those that `mode` allows are kept.
///
/// # Errors
/// [`WriteError`]; after all of its kinds but `SyncFolder` the old file is as it was.
pub fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<(), WriteError> {
    put(path, bytes, mode, true)
}

/// Writes a file whole but not durably: for what can be made again, and for what is renamed to a name that was
/// never there. After a power cut the file may be the old one or empty, never a mixture.
///
/// # Errors
/// As [`write()`].
pub fn write_unsynced(path: &Path, bytes: &[u8], mode: u32) -> Result<(), WriteError> {
    put(path, bytes, mode, false)
}

fn put(path: &Path, bytes: &[u8], mode: u32, durable: bool) -> Result<(), WriteError> {
    let (dir, name) = open_parent(path)?;
    let temp = temp_name(name);
    let mode = Modes { new: mode, keep: dir.mode_of(name).map(|present| present & mode) };
    fill(&dir, &temp, bytes, mode, durable)
        .map_err(|source| WriteError::Write { path: path.to_owned(), source })?;
    if let Err(source) = dir.rename(&temp, name) {
        discard(&dir, &temp);
        return Err(WriteError::Replace { path: path.to_owned(), source });
    }
    if durable {
        dir.sync().map_err(|source| WriteError::SyncFolder { path: path.to_owned(), source })?;
    }
    Ok(())
}

/// Writes and fsyncs a temporary file of a fixed name, for a commit that publishes it later as `target` with
/// [`exchange_or_rename`]. What an earlier, killed commit left at that name is replaced. `mode` is as for
/// [`write()`].
///
/// # Errors
/// [`WriteError`]; nothing stays at the temporary name then.
pub fn stage(temp: &Path, target: &Path, bytes: &[u8], mode: u32) -> Result<(), WriteError> {
    let (dir, name) = open_parent(temp)?;
    let keep = target.file_name().and_then(|name| dir.mode_of(name)).map(|present| present & mode);
    let failed = |source| WriteError::Write { path: target.to_owned(), source };
    match dir.remove(name) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(failed(e)),
        _ => {}
    }
    fill(&dir, name, bytes, Modes { new: mode, keep }, true).map_err(failed)
}

/// Gives a staged file its name. Both must be in one folder. Where the system can, the two names are swapped, so
/// that the caller can look at what it displaced (a hand edit saved in between) and swap back.
///
/// The folder is not synced: see [`sync_dir`].
///
/// # Errors
/// [`WriteError::Replace`] and its like; the staged file is still there then.
pub fn exchange_or_rename(temp: &Path, target: &Path) -> Result<Displaced, WriteError> {
    let (dir, name) = open_parent(target)?;
    let failed = |source| WriteError::Replace { path: target.to_owned(), source };
    let from = temp.file_name().ok_or_else(|| WriteError::NoName { path: temp.to_owned() })?;
    if temp.parent() != target.parent() {
        return Err(failed(io::ErrorKind::CrossesDevices.into()));
    }
    if dir.exchange(from, name).map_err(failed)? {
        return Ok(Displaced::Kept);
    }
    dir.rename(from, name).map_err(failed)?;
    Ok(Displaced::Gone)
}

/// Makes the names in a folder durable.
///
/// # Errors
/// [`WriteError::Folder`] or [`WriteError::SyncFolder`].
pub fn sync_dir(path: &Path) -> Result<(), WriteError> {
    let dir = Dir::open(path).map_err(|source| WriteError::Folder { path: path.to_owned(), source })?;
    dir.sync().map_err(|source| WriteError::SyncFolder { path: path.to_owned(), source })
}

/// Removes what killed writers left in a folder: our temporary files whose writer is gone, or that were not
/// touched for `older_than`. Returns how many went; what cannot be read or removed is left alone.
pub fn sweep(path: &Path, older_than: Duration) -> usize {
    let Ok(names) = std::fs::read_dir(path) else { return 0 };
    let stale = |entry: &std::fs::DirEntry| {
        let name = entry.file_name();
        let ours = name.to_str().and_then(|n| n.strip_prefix('.')?.strip_suffix(SUFFIX));
        let touched = || entry.metadata().and_then(|m| m.modified()).unwrap_or_else(|_| SystemTime::now());
        ours.is_some_and(|n| is_orphan(n) || touched().elapsed().is_ok_and(|age| age >= older_than))
    };
    names.flatten().filter(|e| stale(e) && std::fs::remove_file(e.path()).is_ok()).count()
}

/// Whether the process that a temporary name tells of lives no more.
#[cfg(unix)]
fn is_orphan(name: &str) -> bool {
    let writer = name.rsplit('.').next().and_then(|end| end.split('-').next()?.parse().ok());
    let writer = writer.and_then(rustix::process::Pid::from_raw);
    writer.is_some_and(|pid| rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH))
}

#[cfg(not(unix))]
fn is_orphan(_name: &str) -> bool {
    false
}

const SUFFIX: &str = ".threados-tmp";

/// The bits of a new file, and those to set whatever the umask says.
#[derive(Clone, Copy)]
struct Modes {
    new: u32,
    keep: Option<u32>,
}

fn open_parent(path: &Path) -> Result<(Dir, &OsStr), WriteError> {
    let name = path.file_name().ok_or_else(|| WriteError::NoName { path: path.to_owned() })?;
    let parent = match path.parent() {
        Some(p) if !p.as_os_str().is_empty() => p,
        _ => Path::new("."),
    };
    let dir = Dir::open(parent).map_err(|source| WriteError::Folder { path: parent.to_owned(), source })?;
    Ok((dir, name))
}

fn temp_name(name: &OsStr) -> OsString {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    // A long name plus ours could pass the 255 bytes a name may have.
    let stem = name.to_string_lossy().chars().take(40).collect::<String>();
    format!(".{stem}.{}-{count}{SUFFIX}", std::process::id()).into()
}

fn fill(dir: &Dir, name: &OsStr, bytes: &[u8], mode: Modes, durable: bool) -> io::Result<()> {
    let mut file = dir.create_new(name, mode.new)?;
    let filled = (|| {
        set_mode(&file, mode.keep)?;
        file.write_all(bytes)?;
        if durable { file.sync_all() } else { Ok(()) }
    })();
    if filled.is_err() {
        discard(dir, name);
    }
    filled
}

fn discard(dir: &Dir, name: &OsStr) {
    if let Err(error) = dir.remove(name) {
        tracing::warn!(name = %name.to_string_lossy(), %error, "a temporary file stays behind");
    }
}

#[cfg(unix)]
fn set_mode(file: &File, keep: Option<u32>) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    keep.map_or(Ok(()), |bits| file.set_permissions(std::fs::Permissions::from_mode(bits)))
}

#[cfg(not(unix))]
fn set_mode(_file: &File, _keep: Option<u32>) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests;
