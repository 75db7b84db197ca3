//! `policy mode|allow|deny`.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{ActionError, Edit, PolicyEdit};
use crate::model::{Actor, Mode};

/// Sets SAFE or POWER.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
pub struct PolicyMode {
    /// SAFE or POWER
    #[arg(value_parser = mode)]
    pub mode: Mode,
}

/// Lists a program, so that steps may start it.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
pub struct PolicyAllow {
    /// Name as in PATH, or path
    pub program: String,
}

/// Unlists a program.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
pub struct PolicyDeny {
    /// Name or path as listed
    pub program: String,
}

fn mode(word: &str) -> Result<Mode, String> {
    match word.to_ascii_uppercase().as_str() {
        "SAFE" => Ok(Mode::Safe),
        "POWER" => Ok(Mode::Power),
        _ => Err(format!("`{word}` is not a mode (SAFE or POWER)")),
    }
}

impl PolicyMode {
    pub(super) fn apply(&self, edit: &mut Edit) -> Result<(), ActionError> {
        change(edit, PolicyEdit::Mode(self.mode))
    }
}

impl PolicyAllow {
    pub(super) fn apply(&self, edit: &mut Edit) -> Result<(), ActionError> {
        let program = &self.program;
        if program.trim().is_empty() || program.contains(|c: char| c.is_control()) {
            let why = format!("{program:?} is no program: name one as in PATH (`cargo`), or by its path");
            return Err(ActionError::Usage(why));
        }
        if let Some(name) =
            program.split_whitespace().next().filter(|name| *name != program && !program.contains('/'))
        {
            edit.notes.push(format!(
                "`{program}` is listed as one name with a space in it; a program is listed without its arguments: \
                 seqctl policy allow {name}"
            ));
        }
        change(edit, PolicyEdit::Allow(self.program.clone()))
    }
}

impl PolicyDeny {
    pub(super) fn apply(&self, edit: &mut Edit) -> Result<(), ActionError> {
        change(edit, PolicyEdit::Deny(self.program.clone()))
    }
}

fn change(edit: &mut Edit, what: PolicyEdit) -> Result<(), ActionError> {
    if edit.actor != Actor::User {
        return Err(ActionError::UserOnly("only the user changes the policy".into()));
    }
    edit.policy.push(what);
    Ok(())
}
