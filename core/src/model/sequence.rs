//! The whole definition.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Budgets, Gate, Mode, Step, Steps};
use crate::id::{GroupId, NodeId, StepId};

/// Who made the sequence, when and what for.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Metadata {
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<DateTime<Utc>>,
    /// When its definition last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<DateTime<Utc>>,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Keys starting with `x-`, kept untouched.
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    pub extra: serde_json::Map<String, serde_json::Value>,
}

/// Limits that narrow `policy.yaml` for this sequence: absent keys inherit, lists intersect.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct SequencePolicy {
    /// Can only turn POWER into SAFE.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Most workers of one group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_fanout: Option<u32>,
    /// Most steps at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_concurrent: Option<u32>,
    /// Only commands that policy.yaml lists too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_commands: Option<Vec<String>>,
    /// Only folders that policy.yaml allows too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed_cwd: Option<Vec<String>>,
    /// Forbidden beside those of policy.yaml.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forbidden_patterns: Option<Vec<String>>,
}

/// The definition of a sequence, without any status.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Sequence {
    /// Version of the file format: `1.0`.
    pub version: String,
    /// What a person calls it.
    pub name: String,
    /// Who made it, when and what for.
    pub metadata: Metadata,
    /// Limits that narrow `policy.yaml`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<SequencePolicy>,
    /// Most that may be spent, of all steps and of groups.
    #[serde(skip_serializing_if = "Budgets::is_empty")]
    pub budgets: Budgets,
    /// The steps, in the order of the file.
    pub steps: Steps,
    /// The gates, in the order of the file.
    pub gates: Vec<Gate>,
    /// Keys starting with `x-`, kept untouched.
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    pub extra: serde_json::Map<String, serde_json::Value>,
}

impl Sequence {
    /// The format version this program writes.
    pub const VERSION: &str = "1.0";

    /// An empty sequence.
    pub fn new(name: &str) -> Self {
        Self {
            version: Self::VERSION.to_owned(),
            name: name.to_owned(),
            metadata: Metadata::default(),
            policy: None,
            budgets: Budgets::default(),
            steps: Steps::new(),
            gates: Vec::new(),
            extra: serde_json::Map::new(),
        }
    }

    /// The step with this id.
    pub fn step(&self, id: &str) -> Option<&Step> {
        self.steps.iter().find(|s| s.id.as_str() == id)
    }

    /// The step with this id, to change.
    pub fn step_mut(&mut self, id: &str) -> Option<&mut Step> {
        let at = self.steps.iter().position(|s| s.id.as_str() == id)?;
        self.steps.get_mut(at)
    }

    /// The gate with this id.
    pub fn gate(&self, id: &str) -> Option<&Gate> {
        self.gates.iter().find(|g| g.id.as_str() == id)
    }

    /// The gate with this id, to change.
    pub fn gate_mut(&mut self, id: &str) -> Option<&mut Gate> {
        self.gates.iter_mut().find(|g| g.id.as_str() == id)
    }

    /// Whether an orchestrator has spawned a step, itself or through orchestrators that it has spawned.
    pub fn is_spawned_by(&self, id: &str, lead: &StepId) -> bool {
        self.is_spawned_by_in(|id| self.step(id), id, lead)
    }

    /// As [`Sequence::is_spawned_by`], for who has a quicker way to its steps.
    pub fn is_spawned_by_in<'a>(
        &self,
        step: impl Fn(&str) -> Option<&'a Step>,
        id: &str,
        lead: &StepId,
    ) -> bool {
        let parent = |id: &str| step(id).and_then(|s| s.spawned_by.as_ref());
        // A hand may have written a circle.
        let line = std::iter::successors(parent(id), |found| parent(found.as_str()));
        line.take(self.steps.len()).any(|found| found == lead)
    }

    /// Whether a step or a gate has this id.
    pub fn has(&self, id: &str) -> bool {
        self.step(id).is_some() || self.gate(id).is_some()
    }

    /// Ids of all steps, then of all gates.
    pub fn node_ids(&self) -> impl Iterator<Item = NodeId> + '_ {
        self.steps.iter().map(|s| NodeId::from(&s.id)).chain(self.gates.iter().map(|g| NodeId::from(&g.id)))
    }

    /// The steps of a group, in the order of the file.
    pub fn members<'a>(&'a self, group: &'a GroupId) -> impl Iterator<Item = &'a Step> + 'a {
        self.steps.iter().filter(move |s| s.group_id.as_ref() == Some(group))
    }
}
