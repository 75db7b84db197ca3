//! New steps: added beside what is there, or inserted into its order.

use super::clause::Parts;
use super::entity::{Miss, items, listed, nodes};
use super::fit::{odd_beside_name, odd_name, used};
use super::lexicon::{Prep, Verb};
use super::number::count;
use super::options::{Options, joined, model, new_name};
use super::place::{Place, between, place, rewire, take_over};
use super::task::{sentence, short, tasks};
use super::token::{Token, text, words};
use super::world::World;
use super::{gate, group, kind, order};
use crate::id::slug;

const KNOWN: &[Prep] = &[
    Prep::After,
    Prep::Before,
    Prep::Between,
    Prep::Named,
    Prep::Command,
    Prep::With,
    Prep::To,
    Prep::For,
    Prep::Saying,
    Prep::Parallel,
    Prep::Series,
    Prep::Times,
    Prep::That,
    Prep::In,
    Prep::On,
];

/// Several of these are one step that many do.
const WORKERS: &[&str] = &["parallel", "worker", "workers", "agents", "copies", "instances", "replicas"];

/// `add …`, `insert …`, `put …`.
pub(super) fn add(world: &mut World, verb: Verb, parts: Parts) -> Result<(), Miss> {
    let mut parts = tasks(world, joined(parts));
    parts.object.retain(|t| t.known || t.word != "together");
    let object = words(&parts.object).iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    let has = |nouns: &[&str]| object.iter().any(|w| nouns.contains(&w.as_str()));
    if has(&["dependency", "dependencies", "edge", "edges", "connection", "arrow"]) {
        return order::new_edge(world, &parts);
    }
    let is_gate = has(&["gate", "gates", "checkpoint", "approval", "sign-off", "signoff"])
        && !parts.object.iter().any(|t| t.known);
    if is_gate || object.is_empty() && names_gate(&parts) {
        return gate::insert(world, parts);
    }
    if has(&["watchdog"]) && !parts.object.iter().any(|t| t.known) {
        return kind::watchdog(world, &parts);
    }
    if has(&["fusion"]) {
        return group::new_fusion(world, parts);
    }
    if let Some(result) = group::new_group(world, &parts) {
        return result;
    }
    if let Some(result) = super::edit::added_field(world, &parts) {
        return result;
    }
    if super::env::assignments(&parts.object).is_some() {
        return super::env::add(world, &parts);
    }
    // "to the end" is a place.
    let edge = |t: &Token| {
        matches!(t.word.as_str(), "the" | "end" | "start" | "beginning" | "front" | "very") && !t.known
    };
    for part in parts.parts.iter_mut().filter(|p| p.prep == Prep::To && p.tokens.len() > 1) {
        if part.tokens.iter().all(edge) {
            part.prep = Prep::On;
        }
    }
    if ignorable(&parts) {
        parts.parts.retain(|p| p.prep != Prep::To || !ignorable_tokens(&p.tokens));
    }
    parts.only(KNOWN)?;
    let there: Vec<String> = super::there::known_objects(world, &parts);
    if !there.is_empty() {
        return super::there::existing(world, verb, &parts, &there);
    }
    fresh(world, verb, &parts)
}

fn names_gate(parts: &Parts) -> bool {
    parts.get(Prep::Named).is_some_and(|p| p.tokens.iter().any(|t| t.word.ends_with("gate")))
}

fn ignorable(parts: &Parts) -> bool {
    parts.get(Prep::To).is_some_and(|p| ignorable_tokens(&p.tokens))
}

/// "to the sequence" says nothing new.
fn ignorable_tokens(tokens: &[Token]) -> bool {
    let (rest, _) = super::entity::bare(tokens);
    !rest.is_empty()
        && rest.iter().all(|t| {
            matches!(
                t.word.as_str(),
                "sequence" | "pipeline" | "workflow" | "project" | "flow" | "dag" | "graph" | "plan"
            ) && !t.known
        })
}

/// What new steps are called, and what they are.
pub(super) struct Fresh {
    /// Its id.
    pub id: String,
    /// Its name, where that says more.
    pub name: Option<String>,
}

fn fresh(world: &mut World, verb: Verb, parts: &Parts) -> Result<(), Miss> {
    let mut options = Options::default();
    options.read(world, parts)?;
    used(parts, &mut options)?;
    let steps = names(world, parts, &mut options)?;
    let place = place(world, parts)?;
    if let Some(taken) = steps.iter().find(|s| world.entity(&s.id).is_some()) {
        return Err(Miss::unclear(format!("`{}` exists already; choose another name", taken.id)));
    }
    let place = if verb == Verb::Insert && !parts.has(Prep::Series) { between(world, &place) } else { place };
    let beside = beside(world, parts)?;
    if steps.len() > 1 && !options.command.is_empty() {
        return Err(Miss::unclear("one command for several steps is not clear: say the command of each"));
    }
    let mut previous: Option<String> = None;
    for step in &steps {
        let mut after =
            if previous.is_none() || !parts.has(Prep::Series) { place.after.clone() } else { Vec::new() };
        after.extend(previous.take());
        if let Some(beside) = &beside {
            after.extend(world.depends_on(beside));
        }
        one(world, verb, step, &after, &place, &options, parts.has(Prep::Series))?;
        previous = parts.has(Prep::Series).then(|| step.id.clone());
    }
    let ids: Vec<&str> = steps.iter().map(|s| s.id.as_str()).collect();
    if parts.has(Prep::Parallel) && options.fanout.is_none() {
        let mut words = vec!["group", "parallelize"];
        words.extend(beside.as_deref());
        words.extend(&ids);
        if words.len() > 3 {
            world.take(&words).map_err(Miss::Unclear)?;
        }
    }
    world.speak_of(ids);
    Ok(())
}

/// "in parallel with build".
fn beside(world: &mut World, parts: &Parts) -> Result<Option<String>, Miss> {
    if !parts.has(Prep::Parallel) {
        return Ok(None);
    }
    let with = parts
        .parts
        .iter()
        .find(|p| matches!(p.prep, Prep::With | Prep::To) && p.tokens.iter().any(|t| t.known));
    match with {
        Some(part) => Ok(nodes(world, &part.tokens)?.into_iter().next()),
        None => Ok(None),
    }
}

fn names(world: &World, parts: &Parts, options: &mut Options) -> Result<Vec<Fresh>, Miss> {
    let mut object: Vec<Token> = parts.object.clone();
    // "two steps, a and b": a count, a noun and a mark before the names.
    let plain = |t: &Token| {
        super::number::number(&t.word).is_some()
            || matches!(t.word.as_str(), "steps" | "tasks" | "jobs" | "the" | "new" | "following")
    };
    let listed =
        object.iter().position(|t| t.word == ",").filter(|at| *at > 0 && object[..*at].iter().all(plain));
    if let Some(at) = object.iter().position(|t| t.word == ":").or(listed) {
        // "a snapshot step: dbt snapshot" has its name before the mark.
        let (own, _) = super::entity::bare(&object[..at]);
        if own.iter().any(|t| !plain(t) && !WORKERS.contains(&t.word.as_str()) && t.word != "more") {
            return Err(Miss::unclear("is that its command? Then say \u{201c}that runs `\u{2026}`\u{201d}"));
        }
        let count = object[..at].iter().find_map(|t| super::number::number(&t.word));
        object.drain(..=at);
        if count.is_some_and(|n| n > 1 && n != items(&object).len() as u64) {
            return Err(Miss::unclear("their number and their names do not agree"));
        }
    }
    // A pattern of several steps: "a parallel thread".
    if !parts.has(Prep::Named) && object.last().is_some_and(|t| t.word == "thread" && !t.quoted && !t.known) {
        return Err(Miss::unclear("say what the thread is to do, and who does it"));
    }
    if let Some((n, used)) = count(&words(&object)) {
        object.drain(..used);
        let named = parts.get(Prep::Named).map(|p| items(&p.tokens).len());
        let are_workers = object.iter().any(|t| WORKERS.contains(&t.word.as_str()) && !t.known);
        let of_one = match named {
            None => items(&object).len() == 1 && !parts.object.iter().any(|t| t.word == ":"),
            Some(named) => named == 1 && are_workers,
        };
        if n > 1 && of_one {
            options.fanout = options.fanout.or(Some(n));
        } else if named.is_some_and(|named| named as u64 != n) {
            return Err(Miss::unclear("their number and their names do not agree"));
        }
    }
    if options.fanout.is_none()
        && object.iter().any(|t| t.word == "parallel" && !t.known)
        && parts.has(Prep::Times)
    {
        options.fanout = parts.get(Prep::Times).map(|p| p.count);
    }
    take_model(world, &mut object, options);
    kind::take_kind(&mut object, parts.has(Prep::Named), options);
    if let Some(named) = parts.get(Prep::Named) {
        let own: Vec<&Token> = super::entity::bare(&object)
            .0
            .into_iter()
            .filter(|t| !t.quoted && t.word.contains(|c: char| c.is_ascii_digit() || c == '-'))
            .collect();
        if own.len() == 1 && named.tokens.iter().all(|t| t.quoted) {
            return Err(Miss::unclear("I see two names for it; say one"));
        }
    }
    if parts.has(Prep::Named) {
        odd_beside_name(&object)?;
    }
    let source = parts.get(Prep::Named).map_or(object.as_slice(), |p| p.tokens.as_slice());
    let mut found: Vec<Fresh> = Vec::new();
    let mut all = items(source);
    // "faq, glossary and changelog, all after outline".
    all.retain(|item| !matches!(words(item).as_slice(), ["all" | "each" | "both"]));
    for item in &all {
        let item: &[Token] = item;
        if all.len() > 1 && new_name(item).is_none() {
            return Err(Miss::unclear(format!("\u{201c}{}\u{201d} is no name for a step", text(item))));
        }
        odd_name(world, item)?;
        if let Some((id, name)) = new_name(item) {
            let other = |t: &Token| {
                !t.quoted
                    && matches!(
                        t.word.as_str(),
                        "like" | "similar" | "same" | "than" | "copy" | "more" | "less"
                    )
            };
            if item.iter().filter(|t| !t.quoted).count() > 5 || item.iter().any(other) {
                return Err(Miss::unclear(format!(
                    "\u{201c}{}\u{201d} is long for a name; say \u{201c}called \u{2026}\u{201d}",
                    text(item)
                )));
            }
            found.push(Fresh { id, name });
        }
    }
    let first = |p: &super::clause::Part| {
        let does = p
            .tokens
            .iter()
            .take_while(|t| matches!(t.word.as_str(), "does" | "do" | "should" | "run" | "it"))
            .count();
        matches!(p.prep, Prep::To | Prep::That) && super::options::is_program(world, &p.tokens[does..])
    };
    let waits = |p: &super::clause::Part| {
        let word = p.tokens.first().map_or("", |t| t.word.as_str());
        p.prep == Prep::That
            && matches!(
                word,
                "depends"
                    | "waits"
                    | "needs"
                    | "retries"
                    | "times"
                    | "follows"
                    | "comes"
                    | "has"
                    | "gets"
                    | "uses"
                    | "is"
            )
    };
    if let Some(odd) = parts.parts.iter().find(|p| waits(p)) {
        return Err(Miss::unclear(format!(
            "I do not know what to make of \u{201c}{}\u{201d}",
            text(&odd.tokens)
        )));
    }
    if parts.parts.iter().any(first) {
        return Err(Miss::unclear("is that its command? Then say \u{201c}that runs `\u{2026}`\u{201d}"));
    }
    let purpose = parts.parts.iter().find(|p| {
        matches!(p.prep, Prep::To | Prep::That | Prep::For)
            && !p.tokens.iter().any(|t| t.known && p.tokens.len() == 1)
    });
    // "make a note for me to buy milk".
    if let Some(part) = parts
        .get(Prep::For)
        .filter(|p| p.tokens.first().is_some_and(|t| matches!(t.word.as_str(), "me" | "us" | "my")))
    {
        return Err(Miss::unclear(format!(
            "I do not know what to make of \u{201c}{}\u{201d}",
            text(&part.tokens)
        )));
    }
    if let Some(part) = purpose {
        // A text of its own in it is what the step is told, and no part of a sentence.
        if part.tokens.len() > 1 && part.tokens.iter().any(|t| t.quoted) {
            return Err(Miss::unclear(format!(
                "I do not know what to make of \u{201c}{}\u{201d}",
                text(&part.tokens)
            )));
        }
        // "translations to French" is a thing; "a step to translate" is a task.
        let thing = part.prep == Prep::To
            && !found.is_empty()
            && !parts.has(Prep::Named)
            && super::entity::bare(&parts.object).1.is_none();
        let whole = || format!("{} to {}", text(&parts.object), text(&part.tokens));
        let task = sentence(&if thing { whole() } else { text(&part.tokens) });
        if found.is_empty() {
            found.extend(short(&part.tokens).map(|id| Fresh { id, name: None }));
        }
        if options.command.is_empty()
            && part.prep != Prep::For
            && !options.flags.iter().any(|f| f == "--prompt-text")
        {
            options.flag("--prompt-text", task);
        }
    }
    if found.is_empty() && !options.command.is_empty() {
        let words: Vec<&str> =
            options.command.iter().map(String::as_str).filter(|w| !w.starts_with('-')).take(2).collect();
        found.extend(slug(&words.join(" ")).map(|id| Fresh { id, name: None }));
    }
    if found.is_empty() {
        return Err(Miss::unclear("the new step needs a name: say \u{201c}called \u{2026}\u{201d}"));
    }
    Ok(found)
}

/// "a codex step": the model is no name.
fn take_model(world: &World, object: &mut Vec<Token>, options: &mut Options) {
    let noun = object.iter().position(|t| {
        matches!(t.word.as_str(), "step" | "agent" | "task" | "worker" | "workers" | "steps") && !t.known
    });
    let Some(at) = noun.and_then(|noun| noun.checked_sub(1)) else { return };
    if let Some(name) = model(world, &object[at..=at]) {
        options.flag("--model", name);
        object.remove(at);
    }
}

pub(super) fn one(
    world: &mut World,
    verb: Verb,
    step: &Fresh,
    after: &[String],
    place: &Place,
    options: &Options,
    series: bool,
) -> Result<(), Miss> {
    let mut line: Vec<String> = vec!["step".into(), "add".into(), step.id.clone()];
    if let Some(name) = &step.name {
        line.extend(["--name".into(), name.clone()]);
    }
    let mut exits = vec![step.id.clone()];
    if let Some(n) = options.fanout.filter(|n| *n > 1) {
        line.extend(["--type".into(), "p".into(), "--fanout".into(), n.to_string()]);
        exits = (1..=n.min(1000)).map(|i| format!("{}-{i}", step.id)).collect();
        if let Some(merge) = &options.merge {
            line.extend(["--merge".into(), merge.clone()]);
            exits = vec![merge.clone()];
        }
    }
    line.extend(options.flags.iter().cloned());
    if !after.is_empty() {
        line.extend(["--depends-on".into(), after.join(",")]);
    }
    if !options.command.is_empty() {
        line.push("--".into());
        line.extend(options.command.iter().cloned());
    } else if !options.flags.iter().any(|f| f == "--prompt-text") {
        world.note(super::bare::note(&step.id));
    }
    let followers: Vec<Vec<String>> = place.after.iter().map(|a| world.followers(a)).collect();
    let words: Vec<&str> = line.iter().map(String::as_str).collect();
    world.take(&words).map_err(Miss::Unclear)?;
    let splice = verb == Verb::Insert && !series;
    if splice && place.before.is_empty() {
        let followers = followers.concat();
        return take_over(world, &exits, &place.after, &followers);
    }
    if !splice && place.before.is_empty() && !followers.concat().is_empty() {
        let all: Vec<String> = followers.concat();
        world.note(format!("What waits for {} already ({}) does not wait for `{}`; say \u{201c}insert\u{201d} to put it in between.", listed(&place.after), listed(&all), step.id));
    }
    rewire(world, &exits, place)
}
