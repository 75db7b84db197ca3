//! A reason that asks for more: "because it is slow and tell bob" says no reason alone.

use super::frame::is_small;
use super::token::{Token, tokens};
use super::world::World;

/// The words of a reason that ask for something else; what was put in quotes is as it is meant.
pub(super) fn asks(world: &World, said: &[Token], lines: &[String]) -> Option<String> {
    let reasons = lines.iter().filter_map(|line| {
        let words = shlex::split(line)?;
        let at = words.iter().position(|w| w == "--reason")?;
        words.get(at + 1).cloned()
    });
    let quoted = |reason: &str| said.iter().any(|t| t.quoted && t.text == reason);
    reasons.filter(|reason| !quoted(reason)).find(|reason| asks_more(world, &tokens(reason)))
}

/// Whether a verb and whom it is about follow a joining word.
fn asks_more(world: &World, reason: &[Token]) -> bool {
    const TELLS: &[&str] = &["tell", "notify", "inform", "ask", "remind", "email", "ping", "let"];
    let joins = |t: &Token| matches!(t.word.as_str(), "and" | "then" | ",");
    let told =
        |word: &str| word.ends_with('s') || word.ends_with("ed") || word.ends_with("ing") || is_small(word);
    let whom = |t: &Token| {
        matches!(t.word.as_str(), "it" | "them" | "everyone" | "everything" | "him" | "her")
            || world.entity(&t.word).is_some()
    };
    reason.windows(3).any(|w| {
        let asks = !told(&w[1].word) && whom(&w[2]) || TELLS.contains(&w[1].word.as_str());
        joins(&w[0]) && w[1].word.chars().all(char::is_alphabetic) && asks
    })
}
