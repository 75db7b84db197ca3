//! Everyday sentences, understood without a model: offline, and always in the same way.
//!
//! A text becomes tokens, names in it are recognised, sentences are cut into clauses, and each clause is one request
//! or question. A word that nothing can be made of makes the whole text "not understood": nothing is guessed, and of a
//! text that is understood in part nothing is proposed. What comes out are canonical lines of the grammar.

mod abbreviation;
mod add;
mod addressed;
mod along;
mod ask;
mod assent;
mod assigned;
mod bare;
mod because;
mod breath;
mod carry;
mod change;
mod clause;
mod correction;
mod denial;
mod detail;
mod edit;
mod entity;
mod env;
mod field;
mod filler;
mod fit;
mod frame;
mod gate;
mod group;
mod hearsay;
mod help;
mod kind;
mod lexicon;
mod limits;
mod literal;
mod loose;
mod mode;
mod musing;
mod near;
mod number;
mod options;
mod order;
mod parts;
mod place;
mod plural;
mod polite;
mod prep;
mod recognise;
mod renamed;
mod request;
mod reword;
mod run;
mod saying;
mod slips;
mod task;
mod there;
mod token;
mod turn;
mod wanting;
mod world;

use along::along;
use clause::{Clause, clauses};
use denial::{before_reason, refuse_denials, unneeded};
use entity::Miss;
use lexicon::{Prep, Verb, verb};
use recognise::recognise;
use request::request;
use reword::reword;
use token::{Token, text, words};
use wanting::wanted;
use world::World;

use crate::model::{Mode, Sequence, State};

/// Longest text that is read, in bytes.
const MAX_TEXT: usize = 4096;
/// Most requests of one text.
const MAX_CLAUSES: usize = 20;

/// What is known when a sentence is read.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// The sequence it is about.
    pub sequence: &'a Sequence,
    /// How that stands.
    pub state: &'a State,
    /// The models that a step may name.
    pub models: &'a [String],
    /// The programs that the policy lists.
    pub programs: &'a [String],
    /// The mode of the policy, where that can be read.
    pub mode: Option<Mode>,
    /// What was spoken of last, for "it" and "them".
    pub focus: &'a [String],
}

/// What a text comes to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Understood {
    /// Canonical lines; empty where nothing is asked for or something was not understood.
    pub lines: Vec<String>,
    /// Answers to questions.
    pub answers: Vec<String>,
    /// How something was understood that could have been meant otherwise.
    pub notes: Vec<String>,
    /// What was not understood, and what is near.
    pub misses: Vec<String>,
    /// What was spoken of last.
    pub focus: Vec<String>,
}

/// Reads a text as it stands; where that is not understood, or a mistyped word ended up in a line that it would rather
/// begin another part of ("insted of curl"), with the typing errors in it mended.
pub fn understand(scene: &Scene<'_>, said: &str) -> Understood {
    let missed =
        |why: String| Understood { misses: vec![why], focus: scene.focus.to_vec(), ..Understood::default() };
    if said.len() > MAX_TEXT {
        return missed(format!("this is longer than I read ({MAX_TEXT} bytes)"));
    }
    let tokens = hearsay::without_sounds(token::tokens(said));
    let understood = understood(scene, &tokens);
    match literal::refused(&begun(scene), &tokens, &understood.lines) {
        Some(why) => missed(why),
        None => understood,
    }
}

/// Reads words as they stand, or with their typing errors mended.
fn understood(scene: &Scene<'_>, tokens: &[Token]) -> Understood {
    let missed = |why: &str| Understood {
        misses: vec![why.to_owned()],
        focus: scene.focus.to_vec(),
        ..Understood::default()
    };
    if correction::corrects(tokens) {
        return missed("that takes back what was said before it: say it anew, as a whole");
    }
    if musing::muses(tokens) {
        return missed("that is a thought: if it is to be done, say it as a request");
    }
    if hearsay::reports(tokens) {
        return missed("that is what somebody else says: say yourself what is to be done");
    }
    let as_said = read(scene, tokens.to_vec());
    let Some((tokens, slips, notes)) = slips::mended(&begun(scene), tokens) else { return as_said };
    if as_said.misses.is_empty() && !slips.iter().any(|slip| took(&as_said, slip)) {
        return as_said;
    }
    let mended = read(scene, tokens);
    if !mended.misses.is_empty() || as_said.misses.is_empty() && slips.iter().any(|slip| took(&mended, slip))
    {
        return as_said;
    }
    Understood { notes: notes.into_iter().chain(mended.notes).collect(), ..mended }
}

/// Whether a line has a mistyped word in it, as it was typed or as it is read: then it is no word of the request.
fn took(understood: &Understood, (typed, right): &(String, String)) -> bool {
    understood.lines.iter().any(|line| {
        let said = line.splitn(4, ' ').nth(3).unwrap_or_default();
        let mut words = said.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
        words.any(|word| word == *typed || word == *right)
    })
}

fn begun(scene: &Scene<'_>) -> World {
    let mut world = World::new(scene.sequence, scene.state, scene.focus);
    world.models = scene.models.to_vec();
    world.programs = scene.programs.to_vec();
    world.mode = scene.mode;
    world
}

/// Reads words: by clauses, and by frames where those do not explain them.
fn read(scene: &Scene<'_>, tokens: Vec<Token>) -> Understood {
    let world = begun(scene);
    if let Some(answer) = mode::asked(&world, &tokens) {
        return Understood { answers: vec![answer], focus: world.focus, ..Understood::default() };
    }
    if help::greets(&tokens) {
        return Understood {
            answers: vec![help::HELP.to_owned()],
            focus: world.focus,
            ..Understood::default()
        };
    }
    let by_clauses = by_clauses(world, tokens.clone());
    if let Some(assent) = assent::assent(begun(scene), &tokens, &by_clauses.lines) {
        return assent.come_to(begun(scene));
    }
    if by_clauses.misses.is_empty() {
        let lines = frame::cut(&begun(scene), frame::turned(by_clauses.lines));
        let lines = addressed::prompted(&begun(scene), &tokens, frame::joined(lines));
        return Understood { notes: bare::still_so(by_clauses.notes, &lines), lines, ..by_clauses };
    }
    match frame::read(begun(scene), tokens.clone()) {
        Some((world, answers)) => match assent::assent(begun(scene), &tokens, &world.lines) {
            Some(assent) => assent.come_to(begun(scene)),
            None => Understood {
                notes: bare::still_so(world.notes, &world.lines),
                lines: addressed::prompted(&begun(scene), &tokens, world.lines),
                answers,
                misses: Vec::new(),
                focus: world.focus,
            },
        },
        None => by_clauses,
    }
}

fn by_clauses(mut world: World, tokens: Vec<Token>) -> Understood {
    let (mut answers, mut misses) = (Vec::new(), Vec::new());
    let tokens = reword(recognise(&mut world, tokens));
    let clauses = clauses(&tokens);
    if clauses.is_empty() {
        misses.push("that asks for nothing; \u{201c}help\u{201d} shows what can be said".to_owned());
    }
    if clauses.len() > MAX_CLAUSES {
        misses.push("say one thing after the other, in short sentences".to_owned());
    }
    for clause in clauses.iter().take(MAX_CLAUSES) {
        match one(&mut world, clause) {
            Ok(answer) => answers.extend(answer),
            Err(miss) => misses.push(format!("\u{201c}{}\u{201d}: {}", text(&clause.tokens), miss.message())),
        }
    }
    if misses.is_empty() && world.lines.is_empty() && answers.is_empty() && world.notes.is_empty() {
        misses.push("that tells how things stand; say what is to be done with it".to_owned());
    }
    if !misses.is_empty() {
        world.lines.clear();
    }
    Understood { lines: world.lines, answers, notes: world.notes, misses, focus: world.focus }
}

fn one(world: &mut World, clause: &Clause) -> Result<Option<String>, Miss> {
    let tokens = &clause.tokens;
    let all = words(tokens);
    if let Some(answer) = mode::asked(world, tokens) {
        return Ok(Some(answer));
    }
    if ask::is_question(tokens, clause.question) {
        return ask::answer(world, tokens).map(Some);
    }
    if let Some(result) = mode::mode(world, &all) {
        return result.map(|()| None);
    }
    if clause.question && all.first() == Some(&"should") {
        return Err(Miss::unclear("if that is to be so, say it without the question"));
    }
    let asks =
        clause.question && matches!(all.as_slice(), ["can" | "could" | "may", _, ..]) && tokens[1].known;
    if asks && (all.ends_with(&["in", "parallel"]) || all.ends_with(&["at", "the", "same", "time"])) {
        return Err(Miss::unclear(
            "if that is to be so, say it without the question: \u{201c}run a and b in parallel\u{201d}",
        ));
    }
    let (along, tokens) = along(tokens);
    let mut tokens = tokens;
    // "no longer needs a or b" needs neither.
    if words(&tokens)
        .windows(3)
        .any(|w| matches!(w, ["no", "longer", "needs" | "need" | "waits" | "depends"]))
    {
        let between =
            |at: usize| at > 0 && tokens[at - 1].known && tokens.get(at + 1).is_some_and(|t| t.known);
        if let Some(at) = (0..tokens.len()).find(|at| tokens[*at].word == "or" && between(*at)) {
            tokens[at] = Token::new("and");
        }
    }
    let all = words(&tokens);
    if tokens.iter().any(|t| t.word == "or" && !t.known) {
        return Err(Miss::unclear("one or the other? Say which"));
    }
    if loose::by_model(world, &tokens) || frame::relative::told(&tokens) {
        return Err(Miss::unclear("say of which steps it is, and what it is to be then"));
    }
    let declares = matches!(all.first(), Some(&"i" | &"we" | &"there" | &"you"));
    let at_once = all.windows(2).any(|pair| pair == ["at", "once"] || pair == ["once", "more"]);
    if all.iter().any(|w| {
        !(at_once && *w == "once")
            && matches!(
                *w,
                "if" | "when"
                    | "while"
                    | "until"
                    | "unless"
                    | "once"
                    | "whenever"
                    | "every"
                    | "tomorrow"
                    | "tonight"
                    | "o'clock"
            )
    }) && !all.windows(2).any(|pair| pair == ["wait", "until"])
        && !matches!(all.as_slice(), [_, "every", "step" | "gate", ..])
        && !all.contains(&"watchdog")
    {
        return Err(Miss::unclear("I cannot wait for a time or a condition; say only what is to be done"));
    }
    let found = verb(&all).filter(|_| !tokens[0].known || !declares && order_of_known(&tokens));
    if let Some((verb, used)) = found {
        refuse_denials(before_reason(&tokens, verb), verb)?;
        return request(world, verb, all[0], &tokens[used..], &along).map(|()| None);
    }
    if let Some(result) = unneeded(world, &tokens) {
        return result.map(|()| None);
    }
    if let [gate, "approved" | "accepted"] = all.as_slice()
        && tokens[0].known
        && world.sequence().gate(gate).is_some()
    {
        return request(world, Verb::Approve, "approve", &tokens[..1], &along).map(|()| None);
    }
    if let Some(result) = assigned::assigned(world, &tokens).or_else(|| assigned::owed(world, &tokens)) {
        return result.map(|()| None);
    }
    if let Some(rest) = wanted(&tokens) {
        let all = words(rest);
        let is_new = matches!(
            all.first(),
            Some(&"a" | &"an" | &"another" | &"new" | &"one" | &"two" | &"three" | &"approval")
        ) && !rest[0].known;
        // "how about a coffee" is no step.
        let how_about = tokens[0].word == "how";
        let named =
            rest.iter().any(|t| t.known || matches!(t.word.as_str(), "step" | "gate" | "steps" | "task"));
        if how_about && !named {
            return Err(Miss::unclear(
                "if that is to be a step, say \u{201c}add a step called \u{2026}\u{201d}",
            ));
        }
        // "i want a clean slate" names no step.
        let parts = clause::parts(rest, true);
        let noun = rest
            .iter()
            .any(|t| !t.known && matches!(t.word.as_str(), "step" | "gate" | "steps" | "task" | "job"));
        let told = noun
            || !parts.parts.is_empty()
            || rest.iter().any(|t| t.quoted || t.word == "approval" || t.word == "review");
        if is_new && !told {
            return Err(Miss::unclear(
                "if that is to be a step, say \u{201c}add a step called \u{2026}\u{201d}",
            ));
        }
        if is_new {
            refuse_denials(rest, Verb::Add)?;
            return request(world, Verb::Add, "add", rest, &along).map(|()| None);
        }
        if let Some(result) = order::state(world, rest).or_else(|| in_a_group(world, rest)) {
            return result.map(|()| None);
        }
    }
    let announced = matches!(all.as_slice(), ["new" | "another", "step" | "task" | "gate" | "job", ..])
        || reword::counted_steps(&all);
    if announced && !tokens[..2].iter().any(|t| t.known) {
        refuse_denials(&tokens, Verb::Add)?;
        return request(world, Verb::Add, "add", &tokens, &along).map(|()| None);
    }
    if let [who, colon, rest @ ..] = tokens.as_slice()
        && who.known
        && colon.word == ":"
        && !rest.is_empty()
        && verb(&words(rest)).is_none()
    {
        refuse_denials(rest, Verb::Set)?;
        let ids = entity::steps(world, std::slice::from_ref(who))?;
        return edit::option(world, &ids, rest).map(|()| None);
    }
    if all.contains(&"->") {
        return order::connect(world, true, &clause::parts(&tokens, false)).map(|()| None);
    }
    if let Some(result) = group::side_by_side(world, &tokens) {
        return result.map(|()| None);
    }
    match order::state(world, &tokens) {
        Some(result) => result.map(|()| None),
        None => {
            Err(Miss::unclear("I do not see what is to be done; \u{201c}help\u{201d} shows what can be said"))
        }
    }
}

/// A step may be called like a verb: then the sentence is about the step, unless something known follows at once.
fn order_of_known(tokens: &[Token]) -> bool {
    tokens.get(1).is_some_and(|t| {
        t.known || matches!(t.word.as_str(), "it" | "the" | "everything" | "all" | "a" | "an")
    })
}

/// `i want lint and docs in one group`; `None` where it is something else.
fn in_a_group(world: &mut World, tokens: &[Token]) -> Option<Result<(), Miss>> {
    let parts = clause::parts(tokens, false);
    let group = parts.get(Prep::In)?.tokens.iter().any(|t| t.word == "group" && !t.known);
    (group && tokens[0].known).then(|| group::put_in(world, &parts))
}
