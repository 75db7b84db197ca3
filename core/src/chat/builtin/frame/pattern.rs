//! Patterns of words with slots: what a frame looks for.
//!
//! A pattern is words with blanks between them. `a|b` is one of these words, `a|b?` may be left out, `a|b*` may come any
//! number of times, and `<slot>` is filled. Every word of a sentence has to be taken by some word of a pattern: what
//! nothing explains is never passed over.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::super::loose::set;
use super::super::options::Options;
use super::super::token::Token;
use super::super::world::World;
use super::{crew, noun, option, relative, slot};

/// What fills a slot.
#[derive(Debug, Clone)]
pub(in crate::chat::builtin) enum Slot {
    /// A time in milliseconds, or a count.
    Number(u64),
    /// A text.
    Text(String),
    /// A command line.
    Argv(Vec<String>),
    /// What is there already.
    Nodes(Vec<String>),
    /// How a step is to be.
    Options(Options),
}

/// Gets what filled the slots and how many words were taken; says whether that will do.
pub(in crate::chat::builtin) type Accept<'a> = dyn FnMut(&[Slot], usize) -> bool + 'a;

/// Tries every way in which a pattern fits the beginning of some words, those that take most first.
pub(in crate::chat::builtin) fn fit(
    world: &World,
    pattern: &str,
    tokens: &[Token],
    accept: &mut Accept<'_>,
) -> bool {
    let parts: Vec<&str> = pattern.split(' ').filter(|p| !p.is_empty()).collect();
    step(world, &parts, tokens, 0, &mut Vec::new(), accept)
}

fn step(
    world: &World,
    parts: &[&str],
    tokens: &[Token],
    at: usize,
    slots: &mut Vec<Slot>,
    accept: &mut Accept<'_>,
) -> bool {
    let Some((part, rest)) = parts.split_first() else { return accept(slots, at) };
    if let Some(name) = part.strip_prefix('<').and_then(|p| p.strip_suffix('>')) {
        for (slot, n) in fill(world, name, &tokens[at..]).iter() {
            slots.push(slot.clone());
            if step(world, rest, tokens, at + n, slots, accept) {
                return true;
            }
            slots.pop();
        }
        return false;
    }
    let is = |at: usize, of: &str| {
        tokens.get(at).is_some_and(|t| {
            // "~network" may be what a step is called, too.
            let fits = |w: &str| w == t.word && !t.known || w.strip_prefix('~').is_some_and(|w| w == t.word);
            !t.quoted && of.split('|').any(fits)
        })
    };
    if let Some(of) = part.strip_suffix('*') {
        let most = (at..tokens.len()).take_while(|i| is(*i, of)).count();
        return (0..=most).rev().any(|n| step(world, rest, tokens, at + n, slots, accept));
    }
    if let Some(of) = part.strip_suffix('?') {
        return is(at, of) && step(world, rest, tokens, at + 1, slots, accept)
            || step(world, rest, tokens, at, slots, accept);
    }
    is(at, part) && step(world, rest, tokens, at + 1, slots, accept)
}

/// What words were found to be: many patterns look for the same in the same place.
#[derive(Default, Clone)]
pub(in crate::chat::builtin) struct Memo(Rc<RefCell<HashMap<Place, Found>>>);

/// A slot, and the words it is looked for in: pieces of one text that outlives what is known of it.
type Place = (&'static str, *const Token, usize);

type Found = Rc<[(Slot, usize)]>;

const SLOTS: &[&str] = &[
    "nodes", "steps", "step", "gate", "group", "new", "span", "n", "times", "quote", "word", "path", "title",
    "reason", "usd", "more", "model", "env", "argv", "program", "place", "notspan", "notmodel", "notargv",
    "options", "given", "told", "remark", "unlisted", "crew", "wish",
];

/// What a slot can be filled with here, and how many words that takes; the longest first.
fn fill(world: &World, name: &str, tokens: &[Token]) -> Found {
    let Some(name) = SLOTS.iter().find(|slot| **slot == name) else { return Found::default() };
    let place = (*name, tokens.as_ptr(), tokens.len());
    if let Some(found) = world.memo.0.borrow().get(&place) {
        return Rc::clone(found);
    }
    let found: Found = filled(world, name, tokens).into();
    world.memo.0.borrow_mut().insert(place, Rc::clone(&found));
    found
}

fn filled(world: &World, name: &str, tokens: &[Token]) -> Vec<(Slot, usize)> {
    let one = |found: Option<(Slot, usize)>| found.into_iter().collect();
    match name {
        "nodes" => nodes(noun::listed(world, tokens)),
        "steps" => {
            let listed = noun::listed(world, tokens).into_iter().chain(set(world, tokens));
            nodes(listed.filter(|(ids, _)| noun::are_steps(world, ids)).collect())
        }
        "step" => nodes(
            noun::listed(world, tokens)
                .into_iter()
                .filter(|(ids, _)| ids.len() == 1 && noun::are_steps(world, ids))
                .collect(),
        ),
        "gate" => nodes(
            noun::listed(world, tokens)
                .into_iter()
                .filter(|(ids, _)| ids.len() == 1 && world.sequence().gate(&ids[0]).is_some())
                .collect(),
        ),
        "group" => one(noun::group(world, tokens).map(|(id, n)| (Slot::Text(id), n))),
        "new" => one(noun::new(world, tokens).map(|(id, n)| (Slot::Text(id), n))),
        "span" => slot::spans(tokens).into_iter().map(|(ms, n)| (Slot::Number(ms), n)).collect(),
        "n" => one(slot::count(tokens).map(|(n, used)| (Slot::Number(n), used))),
        "times" => one(slot::times(tokens).map(|(n, used)| (Slot::Number(n), used))),
        "quote" => one(tokens.first().filter(|t| t.quoted).map(|t| (Slot::Text(t.text.clone()), 1))),
        "word" => one(slot::word(tokens).map(|text| (Slot::Text(text), 1))),
        "path" => one(slot::path(tokens).map(|text| (Slot::Text(text), 1))),
        "title" => one(slot::title(tokens).map(|(text, n)| (Slot::Text(text), n))),
        "reason" => one(slot::reason(tokens).map(|(text, n)| (Slot::Text(text), n))),
        "more" => one(relative::more(tokens).map(|(ms, n)| (Slot::Number(ms), n))),
        "usd" => one(slot::dollars(tokens).map(|(amount, n)| (Slot::Text(amount), n))),
        "told" => one(slot::told(tokens).map(|(text, n)| (Slot::Text(text), n))),
        "unlisted" => one(slot::unlisted(world, tokens).map(|(argv, n)| (Slot::Argv(argv), n))),
        "wish" => one(slot::wish(tokens).map(|(text, n)| (Slot::Text(text), n))),
        "remark" => one(slot::remark(tokens).map(|(text, n)| (Slot::Text(text), n))),
        "crew" => one(crew::crew(world, tokens).map(|(crew, n)| (Slot::Argv(crew), n))),
        "model" => one(slot::model(world, tokens).map(|(m, n)| (Slot::Text(m), n))),
        "env" => one(slot::env(tokens).map(|(pairs, n)| (Slot::Argv(pairs), n))),
        "argv" => slot::argv(world, tokens).into_iter().map(|(argv, n)| (Slot::Argv(argv), n)).collect(),
        "program" => {
            slot::programs(world, tokens).into_iter().map(|(argv, n)| (Slot::Argv(argv), n)).collect()
        }
        "place" => one(slot::place(tokens).map(|text| (Slot::Text(text), 1))),
        "notspan" => {
            vec![(Slot::Number(0), slot::not_that(tokens, slot::time_or_number))]
        }
        // What it was before adds nothing to what it is to be.
        "notmodel" => {
            vec![(Slot::Number(0), slot::not_that(tokens, |t| slot::model(world, t).map(|(_, n)| n)))]
        }
        "notargv" => {
            vec![(Slot::Number(0), slot::not_that(tokens, |t| slot::argv(world, t).first().map(|(_, n)| *n)))]
        }
        "options" => {
            option::listed(world, tokens, false).into_iter().map(|(o, n)| (Slot::Options(o), n)).collect()
        }
        "given" => {
            option::listed(world, tokens, true).into_iter().map(|(o, n)| (Slot::Options(o), n)).collect()
        }
        _ => Vec::new(),
    }
}

fn nodes(found: Vec<(Vec<String>, usize)>) -> Vec<(Slot, usize)> {
    found.into_iter().map(|(ids, n)| (Slot::Nodes(ids), n)).collect()
}
