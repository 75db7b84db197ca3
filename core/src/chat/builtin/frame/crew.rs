//! Who is to work on something: models, and how many of each.

use super::super::options::{self, Options};
use super::super::token::{Token, words};
use super::super::world::World;

/// Most of a crew.
pub(super) const MOST: usize = 50;

/// The models of those who work on a step.
pub(super) fn staff(options: &mut Options, crew: &[String]) {
    let same = crew.windows(2).all(|pair| pair[0] == pair[1]);
    if crew.len() > 1 {
        options.fanout = Some(crew.len() as u64);
    }
    match crew {
        [model, ..] if same => options.flag("--model", model.clone()),
        _ => options.flag("--models", crew.join(",")),
    }
}

/// Who is to work on something: `3 claude and 2 codex`, `claude, codex and gemini`.
pub(super) fn crew(world: &World, tokens: &[Token]) -> Option<(Vec<String>, usize)> {
    let (mut all, mut at) = one_of_crew(world, tokens)?;
    loop {
        let joins =
            tokens[at..].iter().take_while(|t| !t.known && matches!(t.word.as_str(), "," | "and" | "plus"));
        let joins = joins.count();
        match tokens.get(at + joins..).and_then(|rest| one_of_crew(world, rest)).filter(|_| joins > 0) {
            Some((more, n)) => {
                all.extend(more);
                at += joins + n;
            }
            None => return (all.len() <= MOST).then_some((all, at)),
        }
    }
}

fn one_of_crew(world: &World, tokens: &[Token]) -> Option<(Vec<String>, usize)> {
    const KIND: &[&str] = &["parallel", "independent", "different", "separate"];
    const NOUNS: &[&str] = &[
        "agent",
        "agents",
        "worker",
        "workers",
        "candidate",
        "candidates",
        "instances",
        "copies",
        "step",
        "steps",
    ];
    let all = words(tokens);
    let first = all.first()?;
    let counted = super::super::number::number(first).or_else(|| first.strip_suffix('x')?.parse().ok());
    let n = counted.or(matches!(*first, "a" | "an" | "the" | "one" | "another").then_some(1));
    let mut at = usize::from(n.is_some());
    at += all[at..].iter().take_while(|w| KIND.contains(w)).count();
    let token = tokens.get(at).filter(|t| !t.known && !t.quoted && t.word != "shell")?;
    let singular = token.word.strip_suffix('s').map(Token::new);
    let model = std::iter::once(token.clone())
        .chain(singular)
        .find_map(|t| options::model(world, std::slice::from_ref(&t)))?;
    at += 1 + usize::from(all.get(at + 1) == Some(&"code"));
    at += usize::from(all.get(at).is_some_and(|w| NOUNS.contains(w)));
    let n = usize::try_from(n.unwrap_or(1)).ok().filter(|n| (1..=MOST).contains(n))?;
    Some((vec![model; n], at))
}
