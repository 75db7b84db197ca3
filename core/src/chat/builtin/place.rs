//! Where in the order something goes, and the edges that put it there.

use super::clause::Parts;
use super::entity::{Miss, listed, nodes};
use super::lexicon::Prep;
use super::saying::is_over;
use super::token::{Token, text, words};
use super::world::World;

/// Where something goes.
#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Place {
    pub after: Vec<String>,
    pub before: Vec<String>,
    /// Both ends were named.
    pub between: bool,
}

/// Where the parts say something goes.
pub(super) fn place(world: &mut World, parts: &Parts) -> Result<Place, Miss> {
    let mut place = Place::default();
    if let Some(part) = parts.get(Prep::Between) {
        let ends = nodes(world, &part.tokens)?;
        let [first, second] = ends.as_slice() else {
            return Err(Miss::unclear(format!(
                "\u{201c}between\u{201d} needs two ends, and I see {}",
                listed(&ends)
            )));
        };
        let turned = world.comes_after(first, second);
        let (a, b) = if turned { (second, first) } else { (first, second) };
        (place.after, place.before, place.between) = (vec![a.clone()], vec![b.clone()], true);
    }
    for part in &parts.parts {
        match part.prep {
            Prep::After if part.tokens.is_empty() => place.after.extend(ends(world, false)),
            Prep::After if words(&part.tokens) == ["everything"] => place.after.extend(ends(world, false)),
            Prep::Before if words(&part.tokens) == ["everything"] => place.before.extend(ends(world, true)),
            Prep::After => place.after.extend(nodes(world, without(&part.tokens, is_over))?),
            Prep::Before => place.before.extend(nodes(
                world,
                without(&part.tokens, |t| !t.known && !t.quoted && BEGINS.contains(&t.word.as_str())),
            )?),
            Prep::On => {
                let (rest, _) = super::entity::bare(&part.tokens);
                match rest.iter().map(|t| t.word.as_str()).collect::<Vec<_>>().as_slice() {
                    ["start" | "beginning" | "front" | "top"] => place.before.extend(ends(world, true)),
                    ["end" | "bottom" | "back"] => place.after.extend(ends(world, false)),
                    _ => {
                        return Err(Miss::unclear(format!(
                            "I do not know the place \u{201c}{}\u{201d}",
                            text(&part.tokens)
                        )));
                    }
                }
            }
            _ => {}
        }
    }
    for list in [&mut place.after, &mut place.before] {
        let mut seen = std::collections::BTreeSet::new();
        list.retain(|id| seen.insert(id.clone()));
    }
    if let Some(both) = place.after.iter().find(|id| place.before.contains(id)) {
        return Err(Miss::unclear(format!("it cannot be before and after `{both}`")));
    }
    Ok(place)
}

/// What is said of a step before which something goes: `before build starts`.
const BEGINS: &[&str] = &[
    "is", "are", "gets", "can", "run", "runs", "start", "starts", "started", "begins", "executed", "goes",
    "out", "live",
];

/// Without such words at the end.
fn without(tokens: &[Token], said: impl Fn(&Token) -> bool) -> &[Token] {
    let n = tokens.iter().rev().take_while(|t| said(t)).count();
    &tokens[..tokens.len() - n]
}

/// The steps that begin, or those that end.
fn ends(world: &World, first: bool) -> Vec<String> {
    let ids: Vec<String> = world.sequence().steps.iter().map(|s| s.id.to_string()).collect();
    ids.into_iter()
        .filter(|id| if first { world.depends_on(id).is_empty() } else { world.followers(id).is_empty() })
        .collect()
}

/// What is inserted before something waits for what that waited for.
pub(super) fn between(world: &World, place: &Place) -> Place {
    let mut place = place.clone();
    if place.after.is_empty() {
        for id in &place.before {
            place.after.extend(world.depends_on(id));
        }
        place.after.dedup();
    }
    place
}

/// What followed the place now follows what was inserted there.
pub(super) fn take_over(
    world: &mut World,
    exits: &[String],
    after: &[String],
    followers: &[String],
) -> Result<(), Miss> {
    for follower in followers {
        for a in after {
            if world.depends_on(follower).contains(a) {
                world.take(&["dep", "rm", follower, a]).map_err(Miss::Unclear)?;
            }
        }
        let mut line = vec!["dep", "add", follower.as_str()];
        line.extend(exits.iter().map(String::as_str));
        world.take(&line).map_err(Miss::Unclear)?;
    }
    Ok(())
}

/// What comes after waits for it; a direct edge that it now stands in is cut.
pub(super) fn rewire(world: &mut World, exits: &[String], place: &Place) -> Result<(), Miss> {
    for before in &place.before {
        let waits_for = world.depends_on(before);
        for dep in waits_for.iter().filter(|d| place.after.contains(d) && !exits.contains(d)) {
            world.take(&["dep", "rm", before, dep]).map_err(Miss::Unclear)?;
        }
        let mut line = vec!["dep", "add", before.as_str()];
        line.extend(exits.iter().filter(|e| !waits_for.contains(e)).map(String::as_str));
        if line.len() > 3 {
            world.take(&line).map_err(Miss::Unclear)?;
        }
    }
    Ok(())
}
