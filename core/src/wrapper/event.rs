//! What wrappers and the spawner tell the engine.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::StepRecord;
use crate::id::{RunId, StepId};

/// Names one attempt.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct AttemptKey {
    /// The run.
    pub run_id: RunId,
    /// The step.
    pub step_id: StepId,
    /// The attempt in its run, from 1.
    pub attempt: u32,
}

/// A fact about an attempt. Each launched attempt gets at most one `Started` and exactly one of the others, unless
/// the spawner itself is lost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum SpawnEvent {
    /// The step's process runs, and its lock file names its wrapper. A step that could not be started, or that
    /// ended within about 3 ms, has no such event.
    Started {
        /// The attempt.
        key: AttemptKey,
        /// The process of the step, also its process group.
        pid: u32,
        /// When.
        started_at: DateTime<Utc>,
    },
    /// The attempt is over: nothing of it runs, its record is written and its lock free.
    Ended {
        /// The attempt.
        key: AttemptKey,
        /// What `status.json` holds.
        record: Box<StepRecord>,
    },
    /// The wrapper died without a record, for example by `kill -9`. What it left behind was ended.
    Lost {
        /// The attempt.
        key: AttemptKey,
    },
    /// The attempt never began, and there is no record: its folder or lock could not be had.
    Refused {
        /// The attempt.
        key: AttemptKey,
        /// Why, and what to do.
        reason: String,
    },
    /// It came to its lock after the time by which it had to begin, so it did not, and there is no record. Only where
    /// it has such a time: in a pane.
    TooLate {
        /// The attempt.
        key: AttemptKey,
    },
    /// The spawner is gone; running wrappers go on and still report. Launches that had no event may be lost: what
    /// has neither lock nor record may be launched again by a new spawner.
    SpawnerGone,
}
