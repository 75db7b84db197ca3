//! What a change names and is not there now: it may still come, and may as well be a slip, so a note tells of it.

use std::collections::BTreeSet;
use std::path::Path;

use crate::action::PolicyEdit;
use crate::model::{Sequence, Step};
use crate::model_cli::Models;
use crate::policy::Judge;

/// A note where a program that is allowed is nowhere.
pub(super) fn program(edit: &PolicyEdit, judge: &Judge) -> Option<String> {
    let PolicyEdit::Allow(program) = edit else { return None };
    let place = if program.contains('/') { "at that path" } else { "in PATH" };
    (!program.contains(char::is_whitespace) && !judge.is_there(program))
        .then(|| format!("there is no program `{program}` {place} now; a step that starts it will fail"))
}

/// A note for each agent that steps are new to and that is not installed.
pub(super) fn agents<'a>(
    before: &Sequence,
    changed: impl Iterator<Item = &'a Step>,
    judge: &Judge,
    models: &Path,
) -> Vec<String> {
    let is_new = |step: &&Step| before.step(step.id.as_str()).is_none_or(|known| known.model != step.model);
    let new = changed.filter(|step| !step.model.is_shell()).filter(is_new);
    let names: BTreeSet<&str> = new.map(|step| step.model.as_str()).collect();
    if names.is_empty() {
        return Vec::new();
    }
    // What is wrong with the file is told where it is used.
    let models = Models::read(models).unwrap_or_default();
    let missing = |name: &&str| models.get(name).filter(|model| !judge.is_there(model.program()));
    names.iter().filter_map(missing).map(|model| note(&model.name, model.install)).collect()
}

fn note(model: &str, install: Option<&str>) -> String {
    let install = install.map(|line| format!("; install it: {line}")).unwrap_or_default();
    format!("{model} is not installed, and its steps cannot run{install}; `seqctl models list` shows what is")
}
