//! Which steps, gates and groups a few words mean.

use super::abbreviation::{is_doing, is_short};
use super::near::{key, nearest, stem, typing_error};
use super::token::Token;
use super::world::{Entity, Kind, World};
use crate::model::StepStatus;

/// Why some words mean nothing certain.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Miss {
    /// Nothing is called so; the nearest there is.
    Unknown {
        /// What was said.
        said: String,
        /// What may have been meant.
        near: Vec<String>,
    },
    /// More than one thing is.
    Ambiguous {
        /// What was said.
        said: String,
        /// What it may mean.
        may_be: Vec<String>,
    },
    /// "it", and nothing was spoken of.
    Nothing(String),
    /// It is not understood, for this reason.
    Unclear(String),
}

impl Miss {
    pub fn unclear(why: impl Into<String>) -> Self {
        Self::Unclear(why.into())
    }

    /// What the person is told.
    pub fn message(&self) -> String {
        match self {
            Self::Unknown { said, near } if near.is_empty() => {
                format!("there is no step, gate or group \u{201c}{said}\u{201d}")
            }
            Self::Unknown { said, near } => {
                format!(
                    "there is no step, gate or group \u{201c}{said}\u{201d}; the nearest: {}",
                    listed(near)
                )
            }
            Self::Ambiguous { said, may_be } => {
                format!("\u{201c}{said}\u{201d} can be {}: which one?", either(may_be))
            }
            Self::Nothing(said) => {
                format!("I do not know what \u{201c}{said}\u{201d} stands for here; name it")
            }
            Self::Unclear(why) => why.clone(),
        }
    }
}

/// `a`, `b` and `c`.
pub(super) fn listed(ids: &[String]) -> String {
    joined(ids, "and")
}

fn either(ids: &[String]) -> String {
    joined(ids, "or")
}

fn joined(ids: &[String], word: &str) -> String {
    let quoted: Vec<String> = ids.iter().map(|id| format!("`{id}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} {word} {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

const DETERMINERS: &[&str] = &[
    "the", "a", "an", "my", "our", "your", "its", "this", "that", "these", "those", "all", "of", "both",
    "each", "every", "any", "just", "only", "existing", "current", "whole", "entire", "called", "named",
    "also",
];
const STEP_NOUNS: &[&str] = &[
    "step",
    "steps",
    "task",
    "tasks",
    "job",
    "jobs",
    "node",
    "nodes",
    "stage",
    "stages",
    "one",
    "ones",
    "worker",
    "workers",
    "candidates",
];
const GATE_NOUNS: &[&str] = &["gate", "gates", "checkpoint", "checkpoints"];
const GROUP_NOUNS: &[&str] = &["group", "groups"];
const PRONOUNS: &[&str] = &["it", "that", "this", "them", "they", "those", "these", "both"];
const EVERYTHING: &[&str] = &[
    "everything",
    "all",
    "sequence",
    "pipeline",
    "workflow",
    "lot",
    "anything",
    "whatever",
    "thing",
    "dag",
    "flow",
    "project",
];

/// What the words of a phrase mean, in the order they were said; lists are cut at commas and `and`.
pub(super) fn entities(world: &mut World, phrase: &[Token]) -> Result<Vec<Entity>, Miss> {
    let mut found: Vec<Entity> = Vec::new();
    for item in items(phrase) {
        for entity in one(world, item)? {
            if !found.contains(&entity) {
                found.push(entity);
            }
        }
    }
    if found.is_empty() { Err(Miss::unclear("it is not said which step is meant")) } else { Ok(found) }
}

/// As [`entities`], of steps and gates: a group stands for its members.
pub(super) fn nodes(world: &mut World, phrase: &[Token]) -> Result<Vec<String>, Miss> {
    let mut ids = Vec::new();
    for entity in entities(world, phrase)? {
        let of = if entity.kind == Kind::Group { world.members(&entity.id) } else { vec![entity.id] };
        ids.extend(of.into_iter().filter(|id| !ids.contains(id)).collect::<Vec<_>>());
    }
    Ok(ids)
}

/// As [`nodes`], and each is a step.
pub(super) fn steps(world: &mut World, phrase: &[Token]) -> Result<Vec<String>, Miss> {
    let ids = nodes(world, phrase)?;
    match ids.iter().find(|id| world.sequence().step(id).is_none()) {
        Some(gate) => Err(Miss::unclear(format!("`{gate}` is a gate, and a step is needed here"))),
        None => Ok(ids),
    }
}

/// The parts of a list.
pub(super) fn items(phrase: &[Token]) -> Vec<&[Token]> {
    let cut =
        |t: &Token| !t.quoted && !t.known && matches!(t.word.as_str(), "," | "and" | "plus" | "then" | "->");
    phrase.split(cut).filter(|item| !item.is_empty()).collect()
}

/// Words without articles and nouns, and the kind the nouns tell.
pub(super) fn bare(item: &[Token]) -> (Vec<&Token>, Option<Kind>) {
    let mut kind = None;
    let mut rest: Vec<&Token> = Vec::new();
    for token in item.iter().filter(|t| t.word != "'s" && t.word != ":") {
        let word = token.word.as_str();
        let of = [(STEP_NOUNS, Kind::Step), (GATE_NOUNS, Kind::Gate), (GROUP_NOUNS, Kind::Group)];
        match of.iter().find(|(nouns, _)| nouns.contains(&word) && !token.known) {
            Some((_, k)) => kind = kind.or(Some(*k)),
            None if DETERMINERS.contains(&word) && !token.known => {}
            None => rest.push(token),
        }
    }
    (rest, kind)
}

fn one(world: &mut World, item: &[Token]) -> Result<Vec<Entity>, Miss> {
    let said = super::token::text(item);
    let (rest, kind) = bare(item);
    let has = |words: &[&str]| item.iter().any(|t| words.contains(&t.word.as_str()));
    let is_focus = rest.is_empty() && !has(&["all", "every", "each", "any"])
        || rest.len() == 1 && PRONOUNS.contains(&rest[0].word.as_str()) && !rest[0].known;
    if rest.is_empty() && kind == Some(Kind::Gate) && has(&["both", "gates", "checkpoints"]) {
        let gates: Vec<Entity> = world.entities().iter().filter(|e| e.kind == Kind::Gate).cloned().collect();
        if has(&["both"]) && gates.len() != 2 {
            return Err(Miss::unclear(format!("there are {} gates: name those that are meant", gates.len())));
        }
        if !gates.is_empty() {
            return Ok(gates);
        }
    }
    if rest.is_empty() && kind == Some(Kind::Gate) && !has(&["all", "every", "each"]) {
        return the_gate(world, &said);
    }
    // "those two": as many as were spoken of.
    if let [count] = rest.as_slice()
        && !count.known
        && has(&["the", "these", "those", "all", "both"])
        && super::number::number(&count.word) == Some(world.focus.len() as u64)
        && world.focus.len() > 1
    {
        return focus(world, &said, kind);
    }
    if is_focus {
        return focus(world, &said, kind);
    }
    if let Some(found) = by_status(world, item) {
        return if found.is_empty() {
            Err(Miss::unclear(format!("no step is meant by \u{201c}{said}\u{201d}: none stands so now")))
        } else {
            Ok(found)
        };
    }
    let is_all = rest.is_empty() || rest.iter().all(|t| !t.known && EVERYTHING.contains(&t.word.as_str()));
    if is_all {
        let wanted = kind.unwrap_or(Kind::Step);
        return Ok(world.entities().iter().filter(|e| e.kind == wanted).cloned().collect());
    }
    if let [word] = rest.as_slice()
        && matches!(word.word.as_str(), "new" | "last" | "latest" | "first" | "final" | "next" | "previous")
    {
        // A step may be called so.
        if word.known && has(&["the"]) && (has(STEP_NOUNS) || has(GATE_NOUNS)) {
            return Err(Miss::unclear(format!(
                "\u{201c}{said}\u{201d} can be `{}` or another: name it without \u{201c}the\u{201d}",
                word.text
            )));
        }
        if !word.known && !matches!(word.word.as_str(), "next" | "previous") {
            return by_place(world, &said, &word.word);
        }
    }
    by_name(world, &said, item, &rest, kind).map(|e| vec![e])
}

fn focus(world: &World, said: &str, kind: Option<Kind>) -> Result<Vec<Entity>, Miss> {
    let of = |e: &Entity| kind.is_none_or(|k| k == e.kind);
    let found: Vec<Entity> = world.focus.iter().filter_map(|id| world.entity(id)).filter(of).collect();
    if said.split(' ').any(|word| word == "both") && found.len() != 2 {
        return Err(Miss::unclear(format!("\u{201c}{said}\u{201d}: I do not know which two; name them")));
    }
    if found.is_empty() { Err(Miss::Nothing(said.to_owned())) } else { Ok(found) }
}

/// "the gate": the only one, or the only one that waits for a decision, or the one just spoken of.
fn the_gate(world: &World, said: &str) -> Result<Vec<Entity>, Miss> {
    if let Ok(found) = focus(world, said, Some(Kind::Gate)) {
        return Ok(found);
    }
    let all: Vec<String> = world.sequence().gates.iter().map(|g| g.id.to_string()).collect();
    let due = world.gates_that(|status, due| due && status == crate::model::GateStatus::Pending);
    match (all.as_slice(), due.as_slice()) {
        ([], _) => Err(Miss::unclear("there is no gate in this sequence")),
        ([one], _) | (_, [one]) => Ok(world.entity(one).into_iter().collect()),
        _ => Err(Miss::Ambiguous { said: said.to_owned(), may_be: all }),
    }
}

/// "what failed", "the running steps".
fn by_status(world: &World, item: &[Token]) -> Option<Vec<Entity>> {
    const FILLER: &[&str] = &[
        "what",
        "whatever",
        "which",
        "everything",
        "that",
        "is",
        "are",
        "was",
        "has",
        "have",
        "anything",
        "still",
        "currently",
        "already",
        "things",
        "stuff",
    ];
    let (rest, _) = bare(item);
    let mut status = None;
    for token in rest {
        let word = token.word.as_str();
        match status_word(word) {
            Some(found) if !token.known && status.is_none() => status = Some(found),
            _ if FILLER.contains(&word) => {}
            _ => return None,
        }
    }
    let ids = world.steps_that(|s| Some(s) == status);
    status.map(|_| ids.iter().filter_map(|id| world.entity(id)).collect())
}

/// The status a word tells of.
pub(super) fn status_word(word: &str) -> Option<StepStatus> {
    Some(match word {
        "failed" | "failing" | "broken" | "red" | "fails" | "crashed" => StepStatus::Failed,
        "running" | "runs" | "active" => StepStatus::Running,
        "ready" | "runnable" => StepStatus::Ready,
        "blocked" | "stuck" | "waiting" => StepStatus::Blocked,
        "done" | "finished" | "completed" | "green" | "succeeded" => StepStatus::Done,
        _ => return None,
    })
}

/// "the first step", "the last step": only where there is one way to see it.
fn by_place(world: &World, said: &str, word: &str) -> Result<Vec<Entity>, Miss> {
    if matches!(word, "new" | "latest") {
        return focus(world, said, None);
    }
    let steps = world.sequence().steps.iter().map(|s| s.id.to_string());
    let ends: Vec<String> = if word == "first" {
        steps.filter(|id| world.depends_on(id).is_empty()).collect()
    } else {
        steps.filter(|id| world.followers(id).is_empty()).collect()
    };
    match ends.as_slice() {
        [one] => Ok(world.entity(one).into_iter().collect()),
        [] => Err(Miss::unclear("there is no step yet")),
        _ => Err(Miss::Ambiguous { said: said.to_owned(), may_be: ends }),
    }
}

fn by_name(
    world: &mut World,
    said: &str,
    item: &[Token],
    rest: &[&Token],
    kind: Option<Kind>,
) -> Result<Entity, Miss> {
    let all = world.entities();
    let key = key(rest.iter().map(|t| t.text.as_str()));
    let whole = super::near::key(
        item.iter().filter(|t| !DETERMINERS.contains(&t.word.as_str())).map(|t| t.text.as_str()),
    );
    let fits =
        |e: &&Entity| kind.is_none_or(|k| k == e.kind) || e.kind == Kind::Group && kind == Some(Kind::Step);
    let named = |key: &str| -> Vec<&Entity> {
        let same =
            |e: &&Entity| e.id == key || e.name == key || e.id.replace('-', "") == key.replace('-', "");
        let by_id: Vec<_> = all.iter().filter(|e| e.id == key).collect();
        if by_id.is_empty() { all.iter().filter(same).collect() } else { by_id }
    };
    for (key, of_kind) in [(&whole, false), (&key, true)] {
        let mut named = named(key);
        named.retain(|e| !of_kind || fits(e));
        match named.as_slice() {
            [one] => return Ok((*one).clone()),
            [] => {}
            several => return Err(ambiguous(said, several)),
        }
    }
    let among: Vec<&Entity> = all.iter().filter(fits).collect();
    let plural: Vec<&Entity> =
        among.iter().filter(|e| stem(&e.id) == stem(&key) || stem(&e.name) == stem(&key)).copied().collect();
    let parts: Vec<&str> = key.split('-').collect();
    let part_of = |e: &&&Entity| {
        let own: Vec<&str> = e.id.split('-').chain(e.name.split('-')).collect();
        parts.iter().all(|p| own.iter().any(|o| stem(o) == stem(p)))
    };
    let partial: Vec<&Entity> = among.iter().filter(part_of).copied().collect();
    let short_for = |e: &&&Entity| {
        let own: Vec<&str> = e.id.split('-').chain(e.name.split('-')).collect();
        let same = |o: &str, p: &str| stem(o) == stem(p) || is_short(o, p) || is_doing(o, stem(p));
        parts.iter().all(|p| own.iter().any(|o| same(o, p)))
    };
    let short: Vec<&Entity> = among.iter().filter(short_for).copied().collect();
    let typed = typing_error(&key, &among);
    for (found, is_name) in [(plural, true), (partial, false), (short, false), (typed, false)] {
        match found.as_slice() {
            [] => {}
            [one] => {
                if !is_name {
                    world.note(format!("I took \u{201c}{said}\u{201d} for `{}`.", one.id));
                }
                return Ok((*one).clone());
            }
            several => return Err(ambiguous(said, several)),
        }
    }
    // "the smoke test" is the step `smoke`.
    if let [name @ .., noun] = rest
        && !name.is_empty()
        && !noun.known
        && matches!(noun.word.as_str(), "test" | "tests" | "build" | "run" | "check" | "script")
        && let Ok(found) = by_name(world, said, &item[..item.len() - 1], name, kind)
    {
        return Ok(found);
    }
    Err(Miss::Unknown { said: said.to_owned(), near: nearest(&key, &all) })
}

fn ambiguous(said: &str, several: &[&Entity]) -> Miss {
    Miss::Ambiguous { said: said.to_owned(), may_be: several.iter().map(|e| e.id.clone()).collect() }
}
