//! The folder as a path, where there are no folder descriptors.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// A folder.
pub(crate) struct Dir {
    path: PathBuf,
}

impl Dir {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        if std::fs::symlink_metadata(path)?.is_dir() {
            Ok(Self { path: path.to_owned() })
        } else {
            Err(io::ErrorKind::NotADirectory.into())
        }
    }

    /// A file that was not there before, open for writing.
    pub(crate) fn create_new(&self, name: &OsStr, _mode: u32) -> io::Result<File> {
        File::options().write(true).create_new(true).open(self.path.join(name))
    }

    /// There are no permission bits here.
    pub(crate) fn mode_of(&self, _name: &OsStr) -> Option<u32> {
        None
    }

    pub(crate) fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        std::fs::rename(self.path.join(from), self.path.join(to))
    }

    /// Two names cannot be swapped in one step here.
    pub(crate) fn exchange(&self, _from: &OsStr, _to: &OsStr) -> io::Result<bool> {
        Ok(false)
    }

    pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
        std::fs::remove_file(self.path.join(name))
    }

    /// A folder cannot be synced here; the rename itself is journalled.
    pub(crate) fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}
