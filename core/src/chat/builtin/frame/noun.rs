//! What is there already, as it is called: by id, by name, by a part of that, by what it runs, by a pronoun.

use super::super::abbreviation::{is_doing, is_short, stands_for_more};
use super::super::near::{is_a, slipped, stem};
use super::super::token::{Token, words};
use super::super::world::{Entity, Kind, World};
use super::small::{NO_NAMES, SMALL};
use crate::id::slug;

const BEFORE: &[&str] = &[
    "the", "both", "two", "three", "four", "all", "my", "our", "each", "of", "step", "steps", "job", "task",
    "gate",
];
const AFTER: &[&str] = &["step", "steps", "job", "jobs", "task", "gate", "tests", "test", "one", "stage"];

/// Every way to read the beginning of some words as a list of what is there; the longest first.
pub(in crate::chat::builtin) fn listed(world: &World, tokens: &[Token]) -> Vec<(Vec<String>, usize)> {
    let mut found: Vec<(Vec<String>, usize)> = Vec::new();
    let (mut ids, mut at): (Vec<String>, usize) = (Vec::new(), 0);
    while let Some((more, n)) = item(world, &tokens[at..]) {
        ids.extend(more.into_iter().filter(|id| !ids.contains(id)).collect::<Vec<_>>());
        at += n;
        found.push((ids.clone(), at));
        let joins = tokens[at..]
            .iter()
            .take_while(|t| !t.known && matches!(t.word.as_str(), "," | "and" | "n" | "plus" | "also"))
            .count();
        let well = matches!(words(&tokens[at..]).as_slice(), ["as", "well", "as", ..]);
        let joins = if well { 3 } else { joins };
        let again = tokens
            .get(at + joins)
            .is_some_and(|t| joins > 0 && matches!(t.word.as_str(), "for" | "on" | "to" | "of"));
        let next = at + joins + usize::from(again);
        // A pronoun begins something else.
        let pronoun = tokens.get(next).is_some_and(|t| !t.known && PRONOUNS.contains(&t.word.as_str()));
        if joins == 0 || pronoun {
            break;
        }
        at = next;
    }
    found.reverse();
    found
}

/// Whether all of these are steps.
pub(in crate::chat::builtin) fn are_steps(world: &World, ids: &[String]) -> bool {
    ids.iter().all(|id| world.sequence().step(id).is_some())
}

const PRONOUNS: &[&str] = &["it", "its", "that", "this", "them", "they", "those", "these"];

fn item(world: &World, tokens: &[Token]) -> Option<(Vec<String>, usize)> {
    let mut lead =
        tokens.iter().take_while(|t| !t.known && !t.quoted && BEFORE.contains(&t.word.as_str())).count();
    // "the step shown as Evaluate".
    let called = words(&tokens[lead..]);
    if lead > 1 {
        lead += match called.as_slice() {
            ["shown" | "displayed" | "known" | "listed", "as", ..] => 2,
            ["called" | "named" | "titled", ..] => 1,
            _ => 0,
        };
    }
    let first = tokens.get(lead)?;
    if first.quoted {
        let entity = named(world, &first.text)?;
        return Some((members(world, &entity), lead + 1 + trailing(&entity, &tokens[lead + 1..])));
    }
    if first.known {
        let entity = named(world, &first.text)?;
        return Some((members(world, &entity), lead + 1 + trailing(&entity, &tokens[lead + 1..])));
    }
    if let Some(found) = by_command(world, tokens) {
        return Some(found);
    }
    if lead == 0 && PRONOUNS.contains(&first.word.as_str()) || first.word == "one" && lead == 1 {
        let noun = tokens.get(1).is_some_and(|t| AFTER.contains(&t.word.as_str()));
        let plural = matches!(first.word.as_str(), "them" | "they" | "those" | "these");
        let fits = !world.focus.is_empty() && (plural || world.focus.len() == 1) && first.word != "one";
        return fits.then(|| (world.focus.clone(), 1 + usize::from(noun && !plural)));
    }
    if let Some(n) = made(world, tokens) {
        return Some((world.focus.clone(), n));
    }
    let both = tokens[..lead].iter().find_map(|t| match t.word.as_str() {
        "both" => Some(2),
        word => super::super::number::number(word).filter(|n| *n > 1),
    });
    (1..=3.min(tokens.len() - lead)).rev().find_map(|n| {
        let window = &tokens[lead..lead + n];
        let found = by_part(world, window, both)?;
        let entity = world.entity(&found[0])?;
        Some((found, lead + n + trailing(&entity, &tokens[lead + n..])))
    })
}

/// How many words mean what was made before: "the copy", "the new step".
fn made(world: &World, tokens: &[Token]) -> Option<usize> {
    let [id] = world.focus.as_slice() else { return None };
    let (verb, n) = match words(tokens).as_slice() {
        ["the" | "this" | "that", "copy" | "clone" | "duplicate", ..] => ("seqctl step clone ", 2),
        ["the" | "this" | "that", "new", "step" | "task" | "job" | "one", ..] => ("seqctl step add ", 3),
        ["the" | "this" | "that", "new", "gate", ..] => ("seqctl gate insert ", 3),
        _ => return None,
    };
    let made = |line: &String| line.strip_prefix(verb).is_some_and(|rest| rest.split(' ').any(|w| w == id));
    world.lines.iter().any(made).then_some(n)
}

fn members(world: &World, entity: &Entity) -> Vec<String> {
    if entity.kind == Kind::Group { world.members(&entity.id) } else { vec![entity.id.clone()] }
}

/// What has this id or name.
fn named(world: &World, text: &str) -> Option<Entity> {
    let key = slug(text)?;
    let all = world.entities();
    let by_id = all.iter().find(|e| e.id == key);
    let mut by_name = all.iter().filter(|e| e.name == key || e.id.replace('-', "") == key.replace('-', ""));
    by_id.or_else(|| by_name.next().filter(|_| by_name.next().is_none())).cloned()
}

/// Nouns, and further words of its name, behind what names it: "the iOS build", "the integration tests".
fn trailing(entity: &Entity, tokens: &[Token]) -> usize {
    let part = |t: &Token| {
        AFTER.contains(&t.word.as_str())
            || entity.kind == Kind::Group && matches!(t.word.as_str(), "group" | "steps")
            // "with" says something of its own, though a name has it, too.
            || !SMALL.contains(&t.word.as_str())
                && entity.name.split('-').any(|p| p.len() > 2 && stem(p) == stem(&t.word))
    };
    tokens.iter().take(2).take_while(|t| !t.known && !t.quoted && part(t)).count()
}

/// "the one that runs `cargo test`".
fn by_command(world: &World, tokens: &[Token]) -> Option<(Vec<String>, usize)> {
    let all = words(tokens);
    let noun = matches!(all.get(..2)?, ["the", "one" | "step" | "job" | "task"]);
    let from = match all.get(2..)? {
        ["that" | "which", "runs" | "calls" | "executes" | "does" | "uses", ..] => 4,
        ["with" | "running" | "for" | "executing" | "calling", ..] => 3,
        _ => return None,
    };
    let command = matches!(all.get(from..from + 2), Some(["the", "command"]));
    let from = from + if command { 2 } else { 0 };
    if !noun || from >= tokens.len() {
        return None;
    }
    let mut found: Vec<(String, usize)> = Vec::new();
    for step in world.sequence().steps.iter().filter(|s| !s.command.is_empty()) {
        let quoted = tokens.get(from).is_some_and(|t| t.quoted && t.text == step.command.join(" "));
        let n = step.command.len();
        let said: Vec<&str> = tokens[from..].iter().take(n).map(|t| t.text.as_str()).collect();
        if quoted {
            found.push((step.id.to_string(), from + 1));
        } else if said.join(" ") == step.command.join(" ") {
            found.push((step.id.to_string(), from + n));
        }
    }
    // "the one that runs deploy.sh" names a part of the line that no other has.
    let word = tokens.get(from).filter(|t| t.text.len() > 3);
    if let Some(word) = word.filter(|_| found.is_empty()) {
        let has = |s: &&crate::model::Step| {
            s.command.iter().any(|a| *a == word.text || a.ends_with(&format!("/{}", word.text)))
        };
        found.extend(world.sequence().steps.iter().filter(has).map(|s| (s.id.to_string(), from + 1)));
    }
    let most = found.iter().map(|(_, n)| *n).max()?;
    found.retain(|(_, n)| *n == most);
    if let [(id, n)] = found.as_slice() { Some((vec![id.clone()], *n)) } else { None }
}

/// What has these words in its id or name, and nothing else has; or one with a typing error. `both`: the two that have.
fn by_part(world: &World, window: &[Token], both: Option<u64>) -> Option<Vec<String>> {
    let odd = |t: &Token| {
        t.known
            || t.quoted
            || t.is_mark()
            || t.word.len() < 3 && !(window.len() == 1 && stands_for_more(&t.word))
            || SMALL.contains(&t.word.as_str())
            || super::super::number::number(&t.word).is_some()
            || super::super::lexicon::verb(&[t.word.as_str()]).is_some()
    };
    if window.iter().any(odd) {
        return None;
    }
    let all = world.entities();
    let same = |p: &str, t: &Token| stem(p) == stem(&t.word) || both.is_some() && is_doing(p, stem(&t.word));
    let has = |e: &&Entity| match both {
        Some(_) => window.iter().all(|t| is_a(&e.id, &e.name, |p| same(p, t))),
        None => window.iter().all(|t| e.id.split('-').chain(e.name.split('-')).any(|p| same(p, t))),
    };
    let found: Vec<String> = all.iter().filter(has).map(|e| e.id.clone()).collect();
    match found.as_slice() {
        [_] if both.is_none() => return Some(found),
        some if both == Some(some.len() as u64) => return Some(found),
        [] => {}
        _ => return None,
    }
    if let Some(one) = abbreviated(&all, window).filter(|_| both.is_none()) {
        return Some(vec![one]);
    }
    let key = slug(&window.iter().map(|t| t.text.as_str()).collect::<Vec<_>>().join(" "))?;
    let near: Vec<String> = all
        .iter()
        .filter(|e| key.len() > 2 && (slipped(&key, &e.id) || slipped(&key, &e.name)))
        .map(|e| e.id.clone())
        .collect();
    (near.len() == 1).then_some(near)
}

/// The one that has these words in its id or name, some of them written short.
fn abbreviated(all: &[Entity], window: &[Token]) -> Option<String> {
    let fits =
        |part: &str, word: &str| stem(part) == stem(word) || is_short(part, word) || is_doing(part, word);
    let has = |e: &&Entity| {
        window.iter().all(|t| e.id.split('-').chain(e.name.split('-')).any(|p| fits(p, &t.word)))
    };
    let mut found = all.iter().filter(has);
    found.next().filter(|_| found.next().is_none()).map(|e| e.id.clone())
}

/// A group.
pub(in crate::chat::builtin) fn group(world: &World, tokens: &[Token]) -> Option<(String, usize)> {
    let lead =
        tokens.iter().take_while(|t| !t.known && matches!(t.word.as_str(), "the" | "group" | "our")).count();
    let first = tokens.get(lead).filter(|t| t.known)?;
    let entity = world.entities().iter().find(|e| e.id == first.word && e.kind == Kind::Group)?.clone();
    let noun = tokens.get(lead + 1).is_some_and(|t| !t.known && matches!(t.word.as_str(), "group" | "steps"));
    Some((entity.id, lead + 1 + usize::from(noun)))
}

/// The id of something new: one word that nothing there is called.
pub(in crate::chat::builtin) fn new(world: &World, tokens: &[Token]) -> Option<(String, usize)> {
    let first = tokens.first().filter(|t| !t.known && !t.quoted && !t.is_mark())?;
    let id = slug(&first.text)?;
    let plain = first.text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    let odd = NO_NAMES.contains(&first.word.as_str())
        || super::super::number::number(&first.word).is_some()
        || super::super::lexicon::NEGATIONS.contains(&first.word.as_str());
    (plain && !odd && id.len() > 1 && world.entity(&id).is_none()).then_some((id, 1))
}
