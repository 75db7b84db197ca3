//! How everything stands: the fixed shape of `status --json`.

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use crate::dag::{GateView, Statuses, StepView};
use crate::id::{GateId, GroupId, NodeId, Revision, RunId, StepId};
use crate::model::{Gate, GateStatus, ModelName, Sequence, State, Step, StepStatus, ThreadType};

/// How everything stands.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StatusReport<'a> {
    /// The revision of the definition.
    #[schemars(with = "String")]
    pub revision: &'a Revision,
    /// What a person calls the sequence.
    pub name: &'a str,
    /// The steps, in file order.
    pub steps: Vec<StepLine<'a>>,
    /// The gates, in file order.
    pub gates: Vec<GateLine<'a>>,
    /// How many steps stand how.
    pub summary: Summary,
}

/// How a step stands.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct StepLine<'a> {
    /// The step.
    #[schemars(with = "String")]
    pub id: &'a StepId,
    /// What a person reads.
    pub name: &'a str,
    /// The pattern it belongs to.
    #[serde(rename = "type")]
    pub kind: ThreadType,
    /// What runs it.
    #[schemars(with = "String")]
    pub model: &'a ModelName,
    /// Its status.
    pub status: StepStatus,
    /// Why, where it is not obvious.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Steps and gates it waits for.
    #[schemars(with = "Vec<String>")]
    pub depends_on: &'a [NodeId],
    /// Its group.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub group_id: Option<&'a GroupId>,
    /// The orchestrator that added it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub spawned_by: Option<&'a StepId>,
    /// The run of its latest attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub run_id: Option<&'a RunId>,
    /// Its latest attempt, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// When that began.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub started_at: Option<DateTime<Utc>>,
    /// When that ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub ended_at: Option<DateTime<Utc>>,
    /// With which exit code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
}

/// How a gate stands.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct GateLine<'a> {
    /// The gate.
    #[schemars(with = "String")]
    pub id: &'a GateId,
    /// What a person reads.
    pub name: &'a str,
    /// What was decided.
    pub status: GateStatus,
    /// Steps and gates it waits for.
    #[schemars(with = "Vec<String>")]
    pub depends_on: &'a [NodeId],
    /// Why, or what it waits for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How many steps stand how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct Summary {
    /// All steps.
    pub total: usize,
    /// READY.
    pub ready: usize,
    /// RUNNING.
    pub running: usize,
    /// NEEDS_REVIEW.
    pub needs_review: usize,
    /// DONE.
    pub done: usize,
    /// FAILED.
    pub failed: usize,
    /// BLOCKED.
    pub blocked: usize,
}

/// How everything stands, by what is so and the statuses derived from it.
pub fn status<'a>(
    sequence: &'a Sequence,
    revision: &'a Revision,
    state: &'a State,
    statuses: &Statuses,
) -> StatusReport<'a> {
    let steps = sequence.steps.iter().zip(&statuses.steps);
    let gates = sequence.gates.iter().zip(&statuses.gates);
    StatusReport {
        revision,
        name: &sequence.name,
        steps: steps.map(|(step, view)| StepLine::new(step, view, state)).collect(),
        gates: gates.map(|(gate, view)| GateLine::new(gate, view)).collect(),
        summary: Summary::of(statuses.steps.iter().map(|view| view.status)),
    }
}

impl<'a> StepLine<'a> {
    /// How a step stands.
    pub fn new(step: &'a Step, view: &StepView, state: &'a State) -> Self {
        let known = state.steps.get(step.runs_with());
        Self {
            id: &step.id,
            name: &step.name,
            kind: step.kind,
            model: &step.model,
            status: view.status,
            reason: view.reason.clone(),
            depends_on: &step.depends_on,
            group_id: step.group_id.as_ref(),
            spawned_by: step.spawned_by.as_ref(),
            run_id: known.and_then(|k| k.run_id.as_ref()),
            attempt: known.map(|k| k.attempt).filter(|n| *n > 0),
            started_at: known.and_then(|k| k.started_at),
            ended_at: known.and_then(|k| k.ended_at),
            exit_code: known.and_then(|k| k.exit_code).filter(|_| step.watchdog_for.is_none()),
        }
    }
}

impl<'a> GateLine<'a> {
    /// How a gate stands.
    pub fn new(gate: &'a Gate, view: &GateView) -> Self {
        Self {
            id: &gate.id,
            name: &gate.name,
            status: view.status,
            depends_on: &gate.depends_on,
            reason: view.reason.clone(),
        }
    }
}

impl Summary {
    /// Counts.
    pub fn of(statuses: impl Iterator<Item = StepStatus>) -> Self {
        let mut all = Self::default();
        for status in statuses {
            all.total += 1;
            *match status {
                StepStatus::Ready => &mut all.ready,
                StepStatus::Running => &mut all.running,
                StepStatus::NeedsReview => &mut all.needs_review,
                StepStatus::Done => &mut all.done,
                StepStatus::Failed => &mut all.failed,
                StepStatus::Blocked => &mut all.blocked,
            } += 1;
        }
        all
    }
}
