//! `gate insert|approve|block|rm`.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::dep::depends_on;
use super::fields::once;
use super::step_rm::{dependents, remove};
use super::{ActionError, Edit, reach};
use crate::dag::Dag;
use crate::id::{GateId, NodeId, StepId};
use crate::model::{Actor, Fact, Gate, GateFact, GateStatus};

/// Inserts a gate. A direct edge between what is before and after it is replaced.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
pub struct GateInsert {
    /// Id of the new gate
    pub id: GateId,
    /// What a person reads [default: the id]
    #[arg(long, value_name = "TEXT")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Steps and gates it waits for (comma-separated, repeatable)
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<NodeId>,
    /// Steps and gates that wait for it (comma-separated, repeatable)
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<NodeId>,
}

/// Lets what waits at a gate through. Only the user may.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
pub struct GateApprove {
    /// Gate to approve
    pub id: GateId,
    /// Why
    #[arg(long, value_name = "TEXT")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Approve although what it waits for is not DONE
    #[arg(long)]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub early: bool,
}

/// Holds what waits at a gate; with `--rework ID` sends the work back to ID.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
pub struct GateBlock {
    /// Gate to block
    pub id: GateId,
    /// Why; with --rework it goes into that step's prompt
    #[arg(long, value_name = "TEXT")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Step to run again, with all between it and the gate
    #[arg(long, value_name = "ID", requires = "reason")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rework: Option<StepId>,
}

/// Removes a gate; what waited for it waits for what the gate waited for.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
pub struct GateRm {
    /// Gate to remove
    pub id: GateId,
}

impl GateInsert {
    pub(super) fn apply(&self, edit: &mut Edit) -> Result<(), ActionError> {
        edit.require_free(self.id.as_str())?;
        for id in self.after.iter().chain(&self.before) {
            edit.require_node(id)?;
        }
        let mut gate = Gate::new(self.id.clone());
        if let Some(name) = &self.name {
            gate.name.clone_from(name);
        }
        gate.depends_on.clone_from(&self.after);
        once(&mut gate.depends_on);
        let own = NodeId::from(&self.id);
        for id in &self.before {
            let list = depends_on(edit, id)?;
            list.retain(|d| !self.after.contains(d) && *d != own);
            list.push(own.clone());
        }
        edit.changed.insert(own);
        edit.sequence.gates.push(gate);
        Ok(())
    }
}

impl GateApprove {
    pub(super) fn apply(&self, edit: &mut Edit) -> Result<(), ActionError> {
        user_decides(edit)?;
        edit.gate(&self.id)?;
        if edit.state.gate_status(self.id.as_str()) == GateStatus::Approved {
            return Err(ActionError::NothingToDo(format!("gate `{}` is approved already", self.id)));
        }
        let waits_for = reach::unsatisfied(&edit.sequence, &edit.state, self.id.as_str());
        if !waits_for.is_empty() && !self.early {
            return Err(ActionError::NotDue { gate: self.id.to_string(), waits_for });
        }
        decide(edit, &self.id, GateStatus::Approved, self.reason.as_deref());
        Ok(())
    }
}

impl GateBlock {
    pub(super) fn apply(&self, edit: &mut Edit) -> Result<(), ActionError> {
        user_decides(edit)?;
        edit.gate(&self.id)?;
        match &self.rework {
            Some(first) => self.send_back(edit, first),
            None => {
                decide(edit, &self.id, GateStatus::Blocked, self.reason.as_deref());
                Ok(())
            }
        }
    }

    fn send_back(&self, edit: &mut Edit, first: &StepId) -> Result<(), ActionError> {
        edit.step(first)?;
        let between = reach::between(&Dag::new(&edit.sequence), first.as_str(), self.id.as_str());
        if between.is_empty() {
            return Err(ActionError::Usage(format!("gate `{}` does not come after step `{first}`", self.id)));
        }
        for id in &between {
            edit.require_not_running(&StepId::from(id), "it can be sent back")?;
        }
        for id in between {
            if edit.sequence.gate(id.as_str()).is_some() {
                edit.reset_gate(&GateId::from(&id));
            } else {
                let step = StepId::from(&id);
                let reason = if step == *first { self.reason.as_deref() } else { None };
                edit.reset_step(&step, reason);
            }
        }
        edit.reset_gate(&self.id);
        Ok(())
    }
}

impl GateRm {
    pub(super) fn apply(&self, edit: &mut Edit) -> Result<(), ActionError> {
        let before = edit.gate(&self.id)?.depends_on.clone();
        let own = NodeId::from(&self.id);
        for id in dependents(edit, &own) {
            let list = depends_on(edit, &id)?;
            list.retain(|d| *d != own);
            let more: Vec<_> = before.iter().filter(|d| !list.contains(d)).cloned().collect();
            list.extend(more);
        }
        remove(edit, &own, false)
    }
}

fn user_decides(edit: &Edit) -> Result<(), ActionError> {
    if edit.actor == Actor::User {
        return Ok(());
    }
    Err(ActionError::UserOnly("only the user decides about gates".into()))
}

fn decide(edit: &mut Edit, gate: &GateId, status: GateStatus, reason: Option<&str>) {
    let by = Some(edit.actor);
    let reason = reason.map(str::to_owned);
    edit.tell(Fact::Gate(GateFact { gate: gate.clone(), status, reason, by, at: None }));
}
