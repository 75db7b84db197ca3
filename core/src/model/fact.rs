//! What an entry of the log says happened to a step or a gate: the only thing the status fold reads.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Actor, GateStatus, Phase, Spent};
use crate::id::{Digest, GateId, NodeId, Revision, RunId, StepId};

/// What the reason of a step begins with that waits until it may use its model again.
pub const WAITING_FOR_QUOTA: &str = "waiting for quota until ";

/// A step came to a phase.
#[derive(Debug, Clone, PartialEq)]
pub struct StepFact {
    /// The step.
    pub step: StepId,
    /// The phase it came to; `Idle` forgets its run.
    pub phase: Phase,
    /// Why, where it is not obvious.
    pub reason: Option<String>,
    /// The run, on a start.
    pub run: Option<RunId>,
    /// The attempt, on a start.
    pub attempt: Option<u32>,
    /// The exit code, on an end.
    pub exit_code: Option<i32>,
    /// What a person said when sending the work back.
    pub review_reason: Option<String>,
    /// Not to be started before this time: it waits for its next attempt.
    pub not_before: Option<DateTime<Utc>>,
    /// What the attempt spent, on an end.
    pub spent: Option<Spent>,
    /// When; the time of the entry where absent.
    pub at: Option<DateTime<Utc>>,
}

impl StepFact {
    /// A bare change of phase.
    pub fn new(step: StepId, phase: Phase) -> Self {
        Self {
            step,
            phase,
            reason: None,
            run: None,
            attempt: None,
            exit_code: None,
            review_reason: None,
            not_before: None,
            spent: None,
            at: None,
        }
    }

    /// Adds why.
    #[must_use]
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }
}

/// A gate came to a status.
#[derive(Debug, Clone, PartialEq)]
pub struct GateFact {
    /// The gate.
    pub gate: GateId,
    /// What was decided; `Pending` forgets the decision.
    pub status: GateStatus,
    /// Why.
    pub reason: Option<String>,
    /// Who decided.
    pub by: Option<Actor>,
    /// When; the time of the entry where absent.
    pub at: Option<DateTime<Utc>>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "FactWire", into = "FactWire")]
pub enum Fact {
    /// A step came to a phase.
    Step(StepFact),
    /// A gate came to a status.
    Gate(GateFact),
    /// A step or gate is no more; a later one of the same id starts fresh.
    Gone(NodeId),
    /// A run began: what was asked for, as JSON of its run control.
    RunOpened(RunId, serde_json::Value),
    /// A run ended.
    RunClosed(RunId),
    /// The definition has this revision from here on.
    Revision(Revision),
    /// The policy file has this digest from here on.
    Policy(Digest),
}

/// A fact as it stands in a log entry: one flat object.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct FactWire {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attempt: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by: Option<Actor>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exit_code: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gate: Option<GateId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gone: Option<NodeId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    not_before: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    phase: Option<Phase>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    policy: Option<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    review_reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revision: Option<Revision>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<RunId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run_closed: Option<RunId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run_opened: Option<RunId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    control: Option<serde_json::Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    spent: Option<Spent>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<GateStatus>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    step: Option<StepId>,
}

impl TryFrom<FactWire> for Fact {
    type Error = &'static str;
    fn try_from(w: FactWire) -> Result<Self, Self::Error> {
        if let (Some(step), Some(phase)) = (w.step, w.phase) {
            return Ok(Self::Step(StepFact {
                step,
                phase,
                reason: w.reason,
                run: w.run,
                attempt: w.attempt,
                exit_code: w.exit_code,
                review_reason: w.review_reason,
                not_before: w.not_before,
                spent: w.spent,
                at: w.at,
            }));
        }
        if let (Some(gate), Some(status)) = (w.gate, w.status) {
            return Ok(Self::Gate(GateFact { gate, status, reason: w.reason, by: w.by, at: w.at }));
        }
        if let (Some(run), Some(control)) = (w.run_opened, w.control) {
            return Ok(Self::RunOpened(run, control));
        }
        let rest = [
            w.gone.map(Self::Gone),
            w.run_closed.map(Self::RunClosed),
            w.revision.map(Self::Revision),
            w.policy.map(Self::Policy),
        ];
        rest.into_iter().flatten().next().ok_or("this is no fact of this version")
    }
}

impl From<Fact> for FactWire {
    fn from(fact: Fact) -> Self {
        match fact {
            Fact::Step(f) => Self {
                step: Some(f.step),
                phase: Some(f.phase),
                reason: f.reason,
                run: f.run,
                attempt: f.attempt,
                exit_code: f.exit_code,
                review_reason: f.review_reason,
                not_before: f.not_before,
                spent: f.spent,
                at: f.at,
                ..Self::default()
            },
            Fact::Gate(f) => Self {
                gate: Some(f.gate),
                status: Some(f.status),
                reason: f.reason,
                by: f.by,
                at: f.at,
                ..Self::default()
            },
            Fact::Gone(id) => Self { gone: Some(id), ..Self::default() },
            Fact::RunOpened(run, control) => {
                Self { run_opened: Some(run), control: Some(control), ..Self::default() }
            }
            Fact::RunClosed(run) => Self { run_closed: Some(run), ..Self::default() },
            Fact::Revision(revision) => Self { revision: Some(revision), ..Self::default() },
            Fact::Policy(digest) => Self { policy: Some(digest), ..Self::default() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_is_one_flat_object() {
        let fact = Fact::Step(StepFact::new(StepId::new("a").unwrap(), Phase::Failed).because("exit code 1"));
        let json = serde_json::to_string(&fact).unwrap();
        assert_eq!(json, r#"{"phase":"failed","reason":"exit code 1","step":"a"}"#);
        assert_eq!(serde_json::from_str::<Fact>(&json).unwrap(), fact);
        assert!(serde_json::from_str::<Fact>(r#"{"step":"a"}"#).is_err());
    }
}
