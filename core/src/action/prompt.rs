//! `prompt set`.

use std::path::PathBuf;

use clap::{ArgGroup, Args};
use serde::{Deserialize, Serialize};

use super::{ActionError, Edit};
use crate::id::StepId;
use crate::model::Step;

/// Replaces the prompt of a step.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
#[command(group(ArgGroup::new("content").args(["text", "file"]).required(true)))]
pub struct PromptSet {
    /// Step whose prompt it is
    pub id: StepId,
    /// The text
    #[arg(long, value_name = "TEXT")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// File with the text, read now
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub file: Option<PathBuf>,
}

impl PromptSet {
    pub(super) fn apply(&self, edit: &mut Edit) -> Result<(), ActionError> {
        let step = edit.step_mut(&self.id)?;
        let file = step.prompt_file.get_or_insert_with(|| Step::default_prompt_file(&self.id)).clone();
        edit.prompts.insert(file, Some(self.text.clone().unwrap_or_default()));
        Ok(())
    }
}
