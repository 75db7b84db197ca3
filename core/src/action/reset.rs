//! `reset`.

use clap::{ArgGroup, Args};
use serde::{Deserialize, Serialize};

use super::{ActionError, Edit, reach};
use crate::dag::Dag;
use crate::id::{GateId, StepId};

/// Returns steps, all that follows them and the gates between to where they had not run.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
#[command(group(ArgGroup::new("which").args(["steps", "all", "failed"]).required(true)))]
pub struct SequenceReset {
    /// Steps to reset
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<StepId>,
    /// Reset every step and gate
    #[arg(long)]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
    /// Reset the steps that FAILED
    #[arg(long)]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
}

impl SequenceReset {
    /// The ids, for the log.
    pub(super) fn target(&self) -> String {
        if self.all {
            return "all".into();
        }
        if self.failed {
            return "failed".into();
        }
        self.steps.iter().map(StepId::as_str).collect::<Vec<_>>().join(",")
    }

    pub(super) fn apply(&self, edit: &mut Edit) -> Result<(), ActionError> {
        for id in &self.steps {
            edit.step(id)?;
        }
        let first: Vec<StepId> = if self.all {
            edit.sequence.steps.iter().map(|s| s.id.clone()).collect()
        } else if self.failed {
            failed(edit)
        } else {
            self.steps.clone()
        };
        let dag = Dag::new(&edit.sequence);
        let mut ids = reach::with_descendants(&dag, first.iter().map(StepId::as_str));
        if self.all {
            ids = edit.sequence.node_ids().collect();
        }
        for id in &ids {
            edit.require_not_running(&StepId::from(id), "it can be reset")?;
        }
        for id in ids {
            match edit.sequence.gate(id.as_str()) {
                Some(_) => edit.reset_gate(&GateId::from(&id)),
                None => self.reset_step(edit, &StepId::from(&id)),
            }
        }
        Ok(())
    }

    /// Work that was sent back and failed is still to be mended when it is tried again.
    fn reset_step(&self, edit: &mut Edit, id: &StepId) {
        let state = edit.state.steps.get(id).filter(|_| self.failed);
        let to_mend = state.and_then(|s| s.review_reason.clone());
        edit.reset_step(id, to_mend.as_deref());
    }
}

fn failed(edit: &Edit) -> Vec<StepId> {
    let failed = |id: &StepId| edit.state.phase(id.as_str()) == crate::model::Phase::Failed;
    edit.sequence.steps.iter().map(|s| &s.id).filter(|id| failed(id)).cloned().collect()
}
