//! Turns of speech inside a request: `must not start before x` is `must wait for x`.

use super::lexicon::begins;
use super::number::span;
use super::token::{Token, words};

/// A text with these turns of speech put plainly.
pub(super) fn turned(tokens: &mut Vec<Token>) {
    let mut at = 0;
    while at < tokens.len() {
        if !tokens[at].known && !tokens[at].quoted {
            not_before(tokens, at);
            instead_of(tokens, at);
            copy_of(tokens, at);
            allowed_time(tokens, at);
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
    let uses = tokens[request..at].iter().any(|t| matches!(t.word.as_str(), "use" | "uses") && !t.known);
    if uses && begins(&words(&tokens[at..]), "instead of").is_some() && tokens.len() > at + 2 {
        tokens.drain(at..at + 3);
    }
}

/// "make a copy of a" is "clone a".
fn copy_of(tokens: &mut Vec<Token>, at: usize) {
    let all = words(&tokens[at..]);
    if let ["make" | "create" | "add", "a" | "another" | "one", "copy" | "clone" | "duplicate", "of", ..] =
        all.as_slice()
    {
        tokens.splice(at..at + 4, [Token::new("clone")]);
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
