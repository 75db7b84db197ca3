//! What a sequence file records of what happened: output for people, never a source of truth for a definition.

use chrono::{DateTime, Utc};

use crate::model::{Actor, GateStatus, StepStatus};

/// What the file says happened to a step.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StepOutput {
    /// Its status; absent for a step that was never flushed.
    pub status: Option<StepStatus>,
    /// Why, where it is not obvious.
    pub reason: Option<String>,
}

impl StepOutput {
    /// No output.
    pub(super) const NONE: Self = Self { status: None, reason: None };
}

/// What the file says was decided about a gate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GateOutput {
    /// Its status; absent for a gate that was never flushed.
    pub status: Option<GateStatus>,
    /// Why.
    pub reason: Option<String>,
    /// Who decided.
    pub decided_by: Option<Actor>,
    /// When.
    pub decided_at: Option<DateTime<Utc>>,
}

impl GateOutput {
    /// No output.
    pub(super) const NONE: Self = Self { status: None, reason: None, decided_by: None, decided_at: None };
}

/// The outputs of a whole file, in the order of its steps and gates.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// One for each step of the sequence.
    pub steps: Vec<StepOutput>,
    /// One for each gate of the sequence.
    pub gates: Vec<GateOutput>,
}

/// Whether a key of a step or gate is output.
pub fn is_output(key: &str) -> bool {
    matches!(key, "status" | "reason" | "decided_by" | "decided_at")
}

/// The keys that outputs stand below, and the outputs, in the order in which they are written.
pub const ORDER: [&str; 16] = [
    "id",
    "name",
    "type",
    "model",
    "command",
    "prompt_file",
    "cwd",
    "env",
    "lane",
    "role",
    "depends_on",
    "status",
    "reason",
    "decided_by",
    "decided_at",
    "timeout_ms",
];
