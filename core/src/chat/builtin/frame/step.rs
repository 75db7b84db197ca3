//! Something new: a step or a gate, its place, and how it is to be, in whatever order that is said.

use super::super::add::{Fresh, one as added};
use super::super::lexicon::{PREPS, Prep, Verb, begins};
use super::super::options::Options;
use super::super::place::{Place, between};
use super::super::token::{Token, words};
use super::super::world::World;
use super::heads::{GATES, HEADS};
use super::pattern::{Slot, fit};
use super::{noun, option};

/// Where something goes.
#[derive(Debug, Clone, Default)]
pub(in crate::chat::builtin) struct Body {
    pub place: Place,
    pub options: Options,
    pub name: Option<String>,
    pub every: Option<u64>,
    pub kind: Vec<String>,
    /// Something was said of it that only is said of what is new.
    pub placed: bool,
    /// It is not said yet how it is called.
    pub unnamed: bool,
}

/// Words between a place and what it is about, beside the prepositions.
const AFTER: &[&str] = &[
    "depends on",
    "depend on",
    "depending on",
    "that depends on",
    "which depends on",
    "waits for",
    "waiting for",
    "that waits for",
    "which waits for",
    "wait for",
    "waits on",
    "comes after",
    "it comes after",
    "it depends on",
    "it waits for",
    "which comes after",
    "that comes after",
    "runs after",
    "it runs after",
    "running after",
    "needs",
    "it needs",
    "that needs",
    "to run after",
    "should run after",
    "should wait for",
    "it should wait for",
    "it should run after",
    "dependent on",
    "coming after",
];
const BEFORE: &[&str] = &[
    "comes before",
    "it comes before",
    "runs before",
    "running before",
    "it runs before",
    "to be done before",
    "has to be done before",
    "it should run before",
];

/// A place, and how many words say it.
pub(super) fn place(world: &World, tokens: &[Token]) -> Vec<(Place, usize)> {
    let all = words(tokens);
    if tokens.first().is_none_or(|t| t.known || t.quoted) {
        return Vec::new();
    }
    let longest = |of: &[&str]| of.iter().filter_map(|p| begins(&all, p)).max();
    let prep = |want: Prep| {
        PREPS.iter().filter(|(_, prep)| *prep == want).filter_map(|(p, _)| begins(&all, p)).max()
    };
    // "once build is through we need a step …".
    if matches!(all.first(), Some(&"once" | &"when")) || begins(&all, "as soon as").is_some() {
        let n = if all[0] == "as" { 3 } else { 1 };
        return noun::listed(world, &tokens[n..])
            .into_iter()
            .filter_map(|(ids, m)| {
                let over = tokens[n + m..].iter().take_while(|t| super::super::saying::is_over(t)).count();
                (over > 0).then(|| (Place { after: ids, ..Place::default() }, n + m + over))
            })
            .collect();
    }
    let after = longest(AFTER).max(prep(Prep::After));
    let before = longest(BEFORE).max(prep(Prep::Before));
    let mut found = Vec::new();
    if let Some(n) = prep(Prep::Between) {
        for (ids, m) in noun::listed(world, &tokens[n..]) {
            // "between both tests and publish".
            if let [first @ .., last] = ids.as_slice()
                && first.len() > 1
            {
                if first.iter().all(|id| world.comes_after(last, id)) {
                    let place = Place { after: first.to_vec(), before: vec![last.clone()], between: true };
                    found.push((place, n + m));
                }
                continue;
            }
            if ids.len() != 2 {
                continue;
            }
            let turned = world.comes_after(&ids[0], &ids[1]);
            let (a, b) = if turned { (1, 0) } else { (0, 1) };
            let place = Place { after: vec![ids[a].clone()], before: vec![ids[b].clone()], between: true };
            found.push((place, n + m));
        }
        return found;
    }
    let (n, is_after) = match (after, before) {
        (Some(n), None) => (n, true),
        (None, Some(n)) => (n, false),
        (Some(a), Some(b)) => (a.max(b), a > b),
        _ => return found,
    };
    for (ids, m) in noun::listed(world, &tokens[n..]) {
        let (after, before) = if is_after { (ids, Vec::new()) } else { (Vec::new(), ids) };
        found.push((Place { after, before, between: false }, n + m));
    }
    found
}

fn merged(a: &Place, b: &Place) -> Option<Place> {
    // "after it" beside a place that names the same is one.
    let mut place = a.clone();
    for id in &b.after {
        if !place.after.contains(id) {
            place.after.push(id.clone());
        }
    }
    for id in &b.before {
        if !place.before.contains(id) {
            place.before.push(id.clone());
        }
    }
    place.between |= b.between;
    (!place.after.iter().any(|id| place.before.contains(id))).then_some(place)
}

/// Every way to read what is said of something new; the longest first.
pub(in crate::chat::builtin) fn bodies(world: &World, tokens: &[Token], begun: Body) -> Vec<(Body, usize)> {
    let mut found = vec![(begun, 0)];
    let mut at = 0;
    loop {
        let (body, _) = found[found.len() - 1].clone();
        let skip = option::between(&tokens[at..]).min(6);
        let marks = |t: &Token| !t.known && matches!(t.word.as_str(), ":" | "->" | "=");
        let mut next: Option<(Body, usize)> = None;
        for from in at..=at + skip + 1 {
            if from > at + skip && !tokens.get(from - 1).is_some_and(marks) || from > tokens.len() {
                break;
            }
            next = phrase(world, &tokens[from..], &body).map(|(b, n)| (b, from + n));
            if next.is_some() {
                break;
            }
        }
        let Some((body, end)) = next else { break };
        at = end;
        found.push((body, at));
    }
    found.reverse();
    found
}

fn phrase(world: &World, tokens: &[Token], body: &Body) -> Option<(Body, usize)> {
    let mut next = body.clone();
    if let Some((place, n)) = place(world, tokens).into_iter().next() {
        // "it must be finished before x" of something placed already is told behind it.
        next.place = merged(&body.place, &place)?;
        next.placed = true;
        return Some((next, n));
    }
    let all = words(tokens);
    let mut named: Option<(String, usize)> = None;
    const NAMES: &[(&str, bool)] = &[
        ("called|named|titled|name <quote>", false),
        ("with? the? name|title <quote>", false),
        ("call|name it <word>", false),
        ("call|name it|this|that|the|new|step|task|job* <new>", true),
        ("as a|the|new|another* step|task|job called|named|:? <new>", true),
        ("with|its|the* name|id|called|named is|:|=|to|be|should* <new>", true),
    ];
    for (pattern, bare) in NAMES {
        if *bare && !body.unnamed {
            continue;
        }
        fit(world, pattern, tokens, &mut |slots, n| {
            if let [Slot::Text(text)] = slots {
                named = Some((text.clone(), n));
            }
            true
        });
    }
    if let Some((name, n)) = named.filter(|_| body.name.is_none()) {
        next.name = Some(name);
        return Some((next, n));
    }
    let mut every: Option<(u64, usize)> = None;
    fit(
        world,
        "that|which|and|it|checks|looks|runs|check|look|checking|looking* every <span>",
        tokens,
        &mut |slots, n| {
            if let [Slot::Number(ms)] = slots {
                every = Some((*ms, n));
            }
            true
        },
    );
    if let Some((ms, n)) = every.filter(|_| body.every.is_none()) {
        next.every = Some(ms);
        return Some((next, n));
    }
    // "one that runs": what stands alone is a command only behind a mark.
    let (options, n) = option::one(world, tokens, true)?;
    let bare_time = all.first() == Some(&"a") && n == 1;
    next.options = option::joined(&body.options, &options).filter(|_| !bare_time)?;
    Some((next, n))
}

/// Reads a request for something new; `then` gets what came of it and how many words were taken.
pub(in crate::chat::builtin) fn new(
    world: &World,
    tokens: &[Token],
    then: &mut dyn FnMut(World, usize) -> bool,
) -> bool {
    // "before deploy there should be a …": a place that stands first.
    let mut fronts = vec![(Body::default(), 0)];
    for (place, n) in place(world, tokens) {
        let skip = words(&tokens[n..])
            .iter()
            .take_while(|w| {
                matches!(
                    **w,
                    "," | "we"
                        | "i"
                        | "there"
                        | "should"
                        | "must"
                        | "be"
                        | "please"
                        | "need"
                        | "want"
                        | "also"
                )
            })
            .count();
        fronts.push((Body { place, placed: true, ..Body::default() }, n + skip));
    }
    super::kinds::awaited(world, tokens, then)
        || fronts.iter().any(|(front, from)| {
            gate(world, &tokens[*from..], front, &mut |w, n| then(w, from + n))
                || step(world, &tokens[*from..], front, &mut |w, n| then(w, from + n))
                || super::kinds::by_command(world, &tokens[*from..], front, &mut |w, n| then(w, from + n))
                || super::author::by_author(world, &tokens[*from..], front, &mut |w, n| then(w, from + n))
        })
}

pub(in crate::chat::builtin) fn head_begins(tokens: &[Token]) -> usize {
    let all = words(tokens);
    const LEAD: &[&str] = &[
        "i would like to have",
        "i would like",
        "we would like",
        "i want to have",
        "i",
        "we",
        "there should be",
        "there must be",
        "also",
    ];
    LEAD.iter().filter_map(|p| begins(&all, p)).max().unwrap_or(0)
}

fn step(world: &World, tokens: &[Token], front: &Body, then: &mut dyn FnMut(World, usize) -> bool) -> bool {
    let lead = head_begins(tokens);
    HEADS.iter().any(|(head, verb)| {
        fit(world, head, &tokens[lead..], &mut |slots, n| {
            let (id, model) = match slots {
                [Slot::Text(id)] => (id, None),
                [Slot::Text(model), Slot::Text(id)] => (id, Some(model)),
                _ => return false,
            };
            let at = lead + n;
            let mut front = front.clone();
            if let Some(model) = model {
                front.options.flag("--model", model.clone());
            }
            let said = words(&tokens[..at]);
            let noun =
                said.iter().any(|w| matches!(*w, "step" | "task" | "job" | "new" | "called" | "named"));
            // The noun alone names nothing: "new step after build".
            let headless = n == 1;
            let near = world.entities().iter().any(|e| super::super::near::slipped(id, &e.id));
            let prep = words(&tokens[at..])
                .first()
                .is_some_and(|w| matches!(*w, "between" | "after" | "before" | "in"));
            if headless && front.place == Place::default() && (near || !prep) {
                return false;
            }
            bodies(world, &tokens[at..], front.clone()).into_iter().any(|(body, m)| {
                if headless && body.options.command.is_empty() {
                    return false;
                }
                let told =
                    body.placed && (m > 0 || n > 1) || noun || n > 1 && !body.options.command.is_empty();
                if !told || m == 0 && !body.placed && !noun {
                    return false;
                }
                let mut body = body;
                if said.iter().any(|w| w.starts_with("orchestrat")) {
                    body.kind.push("--orchestrator".to_owned());
                }
                if said.contains(&"long-running") {
                    body.kind.extend(["--type".to_owned(), "l".to_owned()]);
                }
                make(world, *verb, id, &body).is_some_and(|made| then(made, at + m))
            })
        })
    })
}

pub(in crate::chat::builtin) fn make(world: &World, verb: Verb, id: &str, body: &Body) -> Option<World> {
    let mut next = world.fork();
    let id = crate::id::slug(id)?;
    if body.every.is_some()
        || body.options.command.is_empty() && body.place == Place::default() && body.options.flags.is_empty()
    {
        return None;
    }
    let title = body.name.clone().filter(|name| *name != id);
    let place = if verb == Verb::Insert { between(world, &body.place) } else { body.place.clone() };
    let fresh = Fresh { id: id.clone(), name: title };
    let mut options = option::joined(&body.options, &Options::default())?;
    options.flags.extend(body.kind.iter().cloned());
    added(&mut next, verb, &fresh, &place.after, &place, &options, false).ok()?;
    next.speak_of([id.as_str()]);
    Some(next)
}

fn gate(world: &World, tokens: &[Token], front: &Body, then: &mut dyn FnMut(World, usize) -> bool) -> bool {
    let lead = head_begins(tokens);
    GATES.iter().any(|head| {
        fit(world, head, &tokens[lead..], &mut |slots, n| {
            let at = lead + n;
            let begun = Body { unnamed: slots.is_empty(), ..front.clone() };
            bodies(world, &tokens[at..], begun).into_iter().any(|(body, m)| {
                let id = match (slots, &body.name) {
                    ([Slot::Text(id)], _) => id.clone(),
                    (_, Some(name)) => name.clone(),
                    _ => return false,
                };
                insert_gate(world, &id, &body).is_some_and(|made| then(made, at + m))
            })
        })
    })
}

pub(in crate::chat::builtin) fn insert_gate(world: &World, said: &str, body: &Body) -> Option<World> {
    let mut next = world.fork();
    let id = crate::id::slug(said)?;
    let bare = body.options.command.is_empty() && body.options.flags.is_empty() && body.every.is_none();
    if !bare || !body.placed || world.entity(&id).is_some() {
        return None;
    }
    let mut line = vec!["gate".to_owned(), "insert".into(), id.clone()];
    if let Some(name) =
        body.name.clone().or_else(|| (said != id).then(|| said.to_owned())).filter(|n| *n != id)
    {
        line.extend(["--name".into(), name]);
    }
    let (mut after, mut before) = (body.place.after.clone(), body.place.before.clone());
    if after.is_empty() {
        after = before.iter().flat_map(|b| world.depends_on(b)).collect();
    } else if before.is_empty() {
        before = after.iter().flat_map(|a| world.followers(a)).collect();
    }
    for (flag, ids) in [("--after", after), ("--before", before)] {
        if !ids.is_empty() {
            line.extend([flag.to_owned(), ids.join(",")]);
        }
    }
    let words: Vec<&str> = line.iter().map(String::as_str).collect();
    next.take(&words).ok()?;
    next.speak_of([id.as_str()]);
    Some(next)
}
