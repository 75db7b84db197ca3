//! What is asked for again: of others, by another model, or with the field left out.

use super::act::flags;
use super::does::Does;
use super::pattern::Slot;
use crate::chat::builtin::world::World;
use crate::model::StepStatus;
use Does::{Number, OptionsOf, Text};

/// What follows a request and leaves out its field: "…, and ship to 'Ship it'".
pub(super) const AGAIN: &[(&str, Does)] = &[
    ("<steps> to|with|as|into|:|at|by* <quote>", Text("")),
    ("<steps> to|with|as|into|:|at|by* <model>", Text("--model")),
    ("<steps> to|with|at|by|:* <span>", Number("--timeout")),
    ("<steps> to|with|at|by|:* <n> times?", Number("--retry")),
    ("<steps> to|with|at|by|:* <times>", Number("--retry")),
    ("<n> for|on|to|in <steps>", OptionsOf),
];

/// What waits for a review goes back with the reason; what has run is run again.
pub(super) fn redo(world: &mut World, model: &str, ids: &[String], rest: &[Slot]) -> Option<()> {
    for id in ids {
        let status = world.status(id)?;
        let other = world.sequence().step(id)?.model.as_str() != model;
        let line = match (status, rest) {
            (StepStatus::NeedsReview, [Slot::Text(reason)]) => {
                vec!["step", "reject", id, "--rework", "--reason", reason]
            }
            (StepStatus::Done | StepStatus::Failed | StepStatus::Running, []) => vec!["restart", id],
            _ => return None,
        };
        if other {
            flags(world, std::slice::from_ref(id), &["--model", model])?;
        }
        world.take(&line).ok()?;
    }
    world.speak_of(ids.iter().map(String::as_str));
    Some(())
}

/// "lint gets two retries, test too".
pub(super) fn same(world: &mut World, ids: &[String]) -> Option<()> {
    let before = shlex::split(world.lines.last()?)?;
    let before: Vec<&str> = before.iter().skip(1).map(String::as_str).collect();
    let at = match before.as_slice() {
        ["step", "edit", ..] | ["run", "step", ..] => 2,
        ["restart" | "stop", first, ..] if !first.starts_with('-') => 1,
        _ => return None,
    };
    let more = before.get(at + 1).filter(|_| at == 1).is_some_and(|word| !word.starts_with('-'));
    let known = ids.iter().all(|id| world.sequence().step(id).is_some() && id != before[at]);
    if more || !known {
        return None;
    }
    for id in ids {
        let line: Vec<&str> = [&before[..at], &[id], &before[at + 1..]].concat();
        world.take(&line).ok()?;
    }
    world.speak_of(ids.iter().map(String::as_str));
    Some(())
}
