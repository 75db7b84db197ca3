//! Questions about what a step is: its limits, its command, its model.

use super::entity::{Miss, listed, steps};
use super::field::field;
use super::options::model;
use super::token::Token;
use super::world::World;
use crate::model::Step;

/// `what is the timeout of build`, `which steps use codex`; `None` where something else is asked.
pub(super) fn detail(world: &mut World, tokens: &[Token]) -> Option<Result<String, Miss>> {
    let has = |words: &[&str]| tokens.iter().any(|t| !t.known && words.contains(&t.word.as_str()));
    let named = tokens
        .iter()
        .find(|t| !t.known)
        .and_then(|_| tokens.iter().filter(|t| !t.known).find_map(|t| model(world, std::slice::from_ref(t))));
    if let Some(model) = named
        .filter(|_| has(&["which", "what", "who"]) && has(&["steps", "step", "uses", "use", "using", "runs"]))
    {
        let of = |s: &&Step| s.model.as_str() == model;
        let ids: Vec<String> = world.sequence().steps.iter().filter(of).map(|s| s.id.to_string()).collect();
        return Some(Ok(match ids.as_slice() {
            [] => format!("No step uses {model}."),
            some => format!("{model} is the model of {}.", listed(some)),
        }));
    }
    // "how often is it retried".
    let retried = |t: &Token| if t.known || t.word != "retried" { t.clone() } else { Token::new("retries") };
    let ((flag, _), _) = field(&tokens.iter().map(retried).collect::<Vec<_>>())?;
    let whom: Vec<Token> = tokens.iter().filter(|t| t.known || t.word == "it").cloned().collect();
    if whom.is_empty() || !has(&["what", "which", "how", "show", "tell", "list", "print"]) {
        return None;
    }
    let is_told =
        matches!(flag, "" | "--timeout" | "--retry" | "--model" | "--cwd" | "--lane" | "--role" | "--name");
    if !is_told {
        return None;
    }
    let ids = match steps(world, &whom) {
        Ok(ids) => ids,
        Err(miss) => return Some(Err(miss)),
    };
    world.speak_of(ids.iter().map(String::as_str));
    let told = ids.iter().filter_map(|id| world.sequence().step(id)).map(|step| told(step, flag));
    Some(Ok(told.collect::<Vec<_>>().join("\n")))
}

fn told(step: &Step, flag: &str) -> String {
    let id = &step.id;
    let of = |what: &str, value: Option<&str>| match value {
        Some(value) => format!("`{id}` has the {what} {value}."),
        None => format!("`{id}` has no {what} of its own."),
    };
    match flag {
        "--timeout" => of("timeout", step.timeout_ms.map(|ms| format!("{ms} ms")).as_deref()),
        "--retry" => format!("`{id}` is retried {} times.", step.retry.as_ref().map_or(0, |r| r.max)),
        "--model" => of("model", Some(step.model.as_str())),
        "--cwd" => of("working folder", step.cwd.as_deref()),
        "--lane" => of("lane", step.lane.as_deref()),
        "--role" => of("role", step.role.as_deref()),
        "--name" => of("name", Some(&step.name)),
        _ if step.command.is_empty() => {
            format!("`{id}` has no command: its model is {}.", step.model.as_str())
        }
        _ => {
            let line = shlex::try_join(step.command.iter().map(String::as_str));
            format!("`{id}` runs `{}`.", line.unwrap_or_else(|_| step.command.join(" ")))
        }
    }
}
