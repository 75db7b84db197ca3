//! Who holds an attempt: the content of its lock file, and what others may ask of the holder.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::AttemptKey;

/// What the lock file of an attempt says. It is a hint for finding processes; that the lock is held is the proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The attempt.
    pub key: AttemptKey,
    /// Its folder, where the record will be.
    pub step_dir: PathBuf,
    /// The wrapper's process.
    pub pid: u32,
    /// Start of the wrapper in clock ticks since boot: tells it from a later process of the same pid.
    pub started: u64,
    /// The step's process group.
    pub child: Option<ChildGroup>,
}

/// The process group of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildGroup {
    /// The group, which is also the pid of its leader.
    pub pgid: u32,
    /// Start of the leader in clock ticks since boot.
    pub started: u64,
}

/// Whether somebody holds an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Liveness {
    /// A wrapper holds it. The holder is `None` in the instant before the wrapper has written its name.
    Live(Option<Holder>),
    /// Its wrapper died before the end; what the wrapper knew, if anything.
    Free(Option<Holder>),
    /// There is no lock: never started, or ended in good order (then the record is there).
    Absent,
}

/// What is asked of a wrapper that is to end its step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopRequest {
    /// The reason in the record: `stopped by user`, `watchdog w1`.
    pub reason: String,
    /// Time between SIGTERM and SIGKILL, in milliseconds; `None` is the job's own.
    #[serde(default)]
    pub grace_ms: Option<u64>,
    /// SIGKILL at once.
    #[serde(default)]
    pub kill_now: bool,
}

impl StopRequest {
    /// A request with the job's own grace.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), grace_ms: None, kill_now: false }
    }
}

/// What came of a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopOutcome {
    /// The wrapper was told; its lock becomes free when nothing of the step is left.
    Told,
    /// Nobody holds the lock.
    NotRunning,
}
