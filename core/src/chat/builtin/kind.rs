//! Steps of a kind of their own: orchestrators, long runners, watchdogs.

use super::clause::Parts;
use super::entity::{Miss, steps};
use super::lexicon::Prep;
use super::number::span;
use super::options::{Options, argv};
use super::token::{Token, text, words};
use super::world::World;
use crate::id::slug;

/// What people call a kind, and the flags it stands for.
const KINDS: &[(&[&str], &[&str])] = &[
    (&["orchestrator", "orchestrating", "orchestrated", "orchestration"], &["--orchestrator"]),
    (&["long-running", "long-autonomy", "autonomous"], &["--type", "l"]),
];

/// Takes the word that tells the kind of a new step out of what it is called. A noun that is the only name stays.
pub(super) fn take_kind(object: &mut Vec<Token>, is_named: bool, options: &mut Options) {
    let two = object.windows(2).position(|pair| {
        pair[0].word == "long" && matches!(pair[1].word.as_str(), "running" | "autonomy") && !pair[0].known
    });
    if let Some(at) = two {
        object.splice(at..at + 2, [Token::new("long-running")]);
    }
    for (names, flags) in KINDS {
        let is_kind = |t: &Token| !t.quoted && !t.known && names.contains(&t.word.as_str());
        let Some(at) = object.iter().position(is_kind) else { continue };
        options.flags.extend(flags.iter().map(|flag| (*flag).to_owned()));
        let (rest, _) = super::entity::bare(object);
        if is_named || rest.len() > 1 || names[0] != object[at].word {
            object.remove(at);
        }
    }
}

/// `add a watchdog for build that runs ./check.sh every 30 seconds`.
pub(super) fn watchdog(world: &mut World, parts: &Parts) -> Result<(), Miss> {
    parts.only(&[Prep::For, Prep::On, Prep::Of, Prep::To, Prep::Named, Prep::Command, Prep::With])?;
    let mut parts = parts.clone();
    let own = |t: &Token| {
        !matches!(t.word.as_str(), "a" | "an" | "the" | "new" | "watchdog" | "step" | "small" | "another")
    };
    if parts.object.iter().take_while(|t| t.word != "every").any(own) {
        return Err(Miss::unclear(
            "say how it is called: \u{201c}a watchdog called \u{2026} for \u{2026}\u{201d}",
        ));
    }
    let mut interval = None;
    for tokens in std::iter::once(&mut parts.object).chain(parts.parts.iter_mut().map(|p| &mut p.tokens)) {
        if let Some(at) = tokens.iter().position(|t| t.word == "every" && !t.quoted) {
            let every = tokens.split_off(at);
            let time: Vec<&str> = words(&every[1..]);
            let ms = span(&time).or_else(|| span(&[&["a"], time.as_slice()].concat()));
            let ms = ms.filter(|_| interval.is_none()).ok_or_else(|| {
                Miss::unclear(format!("\u{201c}{}\u{201d} is no time between two looks", text(&every)))
            })?;
            interval = Some(ms);
        }
    }
    parts.parts.retain(|p| !p.tokens.is_empty());
    let whom = parts.one_of(&[Prep::For, Prep::On, Prep::Of, Prep::To])?;
    let Some(whom) = whom else {
        return Err(Miss::unclear("say what it watches: \u{201c}a watchdog for \u{2026}\u{201d}"));
    };
    let watched = steps(world, &whom.tokens)?;
    let [watched] = watched.as_slice() else { return Err(Miss::unclear("a watchdog watches one step")) };
    let command = parts.one_of(&[Prep::Command, Prep::With])?;
    let Some(command) = command else {
        return Err(Miss::unclear(
            "say which command looks after it: \u{201c}\u{2026} that runs `\u{2026}` every 30 seconds\u{201d}",
        ));
    };
    let command = argv(&command.tokens)?;
    let own = parts.get(Prep::Named).and_then(|p| slug(&text(&p.tokens)));
    let own = own.unwrap_or_else(|| world.free_id(&format!("{watched}-watchdog")));
    if world.entity(&own).is_some() {
        return Err(Miss::unclear(format!("`{own}` exists already; choose another name")));
    }
    let interval = interval.map(|ms: u64| ms.to_string());
    let mut line = vec!["step", "add", own.as_str(), "--watchdog-for", watched.as_str()];
    line.extend(interval.iter().flat_map(|ms| ["--watchdog-interval", ms.as_str()]));
    line.push("--");
    line.extend(command.iter().map(String::as_str));
    world.take(&line).map_err(Miss::Unclear)?;
    world.speak_of([own.as_str()]);
    Ok(())
}
