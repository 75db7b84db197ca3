//! Questions: how things stand, what holds what, what waits for whom.

use super::entity::{Miss, listed, nodes, status_word};
use super::filler::FILLER;
use super::help::HELP;
use super::token::{Token, words};
use super::world::World;
use crate::dag::{Hold, why};
use crate::graph::counted;
use crate::model::{GateStatus, StepStatus};

/// What a question asks, and the answer. Nothing is changed by it.
pub(super) fn answer(world: &mut World, tokens: &[Token]) -> Result<String, Miss> {
    // "what would start if i ran everything".
    let would = matches!(words(tokens).as_slice(), ["what" | "which", "would" | "will", "start" | "run", ..]);
    if would && tokens.iter().any(|t| matches!(t.word.as_str(), "everything" | "all")) {
        return Ok(those(world, StepStatus::Ready));
    }
    let spend = ["spend", "budget", "cost", "dollars"];
    let says = |of: &[&str]| tokens.iter().any(|t| !t.known && of.contains(&t.word.as_str()));
    let money = says(&spend);
    let asks_much = matches!(words(tokens).as_slice(), ["how", "much", ..] | ["what", ..]);
    let so_far = says(&["spent", "spend", "cost"]) && says(&["have", "has", "did", "been", "far"]);
    if asks_much && so_far && !tokens.iter().any(|t| t.known) {
        return Ok("`seqctl budget show` tells what is spent so far, and of which budget.".to_owned());
    }
    // "do we really need lint?" asks who does.
    if let [first, .., needed] = tokens
        && matches!(first.word.as_str(), "do" | "does")
        && tokens.get(1).is_some_and(|t| matches!(t.word.as_str(), "we" | "i" | "anybody" | "anyone"))
        && says(&["need", "needs"])
        && needed.known
    {
        return nodes(world, std::slice::from_ref(needed)).map(|ids| followers(world, &ids[0]));
    }
    if money && !tokens.iter().any(|t| t.known) && matches!(tokens[0].word.as_str(), "how" | "what" | "which")
    {
        return Ok(budget(world));
    }
    // "tell me when it is done", "what happens when i approve it" ask for what is to come.
    let comes = tokens.iter().skip(1).any(|t| !t.known && matches!(t.word.as_str(), "when" | "if"));
    if comes || matches!(words(tokens).as_slice(), ["tell", "me", "when" | "once" | "if" | "as", ..]) {
        return Err(Miss::unclear(
            "I cannot wait for something; `seqctl status --watch` shows it as it happens",
        ));
    }
    let all: Vec<String> = tokens.iter().filter(|t| !t.known).map(|t| t.word.clone()).collect();
    let has = |words: &[&str]| all.iter().any(|w| words.contains(&w.as_str()));
    // "the last 20 lines of the log".
    let of_a_log = has(&["log", "logs", "output"]) && tokens.iter().any(|t| t.known);
    let lines = |t: &Token| {
        of_a_log
            && (super::number::number(&t.word).is_some()
                || matches!(t.word.as_str(), "last" | "first" | "latest" | "lines" | "line" | "full" | "end"))
    };
    let named: Vec<Token> = tokens
        .iter()
        .filter(|t| {
            t.word != "'s" && (t.known || t.quoted || !(lines(t) || FILLER.contains(&t.word.as_str())))
        })
        .cloned()
        .collect();
    let mine = tokens.windows(2).any(|pair| {
        matches!(pair[0].word.as_str(), "my" | "a" | "me")
            && matches!(pair[1].word.as_str(), "review" | "reviewing")
    });
    let due = matches!(
        words(tokens).as_slice(),
        ["what", "should" | "must" | "can", "i" | "we", "review" | "check", ..]
    );
    if due && !tokens.iter().any(|t| t.known) || mine && has(&["waiting", "waits", "needs", "wait", "need"]) {
        return Ok(those(world, StepStatus::NeedsReview));
    }
    // "which implementation failed": a noun that names nothing else.
    let unknown = |t: &Token| !t.known && !t.quoted && !FILLER.contains(&t.word.as_str());
    if let [which, noun, status] = tokens
        && matches!(which.word.as_str(), "which" | "what")
        && unknown(noun)
        && status_word(&status.word).is_some()
    {
        return overall(world, &[which.word.clone(), status.word.clone()]);
    }
    if let Some(answer) = super::detail::detail(world, tokens) {
        return answer;
    }
    let bare = matches!(
        words(tokens).as_slice(),
        ["why"] | ["why", "not"] | ["why", "is", "that"] | ["why", "so"] | ["how", "come"]
    );
    let pronoun = (has(&["it", "they"]) || bare) && named.is_empty() && !world.focus.is_empty();
    if named.is_empty() && !pronoun {
        return overall(world, &all);
    }
    let focus = [Token::new("it")];
    // "does b wait for a" names two.
    let apart = named.len() > 1 && named.iter().all(|t| t.known);
    let named: Vec<Token> = match apart {
        true => named.into_iter().flat_map(|t| [t, Token::new(",")]).collect(),
        false => named,
    };
    let ids = nodes(world, if named.is_empty() { &focus } else { &named })?;
    world.speak_of(ids.iter().map(String::as_str));
    if let [a, b] = ids.as_slice()
        && has(&["depend", "depends", "wait", "waits", "after", "before"])
    {
        return Ok(between(world, a, b));
    }
    let first_known = tokens.iter().position(|t| t.known).unwrap_or(0);
    let verb_before = |words: &[&str]| tokens[..first_known].iter().any(|t| words.contains(&t.word.as_str()));
    let prints = tokens.iter().skip(1).any(|t| !t.known && t.word == "print");
    let decides = has(&["yes", "no"]) && has(&["say", "says"]);
    if decides && world.sequence().gate(&ids[0]).is_some() {
        return Ok(followers(world, &ids[0]));
    }
    if prints || has(&["log", "logs", "output", "printed", "say", "says"]) {
        return Ok(format!("`seqctl logs {}` shows what it printed.", ids[0]));
    }
    let one = |id: &String| {
        // "who needs to approve it" asks for its gate.
        if has(&["approve", "approves", "approval"]) {
            return holds(world, id);
        }
        if has(&["before"]) {
            return needs(world, id);
        }
        if has(&["dependents"]) {
            return followers(world, id);
        }
        if has(&["deps", "dependencies", "depend", "depends", "wait", "waits", "waiting", "need", "needs"]) {
            // "for what waits upload?"
            let turned = matches!(tokens[0].word.as_str(), "for" | "on" | "until");
            let on_it = !turned
                && (verb_before(&["depends", "waits", "needs", "waiting"])
                    || verb_before(&["depend", "wait"]) && !has(&["does", "do", "did"]));
            return if on_it { followers(world, id) } else { needs(world, id) };
        }
        if has(&["after", "follows", "follow", "next"]) {
            return followers(world, id);
        }
        holds(world, id)
    };
    Ok(ids.iter().map(one).collect::<Vec<_>>().join("\n"))
}

fn overall(world: &mut World, all: &[String]) -> Result<String, Miss> {
    let has = |words: &[&str]| all.iter().any(|w| words.contains(&w.as_str()));
    if has(&["help"]) || has(&["you"]) && has(&["do", "can"]) {
        return Ok(HELP.to_owned());
    }
    if has(&["gate", "gates", "approval", "approve", "waiting", "pending"]) && !has(&["step", "steps"]) {
        let due = world.gates_that(|status, due| due && status == GateStatus::Pending);
        let every = world.gates_that(|_, _| true);
        let reviews = world.steps_that(|s| s == StepStatus::NeedsReview);
        // "what are we waiting for": where nothing waits for a person, for what runs.
        if has(&["waiting"]) && has(&["we"]) && due.is_empty() && reviews.is_empty() {
            return Ok(those(world, StepStatus::Running));
        }
        if !(due.is_empty() && reviews.is_empty()) {
            world.speak_of(due.iter().chain(&reviews).map(String::as_str));
        }
        let also = match has(&["gate", "gates"]) || reviews.is_empty() {
            true => String::new(),
            false => format!("{}\n", those(world, StepStatus::NeedsReview)),
        };
        return Ok(also
            + &match (every.as_slice(), due.as_slice()) {
                ([], _) => "There are no gates.".to_owned(),
                (every, []) => format!("No gate waits for you now. The gates: {}.", listed(every)),
                (every, due) => {
                    format!("{} waits for your decision. The gates: {}.", listed(due), listed(every))
                }
            });
    }
    let status = all.iter().find_map(|w| match w.as_str() {
        "break" | "broke" | "crash" | "crashed" | "fail" | "wrong" | "error" | "errors" | "failure"
        | "failures" | "problem" | "problems" | "broken" | "red" => Some(StepStatus::Failed),
        "next" | "can" => Some(StepStatus::Ready),
        "review" => Some(StepStatus::NeedsReview),
        word => status_word(word),
    });
    if let Some(status) = status {
        let found = world.steps_that(|s| s == status);
        let number = if has(&["many"]) { format!("{}: ", found.len()) } else { String::new() };
        // "what failed? restart it".
        if !found.is_empty() {
            world.speak_of(found.iter().map(String::as_str));
        }
        return Ok(number + &those(world, status));
    }
    if has(&["many"]) && !has(&["left", "remaining", "missing"]) {
        let (steps, gates) = (world.sequence().steps.len(), world.sequence().gates.len());
        return Ok(format!("It has {} and {}.", counted(steps, "step"), counted(gates, "gate")));
    }
    if has(&["left", "remaining", "missing"]) || has(&["to"]) && has(&["do"]) {
        let left = world.steps_that(|s| s != StepStatus::Done);
        return Ok(if left.is_empty() {
            "Nothing is left: every step is DONE.".into()
        } else {
            let number = if has(&["many"]) { format!("{}. ", left.len()) } else { String::new() };
            format!("{number}Left: {}.", listed(&left))
        });
    }
    // "why does it not go on".
    if has(&["why"]) && has(&["go", "goes", "continue", "proceed", "start", "run", "runs", "stuck"]) {
        return Ok(summary(world));
    }
    if has(&[
        "status",
        "state",
        "going",
        "happening",
        "happened",
        "stand",
        "overview",
        "summary",
        "steps",
        "step",
        "list",
        "everything",
        "sequence",
        "pipeline",
        "things",
        "progress",
        "look",
        "far",
        "up",
    ]) || has(&["where"]) && has(&["we"])
    {
        return Ok(summary(world));
    }
    Err(Miss::unclear(
        "I do not understand the question; ask \u{201c}what is running\u{201d}, \u{201c}what failed\u{201d} or \u{201c}why is \u{2026} blocked\u{201d}",
    ))
}

/// What may be spent before a person is asked.
fn budget(world: &World) -> String {
    match world.sequence().budgets.all.and_then(|b| b.usd) {
        Some(usd) => format!(
            "You are asked before more than {usd} dollars are spent in all; `seqctl budget show` tells what is."
        ),
        None => "There is no budget in dollars; `seqctl budget show` tells of every one.".to_owned(),
    }
}

fn those(world: &World, status: StepStatus) -> String {
    let ids = world.steps_that(|s| s == status);
    let word = match status {
        StepStatus::Running => "is running",
        StepStatus::Failed => "failed",
        StepStatus::Ready => "can start now",
        StepStatus::Blocked => "is blocked",
        StepStatus::Done => "is done",
        StepStatus::NeedsReview => "waits for a review",
    };
    let held = [world.steps_that(|s| s == StepStatus::NeedsReview), world.gates_that(|_, due| due)].concat();
    match ids.as_slice() {
        // Who asks what comes next wants to know what it hangs on.
        [] if status == StepStatus::Ready && !held.is_empty() => {
            format!("Nothing {word}: it waits for your decision about {}.", listed(&held))
        }
        [] => format!("Nothing {word}."),
        [one] => format!("{} {word}{}.", listed(&ids), reason(world, one)),
        _ => {
            let word = word.replace("is ", "are ").replace("waits", "wait");
            format!("{} {word}.", listed(&ids))
        }
    }
}

fn reason(world: &World, id: &str) -> String {
    let at = world.sequence().steps.iter().position(|s| s.id.as_str() == id);
    let statuses = world.statuses();
    let reason = at.and_then(|at| statuses.steps.get(at)).and_then(|v| v.reason.clone());
    reason.map(|r| format!(": {r}")).unwrap_or_default()
}

fn summary(world: &World) -> String {
    let statuses = world.statuses();
    let mut text = String::new();
    for (step, view) in world.sequence().steps.iter().zip(&statuses.steps) {
        let reason = view.reason.as_deref().map(|r| format!(" ({r})")).unwrap_or_default();
        text += &format!("`{}` is {}{reason}\n", step.id, view.status);
    }
    for (gate, view) in world.sequence().gates.iter().zip(&statuses.gates) {
        text += &format!("gate `{}` is {}\n", gate.id, view.status);
    }
    if text.is_empty() {
        "There is no step yet. Say \u{201c}add a step called \u{2026}\u{201d}.".into()
    } else {
        text.trim_end().to_owned()
    }
}

fn needs(world: &World, id: &str) -> String {
    match world.depends_on(id).as_slice() {
        [] => format!("`{id}` waits for nothing."),
        some => format!("`{id}` waits for {}.", listed(some)),
    }
}

fn followers(world: &World, id: &str) -> String {
    match world.followers(id).as_slice() {
        [] => format!("Nothing waits for `{id}`."),
        some => format!("{} waits for `{id}`.", listed(some)),
    }
}

fn between(world: &World, a: &str, b: &str) -> String {
    let yes = |x: &str, y: &str| format!("`{x}` waits for `{y}`.");
    match (world.comes_after(a, b), world.comes_after(b, a)) {
        (true, _) => yes(a, b),
        (_, true) => yes(b, a),
        _ => format!("Neither of `{a}` and `{b}` waits for the other."),
    }
}

/// How a step or gate stands, what holds it, and what would free it.
fn holds(world: &World, id: &str) -> String {
    let Some(why) = why(world.sequence(), world.state(), id) else { return format!("`{id}` is unknown.") };
    let reason = why.reason.as_deref().map(|r| format!(": {r}")).unwrap_or_default();
    let mut text = format!("`{id}` is {}{reason}.", why.status);
    let held: Vec<String> = why
        .holds
        .iter()
        .filter_map(|hold| match hold {
            Hold::Dependency { id, status, .. } => Some(format!("step `{id}`, which is {status}")),
            Hold::Gate { id, status, .. } => Some(format!("gate `{id}`, which is {status}")),
            _ => None,
        })
        .collect();
    if !held.is_empty() {
        text += &format!(" It is held by {}.", held.join(" and "));
    }
    for root in &why.roots {
        text += &format!("\n{}", root.cause);
        if let Some(free) = &root.free {
            text += &format!(" (to free it: {free})");
        }
    }
    text
}

/// The words of questions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FILLER.iter().copied()
}

/// Whether the words ask what is so: words that begin a question, in the order of one.
pub(super) fn is_question(tokens: &[Token], marked: bool) -> bool {
    // A step may be called like a word that asks: "describe should use codex".
    if tokens.first().is_some_and(|t| t.known) && super::clause::states(tokens) {
        return false;
    }
    let all = words(tokens);
    // "show its name as 'Print it'".
    let named = matches!(all.first(), Some(&"show" | &"display" | &"list"))
        && tokens.last().is_some_and(|t| t.quoted)
        && all.contains(&"as");
    if named {
        return false;
    }
    match all.first().copied().unwrap_or_default() {
        "what" | "why" | "which" | "who" | "where" | "when" | "show" | "list" | "status" | "explain"
        | "describe" | "is" | "are" | "did" | "does" | "was" | "were" | "anything" | "help" | "display" => {
            true
        }
        "how" => !matches!(all.get(1), Some(&"about")),
        "tell" => all.get(1) == Some(&"me"),
        "has" | "any" | "print" => true,
        "deps" | "dependencies" | "dependents" => marked && tokens.iter().any(|t| t.known),
        "do" => marked,
        "can" => marked && tokens.get(1).is_some_and(|t| t.known) && can_it(&all[2..]),
        "state" | "health" => all.get(1) == Some(&"of"),
        "tail" | "cat" => {
            tokens.iter().any(|t| t.known) && all.iter().any(|w| matches!(*w, "log" | "logs" | "output"))
        }
        // "build status"
        _ if !tokens.is_empty() && tokens[0].known => matches!(all[1..], ["status" | "state"]),
        "for" | "on" | "until" | "with" | "by" => {
            matches!(all.get(1), Some(&"what" | &"which" | &"who" | &"whom"))
        }
        // "failed?", "gates?"
        _ if marked && all.len() <= 2 && !tokens[0].known => all.iter().all(|w| FILLER.contains(w)),
        _ => false,
    }
}

/// "can build run yet?" asks; "can build wait for test?" is a request.
fn can_it(rest: &[&str]) -> bool {
    !rest.is_empty()
        && rest.iter().all(|w| matches!(*w, "run" | "start" | "go" | "begin" | "now" | "yet" | "already"))
}
