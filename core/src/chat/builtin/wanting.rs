//! What is wanted, and until when it is held, put into the words that the grammar has.

use super::clause::lead;
use super::lexicon::{begins, verb};
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

/// "show me who writes the draft" asks who writes it.
pub(super) fn shown(tokens: &mut Vec<Token>) {
    let asks = matches!(
        words(tokens).as_slice(),
        ["show" | "tell", "me" | "us", "who" | "which" | "why" | "how" | "where", ..]
    );
    if asks {
        tokens.drain(..2);
    }
}

/// "would you mind stopping build" is "would you mind to stop build".
pub(super) fn minded(tokens: &mut Vec<Token>) {
    let Some(at) = tokens.windows(3).position(|w| words(w)[..2] == ["you", "mind"] && !w[2].known) else {
        return;
    };
    let base = |doing: &str| {
        let stem = doing.strip_suffix("ing")?;
        let once = stem.get(..stem.len().saturating_sub(1)).unwrap_or_default();
        let forms = [stem.to_owned(), format!("{stem}e"), once.to_owned()];
        forms.into_iter().find(|form| verb(&[form]).is_some())
    };
    if let Some(base) = base(&tokens[at + 2].word) {
        tokens.splice(at + 2..at + 3, [Token::new("to"), Token::new(&base)]);
    }
}

/// "give me a step called x" is "add a step called x".
pub(super) fn given(tokens: &mut Vec<Token>) {
    let gives = |w: &[Token]| {
        matches!(words(w)[..], ["give" | "get" | "make", "me" | "us", "a" | "an" | "another" | "one"])
    };
    let Some(at) = tokens.windows(3).position(gives) else { return };
    let end = tokens[at..].iter().position(Token::ends).map_or(tokens.len(), |n| at + n);
    let noun = |t: &Token| !t.known && matches!(t.word.as_str(), "step" | "gate" | "task" | "job");
    if tokens[at + 3..end].iter().take(3).any(noun) {
        tokens.splice(at..at + 2, [Token::new("add")]);
    }
}

/// "must not wait for it no more" is "must not wait for it any more".
pub(super) fn no_more(tokens: &mut [Token]) {
    for at in 1..tokens.len().saturating_sub(1) {
        let ends = tokens.get(at + 2).is_none_or(Token::is_mark);
        let denied = tokens[..at].iter().any(|t| matches!(t.word.as_str(), "not" | "never") && !t.known);
        if ends && denied && words(&tokens[at..at + 2]) == ["no", "more"] {
            tokens[at] = Token::new("any");
        }
    }
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
