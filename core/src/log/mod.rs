//! The one log: audit trail and journal in `audit.log`, one entry a line, each chained to the one before.
//!
//! A [`Log`] appends under the project lock; a [`Cursor`] walks the lines across rotated files, also while they
//! grow, and everything that reads is built on it: [`Entries`], [`Follower`], [`verify()`], [`load_state`].
//! What happened to steps and gates stands as [`Fact`](crate::model::Fact)s in the entries, and [`fold`] is the one place that turns
//! them into a [`State`](crate::model::State).

mod backward;
mod checkpoint;
mod cursor;
mod entry;
mod files;
mod fold;
mod follow;
mod heads;
mod mend;
mod reader;
mod redact;
mod tail;
mod verify;
mod watch;
mod writer;

use std::io;
use std::path::PathBuf;

pub use checkpoint::{Checkpoint, CheckpointError, Loaded, load_state};
pub use cursor::{Cursor, Position};
pub use entry::{Draft, Entry};
pub use fold::{fold, fold_line};
pub use follow::Follower;
pub use mend::Torn;
pub use reader::{ActionPattern, Entries, Filter, PatternError};
pub use redact::{Redact, unredacted};
pub use tail::tail;
pub use verify::{Break, Report, Why, verify};
pub use watch::{Changes, Watch};
#[cfg(unix)]
pub use watch::{drain, watch_grown, watch_made};
pub use writer::{Log, ROTATE_AT, Syncer};

/// Why the log could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// A file of the log cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Nothing was appended: disk full, read-only, no permission. A short append has been cut back.
    #[error("cannot append to {}: {source} (nothing was added)", path.display())]
    Append {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The entries stand in the file, but it is not sure that they survive a power cut.
    #[error("cannot make {} durable: {source}", path.display())]
    Sync {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// An entry cannot be written as JSON.
    #[error("cannot write the entry `{action}` as JSON: {source}")]
    Encode {
        /// The action of the entry.
        action: String,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// The lock that was shown is not the one of this project.
    #[error("the lock held is {}, but this log needs {}", held.display(), needed.display())]
    WrongLock {
        /// The lock shown.
        held: PathBuf,
        /// The lock of this project.
        needed: PathBuf,
    },
}

#[cfg(test)]
mod testing;
