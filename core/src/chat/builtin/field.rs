//! The fields of a step, by what people call them.

use super::token::{Token, words};

/// What a field takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Takes {
    Span,
    Count,
    Attempts,
    Model,
    Argv,
    Text,
    Word,
    Switch,
}

/// Fields by what people call them, longest first.
const FIELDS: &[(&str, &str, Takes)] = &[
    ("number of retries", "--retry", Takes::Count),
    ("retry count", "--retry", Takes::Count),
    ("retry limit", "--retry", Takes::Count),
    ("retry backoff", "--retry-backoff", Takes::Span),
    ("retry delay", "--retry-backoff", Takes::Span),
    ("working directory", "--cwd", Takes::Text),
    ("working dir", "--cwd", Takes::Text),
    ("work directory", "--cwd", Takes::Text),
    ("display name", "--name", Takes::Text),
    ("time limit", "--timeout", Takes::Span),
    ("maximum time", "--timeout", Takes::Span),
    ("fail policy", "--fail-policy", Takes::Word),
    ("prompt text", "--prompt-text", Takes::Text),
    ("timeout", "--timeout", Takes::Span),
    ("retries", "--retry", Takes::Count),
    ("retry", "--retry", Takes::Count),
    ("attempts", "--retry", Takes::Attempts),
    ("tries", "--retry", Takes::Attempts),
    ("backoff", "--retry-backoff", Takes::Span),
    ("model", "--model", Takes::Model),
    ("agent", "--model", Takes::Model),
    ("command", "", Takes::Argv),
    ("prompt", "--prompt-text", Takes::Text),
    ("instructions", "--prompt-text", Takes::Text),
    ("cwd", "--cwd", Takes::Text),
    ("folder", "--cwd", Takes::Text),
    ("directory", "--cwd", Takes::Text),
    ("lane", "--lane", Takes::Text),
    ("role", "--role", Takes::Text),
    ("name", "--name", Takes::Text),
    ("title", "--name", Takes::Text),
    ("type", "--type", Takes::Word),
    ("condition", "--when", Takes::Text),
    ("review", "--review", Takes::Switch),
    ("worktree", "--worktree", Takes::Switch),
];

/// What people call them.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FIELDS.iter().map(|(name, ..)| *name)
}

/// A field: its flag and what it takes.
pub(super) type Field = (&'static str, Takes);

/// The field that words name, and the other words.
pub(super) fn field(tokens: &[Token]) -> Option<(Field, Vec<Token>)> {
    let all = words(tokens);
    for (phrase, flag, takes) in FIELDS {
        let n = phrase.split(' ').count();
        let at = (0..all.len())
            .rev()
            .find(|at| super::lexicon::begins(&all[*at..], phrase).is_some() && !tokens[*at].known);
        if let Some(at) = at {
            let mut rest = tokens.to_vec();
            rest.drain(at..at + n);
            return Some(((flag, *takes), rest));
        }
    }
    None
}
