//! Frames: requests as patterns of words with slots, for what the clauses did not explain.
//!
//! A text is read from its beginning: a request that a frame explains, something told beside it, or a clause of the
//! grammar; then what follows, with what was spoken of kept for "it". A text is only understood where every word of it
//! belongs to one of these. What turns a request around (`not`, `if`) is a word of a pattern, or explains nothing.

mod act;
mod again;
mod aside;
mod author;
mod copies;
mod crew;
mod decisions;
mod does;
mod exchange;
mod groups;
mod heads;
mod joined;
mod kinds;
pub(super) mod noun;
pub(super) mod option;
pub(super) mod pattern;
pub(super) mod relative;
mod requests;
mod sentences;
pub(super) mod slot;
mod small;
pub(super) mod step;
mod table;
mod telling;
mod threads;
mod words;

use super::clause::{clauses, lead};
use super::lexicon::{PREPS, Verb};
use super::recognise::recognise_names;
use super::reword::reword;
use super::token::{Token, words};
use super::world::World;
use again::AGAIN;
use copies::COPIES;
use decisions::DECISIONS;
use does::Does;
use exchange::EXCHANGES;
use groups::GROUPS;
use relative::RELATIVE;
use requests::FRAMES;
use sentences::{missing, reasons, several, without_end};
use table::FIELDS;

/// Whether a word names nothing by itself.
pub(super) fn is_small(word: &str) -> bool {
    small::SMALL.contains(&word)
}

pub(super) use joined::{cut, joined, turned};
pub(super) use pattern::Memo;
pub(super) use slot::spans;

/// Most attempts at one text.
const MOST: usize = 400;

/// The patterns of every frame.
pub(super) fn patterns() -> impl Iterator<Item = &'static str> {
    let tables = FIELDS
        .iter()
        .chain(RELATIVE)
        .chain(FRAMES)
        .chain(GROUPS)
        .chain(COPIES)
        .chain(EXCHANGES)
        .chain(DECISIONS)
        .chain(AGAIN)
        .map(|(pattern, _)| *pattern);
    tables.chain(option::patterns()).chain(telling::TELLS.iter().chain(telling::TURNS).copied())
}

/// Reads a text by frames; `None` where it does not explain every word.
pub(super) fn read(mut world: World, tokens: Vec<Token>) -> Option<(World, Vec<String>)> {
    let mut tokens = recognise_names(&mut world, tokens);
    let named =
        |at: usize, t: &[Token]| at > 0 && matches!(t[at - 1].word.as_str(), "called" | "named" | "name");
    let idle: Vec<bool> = (0..tokens.len())
        .map(|at| {
            let t = &tokens[at];
            !t.known
                && !t.quoted
                && matches!(t.word.as_str(), "please" | "pls" | "plz" | "kindly")
                && !named(at, &tokens)
        })
        .collect();
    let mut idle = idle.into_iter();
    tokens.retain(|_| !idle.next().unwrap_or(false));
    missing(&mut tokens);
    several(&mut tokens);
    reasons(&mut tokens);
    let tries = tokens.iter().any(|t| !t.known && matches!(t.word.as_str(), "tries" | "attempts"));
    let mut reader = Reader { left: MOST, answers: Vec::new(), last: None, tries };
    for sentence in tokens.split_inclusive(Token::ends) {
        if sentence.last().is_some_and(|t| t.word == "?") {
            let possible = matches!(
                words(sentence).as_slice(),
                ["is", "possible", "to", ..] | ["is", "it", "possible", "to", ..]
            );
            // "so, could you …", "it is flaky, can we …".
            let turns = words(sentence)
                .windows(2)
                .any(|w| matches!(w, ["can" | "could" | "would" | "will", "you" | "we" | "i"]));
            let asks = possible
                || turns
                || matches!(sentence[0].word.as_str(), "can" | "could" | "would" | "will" | "should");
            if let Some((answered, answers)) =
                clause(&world, sentence).filter(|(_, answers)| !answers.is_empty())
            {
                world = answered;
                reader.answers.extend(answers);
            } else if asks && !sentence[0].known && !sentence.get(1).is_some_and(|t| t.known) {
                world = reader.rest(world, &sentence[..sentence.len() - 1], true)?;
            } else {
                return None;
            }
            continue;
        }
        let body =
            if sentence.last().is_some_and(Token::ends) { &sentence[..sentence.len() - 1] } else { sentence };
        let (body, lines) = (without_end(body), world.lines.len());
        let begun = world.fork();
        world = match reader.rest(world, body, true) {
            // What only seemed to be told may ask for something.
            Some(told) if told.lines.len() == lines => reader.loosely(&begun, body).unwrap_or(told),
            Some(done) => done,
            None => about(begun, body)?,
        };
    }
    world.lines = joined(turned(world.lines));
    (!world.lines.is_empty() || !reader.answers.is_empty()).then_some((world, reader.answers))
}

/// What only tells something of one step or gate: what comes next is about that.
fn about(mut world: World, body: &[Token]) -> Option<World> {
    let known: Vec<&Token> = body.iter().filter(|t| t.known).collect();
    let [one] = known.as_slice() else { return None };
    let tells = |t: &Token| {
        let word = t.word.as_str();
        let turns = telling::TURNS.contains(&word) || super::lexicon::NEGATIONS.contains(&word);
        let asks =
            super::lexicon::verb(&[word]).is_some() || super::field::field(std::slice::from_ref(t)).is_some();
        t.known
            || !(turns && word != "before"
                || asks
                || t.quoted
                || super::number::number(word).is_some_and(|n| n > 1))
    };
    // "after build." tells a place of something else.
    let place = PREPS.iter().any(|(p, _)| super::lexicon::begins(&words(body), p).is_some());
    let subject = body.first().is_some_and(|t| !t.known && super::lexicon::verb(&words(body)).is_none());
    let subject = subject && !place;
    let id = world.entity(&one.word).map(|e| e.id).filter(|_| subject && body.iter().all(tells))?;
    world.speak_of([id.as_str()]);
    world.told = true;
    Some(world)
}

struct Reader {
    left: usize,
    answers: Vec<String>,
    /// What the request before did.
    last: Option<Does>,
    /// The text counts tries, of which the first is no retry.
    tries: bool,
}

impl Reader {
    /// Reads what is left of a sentence.
    fn rest(&mut self, world: World, tokens: &[Token], first: bool) -> Option<World> {
        let skip = joins(tokens);
        let mut starts = vec![skip + lead(&tokens[skip..]), skip];
        starts.dedup();
        for start in starts {
            let rest = &tokens[start..];
            let trailing = rest.iter().all(|t| !t.known && TAIL.contains(&t.word.as_str()));
            if trailing {
                return Some(world);
            }
            self.left = self.left.checked_sub(1)?;
            if let Some(done) = self.request(&world, rest) {
                return Some(done);
            }
            let limits = tokens[..start].iter().any(|t| t.word == "but");
            if let Some((about, n)) = aside::aside(&world, rest, first).filter(|_| !limits) {
                let mut next = world.fork();
                if !about.is_empty() {
                    next.speak_of(about.iter().map(String::as_str));
                    next.told = true;
                }
                if let Some(done) = self.rest(next, &rest[n..], false) {
                    return Some(done);
                }
            }
            if let Some(done) = self.by_clause(&world, rest, first) {
                return Some(done);
            }
            if let Some(done) = self.loosely(&world, rest) {
                return Some(done);
            }
        }
        None
    }

    fn request(&mut self, world: &World, tokens: &[Token]) -> Option<World> {
        let mut done: Option<World> = None;
        let lasts = [said_last(world, self.tries), self.last.take()];
        let new = &mut |next: World, n: usize| {
            done = ends(tokens, n).then(|| self.rest(next, &tokens[n..], false)).flatten();
            done.is_some()
        };
        let relative = relative::told(tokens);
        if !relative
            && (threads::thread(world, tokens, new)
                || kinds::watchdog(world, tokens, new)
                || step::new(world, tokens, new))
        {
            return done;
        }
        let as_last = |does: &Does, last: Does| match (does, last) {
            (Does::Text(""), Does::Text(flag)) => Some(Does::Text(flag)),
            (Does::Text("--model"), Does::TextOf("--model")) => Some(*does),
            (Does::Number("--timeout"), Does::Number(flag)) if flag != "--retry" => Some(Does::Number(flag)),
            (does, last) => (*does == last).then_some(last),
        };
        let again = AGAIN.iter().filter_map(|(pattern, does)| {
            lasts.iter().flatten().find_map(|last| as_last(does, *last)).map(|does| (pattern, does))
        });
        let tables: &[&[(&str, Does)]] =
            if relative { &[RELATIVE] } else { &[FIELDS, FRAMES, GROUPS, COPIES, EXCHANGES, DECISIONS] };
        let tables = tables.iter().flat_map(|table| table.iter().map(|(pattern, does)| (pattern, *does)));
        for (pattern, does) in again.filter(|_| !relative).chain(tables) {
            let found = pattern::fit(world, pattern, tokens, &mut |slots, n| {
                let mut next = world.fork();
                if n == 0 || !ends(tokens, n) || act::act(&mut next, does, slots).is_none() {
                    return false;
                }
                self.last = Some(does);
                done = self.rest(next, &tokens[n..], false);
                done.is_some()
            });
            if found {
                return done;
            }
        }
        None
    }

    /// What is said in whatever order.
    fn loosely(&mut self, world: &World, tokens: &[Token]) -> Option<World> {
        let cuts = (1..=tokens.len()).rev().filter(|at| *at == tokens.len() || is_join(&tokens[*at]));
        for at in cuts.take(6) {
            self.left = self.left.checked_sub(1)?;
            if let Some(next) = super::loose::read(world, &tokens[..at])
                && let Some(done) = self.rest(next, &tokens[at..], false)
            {
                return Some(done);
            }
        }
        None
    }

    /// What the clauses of the grammar explain.
    fn by_clause(&mut self, world: &World, tokens: &[Token], first: bool) -> Option<World> {
        // "add steps for a and b" is one list: behind "and" begins something that can be a request.
        let begins = |at: usize| {
            let from = at + joins(&tokens[at..]);
            let from = from + lead(&tokens[from..]);
            let next = tokens.get(from);
            tokens[at].word != "and"
                || !super::lexicon::verb(&words(tokens))
                    .is_some_and(|(v, _)| matches!(v, Verb::Add | Verb::Insert | Verb::Fuse | Verb::Parallel))
                || next.is_some_and(|t| {
                    matches!(t.word.as_str(), "it" | "its" | "they" | "i" | "we" | "the" | "that" | "this")
                        || t.known && tokens.get(from + 1).is_some_and(|t| !is_join(t))
                })
                || super::lexicon::verb(&words(&tokens[from..])).is_some()
        };
        let cuts =
            (1..=tokens.len()).rev().filter(|at| *at == tokens.len() || is_join(&tokens[*at]) && begins(*at));
        for at in cuts.take(6) {
            self.left = self.left.checked_sub(1)?;
            if let Some((next, answers)) = clause(world, &tokens[..at])
                && (answers.is_empty() || at == tokens.len() && first)
                && let Some(done) = self.rest(next, &tokens[at..], false)
            {
                self.answers.extend(answers);
                return Some(done);
            }
        }
        None
    }
}

/// What the line before sets, where it sets one thing: what follows may leave out which.
fn said_last(world: &World, tries: bool) -> Option<Does> {
    let line = shlex::split(world.lines.last()?)?;
    match line.iter().skip(1).map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["step", "edit", _, "--retry", _] if !tries => Some(Does::Number("--retry")),
        ["step", "edit", _, "--timeout", _] => Some(Does::Number("--timeout")),
        ["step", "edit", _, "--model", _] => Some(Does::Text("--model")),
        ["step", "edit", _, "--name", _] => Some(Does::Text("--name")),
        ["step", "edit", _, "--prompt-text", _] => Some(Does::Text("--prompt-text")),
        _ => None,
    }
}

/// Words at the end that add nothing.
const TAIL: &[&str] = &[
    "please", "pls", "thanks", "too", "also", "as", "well", "now", "instead", ",", "again", "right", "away",
    "already", "asap", "directly",
];

fn is_join(token: &Token) -> bool {
    !token.known
        && !token.quoted
        && matches!(
            token.word.as_str(),
            "," | "and" | ":" | "then" | "but" | "so" | "plus" | "-" | "\u{2013}" | "\u{2014}"
        )
}

fn joins(tokens: &[Token]) -> usize {
    let purpose = |at: usize| tokens[at].word == "so" && tokens.get(at + 1).is_some_and(|t| t.word == "that");
    (0..tokens.len()).take_while(|at| is_join(&tokens[*at]) && !purpose(*at)).count()
}

/// Whether a request can end before this word.
fn ends(tokens: &[Token], at: usize) -> bool {
    let Some(next) = tokens.get(at) else { return true };
    let all = words(&tokens[at..]);
    is_join(next)
        || matches!(all[0], "because" | "since" | "so" | "please" | "pls" | "thanks" | "instead")
        || tokens[at..].iter().all(|t| !t.known && TAIL.contains(&t.word.as_str()))
}

/// Reads words as the clauses of the grammar, all of them.
fn clause(world: &World, tokens: &[Token]) -> Option<(World, Vec<String>)> {
    let mut next = world.fork();
    let mut answers = Vec::new();
    let found = clauses(&reword(tokens.to_vec()));
    if found.is_empty() {
        return None;
    }
    let (lines, notes) = (next.lines.len(), next.notes.len());
    for clause in &found {
        answers.extend(super::one(&mut next, clause).ok()?);
    }
    // What only tells how things stand is told beside a request.
    let comes = next.lines.len() > lines || next.notes.len() > notes || !answers.is_empty() || next.told;
    comes.then_some((next, answers))
}
