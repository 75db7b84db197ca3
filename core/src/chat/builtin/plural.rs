//! Several steps by the one word that they share: "the extract steps", "both drafts", "all the tests".

use super::abbreviation::is_doing;
use super::near::{is_a, stem};
use super::token::{Token, words};
use super::world::World;

/// Puts the names of the steps where they are called so together, as one list.
pub(super) fn named(world: &World, tokens: &mut Vec<Token>) {
    let excepted = |t: &Token| {
        !t.known && matches!(t.word.as_str(), "except" | "but" | "besides" | "excluding" | "other")
    };
    if tokens.iter().any(excepted) {
        return;
    }
    // A reason is kept as it was said.
    let reason =
        |t: &Token| !t.known && !t.quoted && matches!(t.word.as_str(), "because" | "since" | "reason");
    let mut at = 0;
    while at < tokens.len() && !reason(&tokens[at]) {
        if let Some((ids, n)) = set(world, &tokens[at..]) {
            let names = ids.iter().map(|id| Token { known: true, ..Token::new(id) });
            let list: Vec<Token> = names.flat_map(|name| [Token::new("and"), name]).skip(1).collect();
            let taken = list.len();
            tokens.splice(at..at + n, list);
            at += taken;
        }
        at += 1;
    }
}

/// The steps, and how many words mean them.
fn set(world: &World, tokens: &[Token]) -> Option<(Vec<String>, usize)> {
    let all = words(tokens);
    let every = match all.as_slice() {
        ["all" | "both" | "each" | "every", "of", "the" | "our" | "my" | "these", ..] => 3,
        ["all" | "both", "the" | "our" | "my" | "of", ..] => 2,
        ["all" | "both" | "every" | "each", ..] => 1,
        _ => 0,
    };
    let article = usize::from(every == 0 && matches!(all.first(), Some(&("the" | "our" | "my" | "these"))));
    let count = all
        .get(every + article)
        .and_then(|w| super::number::number(w))
        .filter(|n| *n > 1 && every + article > 0);
    let after = article + usize::from(count.is_some());
    let noun = tokens.get(every + after).filter(|t| !t.known && !t.quoted && t.word.len() > 3)?;
    let more = matches!(all.get(every + after + 1), Some(&("steps" | "jobs" | "tasks")));
    let each = matches!(all.get(every + after + 1), Some(&("step" | "job" | "task"))) && every > 0;
    let plural = noun.word.ends_with('s') || matches!(all[0], "every" | "each");
    // "the extracts" are those, where no one step is called so.
    let called =
        || world.entities().iter().any(|e| [&e.id, &e.name].iter().any(|n| stem(n) == stem(&noun.word)));
    let several = after > 0 && noun.word.ends_with('s') && !called();
    if every == 0 && !(more || several) || every > 0 && !(plural || more) {
        return None;
    }
    let has = |s: &&crate::model::Step| {
        let name = crate::id::slug(&s.name).unwrap_or_default();
        is_a(s.id.as_str(), &name, |p| {
            stem(p) == stem(&noun.word) || every > 0 && is_doing(p, stem(&noun.word))
        })
    };
    let ids: Vec<String> = world.sequence().steps.iter().filter(has).map(|s| s.id.to_string()).collect();
    let many = if all[0] == "both" { Some(2) } else { count };
    let fits = ids.len() > 1 && many.is_none_or(|n| n == ids.len() as u64);
    fits.then_some((ids, every + after + 1 + usize::from(more || each)))
}
