//! `step add`.

use clap::Args;
use serde::{Deserialize, Serialize};

use super::{ActionError, Edit, StepFields, WorkerFields};
use crate::id::{GroupId, NodeId, StepId};
use crate::model::{ModelName, Step, ThreadType};

/// Adds a step; with `--fanout N`, a group of parallel steps.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
pub struct StepAdd {
    /// Id of the new step: a-z, 0-9 and `-`
    pub id: StepId,
    /// The step's fields.
    #[command(flatten)]
    #[serde(flatten)]
    pub fields: StepFields,
    /// The workers of a parallel group.
    #[command(flatten)]
    #[serde(flatten)]
    pub workers: WorkerFields,
}

impl StepAdd {
    pub(super) fn apply(&self, edit: &mut Edit) -> Result<(), ActionError> {
        match self.workers.fanout {
            Some(n) => self.add_group(edit, n),
            None if self.fields.kind == Some(ThreadType::P) && self.fields.group.is_none() => {
                Err(ActionError::Usage(
                    "a parallel step needs --fanout N (how many workers) or --group ID (an existing group)"
                        .into(),
                ))
            }
            None => self.add_one(edit),
        }
    }

    fn add_one(&self, edit: &mut Edit) -> Result<(), ActionError> {
        let step = self.step(edit, &self.id, None)?;
        begin_prompt(edit, &step, self.fields.prompt_text.as_deref());
        edit.push_step(step);
        Ok(())
    }

    fn add_group(&self, edit: &mut Edit, n: u32) -> Result<(), ActionError> {
        if !(1..=1000).contains(&n) {
            return Err(ActionError::Usage(format!("--fanout {n} is out of range: 1 to 1000")));
        }
        let group = GroupId::new(self.id.as_str())?;
        let mut members = Vec::new();
        for i in 0..n as usize {
            let id = StepId::new(&format!("{}-{}", self.id, i + 1))?;
            let mut step = self.step(edit, &id, in_turn(&self.workers.models, i))?;
            step.kind = self.fields.kind.unwrap_or(ThreadType::P);
            step.group_id = Some(group.clone());
            step.fanout = Some(n);
            let text = in_turn(&self.workers.worker_prompt, i).or(self.fields.prompt_text.as_ref());
            begin_prompt(edit, &step, text.map(String::as_str));
            members.push(NodeId::from(&id));
            edit.push_step(step);
        }
        match &self.workers.merge {
            Some(merge) => add_merge(edit, merge, members),
            None => Ok(()),
        }
    }

    fn step(&self, edit: &Edit, id: &StepId, model: Option<&ModelName>) -> Result<Step, ActionError> {
        edit.require_free(id.as_str())?;
        let default =
            if self.fields.command.is_empty() { ModelName::DEFAULT_AGENT } else { ModelName::SHELL };
        let mut step = Step::new(id.clone(), default.parse().map_err(ActionError::Usage)?);
        self.fields.put(&mut step)?;
        set_model(&mut step, model);
        if step.orchestrator && self.fields.kind.is_none() {
            step.kind = ThreadType::B;
        }
        edit.adopt(&mut step, self.fields.cwd.is_some());
        let has_text = self.fields.prompt_text.is_some() || !self.workers.worker_prompt.is_empty();
        if step.command.is_empty() || has_text {
            step.prompt_file = Some(Step::default_prompt_file(id));
        }
        Ok(step)
    }
}

fn set_model(step: &mut Step, model: Option<&ModelName>) {
    if let Some(model) = model {
        step.model = model.clone();
    }
}

fn in_turn<T>(items: &[T], i: usize) -> Option<&T> {
    items.get(i % items.len().max(1))
}

/// The step that waits for all members of a group and merges their outputs: what agents did by the first one's model,
/// what programs did by printing it.
pub(super) fn add_merge(edit: &mut Edit, id: &StepId, members: Vec<NodeId>) -> Result<(), ActionError> {
    edit.require_free(id.as_str())?;
    let models = members.iter().filter_map(|m| edit.sequence.step(m.as_str())).map(|s| &s.model);
    let model = models.into_iter().find(|m| !m.is_shell()).cloned().unwrap_or_else(ModelName::shell);
    let mut step = Step::new(id.clone(), model);
    step.depends_on = members;
    edit.adopt(&mut step, false);
    if !step.model.is_shell() {
        step.prompt_file = Some(Step::default_prompt_file(id));
        write_prompt(edit, &step, Some(MERGE_PROMPT));
    } else {
        step.command = vec!["seqctl".into(), "inputs".into()];
    }
    edit.push_step(step);
    Ok(())
}

const MERGE_PROMPT: &str = "Merge the results of the workers below into one.\n\n{{ inputs }}\n";

/// Writes a step's prompt file; without a text, a starter where there is no file yet.
pub(super) fn write_prompt(edit: &mut Edit, step: &Step, text: Option<&str>) {
    let Some(file) = &step.prompt_file else { return };
    match text {
        Some(text) => drop(edit.prompts.insert(file.clone(), Some(with_newline(text)))),
        None if edit.prompt(file).is_none() => {
            edit.prompts.insert(file.clone(), Some(starter(step)));
        }
        None => {}
    }
}

fn with_newline(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
}

/// Writes the prompt of a new step; who gives neither a text nor a command is told what is left to do.
fn begin_prompt(edit: &mut Edit, step: &Step, text: Option<&str>) {
    let file = step.prompt_file.as_ref().filter(|file| text.is_none() && edit.prompt(file).is_none());
    let note = file.map(|file| to_fill_in(step, file));
    write_prompt(edit, step, text);
    edit.notes.extend(note);
}

fn to_fill_in(step: &Step, file: &str) -> String {
    let id = &step.id;
    if step.model.is_shell() {
        return format!("`{id}` runs .threados/{file} as a script; write it: seqctl prompt edit {id}");
    }
    format!(
        "`{id}` is for {}; say in .threados/{file} what it has to do: seqctl prompt edit {id}",
        step.model
    )
}

fn starter(step: &Step) -> String {
    if step.model.is_shell() {
        return format!("# What step {} does, run by sh.\ntrue\n", step.id);
    }
    format!(
        "# {}\n\nSay here what this step has to do, what it may change and how to tell that it is done.\n",
        step.name
    )
}
