//! Which file a name leads to, whatever it is called meanwhile.

use std::fs::{File, Metadata};
use std::io;
use std::path::Path;

/// The identity of a file on this machine while it is open: survives a rename, differs after a re-creation.
/// It does not survive a copy of the project, so it is never written to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileId(u64, u64);

impl FileId {
    /// The identity of an open file.
    ///
    /// # Errors
    /// What `fstat` says.
    pub fn of(file: &File) -> io::Result<Self> {
        file.metadata().map(|m| Self::from_metadata(&m))
    }

    /// The identity of what stands at `path`, `None` where nothing does.
    ///
    /// # Errors
    /// What `stat` says, except that nothing is there.
    pub fn at(path: &Path) -> io::Result<Option<Self>> {
        match std::fs::metadata(path) {
            Ok(m) => Ok(Some(Self::from_metadata(&m))),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// The identity that `metadata` tells.
    #[cfg(unix)]
    pub fn from_metadata(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self(metadata.dev(), metadata.ino())
    }

    /// The identity that `metadata` tells: the standard library shows no file index here, so the time of
    /// creation stands for it.
    #[cfg(not(unix))]
    pub fn from_metadata(metadata: &Metadata) -> Self {
        let created = metadata.created().ok().and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
        created.map_or(Self(0, 0), |d| Self(d.as_secs(), u64::from(d.subsec_nanos())))
    }
}
