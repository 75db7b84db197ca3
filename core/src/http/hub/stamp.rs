//! Whether files are still those that were read: two looks at the file system, no read.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::store::Paths;

/// A file as it stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct FileStamp {
    inode: u64,
    len: u64,
    changed: (i64, i64),
}

/// The files that tell how everything stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub log: FileStamp,
    pub sequence: FileStamp,
    pub policy: FileStamp,
}

impl FileStamp {
    fn of(path: &Path) -> Self {
        let stat = std::fs::symlink_metadata(path);
        stat.map(|m| Self { inode: m.ino(), len: m.len(), changed: (m.ctime(), m.ctime_nsec()) })
            .unwrap_or_default()
    }
}

impl Stamp {
    /// As they stand there now. Taken before they are read, so that what is read is never older.
    pub fn of(paths: &Paths) -> Self {
        Self {
            log: FileStamp::of(&paths.audit_log),
            sequence: FileStamp::of(&paths.sequence),
            policy: FileStamp::of(&paths.policy),
        }
    }

    /// Whether the log and the sequence still stand there like this; the policy is no part of the status.
    pub fn is_now(&self, paths: &Paths) -> bool {
        self.log == FileStamp::of(&paths.audit_log) && self.sequence == FileStamp::of(&paths.sequence)
    }
}
