//! `step clone`.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{ActionError, Edit};
use crate::id::StepId;
use crate::model::{ModelName, Step};

/// Copies a step's fields and prompt, not its status or group.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
pub struct StepClone {
    /// Step to copy
    pub id: StepId,
    /// Id of the copy
    pub new_id: StepId,
    /// Model of the copy [default: the same]
    #[arg(long)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelName>,
}

impl StepClone {
    pub(super) fn apply(&self, edit: &mut Edit) -> Result<(), ActionError> {
        let original = edit.step(&self.id)?.clone();
        edit.require_free(self.new_id.as_str())?;
        let mut copy = Step { id: self.new_id.clone(), ..original.clone() };
        if original.name == original.id.as_str() {
            copy.name = copy.id.to_string();
        }
        if let Some(model) = &self.model {
            copy.model = model.clone();
        }
        copy.group_id = None;
        copy.fanout = None;
        copy.fail_policy = None;
        edit.adopt(&mut copy, true);
        if let Some(file) = &original.prompt_file {
            let own = Step::default_prompt_file(&copy.id);
            if let Some(text) = edit.prompt(file) {
                edit.prompts.insert(own.clone(), Some(text));
            }
            copy.prompt_file = Some(own);
        }
        edit.push_step(copy);
        Ok(())
    }
}
