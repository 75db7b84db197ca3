//! What turns a request around, and what only says that something is not needed.

use super::entity::{self, Miss};
use super::gate;
use super::lexicon::{NEGATIONS, PREPS, Prep, Verb, begins};
use super::token::{Token, words};
use super::world::World;

/// `we do not need lint anymore`: what it is about; nothing is done for it.
pub(super) fn unneeded(world: &mut World, tokens: &[Token]) -> Option<Result<(), Miss>> {
    let all = words(tokens);
    let (before, after) = match all.as_slice() {
        ["i" | "we", "do", "not", "need", ..] => (4, 0),
        ["i" | "we", "no", "longer", "need", ..] => (4, 0),
        ["no", "need", "for", ..] => (3, 0),
        ["there", "is", "no", "need", "for", ..] => (5, 0),
        [.., "is" | "are", "no", "longer", "needed" | "necessary" | "required"] => (0, 4),
        [.., "is" | "are", "not", "needed" | "necessary" | "required", "anymore"] => (0, 4),
        [.., "is" | "are", "obsolete" | "useless" | "superfluous" | "unneeded"] => (0, 2),
        _ => return None,
    };
    let mut about = &tokens[before..tokens.len() - after];
    while let Some((last, rest)) = about.split_last().filter(|(last, _)| last.word == "anymore") {
        debug_assert!(!last.known);
        about = rest;
    }
    let ids = entity::nodes(world, about);
    Some(ids.map(|ids| world.speak_of(ids.iter().map(String::as_str))))
}

pub(super) fn refuse_denials(tokens: &[Token], verb: Verb) -> Result<(), Miss> {
    let denial = tokens.iter().map(|t| t.word.as_str()).find(|w| NEGATIONS.contains(w));
    match denial {
        Some(word) if !matches!(verb, Verb::Make) => Err(Miss::unclear(format!(
            "\u{201c}{word}\u{201d} turns the request around, and I do nothing on a guess; say only what is to be done"
        ))),
        _ => Ok(()),
    }
}

/// The request without its reason: `because it is not ready` denies nothing of it.
pub(super) fn before_reason(tokens: &[Token], verb: Verb) -> &[Token] {
    if !matches!(verb, Verb::Block | Verb::Reject | Verb::Approve) {
        return tokens;
    }
    let all = words(tokens);
    let because = (0..all.len()).find(|at| {
        let reason = PREPS.iter().any(|(p, prep)| *prep == Prep::Because && begins(&all[*at..], p).is_some());
        reason && !tokens[*at].quoted && !tokens[*at].known
    });
    let end = because.or_else(|| gate::reason_at(tokens)).unwrap_or(tokens.len());
    &tokens[..end]
}
