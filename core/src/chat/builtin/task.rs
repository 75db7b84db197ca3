//! What a new step is to do, where no program is named.

use super::clause::Parts;
use super::lexicon::Prep;
use super::options::is_program;
use super::token::Token;
use super::world::World;
use crate::id::slug;

/// "that runs the tests" names no program: it is what an agent is to do.
pub(super) fn tasks(world: &World, mut parts: Parts) -> Parts {
    for part in parts.parts.iter_mut().filter(|p| p.prep == Prep::Command) {
        let article = part
            .tokens
            .first()
            .is_some_and(|t| matches!(t.word.as_str(), "the" | "our" | "my" | "all" | "some"));
        let script = part.tokens.iter().any(|t| {
            t.quoted
                || t.text.contains(['/', '='])
                || t.text.starts_with('-')
                || is_program(world, std::slice::from_ref(t))
        });
        if article && !script && part.tokens.len() > 1 {
            part.prep = Prep::To;
            part.tokens.insert(0, Token::new("run"));
        }
    }
    parts
}

/// An id of at most three words that carry meaning.
pub(super) fn short(tokens: &[Token]) -> Option<String> {
    const SMALL: &[&str] = &[
        "each",
        "the",
        "a",
        "an",
        "all",
        "our",
        "my",
        "of",
        "that",
        "it",
        "is",
        "are",
        "if",
        "whether",
        "everything",
        "to",
        "for",
        "in",
        "into",
        "on",
        "with",
    ];
    let kept: Vec<&str> = tokens
        .iter()
        .filter(|t| !SMALL.contains(&t.word.as_str()) && !t.is_mark())
        .map(|t| t.text.as_str())
        .take(3)
        .collect();
    let kept = if kept.len() > 1 && kept[0] == "run" { &kept[1..] } else { &kept[..] };
    slug(&kept.join(" "))
}

/// A text as a sentence.
pub(super) fn sentence(text: &str) -> String {
    // Of workers each does it.
    let text = text.strip_prefix("each ").unwrap_or(text);
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().collect::<String>() + chars.as_str() + ".")
}
