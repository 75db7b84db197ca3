//! Fields of steps: set, given, taken away; names, copies, removals.

use super::clause::Parts;
use super::entity::{Miss, listed, steps};
pub(super) use super::field::{Field, Takes, field};
use super::lexicon::Prep;
use super::number::{count, span, times};
use super::options::{Options, argv, model};
use super::token::{Token, text, words};
use super::world::World;

pub(super) fn edit(
    world: &mut World,
    ids: &[String],
    flags: &[String],
    command: &[String],
) -> Result<(), Miss> {
    super::env::once(flags)?;
    for id in ids {
        let mut line = vec!["step", "edit", id.as_str()];
        let mark = (!command.is_empty()).then_some("--");
        let all = flags.iter().map(String::as_str).chain(mark);
        line.extend(all.chain(command.iter().map(String::as_str)));
        world.take(&line).map_err(Miss::Unclear)?;
    }
    world.speak_of(ids.iter().map(String::as_str));
    Ok(())
}

pub(super) fn put(world: &mut World, ids: &[String], field: Field, value: &[Token]) -> Result<(), Miss> {
    const NONE: &[&str] = &["nothing", "none", "default", "unlimited", "infinite", "off", "empty"];
    let (flag, takes) = field;
    let mark = |t: &&Token| !t.quoted && matches!(t.word.as_str(), "=" | ":");
    let value = &value[value.iter().take_while(mark).count()..];
    let all = words(value);
    let said = text(value);
    let bad = |what: &str| Miss::unclear(format!("\u{201c}{said}\u{201d} is no {what}"));
    let clear =
        matches!(all.as_slice(), [one] if NONE.contains(one)) || matches!(all.as_slice(), ["the", "default"]);
    let value = match takes {
        _ if clear && takes != Takes::Model && takes != Takes::Switch && takes != Takes::Argv => {
            String::new()
        }
        Takes::Span => span(&all)
            .ok_or_else(|| bad("time: say a number and its unit, as in \u{201c}10 minutes\u{201d}"))?
            .to_string(),
        Takes::Count | Takes::Attempts => {
            let (n, used) = times(&all).or_else(|| count(&all)).ok_or_else(|| bad("count"))?;
            if used < all.len() && !matches!(&all[used..], ["times" | "retries" | "attempts"]) {
                return Err(bad("count"));
            }
            n.saturating_sub(u64::from(takes == Takes::Attempts)).to_string()
        }
        Takes::Model => model(world, value)
            .ok_or_else(|| bad(&format!("model that I know ({})", world.models.join(", "))))?,
        Takes::Argv => return edit(world, ids, &[], &argv(value)?),
        Takes::Switch => match all.as_slice() {
            ["on" | "true" | "yes" | "required" | "enabled"] => {
                return edit(world, ids, &[flag.to_owned()], &[]);
            }
            ["off" | "false" | "no" | "disabled"] => {
                return edit(world, ids, &[format!("{flag}=false")], &[]);
            }
            _ => return Err(bad("yes or no")),
        },
        Takes::Text
            if matches!(flag, "--lane" | "--role" | "--cwd")
                && value.iter().any(|t| {
                    !t.quoted && (t.is_mark() || matches!(t.word.as_str(), "and" | "too" | "also"))
                }) =>
        {
            return Err(bad("one name: I see more"));
        }
        Takes::Word => all.join("_"),
        Takes::Text => said.clone(),
    };
    edit(world, ids, &[flag.to_owned(), value], &[])
}

/// Whom a request about a field is about: in the words beside the field, or in a part.
pub(super) fn whose(world: &mut World, beside: &[Token], parts: &Parts) -> Result<Vec<String>, Miss> {
    let mut whom = vec![Prep::Of, Prep::For, Prep::On, Prep::In];
    // "from 5 to 10 minutes" tells what it was.
    whom.extend((!parts.has(Prep::To)).then_some(Prep::From));
    let part = parts.one_of(&whom)?;
    let (rest, _) = super::entity::bare(beside);
    let all = matches!(words(beside).as_slice(), ["all" | "every" | "each", ..]);
    match part {
        Some(part) if rest.is_empty() => steps(world, &part.tokens),
        None if !rest.is_empty() || all => steps(world, beside),
        None => steps(world, &[Token::new("it")]),
        Some(_) => {
            Err(Miss::unclear(format!("I do not know what to make of \u{201c}{}\u{201d} here", text(beside))))
        }
    }
}

/// `set the timeout of build to ten minutes`, `switch review to codex with two retries`, `turn on review for build`.
pub(super) fn set(world: &mut World, verb: &str, mut parts: Parts) -> Result<(), Miss> {
    let beside = |p: &super::clause::Part| matches!(p.prep, Prep::With | Prep::Saying);
    let more: Vec<_> = parts.parts.extract_if(.., |p| beside(p)).collect();
    set_one(world, verb, parts)?;
    if more.is_empty() {
        return Ok(());
    }
    let mut options = Options::default();
    options.read(world, &Parts { object: Vec::new(), parts: more })?;
    let ids = world.focus.clone();
    edit(world, &ids, &options.flags, &options.command)
}

fn set_one(world: &mut World, verb: &str, parts: Parts) -> Result<(), Miss> {
    parts.only(&[Prep::Of, Prep::For, Prep::On, Prep::In, Prep::To, Prep::From, Prep::Command])?;
    if let Some(part) = parts.get(Prep::Command).filter(|p| !p.tokens.is_empty() && parts.parts.len() == 1) {
        let ids = steps(world, &parts.object)?;
        return edit(world, &ids, &[], &argv(&part.tokens)?);
    }
    if parts.parts.iter().filter(|p| p.prep == Prep::To).count() > 1 {
        return Err(Miss::unclear("I see two values: put what it is to be in quotes"));
    }
    let mut parts = parts;
    if let Some(at) = parts.parts.iter().position(|p| p.prep == Prep::Command && p.tokens.is_empty()) {
        parts.parts.remove(at);
        parts.object.push(Token::new("command"));
    }
    if let Some(result) = super::env::set(world, &parts) {
        return result;
    }
    let mut value = parts.get(Prep::To).map(|p| p.tokens.clone());
    let of = parts
        .parts
        .iter()
        .position(|p| p.prep == Prep::Of && !p.tokens.iter().any(|t| t.known || t.word == "it"));
    if value.is_none()
        && let Some(at) = of
        && field(&parts.object).is_some()
    {
        value = Some(parts.parts.remove(at).tokens);
    }
    if value.is_some() && parts.has(Prep::Command) {
        return Err(Miss::unclear("put the command in backticks"));
    }
    let found = field(&parts.object);
    if verb == "turn" || verb == "switch" || verb == "clear" {
        if let Some(state) = parts.object.iter().find(|t| matches!(t.word.as_str(), "on" | "off")).cloned() {
            parts.object.retain(|t| t != &state);
            if value.replace(vec![state]).is_some() {
                return Err(Miss::unclear("I see two values: say one"));
            }
        } else if let Some(part) = parts
            .parts
            .iter()
            .position(|p| p.prep == Prep::On && verb == "turn" && field(&p.tokens).is_some())
        {
            let on = parts.parts.remove(part);
            parts.object.extend(on.tokens);
            value = Some(vec![Token::new("on")]);
        } else if verb == "clear" {
            value = Some(vec![Token::new("nothing")]);
        }
    }
    let found = field(&parts.object).or(found);
    // "set timeout 10m on build".
    if value.is_none()
        && let Some((which, beside)) = &found
        && let [part] = parts.parts.as_slice()
        && matches!(which.1, Takes::Span | Takes::Count | Takes::Attempts)
        && !beside.is_empty()
        && !beside.iter().any(|t| t.known)
        && matches!(part.prep, Prep::For | Prep::On)
    {
        let ids = steps(world, &part.tokens)?;
        return put(world, &ids, *which, beside);
    }
    let Some(value) = value else {
        let (n, at) =
            parts.object.iter().rposition(|t| t.known).map_or((0, 0), |at| (parts.object.len() - at - 1, at));
        let (front, tail) = parts.object.split_at(if n > 0 { at + 1 } else { 0 });
        if let Some((which, rest)) = field(tail).filter(|_| n > 1) {
            let ids = steps(world, front)?;
            return put(world, &ids, which, &rest);
        }
        return Err(Miss::unclear("say to what: \u{201c}set the timeout of build to ten minutes\u{201d}"));
    };
    if let Some((which, beside)) = found {
        let ids = whose(world, &beside, &parts)?;
        return put(world, &ids, which, &value);
    }
    parts.only(&[Prep::To, Prep::From])?;
    let ids = steps(world, &parts.object)?;
    let first = value.first().map(|t| t.word.clone()).unwrap_or_default();
    if super::number::span(&words(&value)).is_some() {
        return timeout(world, &ids, &value);
    }
    if matches!(first.as_str(), "use" | "run") {
        return option(world, &ids, &value[1..]);
    }
    option(world, &ids, &value)
}

/// `give build a timeout of ten minutes`, `give review to codex`.
pub(super) fn give(world: &mut World, parts: Parts) -> Result<(), Miss> {
    let parts = super::options::joined(parts);
    if let Some(to) = parts.get(Prep::To) {
        parts.only(&[Prep::To])?;
        // "give to lint two retries".
        let whom = to.tokens.iter().rposition(|t| t.known).map_or(0, |at| at + 1);
        if parts.object.is_empty() && whom > 0 {
            let ids = steps(world, &to.tokens[..whom])?;
            return option(world, &ids, &to.tokens[whom..]);
        }
        if model(world, &to.tokens).is_some() {
            let ids = steps(world, &parts.object)?;
            return option(world, &ids, &to.tokens);
        }
        let ids = steps(world, &to.tokens)?;
        return option(world, &ids, &parts.object);
    }
    let name = parts.object.iter().position(|t| matches!(t.word.as_str(), "name" | "title") && !t.known);
    if let Some(at) = name.filter(|at| *at > 0 && parts.parts.is_empty()) {
        let whom = parts.object[..at].iter().filter(|t| t.word != "the" && t.word != "a").cloned().collect();
        let to = super::clause::Part { prep: Prep::To, tokens: parts.object[at + 1..].to_vec(), count: 0 };
        return super::change::rename(world, Parts { object: whom, parts: vec![to] });
    }
    let at = parts.object.iter().rposition(|t| t.known || matches!(t.word.as_str(), "it" | "them"));
    let Some(at) = at else { return Err(Miss::unclear("say which step it is for")) };
    let ids = steps(world, &parts.object[..=at])?;
    let mut rest: Vec<Token> = parts.object[at + 1..].iter().filter(|t| t.word != "step").cloned().collect();
    for part in &parts.parts {
        match part.prep {
            Prep::Of | Prep::To | Prep::Named => rest.extend(part.tokens.iter().cloned()),
            Prep::Saying => return edit(world, &ids, &["--prompt-text".into(), text(&part.tokens)], &[]),
            Prep::Command => return edit(world, &ids, &[], &argv(&part.tokens)?),
            _ => {
                return Err(Miss::unclear(format!(
                    "I do not know what to make of \u{201c}{}\u{201d} here",
                    text(&part.tokens)
                )));
            }
        }
    }
    if span(&words(&rest)).is_some() {
        return timeout(world, &ids, &rest);
    }
    option(world, &ids, &rest)
}

/// `use codex for review`, `use `cargo build` for build`.
pub(super) fn use_for(world: &mut World, parts: Parts) -> Result<(), Miss> {
    parts.only(&[Prep::For, Prep::In, Prep::On, Prep::To, Prep::Of])?;
    if parts.parts.len() > 1 {
        return Err(Miss::unclear("I see more than what it is used for: say one thing after the other"));
    }
    let Some(part) = parts.parts.first() else {
        let ids = steps(world, &[Token::new("it")])?;
        return option(world, &ids, &parts.object);
    };
    let ids = steps(world, &part.tokens)?;
    option(world, &ids, &parts.object)
}

/// What steps are to have or to be done with.
pub(super) fn option(world: &mut World, ids: &[String], rest: &[Token]) -> Result<(), Miss> {
    if let Some(n) = more_retries(rest) {
        for id in ids {
            let present = world
                .sequence()
                .step(id)
                .map_or(0, |step| step.retry.as_ref().map_or(0, |retry| u64::from(retry.max)));
            retries(world, std::slice::from_ref(id), present + n)?;
        }
        world.speak_of(ids.iter().map(String::as_str));
        return Ok(());
    }
    let mut options = Options::default();
    // "claude with the prompt …" says two things.
    let with = rest.iter().position(|t| t.word == "with" && !t.known);
    let with = with.filter(|at| model(world, &rest[..*at]).is_some()).unwrap_or(rest.len());
    for item in super::entity::items(&rest[..with]) {
        options.one(world, item)?;
    }
    let more = super::clause::parts(&rest[with..], false);
    more.only(&[Prep::With, Prep::Saying])?;
    options.read(world, &more)?;
    if let Some(n) = options.fanout {
        return super::group::fan_out(world, ids, n).map(drop);
    }
    if options.merge.is_some() || options.flags.is_empty() && options.command.is_empty() {
        return Err(Miss::unclear(format!("I do not know what {} is to have", listed(ids))));
    }
    edit(world, ids, &options.flags, &options.command)
}

/// `… run cargo test`: of steps that are there.
pub(super) fn command(world: &mut World, ids: &[String], rest: &[Token]) -> Result<(), Miss> {
    let one_text = rest.len() == 1 && rest[0].quoted;
    if !one_text && !super::options::is_program(world, rest) {
        return Err(Miss::unclear(format!(
            "is \u{201c}{}\u{201d} a command? Then put it in backticks",
            text(rest)
        )));
    }
    edit(world, ids, &[], &argv(rest)?)
}

/// `… time out after ten minutes`.
pub(super) fn timeout(world: &mut World, ids: &[String], rest: &[Token]) -> Result<(), Miss> {
    let rest: Vec<Token> =
        rest.iter().filter(|t| !matches!(t.word.as_str(), "after" | "in" | "at")).cloned().collect();
    put(world, ids, ("--timeout", Takes::Span), &rest)
}

/// `… retry twice`.
pub(super) fn retry(world: &mut World, ids: &[String], rest: &[Token]) -> Result<(), Miss> {
    let all: Vec<&str> = words(rest)
        .into_iter()
        .filter(|w| !matches!(*w, "up" | "to" | "at" | "most" | "on" | "failure"))
        .collect();
    let (n, used) = times(&all)
        .or_else(|| all.is_empty().then_some((1, 0)))
        .ok_or_else(|| Miss::unclear("say how often it is to be tried again"))?;
    if used < all.len() {
        return Err(Miss::unclear("say only how often it is to be tried again"));
    }
    retries(world, ids, n)
}

/// `two more retries`: beside those there are.
fn more_retries(rest: &[Token]) -> Option<u64> {
    let all: Vec<&str> = words(rest).into_iter().filter(|w| !matches!(*w, "a" | "an")).collect();
    match all.as_slice() {
        ["another" | "extra" | "additional", "retry"] | ["one", "more", "retry"] => Some(1),
        [n @ .., "more" | "further" | "additional" | "extra", "retries" | "attempts" | "tries"]
        | [n @ .., "retries" | "attempts" | "tries", "more" | "extra"] => {
            count(n).filter(|(_, used)| *used == n.len()).map(|(n, _)| n)
        }
        _ => None,
    }
}

/// Further attempts after a failure.
pub(super) fn retries(world: &mut World, ids: &[String], n: u64) -> Result<(), Miss> {
    edit(world, ids, &["--retry".into(), n.to_string()], &[])
}

/// `the timeout of build should be ten minutes`; `build should be parallel` is none of it.
pub(super) fn value_is(
    world: &mut World,
    subject: &[Token],
    denied: bool,
    rest: &[Token],
) -> Result<(), Miss> {
    let parts = super::clause::parts(subject, false);
    let said = super::clause::parts(rest, false);
    let (kind, named) = (words(&said.object), said.get(Prep::Named));
    const GROUP: &[&str] = &["a", "one", "the", "same", "parallel", "group", "in"];
    let is_group = kind.contains(&"group") && kind.iter().all(|w| GROUP.contains(w));
    if is_group && !denied && said.parts.len() == usize::from(named.is_some()) {
        let whole = Parts { object: subject.to_vec(), parts: said.parts.clone() };
        return super::group::parallel(world, super::lexicon::Verb::Parallel, whole);
    }
    if let Some(name) = named.filter(|_| kind.is_empty() && !denied && said.parts.len() == 1) {
        let to = super::clause::Part { prep: Prep::To, ..name.clone() };
        return super::change::rename(world, Parts { object: subject.to_vec(), parts: vec![to] });
    }
    match field(&parts.object) {
        Some((which, beside)) if !denied => {
            let ids = whose(world, &beside, &parts)?;
            put(world, &ids, which, rest)
        }
        _ => Err(Miss::unclear("I do not know what is to change")),
    }
}

/// `add a timeout of five minutes to build`; `None` where the object is no field.
pub(super) fn added_field(world: &mut World, parts: &Parts) -> Option<Result<(), Miss>> {
    let target = parts.parts.iter().find(|p| {
        matches!(p.prep, Prep::To | Prep::For | Prep::On)
            && p.tokens.iter().any(|t| t.known || t.word == "it")
    })?;
    let targets = parts.parts.iter().filter(|p| matches!(p.prep, Prep::To | Prep::For | Prep::On)).count();
    let is_field = field(&parts.object).is_some()
        && targets == 1
        && !parts.object.iter().any(|t| matches!(t.word.as_str(), "step" | "called" | "steps") || t.known)
        && !parts.has(Prep::After)
        && !parts.has(Prep::Before);
    if !is_field {
        return None;
    }
    let mut rest = parts.object.clone();
    if let Some(of) = parts.get(Prep::Of) {
        rest.extend(of.tokens.iter().cloned());
    }
    let result = parts.only(&[Prep::To, Prep::For, Prep::On, Prep::Of]).and_then(|()| {
        let ids = steps(world, &target.tokens)?;
        option(world, &ids, &rest)
    });
    Some(result)
}
