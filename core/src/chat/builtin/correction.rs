//! What takes back what was said before it: "delete lint, no wait, delete test".

use super::lexicon::{begins, verb};
use super::number::span;
use super::token::{Token, words};

/// Phrases that take back what stands before them.
const BACK: &[&str] = &[
    "i mean",
    "i meant",
    "no wait",
    "wait no",
    "scratch that",
    "or rather",
    "or better",
    "just kidding",
    "just joking",
    "i was joking",
    "i was kidding",
    "never mind",
    "forget it",
];
/// Sounds before a "no" that takes back.
const SOUNDS: &[&str] =
    &["ah", "oh", "eh", "err", "hm", "hmm", "argh", "ach", "sorry", "oops", "well", "wait", ","];

/// Whether a text takes back something it said before.
pub(super) fn corrects(tokens: &[Token]) -> bool {
    let all = words(tokens);
    (1..all.len()).any(|at| takes_back(tokens, &all, at))
}

/// Whether what stands before this word is taken back by it.
fn takes_back(tokens: &[Token], all: &[&str], at: usize) -> bool {
    let rest = &all[at..];
    if BACK.iter().any(|p| begins(rest, p).is_some()) {
        return !tokens[at - 1].ends();
    }
    if matches!(rest, ["no", ",", "call" | "name" | "make" | "use" | "rather" | "better", ..]) {
        return true;
    }
    // "…, ah no, delete lint", "…, no, 15 minutes".
    let sounds = rest.iter().take_while(|w| SOUNDS.contains(w)).count();
    let said_no = sounds > 0 && matches!(rest.get(sounds), Some(&("no" | "nope" | "nah")));
    let comma = usize::from(rest.get(sounds + 1) == Some(&","));
    let anew = &rest[rest.len().min(sounds + 1 + comma)..];
    said_no && (verb(anew).is_some() || comma > 0 && span(anew).is_some())
}

#[cfg(test)]
mod tests {
    use super::super::token::tokens;
    use super::corrects;

    #[test]
    fn what_takes_back_is_told_apart_from_what_denies() {
        for said in
            ["delete lint, ah no, delete test", "delete lint no wait delete test", "a gets 5 min, no, 15 min"]
        {
            assert!(corrects(&tokens(said)), "{said}");
        }
        for said in ["build gets 5 minutes, no retries", "qa says no, stop it"] {
            assert!(!corrects(&tokens(said)), "{said}");
        }
    }
}
