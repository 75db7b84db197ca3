//! What panes and the engine, and clients and the keeper, say to each other: one JSON object a line.

use serde::{Deserialize, Serialize};

use super::PaneName;
use crate::id::StepId;
use crate::model::StepStatus;
use crate::wrapper::{Job, SpawnEvent, TerminalSize};

/// What a pane says to the engine.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaneSays {
    /// It waits for a ticket.
    Waiting {
        /// Which pane it is.
        pane: PaneName,
    },
    /// It would have the job of a ticket.
    Redeem {
        /// As it was given.
        ticket: String,
    },
    /// Something happened to its attempt.
    Event {
        /// What.
        event: Box<SpawnEvent>,
    },
}

/// What a pane hears from the engine.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaneHears {
    /// There is work for it. Good once, for this pane, for as long as an attempt may take to start.
    Ticket {
        /// 256 random bits, in hex.
        ticket: String,
    },
    /// The work of a ticket.
    Job {
        /// What is to be done.
        job: Box<Job>,
        /// It begins before this time of the machine's monotonic clock or not at all, in milliseconds.
        start_by_ms: u64,
    },
}

/// How the step of a pane stands, as the keeper is told by who follows the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaneNote {
    /// The pane's place in the list, from 0.
    pub place: usize,
    /// The step that runs there, or ran there last.
    pub step: StepId,
    /// Its status.
    pub status: StepStatus,
}

/// What a client says to the keeper of a session.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Ask {
    /// Gets the screen as it is, then all that is drawn: from then on the keeper sends raw bytes.
    Attach { size: TerminalSize },
    /// The terminal has this size now.
    Resize { size: TerminalSize },
    /// Types.
    Type { bytes: Vec<u8> },
    /// Shows a pane, and has keys go to it.
    Select { index: usize, enter: bool },
    /// Types into a pane.
    SendKey { index: usize, bytes: Vec<u8> },
    /// What stands on the screen.
    Screen,
    /// Ends mprocs: asked to, then, after this time, made to.
    Close { within_ms: u64 },
}

/// What the keeper answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    /// It is done.
    Done,
    /// What stands on the screen.
    Screen { size: TerminalSize, text: String, formatted: String },
    /// It cannot be done.
    Refused { why: String },
}
