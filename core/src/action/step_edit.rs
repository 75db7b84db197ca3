//! `step edit`.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::step_add::write_prompt;
use super::{ActionError, Edit, StepFields};
use crate::id::StepId;
use crate::model::{Actor, Fact, ModelName, Phase, Step, StepFact, StepStatus};

/// Changes fields of a step. An empty value clears a field: `--cwd ""`.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
pub struct StepEdit {
    /// Step to change
    pub id: StepId,
    /// The fields.
    #[command(flatten)]
    #[serde(flatten)]
    pub fields: StepFields,
    /// Set the status by hand: READY, NEEDS_REVIEW, DONE or FAILED
    #[arg(long, value_name = "STATUS", value_parser = settable)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<StepStatus>,
}

fn settable(word: &str) -> Result<StepStatus, String> {
    match StepStatus::from_word(&word.to_ascii_uppercase()) {
        Some(StepStatus::Running | StepStatus::Blocked) => {
            Err(format!("{word} cannot be set: it follows from what runs and what a step waits for"))
        }
        Some(status) => Ok(status),
        None => Err(format!("`{word}` is not a status (READY, NEEDS_REVIEW, DONE or FAILED)")),
    }
}

impl StepEdit {
    pub(super) fn apply(&self, edit: &mut Edit) -> Result<(), ActionError> {
        let before = edit.step(&self.id)?.clone();
        if self.fields == StepFields::default() && self.status.is_none() {
            return Err(ActionError::Usage(
                "nothing to change: name at least one field, as in --cwd DIR".into(),
            ));
        }
        let mut after = before.clone();
        self.fields.put(&mut after)?;
        self.prompt(edit, &mut after);
        let (old, new) = (before.budget.unwrap_or_default(), after.budget.unwrap_or_default());
        if edit.actor != Actor::User && old.is_below(&new) {
            return Err(ActionError::UserOnly("only the user raises a budget".into()));
        }
        let what_runs = (&before.command, &before.cwd, &before.model);
        if what_runs != (&after.command, &after.cwd, &after.model) {
            edit.require_not_running(&self.id, "its command, folder and model can be changed")?;
        }
        edit.notes.extend(self.side_effect(&before, &after));
        if after != before {
            *edit.step_mut(&self.id)? = after;
        }
        self.set_status(edit)
    }

    /// What another model means for what the step had before.
    fn side_effect(&self, before: &Step, after: &Step) -> Option<String> {
        let (id, file) = (&self.id, after.prompt_file.as_deref().unwrap_or_default());
        if !after.command.is_empty() || before.model == after.model {
            return None;
        }
        if !before.command.is_empty() {
            let words = before.command.iter().map(String::as_str);
            let was = shlex::try_join(words).unwrap_or_else(|_| before.command.join(" "));
            return Some(format!(
                "`{id}` has lost its command, for model {} gets the prompt {file}; `seqctl undo` brings it back: {was}",
                after.model
            ));
        }
        (after.model.is_shell() && self.fields.prompt_text.is_none()).then(|| {
            format!("`{id}` has no command: sh runs its prompt {file} as a script; give a command after `--`")
        })
    }

    fn prompt(&self, edit: &mut Edit, after: &mut Step) {
        let needs_file = !after.model.is_shell() || after.command.is_empty();
        if after.prompt_file.is_none() && (needs_file || self.fields.prompt_text.is_some()) {
            after.prompt_file = Some(Step::default_prompt_file(&self.id));
        }
        if needs_file || self.fields.prompt_text.is_some() {
            write_prompt(edit, after, self.fields.prompt_text.as_deref());
        }
        if self.fields.prompt_text.is_some() {
            edit.changed.insert((&self.id).into());
        }
        if after.model.as_str() == ModelName::SHELL
            && !after.command.is_empty()
            && self.fields.prompt_text.is_none()
        {
            after.prompt_file = None;
        }
    }

    fn set_status(&self, edit: &mut Edit) -> Result<(), ActionError> {
        let Some(status) = self.status else { return Ok(()) };
        if let Some(target) = &edit.step(&self.id)?.watchdog_for {
            let text = format!("`{}` is a watchdog: its status follows from that of `{target}`", self.id);
            return Err(ActionError::Usage(text));
        }
        edit.require_not_running(&self.id, "its status can be set")?;
        let phase = Phase::of(status);
        if phase == Phase::Idle {
            edit.reset_step(&self.id, None);
        } else {
            let fact = StepFact::new(self.id.clone(), phase).because(format!("set by {}", edit.actor));
            edit.tell(Fact::Step(fact));
        }
        Ok(())
    }
}
