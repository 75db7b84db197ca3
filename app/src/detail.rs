//! What the folder of a step holds: its prompt, what an attempt changed and left behind, and the attempts before.

use chrono::{DateTime, Utc};
use threados_core::id::{NodeId, RunId};
use threados_core::model::StepStatus;
use threados_core::wrapper::sandbox::Level;

/// All about one step that is not in the sequence.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Detail {
    /// The step or gate.
    pub node: Option<NodeId>,
    /// Its prompt file as it stands; empty where there is none.
    pub prompt: String,
    /// The run that is looked at.
    pub run: Option<RunId>,
    /// What held the step in it, once it has ended.
    pub sandbox: Option<Level>,
    /// What went to the model in that run.
    pub sent: Option<String>,
    /// What it said it did.
    pub summary: Option<String>,
    /// What it changed, as a patch.
    pub diff: Option<String>,
    /// What the patch does not tell.
    pub notes: Vec<String>,
    /// Files it left behind, with their sizes in bytes.
    pub artifacts: Vec<(String, u64)>,
    /// The folder of the attempt.
    pub folder: String,
    /// Attempts, the newest first.
    pub history: Vec<Attempt>,
}

/// An attempt that ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// The run.
    pub run: RunId,
    /// Which attempt in it, from 1.
    pub attempt: u32,
    /// How it ended.
    pub status: StepStatus,
    /// Why, where it is not obvious.
    pub reason: Option<String>,
    /// When it began.
    pub at: DateTime<Utc>,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}
