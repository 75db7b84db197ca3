//! What is there already, put into another place.

use super::clause::Parts;
use super::entity::{Miss, items, listed};
use super::lexicon::{Prep, Verb};
use super::place::{Place, between, place, rewire};
use super::token::Token;
use super::world::World;
use super::{group, order};
use crate::id::slug;

/// What of the object is there already.
pub(super) fn known_objects(world: &World, parts: &Parts) -> Vec<String> {
    let items = items(&parts.object);
    let known = |item: &&[Token]| {
        let (rest, _) = super::entity::bare(item);
        let is_it = rest.len() == 1 && matches!(rest[0].word.as_str(), "it" | "them");
        is_it || rest.len() == 1 && rest[0].known
    };
    if items.is_empty() || !items.iter().all(known) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for item in items {
        let (rest, _) = super::entity::bare(item);
        match world.entities().iter().find(|e| {
            e.id == slug(&rest[0].text).unwrap_or_default()
                || e.name == slug(&rest[0].text).unwrap_or_default()
        }) {
            Some(entity) => found.push(entity.id.clone()),
            None => found.extend(world.focus.clone()),
        }
    }
    found
}

/// What is there already is put into its place.
pub(super) fn existing(world: &mut World, verb: Verb, parts: &Parts, ids: &[String]) -> Result<(), Miss> {
    if verb == Verb::Insert && parts.has(Prep::Parallel) && parts.parts.len() == 1 {
        return group::parallel(world, Verb::Parallel, parts.clone());
    }
    let into = |p: &super::clause::Part| {
        p.tokens.iter().any(|t| matches!(t.word.as_str(), "lane" | "group" | "row"))
    };
    if verb == Verb::Insert && parts.has(Prep::In) || parts.parts.iter().any(into) {
        let mut parts = parts.clone();
        parts.parts.iter_mut().filter(|p| p.prep == Prep::To).for_each(|p| p.prep = Prep::In);
        return super::group::put_in(world, &parts);
    }
    let place = place(world, parts)?;
    let loose = ids.iter().all(|id| world.depends_on(id).is_empty() && world.followers(id).is_empty());
    parts.only(&[Prep::After, Prep::Before, Prep::Between, Prep::On])?;
    if verb == Verb::Add || place == Place::default() {
        return Err(Miss::unclear(format!(
            "{} exists already. To order it, say \u{201c}make {} wait for \u{2026}\u{201d}",
            listed(ids),
            ids[0]
        )));
    }
    if !loose && (place.between || !place.before.is_empty() || ids.len() > 1) {
        return Err(Miss::unclear(format!(
            "{} has a place already: say which edges are to change, as in \u{201c}make {} wait for \u{2026}\u{201d} or \u{201c}disconnect {} from \u{2026}\u{201d}",
            listed(ids),
            ids[0],
            ids[0]
        )));
    }
    for id in ids {
        wire(world, id, &place, verb == Verb::Insert && loose)?;
    }
    world.speak_of(ids.iter().map(String::as_str));
    Ok(())
}

/// Edges of something that exists.
fn wire(world: &mut World, id: &str, place: &Place, splice: bool) -> Result<(), Miss> {
    let place = if splice { between(world, place) } else { place.clone() };
    for before in &place.after {
        order::depend(world, id, before)?;
    }
    rewire(world, &[id.to_owned()], &place)
}
