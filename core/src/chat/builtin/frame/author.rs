//! A new step told by who is to do it: `let claude write the release notes after smoke`.

use super::super::lexicon::{NEGATIONS, Verb, verb};
use super::super::task::{sentence, short};
use super::super::token::{Token, text, words};
use super::super::world::World;
use super::crew::staff;
use super::pattern::{Slot, fit};
use super::small::SMALL;
use super::step::{Body, bodies, make, place};

/// Somebody is asked to do it, or should: what they did or do is no request.
const HEADS: &[&str] = &[
    "i|we|would|please|then|also|next* let|have|get|ask|tell|make|want|need|like <crew> should|shall|must|can|may|also|then|each|all|in|parallel|to*",
    "please|then|also|next* <crew> should|shall|must|has|needs also|then|to*",
];

/// What makes something: the step is called after that.
const MAKES: &[&str] = &[
    "write", "draft", "compose", "prepare", "produce", "create", "make", "generate", "do", "build", "draw",
    "sketch", "record",
];

/// What else a model does to something: the step is called after both.
const DOES: &[&str] = &[
    "summarise",
    "summarize",
    "review",
    "check",
    "translate",
    "proofread",
    "document",
    "update",
    "fix",
    "test",
    "analyse",
    "analyze",
    "research",
    "collect",
    "gather",
    "find",
    "describe",
    "explain",
    "plan",
    "design",
    "implement",
    "refactor",
    "improve",
    "compare",
    "list",
    "polish",
    "shorten",
    "rewrite",
    "verify",
    "audit",
    "clean",
    "extract",
    "outline",
    "critique",
    "evaluate",
    "rate",
    "inspect",
    "look",
    "search",
    "scan",
    "hunt",
    "investigate",
    "profile",
    "benchmark",
    "annotate",
    "classify",
    "categorise",
    "categorize",
    "propose",
    "suggest",
    "brainstorm",
    "estimate",
    "measure",
    "optimise",
    "optimize",
    "debug",
    "simplify",
    "clarify",
    "double-check",
    "cross-check",
    "validate",
    "rank",
    "score",
    "triage",
    "study",
    "explore",
    "examine",
    "assess",
    "transcribe",
    "convert",
    "migrate",
    "localise",
    "localize",
    "identify",
    "detect",
    "reproduce",
    "answer",
    "spellcheck",
    "fact-check",
    "format",
];

/// Words by which a task would be another request, or one with a condition.
const TURNS: &[&str] = &[
    "if", "unless", "until", "when", "once", "or", "while", "it", "them", "that", "this", "again", "instead",
    "only", "over", "then", "step", "task", "called", "named",
];

/// Reads a request for something new that begins with its author; `then` gets what came of it.
pub(super) fn by_author(
    world: &World,
    tokens: &[Token],
    front: &Body,
    then: &mut dyn FnMut(World, usize) -> bool,
) -> bool {
    let reads = |head: &&str| {
        fit(world, head, tokens, &mut |slots, at| {
            let [Slot::Argv(crew)] = slots else { return false };
            let rest = &tokens[at..];
            let Some((id, task)) = task(world, rest) else { return false };
            let mut begun = front.clone();
            staff(&mut begun.options, crew);
            begun.options.flag("--prompt-text", sentence(&text(&rest[..task])));
            bodies(world, &rest[task..], begun).into_iter().filter(|(body, _)| body.placed).any(
                |(body, m)| {
                    // "gemini should write a summary: new step digest …" tells what it is by and by.
                    if rest.get(task + m).is_some_and(|t| t.word == ":") {
                        return false;
                    }
                    let verb = if body.place.between { Verb::Insert } else { Verb::Add };
                    make(world, verb, &id, &body).is_some_and(|made| then(made, at + task + m))
                },
            )
        })
    };
    HEADS.iter().any(reads)
}

/// Whether a task can begin so.
pub(super) fn begins_task(tokens: &[Token]) -> bool {
    tokens.first().is_some_and(|t| MAKES.contains(&t.word.as_str()) || DOES.contains(&t.word.as_str()))
}

/// What is to be done, up to where the words tell something else: the id it gives the step, and how many words it has.
pub(super) fn task(world: &World, tokens: &[Token]) -> Option<(String, usize)> {
    let ends = |at: &usize| {
        let token = &tokens[*at];
        token.is_mark() || token.quoted || token.word == "with" || !place(world, &tokens[*at..]).is_empty()
    };
    let end = (0..tokens.len()).find(ends).unwrap_or(tokens.len());
    let (what, first) = (&tokens[..end], tokens.first()?.word.as_str());
    // "proofread the draft" is another task; "write the draft" may be meant of the step itself.
    let about = DOES.contains(&first) && what.iter().filter(|t| t.known).count() < 2;
    // "write a summary of the draft" is about that step.
    let of = |at: usize| {
        let before = what[..at].iter().rev().find(|t| !matches!(t.word.as_str(), "the" | "our" | "all"));
        before.is_some_and(|t| matches!(t.word.as_str(), "of" | "about" | "from" | "for" | "on")) && at > 2
    };
    let named =
        |t: &Token| t.known && !about && !(0..what.len()).any(|at| std::ptr::eq(&what[at], t) && of(at));
    let odd = |t: &Token| {
        let word = t.word.as_str();
        named(t) || TURNS.contains(&word) || NEGATIONS.contains(&word)
    };
    let asks = words(what).windows(2).any(|w| w[0] == "and" && verb(&w[1..]).is_some());
    let makes = MAKES.contains(&first);
    let article = matches!(what.get(1)?.word.as_str(), "a" | "an" | "the" | "some" | "all" | "our" | "every");
    let does = DOES.contains(&first) || article && verb(&[first]).is_none() && !SMALL.contains(&first);
    if what.iter().any(odd) || asks || !makes && !does {
        return None;
    }
    let id = short(if makes { &what[1..] } else { what })?;
    world.entity(&id).is_none().then_some((id, end))
}
