//! What is said loosely: short, in whatever order, in few words or many.
//!
//! Clauses and frames know how a request is put. Here it does not count how: a stretch of words is taken apart into what
//! it mentions (`said.rs`), and what these come to together is one request (`come.rs`). It is understood only where every
//! word is explained, where nothing is mentioned that the request has no use for, and where one thing is asked for.

mod aside;
mod come;
mod facts;
mod idle;
mod phrase;
mod said;
mod sets;
mod taking;
mod vocabulary;

pub(super) use sets::{by_model, set};

use super::clause::{is_question_word, lead};
use super::frame::relative;
use super::token::{Token, words};
use super::world::World;

/// The words of what is said loosely.
pub(super) fn phrases() -> impl Iterator<Item = &'static str> {
    let acts = vocabulary::ACTS.iter().map(|(p, _)| *p).chain(vocabulary::RELS.iter().map(|(p, _)| *p));
    let more = [
        vocabulary::STARTS,
        vocabulary::NOTS,
        vocabulary::DETACH,
        vocabulary::LISTED,
        vocabulary::FAILS,
        idle::IDLE,
        idle::IDLE_PHRASES,
    ];
    acts.chain(more.into_iter().flatten().copied())
}

/// Reads some words, all of them, as one request.
pub(super) fn read(world: &World, tokens: &[Token]) -> Option<World> {
    let all = words(&tokens[lead(tokens)..]);
    let possible = matches!(words(tokens).as_slice(), ["is", "possible", ..] | ["is", "it", "possible", ..]);
    let known = tokens.get(lead(tokens)).is_some_and(|t| t.known);
    // "do not let it run longer than …" asks for something; "do not run it" for nothing.
    let asks = match all.as_slice() {
        ["do", "not", "let", ..] | ["never", "let", ..] => false,
        ["do", ..] if tokens.get(lead(tokens) + 1).is_some_and(|t| t.known) => false,
        ["should" | "shall" | "do" | "never", ..] => true,
        [first, ..] => is_question_word(first),
        [] => return None,
    };
    if relative::told(tokens) || asks && !known && !possible || tokens.iter().any(Token::ends) {
        return None;
    }
    come::come(world, &taking::said(world, tokens)?)
}
