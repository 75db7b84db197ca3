//! What has happened to the steps and gates of a sequence: the facts that the log tells.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Actor, Fact, GateFact, GateStatus, Spent, StepFact, StepStatus};
use crate::id::{Digest, GateId, Revision, RunId, StepId};

/// What happened to a step. READY and BLOCKED are not facts: both are `Idle`, told apart by the DAG.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Not run since it was made or reset.
    #[default]
    Idle,
    /// Its wrapper was started and has not reported its end.
    Running,
    /// Ended well, waits for a person.
    NeedsReview,
    /// Ended well.
    Done,
    /// Ended badly.
    Failed,
}

impl Phase {
    /// The status this phase is shown as, `None` for `Idle`.
    pub fn status(self) -> Option<StepStatus> {
        match self {
            Self::Idle => None,
            Self::Running => Some(StepStatus::Running),
            Self::NeedsReview => Some(StepStatus::NeedsReview),
            Self::Done => Some(StepStatus::Done),
            Self::Failed => Some(StepStatus::Failed),
        }
    }

    /// The phase behind a status that a file records.
    pub fn of(status: StepStatus) -> Self {
        match status {
            StepStatus::Ready | StepStatus::Blocked => Self::Idle,
            StepStatus::Running => Self::Running,
            StepStatus::NeedsReview => Self::NeedsReview,
            StepStatus::Done => Self::Done,
            StepStatus::Failed => Self::Failed,
        }
    }

    /// Whether the step ran and ended.
    pub fn is_ended(self) -> bool {
        matches!(self, Self::NeedsReview | Self::Done | Self::Failed)
    }
}

/// The facts about one step.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct StepState {
    /// What happened to it.
    pub phase: Phase,
    /// Why, where it is not obvious.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The run of its latest attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<RunId>,
    /// Number of its latest attempt in that run, from 1; 0 where it never ran.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempt: u32,
    /// Start of the latest attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<Utc>>,
    /// End of the latest attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<DateTime<Utc>>,
    /// Exit code of the latest attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// What a person said when sending the work back; goes into the next prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_reason: Option<String>,
    /// Not to be started before this time: it waits for its next attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<DateTime<Utc>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
fn is_zero(n: &u32) -> bool {
    *n == 0
}

/// A person's decision about a gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Who decided.
    pub by: Actor,
    /// When.
    pub at: DateTime<Utc>,
}

/// The facts about one gate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateState {
    /// What was decided.
    pub status: GateStatus,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who decided and when; `None` while pending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
}

/// The facts about all steps and gates. What is not in here is idle or pending.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct State {
    /// By step.
    pub steps: HashMap<StepId, StepState>,
    /// By gate.
    pub gates: HashMap<GateId, GateState>,
    /// What was spent, by step; a reset or a removal of the step does not give it back.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub spent: BTreeMap<StepId, Spent>,
    /// Runs that have begun and not ended, with what was asked for (JSON of the run control).
    #[serde(default)]
    pub runs: BTreeMap<RunId, serde_json::Value>,
    /// The revision of the definition that the log last speaks of.
    #[serde(default)]
    pub revision: Option<Revision>,
    /// The digest of `policy.yaml` that the log last speaks of.
    #[serde(default)]
    pub policy: Option<Digest>,
}

impl State {
    /// Takes in one thing that happened at `time`. This is the only place where facts become state.
    pub fn take(&mut self, fact: Fact, time: DateTime<Utc>) {
        match fact {
            Fact::Step(f) => self.take_step(f, time),
            Fact::Gate(f) => self.take_gate(f, time),
            Fact::Gone(id) => {
                self.steps.remove(id.as_str());
                self.gates.remove(id.as_str());
            }
            Fact::RunOpened(run, control) => drop(self.runs.insert(run, control)),
            Fact::RunClosed(run) => drop(self.runs.remove(&run)),
            Fact::Revision(revision) => self.revision = Some(revision),
            Fact::Policy(digest) => self.policy = Some(digest),
        }
    }

    /// A pending gate with nothing to tell is not in the state at all.
    fn take_gate(&mut self, f: GateFact, time: DateTime<Utc>) {
        let pending = f.status == GateStatus::Pending;
        if pending && f.reason.is_none() {
            self.gates.remove(&f.gate);
            return;
        }
        let decision = f.by.filter(|_| !pending).map(|by| Decision { by, at: f.at.unwrap_or(time) });
        self.gates.insert(f.gate, GateState { status: f.status, reason: f.reason, decision });
    }

    fn take_step(&mut self, f: StepFact, time: DateTime<Utc>) {
        if let Some(spent) = f.spent {
            self.spent.entry(f.step.clone()).or_default().add(spent);
        }
        if f.phase == Phase::Idle && f.not_before.is_none() {
            self.reset_step(f);
            return;
        }
        let at = f.at.unwrap_or(time);
        let state = self.steps.entry(f.step).or_default();
        match f.phase {
            // A new attempt forgets the end of the one before, but not what a person asked to be mended.
            Phase::Running => {
                state.run_id = f.run;
                state.attempt = f.attempt.unwrap_or(1);
                state.started_at = Some(at);
                state.ended_at = None;
                state.exit_code = None;
            }
            _ if state.phase == Phase::Running => {
                state.ended_at = Some(at);
                state.exit_code = f.exit_code;
            }
            _ => {}
        }
        if f.phase == Phase::Done {
            state.review_reason = None;
        }
        state.phase = f.phase;
        state.reason = f.reason;
        state.not_before = f.not_before;
    }

    /// An idle step with nothing to tell is not in the state at all.
    fn reset_step(&mut self, f: StepFact) {
        if f.reason.is_none() && f.review_reason.is_none() {
            self.steps.remove(&f.step);
        } else {
            let (reason, review_reason) = (f.reason, f.review_reason);
            self.steps.insert(f.step, StepState { reason, review_reason, ..StepState::default() });
        }
    }

    /// What happened to a step.
    pub fn phase(&self, id: &str) -> Phase {
        self.steps.get(id).map_or(Phase::Idle, |s| s.phase)
    }

    /// What was decided about a gate.
    pub fn gate_status(&self, id: &str) -> GateStatus {
        self.gates.get(id).map_or(GateStatus::Pending, |g| g.status)
    }
}
