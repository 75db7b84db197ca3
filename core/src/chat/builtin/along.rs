//! What goes along with a removal: `and everything that depends on it`, `but keep its dependents`.

use super::change::Along;
use super::lexicon::{Verb, begins};
use super::token::{Token, words};

const WITH: &[&str] =
    &["and", "with", "including", "along with", "together with", "plus", "as well as", "incl"];
const KEEPS: &[&str] = &[
    "but keep",
    "and keep",
    "keep",
    "but leave",
    "and leave",
    "but not",
    "without",
    "without touching",
    "but detach",
    "and detach",
    "but do not touch",
    "but spare",
    "but do not remove",
    "but do not delete",
];
const ALL: &[&str] = &[
    "all of",
    "all",
    "everything",
    "everything else",
    "anything",
    "whatever",
    "what",
    "every step",
    "all steps",
    "steps",
];
const RELATED: &[&str] = &[
    "depends on",
    "depend on",
    "depending on",
    "follows",
    "follow",
    "comes after",
    "come after",
    "runs after",
    "is after",
    "after",
    "waits for",
    "wait for",
    "waiting for",
    "needs",
    "need",
    "relies on",
    "downstream of",
    "is downstream of",
    "behind",
];
const FOLLOWERS: &[&str] = &[
    "dependents",
    "dependants",
    "followers",
    "successors",
    "children",
    "descendants",
    "downstream",
    "downstream steps",
    "dependent steps",
];
const AFTERWARDS: &[&str] =
    &["alone", "in place", "untouched", "where they are", "as they are", "as it is", "as is", "there"];
const PROMPT: &[&str] = &["prompt file", "prompt"];

/// The words of a removal without what tells of others, and what that is.
pub(super) fn along(tokens: &[Token]) -> (Along, Vec<Token>) {
    let mut along = Along::default();
    let mut tokens = tokens.to_vec();
    // "a step with the prompt …" has one.
    let removes = super::lexicon::verb(&words(&tokens)).is_some_and(|(verb, _)| verb == Verb::Remove);
    let mut at = 1;
    while at < tokens.len() {
        let all = words(&tokens[at..]);
        let said = |lead: &[&str], what: fn(&[&str]) -> Option<usize>| {
            let begun = longest(&all, lead)?;
            what(&all[begun..]).map(|n| begun + n)
        };
        let plain = !tokens[at].known && !tokens[at].quoted;
        let found = said(KEEPS, kept).map(|n| (n, 1));
        let found = found.or_else(|| said(WITH, others).map(|n| (n, 0)));
        let found = found.or_else(|| said(WITH, prompt).filter(|_| removes).map(|n| (n, 2)));
        match found.or_else(|| begins(&all, "and cut its edges").map(|n| (n, 1))).filter(|_| plain) {
            Some((n, which)) => {
                tokens.drain(at..at + n);
                match which {
                    0 => along.cascade = true,
                    1 => along.detach = true,
                    _ => along.purge = true,
                }
            }
            None => at += 1,
        }
    }
    (along, tokens)
}

fn longest(all: &[&str], phrases: &[&str]) -> Option<usize> {
    phrases.iter().filter_map(|phrase| begins(all, phrase)).max()
}

/// `everything that depends on it`, `all of its dependents`.
fn others(all: &[&str]) -> Option<usize> {
    let whole = longest(all, ALL).unwrap_or(0);
    let rest = &all[whole..];
    if matches!(rest.first(), Some(&"its" | &"their" | &"the")) {
        return longest(&rest[1..], FOLLOWERS).map(|n| whole + 1 + n);
    }
    if whole > 0 && matches!(rest, ["downstream" | "afterwards"]) {
        return Some(all.len());
    }
    let that = usize::from(matches!(rest.first(), Some(&"that" | &"which")));
    let related = longest(&rest[that..], RELATED).filter(|_| whole > 0)?;
    let at = whole + that + related;
    matches!(all.get(at), Some(&"it" | &"them")).then_some(at + 1)
}

/// The same of what stays, and `the rest`.
fn kept(all: &[&str]) -> Option<usize> {
    let n = others(all).or_else(|| begins(all, "the rest"))?;
    Some(n + longest(&all[n..], AFTERWARDS).unwrap_or(0))
}

fn prompt(all: &[&str]) -> Option<usize> {
    let its = matches!(all.first(), Some(&"its" | &"their" | &"the"));
    longest(all.get(1..)?, PROMPT).filter(|_| its).map(|n| n + 1)
}
