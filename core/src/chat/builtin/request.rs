//! A request goes to what knows its verb.

use super::clause::{self, Parts};
use super::entity::Miss;
use super::lexicon::{Prep, Verb};
use super::token::{Token, words};
use super::world::World;
use super::{add, change, edit, gate, group, number, order, run};

pub(super) fn request(
    world: &mut World,
    verb: Verb,
    word: &str,
    rest: &[Token],
    along: &change::Along,
) -> Result<(), Miss> {
    let goes_along = along.cascade || along.detach || along.purge;
    if goes_along && verb != Verb::Remove {
        return Err(Miss::unclear("only a removal takes others along"));
    }
    // A name reaches on, too: "rename e2e to End to end".
    let swallow = matches!(verb, Verb::Add | Verb::Insert | Verb::Rename) && word != "move";
    let running = |t: &Token| verb == Verb::Stop && t.word == "running" && !t.known;
    let rest: Vec<Token> = rest.iter().filter(|t| !running(t)).cloned().collect();
    let mut rest = rest;
    if matches!(verb, Verb::Approve | Verb::Reject | Verb::Block) {
        gate::mark_reason(&mut rest);
    }
    let rest = rest.as_slice();
    let mut parts = clause::parts(rest, swallow);
    if word == "move" && parts.object.iter().any(|t| t.word == "'s") {
        return edit::set(world, "set", parts);
    }
    if word == "move" && parts.object.iter().all(|t| !t.known && !is_pronoun(&t.word)) {
        return Err(Miss::unclear("only what is there can be moved: name it"));
    }
    // "test is stuck. restart": what was told of is meant, not all there is.
    let bare = parts.object.is_empty() && parts.parts.iter().all(|p| p.prep == Prep::Again);
    let of_it = matches!(verb, Verb::Retry | Verb::Restart | Verb::Stop | Verb::Reset | Verb::Remove);
    if bare && world.told && of_it {
        parts.object.push(Token::new("it"));
    }
    match verb {
        Verb::Add => add::add(world, verb, parts),
        Verb::Insert => add::add(world, verb, parts),
        Verb::Remove => change::remove(world, parts, along),
        Verb::Rename => change::rename(world, parts),
        Verb::Connect => order::connect(world, word == "chain", &parts),
        Verb::Disconnect => order::disconnect(world, &parts),
        Verb::Parallel | Verb::Fanout => group::parallel(world, verb, parts),
        Verb::Dissolve => group::dissolve(world, &parts),
        Verb::Fuse => group::fuse(world, verb, parts),
        Verb::Approve => gate::approve(world, parts),
        Verb::Reject | Verb::Block => gate::block(world, verb, parts),
        Verb::Ask => waits(world, rest, parts),
        Verb::Run => run::run(world, parts, false),
        Verb::Force => run::run(world, parts, true),
        Verb::Restart => run::again(world, &parts),
        Verb::Retry => run::retry(world, &parts),
        Verb::Stop => run::stop(world, &parts, word == "kill"),
        Verb::Reset => run::reset(world, &parts),
        Verb::Set => edit::set(world, word, parts),
        Verb::Give => edit::give(world, parts),
        Verb::Use => edit::use_for(world, parts),
        Verb::Make => make(world, word, rest, parts),
        Verb::Clone => change::duplicate(world, parts),
        Verb::Mark => change::mark(world, parts),
        Verb::Undo | Verb::Redo => turn(world, verb, &parts),
        Verb::Allow | Verb::Deny => allow(world, verb, &parts),
        Verb::Skip => skip(world, &parts),
    }
}

fn is_pronoun(word: &str) -> bool {
    matches!(word, "it" | "that" | "this" | "them" | "these" | "those" | "both")
}

/// `make a step …` adds; `make a wait for b` says something of a.
fn make(world: &mut World, word: &str, rest: &[Token], parts: Parts) -> Result<(), Miss> {
    let all = words(rest);
    // "let a human check it" makes nothing.
    let noun = word == "make"
        || parts.has(Prep::Named)
        || rest.iter().any(|t| {
            !t.known
                && matches!(
                    t.word.as_str(),
                    "step" | "task" | "job" | "gate" | "group" | "watchdog" | "fusion"
                )
        });
    let is_new = noun
        && matches!(all.first(), Some(&"a" | &"an" | &"another" | &"new"))
        && !rest[0].known
        && order::state(&mut World::new(world.sequence(), world.state(), &[]), rest)
            .is_none_or(|r| r.is_err());
    if is_new {
        return add::add(world, Verb::Add, clause::parts(rest, true));
    }
    if parts.has(Prep::Parallel) && !all.iter().any(|w| matches!(*w, "run" | "be")) {
        return group::parallel(world, Verb::Parallel, parts);
    }
    if let Some(result) = order::state(world, rest) {
        return result;
    }
    if super::field::field(&parts.object).is_some() && parts.has(Prep::To) {
        return edit::set(world, "set", parts);
    }
    if let Some(at) = rest.iter().rposition(|t| t.known)
        && all[at + 1..].contains(&"group")
    {
        return edit::value_is(world, &rest[..=at], false, &rest[at + 1..]);
    }
    // "make it 20 minutes" is a time limit, "make its timeout 20 minutes" names the field.
    let at =
        rest.iter().rposition(|t| t.known || matches!(t.word.as_str(), "it" | "that" | "them" | "timeout"));
    if let Some(at) = at
        && number::span(&all[at + 1..]).is_some()
    {
        let whom: Vec<Token> =
            rest[..=at].iter().filter(|t| t.known || t.word != "timeout").cloned().collect();
        let ids = super::entity::steps(world, &whom)?;
        return edit::timeout(world, &ids, &rest[at + 1..]);
    }
    Err(Miss::unclear(
        "I do not see what is to change; say it as in \u{201c}make deploy wait for test\u{201d}",
    ))
}

/// `wait for my approval before deploy` is a gate.
fn waits(world: &mut World, rest: &[Token], parts: Parts) -> Result<(), Miss> {
    if rest.iter().any(|t| t.word == "review" && !t.known) && parts.has(Prep::For) {
        return edit::set(
            world,
            "turn",
            Parts { object: vec![Token::new("review"), Token::new("on")], parts: parts.parts },
        );
    }
    gate::ask(world, parts)
}

fn turn(world: &mut World, verb: Verb, parts: &Parts) -> Result<(), Miss> {
    let known = parts.object.iter().any(|t| t.known);
    let plain = parts.object.iter().all(|t| {
        matches!(
            t.word.as_str(),
            "it" | "that"
                | "this"
                | "the"
                | "my"
                | "last"
                | "latest"
                | "change"
                | "changes"
                | "modification"
                | "modifications"
                | "command"
                | "request"
                | "action"
                | "edit"
                | "step"
                | "one"
                | "previous"
                | "thing"
                | "again"
                | "what"
                | "i"
                | "did"
                | "just"
                | "most"
                | "recent"
                | "back"
                | "two"
                | "three"
                | "four"
                | "five"
                | "2"
                | "3"
                | "4"
                | "5"
        )
    });
    if verb == Verb::Redo && known {
        return run::again(world, parts);
    }
    if known || !plain {
        return Err(Miss::unclear(
            "I can take back the latest change, and the one before it, and so on; say \u{201c}undo\u{201d}",
        ));
    }
    let mut n =
        parts.object.iter().filter(|t| t.word != "one").find_map(|t| number::number(&t.word)).unwrap_or(1);
    for part in &parts.parts {
        match part.prep {
            Prep::Times => n = part.count,
            Prep::Again | Prep::That => {}
            _ => return parts.only(&[Prep::Times, Prep::Again]),
        }
    }
    if n != 1 || !world.lines.is_empty() {
        return Err(Miss::unclear("one change at a time, and alone: say \u{201c}undo\u{201d}, and again"));
    }
    world.take_bare(if verb == Verb::Undo { "undo" } else { "redo" });
    Ok(())
}

/// `allow cargo`.
fn allow(world: &mut World, verb: Verb, parts: &Parts) -> Result<(), Miss> {
    parts.only(&[Prep::Command])?;
    let object: Vec<&Token> = parts
        .object
        .iter()
        .chain(parts.parts.iter().flat_map(|p| &p.tokens))
        .filter(|t| {
            !matches!(
                t.word.as_str(),
                "the" | "command" | "program" | "commands" | "programs" | "steps" | "to" | "use" | "run"
            )
        })
        .collect();
    // Each stands alone between the marks of the list.
    let programs: Vec<&[&Token]> = object
        .split(|t| !t.quoted && matches!(t.word.as_str(), "," | "and"))
        .filter(|p| !p.is_empty())
        .collect();
    if programs.is_empty() || programs.iter().any(|program| program.len() > 1) {
        return Err(Miss::unclear("say which programs steps may start: \u{201c}allow cargo\u{201d}"));
    }
    for program in programs.concat() {
        if program.known {
            let text = &program.text;
            return Err(Miss::unclear(format!("`{text}` is a step; say which program steps may start")));
        }
        let word = if verb == Verb::Allow { "allow" } else { "deny" };
        world.take(&["policy", word, &program.text]).map_err(Miss::Unclear)?;
    }
    Ok(())
}

/// `skip build` could mean several things.
fn skip(world: &mut World, parts: &Parts) -> Result<(), Miss> {
    let ids = super::entity::steps(world, &parts.object)?;
    let id = &ids[0];
    let done = world.status(id) == Some(crate::model::StepStatus::Done);
    let more = if done { "; it is done already" } else { "" };
    Err(Miss::unclear(format!(
        "a step cannot be skipped once{more}. Say \u{201c}mark {id} as done\u{201d} or \u{201c}remove {id}\u{201d}"
    )))
}
