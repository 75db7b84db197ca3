//! `step move`.

use clap::{ArgGroup, Args};
use serde::{Deserialize, Serialize};

use super::{ActionError, Edit};
use crate::id::StepId;

/// Moves a step to another place in the file. The order decides which of equals is shown, and started, first.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
#[command(group(ArgGroup::new("place").args(["before", "after"]).required(true)))]
pub struct StepMove {
    /// Step to move
    pub id: StepId,
    /// Step that shall come next
    #[arg(long, value_name = "ID")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<StepId>,
    /// Step that shall come right before it
    #[arg(long, value_name = "ID")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<StepId>,
}

impl StepMove {
    pub(super) fn apply(&self, edit: &mut Edit) -> Result<(), ActionError> {
        edit.step(&self.id)?;
        let (anchor, behind) = match (&self.before, &self.after) {
            (Some(id), None) => (id, 0),
            (None, Some(id)) => (id, 1),
            _ => return Err(ActionError::Usage("name one step: --before ID or --after ID".to_owned())),
        };
        edit.step(anchor)?;
        if *anchor == self.id {
            return Err(ActionError::Usage(format!("`{anchor}` cannot be moved to itself")));
        }
        let steps = &mut edit.sequence.steps;
        let place = |id: &StepId, steps: &crate::model::Steps| steps.iter().position(|s| s.id == *id);
        let Some(from) = place(&self.id, steps) else { return Ok(()) };
        let step = steps.remove(from);
        let to = place(anchor, steps).map_or(steps.len(), |at| at + behind);
        steps.insert(to, step);
        if from == to {
            return Err(ActionError::NothingToDo(format!("`{}` stands there already", self.id)));
        }
        edit.changed.insert((&self.id).into());
        Ok(())
    }
}
