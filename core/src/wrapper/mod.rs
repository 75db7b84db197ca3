//! The supervised process around every step, and the small process that forks it.
//!
//! ```text
//! engine ──launch──▶ spawner ──fork──▶ wrapper ──posix_spawn──▶ step
//!    ▲                  │ Lost            │ Started, Ended
//!    └──────────────────┴─────────────────┘
//! ```
//!
//! A wrapper is one process for one attempt of one step. It holds the attempt's lock file for its life, captures
//! both streams, enforces the timeout, ends whatever the step leaves behind, writes `status.json` and only then
//! lets the lock go. It needs nobody: engine and spawner may die, the wrapper goes on and its record is there.
//!
//! What never happens here: a decision about *what* may run (the job is judged already), a write to the log, and
//! trust in a pid (the lock says who lives; a signal is sent through a pidfd whose start time was compared).
//!
//! Linux is the platform this is proven on. Elsewhere every entry point answers [`WrapperError::Unsupported`].

#[cfg(target_os = "linux")]
mod attempts;
mod error;
mod event;
mod job;
mod lock;
#[cfg(target_os = "linux")]
mod outputs;
mod planted;
mod record;
pub mod sandbox;
mod standing;

#[cfg(target_os = "linux")]
#[path = "linux/mod.rs"]
mod platform;
#[cfg(not(target_os = "linux"))]
#[path = "elsewhere/mod.rs"]
mod platform;

pub use error::WrapperError;
pub use event::{AttemptKey, SpawnEvent};
pub use job::{AgentJob, GitWork, Job, Respawn, Watchdog};
pub use lock::{ChildGroup, Holder, Liveness, StopOutcome, StopRequest};
pub use planted::forget_planted;
pub use platform::{
    PaneAttempt, PaneHost, Peer, Spawner, Terminal, at_work, call_engine, close_inherited, close_stdout,
    detach, end_orphan, ended, liveness, monotonic, peer_user, spawner_main, standing, started, stop,
    sweep_orphan, wait_free,
};
pub use record::{StepRecord, WorktreeRecord};
pub use standing::{Inside, Standing};

#[cfg(all(test, target_os = "linux"))]
pub(crate) use platform::testing;
#[cfg(test)]
pub(crate) use record::tests::sample as sample_record;

/// A variable for those of our processes of which there are many: without it their allocator takes memory in huge pages,
/// which are cleared whole, and of which every wrapper forked from them would have a copy.
pub const SMALL_PAGES: (&str, &str) = ("MIMALLOC_ARENA_EAGER_COMMIT", "0");

/// Looks at a finished attempt before its record is written: it may take tokens and cost, outputs or another
/// verdict from what the step left in its folder. It runs in the wrapper, after the step's last process ended.
pub type Judge = fn(&Job, &mut StepRecord);

/// A [`Judge`] that leaves the record as it is: the exit code is the whole truth.
pub fn exit_code_is_the_truth(_job: &Job, _record: &mut StepRecord) {}

/// What a pane hears of the system.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PaneSignals {
    /// A child changed.
    pub child: bool,
    /// The pane is to end.
    pub stop: bool,
    /// Its terminal is gone.
    pub hangup: bool,
    /// Its terminal has another size.
    pub resized: bool,
}

/// The size of a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TerminalSize {
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
}

/// Which of its two streams a step wrote to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output, kept in `stdout.log`.
    Stdout,
    /// Standard error, kept in `stderr.log`.
    Stderr,
}

impl Stream {
    /// The name of the file in the attempt's folder that keeps it.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Stdout => "stdout.log",
            Self::Stderr => "stderr.log",
        }
    }
}

/// Sees every chunk a step prints, in order, as raw bytes: the echo of a terminal pane.
pub type Echo<'a> = &'a mut dyn FnMut(Stream, &[u8]);
