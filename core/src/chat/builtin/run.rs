//! Runs: started, started again, stopped, forgotten.

use super::clause::{Part, Parts};
use super::entity::{Miss, bare, entities, listed, nodes, steps};
use super::group::fan_out;
use super::lexicon::{Prep, Verb};
use super::limits::flags;
use super::order::depend;
use super::token::{Token, words};
use super::world::{Entity, Kind, World};

/// What of the sequence a run is about.
enum What {
    All,
    Ready,
    Failed,
    These(Vec<Entity>),
}

fn what(world: &mut World, object: &[Token]) -> Result<What, Miss> {
    let (rest, _) = bare(object);
    let all: Vec<&str> = rest.iter().map(|t| t.word.as_str()).collect();
    let known = rest.iter().any(|t| t.known);
    if known {
        return entities(world, object).map(What::These);
    }
    const WHOLE: &[&str] = &[
        "everything",
        "all",
        "sequence",
        "pipeline",
        "workflow",
        "lot",
        "thing",
        "dag",
        "flow",
        "project",
        "it",
        "run",
        "whole",
        "of",
        "up",
        "on",
        "them",
        "runs",
    ];
    let said = words(object);
    let is_ready = all.iter().any(|w| matches!(*w, "ready" | "runnable"))
        || all.ends_with(&["can", "run"])
        || all.ends_with(&["can"])
        || all.ends_with(&["can", "start"]);
    let is_failed = all.iter().any(|w| matches!(*w, "failed" | "failing" | "broken" | "failures"));
    const AROUND: &[&str] = &[
        "what",
        "whatever",
        "everything",
        "is",
        "are",
        "can",
        "run",
        "start",
        "ready",
        "runnable",
        "now",
        "failed",
        "failing",
        "broken",
        "failures",
        "has",
        "have",
        "that",
        "already",
        "be",
        "right",
    ];
    if (is_ready || is_failed) && all.iter().all(|w| AROUND.contains(w)) {
        return Ok(if is_ready { What::Ready } else { What::Failed });
    }
    let pronoun =
        all.iter().any(|w| matches!(*w, "it" | "them")) && !said.contains(&"all") && !said.contains(&"whole");
    let whole = said.contains(&"all")
        || said.iter().any(|w| {
            matches!(
                *w,
                "everything"
                    | "sequence"
                    | "pipeline"
                    | "workflow"
                    | "lot"
                    | "dag"
                    | "flow"
                    | "project"
                    | "rest"
            )
        });
    if said.is_empty() || whole && !pronoun && all.iter().all(|w| WHOLE.contains(w)) {
        return Ok(What::All);
    }
    if said == ["it", "all"] || said == ["them", "all"] || said == ["the", "whole", "thing"] {
        return Ok(What::All);
    }
    entities(world, object).map(What::These)
}

/// `run build`, `run everything from test on`, `run review three times in parallel`.
pub(super) fn run(world: &mut World, mut parts: Parts, force: bool) -> Result<(), Miss> {
    parts.object.retain(|t| t.known || !matches!(t.word.as_str(), "up" | "off" | "a" | "run"));
    let mut known = vec![
        Prep::Again,
        Prep::Background,
        Prep::Anyway,
        Prep::From,
        Prep::Times,
        Prep::Parallel,
        Prep::Series,
        Prep::With,
        Prep::After,
        Prep::Before,
        Prep::On,
    ];
    // "in parallel as a group called checks".
    let grouped = parts.has(Prep::Parallel) && parts.object.iter().filter(|t| t.known).count() > 1;
    known.extend(grouped.then_some([Prep::To, Prep::In, Prep::Named]).into_iter().flatten());
    parts.only(&known)?;
    if parts.has(Prep::Again) {
        parts.parts.retain(|p| p.prep != Prep::Again);
        return again(world, &parts);
    }
    if parts.has(Prep::After) || parts.has(Prep::Before) {
        return order(world, &parts);
    }
    let mut flags = flags(&parts)?;
    let several = parts.get(Prep::Times).is_some_and(|p| p.count > 1);
    let unclear = || Err(Miss::unclear("several times one after the other is nothing I can run"));
    if several && parts.has(Prep::From) {
        return unclear();
    }
    if let Some(part) = parts.get(Prep::From) {
        let tokens: Vec<Token> = part
            .tokens
            .iter()
            .filter(|t| !matches!(t.word.as_str(), "on" | "onwards" | "onward" | "forward"))
            .cloned()
            .collect();
        let ids = steps(world, &tokens)?;
        let [first] = ids.as_slice() else { return Err(Miss::unclear("say from which one step")) };
        flags.splice(0..0, ["--from".to_owned(), first.clone()]);
        if !parts.object.is_empty() && !matches!(what(world, &parts.object)?, What::All) {
            return Err(Miss::unclear(format!(
                "say only from where: \u{201c}run everything from {first}\u{201d}"
            )));
        }
        return line(world, &["run", "all"], &flags);
    }
    let (rest, _) = bare(&parts.object);
    let remaining = matches!(
        rest.iter().map(|t| t.word.as_str()).collect::<Vec<_>>().as_slice(),
        ["rest" | "remaining" | "remainder" | "others"]
            | ["what" | "whatever" | "everything", "is", "left" | "missing" | "open"]
            | ["everything", "left"]
            | ["is", "left"]
            | ["what" | "whatever" | "everything", "remains"]
    );
    if remaining && !rest.iter().any(|t| t.known) && !several {
        return line(world, &["run", "all"], &flags);
    }
    let found = what(world, &parts.object)?;
    if !matches!(found, What::These(_)) && several {
        return unclear();
    }
    match found {
        What::All => line(world, &["run", "all"], &flags),
        What::Ready => line(world, &["run", "runnable"], &flags),
        What::Failed => {
            flags.insert(0, "--failed".into());
            line(world, &["run", "all"], &flags)
        }
        What::These(found) => these(world, &parts, &found, &flags, force),
    }
}

fn these(
    world: &mut World,
    parts: &Parts,
    found: &[Entity],
    flags: &[String],
    force: bool,
) -> Result<(), Miss> {
    if let Some(gate) = found.iter().find(|e| e.kind == Kind::Gate) {
        return Err(Miss::unclear(format!(
            "`{0}` is a gate: it is approved or blocked, not run. Say \u{201c}approve {0}\u{201d}",
            gate.id
        )));
    }
    let ids: Vec<String> = found.iter().map(|e| e.id.clone()).collect();
    if let [Entity { kind: Kind::Step, id, .. }] = found
        && flags.iter().any(|flag| flag == "--max-concurrent")
    {
        return Err(Miss::unclear(format!(
            "`{id}` is one step: for several workers say \u{201c}split {id} into \u{2026}\u{201d}"
        )));
    }
    if let Some(times) = parts.get(Prep::Times).filter(|p| p.count != 1) {
        if let [Entity { kind: Kind::Group, .. }] = found {
            return Err(Miss::unclear(format!("{} is a group already", listed(&ids))));
        }
        if !parts.has(Prep::Parallel) {
            return Err(Miss::unclear(
                "several times one after the other is nothing I can run; say \u{201c}in parallel\u{201d} for several workers",
            ));
        }
        let group = fan_out(world, &ids, times.count)?;
        return line(world, &["run", "group", &group], flags);
    }
    if let Some(group) = whole_group(world, &ids) {
        world.speak_of(ids.iter().map(String::as_str));
        return line(world, &["run", "group", &group], flags);
    }
    if parts.has(Prep::Parallel) && ids.len() > 1 {
        let of_group = |p: &&Part| matches!(p.prep, Prep::Parallel | Prep::To | Prep::In | Prep::Named);
        let grouped = parts.parts.iter().filter(of_group).cloned().collect();
        let object = ids.iter().flat_map(|id| [Token { known: true, ..Token::new(id) }, Token::new(",")]);
        let whole = Parts { object: object.collect(), parts: grouped };
        super::group::parallel(world, Verb::Parallel, whole)?;
        let group = whole_group(world, &ids).unwrap_or_else(|| format!("{}-group", ids[0]));
        return line(world, &["run", "group", &group], flags);
    }
    parts.only(&[Prep::Anyway, Prep::Background, Prep::Series, Prep::With, Prep::On, Prep::Times])?;
    for entity in found {
        let word = if entity.kind == Kind::Group { "group" } else { "step" };
        let mut flags = flags.to_vec();
        if (force || parts.has(Prep::Anyway)) && entity.kind == Kind::Step {
            flags.insert(0, "--force".into());
        }
        line(world, &["run", word, &entity.id], &flags)?;
    }
    world.speak_of(ids.iter().map(String::as_str));
    Ok(())
}

/// The group that these steps are all of.
fn whole_group(world: &World, ids: &[String]) -> Option<String> {
    let group = world.sequence().step(ids.first()?)?.group_id.as_ref()?.to_string();
    let members = world.members(&group);
    (members.len() == ids.len() && ids.len() > 1 && ids.iter().all(|id| members.contains(id)))
        .then_some(group)
}

fn line(world: &mut World, words: &[&str], flags: &[String]) -> Result<(), Miss> {
    let mut all = words.to_vec();
    all.extend(flags.iter().map(String::as_str));
    world.take(&all).map_err(Miss::Unclear)
}

/// `run deploy after test` is an order, not a start.
fn order(world: &mut World, parts: &Parts) -> Result<(), Miss> {
    parts.only(&[Prep::After, Prep::Before])?;
    let ids = nodes(world, &parts.object)?;
    let place = super::place::place(world, parts)?;
    for id in &ids {
        for on in &place.after {
            depend(world, id, on)?;
        }
        for later in &place.before {
            depend(world, later, id)?;
        }
    }
    world.note("This orders them and starts nothing.");
    world.speak_of(ids.iter().map(String::as_str));
    Ok(())
}

/// `run build again`, `restart build`, `rerun everything`.
pub(super) fn again(world: &mut World, parts: &Parts) -> Result<(), Miss> {
    parts.only(&[Prep::Again, Prep::Background, Prep::From])?;
    let flags = flags(parts)?;
    if parts.has(Prep::From) {
        return run(world, parts.clone(), false);
    }
    match what(world, &parts.object)? {
        What::All => {
            line(world, &["reset", "--all"], &[])?;
            line(world, &["run", "all"], &flags)
        }
        What::Failed => line(world, &["run", "all", "--failed"], &flags),
        What::Ready => line(world, &["run", "runnable"], &flags),
        What::These(found) => {
            let tokens: Vec<Token> =
                found.iter().map(|e| Token { known: true, ..Token::new(&e.id) }).collect();
            let mut ids = Vec::new();
            for token in &tokens {
                ids.extend(steps(world, std::slice::from_ref(token))?);
            }
            for id in &ids {
                line(world, &["restart", id], &flags)?;
            }
            world.speak_of(ids.iter().map(String::as_str));
            Ok(())
        }
    }
}

/// `retry what failed`, `retry build`, `retry build up to three times`.
pub(super) fn retry(world: &mut World, parts: &Parts) -> Result<(), Miss> {
    let mut parts = parts.clone();
    let failure = |p: &super::clause::Part| {
        p.prep == Prep::On && matches!(words(&p.tokens).as_slice(), ["failure" | "errors" | "error" | "most"])
    };
    let on_failure = parts.parts.iter().any(failure);
    parts.parts.retain(|p| !(failure(p) || p.prep == Prep::To && p.tokens.is_empty()));
    if parts.has(Prep::Times) || on_failure {
        parts.only(&[Prep::Times])?;
        let object: Vec<Token> = parts.object.iter().filter(|t| t.word != "up").cloned().collect();
        let ids = steps(world, &object)?;
        let n = parts.get(Prep::Times).map_or(1, |p| p.count);
        return super::edit::retries(world, &ids, n);
    }
    if parts.object.is_empty() {
        parts.only(&[Prep::Again])?;
        return line(world, &["run", "all", "--failed"], &[]);
    }
    again(world, &parts)
}

/// `stop build`, `kill everything`, `stop what is running`.
pub(super) fn stop(world: &mut World, parts: &Parts, now: bool) -> Result<(), Miss> {
    parts.only(&[])?;
    let object: Vec<Token> =
        parts.object.iter().filter(|t| t.known || t.word != "running").cloned().collect();
    let is_run = |t: &Token| {
        matches!(
            t.word.as_str(),
            "run" | "runs" | "execution" | "what" | "whatever" | "is" | "currently" | "everything"
        ) && !t.known
    };
    let all = object.iter().all(|t| {
        is_run(t)
            || matches!(
                t.word.as_str(),
                "the" | "that" | "current" | "all" | "steps" | "step" | "whole" | "entire" | "complete"
            )
    }) && !matches!(words(&object).as_slice(), ["that"] | ["the", "step"] | ["that", "step"]);
    let mut line = vec!["stop".to_owned()];
    if all || object.is_empty() || matches!(what(world, &object), Ok(What::All)) {
        line.push("--all".into());
    } else {
        let ids = steps(world, &object)?;
        line.extend(ids.iter().cloned());
        world.speak_of(ids.iter().map(String::as_str));
    }
    if now {
        line.push("--now".into());
    }
    let words: Vec<&str> = line.iter().map(String::as_str).collect();
    world.take(&words).map_err(Miss::Unclear)
}

/// `reset build`, `reset everything`, `start over`.
pub(super) fn reset(world: &mut World, parts: &Parts) -> Result<(), Miss> {
    parts.only(&[Prep::Again])?;
    match what(world, &parts.object)? {
        What::All => line(world, &["reset", "--all"], &[]),
        What::Failed => line(world, &["reset", "--failed"], &[]),
        What::Ready => Err(Miss::unclear("what is READY has not run, so there is nothing to reset")),
        What::These(_) => {
            let ids = steps(world, &parts.object)?;
            let words: Vec<&str> = std::iter::once("reset").chain(ids.iter().map(String::as_str)).collect();
            world.take(&words).map_err(Miss::Unclear)?;
            world.speak_of(ids.iter().map(String::as_str));
            Ok(())
        }
    }
}
