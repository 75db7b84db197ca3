//! What a request comes to: its lines.

use super::super::edit::edit;
use super::super::lexicon::verb;
use super::super::options::Options;
use super::super::order::depend;
use super::super::place::Place;
use super::super::renamed;
use super::super::world::World;
use super::again::{redo, same};
use super::copies::copied;
use super::does::Does;
use super::exchange::exchanged;
use super::groups;
use super::pattern::Slot;
use super::relative;
use super::step::{Body, insert_gate};
use crate::model::StepStatus;

/// Who is meant by no name of theirs.
const PEOPLE: &[&str] =
    &["me", "us", "you", "hand", "human", "person", "someone", "somebody", "people", "anyone"];

/// Takes in what a frame stands for; `None` where it cannot be so.
pub(super) fn act(world: &mut World, does: Does, slots: &[Slot]) -> Option<()> {
    use Slot::{Argv, Nodes, Number, Options as Given, Text};
    match (does, slots) {
        (Does::OptionsOf, [Given(options), Nodes(ids)]) | (Does::Edit, [Nodes(ids), Given(options)]) => {
            given(world, ids, options)
        }
        (Does::Instead, [Text(old), Text(new), Nodes(ids)]) => {
            let had = |id: &String| world.sequence().step(id).is_some_and(|s| s.model.as_str() == old);
            ids.iter().all(had).then(|| flags(world, ids, &["--model", new])).flatten()
        }
        (Does::Exchange(how), slots) => exchanged(world, how, slots),
        (Does::Without, [Nodes(gone), Nodes(kept)]) => {
            let mut waited = gone.iter().flat_map(|id| world.followers(id));
            waited
                .all(|id| kept.contains(&id))
                .then(|| remove(world, gone, Some("--detach-dependents")))
                .flatten()
        }
        (Does::Reset, [Nodes(ids)]) => {
            let line: Vec<&str> = std::iter::once("reset").chain(ids.iter().map(String::as_str)).collect();
            world.take(&line).ok()
        }
        (Does::OfAll(flag), [Number(n)]) => {
            let all: Vec<String> = world.sequence().steps.iter().map(|s| s.id.to_string()).collect();
            flags(world, &all, &[flag, &n.to_string()])
        }
        (Does::EnvOf, [Argv(pairs), Nodes(ids)]) => {
            let all: Vec<&str> = pairs.iter().flat_map(|pair| ["--env", pair.as_str()]).collect();
            flags(world, ids, &all)
        }
        // "two retries for a and three for b".
        (Does::OptionsOf, [Number(n), Nodes(ids)]) => {
            let retries = world.lines.last().is_some_and(|line| line.contains(" --retry "));
            retries.then(|| flags(world, ids, &["--retry", &n.to_string()])).flatten()
        }
        (Does::OptionsOf, [Given(a), Nodes(ids), Given(b)]) => {
            given(world, ids, &super::option::joined(a, b)?)
        }
        (Does::It, [Given(options)]) if options.flags.first().is_some_and(|f| f == "--fail-policy") => {
            groups::ends_so(world, options)
        }
        (Does::It, [Given(options)]) => {
            let known = world.told || !world.focus.is_empty();
            known.then(|| given(world, &world.focus.clone(), options)).flatten()
        }
        (Does::Redo, [Text(model), Nodes(ids), rest @ ..]) => redo(world, model, ids, rest),
        (Does::Redo, [Nodes(ids), Text(model), ..]) => redo(world, model, ids, &[]),
        (Does::AgainWith, [Nodes(ids), Given(options)]) => {
            given(world, ids, options)?;
            ids.iter().all(|id| world.take(&["restart", id]).is_ok()).then_some(())
        }
        (Does::AgainWith, []) if world.told && world.focus.len() == 1 => {
            let id = world.focus[0].clone();
            world.sequence().step(&id)?;
            world.take(&["restart", &id]).ok()
        }
        (Does::AgainWith, [Given(_)]) if world.focus.len() == 1 => {
            let ids = world.focus.clone();
            act(world, does, &[Nodes(ids), slots[0].clone()])
        }
        (Does::Same, [Nodes(ids)]) => same(world, ids),
        (Does::ApproveEarly, [Nodes(ids), ..]) => {
            world.take(&["gate", "approve", ids.first()?, "--early"]).ok()
        }
        (Does::WaitOnly, [Nodes(ids), Nodes(on)]) => {
            for id in ids {
                let others: Vec<String> =
                    world.depends_on(id).into_iter().filter(|d| !on.contains(d)).collect();
                no_wait(world, std::slice::from_ref(id), &others)?;
            }
            wait(world, ids, on)
        }
        (Does::WaitNot, [Nodes(ids), Nodes(on), Nodes(not)]) => {
            wait(world, ids, on)?;
            no_wait(world, ids, not)
        }
        (Does::Move(flag), [Nodes(ids), Nodes(place)]) => {
            world.take(&["step", "move", ids.first()?, flag, place.first()?]).ok()
        }
        (Does::Budget, [Text(usd)]) => match world.focus.clone().as_slice() {
            [id] if world.sequence().step(id).is_some() => {
                world.take(&["budget", "set", "--step", id, "--usd", usd]).ok()
            }
            _ => None,
        },
        (Does::ApprovedBy, [Nodes(before), Text(who)]) if !PEOPLE.contains(&who.as_str()) => {
            let place = Place { before: before.clone(), ..Place::default() };
            *world = insert_gate(world, who, &Body { place, placed: true, ..Body::default() })?;
            Some(())
        }
        (Does::Budget, [Nodes(ids), Text(usd)]) | (Does::Budget, [Text(usd), Nodes(ids)]) => {
            world.take(&["budget", "set", "--step", ids.first()?, "--usd", usd]).ok()
        }
        (Does::Deny, [Text(program)]) => {
            let program = Some(program).filter(|program| world.entity(program).is_none())?.clone();
            world.take(&["policy", "deny", &program]).ok()
        }
        (Does::Said(what), []) => world.lines.last().is_some_and(|line| line.contains(what)).then_some(()),
        (Does::Run, [Nodes(ids)]) if ids.iter().all(|id| world.sequence().step(id).is_some()) => {
            for id in ids {
                world.take(&["run", "step", id]).ok()?;
            }
            world.speak_of(ids.iter().map(String::as_str));
            Some(())
        }
        (Does::Stop | Does::StopNow, [Nodes(ids)]) => {
            let mut line: Vec<&str> = std::iter::once("stop").chain(ids.iter().map(String::as_str)).collect();
            line.extend((does == Does::StopNow).then_some("--now"));
            world.take(&line).ok()?;
            world.speak_of(ids.iter().map(String::as_str));
            Some(())
        }
        (Does::RejectFor, [Nodes(ids), Text(reason)]) => {
            world.take(&["step", "reject", ids.first()?, "--reason", reason]).ok()
        }
        (Does::RedoFor, [Nodes(ids), Text(_)]) => {
            let id = ids.first()?;
            match world.status(id)? {
                StepStatus::NeedsReview => act(world, Does::RejectRework, slots),
                StepStatus::Done | StepStatus::Failed => world.take(&["restart", id]).ok(),
                _ => None,
            }
        }
        (Does::ReworkFor, [Nodes(gate), Text(reason), Nodes(ids)]) => {
            act(world, Does::Rework, &[Nodes(gate.clone()), Nodes(ids.clone()), Text(reason.clone())])
        }
        (Does::RemoveAndWait, [Nodes(gone), Nodes(ids), Nodes(on)]) => {
            remove(world, gone, Some("--detach-dependents"))?;
            wait(world, ids, on)
        }
        (Does::Scale(flag, times, by), [Nodes(ids)]) => {
            relative::changed(world, ids, flag, |now| Some(now.checked_mul(times)? / by))
        }
        (Does::More(flag, more), [Nodes(ids), Number(by)])
        | (Does::More(flag, more), [Number(by), Nodes(ids)]) => relative::changed(world, ids, flag, |now| {
            if more { now.checked_add(*by) } else { now.checked_sub(*by) }
        }),
        (Does::Number(flag), [Nodes(ids), Number(n), ..]) | (Does::Number(flag), [Number(n), Nodes(ids)]) => {
            flags(world, ids, &[flag, &n.to_string()])
        }
        (Does::Text("--model"), [Nodes(ids), Text(model), ..])
        | (Does::TextOf("--model"), [Text(model), .., Nodes(ids)])
        | (Does::TextOf("--model"), [Text(model), Nodes(ids), ..]) => flags(world, ids, &["--model", model]),
        (Does::TextOf("--model"), [Text(model), Number(_), Nodes(ids), Text(what), ..])
            if world.entity(what).is_none() =>
        {
            flags(world, ids, &["--model", model])
        }
        (Does::Text("--name"), [Nodes(ids), Text(name), ..]) => {
            let id = ids.first()?;
            if let Some(called) = renamed::called(world, id, name) {
                return called;
            }
            world.note(format!("Its name changes; its id stays `{}`.", ids.first()?));
            flags(world, ids, &["--name", name])
        }
        (Does::Text(flag), [Nodes(ids), Text(text), ..])
        | (Does::TextOf(flag), [Text(text), Nodes(ids), ..]) => flags(world, ids, &[flag, text]),
        (Does::Command, [Nodes(ids), Argv(line), ..]) => edit(world, ids, &[], line).ok(),
        (Does::Swap, [Argv(before), Argv(line), Nodes(ids)]) => {
            let same = |id: &String| world.sequence().step(id).is_some_and(|s| s.command == *before);
            ids.iter().all(same).then(|| edit(world, ids, &[], line).ok()).flatten()
        }
        (Does::Swap, [Argv(line), Number(_), Nodes(ids)]) => edit(world, ids, &[], line).ok(),
        (Does::Fixed(all), [Nodes(ids), ..]) => flags(world, ids, all),
        (Does::Fixed(all), []) => flags(world, &world.focus.clone(), all),
        (Does::Wait, [Nodes(ids), Nodes(on)]) => wait(world, ids, on),
        (Does::Precede, [Nodes(on), Nodes(ids)]) => {
            wait(world, ids, on)?;
            world.speak_of(on.iter().map(String::as_str));
            Some(())
        }
        (Does::NoWait, [Nodes(ids), Nodes(on)]) | (Does::Spared, [Nodes(on), Nodes(ids)]) => {
            no_wait(world, ids, on)
        }
        (Does::WaitInstead, [Nodes(ids), Nodes(a), Nodes(b)]) => {
            // Of the two it waits for one now.
            let waits =
                |on: &[String]| on.iter().all(|on| ids.iter().all(|id| world.depends_on(id).contains(on)));
            let (old, new) = if waits(a) && !waits(b) { (a, b) } else { (b, a) };
            no_wait(world, ids, old)?;
            wait(world, ids, new)
        }
        (Does::Restart, all) => {
            for slot in all {
                let Nodes(ids) = slot else { continue };
                for id in ids {
                    world.take(&["restart", id]).ok()?;
                }
                world.speak_of(ids.iter().map(String::as_str));
            }
            Some(())
        }
        (Does::From, [Nodes(ids)]) => world.take(&["run", "all", "--from", ids.first()?]).ok(),
        (Does::Line(words @ ["redo"]), _) => world.lines.is_empty().then(|| world.take_bare(words[0])),
        (Does::Line(words), _) => world.take(words).ok(),
        (Does::Filled(words, flag), [slot, ..]) => {
            let value = match slot {
                Number(n) => n.to_string(),
                Text(text) => text.clone(),
                _ => return None,
            };
            let mut line = words.to_vec();
            line.extend(flag.iter().filter(|f| !f.is_empty()));
            line.push(&value);
            world.take(&line).ok()
        }
        (Does::RunGroupFailed, [Text(group)]) => world.take(&["run", "group", group, "--failed"]).ok(),
        (Does::Force, [Nodes(ids)]) => world.take(&["run", "step", ids.first()?, "--force"]).ok(),
        (Does::Rework, [Nodes(gate), Nodes(first), Text(reason)]) => {
            world.take(&["gate", "block", gate.first()?, "--rework", first.first()?, "--reason", reason]).ok()
        }
        (Does::RejectRework, [Nodes(ids), Text(reason)]) => {
            world.take(&["step", "reject", ids.first()?, "--rework", "--reason", reason]).ok()
        }
        (Does::BlockGate, [Nodes(gate), Text(reason)]) => {
            world.take(&["gate", "block", gate.first()?, "--reason", reason]).ok()
        }
        (Does::Remove, [Nodes(ids)]) => remove(world, ids, None),
        (Does::Cascade, [Nodes(ids)]) => remove(world, ids, Some("--cascade")),
        (Does::Detach, [Nodes(ids)]) => remove(world, ids, Some("--detach-dependents")),
        // "in parallel and stop both when one fails" names no group.
        (Does::Group, [_, Text(id), ..]) if verb(&[id]).is_some() => None,
        // "a and b can run in parallel, group them as checks".
        (Does::Group, [Nodes(ids), Text(id)])
            if world
                .lines
                .last()
                .is_some_and(|l| *l == format!("seqctl group parallelize {}", ids.join(" "))) =>
        {
            world.amend(&["--id", id]).ok()
        }
        (Does::Group, [Nodes(ids), Text(id), rest @ ..]) if ids.len() > 1 => {
            let mut line = vec!["group", "parallelize"];
            line.extend(ids.iter().map(String::as_str));
            line.extend(["--id", id]);
            match rest {
                [Given(options)] if options.command.is_empty() => {
                    line.extend(options.flags.iter().map(String::as_str))
                }
                [] => {}
                _ => return None,
            }
            world.take(&line).ok()?;
            world.speak_of(ids.iter().map(String::as_str));
            Some(())
        }
        (Does::Fuse, [Nodes(ids), Text(synth)]) if ids.len() > 1 => {
            let mut line = vec!["fusion", "create"];
            line.extend(ids.iter().map(String::as_str));
            line.extend(["--synth", synth]);
            world.take(&line).ok()?;
            world.speak_of([synth.as_str()]);
            Some(())
        }
        (Does::Copied, [Nodes(ids), Text(copy), rest @ ..]) => copied(world, ids.first()?, copy, rest),
        (Does::Copied, [Nodes(ids)]) => {
            let copy = world.free_id(&format!("{}-copy", ids.first()?));
            copied(world, ids.first()?, &copy, &[])
        }
        (Does::Alike, [Text(copy), Nodes(ids)]) => copied(world, ids.first()?, copy, &[]),
        (Does::AlikeRuns, [Nodes(ids), line @ Argv(_), Text(copy)]) => {
            copied(world, ids.first()?, copy, std::slice::from_ref(line))
        }
        (Does::AlikeBut, [Text(_), Nodes(ids), Text(copy), rest @ ..]) => {
            copied(world, ids.first()?, copy, rest)
        }
        (Does::LookedAt, [Nodes(after), Nodes(before)]) => {
            let place = Place { after: after.clone(), before: before.clone(), between: true };
            let body = Body { place, placed: true, ..Body::default() };
            *world = insert_gate(world, &world.free_id(&format!("{}-gate", before.first()?)), &body)?;
            Some(())
        }
        // Nothing new, where it was said before.
        (Does::Nothing, [Nodes(ids)]) => {
            world.speak_of(ids.iter().map(String::as_str));
            Some(())
        }
        (Does::Kept, []) => {
            world.lines.last().is_some_and(|line| line.contains(" group dissolve ")).then_some(())
        }
        (Does::Nothing, []) => world.lines.last().is_some_and(|line| line.contains(" dep rm ")).then_some(()),
        (Does::Accept, []) => {
            let id = world.focus.first().filter(|_| world.focus.len() == 1)?.clone();
            if world.sequence().gate(&id).is_some() {
                return world.take(&["gate", "approve", &id]).ok();
            }
            let due = world.status(&id) == Some(StepStatus::NeedsReview);
            due.then(|| world.take(&["step", "accept", &id]).ok()).flatten()
        }
        _ => None,
    }
}

pub(super) fn flags(world: &mut World, ids: &[String], flags: &[&str]) -> Option<()> {
    let known = !ids.is_empty() && ids.iter().all(|id| world.sequence().step(id).is_some());
    let flags: Vec<String> = flags.iter().map(|f| (*f).to_owned()).collect();
    known.then(|| edit(world, ids, &flags, &[]).ok()).flatten()
}

fn given(world: &mut World, ids: &[String], options: &Options) -> Option<()> {
    let none = options.flags.is_empty() && options.command.is_empty();
    if none || options.fanout.is_some() || options.merge.is_some() || ids.is_empty() {
        return None;
    }
    edit(world, ids, &options.flags, &options.command).ok()
}

fn wait(world: &mut World, ids: &[String], on: &[String]) -> Option<()> {
    for id in ids {
        for on in on {
            depend(world, id, on).ok()?;
        }
    }
    world.speak_of(ids.iter().map(String::as_str));
    Some(())
}

fn no_wait(world: &mut World, ids: &[String], on: &[String]) -> Option<()> {
    for id in ids {
        for on in on {
            world.depends_on(id).contains(on).then(|| world.take(&["dep", "rm", id, on]).ok()).flatten()?;
        }
    }
    world.speak_of(ids.iter().map(String::as_str));
    Some(())
}

fn remove(world: &mut World, ids: &[String], with: Option<&str>) -> Option<()> {
    for id in ids {
        let gate = world.sequence().gate(id).is_some();
        let mut line = vec![if gate { "gate" } else { "step" }, "rm", id.as_str()];
        line.extend(with.filter(|_| !gate));
        world.take(&line).ok()?;
    }
    Some(())
}
