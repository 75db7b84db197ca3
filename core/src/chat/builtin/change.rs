//! Steps renamed, copied, marked, removed.

use super::clause::Parts;
use super::edit::{Takes, edit, field, put, whose};
use super::entity::{Miss, listed, nodes, status_word, steps};
use super::lexicon::Prep;
use super::token::{Token, text};
use super::world::World;

/// `rename build to compile`.
pub(super) fn rename(world: &mut World, parts: Parts) -> Result<(), Miss> {
    parts.only(&[Prep::To])?;
    if parts.parts.len() > 1 {
        return Err(Miss::unclear("I see two names: put the new one in quotes"));
    }
    let (whom, name) = match parts.get(Prep::To) {
        Some(to) => (parts.object.clone(), to.tokens.clone()),
        None => {
            let at = parts
                .object
                .iter()
                .position(|t| t.known || matches!(t.word.as_str(), "it" | "that"))
                .ok_or_else(|| {
                    Miss::unclear(
                        "say what is to be renamed, and to what: \u{201c}rename build to compile\u{201d}",
                    )
                })?;
            let (whom, name) = parts.object.split_at(at + 1);
            (whom.to_vec(), name.to_vec())
        }
    };
    let ids = nodes(world, &whom)?;
    let [id] = ids.as_slice() else { return Err(Miss::unclear("rename one at a time")) };
    if world.sequence().step(id).is_none() {
        return Err(Miss::unclear(format!(
            "`{id}` is a gate, and a gate cannot be renamed; remove it and insert another"
        )));
    }
    if name.len() > 1 && name.iter().any(|t| t.quoted) {
        return Err(Miss::unclear("I see more than the new name: put it alone in quotes"));
    }
    // "rename it 2 Weekly" may be typed for "to".
    if !parts.has(Prep::To) && name.len() > 1 && name.first().is_some_and(|t| t.word.parse::<u64>().is_ok()) {
        return Err(Miss::unclear("I see a number before the name: put the name in quotes"));
    }
    // "rename a and b" names no new name.
    if name.first().is_none_or(|t| !t.quoted && (t.is_mark() || t.word == "and")) {
        return Err(Miss::unclear("say what it is to be called"));
    }
    let ids = ids.clone();
    // "put in a step that warms the cache. call it warmup".
    if let Some(called) = super::renamed::called(world, &ids[0], &text(&name)) {
        return called.ok_or_else(|| {
            Miss::unclear(
                "say how the new step is called where you add it: \u{201c}add a step called \u{2026}\u{201d}",
            )
        });
    }
    world.note(format!("Its name changes; its id stays `{}`.", ids[0]));
    edit(world, &ids, &["--name".into(), text(&name)], &[])
}

/// `copy build as build-release`.
pub(super) fn duplicate(world: &mut World, parts: Parts) -> Result<(), Miss> {
    parts.only(&[Prep::To, Prep::Named])?;
    let ids = steps(world, &parts.object)?;
    let [id] = ids.as_slice() else { return Err(Miss::unclear("copy one step at a time")) };
    if parts
        .parts
        .iter()
        .any(|p| p.tokens.iter().any(|t| !t.quoted && matches!(t.word.as_str(), "and" | "," | "but")))
    {
        return Err(Miss::unclear("I see more than the name of the copy"));
    }
    let name = parts.one_of(&[Prep::To, Prep::Named])?.and_then(|p| crate::id::slug(&text(&p.tokens)));
    if let Some(name) = &name
        && world.entity(name).is_some()
    {
        return Err(Miss::unclear(format!("`{name}` exists already; choose another name")));
    }
    let copy = name.unwrap_or_else(|| world.free_id(&format!("{id}-copy")));
    world.take(&["step", "clone", id, &copy]).map_err(Miss::Unclear)?;
    world.speak_of([copy.as_str()]);
    Ok(())
}

/// `mark build as done`.
pub(super) fn mark(world: &mut World, parts: Parts) -> Result<(), Miss> {
    parts.only(&[Prep::To])?;
    let (object, status) = match parts.get(Prep::To) {
        Some(part) => (parts.object.clone(), part.tokens.clone()),
        None => {
            let Some((last, rest)) = parts.object.split_last() else {
                return Err(Miss::unclear("say which step is done"));
            };
            (rest.to_vec(), vec![last.clone()])
        }
    };
    if status.iter().any(|t| matches!(t.word.as_str(), "review" | "reviewed")) && parts.has(Prep::To) {
        let ids = steps(world, &object)?;
        return edit(world, &ids, &["--review".into()], &[]);
    }
    let idle = |t: &Token| {
        status_word(&t.word).is_some()
            || matches!(
                t.word.as_str(),
                "the"
                    | "a"
                    | "as"
                    | "it"
                    | "now"
                    | "manually"
                    | "by"
                    | "hand"
                    | "already"
                    | "being"
                    | "to"
                    | "be"
                    | "is"
            )
    };
    if let Some(odd) = status.iter().find(|t| !idle(t)) {
        return Err(Miss::unclear(format!("I do not know what to make of \u{201c}{}\u{201d}", odd.text)));
    }
    let status = status.iter().rev().find_map(|t| status_word(&t.word));
    let Some(status) = status.filter(|s| !matches!(s.as_str(), "RUNNING" | "BLOCKED")) else {
        return Err(Miss::unclear("a status that can be set is done, failed or ready"));
    };
    let ids = steps(world, &object)?;
    edit(world, &ids, &["--status".into(), status.as_str().into()], &[])
}

/// What goes with what is removed.
#[derive(Debug, Default)]
pub(super) struct Along {
    pub cascade: bool,
    pub detach: bool,
    pub purge: bool,
}

/// `remove lint and test`, `remove the timeout of build`, `remove the edge between a and b`.
/// A word for the whole that a step goes from.
fn is_whole(token: &Token) -> bool {
    const WHOLE: &[&str] = &[
        "the", "this", "our", "my", "whole", "pipeline", "sequence", "workflow", "plan", "flow", "graph",
        "dag", "project", "list", "it", "there", "here", "steps", "run",
    ];
    WHOLE.contains(&token.word.as_str())
}

pub(super) fn remove(world: &mut World, parts: Parts, along: &Along) -> Result<(), Miss> {
    let has = |nouns: &[&str]| parts.object.iter().any(|t| nouns.contains(&t.word.as_str()) && !t.known);
    if has(&["dependency", "dependencies", "edge", "edges", "connection", "link", "arrow"]) {
        return super::order::disconnect(world, &parts);
    }
    if let Some((which, beside)) =
        field(&parts.object).filter(|_| !parts.object.iter().any(|t| t.word == "step"))
    {
        parts.only(&[Prep::From, Prep::Of, Prep::For, Prep::On])?;
        let ids = whose(world, &beside, &parts)?;
        let off = if which.1 == Takes::Switch { "off" } else { "nothing" };
        return put(world, &ids, which, &[Token::new(off)]);
    }
    if let Some(from) =
        parts.get(Prep::From).filter(|p| p.tokens.iter().any(|t| t.word == "group" || t.known))
    {
        let ids = steps(world, &parts.object)?;
        if from.tokens.iter().any(|t| t.word == "group" || world.members(&t.word).len() > 1) {
            return edit(world, &ids, &["--group".into(), String::new()], &[]);
        }
        return Err(Miss::unclear(format!(
            "do you mean \u{201c}disconnect {} from {}\u{201d}?",
            ids[0],
            text(&from.tokens)
        )));
    }
    let fused = |p: &super::clause::Part| {
        p.tokens.iter().any(|t| matches!(t.word.as_str(), "fusion" | "candidates" | "list"))
    };
    if parts.get(Prep::From).is_some_and(fused) {
        return Err(Miss::unclear(
            "a fusion keeps its candidates: remove the step itself, or make the fusion anew",
        ));
    }
    parts.only(&[Prep::From])?;
    if let Some(odd) = parts.get(Prep::From).filter(|p| !p.tokens.iter().all(is_whole)) {
        return Err(Miss::unclear(format!(
            "I do not know what to make of \u{201c}from {}\u{201d} here",
            text(&odd.tokens)
        )));
    }
    if sweeping(&parts.object) {
        return Err(Miss::unclear("that is all there is: name what is to be removed"));
    }
    let mut ids = Vec::new();
    for entity in super::entity::entities(world, &parts.object)? {
        if entity.kind == super::world::Kind::Group {
            world.note(format!("`{}` is a group: it is taken apart, its steps stay.", entity.id));
            world.take(&["group", "dissolve", &entity.id]).map_err(Miss::Unclear)?;
        } else {
            ids.push(entity.id);
        }
    }
    gone(world, ids, along)
}

/// Whether everything there is is meant: nobody throws that away in passing.
fn sweeping(object: &[Token]) -> bool {
    const ALL: &[&str] =
        &["everything", "anything", "sequence", "pipeline", "workflow", "project", "lot", "dag"];
    let (rest, kind) = super::entity::bare(object);
    let all = object.iter().any(|t| !t.known && matches!(t.word.as_str(), "all" | "every" | "each"));
    let named = rest.iter().any(|t| t.known || !ALL.contains(&t.word.as_str()));
    !named
        && !matches!(kind, Some(super::world::Kind::Gate | super::world::Kind::Group))
        && (all || !rest.is_empty())
}

/// Removes what nothing else to be removed waits for first.
fn gone(world: &mut World, mut ids: Vec<String>, along: &Along) -> Result<(), Miss> {
    while !ids.is_empty() {
        let last = ids
            .iter()
            .position(|id| !ids.iter().any(|other| other != id && world.followers(id).contains(other)));
        let id = ids.remove(last.unwrap_or(0));
        if world.entity(&id).is_none() {
            continue;
        }
        let mut line = if world.sequence().gate(&id).is_some() {
            vec!["gate", "rm", id.as_str()]
        } else {
            vec!["step", "rm", id.as_str()]
        };
        if line[0] == "step" {
            line.extend(along.cascade.then_some("--cascade"));
            line.extend(along.detach.then_some("--detach-dependents"));
            line.extend(along.purge.then_some("--purge"));
            let followers = world.followers(&id);
            if !followers.is_empty() && !along.cascade && !along.detach {
                world.note(format!("{} waits for `{id}`. Say \u{201c}remove {id} and everything that depends on it\u{201d}, or \u{201c}remove {id} but keep its dependents\u{201d}.", listed(&followers)));
            }
        }
        world.take(&line).map_err(Miss::Unclear)?;
    }
    world.speak_of([]);
    Ok(())
}
