//! What does not fit a new step is said to be so, never passed over.

use super::clause::Parts;
use super::entity::{Miss, items, listed};
use super::lexicon::Prep;
use super::options::Options;
use super::token::{Token, text};
use super::world::World;

/// Where something is to stand, which is no part of what it is called.
const PLACES: &[&str] =
    &["first", "last", "early", "earlier", "late", "later", "sooner", "next", "now", "again", "instead"];

/// Where new steps belong; a part that names what is there and says nothing of the new one is not passed over.
pub(super) fn used(parts: &Parts, options: &mut Options) -> Result<(), Miss> {
    let beside = parts.has(Prep::Parallel);
    for part in &parts.parts {
        let place: Vec<&Token> =
            part.tokens.iter().filter(|t| !matches!(t.word.as_str(), "the" | "a" | "called")).collect();
        let names = match place.as_slice() {
            [one] => one.known,
            _ => false,
        };
        let kind = place
            .iter()
            .position(|t| matches!(t.word.as_str(), "lane" | "row" | "folder" | "directory") && !t.known);
        match (part.prep, kind) {
            (Prep::In | Prep::To, Some(at)) if place.len() == 2 => {
                let flag = if matches!(place[at].word.as_str(), "lane" | "row") { "--lane" } else { "--cwd" };
                options.flag(flag, place[1 - at].text.clone());
            }
            (Prep::In, _) => {
                return Err(Miss::unclear(format!(
                    "I do not know the place \u{201c}{}\u{201d}",
                    text(&part.tokens)
                )));
            }
            (Prep::To | Prep::For | Prep::That, _) if names && !beside => {
                return Err(Miss::unclear(format!(
                    "say how the new step stands to `{}`: before or after it",
                    place[0].text
                )));
            }
            (Prep::For, _) if super::number::span(&super::token::words(&part.tokens)).is_some() => {
                return Err(Miss::unclear(
                    "is that its time limit? Say \u{201c}with a timeout of \u{2026}\u{201d}",
                ));
            }
            (Prep::For, _) if items(&part.tokens).len() > 1 => {
                return Err(Miss::unclear(
                    "one step, or one for each? Say \u{201c}add \u{2026} and \u{2026}\u{201d}",
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// What no step is called: an address, an assignment, a flag; and "a third worker", of which there are two.
pub(super) fn odd_name(world: &World, item: &[Token]) -> Result<(), Miss> {
    let odd = |t: &&Token| {
        !t.quoted && !t.is_mark() && t.text.contains(['=', '/', '\\', '@', '$', '<', '>', '|', '*'])
    };
    if let Some(token) = item.iter().find(odd) {
        return Err(Miss::unclear(format!("\u{201c}{}\u{201d} is no name for a step", token.text)));
    }
    if let [one] = super::entity::bare(item).0.as_slice()
        && matches!(
            one.word.as_str(),
            "it" | "them"
                | "that"
                | "this"
                | "they"
                | "something"
                | "anything"
                | "stuff"
                | "thing"
                | "things"
        )
    {
        return Err(Miss::Nothing(one.text.clone()));
    }
    if let [one] = super::entity::bare(item).0.as_slice()
        && let Some(there) = world.entities().iter().find(|e| {
            e.id != one.word
                && super::near::stem(&e.id) == super::near::stem(&one.word)
                && one.word.len() > 3
                && !one.quoted
        })
    {
        return Err(Miss::unclear(format!("`{}` is there already: how is the new one called?", there.id)));
    }
    // "put docs last".
    if let [there, rest @ ..] = super::entity::bare(item).0.as_slice()
        && there.known
        && !rest.is_empty()
        && rest.iter().all(|t| PLACES.contains(&t.word.as_str()))
    {
        return Err(Miss::unclear(format!(
            "`{}` is there already. To order it, say \u{201c}make {} wait for \u{2026}\u{201d}",
            there.text, there.text
        )));
    }
    // "add a step misra, working in src": how it is, and no other step.
    if let [one] = item
        && matches!(
            one.word.as_str(),
            "working"
                | "running"
                | "depending"
                | "using"
                | "waiting"
                | "calling"
                | "starting"
                | "executing"
                | "having"
        )
    {
        return Err(Miss::unclear(format!("\u{201c}{}\u{201d} is no name for a step", one.text)));
    }
    let plain: Vec<&Token> = item.iter().filter(|t| !t.is_mark()).collect();
    let unclear = || Err(Miss::unclear(format!("\u{201c}{}\u{201d} is no name for a step", text(item))));
    let mixed = plain.len() > 1 && plain.iter().any(|t| t.quoted) && !plain.iter().all(|t| t.quoted);
    let said = |t: &&Token| {
        matches!(
            t.word.as_str(),
            "should" | "must" | "shall" | "gets" | "waits" | "depends" | "with" | "will"
        )
    };
    let done = plain.len() > 1
        && plain
            .last()
            .is_some_and(|t| matches!(t.word.as_str(), "done" | "run" | "written" | "made" | "handled"));
    let command = plain.len() > 1 && {
        let (rest, _) = super::entity::bare(item);
        let rest: Vec<Token> = rest.into_iter().cloned().collect();
        rest.len() > 1 && super::options::is_program(world, &rest)
    };
    if mixed && plain.iter().any(&said) || done || command || plain.iter().any(|t| !t.quoted && said(t)) {
        return unclear();
    }
    let (rest, _) = super::entity::bare(item);
    let ordinal = |t: &Token| matches!(t.word.as_str(), "second" | "third" | "fourth" | "fifth" | "sixth");
    if let [first, noun] = rest.as_slice()
        && ordinal(first)
    {
        let noun = super::near::stem(&noun.word).to_owned();
        let there: Vec<String> = world
            .entities()
            .iter()
            .filter(|e| e.id.split('-').any(|word| super::near::stem(word) == noun))
            .map(|e| e.id.clone())
            .collect();
        if let Some(one) = there.first() {
            return Err(Miss::unclear(format!(
                "of those there is {} already: say \u{201c}clone {one}\u{201d} or how the new one is called",
                listed(&there)
            )));
        }
    }
    Ok(())
}

/// What stands before the name may describe the step, and names nothing and counts nothing.
pub(super) fn odd_beside_name(object: &[Token]) -> Result<(), Miss> {
    // "a second unit step called …".
    let of_kind = |at: usize| {
        let next = object.get(at + 1).filter(|t| !t.known);
        object[at].known && next.is_some_and(|t| matches!(t.word.as_str(), "step" | "task" | "job"))
    };
    let odd = |at: &usize| {
        let token = &object[*at];
        token.known && !token.quoted && !of_kind(*at)
            || token.is_mark()
            || matches!(token.word.as_str(), "it" | "them" | "both")
            || super::number::number(&token.word).is_some_and(|n| n > 1)
    };
    match (0..object.len()).find(odd) {
        Some(at) => Err(Miss::unclear(format!(
            "I do not know what to make of \u{201c}{}\u{201d} beside its name",
            object[at].text
        ))),
        None => Ok(()),
    }
}
