//! Who waits for whom: connect, disconnect, and sentences like `deploy depends on test`.

use super::clause::{Part, Parts};
use super::entity::{Miss, items, listed, nodes};
use super::lexicon::{Prep, Verb, begins};
use super::saying::{SAYINGS, Says, is_over, subject};
use super::token::{Token, text, words};
use super::world::World;
use super::{edit, group};

/// Makes one wait for another, where it does not already.
pub(super) fn depend(world: &mut World, id: &str, on: &str) -> Result<(), Miss> {
    if id == on {
        return Err(Miss::unclear(format!("`{id}` cannot wait for itself")));
    }
    if world.depends_on(id).iter().any(|d| d == on) {
        world.note(format!("`{id}` waits for `{on}` already."));
        return Ok(());
    }
    if world.comes_after(on, id) {
        return Err(Miss::unclear(format!(
            "`{id}` cannot wait for `{on}`: that waits for `{id}`, so it would be a cycle"
        )));
    }
    world.take(&["dep", "add", id, on]).map_err(Miss::Unclear)
}

/// All of one list wait for all of the other.
fn depend_all(world: &mut World, ids: &[String], on: &[String]) -> Result<(), Miss> {
    for id in ids {
        for on in on {
            depend(world, id, on)?;
        }
    }
    world.speak_of(ids.iter().map(String::as_str));
    Ok(())
}

/// `connect a to b`, `chain a, b and c`, `a -> b`.
pub(super) fn connect(world: &mut World, chain: bool, parts: &Parts) -> Result<(), Miss> {
    let placed = parts.has(Prep::After) || parts.has(Prep::Before) || parts.has(Prep::Between);
    if chain && placed && !parts.object.iter().any(|t| t.known) {
        // Nothing of it is there yet.
        let mut new = parts.clone();
        new.parts.push(Part { prep: Prep::Series, tokens: Vec::new(), count: 0 });
        return super::add::add(world, Verb::Add, new);
    }
    parts.only(&[Prep::To, Prep::Series, Prep::From, Prep::With])?;
    let mut rows: Vec<Vec<String>> = Vec::new();
    for phrase in std::iter::once(&parts.object)
        .chain(parts.parts.iter().filter(|p| p.prep == Prep::To).map(|p| &p.tokens))
    {
        let together =
            phrase.iter().filter(|t| t.word != "together" && t.word != "up").cloned().collect::<Vec<_>>();
        if !together.is_empty() {
            rows.push(nodes(world, &together)?);
        }
    }
    if rows.len() == 1 && (chain || parts.has(Prep::Series)) && !parts.has(Prep::With) {
        rows = rows.concat().into_iter().map(|id| vec![id]).collect();
    }
    if rows.len() < 2 || parts.has(Prep::With) || parts.has(Prep::From) {
        let ids = rows.concat();
        let [a, b] = [ids.first(), ids.get(1)].map(|id| id.map_or("a", String::as_str));
        return Err(Miss::unclear(format!(
            "which waits for which? Say \u{201c}connect {a} to {b}\u{201d} where {b} comes after {a}"
        )));
    }
    for pair in rows.windows(2) {
        depend_all(world, &pair[1], &pair[0])?;
    }
    world.speak_of(rows[0].iter().map(String::as_str));
    Ok(())
}

/// `add a dependency on build to deploy`, `add an edge from build to deploy`.
pub(super) fn new_edge(world: &mut World, parts: &Parts) -> Result<(), Miss> {
    parts.only(&[Prep::On, Prep::To, Prep::From, Prep::For, Prep::Of])?;
    let is_edge = parts.object.iter().any(|t| matches!(t.word.as_str(), "edge" | "connection" | "arrow"));
    let mut get = |prep| parts.get(prep).map(|p| nodes(world, &p.tokens)).transpose();
    let (on, to, from, of) =
        (get(Prep::On)?, get(Prep::To)?, get(Prep::From)?, get(Prep::Of)?.or(get(Prep::For)?));
    match (on, to, from, of) {
        (Some(on), Some(ids), None, None)
        | (Some(on), None, Some(ids), None)
        | (Some(on), None, None, Some(ids)) => depend_all(world, &ids, &on),
        (None, Some(to), Some(from), None) if is_edge => depend_all(world, &to, &from),
        _ => Err(Miss::unclear("which waits for which? Say \u{201c}make a wait for b\u{201d}")),
    }
}

/// `disconnect a from b`, `remove the dependency between a and b`.
pub(super) fn disconnect(world: &mut World, parts: &Parts) -> Result<(), Miss> {
    parts.only(&[Prep::From, Prep::Between, Prep::To, Prep::On, Prep::Of])?;
    const NOUNS: &[&str] =
        &["dependency", "dependencies", "edge", "edges", "connection", "link", "arrow", "links"];
    let object: Vec<Token> =
        parts.object.iter().filter(|t| t.known || !NOUNS.contains(&t.word.as_str())).cloned().collect();
    let said = object.iter().any(|t| !matches!(t.word.as_str(), "the" | "a" | "any" | "direct"));
    let mut rows: Vec<Vec<String>> = Vec::new();
    if said {
        rows.push(nodes(world, &object)?);
    }
    for part in &parts.parts {
        if part.prep == Prep::From && words(&part.tokens) == ["everything"] {
            return alone(world, &rows.concat());
        }
        rows.push(nodes(world, &part.tokens)?);
    }
    if rows.len() == 1 && rows[0].len() == 2 {
        rows = rows.concat().into_iter().map(|id| vec![id]).collect();
    }
    let [a, b] = rows.as_slice() else {
        return Err(Miss::unclear("say both ends: \u{201c}disconnect a from b\u{201d}"));
    };
    let (a, b) = (a.clone(), b.clone());
    for x in &a {
        for y in &b {
            cut(world, x, y)?;
        }
    }
    world.speak_of(a.iter().map(String::as_str));
    Ok(())
}

/// Cuts the edge between two, whichever way it goes.
fn cut(world: &mut World, x: &str, y: &str) -> Result<(), Miss> {
    let waits = |a: &str, b: &str| world.depends_on(a).iter().any(|d| d == b);
    let (id, on) = match (waits(x, y), waits(y, x)) {
        (true, _) => (x, y),
        (_, true) => (y, x),
        _ => return Err(Miss::unclear(format!("neither of `{x}` and `{y}` waits directly for the other"))),
    };
    world.take(&["dep", "rm", id, on]).map_err(Miss::Unclear)
}

/// Cuts every edge of some steps.
fn alone(world: &mut World, ids: &[String]) -> Result<(), Miss> {
    for id in ids {
        for other in world.depends_on(id) {
            world.take(&["dep", "rm", id, &other]).map_err(Miss::Unclear)?;
        }
        for other in world.followers(id) {
            world.take(&["dep", "rm", &other, id]).map_err(Miss::Unclear)?;
        }
    }
    Ok(())
}

/// `deploy should wait for test`, and what follows `make` and `let`; `None` where it is no such sentence.
pub(super) fn state(world: &mut World, tokens: &[Token]) -> Option<Result<(), Miss>> {
    let all = words(tokens);
    for at in 1..tokens.len() {
        if tokens[at].known || tokens[at].quoted {
            continue;
        }
        let Some((phrase, says)) = SAYINGS.iter().find(|(p, _)| begins(&all[at..], p).is_some()) else {
            continue;
        };
        let modal = matches!(all[at], "needs" | "need" | "have") && all.get(at + 1) == Some(&"to");
        if modal {
            continue;
        }
        let (subject, denied) = subject(&tokens[..at]);
        let rest = &tokens[at + phrase.split(' ').count()..];
        // "build may take ten minutes" is a limit; "build takes ten minutes" tells how it is.
        let may = *says == Says::Lasts && matches!(all[at - 1], "may" | "can");
        let limit = may && super::number::span(&words(rest)).is_some();
        // "build only needs test" says what else it does not need.
        let only = tokens[..at].iter().any(|t| t.word == "only" && !t.known);
        if only && matches!(says, Says::Waits | Says::Has) && rest.iter().any(|t| t.known) {
            return Some(Err(Miss::unclear(
                "\u{201c}only\u{201d} takes away what is not named: say what it is not to wait for",
            )));
        }
        return Some(said(world, &subject, denied, if limit { Says::TimesOut } else { *says }, rest));
    }
    None
}

fn said(world: &mut World, subject: &[Token], denied: bool, says: Says, rest: &[Token]) -> Result<(), Miss> {
    if says == Says::Happened {
        let ids = nodes(world, subject)?;
        world.speak_of(ids.iter().map(String::as_str));
        let idle = |t: &Token| {
            matches!(t.word.as_str(), "again" | "already" | "now" | "today" | "too" | "there" | "to" | "me")
        };
        world.told = true;
        return if rest.iter().all(|t| !t.known && idle(t)) {
            Ok(())
        } else {
            Err(Miss::unclear(format!("I do not know what to make of \u{201c}{}\u{201d}", text(rest))))
        };
    }
    let (says, denied) = if says == Says::Spared { (Says::Waits, true) } else { (says, denied) };
    if says == Says::Is {
        return edit::value_is(world, subject, denied, rest);
    }
    let ids = nodes(world, subject)?;
    let mut rest: Vec<Token> = rest.to_vec();
    let tail = |t: &Token| {
        is_over(t)
            || !t.known && matches!(t.word.as_str(), "anymore" | "first" | "starts" | "begins" | "each")
    };
    while rest.last().is_some_and(tail) {
        rest.pop();
    }
    match (says, denied) {
        (Says::Waits, false) => {
            let on = nodes(world, &rest)?;
            depend_all(world, &ids, &on)
        }
        (Says::Waits, true) | (Says::Has, true) if says == Says::Waits || rest.iter().any(|t| t.known) => {
            for on in nodes(world, &rest)? {
                for id in &ids {
                    cut(world, id, &on)?;
                }
            }
            world.speak_of(ids.iter().map(String::as_str));
            Ok(())
        }
        (Says::Lasts, denied) => lasts(world, &ids, denied, &rest),
        // "does not need a timeout".
        (Says::Has, true) if super::field::field(&rest).is_some() => {
            let plain = rest.iter().filter(|t| !matches!(t.word.as_str(), "a" | "an" | "any" | "the"));
            let none: Vec<Token> = std::iter::once(Token::new("no")).chain(plain.cloned()).collect();
            edit::option(world, &ids, &none)
        }
        (_, true) => Err(Miss::unclear("what is not to happen I cannot set up; say what is to be changed")),
        (Says::Precedes, _) => {
            let later = nodes(world, &rest)?;
            depend_all(world, &later, &ids)
        }
        (Says::Retries, _) => edit::retry(world, &ids, &rest),
        (Says::TimesOut, _) => edit::timeout(world, &ids, &rest),
        (Says::Uses, _) => edit::option(world, &ids, &rest),
        (Says::Has, _) => has(world, &ids, &rest),
        _ => runs(world, &ids, &rest),
    }
}

/// `build needs a timeout of …`, `deploy needs test`, `deploy needs approval`.
fn has(world: &mut World, ids: &[String], rest: &[Token]) -> Result<(), Miss> {
    // "needs a review" names nothing that is there.
    let is_any = rest.first().is_some_and(|t| matches!(t.word.as_str(), "a" | "an"));
    if rest.iter().any(|t| t.known) && !is_any {
        let on = nodes(world, rest)?;
        return depend_all(world, ids, &on);
    }
    if rest.iter().any(|t| matches!(t.word.as_str(), "approval" | "gate" | "sign-off")) {
        let before = ids.iter().map(|id| Token { known: true, ..Token::new(id) }).collect();
        let object = rest.iter().filter(|t| t.word != "my").cloned().collect();
        let part = Part { prep: Prep::Before, tokens: before, count: 0 };
        return super::gate::insert(world, Parts { object, parts: vec![part] });
    }
    if super::number::span(&words(rest)).is_some() {
        return edit::timeout(world, ids, rest);
    }
    edit::option(world, ids, rest)
}

/// `… must not take longer than ten minutes`, `… may take up to an hour`.
fn lasts(world: &mut World, ids: &[String], denied: bool, rest: &[Token]) -> Result<(), Miss> {
    const WITHIN: &[&str] = &["up to", "at most", "no longer than", "no more than", "a maximum of"];
    const OVER: &[&str] = &["longer than", "more than"];
    let all = words(rest);
    let said = if denied { OVER } else { WITHIN };
    let limit = said.iter().find_map(|p| begins(&all, p));
    match limit.filter(|n| super::number::span(&all[*n..]).is_some()) {
        Some(n) => edit::timeout(world, ids, &rest[n..]),
        None => Err(Miss::unclear("say how long it may take at most: \u{201c}up to ten minutes\u{201d}")),
    }
}

/// `… run after build`, `… run in parallel`, `… run three times`, `… run cargo test`.
fn runs(world: &mut World, ids: &[String], rest: &[Token]) -> Result<(), Miss> {
    const AT_MOST: &[&str] =
        &["for", "at", "most", "no", "longer", "more", "than", "up", "to", "only", "max"];
    let time: Vec<Token> =
        rest.iter().skip_while(|t| !t.known && AT_MOST.contains(&t.word.as_str())).cloned().collect();
    if time.len() < rest.len() && super::number::span(&words(&time)).is_some() {
        return edit::timeout(world, ids, &time);
    }
    let parts = super::clause::parts(rest, false);
    let place: Vec<Prep> = parts.parts.iter().map(|p| p.prep).collect();
    match place.as_slice() {
        [Prep::After] if parts.object.is_empty() => {
            let on = nodes(world, &without_end(&parts.parts[0].tokens))?;
            depend_all(world, ids, &on)
        }
        [Prep::Before] if parts.object.is_empty() => {
            let later = nodes(world, &without_end(&parts.parts[0].tokens))?;
            depend_all(world, &later, ids)
        }
        [Prep::Between] if parts.object.is_empty() => {
            let ends = nodes(world, &parts.parts[0].tokens)?;
            let [a, b] = ends.as_slice() else {
                return Err(Miss::unclear("\u{201c}between\u{201d} needs two ends"));
            };
            depend_all(world, ids, std::slice::from_ref(a))?;
            depend_all(world, std::slice::from_ref(b), ids)
        }
        [Prep::Parallel, ..] if parts.object.is_empty() => {
            let tokens = ids.iter().map(|id| Token { known: true, ..Token::new(id) });
            let object = tokens.flat_map(|t| [t, Token::new(",")]).collect();
            group::parallel(world, Verb::Parallel, Parts { object, parts: parts.parts })
        }
        [Prep::Series] if parts.object.is_empty() => {
            for pair in ids.windows(2) {
                depend(world, &pair[1], &pair[0])?;
            }
            Ok(())
        }
        // "let it run twice more": each further time is one after a failure.
        [Prep::Times] if parts.object.is_empty() && words(&parts.parts[0].tokens) == ["more"] => {
            edit::retries(world, ids, parts.parts[0].count)
        }
        [Prep::Times, Prep::Parallel] if parts.object.is_empty() && parts.parts[0].tokens.is_empty() => {
            group::fan_out(world, ids, parts.parts[0].count).map(drop)
        }
        [Prep::On | Prep::With]
            if parts.object.is_empty() && super::options::model(world, &parts.parts[0].tokens).is_some() =>
        {
            edit::option(world, ids, &parts.parts[0].tokens)
        }
        [] if !rest.is_empty() && items(rest).len() == 1 => edit::command(world, ids, rest),
        _ => Err(Miss::unclear(format!(
            "I do not know what {} is to do: \u{201c}{}\u{201d}",
            listed(ids),
            text(rest)
        ))),
    }
}

fn without_end(tokens: &[Token]) -> Vec<Token> {
    let mut tokens = tokens.to_vec();
    while tokens.last().is_some_and(is_over) {
        tokens.pop();
    }
    tokens
}
