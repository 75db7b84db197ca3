//! `dep add` and `dep rm`.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{ActionError, Edit};
use crate::id::{GateId, NodeId, StepId};

/// Makes a step or gate wait for another.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
pub struct DepAdd {
    /// Step or gate that shall wait
    pub id: NodeId,
    /// Steps and gates it waits for
    #[arg(required = true)]
    pub depends_on: Vec<NodeId>,
}

/// Cuts a dependency.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
pub struct DepRm {
    /// Step or gate that waits
    pub id: NodeId,
    /// Steps and gates it shall no longer wait for
    #[arg(required = true)]
    pub depends_on: Vec<NodeId>,
}

impl DepAdd {
    pub(super) fn apply(&self, edit: &mut Edit) -> Result<(), ActionError> {
        for dep in &self.depends_on {
            edit.require_node(dep)?;
            let list = depends_on(edit, &self.id)?;
            if list.contains(dep) {
                return Err(ActionError::NothingToDo(format!("`{}` depends on `{dep}` already", self.id)));
            }
            list.push(dep.clone());
        }
        Ok(())
    }
}

impl DepRm {
    pub(super) fn apply(&self, edit: &mut Edit) -> Result<(), ActionError> {
        for dep in &self.depends_on {
            let list = depends_on(edit, &self.id)?;
            let Some(at) = list.iter().position(|d| d == dep) else {
                return Err(ActionError::NothingToDo(format!("`{}` does not depend on `{dep}`", self.id)));
            };
            list.remove(at);
        }
        Ok(())
    }
}

/// The dependencies of a step or gate, to change.
pub(super) fn depends_on<'e>(edit: &'e mut Edit, id: &NodeId) -> Result<&'e mut Vec<NodeId>, ActionError> {
    edit.require_node(id)?;
    if edit.sequence.step(id.as_str()).is_some() {
        return Ok(&mut edit.step_mut(&StepId::from(id))?.depends_on);
    }
    edit.changed.insert(id.clone());
    let gate = GateId::from(id);
    edit.gate(&gate)?;
    match edit.sequence.gate_mut(id.as_str()) {
        Some(found) => Ok(&mut found.depends_on),
        None => Err(ActionError::NotFound { kind: "gate", id: id.to_string(), nearest: None }),
    }
}
