//! Gates: inserted, approved, blocked; and the review of a step's work.

use super::clause::{Part, Parts};
use super::entity::{Miss, bare, entities, listed};
use super::lexicon::{PREPS, Prep, Verb, begins};
use super::place::place;
use super::token::{Token, text, words};
use super::world::{Kind, World};
use crate::id::slug;
use crate::model::StepStatus;

/// `add a gate before deploy`, `ask me before deploy`.
pub(super) fn insert(world: &mut World, parts: Parts) -> Result<(), Miss> {
    parts.only(&[Prep::After, Prep::Before, Prep::Between, Prep::Named, Prep::For, Prep::On])?;
    if parts.object.iter().any(|t| t.word == "gates" && !t.known) {
        return Err(Miss::unclear("one gate after the other: say of each where it goes"));
    }
    let place = place(world, &parts)?;
    let (mut after, mut before) = (place.after, place.before);
    let told = |t: &Token| {
        matches!(
            t.word.as_str(),
            "my" | "our"
                | "the"
                | "a"
                | "approval"
                | "review"
                | "sign-off"
                | "signoff"
                | "me"
                | "us"
                | "ok"
                | "human"
                | "manual"
                | "check"
                | "confirmation"
        )
    };
    if let Some(odd) =
        parts.get(Prep::For).filter(|p| !p.tokens.iter().any(|t| t.known) && !p.tokens.iter().all(told))
    {
        return Err(Miss::unclear(format!(
            "I do not know what to make of \u{201c}for {}\u{201d}",
            text(&odd.tokens)
        )));
    }
    // "a gate for deploy" stands before it.
    if let Some(part) = parts.get(Prep::For).filter(|p| p.tokens.iter().any(|t| t.known)) {
        before.extend(super::entity::nodes(world, &part.tokens)?);
    }
    let anchor = before.first().or(after.first()).cloned();
    let Some(anchor) = anchor else {
        return Err(Miss::unclear(
            "it is not said where the gate goes: say \u{201c}before \u{2026}\u{201d} or \u{201c}after \u{2026}\u{201d}",
        ));
    };
    if after.is_empty() {
        for id in &before {
            after.extend(world.depends_on(id).into_iter().filter(|d| !after.contains(d)).collect::<Vec<_>>());
        }
    } else if before.is_empty() {
        for id in &after {
            before
                .extend(world.followers(id).into_iter().filter(|f| !before.contains(f)).collect::<Vec<_>>());
        }
    }
    let (id, name) = name(&parts, &anchor)?;
    if world.entity(&id).is_some() && parts.has(Prep::Named) {
        return Err(Miss::unclear(format!("`{id}` exists already; choose another name")));
    }
    let id = world.free_id(&id);
    let mut line = vec!["gate".to_owned(), "insert".into(), id.clone()];
    if let Some(name) = name {
        line.extend(["--name".into(), name]);
    }
    for (flag, ids) in [("--after", after), ("--before", before)] {
        if !ids.is_empty() {
            line.extend([flag.to_owned(), ids.join(",")]);
        }
    }
    let words: Vec<&str> = line.iter().map(String::as_str).collect();
    world.take(&words).map_err(Miss::Unclear)?;
    world.speak_of([id.as_str()]);
    Ok(())
}

fn name(parts: &Parts, anchor: &str) -> Result<(String, Option<String>), Miss> {
    const PLAIN: &[&str] = &[
        "new",
        "another",
        "manual",
        "human",
        "person",
        "extra",
        "additional",
        "sign-off",
        "signoff",
        "approval",
        "me",
        "user",
        "point",
        "check",
        "confirmation",
        "permission",
        "simple",
        "second",
        "third",
        "further",
        "final",
        "last",
    ];
    if let Some(part) = parts.get(Prep::Named) {
        let said = text(&part.tokens);
        let id = slug(&said).ok_or_else(|| Miss::unclear("the gate needs a name"))?;
        let title = (id != said).then_some(said);
        return Ok((id, title));
    }
    // "a gate qa": what follows the noun is its name as it stands.
    let noun = parts.object.iter().position(|t| matches!(t.word.as_str(), "gate" | "checkpoint") && !t.known);
    let after = noun.map_or(&[][..], |at| &parts.object[at + 1..]);
    let before = noun.map_or(&[][..], |at| &parts.object[..at]);
    let (odd, _) = bare(before);
    if !after.is_empty()
        && let Some(odd) =
            odd.iter().find(|t| !PLAIN.contains(&t.word.as_str()) && super::number::number(&t.word).is_none())
    {
        return Err(Miss::unclear(format!(
            "I do not know what to make of \u{201c}{}\u{201d} here",
            odd.text
        )));
    }
    let own = matches!(words(after).as_slice(), ["signoff" | "sign-off" | "approval"]);
    if own || !after.is_empty() && !after.iter().any(|t| PLAIN.contains(&t.word.as_str())) {
        let said = text(after);
        let id = slug(&said).ok_or_else(|| Miss::unclear("the gate needs a name"))?;
        let title = after.iter().any(|t| t.quoted) && id != said;
        return Ok((id, title.then_some(said)));
    }
    let (rest, _) = bare(&parts.object);
    let own: Vec<&&Token> = rest.iter().filter(|t| !PLAIN.contains(&t.word.as_str())).collect();
    let said = own.iter().map(|t| t.text.as_str()).collect::<Vec<_>>().join(" ");
    match slug(&said) {
        Some(id) if own.iter().any(|t| t.quoted) || id.ends_with("gate") => Ok((id, None)),
        Some(id) => Ok((format!("{id}-gate"), None)),
        None => Ok((format!("{anchor}-gate"), None)),
    }
}

/// `require approval before deploy`, `ask me before deploy`, `pause before deploy`.
pub(super) fn ask(world: &mut World, mut parts: Parts) -> Result<(), Miss> {
    let (rest, _) = bare(&parts.object);
    let plain = |t: &&Token| {
        matches!(
            t.word.as_str(),
            "me" | "my"
                | "approval"
                | "confirmation"
                | "permission"
                | "sign-off"
                | "ok"
                | "yes"
                | "manual"
                | "human"
                | "for"
                | "go-ahead"
                | "consent"
        )
    };
    let place = parts.has(Prep::After) || parts.has(Prep::Before) || parts.has(Prep::Between);
    let for_approval = |p: &super::clause::Part| {
        p.prep == Prep::For
            && p.tokens.iter().all(|t| {
                matches!(
                    t.word.as_str(),
                    "my" | "approval"
                        | "a"
                        | "me"
                        | "confirmation"
                        | "permission"
                        | "the"
                        | "ok"
                        | "human"
                        | "manual"
                        | "go-ahead"
                        | "yes"
                )
            })
    };
    parts.parts.retain(|p| !for_approval(p));
    if !rest.iter().all(plain) || !place {
        return Err(Miss::unclear(
            "I do not know what is to wait here; say \u{201c}add a gate before \u{2026}\u{201d} or \u{201c}make a wait for b\u{201d}",
        ));
    }
    parts.object.clear();
    insert(world, parts)
}

/// `approve the review gate`, `accept the work of draft`.
pub(super) fn approve(world: &mut World, mut parts: Parts) -> Result<(), Miss> {
    let by_hand =
        |t: &Token| matches!(t.word.as_str(), "manually" | "it" | "this" | "that" | "by" | "hand" | "myself");
    if (parts.has(Prep::Before) || parts.has(Prep::After)) && parts.object.iter().all(by_hand) {
        parts.object.clear();
        return ask(world, parts);
    }
    parts.only(&[Prep::Because, Prep::Anyway, Prep::Of])?;
    let object = parts.get(Prep::Of).map_or(&parts.object, |p| &p.tokens);
    let mut object: Vec<Token> = object.clone();
    let mut reason = parts.get(Prep::Because).map(|p| text(&p.tokens));
    if reason.is_none()
        && let Some(at) = reason_at(&object)
    {
        reason = Some(text(&object[at + 1..]));
        object.truncate(at);
    }
    let early = object.iter().any(|t| t.word == "early") || parts.has(Prep::Anyway);
    object.retain(|t| !matches!(t.word.as_str(), "early" | "work" | "result" | "results" | "through"));
    for entity in decided(world, &object)? {
        let mut line = match entity.kind {
            Kind::Gate => vec!["gate", "approve", entity.id.as_str()],
            _ if world.status(&entity.id) == Some(StepStatus::NeedsReview) => {
                vec!["step", "accept", entity.id.as_str()]
            }
            _ => return Err(no_gate(world, &entity.id)),
        };
        if let Some(reason) = &reason {
            line.extend(["--reason", reason]);
        }
        if early && entity.kind == Kind::Gate {
            line.push("--early");
        }
        world.take(&line).map_err(Miss::Unclear)?;
        world.speak_of([entity.id.as_str()]);
    }
    Ok(())
}

/// `block the gate because …`, `reject draft because …`.
pub(super) fn block(world: &mut World, verb: Verb, parts: Parts) -> Result<(), Miss> {
    if parts.object.is_empty() && (parts.has(Prep::Before) || parts.has(Prep::After)) {
        return ask(world, parts);
    }
    let mut parts = parts;
    let back = parts.parts.iter_mut().find(|p| p.prep == Prep::Because).and_then(back_to);
    parts.only(&[Prep::Because, Prep::To, Prep::Of])?;
    let mut reason = parts.get(Prep::Because).map(|p| text(&p.tokens));
    let mut object = parts.get(Prep::Of).map_or(&parts.object, |p| &p.tokens).clone();
    if reason.is_none()
        && let Some(at) = reason_at(&object)
    {
        reason = Some(text(&object[at + 1..]));
        object.truncate(at);
    }
    let rework = parts.get(Prep::To).map(|p| &p.tokens).or(back.as_ref());
    for entity in decided(world, &object)? {
        let mut line: Vec<String> = match (entity.kind, verb) {
            (Kind::Gate, _) => vec!["gate".into(), "block".into(), entity.id.clone()],
            (Kind::Step, Verb::Reject) => vec!["step".into(), "reject".into(), entity.id.clone()],
            _ => return Err(no_gate(world, &entity.id)),
        };
        match &reason {
            Some(reason) => line.extend(["--reason".into(), reason.clone()]),
            None if entity.kind == Kind::Step || rework.is_some() => {
                return Err(Miss::unclear("say why: \u{201c}because \u{2026}\u{201d}"));
            }
            None => {}
        }
        if let Some(whom) = rework {
            let first = super::entity::steps(world, whom)?;
            line.extend(["--rework".into(), first.concat()]);
        }
        let words: Vec<&str> = line.iter().map(String::as_str).collect();
        world.take(&words).map_err(Miss::Unclear)?;
        world.speak_of([entity.id.as_str()]);
    }
    Ok(())
}

/// "because rows are missing and send it back to migrate" says why, and where the work goes back to.
fn back_to(reason: &mut Part) -> Option<Vec<Token>> {
    const SENDS: &[&str] = &["send", "give", "put", "push", "pass", "hand", "kick"];
    let all = words(&reason.tokens);
    let at = (1..all.len()).find(|at| {
        let begins = matches!(all[*at], "and" | "then" | ",");
        begins && all.get(at + 1).is_some_and(|w| SENDS.contains(w))
    })?;
    let to = all[at..].windows(2).position(|w| w == ["back", "to"])? + at;
    let whom = reason.tokens[to + 2..].to_vec();
    (to < at + 5 && whom.iter().any(|t| t.known)).then(|| {
        reason.tokens.truncate(at);
        whom
    })
}

/// Where a reason begins that only a mark sets apart: `reject draft, it is too long`. What may be a list is none.
pub(super) fn reason_at(tokens: &[Token]) -> Option<usize> {
    let mark = |t: &Token| !t.quoted && matches!(t.word.as_str(), "," | ":" | "-" | "\u{2013}" | "\u{2014}");
    let at = tokens.iter().position(mark)?;
    let tail = &tokens[at + 1..];
    // A sentence is no list: "approve it, all smoke checks are green".
    let says =
        |t: &Token| !t.known && matches!(t.word.as_str(), "is" | "are" | "was" | "were" | "has" | "have");
    let listed = |tail: &[Token]| tail.iter().any(|t| t.known) && (tail[0].known || !tail.iter().any(says));
    (at > 0 && tail.len() > 1 && !listed(tail)).then_some(at)
}

/// "block it, the team is on holiday" says why without saying so.
pub(super) fn mark_reason(tokens: &mut [Token]) {
    let says_why = (0..tokens.len()).any(|at| {
        let all = super::token::words(&tokens[at..]);
        PREPS.iter().any(|(p, prep)| *prep == Prep::Because && begins(&all, p).is_some())
    });
    if let Some(at) = reason_at(tokens).filter(|_| !says_why) {
        let goes_on = matches!(tokens[at + 1].word.as_str(), "and" | "then" | "but" | "rework");
        if !goes_on {
            tokens[at] = Token::new("because");
        }
    }
}

/// What is decided about; where nothing is named, the one gate there is.
fn decided(world: &mut World, object: &[Token]) -> Result<Vec<super::world::Entity>, Miss> {
    if object.is_empty() {
        return entities(world, &[Token::new("the"), Token::new("gate")]);
    }
    entities(world, object)
}

fn no_gate(world: &World, id: &str) -> Miss {
    let gates: Vec<String> =
        world.depends_on(id).into_iter().filter(|d| world.sequence().gate(d).is_some()).collect();
    match gates.as_slice() {
        [] => Miss::unclear(format!("`{id}` is no gate, and its work is not under review")),
        some => Miss::unclear(format!("`{id}` is no gate; it waits at {}: name that gate", listed(some))),
    }
}
