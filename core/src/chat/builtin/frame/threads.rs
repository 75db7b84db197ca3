//! Threads: a pattern of several steps, told by what it is called, who works on it and on what:
//! `start a fusion of 3 claude and 2 codex on the prompt "…"`.

use super::super::lexicon::{NEGATIONS, Verb};
use super::super::order::depend;
use super::super::place::Place;
use super::super::task::sentence;
use super::super::token::{Token, text};
use super::super::world::World;
use super::author::begins_task;
use super::crew::{MOST, staff};
use super::pattern::{Slot, fit};
use super::step::{Body, make, place};
use crate::grammar::{Command, to_line};
use crate::store::yaml::parse_template;
use crate::thread_template::{BUILTIN, ThreadTemplate};

macro_rules! starts {
    () => {
        "please|i|we|want|need|would|like|to|let|us|also|then|use|start|create|make|add|set|begin|launch|build|spin|kick|run|open|do|have|get|up|off|new|a|an|the|another* "
    };
}

/// What threads are called, and the template of each.
const HEADS: &[(&str, &str)] = &[
    (concat!(starts!(), "fusion thread|run|setup|step|group?"), "fusion"),
    (concat!(starts!(), "f|fused thread|run"), "fusion"),
    (concat!(starts!(), "chain|chained thread|run|flow|workflow|sequence|pipeline?"), "chained"),
    (concat!(starts!(), "c thread"), "chained"),
    (concat!(starts!(), "<n> phases|stages"), "phases"),
    (concat!(starts!(), "<n> gated|chained|consecutive phases|stages|steps"), "chained"),
    (concat!(starts!(), "parallel|p thread|run"), "parallel"),
    (concat!(starts!(), "orchestrator|orchestration|orchestrated thread|run|agent?"), "orchestrated"),
    (concat!(starts!(), "orchestrating agent|thread"), "orchestrated"),
    (concat!(starts!(), "b thread"), "orchestrated"),
    (
        concat!(
            starts!(),
            "long|long-running|long-autonomy|autonomous running|autonomy|autonomous? thread|run|agent|task|job"
        ),
        "long-autonomy",
    ),
    (
        concat!(starts!(), "long|long-running|long-autonomy|autonomous running|autonomous? <crew>"),
        "long-autonomy",
    ),
    (concat!(starts!(), "l thread"), "long-autonomy"),
    (concat!(starts!(), "base thread"), "base"),
    (concat!("put|assign|employ|", starts!(), "<crew> in? parallel?"), "workers"),
    (concat!("put|assign|employ|", starts!(), "<n> parallel? workers|agents in? parallel?"), "workers"),
];

/// What else is said of a thread.
const TOLD: &[(&str, Told)] = &[
    (
        "on|with|for|about|to|that|which|who|should|shall|must|the|a|an|as|its|prompt|prompts|task|topic|question|text|instruction|instructions|goal|working|work|works|:|-|doing|do|does|is|be|it|they|all|each|and|has|have|gets|get|given|same* <quote>",
        Told::Task,
    ),
    (
        "of|with|from|by|using|between|for|in|out|via|done|run|candidates|workers|agents|models|:* <crew>",
        Told::Crew,
    ),
    (
        "of|with|in|having|over|out* <n> parallel|independent|different* candidates|workers|agents|phases|stages|steps|copies|parts",
        Told::Count,
    ),
    (
        "with|and|a|an|one|each|gated|by* gate|gates|approval|approvals|checkpoint|checkpoints in? between|after|before? each|every|the|all|them|of|phase|phases|stages|stage|steps|one|two|next*",
        Told::Gated,
    ),
    (
        "with|and|let|have* <model> as|is|be|being the|a* synth|synthesis|synthesizer|judge|merger",
        Told::Synth,
    ),
    ("fused|merged|combined|judged|synthesised|synthesized by|with|using <model>", Told::Synth),
    (
        "for|with|a|an|up|to|at|most|max|maximum|lasting|timeout|limit|time|of|which|that|may|can|run|runs|take|takes|within|no|not|more|longer|than|over* <span>",
        Told::Hours,
    ),
    ("called|named <new>", Told::Id),
    ("with|the|and|its* name|id|call|it|is|:|=* called|named|name|id|it <new>", Told::Id),
];

#[derive(Debug, Clone, Copy, PartialEq)]
enum Told {
    Task,
    Crew,
    Count,
    Gated,
    Synth,
    Hours,
    Id,
}

/// A thread, as far as it is told.
#[derive(Debug, Clone, Default)]
struct Thread {
    template: &'static str,
    task: Option<String>,
    crew: Vec<String>,
    count: Option<u64>,
    gated: bool,
    synth: Option<String>,
    hours: Option<u64>,
    id: Option<String>,
    place: Place,
}

/// Words between what is told that add nothing.
const BETWEEN: &[&str] = &[
    ",", "and", "that", "which", "who", "with", "should", "work", "works", "working", "all", "each", "they",
    "in", "parallel", "it", "is", "on", "to", "them", "let", "have", "run", "runs", "then",
];

/// Reads a request for a thread; `then` gets what came of it and how many words were taken.
pub(super) fn thread(world: &World, tokens: &[Token], then: &mut dyn FnMut(World, usize) -> bool) -> bool {
    team(world, tokens, then)
        || HEADS.iter().any(|(head, template)| {
            fit(world, head, tokens, &mut |slots, n| {
                let mut begun = Thread { template, ..Thread::default() };
                match slots {
                    [Slot::Number(n)] => begun.count = Some(*n),
                    [Slot::Argv(crew)] => begun.crew = crew.clone(),
                    _ => {}
                }
                told(world, &tokens[n..], begun)
                    .into_iter()
                    .any(|(thread, m)| made(world, &thread).is_some_and(|made| then(made, n + m)))
            })
        })
}

/// `let claude and codex each propose a fix and fuse the results`.
fn team(world: &World, tokens: &[Token], then: &mut dyn FnMut(World, usize) -> bool) -> bool {
    const HEAD: &str = "let|have|get|ask|make|i|we|want|would|like|need|please|also* <crew> should|must|each|all|both|in|parallel|independently|separately|to*";
    const FUSE: &str = "and|,|then* fuse|merge|combine|synthesise|synthesize|blend|unify the|their|all|best|of|results|result|outputs|answers|proposals|versions|drafts|ideas|solutions|what|they|come|up|with|into|one|it|them|together*";
    let odd =
        |t: &Token| t.known || NEGATIONS.contains(&t.word.as_str()) || matches!(t.word.as_str(), "if" | "or");
    fit(world, HEAD, tokens, &mut |slots, n| {
        let [Slot::Argv(crew)] = slots else { return false };
        let rest = &tokens[n..];
        let end = (1..rest.len()).find(|at| fit(world, FUSE, &rest[*at..], &mut |_, m| m > 1));
        let begins = begins_task(rest) || rest.first().is_some_and(|t| t.quoted);
        let whole = |end: &usize| begins && crew.len() > 1 && !rest[..*end].iter().any(odd);
        let Some(end) = end.filter(whole) else {
            return false;
        };
        fit(world, FUSE, &rest[end..], &mut |_, m| {
            let task = match &rest[..end] {
                [one] if one.quoted => one.text.clone(),
                task => sentence(&text(task)),
            };
            let begun =
                Thread { template: "fusion", task: Some(task), crew: crew.clone(), ..Thread::default() };
            told(world, &rest[end + m..], begun)
                .into_iter()
                .any(|(thread, k)| made(world, &thread).is_some_and(|made| then(made, n + end + m + k)))
        })
    })
}

/// Every way to read what else is told of it; the longest first.
fn told(world: &World, tokens: &[Token], begun: Thread) -> Vec<(Thread, usize)> {
    let mut found = vec![(begun, 0)];
    loop {
        let (thread, at) = found[found.len() - 1].clone();
        let idle = |t: &Token| !t.known && !t.quoted && BETWEEN.contains(&t.word.as_str());
        let skip = tokens[at..].iter().take_while(|t| idle(t)).count().min(4);
        let next = (at..=at + skip).find_map(|from| {
            let (next, n) = phrase(world, &tokens[from..], &thread)?;
            Some((next, from + n))
        });
        match next {
            Some(next) => found.push(next),
            None => break,
        }
    }
    found.reverse();
    found
}

fn phrase(world: &World, tokens: &[Token], thread: &Thread) -> Option<(Thread, usize)> {
    let mut best: Option<(Thread, usize)> = None;
    for (pattern, what) in TOLD {
        fit(world, pattern, tokens, &mut |slots, n| {
            let next = taken(thread, *what, slots).filter(|_| n > 0);
            let more = best.as_ref().is_none_or(|(_, most)| n > *most);
            best = next.filter(|_| more).map(|next| (next, n)).or(best.take());
            true
        });
    }
    best.or_else(|| placed(world, tokens, thread))
        .or_else(|| plain_task(world, tokens, thread))
        .or_else(|| purpose(world, tokens, thread))
}

/// With what was told now; `None` where that was told before.
fn taken(thread: &Thread, what: Told, slots: &[Slot]) -> Option<Thread> {
    let mut next = thread.clone();
    match (what, slots) {
        (Told::Task, [Slot::Text(task)]) if thread.task.is_none() => next.task = Some(task.clone()),
        (Told::Crew, [Slot::Argv(crew)]) if thread.crew.is_empty() => next.crew.clone_from(crew),
        (Told::Count, [Slot::Number(n)]) if thread.count.is_none() => next.count = Some(*n),
        (Told::Gated, []) if !thread.gated => next.gated = true,
        (Told::Synth, [Slot::Text(model)]) if thread.synth.is_none() => next.synth = Some(model.clone()),
        (Told::Hours, [Slot::Number(ms)]) if thread.hours.is_none() && ms % 3_600_000 == 0 => {
            next.hours = Some(ms / 3_600_000);
        }
        (Told::Id, [Slot::Text(id)]) if thread.id.is_none() => next.id = Some(id.clone()),
        _ => return None,
    }
    Some(next)
}

fn placed(world: &World, tokens: &[Token], thread: &Thread) -> Option<(Thread, usize)> {
    let (place, n) = place(world, tokens).into_iter().next()?;
    let mut next = thread.clone();
    next.place.after.extend(place.after);
    next.place.before.extend(place.before);
    Some((next, n))
}

/// A task without quotes, behind a word that says it is one: up to the end, or to where a place is told.
fn plain_task(world: &World, tokens: &[Token], thread: &Thread) -> Option<(Thread, usize)> {
    const HEAD: &str =
        "on|with|for|the|a|same|and|as|of* prompt|task|topic|question|instruction|goal is|:|of|=|to*";
    let mut from = 0;
    fit(world, HEAD, tokens, &mut |_, n| {
        from = n;
        true
    });
    let rest = tokens.get(from..).filter(|rest| from > 0 && !rest.is_empty() && thread.task.is_none())?;
    let ends = |at: &usize| !place(world, &rest[*at..]).is_empty();
    let end = (1..rest.len()).find(ends).unwrap_or(rest.len());
    let mut next = thread.clone();
    next.task = Some(text(&rest[..end])).filter(|_| !rest[0].quoted && !rest[0].is_mark());
    next.task.is_some().then_some((next, from + end))
}

/// What is to be done, told by a verb: "to look for anomalies". Workers are called after that.
fn purpose(world: &World, tokens: &[Token], thread: &Thread) -> Option<(Thread, usize)> {
    let (first, rest) = tokens.split_first()?;
    if !matches!(first.word.as_str(), "to" | ":") || thread.task.is_some() {
        return None;
    }
    let (id, n) = super::author::task(world, rest)?;
    let named = thread.id.clone();
    let id = if thread.template == "workers" { named.or(Some(id)) } else { named };
    Some((Thread { id, task: Some(sentence(&text(&rest[..n]))), ..thread.clone() }, n + 1))
}

/// The steps of it, where it is told on what they work.
fn made(world: &World, thread: &Thread) -> Option<World> {
    let task = thread.task.clone()?;
    if thread.template == "workers" {
        return workers(world, thread, &task);
    }
    let name = if thread.template == "phases" { "chained" } else { thread.template };
    if thread.template == "phases" && !thread.gated || thread.gated && name != "chained" {
        return None;
    }
    let mut set = vec![("task".to_owned(), task)];
    set.extend(who(thread, name)?);
    if let Some(hours) = thread.hours {
        set.push(("hours".to_owned(), hours.to_string()));
    }
    if !thread.place.after.is_empty() {
        set.push(("after".to_owned(), thread.place.after.join(",")));
    }
    let template = template(name)?;
    let values = template.values(&set).ok()?;
    let wish = thread.id.clone().unwrap_or_else(|| template.default_id().to_owned());
    let id = free(world, &wish);
    let mut next = world.fork();
    let mut last = String::new();
    for action in template.actions(&values, &id).ok()? {
        let line = shlex::split(&to_line(&Command::Change(action)))?;
        let line: Vec<&str> = line.iter().skip(1).map(String::as_str).collect();
        next.take(&line).ok()?;
        if let ["step", "add", made, ..] = line.as_slice() {
            (*made).clone_into(&mut last);
        }
    }
    let exit = if name == "parallel" { format!("{id}-merge") } else { last };
    for before in &thread.place.before {
        depend(&mut next, before, &exit).ok()?;
    }
    next.speak_of([exit.as_str()]);
    Some(next)
}

/// Several who do the same at once, and nothing beside.
fn workers(world: &World, thread: &Thread, task: &str) -> Option<World> {
    let many = thread.count.and_then(|n| usize::try_from(n).ok());
    let crew = match (thread.crew.as_slice(), many) {
        ([model], Some(n)) => vec![model.clone(); n.min(MOST + 1)],
        (crew, None) => crew.to_vec(),
        _ => return None,
    };
    let odd =
        !(2..=MOST).contains(&crew.len()) || thread.gated || thread.synth.is_some() || thread.hours.is_some();
    let mut body = Body { place: thread.place.clone(), placed: true, ..Body::default() };
    if odd {
        return None;
    }
    staff(&mut body.options, &crew);
    body.options.flag("--prompt-text", task);
    make(world, Verb::Add, thread.id.as_deref().unwrap_or("workers"), &body)
}

/// Who works on it, and how many: the parameters of the template.
fn who(thread: &Thread, template: &str) -> Option<Vec<(String, String)>> {
    let (count, crew) = (thread.count, &thread.crew);
    let number = match template {
        "fusion" => Some("candidates"),
        "parallel" => Some("workers"),
        "chained" => Some("phases"),
        _ => None,
    };
    let takes_turns = matches!(template, "fusion" | "parallel");
    if crew.len() > MOST
        || crew.len() > 1 && !takes_turns
        || count.is_some() && number.is_none()
        || thread.synth.is_some() && template != "fusion"
        || thread.hours.is_some() && template != "long-autonomy"
    {
        return None;
    }
    let mut set: Vec<(&str, String)> = Vec::new();
    let many = count.or((crew.len() > 1).then_some(crew.len() as u64));
    set.extend(number.zip(many).map(|(name, n)| (name, n.to_string())));
    let same = crew.windows(2).all(|pair| pair[0] == pair[1]);
    let own = crew.first().filter(|_| same);
    match (&thread.synth, own) {
        (None, Some(model)) => set.push(("model", model.clone())),
        (synth, _) => {
            set.extend(synth.iter().map(|model| ("model", model.clone())));
            set.extend((!crew.is_empty()).then(|| ("models", crew.join(","))));
        }
    }
    Some(set.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

fn template(name: &str) -> Option<ThreadTemplate> {
    let (name, text) = BUILTIN.iter().find(|(known, _)| *known == name)?;
    parse_template(text.as_bytes(), name, name).ok()
}

/// What the ids begin with: nothing there is called so, nor begins so.
fn free(world: &World, wish: &str) -> String {
    let taken = |id: &str| {
        let begins = format!("{id}-");
        world.entities().iter().any(|e| e.id == id || e.id.starts_with(&begins))
    };
    let mut ids = std::iter::once(wish.to_owned()).chain((2..).map(|n| format!("{wish}-{n}")));
    ids.find(|id| !taken(id)).unwrap_or_default()
}
