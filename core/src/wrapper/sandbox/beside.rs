//! A folder above something hidden: what lies in it, and whether that is still so.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, ResolveFlags, openat, openat2, statat};

/// A change this short before a look may share its time with one right after it: clocks of file systems are coarse.
const SETTLED_AFTER: Duration = Duration::from_secs(2);

/// What is told apart without reading a folder: which one it is, and when its entries last changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    number: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// `None` where there is no such folder.
    fn of(path: &Path) -> Option<Self> {
        let meta: Metadata = path.symlink_metadata().ok()?;
        Some(Self {
            device: meta.dev(),
            number: meta.ino(),
            modified: (meta.mtime(), meta.mtime_nsec()),
            changed: (meta.ctime(), meta.ctime_nsec()),
        })
    }

    /// Whether a change after this moment would have another time.
    fn is_settled(&self) -> bool {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let last = self.modified.0.max(self.changed.0);
        now.as_secs().saturating_sub(SETTLED_AFTER.as_secs()) > u64::try_from(last).unwrap_or(u64::MAX)
    }
}

/// One entry: its number on the file system and its kind.
type Entry = (u64, FileType);

/// The names in a folder, symlinks left out.
type Entries = BTreeMap<OsString, Entry>;

/// What a second look at a folder found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum News {
    /// All is as it was.
    Same,
    /// These came to be.
    More(Vec<OsString>),
    /// Something is gone, or another thing under its name.
    Less,
}

/// A folder and its entries, as they were at the last look.
#[derive(Debug)]
pub(super) struct Folder {
    pub path: PathBuf,
    entries: Entries,
    stamp: Option<Stamp>,
    settled: bool,
}

impl Folder {
    /// Looks at a folder. One that cannot be read has no entries.
    pub fn look(path: &Path) -> Self {
        // Before the entries are read: what changes meanwhile is noticed the next time.
        let stamp = Stamp::of(path);
        let settled = stamp.is_some_and(|stamp| stamp.is_settled());
        Self { path: path.to_owned(), entries: entries(path).unwrap_or_default(), stamp, settled }
    }

    /// The names in it, but for symlinks.
    pub fn names(&self) -> impl Iterator<Item = &OsString> {
        self.entries.keys()
    }

    /// Looks again: at the folder's times only, where these are enough to know.
    pub fn look_again(&mut self) -> News {
        if self.settled && Stamp::of(&self.path) == self.stamp {
            return News::Same;
        }
        let now = Self::look(&self.path);
        let before = std::mem::replace(self, now);
        if !before.entries.iter().all(|(name, entry)| self.entries.get(name) == Some(entry)) {
            return News::Less;
        }
        let new = self.entries.keys().filter(|name| !before.entries.contains_key(*name));
        let new: Vec<OsString> = new.cloned().collect();
        if new.is_empty() { News::Same } else { News::More(new) }
    }

    /// The folder, opened to reach its entries by; no symlink on its way is followed.
    pub fn open(&self) -> io::Result<OwnedFd> {
        open(&self.path, OFlags::PATH)
    }
}

/// An entry of a folder, opened as a place; a symlink is not followed.
pub(super) fn open_entry(folder: BorrowedFd<'_>, name: &OsString) -> io::Result<OwnedFd> {
    Ok(openat(folder, name, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?)
}

fn open(path: &Path, how: OFlags) -> io::Result<OwnedFd> {
    let flags = how | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let resolve = ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    Ok(openat2(CWD, path, flags, Mode::empty(), resolve)?)
}

fn entries(path: &Path) -> io::Result<Entries> {
    let fd = open(path, OFlags::RDONLY)?;
    let mut found = Entries::new();
    for entry in Dir::read_from(fd.as_fd())? {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let kind = match entry.file_type() {
            // Some file systems tell it only when asked.
            FileType::Unknown => match statat(&fd, name, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => FileType::from_raw_mode(stat.st_mode),
                Err(_) => continue,
            },
            known => known,
        };
        if kind != FileType::Symlink {
            found.insert(OsString::from_vec(name.to_bytes().to_vec()), (entry.ino(), kind));
        }
    }
    Ok(found)
}

/// The mounts of this process's world: a mount changes what lies in a folder and not its times.
#[derive(Debug, Default)]
pub(super) struct Mounts {
    /// Told by the kernel of changes, and the process that opened it: a fork shares it, and with it what was told.
    told: Option<(fs::File, u32)>,
    known: Vec<u8>,
}

impl Mounts {
    /// Whether they are others than the last time, or cannot be known.
    pub fn changed(&mut self) -> bool {
        self.look().unwrap_or(true)
    }

    fn look(&mut self) -> io::Result<bool> {
        let me = std::process::id();
        match &self.told {
            Some((file, owner)) if *owner == me && !is_told(file)? => return Ok(false),
            Some((_, owner)) if *owner == me => {}
            _ => self.told = Some((fs::File::open("/proc/self/mountinfo")?, me)),
        }
        let now = fs::read("/proc/self/mountinfo")?;
        let changed = now != self.known;
        self.known = now;
        Ok(changed)
    }
}

fn is_told(file: &fs::File) -> io::Result<bool> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let mut fds = [PollFd::new(file, PollFlags::PRI)];
    poll(&mut fds, Some(&Timespec::default()))?;
    Ok(!fds[0].revents().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_and_what_goes_is_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        fs::write(base.join("a"), "").unwrap();
        let mut folder = Folder::look(&base);
        assert_eq!(folder.look_again(), News::Same);
        fs::create_dir(base.join("b")).unwrap();
        std::os::unix::fs::symlink("a", base.join("link")).unwrap();
        assert_eq!(folder.look_again(), News::More(vec!["b".into()]));
        // The same name, another file.
        fs::write(base.join("new"), "").unwrap();
        fs::rename(base.join("new"), base.join("a")).unwrap();
        assert_eq!(folder.look_again(), News::Less);
        fs::remove_dir(base.join("b")).unwrap();
        assert_eq!(folder.look_again(), News::Less);
        assert_eq!(folder.look_again(), News::Same);
    }

    #[test]
    fn a_folder_that_changed_just_now_is_not_known_by_its_times() {
        let dir = tempfile::tempdir().unwrap();
        let base = dir.path().canonicalize().unwrap();
        assert!(!Folder::look(&base).settled);
        let long_ago = SystemTime::now() - Duration::from_secs(60);
        fs::File::open(&base).unwrap().set_modified(long_ago).unwrap();
        assert!(!Folder::look(&base).settled, "its other time is that of the change");
    }

    #[test]
    fn mounts_are_read_again_only_where_the_kernel_says_so() {
        let mut mounts = Mounts::default();
        assert!(mounts.changed(), "nothing was known");
        assert!(!mounts.changed());
    }
}
