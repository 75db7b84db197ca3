//! Turns of speech inside a request: `must not start before x` is `must wait for x`.

use super::lexicon::{Verb, begins, verb};
use super::number::span;
use super::token::{Token, words};

/// A text with these turns of speech put plainly.
pub(super) fn turned(tokens: &mut Vec<Token>) {
    const TURNS: &[fn(&mut Vec<Token>, usize)] =
        &[not_before, instead_of, number_of, copy_of, allowed_time, passive, needed];
    let mut at = 0;
    while at < tokens.len() {
        for turn in TURNS {
            // One of them may have taken away what stood here.
            if tokens.get(at).is_some_and(|t| !t.known && !t.quoted) {
                turn(tokens, at);
            }
        }
        at += 1;
    }
}

/// "must not start until a is done" is "must wait for a is done". "Do not run b before a" is no rule and stays.
fn not_before(tokens: &mut Vec<Token>, at: usize) {
    const MODAL: &[&str] = &["must", "should", "may", "can", "shall"];
    let modal = at.checked_sub(1).is_some_and(|i| MODAL.contains(&tokens[i].word.as_str()));
    let all = words(&tokens[at..]);
    let said = matches!(
        all.as_slice(),
        ["not" | "never" | "only", "run" | "start" | "begin" | "go", "before" | "until", ..]
    );
    // "only start before" is no wait.
    if modal && said && all[0] != "only" {
        tokens.splice(at..at + 3, ["wait", "for"].map(Token::new));
    }
}

/// "use codex instead of claude for docs": what was used before adds nothing.
fn instead_of(tokens: &mut Vec<Token>, at: usize) {
    let request = tokens[..at].iter().rposition(Token::ends).map_or(0, |i| i + 1);
    // "codex instead of claude for docs".
    let one_word = request + super::clause::lead(&tokens[request..at]) + 1 == at;
    if one_word && matches!(words(&tokens[at..]).as_slice(), ["instead", "of", _, "for" | "on" | "in", _, ..])
    {
        tokens.insert(at - 1, Token::new("use"));
        return;
    }
    let uses = tokens[request..at].iter().any(|t| matches!(t.word.as_str(), "use" | "uses") && !t.known);
    let one = tokens.get(at + 2).is_some_and(|t| !t.known && !t.is_mark());
    let closed = tokens
        .get(at + 3)
        .is_none_or(|t| t.is_mark() || matches!(t.word.as_str(), "for" | "on" | "in" | "and"));
    if uses && one && closed && begins(&words(&tokens[at..]), "instead of").is_some() {
        tokens.drain(at..at + 3);
    }
}

/// "lint must be removed" is "remove lint".
fn passive(tokens: &mut Vec<Token>, at: usize) {
    const DONE: &[(&str, &str)] = &[
        ("removed", "remove"),
        ("deleted", "remove"),
        ("dropped", "remove"),
        ("stopped", "stop"),
        ("cancelled", "stop"),
        ("canceled", "stop"),
        ("aborted", "stop"),
        ("killed", "kill"),
        ("restarted", "restart"),
        ("rerun", "restart"),
        ("reset", "reset"),
        ("approved", "approve"),
        ("started", "run"),
        ("launched", "run"),
    ];
    if tokens[at].word != "be" || at < 2 {
        return;
    }
    let Some(verb) = tokens.get(at + 1).and_then(|t| DONE.iter().find(|(done, _)| *done == t.word)) else {
        return;
    };
    // "should be started after b" is an order of steps, and "once a is done" a condition.
    let closed =
        tokens.get(at + 2).is_none_or(|t| t.is_mark() || matches!(t.word.as_str(), "and" | "please" | "now"));
    let modal = match (tokens[at - 2].word.as_str(), tokens[at - 1].word.as_str()) {
        ("has" | "have" | "needs" | "need", "to") => at - 2,
        (_, "must" | "should" | "shall") => at - 1,
        _ => return,
    };
    let names = |t: &Token| {
        t.known || matches!(t.word.as_str(), "the" | "step" | "gate" | "steps" | "it" | "they" | "and")
    };
    let whom = tokens[..modal].iter().rposition(|t| !names(t)).map_or(0, |i| i + 1);
    let named = tokens[whom..modal].iter().any(|t| t.known || matches!(t.word.as_str(), "it" | "they"));
    if closed && named {
        let whom_said: Vec<Token> = tokens[whom..modal].to_vec();
        tokens.splice(whom..at + 2, [&[Token::new(verb.1)][..], &whom_said].concat());
    }
}

/// "the release needs a second approval, add a gate before it" asks for one gate: what is needed tells why.
fn needed(tokens: &mut Vec<Token>, at: usize) {
    let begun = tokens[..at].iter().rposition(Token::ends).map_or(0, |i| i + 1);
    let (told, rest) = (&tokens[begun..at], &tokens[at + 1..]);
    let (all, next) = (words(told), words(rest));
    let needs = all.iter().position(|w| matches!(*w, "needs" | "need" | "requires" | "require"));
    let [whom] = told.iter().filter(|t| t.known).collect::<Vec<_>>()[..] else { return };
    let approval =
        matches!(all.last(), Some(&("approval" | "sign-off" | "signoff" | "gate" | "check" | "review")));
    let adds = verb(&next[super::clause::lead(rest)..])
        .is_some_and(|(verb, _)| matches!(verb, Verb::Add | Verb::Insert));
    let it = rest.iter().position(|t| t.word == "it" && !t.known);
    let of_it =
        |it: &usize| matches!(rest[..*it].last().map(|t| t.word.as_str()), Some("before" | "after" | "for"));
    let gate = next.iter().any(|w| matches!(*w, "gate" | "approval" | "checkpoint"));
    if tokens[at].word != "," || needs.is_none() || !approval || !adds || !gate {
        return;
    }
    if let Some(it) = it.filter(of_it) {
        let whom = whom.clone();
        tokens[at + 1 + it] = whom;
        tokens.drain(begun..=at);
    }
}

/// "the number of retries" is "the retries".
fn number_of(tokens: &mut Vec<Token>, at: usize) {
    if let ["number" | "count", "of", "retries" | "attempts", ..] = words(&tokens[at..]).as_slice() {
        tokens.drain(at..at + 2);
    }
}

/// "make a copy of a" is "clone a".
fn copy_of(tokens: &mut Vec<Token>, at: usize) {
    let all = words(&tokens[at..]);
    let front = match all.as_slice() {
        ["make" | "create", "me" | "us", ..] => 2,
        ["make" | "create" | "add", ..] => 1,
        _ => return,
    };
    if let ["a" | "another" | "one", "copy" | "clone" | "duplicate", "of", ..] = &all[front..] {
        tokens.splice(at..at + front + 3, [Token::new("clone")]);
    }
}

/// "allow a to take up to ten minutes" is "set the timeout of a to ten minutes".
fn allowed_time(tokens: &mut Vec<Token>, at: usize) {
    const UP_TO: &[&str] =
        &["up to", "at most", "no more than", "no longer than", "a maximum of", "not more than"];
    let end =
        (at..tokens.len()).find(|i| tokens[*i].ends() || tokens[*i].word == ",").unwrap_or(tokens.len());
    let all = words(&tokens[at..end]);
    let allows = matches!(all[..], ["allow" | "permit" | "let" | "give", ..]);
    if !allows {
        return;
    }
    let Some(take) = all.iter().position(|w| matches!(*w, "take" | "run" | "last")) else { return };
    let to = usize::from(all[take - 1] == "to");
    let rest = &all[take + 1..];
    let rest = &rest[usize::from(rest.first() == Some(&"for"))..];
    let most = UP_TO.iter().find_map(|p| begins(rest, p)).unwrap_or(0);
    let whom = 1..take - to;
    if whom.is_empty() || span(&rest[most..]).is_none() {
        return;
    }
    let time = tokens[end - (rest.len() - most)..end].to_vec();
    let whom = tokens[at + whom.start..at + whom.end].to_vec();
    let front = ["set", "the", "timeout", "of"].map(Token::new);
    let plain = [&front[..], &whom, &[Token::new("to")], &time].concat();
    tokens.splice(at..end, plain);
}

/// Whether these words name steps or gates, and say no more.
pub(super) fn is_whom(all: &[&str], tokens: &[Token]) -> bool {
    let names = |at: usize| tokens[at].known || matches!(all[at], "the" | "and" | "both" | "step" | "gate");
    (0..all.len()).all(names) && tokens.iter().any(|t| t.known)
}
