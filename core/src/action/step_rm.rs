//! `step rm`.

use std::collections::HashSet;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{ActionError, Edit};
use crate::id::{GateId, NodeId, StepId};
use crate::model::{Fact, Step};

/// Removes a step. Its prompt file stays unless `--purge`.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
pub struct StepRm {
    /// Step to remove
    pub id: StepId,
    /// Remove what depends on it, too
    #[arg(long, conflicts_with = "detach_dependents")]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cascade: bool,
    /// Cut the edges of what depends on it
    #[arg(long)]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub detach_dependents: bool,
    /// Remove its prompt file, too
    #[arg(long)]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub purge: bool,
}

impl StepRm {
    pub(super) fn apply(&self, edit: &mut Edit) -> Result<(), ActionError> {
        edit.step(&self.id)?;
        let mut doomed = vec![NodeId::from(&self.id)];
        let direct = dependents(edit, &doomed[0]);
        if self.detach_dependents {
            detach(edit, &doomed[0], &direct);
        } else if !direct.is_empty() && !self.cascade {
            return Err(ActionError::HasDependents { id: self.id.to_string(), dependents: direct });
        } else {
            let mut next = 0;
            while let Some(id) = doomed.get(next).cloned() {
                let more = dependents(edit, &id);
                doomed.extend(more.into_iter().filter(|d| !doomed.contains(d)).collect::<Vec<_>>());
                next += 1;
            }
        }
        for id in doomed {
            remove(edit, &id, self.purge)?;
        }
        Ok(())
    }
}

/// Steps, gates, watchdogs, synths and children that need this node.
pub(super) fn dependents(edit: &Edit, id: &NodeId) -> Vec<NodeId> {
    let is = |other: &StepId| other.as_str() == id.as_str();
    let steps = edit.sequence.steps.iter().filter(|s| {
        s.depends_on.contains(id)
            || s.watchdog_for.as_ref().is_some_and(is)
            || s.fusion_candidates.iter().any(is)
    });
    let gates = edit.sequence.gates.iter().filter(|g| g.depends_on.contains(id));
    steps.map(|s| NodeId::from(&s.id)).chain(gates.map(|g| NodeId::from(&g.id))).collect()
}

fn detach(edit: &mut Edit, id: &NodeId, dependents: &[NodeId]) {
    let ids: HashSet<&str> = dependents.iter().map(NodeId::as_str).collect();
    let needs = |s: &Step| ids.contains(s.id.as_str());
    for step in edit.sequence.steps.iter_mut_where(needs) {
        step.depends_on.retain(|d| d != id);
        step.fusion_candidates.retain(|c| c.as_str() != id.as_str());
        if step.watchdog_for.as_ref().is_some_and(|t| t.as_str() == id.as_str()) {
            step.watchdog_for = None;
            step.watchdog_interval_ms = None;
        }
    }
    for gate in &mut edit.sequence.gates {
        gate.depends_on.retain(|d| d != id);
    }
    edit.changed.extend(dependents.iter().cloned());
}

/// Takes a step or gate out of the sequence; it is an error while it runs.
pub(super) fn remove(edit: &mut Edit, id: &NodeId, purge: bool) -> Result<(), ActionError> {
    let step_id = StepId::from(id);
    edit.require_not_running(&step_id, "it can be removed")?;
    if let Some(at) = edit.sequence.steps.iter().position(|s| s.id == step_id) {
        let step = edit.sequence.steps.remove(at);
        hand_on(edit, &step_id, step.spawned_by.as_ref());
        if let (true, Some(file)) = (purge, step.prompt_file) {
            edit.prompts.insert(file, None);
        }
    } else {
        let gate_id = GateId::from(id);
        edit.sequence.gates.retain(|g| g.id != gate_id);
    }
    edit.tell(Fact::Gone(id.clone()));
    Ok(())
}

/// The children of an orchestrator that is removed are its own orchestrator's, or nobody's.
pub(crate) fn hand_on(edit: &mut Edit, parent: &StepId, to: Option<&StepId>) {
    for child in edit.sequence.steps.iter_mut_where(|s| s.spawned_by.as_ref() == Some(parent)) {
        child.spawned_by = to.cloned();
        edit.changed.insert((&child.id).into());
    }
}
