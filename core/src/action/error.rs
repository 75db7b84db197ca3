//! Why an action cannot be applied.

use crate::id::{IdError, NodeId, StepId};
use crate::model::{Phase, Problem};

/// Why an action cannot be applied. Nothing has changed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ActionError {
    /// No step, gate or group of that id.
    #[error("there is no {kind} `{id}`{}", did_you_mean(nearest.as_deref()))]
    NotFound {
        /// `step`, `gate`, `group` or `step or gate`.
        kind: &'static str,
        /// What was asked for.
        id: String,
        /// The nearest id there is.
        nearest: Option<String>,
    },
    /// The id is taken.
    #[error("`{id}` is taken: a {kind} of that id exists")]
    Duplicate {
        /// `step` or `gate`.
        kind: &'static str,
        /// The id.
        id: String,
    },
    /// The change would close a cycle.
    #[error("that would make a cycle: {0}")]
    Cycle(String),
    /// Steps that wait for one another cannot run side by side.
    #[error("`{id}` and `{on}` cannot run in parallel: `{id}` depends on `{on}`")]
    Dependent {
        /// The later one.
        id: StepId,
        /// The earlier one.
        on: StepId,
    },
    /// Others depend on what is to be removed.
    #[error("`{id}` cannot be removed: {} on it", depend(dependents))]
    HasDependents {
        /// What was to be removed.
        id: String,
        /// What depends on it.
        dependents: Vec<NodeId>,
    },
    /// The step runs.
    #[error("step `{id}` is RUNNING: {what} only when it has ended")]
    Running {
        /// The step.
        id: StepId,
        /// What was asked for: `it can be removed`.
        what: &'static str,
    },
    /// The status does not allow it.
    #[error("step `{id}` {is}: {what}")]
    Transition {
        /// The step.
        id: StepId,
        /// How it stands: `is DONE`, `has not run yet`.
        is: String,
        /// What is allowed instead.
        what: String,
    },
    /// The gate is not due yet.
    #[error("gate `{gate}` is not due: it waits for {}", list(waits_for))]
    NotDue {
        /// The gate.
        gate: String,
        /// What is not done.
        waits_for: Vec<NodeId>,
    },
    /// The change is there already.
    #[error("{0}")]
    NothingToDo(String),
    /// Fields that do not go together.
    #[error("{0}")]
    Usage(String),
    /// A text that is not an id.
    #[error(transparent)]
    Id(#[from] IdError),
    /// Only the user may do this.
    #[error("{0}")]
    UserOnly(String),
    /// The result would not be valid.
    #[error("the sequence would not be valid: {}", faults(.0))]
    Invalid(Vec<Problem>),
}

impl ActionError {
    /// The code programs see.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound { kind: "gate", .. } => "GATE_NOT_FOUND",
            Self::NotFound { kind: "group", .. } => "GROUP_NOT_FOUND",
            Self::NotFound { kind: "step", .. } => "STEP_NOT_FOUND",
            Self::NotFound { .. } => "NODE_NOT_FOUND",
            Self::Duplicate { .. } => "DUPLICATE_ID",
            Self::Cycle(_) => "DEPENDENCY_CYCLE",
            Self::HasDependents { .. } => "HAS_DEPENDENTS",
            Self::Dependent { .. } => "DEPENDENT_STEPS",
            Self::Running { .. } => "STEP_RUNNING",
            Self::Transition { .. } => "ILLEGAL_TRANSITION",
            Self::NotDue { .. } => "GATE_NOT_DUE",
            Self::NothingToDo(_) => "NOTHING_TO_DO",
            Self::Usage(_) => "USAGE",
            Self::Id(_) => "BAD_ID",
            Self::UserOnly(_) => "USER_ONLY",
            Self::Invalid(_) => "INVALID_SEQUENCE",
        }
    }

    /// What the person can do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NotFound { kind: "group", .. } => "`seqctl group list` shows the groups".into(),
            Self::NotFound { .. } => "`seqctl status` shows all steps and gates".into(),
            Self::Duplicate { kind: "step", id } => {
                format!("choose another id, or change it: `seqctl step edit {id}`")
            }
            Self::Duplicate { kind: "group", .. } => {
                "choose another id; `seqctl group list` shows the groups".into()
            }
            Self::Duplicate { .. } => "choose another id; `seqctl gate list` shows the gates".into(),
            Self::HasDependents { .. } => {
                "add --detach-dependents to cut those edges, or --cascade to remove them too".into()
            }
            Self::Dependent { id, .. } => {
                format!("`seqctl why {id}` shows what it waits for; `seqctl dep rm` cuts an edge")
            }
            Self::Running { id, .. } => format!("`seqctl stop {id}` ends it"),
            Self::NotDue { gate, .. } => {
                format!("`seqctl gate approve {gate} --early` approves it ahead of time")
            }
            Self::Invalid(problems) => match problems.as_slice() {
                [only] => only.hint.clone()?,
                _ => return None,
            },
            _ => return None,
        })
    }

    /// A step in a phase that does not allow the action.
    pub(super) fn transition(id: &StepId, phase: Phase, what: impl Into<String>) -> Self {
        let is = phase.status().map_or_else(|| "has not run yet".to_owned(), |s| format!("is {s}"));
        Self::Transition { id: id.clone(), is, what: what.into() }
    }
}

fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |n| format!(" (did you mean `{n}`?)"))
}

fn list(ids: &[NodeId]) -> String {
    ids.iter().map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ")
}

fn depend(ids: &[NodeId]) -> String {
    format!("{} {}", list(ids), if ids.len() == 1 { "depends" } else { "depend" })
}

/// The faults, each with what to do; of a single one that is the hint of the error.
fn faults(problems: &[Problem]) -> String {
    match problems {
        [only] => Problem { hint: None, ..only.clone() }.to_string(),
        several => several.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
    }
}
