//! What is wanted, and until when it is held, put into the words that the grammar has.

use super::clause::lead;
use super::lexicon::begins;
use super::token::{Token, words};

/// `i want …`, `there should be …`.
pub(super) fn wanted(tokens: &[Token]) -> Option<&[Token]> {
    const WANTED: &[&str] = &[
        "i want",
        "i need",
        "we need",
        "we want",
        "i would like",
        "we would like",
        "there should be",
        "there must be",
        "there has to be",
        "how about",
    ];
    let all = words(tokens);
    let rest = WANTED.iter().find_map(|p| begins(&all, p)).map(|n| &tokens[n..])?;
    // "i want that deploy waits for test".
    Some(
        rest.split_first()
            .filter(|(that, _)| that.word == "that" && !that.known)
            .map_or(rest, |(_, rest)| rest),
    )
}

/// "i want to have one step sbom" wants it; "needed: a step sbom" needs it.
pub(super) fn had(tokens: &mut Vec<Token>) {
    let to_have = |w: &[Token]| {
        matches!(w[0].word.as_str(), "want" | "like" | "love" | "need")
            && w[1].word == "to"
            && w[2].word == "have"
            && matches!(w[3].word.as_str(), "a" | "an" | "one" | "another" | "two" | "three")
    };
    if let Some(at) = tokens.windows(4).position(to_have) {
        tokens.drain(at + 1..at + 3);
    }
    let needed = match words(tokens).as_slice() {
        ["is" | "are", "needed" | "wanted" | "required", ..] => 2,
        ["needed" | "wanted" | "required", ":", ..] => 2,
        _ => return,
    };
    tokens.splice(..needed, ["we", "need"].map(Token::new));
}

/// "pause before cleanup until I say yes": that is what a gate there does.
pub(super) fn until_yes(tokens: &mut Vec<Token>) {
    const SAYS: &[&str] = &[
        "say",
        "says",
        "said",
        "give",
        "gives",
        "gave",
        "approve",
        "approves",
        "approved",
        "confirm",
        "confirms",
        "confirmed",
        "agree",
        "agrees",
        "agreed",
        "have",
        "has",
        "had",
        "so",
        "yes",
        "go",
        "ok",
        "okay",
        "it",
        "my",
        "the",
        "that",
        "a",
        "an",
        "go-ahead",
        "approval",
        "off",
        "sign",
        "signs",
        "signed",
        "i",
        "we",
        "me",
        "someone",
        "somebody",
        "human",
        "person",
    ];
    let all = words(&tokens[lead(tokens)..]);
    let holds = matches!(all.first(), Some(&("pause" | "wait" | "hold" | "stop" | "halt" | "ask")));
    let until = tokens.iter().rposition(|t| matches!(t.word.as_str(), "until" | "till"));
    let Some(until) = until.filter(|_| holds && all.contains(&"before")) else { return };
    let end = tokens[until..].iter().position(Token::ends).map_or(tokens.len(), |n| until + n);
    let said = &tokens[until + 1..end];
    let yes = said.iter().all(|t| !t.known && !t.quoted && SAYS.contains(&t.word.as_str()));
    if yes && said.len() > 1 {
        tokens.drain(until..end);
    }
}
