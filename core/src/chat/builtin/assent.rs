//! A yes that does not say to what: "lint looks fine, go ahead" is no order to run everything.

use super::Understood;
use super::entity::nodes;
use super::recognise::recognise;
use super::token::{Token, words};
use super::world::World;

/// What says no more than that it may go on.
const GOES_ON: &[&[&str]] = &[
    &["go", "ahead"],
    &["go", "on"],
    &["go"],
    &["carry", "on"],
    &["move", "on"],
    &["proceed"],
    &["continue"],
];

/// What may follow it.
const IDLE: &[&str] = &["then", "please", "now", "with", "it", "that", "everything", "."];

/// What is said of a gate that may be opened, and what stands around it.
const GOOD: &[&str] = &["good", "fine", "great", "ok", "okay", "right", "alright", "clean", "perfect"];
const AROUND: &[&str] = &[
    "the", "gate", "looks", "look", "is", "are", "was", "seems", "reads", "sounds", "all", "very", "really",
    "to", "for", "me", "us", "now", "so", "and", "then", "please", ",", ":", "-",
];

/// What "go on" was said to.
pub(super) enum Assent {
    /// A gate, of which good was said.
    Gate(String),
    /// Nothing that could be told: words before it speak of a step or a gate.
    Unclear,
}

impl Assent {
    /// The line, or what is to be said instead.
    pub fn come_to(self, mut world: World) -> Understood {
        let missed = |why: String, focus| Understood { misses: vec![why], focus, ..Understood::default() };
        let Self::Gate(gate) = self else {
            let why = "what is to go on? Say \u{201c}approve \u{2026}\u{201d}, \u{201c}run \u{2026}\u{201d} or \u{201c}run everything\u{201d}";
            return missed(why.to_owned(), world.focus);
        };
        match world.take(&["gate", "approve", &gate]) {
            Ok(()) => Understood { lines: world.lines, focus: vec![gate], ..Understood::default() },
            Err(why) => missed(why, world.focus),
        }
    }
}

/// To what a yes is, where going on is all that the lines do and is said behind words about a step or a gate.
pub(super) fn assent(mut world: World, tokens: &[Token], lines: &[String]) -> Option<Assent> {
    let [line] = lines else { return None };
    if line != "seqctl run all" {
        return None;
    }
    let tokens = recognise(&mut world, tokens.to_vec());
    let all = words(&tokens);
    let kept = all.len() - all.iter().rev().take_while(|w| IDLE.contains(w)).count();
    let told = GOES_ON.iter().find_map(|end| all[..kept].strip_suffix(*end))?.len();
    let known: Vec<Token> = tokens[..told].iter().filter(|t| t.known).cloned().collect();
    let mut about = known.iter().flat_map(|t| nodes(&mut world, std::slice::from_ref(t)).unwrap_or_default());
    if known.is_empty() {
        return None;
    }
    let Some(first) = about.next() else { return Some(Assent::Unclear) };
    let alone = about.all(|id| id == first);
    let good = all[..told].iter().any(|w| GOOD.contains(w));
    let plain = tokens[..told].iter().all(|t| t.known || [GOOD, AROUND].concat().contains(&t.word.as_str()));
    let is_gate = world.sequence().gate(&first).is_some();
    Some(if is_gate && alone && good && plain { Assent::Gate(first) } else { Assent::Unclear })
}
