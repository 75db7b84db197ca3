//! What happens side by side: groups, workers, fusions.

use super::clause::{Part, Parts};
use super::entity::{Miss, entities, listed, nodes, steps};
use super::lexicon::{Prep, Verb};
use super::number::count;
use super::options::{Options, joined};
use super::token::{Token, text, words};
use super::world::{Kind, World};
use crate::id::slug;

/// Most workers that a sentence makes; the policy may say fewer.
const MOST: u64 = 50;

/// `parallelise a and b`, `group a and b as checks`, `split review into three`.
pub(super) fn parallel(world: &mut World, verb: Verb, parts: Parts) -> Result<(), Miss> {
    let mut parts = joined(parts);
    // "group a with b" names them both.
    let names = |p: &Part| p.prep == Prep::With && p.tokens.iter().any(|t| t.known);
    for part in parts.parts.extract_if(.., |p| verb == Verb::Parallel && names(p)) {
        parts.object.push(Token::new(","));
        parts.object.extend(part.tokens);
    }
    parts.only(&[Prep::Parallel, Prep::Named, Prep::With, Prep::To, Prep::In, Prep::Times])?;
    let object: Vec<Token> = parts.object.iter().filter(|t| t.word != "together").cloned().collect();
    let found = entities(world, &object)?;
    let mut options = Options::default();
    options.read(world, &parts)?;
    let several =
        |p: &Part| p.tokens.iter().any(|t| !t.quoted && matches!(t.word.as_str(), "," | "and" | ":"));
    if parts.get(Prep::Named).is_some_and(several) {
        return Err(Miss::unclear("I see more than the name of the group"));
    }
    let mut id = parts.get(Prep::Named).and_then(|p| slug(&text(&p.tokens)));
    for part in parts.parts.iter().filter(|p| matches!(p.prep, Prep::To | Prep::In)) {
        let all = words(&part.tokens);
        if let Some((n, used)) = count(&all).filter(|_| !all.contains(&"group")) {
            let workers = |w: &&str| {
                matches!(
                    *w,
                    "parallel"
                        | "workers"
                        | "copies"
                        | "parts"
                        | "agents"
                        | "instances"
                        | "ways"
                        | "pieces"
                        | "shards"
                        | "parallel-workers"
                        | "jobs"
                )
            };
            if !all[used..].iter().all(workers) {
                return Err(Miss::unclear(format!(
                    "I do not know what to make of \u{201c}{}\u{201d}",
                    text(&part.tokens)
                )));
            }
            if options.fanout.replace(n).is_some() {
                return Err(Miss::unclear("I see two numbers of workers"));
            }
            continue;
        }
        let own: Vec<Token> = part
            .tokens
            .iter()
            .filter(|t| {
                !matches!(
                    t.word.as_str(),
                    "a" | "the"
                        | "group"
                        | "one"
                        | "called"
                        | "named"
                        | "parallel"
                        | "new"
                        | "same"
                        | "single"
                        | "common"
                )
            })
            .cloned()
            .collect();
        let own = slug(&text(&own));
        if id.is_some() && own.is_some() {
            return Err(Miss::unclear("I see two names for the group"));
        }
        id = id.or(own);
    }
    if !options.command.is_empty() {
        return Err(Miss::unclear("a group has no command of its own: say it of its steps"));
    }
    if let Some(n) = options.fanout {
        if id.is_some() || options.merge.is_some() || !options.flags.is_empty() {
            return Err(Miss::unclear("say first into how many, and then what they are to be like"));
        }
        let ids = steps(world, &object)?;
        return fan_out(world, &ids, n).map(drop);
    }
    if verb == Verb::Fanout {
        return Err(Miss::unclear("say into how many: \u{201c}split review into three\u{201d}"));
    }
    let ids = steps(world, &object)?;
    if ids.len() < 2 {
        return Err(Miss::unclear(format!(
            "one step alone cannot be parallel: name others beside {}, or say how many times",
            listed(&ids)
        )));
    }
    if let [group] = found.as_slice()
        && group.kind == Kind::Group
    {
        return Err(Miss::unclear(format!("`{}` is a parallel group already", group.id)));
    }
    let mut line = vec!["group".to_owned(), "parallelize".into()];
    line.extend(ids.iter().cloned());
    line.extend(id.into_iter().flat_map(|id| ["--id".to_owned(), id]));
    line.extend(options.merge.into_iter().flat_map(|m| ["--merge".to_owned(), m]));
    line.extend(options.flags);
    let words: Vec<&str> = line.iter().map(String::as_str).collect();
    world.take(&words).map_err(Miss::Unclear)?;
    world.speak_of(ids.iter().map(String::as_str));
    Ok(())
}

/// Several workers of one existing step: copies of it in a group. What waited for it waits for all of them. Gives the
/// group.
pub(super) fn fan_out(world: &mut World, ids: &[String], n: u64) -> Result<String, Miss> {
    let [id] = ids else {
        return Err(Miss::unclear(format!("{} are several; say it of one step", listed(ids))));
    };
    if !(2..=MOST).contains(&n) {
        return Err(Miss::unclear(format!("{n} workers are none, or too many: 2 to {MOST}")));
    }
    if let Some(group) = world.sequence().step(id).and_then(|s| s.group_id.clone()) {
        return Err(Miss::unclear(format!("`{id}` is a worker of group `{group}` already")));
    }
    let followers = world.followers(id);
    let mut all = vec![id.clone()];
    for at in 2..=n {
        let copy = world.free_id(&format!("{id}-{at}"));
        world.take(&["step", "clone", id, &copy]).map_err(Miss::Unclear)?;
        all.push(copy);
    }
    for follower in &followers {
        let mut line = vec!["dep", "add", follower.as_str()];
        line.extend(all[1..].iter().map(String::as_str));
        world.take(&line).map_err(Miss::Unclear)?;
    }
    let mut line = vec!["group", "parallelize"];
    line.extend(all.iter().map(String::as_str));
    world.take(&line).map_err(Miss::Unclear)?;
    world.speak_of(all.iter().map(String::as_str));
    Ok(format!("{id}-group"))
}

/// `ungroup checks`, `take the group apart`.
pub(super) fn dissolve(world: &mut World, parts: &Parts) -> Result<(), Miss> {
    parts.only(&[])?;
    let mut groups = Vec::new();
    for entity in entities(world, &parts.object)? {
        let of_step =
            world.sequence().step(&entity.id).and_then(|s| s.group_id.as_ref()).map(ToString::to_string);
        let group = if entity.kind == Kind::Group { Some(entity.id.clone()) } else { of_step };
        let group = group.ok_or_else(|| Miss::unclear(format!("`{}` is in no group", entity.id)))?;
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    for group in &groups {
        world.take(&["group", "dissolve", group]).map_err(Miss::Unclear)?;
    }
    Ok(())
}

/// `fuse a, b and c into best`.
pub(super) fn fuse(world: &mut World, verb: Verb, parts: Parts) -> Result<(), Miss> {
    let parts = joined(parts);
    parts.only(&[Prep::To, Prep::Named, Prep::With, Prep::In, Prep::Of])?;
    let synth = synth(parts.parts.iter().filter(|p| p.prep != Prep::Of))?;
    if parts.object.is_empty() && !parts.has(Prep::Of) {
        return Err(Miss::unclear("say what is to be fused: \u{201c}fuse a and b into c\u{201d}"));
    }
    let mut object: Vec<Token> = parts
        .object
        .iter()
        .filter(|t| {
            t.known
                || !matches!(
                    t.word.as_str(),
                    "results" | "outputs" | "work" | "result" | "output" | "together"
                )
        })
        .cloned()
        .collect();
    if let Some(of) = parts.get(Prep::Of) {
        object.extend(of.tokens.iter().cloned());
    }
    let pronoun = matches!(
        words(&object).as_slice(),
        ["them" | "these" | "those" | "both"] | ["the"] | ["their"] | ["all", "of", "them"]
    );
    if verb == Verb::Fuse
        && pronoun
        && world
            .lines
            .last()
            .is_some_and(|l| l.starts_with("seqctl group parallelize") || l.contains(" --fanout "))
    {
        return world.amend(&["--merge", synth.as_deref().unwrap_or("merge")]).map_err(Miss::Unclear);
    }
    let ids = steps(world, &object)?;
    if ids.len() < 2 {
        return Err(Miss::unclear("a fusion needs at least two candidates"));
    }
    create_fusion(world, &ids, synth.as_deref())
}

/// `create a fusion of a and b called best`.
pub(super) fn new_fusion(world: &mut World, parts: Parts) -> Result<(), Miss> {
    parts.only(&[Prep::Of, Prep::Named, Prep::With, Prep::For, Prep::To])?;
    let of = parts
        .parts
        .iter()
        .find(|p| matches!(p.prep, Prep::Of | Prep::For | Prep::With) && p.tokens.iter().any(|t| t.known));
    let plain =
        |t: &Token| matches!(t.word.as_str(), "a" | "an" | "the" | "new" | "fusion" | "step" | "another");
    if let Some(odd) = parts.object.iter().find(|t| !plain(t)) {
        return Err(Miss::unclear(format!("I do not know what to make of \u{201c}{}\u{201d}", odd.text)));
    }
    let Some(of) = of else { return Err(Miss::unclear("say of what: \u{201c}a fusion of a and b\u{201d}")) };
    let ids = nodes(world, &of.tokens)?;
    let synth = synth(parts.parts.iter().filter(|p| !std::ptr::eq(*p, of)))?;
    create_fusion(world, &ids, synth.as_deref())
}

/// `make a parallel group of a and b`; `None` where it is something else.
pub(super) fn new_group(world: &mut World, parts: &Parts) -> Option<Result<(), Miss>> {
    const PLAIN: &[&str] = &["a", "an", "new", "another", "one", "parallel", "the", "single", "group"];
    let noun = parts.object.iter().position(|t| t.word == "group" && !t.known)?;
    let plain = |t: &Token| !t.known && PLAIN.contains(&t.word.as_str());
    // "a group checks of a and b": what follows the noun is its name.
    let own = &parts.object[noun + 1..];
    let is_group = parts.object[..noun].iter().all(plain)
        && own.len() <= 1
        && !own.iter().any(|t| t.known || t.is_mark())
        && (own.is_empty() || !parts.has(Prep::Named));
    let is_of = |p: &&Part| {
        matches!(p.prep, Prep::Of | Prep::From | Prep::With | Prep::For) && p.tokens.iter().any(|t| t.known)
    };
    let of = parts.parts.iter().find(is_of).filter(|_| is_group)?;
    let mut rest: Vec<Part> = parts.parts.iter().filter(|p| !std::ptr::eq(*p, of)).cloned().collect();
    if !own.is_empty() {
        rest.push(Part { prep: Prep::Named, tokens: own.to_vec(), count: 0 });
    }
    Some(parallel(world, Verb::Parallel, Parts { object: of.tokens.clone(), parts: rest }))
}

/// `put build in lane backend`, `put build in the checks group`, `put a and b in a group called checks`.
pub(super) fn put_in(world: &mut World, parts: &Parts) -> Result<(), Miss> {
    parts.only(&[Prep::In, Prep::Named])?;
    let ids = steps(world, &parts.object)?;
    let mut place: Vec<Token> = parts.get(Prep::In).map(|p| p.tokens.clone()).unwrap_or_default();
    place.extend(parts.get(Prep::Named).into_iter().flat_map(|p| p.tokens.iter().cloned()));
    let value: Vec<Token> = place
        .iter()
        .filter(|t| {
            !matches!(
                t.word.as_str(),
                "the"
                    | "lane"
                    | "group"
                    | "a"
                    | "called"
                    | "row"
                    | "new"
                    | "one"
                    | "same"
                    | "parallel"
                    | "single"
            )
        })
        .cloned()
        .collect();
    let flag = if place.iter().any(|t| t.word == "lane" || t.word == "row") {
        "--lane"
    } else if place.iter().any(|t| t.word == "group") {
        let group = slug(&text(&value)).filter(|id| !world.members(id).is_empty());
        if group.is_none() {
            return parallel(world, Verb::Parallel, parts.clone());
        }
        "--group"
    } else {
        return Err(Miss::unclear("say what it is put in: a lane or a group"));
    };
    if value.iter().any(|t| !t.quoted && (t.is_mark() || matches!(t.word.as_str(), "and" | "too" | "also"))) {
        return Err(Miss::unclear(format!("\u{201c}{}\u{201d} is more than one name", text(&value))));
    }
    super::edit::edit(world, &ids, &[flag.into(), text(&value)], &[])
}

/// `lint and test in parallel`, without a verb; `None` where it is something else.
pub(super) fn side_by_side(world: &mut World, tokens: &[Token]) -> Option<Result<(), Miss>> {
    let mut parts = super::clause::parts(tokens, false);
    let together = parts.object.iter().any(|t| t.word == "together" && !t.known);
    parts.object.retain(|t| t.known || t.word != "together");
    let grouped = |t: &Token| t.word == "group" && !t.known;
    let listed =
        |t: &Token| t.known || t.is_mark() || matches!(t.word.as_str(), "and" | "the" | "step" | "steps");
    let names = parts.object.iter().filter(|t| t.known).count();
    let alone = match parts.parts.as_slice() {
        [p] if p.prep == Prep::Parallel => p.tokens.is_empty(),
        [p] if p.prep == Prep::To => together && p.tokens.iter().any(grouped),
        [p, name @ ..] if p.prep == Prep::In => {
            p.tokens.iter().any(grouped) && name.len() < 2 && name.iter().all(|n| n.prep == Prep::Named)
        }
        _ => false,
    };
    (alone && names > 1 && parts.object.iter().all(listed)).then(|| parallel(world, Verb::Parallel, parts))
}

/// The step that fuses, as parts name it: once.
fn synth<'p>(parts: impl Iterator<Item = &'p Part>) -> Result<Option<String>, Miss> {
    const FILLER: &[&str] =
        &["a", "an", "the", "step", "one", "synth", "new", "single", "called", "named", "as", "result"];
    let mut found: Option<String> = None;
    for part in parts {
        let own: Vec<Token> = part
            .tokens
            .iter()
            .filter(|t| t.known || t.quoted || !FILLER.contains(&t.word.as_str()))
            .cloned()
            .collect();
        let name = slug(&text(&own));
        if found.is_some() && name.is_some() && found != name {
            return Err(Miss::unclear("I see two names for what fuses them; say one"));
        }
        found = found.or(name);
    }
    Ok(found)
}

fn create_fusion(world: &mut World, ids: &[String], synth: Option<&str>) -> Result<(), Miss> {
    let mut line = vec!["fusion", "create"];
    line.extend(ids.iter().map(String::as_str));
    line.extend(synth.into_iter().flat_map(|s| ["--synth", s]));
    world.take(&line).map_err(Miss::Unclear)?;
    let own = synth.map_or_else(|| format!("{}-synth", ids[0]), str::to_owned);
    world.speak_of([own.as_str()]);
    Ok(())
}
