//! What the mentions of a request come to: its lines.

use super::super::add::{Fresh, one as added};
use super::super::edit::edit;
use super::super::frame::step::{Body, insert_gate};
use super::super::lexicon::Verb;
use super::super::order::depend;
use super::super::place::{Place, between};
use super::super::world::World;
use super::said::{Act, Rel, Said};
use crate::model::StepStatus;

pub(super) fn come(world: &World, said: &Said) -> Option<World> {
    let mut next = world.fork();
    match said.act {
        None => tells(&mut next, said)?,
        Some(Act::Approve | Act::Refuse) => decides(&mut next, said)?,
        Some(Act::Again) => again(&mut next, said)?,
        Some(Act::Run | Act::Stop) => runs(&mut next, said)?,
        Some(Act::Remove) if said.listed => programs(&mut next, said, "deny")?,
        Some(Act::Add) if said.listed => programs(&mut next, said, "allow")?,
        Some(Act::Remove) => removes(&mut next, said)?,
        Some(Act::Add | Act::Insert) => adds(&mut next, said)?,
        Some(Act::Group) => groups(&mut next, said)?,
        Some(Act::Allow) => programs(&mut next, said, "allow")?,
        Some(Act::Deny) => programs(&mut next, said, "deny")?,
    }
    (next.lines.len() > world.lines.len() || next.notes.len() > world.notes.len()).then_some(next)
}

/// Nothing else was said than what the request needs.
struct Only {
    options: bool,
    beside: bool,
    names: bool,
    reason: bool,
}

const NOTHING: Only = Only { options: false, beside: false, names: false, reason: false };

fn only(said: &Said, may: &Only) -> Option<()> {
    let options = &said.options;
    let bare = options.flags.is_empty()
        && options.command.is_empty()
        && options.fanout.is_none()
        && options.merge.is_none();
    let fits = (may.options || bare && said.dropped.is_empty() && said.title.is_none())
        && (may.beside || said.beside.is_empty())
        && (may.names || said.names.is_empty())
        && (may.reason || said.reason.is_none())
        && (said.act == Some(Act::Remove) || !said.detach)
        && (said.budget.is_none() || said.act.is_none())
        && (!said.listed || matches!(said.act, Some(Act::Allow | Act::Deny | Act::Remove | Act::Add)))
        && (!said.set || matches!(said.act, None | Some(Act::Again)));
    fits.then_some(())
}

/// How steps are to be, what they wait for, what they may spend.
fn tells(world: &mut World, said: &Said) -> Option<()> {
    only(said, &Only { options: true, beside: true, ..NOTHING })?;
    if let Some((flag, n)) = &said.budget {
        return spends(world, said, flag, n);
    }
    let steps = !said.whom.is_empty() && said.whom.iter().all(|id| world.sequence().step(id).is_some());
    let told = changes(said);
    if said.whom.is_empty() || told && !steps || !told && said.beside.is_empty() {
        return None;
    }
    // "unit after lint" alone can be asked for at once, too.
    let alone = !told && said.beside.len() == 1 && said.beside[0].bare;
    let said_more = said.more || said.starts;
    if alone && !(if said.beside[0].not { said.anymore } else { said_more }) {
        return None;
    }
    if told {
        change(world, said)?;
    }
    order(world, said)?;
    world.speak_of(said.whom.iter().map(String::as_str));
    Some(())
}

fn changes(said: &Said) -> bool {
    !said.options.flags.is_empty() || !said.options.command.is_empty() || said.title.is_some()
}

fn change(world: &mut World, said: &Said) -> Option<()> {
    // How others go on where one fails is said of a group.
    let group = said.options.flags.iter().any(|f| f == "--fail-policy");
    if said.options.fanout.is_some() || said.options.merge.is_some() || group || !replaced(said) {
        return None;
    }
    let mut flags = said.options.flags.clone();
    if let Some(title) = said.title.as_ref() {
        if said.whom.len() > 1 || flags.iter().any(|f| f == "--name") {
            return None;
        }
        flags.extend(["--name".to_owned(), title.clone()]);
    }
    edit(world, &said.whom, &flags, &said.options.command).ok()
}

/// What it is not to be like, it is to be like otherwise: "codex, not claude".
fn replaced(said: &Said) -> bool {
    let first = |o: &super::super::options::Options| o.flags.first().cloned();
    said.dropped.iter().all(|not| {
        let same_flag = first(not)
            .is_some_and(|flag| said.options.flags.contains(&flag) && not.flags != said.options.flags);
        let same_command =
            first(not).is_none() && !said.options.command.is_empty() && not.command != said.options.command;
        same_flag || same_command
    })
}

fn order(world: &mut World, said: &Said) -> Option<()> {
    // What is taken away comes first, so that nothing goes round.
    for not in [true, false] {
        for beside in said.beside.iter().filter(|b| b.not == not) {
            for whom in &said.whom {
                for other in &beside.ids {
                    let (id, on) = match beside.rel {
                        Rel::After | Rel::When => (whom, other),
                        Rel::Before => (other, whom),
                        Rel::Between | Rel::Back => return None,
                    };
                    if not {
                        world
                            .depends_on(id)
                            .contains(on)
                            .then(|| world.take(&["dep", "rm", id, on]).ok())??;
                    } else {
                        depend(world, id, on).ok()?;
                    }
                }
            }
        }
    }
    Some(())
}

fn spends(world: &mut World, said: &Said, flag: &str, n: &str) -> Option<()> {
    if changes(said) || !said.beside.is_empty() || said.set {
        return None;
    }
    if said.whom.is_empty() {
        return world.lines.is_empty().then(|| world.take(&["budget", "set", flag, n]).ok()).flatten();
    }
    if let Some(group) = &said.group {
        return world.take(&["budget", "set", "--group", group, flag, n]).ok();
    }
    for id in &said.whom {
        world.sequence().step(id)?;
        world.take(&["budget", "set", "--step", id, flag, n]).ok()?;
    }
    world.speak_of(said.whom.iter().map(String::as_str));
    Some(())
}

fn decides(world: &mut World, said: &Said) -> Option<()> {
    only(said, &Only { beside: true, reason: true, ..NOTHING })?;
    let [id] = said.whom.as_slice() else { return None };
    if said.why && said.reason.is_none() {
        return None;
    }
    let back = match said.beside.as_slice() {
        [] => None,
        [one] if one.rel == Rel::Back && one.ids.len() == 1 && !one.not => Some(one.ids[0].as_str()),
        _ => return None,
    };
    let gate = world.sequence().gate(id).is_some();
    if said.verdict && !gate {
        return None;
    }
    let due = world.status(id) == Some(StepStatus::NeedsReview);
    let mut line = match (said.act?, gate) {
        (Act::Approve, true) => vec!["gate", "approve", id],
        (Act::Approve, false) if due => vec!["step", "accept", id],
        (Act::Refuse, true) => vec!["gate", "block", id],
        (Act::Refuse, false) if due && said.reason.is_some() => vec!["step", "reject", id],
        _ => return None,
    };
    if let Some(back) = back {
        if line[1] != "block" || said.reason.is_none() {
            return None;
        }
        line.extend(["--rework", back]);
    }
    if let Some(reason) = &said.reason {
        line.extend(["--reason", reason]);
    }
    world.take(&line).ok()?;
    world.speak_of([id.as_str()]);
    Some(())
}

/// Started again, with what is to be otherwise then.
fn again(world: &mut World, said: &Said) -> Option<()> {
    only(said, &Only { options: true, ..NOTHING })?;
    if said.whom.is_empty() || !said.whom.iter().all(|id| world.sequence().step(id).is_some()) {
        return None;
    }
    if changes(said) {
        change(world, said)?;
    }
    for id in &said.whom {
        world.take(&["restart", id]).ok()?;
    }
    world.speak_of(said.whom.iter().map(String::as_str));
    Some(())
}

fn runs(world: &mut World, said: &Said) -> Option<()> {
    only(said, &NOTHING)?;
    if said.whom.is_empty() || !said.whom.iter().all(|id| world.sequence().step(id).is_some()) {
        return None;
    }
    if said.act == Some(Act::Stop) {
        let line: Vec<&str> = std::iter::once("stop").chain(said.whom.iter().map(String::as_str)).collect();
        world.take(&line).ok()?;
    } else {
        for id in &said.whom {
            world.take(&["run", "step", id]).ok()?;
        }
    }
    world.speak_of(said.whom.iter().map(String::as_str));
    Some(())
}

fn removes(world: &mut World, said: &Said) -> Option<()> {
    only(said, &NOTHING)?;
    if said.whom.is_empty() {
        return None;
    }
    for id in &said.whom {
        let gate = world.sequence().gate(id).is_some();
        let mut line = vec![if gate { "gate" } else { "step" }, "rm", id];
        line.extend((said.detach && !gate).then_some("--detach-dependents"));
        world.take(&line).ok()?;
    }
    Some(())
}

fn adds(world: &mut World, said: &Said) -> Option<()> {
    only(said, &Only { options: true, beside: true, names: true, reason: false })?;
    let ([name], true, true) = (said.names.as_slice(), said.whom.is_empty(), said.dropped.is_empty()) else {
        return None;
    };
    let id = crate::id::slug(name)?;
    let place = place(world, said)?;
    if said.gate {
        let body = Body {
            place,
            name: said.title.clone(),
            options: said.options.clone(),
            placed: true,
            ..Body::default()
        };
        *world = insert_gate(world, &id, &body)?;
        return Some(());
    }
    if !changes(said) && place == Place::default() {
        return None;
    }
    let inserted = said.act == Some(Act::Insert) || place.between;
    let (verb, place) = if inserted { (Verb::Insert, between(world, &place)) } else { (Verb::Add, place) };
    let fresh = Fresh { id: id.clone(), name: said.title.clone().filter(|t| *t != id) };
    added(world, verb, &fresh, &place.after, &place, &said.options, false).ok()?;
    world.speak_of([id.as_str()]);
    Some(())
}

fn place(world: &World, said: &Said) -> Option<Place> {
    let mut place = Place::default();
    for beside in &said.beside {
        if beside.not {
            return None;
        }
        match (beside.rel, beside.ids.as_slice()) {
            (Rel::After | Rel::When, ids) => place.after.extend(ids.iter().cloned()),
            (Rel::Before, ids) => place.before.extend(ids.iter().cloned()),
            (Rel::Between, [a, b]) => {
                let (a, b) = if world.comes_after(a, b) { (b, a) } else { (a, b) };
                place.after.push(a.clone());
                place.before.push(b.clone());
                place.between = true;
            }
            _ => return None,
        }
    }
    Some(place)
}

fn groups(world: &mut World, said: &Said) -> Option<()> {
    only(said, &Only { options: true, names: true, ..NOTHING })?;
    let (policy, rest): (Vec<String>, Vec<String>) = split(&said.options.flags);
    let steps = said.whom.iter().all(|id| world.sequence().step(id).is_some());
    if said.group.is_some()
        || said.whom.len() < 2
        || !steps
        || said.names.len() > 1
        || said.title.is_some()
        || !said.options.command.is_empty()
    {
        return None;
    }
    let mut line = vec!["group", "parallelize"];
    line.extend(said.whom.iter().map(String::as_str));
    for name in &said.names {
        line.extend(["--id", name]);
    }
    line.extend(policy.iter().map(String::as_str));
    world.take(&line).ok()?;
    if !rest.is_empty() {
        edit(world, &said.whom, &rest, &[]).ok()?;
    }
    world.speak_of(said.whom.iter().map(String::as_str));
    Some(())
}

/// What is said of the group, and what of its members.
fn split(flags: &[String]) -> (Vec<String>, Vec<String>) {
    let at = flags.iter().position(|f| f == "--fail-policy");
    match at {
        Some(at) => (flags[at..at + 2].to_vec(), [&flags[..at], &flags[at + 2..]].concat()),
        None => (Vec::new(), flags.to_vec()),
    }
}

fn programs(world: &mut World, said: &Said, what: &str) -> Option<()> {
    only(said, &Only { options: true, names: true, ..NOTHING })?;
    let mut programs = said.options.command.clone();
    programs.extend(said.names.iter().cloned());
    if programs.is_empty()
        || !said.options.flags.is_empty()
        || !said.whom.is_empty()
        || said.options.command.len() > 1
    {
        return None;
    }
    for program in &programs {
        world.take(&["policy", what, program]).ok()?;
    }
    Some(())
}
