//! `step accept` and `step reject`.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{ActionError, Edit};
use crate::id::StepId;
use crate::model::{Actor, Fact, Phase, StepFact};

/// Accepts the work of a step that waits for review: it is DONE.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
pub struct StepAccept {
    /// Step under review
    pub id: StepId,
    /// Why
    #[arg(long, value_name = "TEXT")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Rejects the work of a step that waits for review: it is FAILED, or READY again with `--rework`.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
pub struct StepReject {
    /// Step under review
    pub id: StepId,
    /// Why; goes into its prompt with `--rework`
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Let it run again, with the reason in its prompt
    #[arg(long)]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rework: bool,
}

impl StepAccept {
    pub(super) fn apply(&self, edit: &mut Edit) -> Result<(), ActionError> {
        under_review(edit, &self.id)?;
        let mut fact = StepFact::new(self.id.clone(), Phase::Done);
        fact.reason.clone_from(&self.reason);
        edit.tell(Fact::Step(fact));
        Ok(())
    }
}

impl StepReject {
    pub(super) fn apply(&self, edit: &mut Edit) -> Result<(), ActionError> {
        under_review(edit, &self.id)?;
        if self.rework {
            edit.reset_step(&self.id, Some(&self.reason));
        } else {
            let reason = format!("rejected: {}", self.reason);
            edit.tell(Fact::Step(StepFact::new(self.id.clone(), Phase::Failed).because(reason)));
        }
        Ok(())
    }
}

fn under_review(edit: &Edit, id: &StepId) -> Result<(), ActionError> {
    edit.step(id)?;
    if edit.actor != Actor::User {
        return Err(ActionError::UserOnly("only the user accepts or rejects work".into()));
    }
    match edit.state.phase(id.as_str()) {
        Phase::NeedsReview => Ok(()),
        phase => {
            Err(ActionError::transition(id, phase, "only a step in NEEDS_REVIEW is accepted or rejected"))
        }
    }
}
