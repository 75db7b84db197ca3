//! A field and its value, without a verb.

use super::clause::parts;
use super::edit::{put, whose};
use super::entity::{Miss, steps};
use super::field::{Takes, field};
use super::lexicon::Prep;
use super::token::Token;
use super::world::World;

/// `timeout of build: 5m`, `build timeout 5m`; `None` where it is something else.
pub(super) fn assigned(world: &mut World, tokens: &[Token]) -> Option<Result<(), Miss>> {
    let mark = |t: &Token| !t.quoted && !t.known && matches!(t.word.as_str(), ":" | "=" | "->");
    if let Some(at) = tokens.iter().position(mark) {
        let (left, value) = (parts(&tokens[..at], false), &tokens[at + 1..]);
        let (which, beside) = field(&left.object)?;
        let named = tokens[..at].iter().any(|t| t.known) && !value.is_empty();
        return named.then(|| {
            left.only(&[Prep::Of, Prep::For, Prep::On])?;
            let ids = whose(world, &beside, &left)?;
            put(world, &ids, which, value)
        });
    }
    let known = tokens.iter().take_while(|t| t.known).count();
    let rest = &tokens[known..];
    // "build can retry twice" says it in a sentence.
    let modal = |t: &Token| matches!(t.word.as_str(), "can" | "may" | "should" | "must" | "shall" | "will");
    if rest.first().is_some_and(modal) {
        return None;
    }
    let (which, value) = field(&rest[..rest.len().min(2)]).filter(|_| known == 1)?;
    let whole: Vec<Token> = value.into_iter().chain(rest.iter().skip(2).cloned()).collect();
    let is_value = matches!(which.1, Takes::Span | Takes::Count | Takes::Model) && !whole.is_empty();
    is_value.then(|| {
        let ids = steps(world, &tokens[..1])?;
        put(world, &ids, which, &whole)
    })
}

/// `no retries for build`, `a timeout of 5m for build`; `None` where it is something else.
pub(super) fn owed(world: &mut World, tokens: &[Token]) -> Option<Result<(), Miss>> {
    let parts = super::options::joined(parts(tokens, false));
    let begins = parts.object.first()?;
    let is_value = matches!(begins.word.as_str(), "a" | "an" | "no" | "max" | "at")
        || super::number::number(&begins.word).is_some()
        || super::number::span(&[begins.word.as_str()]).is_some();
    let whole = parts.object.iter().all(|t| !t.known) && is_value;
    whole.then(|| super::edit::added_field(world, &parts)).flatten()
}
