//! Sentences that belong together, and what only says how long something is to hold.

use super::super::clause::lead;
use super::super::field::field;
use super::super::lexicon::{Verb, begins, verb};
use super::super::number::number;
use super::super::token::{Token, words};

/// Without what only says how long it is to hold: "from now on".
pub(super) fn without_end(tokens: &[Token]) -> &[Token] {
    const ENDS: &[&str] = &[
        "from now on",
        "from here on",
        "for now",
        "for the moment",
        "in the future",
        "if possible",
        "for me",
    ];
    let all = words(tokens);
    let end = ENDS
        .iter()
        .map(|p| p.split(' ').count())
        .find(|n| all.len() > *n && ENDS.contains(&all[all.len() - n..].join(" ").as_str()));
    &tokens[..tokens.len() - end.unwrap_or(0)]
}

/// "The board refused it. Reason: too early.", "Add a gate before deploy. Name it qa." are said in one.
pub(super) fn reasons(tokens: &mut [Token]) {
    for at in 1..tokens.len().saturating_sub(1) {
        let named = matches!(words(&tokens[at + 1..]).as_slice(), ["name" | "call", "it", ..]);
        let named = named || adds_new(&tokens[..at]) && only_tells(&tokens[at + 1..]);
        if tokens[at].word == "." && (named || matches!(tokens[at + 1].word.as_str(), "reason" | "because")) {
            tokens[at] = Token::new(",");
        }
    }
}

/// "Add two steps after switch: smoke runs ./a.sh and metrics runs ./b.sh" adds the one and the other.
pub(super) fn several(tokens: &mut Vec<Token>) {
    let all = words(tokens);
    let Some(steps) = all.iter().position(|w| *w == "steps" && !w.is_empty()).filter(|at| *at > 0 && *at < 6)
    else {
        return;
    };
    let counted = all[..steps].iter().find_map(|w| number(w).filter(|n| *n > 1));
    let Some(colon) = all.iter().position(|w| *w == ":").filter(|at| *at > steps) else { return };
    // "two steps are missing after switch: …".
    let lacks = usize::from(matches!(all[steps + 1..], ["are", "missing" | "needed" | "required", ..])) * 2;
    let (Some(n), true) = (counted, lacks > 0 || adds_new(&tokens[..=steps])) else { return };
    let runs = |at: usize| {
        let all = words(&tokens[at + 1..]);
        let named = !tokens[at].known && !tokens[at].is_mark();
        // "archive (./archive.sh)".
        let script = tokens.get(at + 1).is_some_and(|t| !t.quoted && t.text.starts_with("./")).then_some(0);
        RUNS.iter().filter_map(|p| begins(&all, p)).max().or(script).filter(|_| named)
    };
    let end = tokens[colon..].iter().position(Token::ends).map_or(tokens.len(), |i| colon + i);
    let joins = |at: usize| matches!(tokens[at].word.as_str(), ":" | "," | "and");
    let begun: Vec<usize> = (colon + 1..end).filter(|at| joins(at - 1) && runs(*at).is_some()).collect();
    if begun.len() as u64 != n || begun[0] != colon + 1 {
        return;
    }
    let place = &tokens[steps + 1 + lacks..colon];
    let mut out: Vec<Token> = Vec::new();
    for (i, at) in begun.iter().enumerate() {
        let to = begun.get(i + 1).copied().unwrap_or(end);
        let command = &tokens[at + 1 + runs(*at).unwrap_or(0)..to];
        let marks = command.iter().rev().take_while(|t| matches!(t.word.as_str(), "," | "and")).count();
        out.extend(["add", "a", "step", "called"].map(Token::new));
        out.push(tokens[*at].clone());
        out.extend(place.iter().cloned());
        out.extend(["that", "runs"].map(Token::new));
        out.extend(command[..command.len() - marks].iter().cloned());
        out.push(Token::new("."));
    }
    tokens.splice(..end, out);
}

/// How it is said what each of them runs.
const RUNS: &[&str] = &[
    "runs",
    "run",
    "running",
    "with",
    "executes",
    "which runs",
    "that runs",
    "to run",
    "should run",
    "calls",
    ":",
];

/// Whether the sentence that ends here asks for something new.
fn adds_new(tokens: &[Token]) -> bool {
    let begun = tokens.iter().rposition(Token::ends).map_or(0, |i| i + 1);
    let sentence = &tokens[begun..];
    let all = words(&sentence[lead(sentence)..]);
    verb(&all).is_some_and(|(v, _)| matches!(v, Verb::Add | Verb::Insert))
        || matches!(all.as_slice(), ["new" | "another", "step" | "task" | "job" | "gate", ..])
}

/// Whether a sentence only tells where something is or what it is like: "After build.", "Cmd: make."
fn only_tells(tokens: &[Token]) -> bool {
    let end = tokens.iter().position(Token::ends).unwrap_or(tokens.len());
    let all = words(&tokens[..end]);
    let place = matches!(all.first(), Some(&("after" | "before" | "between" | "with")));
    let field = field(&tokens[..end.min(1)]).is_some() && all.get(1) == Some(&":");
    let asks = (1..all.len()).any(|at| verb(&all[at..]).is_some() && !tokens[at].known);
    field || place && !asks
}

/// "Lint is missing. Add it after deps." is said in one.
pub(super) fn missing(tokens: &mut [Token]) {
    for at in 2..tokens.len() {
        let begun = tokens[..at].iter().rposition(Token::ends).map_or(0, |i| i + 1);
        let gone = tokens[begun..at]
            .iter()
            .any(|t| !t.known && matches!(t.word.as_str(), "missing" | "no" | "forgot" | "lack" | "miss"));
        let next = words(&tokens[at + 1..]);
        let adds = matches!(
            next.get(lead(&tokens[at + 1..])..),
            Some(["add" | "create" | "append" | "insert" | "put", "it" | "one", ..])
        );
        if gone && adds && matches!(tokens[at].word.as_str(), "." | ";") {
            tokens[at] = Token::new(",");
        }
    }
}
