//! What only thinks aloud: "we could remove lint". It asks for nothing, and nobody has decided.

use super::lexicon::{Verb, begins, verb};
use super::token::{Token, words};

/// What may stand before a thought.
const OPENS: &[&str] = &[
    "i think",
    "i guess",
    "i suppose",
    "i believe",
    "ok",
    "okay",
    "so",
    "hm",
    "hmm",
    "well",
    "then",
    "and",
    "but",
    "also",
    "or",
    "maybe",
    "perhaps",
    "possibly",
    ",",
];
/// Who thinks, and of what: nothing is said to be done.
const THINKS: &[&str] = &[
    "we could",
    "we might",
    "we may",
    "one could",
    "one might",
    "one may",
    "i could",
    "i might",
    "i may",
    "i would",
    "i will",
    "we will",
    "they will",
    "someone will",
    "somebody will",
];
/// What may stand between that and what would be done.
const BETWEEN: &[&str] = &[
    "have to", "want to", "need to", "as well", "also", "just", "always", "then", "later", "even", "simply",
    "probably", "perhaps", "maybe", "soon", "still",
];
/// A thought that calls itself one.
const NAMES: &[&str] = &["suggestion", "idea", "proposal", "thought"];

/// Whether a sentence of these only thinks aloud.
pub(super) fn muses(tokens: &[Token]) -> bool {
    tokens.split(Token::ends).any(thinks)
}

fn thinks(said: &[Token]) -> bool {
    let all = words(said);
    let rest = skip(&all, OPENS);
    let named =
        rest.iter().take(3).position(|w| NAMES.contains(w)).is_some_and(|at| rest.get(at + 1) == Some(&":"));
    let thought = THINKS.iter().filter_map(|p| begins(rest, p)).max();
    named || thought.is_some_and(|n| verb(skip(&rest[n..], BETWEEN)).is_some_and(|(v, _)| v != Verb::Make))
}

/// The words behind any of these phrases.
fn skip<'a, 'w>(all: &'a [&'w str], phrases: &[&str]) -> &'a [&'w str] {
    match phrases.iter().filter_map(|p| begins(all, p)).max() {
        Some(n) => skip(&all[n..], phrases),
        None => all,
    }
}

#[cfg(test)]
mod tests {
    use super::super::token::tokens;
    use super::muses;

    #[test]
    fn thoughts_are_told_apart_from_requests() {
        for said in ["we could remove lint", "hm, i think we might also stop it", "my suggestion: drop lint"]
        {
            assert!(muses(&tokens(said)), "{said}");
        }
        for said in [
            "could we remove lint",
            "we should remove lint",
            "i would like to remove lint",
            "add a step idea",
        ] {
            assert!(!muses(&tokens(said)), "{said}");
        }
    }
}
