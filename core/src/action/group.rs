//! `group parallelize` and `group dissolve`.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::step_add::add_merge;
use super::{ActionError, Edit, reach};
use crate::dag::Dag;
use crate::id::{GroupId, NodeId, StepId};
use crate::model::{FailPolicy, ThreadType};

/// Makes a parallel group of existing steps that do not depend on each other.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
pub struct GroupParallelize {
    /// Steps of the group
    #[arg(required = true)]
    pub steps: Vec<StepId>,
    /// Id of the group [default: the first step's id and `-group`]
    #[arg(long, value_name = "ID")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<GroupId>,
    /// New step that waits for all of them and merges their outputs
    #[arg(long, value_name = "ID")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merge: Option<StepId>,
    /// What the group does when a member fails: fail_fast or best_effort
    #[arg(long, value_name = "POLICY")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail_policy: Option<FailPolicy>,
}

/// Takes a group apart; its steps stay.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
pub struct GroupDissolve {
    /// Group to take apart
    pub group: GroupId,
}

impl GroupParallelize {
    /// The group's id, for the log.
    pub(super) fn target(&self) -> String {
        self.group().map_or_else(|_| String::new(), |id| id.to_string())
    }

    fn group(&self) -> Result<GroupId, ActionError> {
        match (&self.id, self.steps.first()) {
            (Some(id), _) => Ok(id.clone()),
            (None, Some(first)) => {
                let stem: String = first.as_str().chars().take(crate::id::MAX_ID_LEN - 6).collect();
                Ok(GroupId::new(&format!("{stem}-group"))?)
            }
            (None, None) => Err(ActionError::Usage("name the steps of the group".into())),
        }
    }

    pub(super) fn apply(&self, edit: &mut Edit) -> Result<(), ActionError> {
        let group = self.group()?;
        if edit.sequence.members(&group).next().is_some() {
            return Err(ActionError::Duplicate { kind: "group", id: group.to_string() });
        }
        for (place, id) in self.steps.iter().enumerate() {
            if self.steps[..place].contains(id) {
                return Err(ActionError::Usage(format!(
                    "`{id}` is named twice: name each step of the group once"
                )));
            }
            if let Some(other) = &edit.step(id)?.group_id {
                return Err(ActionError::NothingToDo(format!(
                    "`{id}` is a member of group `{other}` already"
                )));
            }
        }
        require_independent(edit, &self.steps)?;
        for id in &self.steps {
            let step = edit.step_mut(id)?;
            step.group_id = Some(group.clone());
            step.fail_policy = self.fail_policy;
            if step.kind == ThreadType::Base {
                step.kind = ThreadType::P;
            }
        }
        match &self.merge {
            Some(merge) => {
                let members: Vec<NodeId> = self.steps.iter().map(NodeId::from).collect();
                add_merge(edit, merge, members)
            }
            None => Ok(()),
        }
    }
}

/// Fails where one of these steps depends on another.
pub(super) fn require_independent(edit: &Edit, steps: &[StepId]) -> Result<(), ActionError> {
    let dag = Dag::new(&edit.sequence);
    for id in steps {
        let above = reach::ancestors(&dag, id.as_str());
        if let Some(other) = steps.iter().find(|o| *o != id && above.contains(&NodeId::from(*o))) {
            return Err(ActionError::Dependent { id: id.clone(), on: other.clone() });
        }
    }
    Ok(())
}

impl GroupDissolve {
    pub(super) fn apply(&self, edit: &mut Edit) -> Result<(), ActionError> {
        edit.require_group(&self.group)?;
        for step in edit.sequence.steps.iter_mut_where(|s| s.group_id.as_ref() == Some(&self.group)) {
            step.group_id = None;
            step.fanout = None;
            step.fail_policy = None;
            if step.kind == ThreadType::P {
                step.kind = ThreadType::Base;
            }
            edit.changed.insert((&step.id).into());
        }
        Ok(())
    }
}
