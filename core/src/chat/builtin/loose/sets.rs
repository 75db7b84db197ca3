//! Steps meant all at once: "all tests except smoke", "everything after clean", "every answer".

use super::super::entity::status_word;
use super::super::frame::{noun, slot};
use super::super::near::{is_a, stem};
use super::super::token::{Token, words};
use super::super::world::World;
use crate::model::StepStatus;

/// Some steps, and how many words mean them.
pub(in crate::chat::builtin) type Found = (Vec<String>, usize);

/// What begins with "all", "every" or "everything"; `None` where no set is meant.
pub(in crate::chat::builtin) fn set(world: &World, tokens: &[Token]) -> Option<Found> {
    let (all, n) = base(world, tokens)?;
    match left_out(world, &tokens[n..]) {
        Some((out, m)) => {
            let rest: Vec<String> = all.iter().filter(|id| !out.contains(id)).cloned().collect();
            let inside = out.iter().all(|id| all.contains(id));
            (inside && !rest.is_empty()).then_some((rest, n + m))
        }
        // "everything" alone is no list of steps to change.
        None => {
            (told(tokens) || !matches!(words(&tokens[..n]).as_slice(), ["everything"])).then_some((all, n))
        }
    }
}

/// "everything gets 30 minutes" says something of every step.
fn told(tokens: &[Token]) -> bool {
    matches!(words(tokens).as_slice(), ["everything", "gets" | "should", ..])
}

fn base(world: &World, tokens: &[Token]) -> Option<Found> {
    let all = words(tokens);
    let every = || world.sequence().steps.iter().map(|s| s.id.to_string()).collect::<Vec<_>>();
    if tokens.first().is_none_or(|t| t.known || t.quoted) {
        return None;
    }
    let n = match all.as_slice() {
        ["all", "of", "the", "steps", ..] | ["each", "and", "every", "step", ..] => 4,
        ["all", "the", "steps", ..] | ["all", "other", "steps", ..] => 3,
        ["all" | "every" | "each", "steps" | "step" | "jobs" | "job" | "tasks" | "task", ..] => 2,
        ["everything" | "all", "except" | "but" | "besides" | "excluding", ..] => 1,
        _ if told(tokens) => 1,
        ["everything" | "all", "after" | "behind" | "downstream" | "before", ..] => {
            return placed(world, tokens);
        }
        ["all" | "every" | "each", ..] => return called(world, tokens),
        _ => return None,
    };
    let those = |fits: &dyn Fn(&crate::model::Step) -> bool| -> Vec<String> {
        world.sequence().steps.iter().filter(|s| fits(s)).map(|s| s.id.to_string()).collect()
    };
    let rest = &tokens[n..];
    if let Some((model, m)) = of_model(world, rest) {
        let ids = those(&|s| s.model.as_str() == model);
        return (!ids.is_empty()).then_some((ids, n + m));
    }
    if let Some((status, m)) = of_status(rest) {
        let ids = those(&|s| world.status(s.id.as_str()) == Some(status));
        return (!ids.is_empty()).then_some((ids, n + m));
    }
    match all.get(n) {
        // How they are told apart is not known.
        Some(&("that" | "which")) => None,
        Some(&("after" | "behind" | "before")) => {
            placed(world, &tokens[n - 1..]).map(|(ids, m)| (ids, m + n - 1))
        }
        _ => Some((every(), n)),
    }
}

/// "that uses claude", "done by codex": the model, and how many words say it.
fn of_model(world: &World, tokens: &[Token]) -> Option<(String, usize)> {
    const USES: &[&str] = &[
        "use", "uses", "using", "with", "run", "runs", "is", "are", "done", "written", "made", "handled",
        "by", "on",
    ];
    let all = words(tokens);
    let that = usize::from(matches!(all.first(), Some(&("that" | "which"))));
    let uses = all[that..].iter().take_while(|w| USES.contains(*w)).count();
    let (model, n) = slot::model(world, tokens.get(that + uses..)?).filter(|_| uses > 0)?;
    Some((model, that + uses + n))
}

/// "that failed", "which are running": the status, and how many words say it.
fn of_status(tokens: &[Token]) -> Option<(StepStatus, usize)> {
    let all = words(tokens);
    let is = all.iter().skip(1).take_while(|w| matches!(**w, "is" | "are" | "has" | "have")).count();
    let that = matches!(all.first(), Some(&("that" | "which")));
    Some((status_word(all.get(1 + is).filter(|_| that)?)?, 2 + is))
}

/// Whether words tell steps apart by the model that they have: no clause knows those.
pub(in crate::chat::builtin) fn by_model(world: &World, tokens: &[Token]) -> bool {
    let all = words(tokens);
    let step = |w: &str| matches!(w, "step" | "steps" | "job" | "jobs" | "task" | "tasks");
    let every = |w: &str| matches!(w, "all" | "every" | "each" | "the");
    (2..all.len())
        .any(|at| every(all[at - 2]) && step(all[at - 1]) && of_model(world, &tokens[at..]).is_some())
}

/// "everything after clean", over however many others, in the order of the file.
fn placed(world: &World, tokens: &[Token]) -> Option<Found> {
    let after = tokens.get(1)?.word != "before";
    let skip = if tokens[1].word == "downstream" { 3 } else { 2 };
    let (ids, n) = noun::listed(world, tokens.get(skip..)?).into_iter().next()?;
    let [id] = ids.as_slice() else { return None };
    let fits = |s: &&crate::model::Step| {
        if after { world.comes_after(s.id.as_str(), id) } else { world.comes_after(id, s.id.as_str()) }
    };
    let found: Vec<String> = world.sequence().steps.iter().filter(fits).map(|s| s.id.to_string()).collect();
    (!found.is_empty()).then_some((found, skip + n))
}

/// "all tests", "every answer": those that have the noun in their id or name, where several have.
fn called(world: &World, tokens: &[Token]) -> Option<Found> {
    let article = usize::from(matches!(tokens.get(1)?.word.as_str(), "the" | "our" | "of"));
    let count =
        tokens.get(1 + article).and_then(|t| super::super::number::number(&t.word)).filter(|n| *n > 1);
    let at = 1 + article + usize::from(count.is_some());
    let noun = tokens.get(at).filter(|t| !t.known && !t.quoted && t.word.len() > 3)?;
    let has = |s: &&crate::model::Step| {
        let name = crate::id::slug(&s.name).unwrap_or_default();
        is_a(s.id.as_str(), &name, |p| stem(p) == stem(&noun.word))
    };
    let found: Vec<String> = world.sequence().steps.iter().filter(has).map(|s| s.id.to_string()).collect();
    let agrees = count.is_none_or(|n| n == found.len() as u64);
    let more = tokens.get(at + 1).is_some_and(|t| !t.known && matches!(t.word.as_str(), "steps" | "jobs"));
    (found.len() > 1 && agrees).then_some((found, at + 1 + usize::from(more)))
}

/// "except smoke and unit".
fn left_out(world: &World, tokens: &[Token]) -> Option<Found> {
    const OUT: &[&str] = &[
        "except for",
        "except",
        "but not",
        "but",
        "besides",
        "excluding",
        "other than",
        "apart from",
        "bar",
    ];
    let all = words(tokens);
    let comma = usize::from(all.first() == Some(&","));
    let n = OUT.iter().find_map(|p| super::super::lexicon::begins(&all[comma..], p))? + comma;
    let (ids, m) = noun::listed(world, &tokens[n..]).into_iter().next()?;
    Some((ids, n + m))
}

/// "the gate", where one is meant.
pub(super) fn the_gate(world: &World, tokens: &[Token]) -> Option<Found> {
    let gate = matches!(words(tokens).as_slice(), ["the" | "this" | "that", "gate", ..]) && !tokens[1].known;
    let due = |due: bool| world.gates_that(|_, is_due| is_due || !due);
    let one = |ids: Vec<String>| (ids.len() == 1).then_some(ids);
    gate.then(|| one(due(false)).or_else(|| one(due(true)))).flatten().map(|ids| (ids, 2))
}
