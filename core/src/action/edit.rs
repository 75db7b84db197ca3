//! What an action works on: a copy of the sequence and everything that changes with it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;

use chrono::{DateTime, Utc};

use super::ActionError;
use crate::id::{GateId, GroupId, NodeId, StepId};
use crate::model::{Actor, Fact, Gate, GateFact, GateStatus, Phase, Sequence, State, Step, StepFact};

/// Reads prompts as they stand, by their path below `.threados/`.
pub trait PromptSource: Sync {
    /// The text, `None` where there is no such file.
    fn prompt(&self, file: &str) -> Option<String>;

    /// Whether it can be replaced: an error where there is a file that cannot be read as a prompt.
    ///
    /// # Errors
    /// The file, and what is wrong with it.
    fn check(&self, _file: &str) -> Result<(), (PathBuf, io::Error)> {
        Ok(())
    }
}

/// A change of `policy.yaml`.
#[derive(Debug, Clone, PartialEq)]
pub enum PolicyEdit {
    /// Set the mode.
    Mode(crate::model::Mode),
    /// List a program.
    Allow(String),
    /// Unlist a program.
    Deny(String),
}

/// A sequence under change. Actions of a batch are applied to it one after the other; dropping it undoes all.
pub struct Edit<'a> {
    /// The definition, changed in place.
    pub sequence: Sequence,
    /// What has happened so far, this batch included.
    pub state: State,
    /// What this batch adds to it, for the log.
    pub facts: Vec<Fact>,
    /// Prompt files to write (`Some`) or remove (`None`), by path below `.threados/`.
    pub prompts: BTreeMap<String, Option<String>>,
    /// Changes of the policy.
    pub policy: Vec<PolicyEdit>,
    /// What a person should know beside what was asked for.
    pub notes: Vec<String>,
    /// Ids of steps and gates that differ afterwards.
    pub changed: BTreeSet<NodeId>,
    /// Who asks.
    pub actor: Actor,
    /// The orchestrator step that asks.
    pub spawned_by: Option<StepId>,
    /// Now.
    pub now: DateTime<Utc>,
    source: &'a dyn PromptSource,
}

impl<'a> Edit<'a> {
    /// Starts an edit of a sequence and its state.
    pub fn new(
        sequence: Sequence,
        state: State,
        actor: Actor,
        now: DateTime<Utc>,
        source: &'a dyn PromptSource,
    ) -> Self {
        Self {
            sequence,
            state,
            facts: Vec::new(),
            prompts: BTreeMap::new(),
            policy: Vec::new(),
            notes: Vec::new(),
            changed: BTreeSet::new(),
            actor,
            spawned_by: None,
            now,
            source,
        }
    }

    /// Makes a new step a child of the orchestrator that asks; it works where that does, unless it says where.
    pub(super) fn adopt(&self, step: &mut Step, says_where: bool) {
        step.spawned_by.clone_from(&self.spawned_by);
        let lead = self.spawned_by.as_ref().and_then(|lead| self.sequence.step(lead.as_str()));
        if let Some(lead) = lead.filter(|_| !says_where) {
            step.cwd.clone_from(&lead.cwd);
        }
        step.worktree |= lead.is_some_and(|lead| lead.worktree);
    }

    /// The text of a prompt file, as this batch leaves it.
    pub fn prompt(&self, file: &str) -> Option<String> {
        match self.prompts.get(file) {
            Some(text) => text.clone(),
            None => self.source.prompt(file),
        }
    }

    /// The step, or an error that names the nearest one.
    pub fn step(&self, id: &StepId) -> Result<&Step, ActionError> {
        self.sequence.step(id.as_str()).ok_or_else(|| self.no_step(id.as_str()))
    }

    /// The step, to change; it counts as changed.
    pub fn step_mut(&mut self, id: &StepId) -> Result<&mut Step, ActionError> {
        let Some(at) = self.sequence.steps.iter().position(|s| s.id == *id) else {
            return Err(self.no_step(id.as_str()));
        };
        self.changed.insert(id.into());
        Ok(&mut self.sequence.steps[at])
    }

    /// The gate, or an error that names the nearest one.
    pub fn gate(&self, id: &GateId) -> Result<&Gate, ActionError> {
        self.sequence.gate(id.as_str()).ok_or_else(|| {
            let ids = self.sequence.gates.iter().map(|g| g.id.as_str());
            ActionError::NotFound { kind: "gate", id: id.to_string(), nearest: nearest(id.as_str(), ids) }
        })
    }

    /// Fails unless a step or gate of that id exists.
    pub fn require_node(&self, id: &NodeId) -> Result<(), ActionError> {
        if self.sequence.has(id.as_str()) {
            return Ok(());
        }
        let ids: Vec<_> = self.sequence.node_ids().collect();
        let nearest = nearest(id.as_str(), ids.iter().map(NodeId::as_str));
        Err(ActionError::NotFound { kind: "step or gate", id: id.to_string(), nearest })
    }

    /// Fails unless the group has members.
    pub fn require_group(&self, id: &GroupId) -> Result<(), ActionError> {
        if self.sequence.members(id).next().is_some() {
            return Ok(());
        }
        let groups = self.sequence.steps.iter().filter_map(|s| s.group_id.as_ref()).map(GroupId::as_str);
        Err(ActionError::NotFound {
            kind: "group",
            id: id.to_string(),
            nearest: nearest(id.as_str(), groups),
        })
    }

    /// Fails where a step or gate of that id exists.
    pub fn require_free(&self, id: &str) -> Result<(), ActionError> {
        let kind = match (self.sequence.step(id), self.sequence.gate(id)) {
            (Some(_), _) => "step",
            (None, Some(_)) => "gate",
            (None, None) => return Ok(()),
        };
        Err(ActionError::Duplicate { kind, id: id.to_owned() })
    }

    /// Fails where the step runs.
    pub fn require_not_running(&self, id: &StepId, what: &'static str) -> Result<(), ActionError> {
        if self.state.phase(id.as_str()) == Phase::Running {
            return Err(ActionError::Running { id: id.clone(), what });
        }
        Ok(())
    }

    /// Appends a step.
    pub fn push_step(&mut self, step: Step) {
        self.changed.insert((&step.id).into());
        self.sequence.steps.push(step);
    }

    /// What happened to a step or gate, for the log and for the actions after this one.
    pub fn tell(&mut self, fact: Fact) {
        match &fact {
            Fact::Step(f) => drop(self.changed.insert((&f.step).into())),
            Fact::Gate(f) => drop(self.changed.insert((&f.gate).into())),
            Fact::Gone(id) => drop(self.changed.insert(id.clone())),
            _ => {}
        }
        self.state.take(fact.clone(), self.now);
        self.facts.push(fact);
    }

    /// Returns a step to where it had not run, also one that waits for its next attempt; a step that never ran stays as
    /// it is.
    pub fn reset_step(&mut self, id: &StepId, review_reason: Option<&str>) {
        let waits = self.state.steps.get(id).is_some_and(|s| s.not_before.is_some());
        if self.state.phase(id.as_str()) == Phase::Idle && review_reason.is_none() && !waits {
            return;
        }
        let mut fact = StepFact::new(id.clone(), Phase::Idle);
        fact.review_reason = review_reason.map(str::to_owned);
        self.tell(Fact::Step(fact));
    }

    /// Returns a gate to PENDING.
    pub fn reset_gate(&mut self, id: &GateId) {
        if self.state.gate_status(id.as_str()) != GateStatus::Pending {
            self.tell(Fact::Gate(GateFact {
                gate: id.clone(),
                status: GateStatus::Pending,
                reason: None,
                by: None,
                at: None,
            }));
        }
    }

    fn no_step(&self, id: &str) -> ActionError {
        let ids = self.sequence.steps.iter().map(|s| s.id.as_str());
        ActionError::NotFound { kind: "step", id: id.to_owned(), nearest: nearest(id, ids) }
    }
}

/// The nearest of some words, where one is near enough to be meant.
pub fn nearest<'a>(word: &str, among: impl Iterator<Item = &'a str>) -> Option<String> {
    among
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.to_owned())
}
