//! Fields of one step: numbers in range, commands and prompts that fit the model.

use super::names::nearest;
use crate::model::{Problem, Step};

pub(super) fn ranges(i: usize, step: &Step, max_fanout: u32, problems: &mut Vec<Problem>) {
    let id = &step.id;
    let mut fault = |field: &str, text: String, hint: String| {
        problems.push(Problem::new("OUT_OF_RANGE", format!("steps[{i}].{field}"), text).hint(hint));
    };
    if step.timeout_ms == Some(0) {
        let text = format!("`{id}` may run for 0 ms");
        fault("timeout_ms", text, "give at least 1, or leave it out for the policy's default".into());
    }
    if step.watchdog_interval_ms == Some(0) {
        fault("watchdog_interval_ms", format!("`{id}` looks every 0 ms"), "give at least 1".into());
    }
    if step.fanout == Some(0) {
        fault("fanout", format!("the group of `{id}` has 0 workers"), format!("give 1 to {max_fanout}"));
    }
    if let Some(retry) = step.retry {
        if retry.max > 100 {
            fault("retry.max", format!("`{id}` is retried {} times", retry.max), "give 0 to 100".into());
        }
        if !(1.0..=10.0).contains(&retry.factor) {
            let text = format!("the wait of `{id}` grows by the factor {}", retry.factor);
            fault("retry.factor", text, "give 1 to 10".into());
        }
    }
    if let Some(fanout) = step.fanout.filter(|n| *n > max_fanout) {
        let text = format!("`{id}` has fanout {fanout}, the policy allows {max_fanout}");
        let hint = "lower it, or raise max_fanout in the policy";
        problems.push(Problem::new("FANOUT_OVER_POLICY", format!("steps[{i}].fanout"), text).hint(hint));
    }
}

pub(super) fn model(
    i: usize,
    step: &Step,
    unknown: &dyn Fn(&str) -> Option<Vec<String>>,
    problems: &mut Vec<Problem>,
) {
    if step.model.is_shell() {
        return;
    }
    let Some(known) = unknown(step.model.as_str()) else { return };
    let text = format!("the model of `{}` is `{}`, which nobody knows", step.id, step.model);
    let hint = match nearest(step.model.as_str(), known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("choose one of {}, or describe it in .threados/models.yaml", known.join(", ")),
    };
    problems.push(Problem::new("UNKNOWN_MODEL", format!("steps[{i}].model"), text).hint(hint));
}

pub(super) fn prompt(i: usize, step: &Step, exists: &dyn Fn(&str) -> bool, problems: &mut Vec<Problem>) {
    let id = &step.id;
    if !step.model.is_shell() && !step.command.is_empty() {
        let text = format!("`{id}` has a command, but its model is {}", step.model);
        let hint = "use `model: shell`, or a prompt file instead of the command";
        problems.push(Problem::new("COMMAND_WITHOUT_SHELL", format!("steps[{i}].command"), text).hint(hint));
    }
    let script = step.model.is_shell() && step.command.is_empty();
    let path = match &step.prompt_file {
        Some(path) => path.clone(),
        None if script => Step::default_prompt_file(id),
        None => return,
    };
    if exists(&path) {
        return;
    }
    let (text, hint) = if script && step.prompt_file.is_none() {
        let text = format!("`{id}` has neither a command nor a script in .threados/{path}");
        (text, "give it a command".to_owned())
    } else {
        let hint = format!("write it with `seqctl prompt edit {id}`");
        (format!("the prompt file of `{id}` is missing: .threados/{path}"), hint)
    };
    problems.push(Problem::new("PROMPT_MISSING", format!("steps[{i}].prompt_file"), text).hint(hint));
}
