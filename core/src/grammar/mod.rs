//! The language of `seqctl`: one grammar for the command line, the chat, the API and the palette.
//!
//! Every action and every run control has one canonical line, and parsing that line gives the same value back.

mod control;
mod fields;
mod line;
mod summary;
mod verb;

pub use control::{Control, RunAll, RunGroup, RunOptions, RunRunnable, RunStep, StepRestart, StepStop};
pub use fields::{FieldsError, fields_schema, from_fields};
pub use line::{LineError, about, parse_line, path, to_line, to_words};
pub use summary::summary;
pub use verb::{
    BudgetVerb, DepVerb, FusionVerb, GateVerb, GroupVerb, PolicyVerb, PromptVerb, RunVerb, StepVerb, Verb,
    read_named_files,
};

use serde::{Deserialize, Serialize};

use crate::action::Action;

/// What one line asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Command {
    /// A change of the sequence, its decisions or its policy.
    Change(Action),
    /// Starting and stopping.
    Control(Control),
}

impl Command {
    /// Name as the log has it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Change(action) => action.name(),
            Self::Control(control) => control.name(),
        }
    }
}

#[cfg(test)]
mod tests;
