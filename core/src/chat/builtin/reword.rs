//! Turns of speech put into the words the grammar has: `take x out` is `remove x`, `give x another try` is `restart x`.

use super::lexicon::{PREPS, Prep, Verb, begins};
use super::saying::{is_decided, is_over};
use super::token::{Token, words};
use super::world::World;

/// What begins a request for something new without a verb of the grammar.
const WANTED: &[&str] =
    &["i want", "i need", "we want", "we need", "there should be", "new step", "new task", "new steps"];

/// A sentence with its turns of speech put plainly. Nothing is left out that could turn it into another one.
pub(super) fn reword(mut tokens: Vec<Token>) -> Vec<Token> {
    assigned(&mut tokens);
    any_more(&mut tokens);
    after_that(&mut tokens);
    so_that(&mut tokens);
    once_done(&mut tokens);
    also(&mut tokens);
    listed_options(&mut tokens);
    super::turn::turned(&mut tokens);
    let mut at = 0;
    while at < tokens.len() {
        if begins_request(&tokens, at) {
            let end = (at + 1..tokens.len()).find(|i| ends_request(&tokens[*i])).unwrap_or(tokens.len());
            if let Some(plain) = plainly(&tokens[at..end]) {
                tokens.splice(at..end, plain);
            }
        }
        at += 1;
    }
    tokens
}

fn begins_request(tokens: &[Token], at: usize) -> bool {
    const BEFORE: &[&str] =
        &["and", "then", "please", "also", "now", "just", "you", "to", "finally", "but", "me", "us"];
    let before = at.checked_sub(1).map(|i| &tokens[i]);
    !tokens[at].known
        && !tokens[at].quoted
        && before.is_none_or(|t| t.is_mark() || BEFORE.contains(&t.word.as_str()) && !t.known)
}

fn ends_request(token: &Token) -> bool {
    !token.known && !token.quoted && (token.is_mark() && token.word != "'s" || token.word == "then")
}

/// One request, put plainly.
fn plainly(tokens: &[Token]) -> Option<Vec<Token>> {
    let all = words(tokens);
    let to = |verb: &str, whom: &[Token]| Some([&[Token::new(verb)], whom].concat());
    match all.as_slice() {
        ["kick" | "start" | "fire" | "spin", middle @ .., "off" | "up"] if !middle.is_empty() => {
            to("run", &tokens[1..=middle.len()])
        }
        ["take" | "throw" | "kick" | "pull" | "leave" | "move", ..] => {
            let out = (2..tokens.len().min(8)).find(|i| {
                matches!(all[*i], "out" | "away") && !tokens[*i].known && tokens[*i - 1].word != "of"
            })?;
            let rest = &all[out + 1..];
            let whole = matches!(
                rest,
                [] | [
                    "of",
                    "the" | "this" | "my" | "our",
                    "pipeline" | "sequence" | "workflow" | "plan" | "flow" | "graph" | "dag"
                ]
            );
            (whole && all[0] != "move").then(|| to("remove", &tokens[1..out])).flatten()
        }
        ["watch" | "monitor" | "supervise" | "guard", ..] => {
            let with = all.iter().position(|w| *w == "with").filter(|at| *at > 1)?;
            let noun = matches!(all[with + 1..], ["a" | "the", "watchdog", ..]);
            let rest = &tokens[with + if noun { 3 } else { 1 }..];
            let first = rest.first()?;
            let that = if first.quoted || super::options::is_common(&first.word) {
                &["that", "runs"][..]
            } else {
                &[]
            };
            let that: Vec<Token> = that.iter().map(|word| Token::new(word)).collect();
            let begin = ["add", "a", "watchdog", "for"].map(Token::new);
            Some([&begin[..], &tokens[1..with], &that, rest].concat())
        }
        ["have" | "let", n, "workers" | "agents" | "copies", "do" | "run" | "work", ..]
            if super::number::number(n).is_some_and(|n| n > 1) =>
        {
            let whom = &tokens[if all.get(4) == Some(&"on") { 5 } else { 4 }..];
            let into = [Token::new("into"), tokens[1].clone()];
            (!whom.is_empty()).then(|| [&[Token::new("split")][..], whom, &into].concat())
        }
        ["start" | "do", middle @ .., "over"] if !middle.is_empty() => {
            to("restart", &tokens[1..=middle.len()])
        }
        ["give", middle @ .., "another", "try" | "go" | "shot" | "run" | "chance" | "spin"] => {
            to("restart", &tokens[1..=middle.len()])
        }
        ["turn", "down", whom @ ..] if super::turn::is_whom(whom, &tokens[2..]) => to("reject", &tokens[2..]),
        ["try", middle @ .., "again" | "anew"] | ["try", middle @ .., "once", "more"]
            if !middle.is_empty() =>
        {
            to("restart", &tokens[1..=middle.len()])
        }
        ["fan", middle @ .., "out", "to" | "into" | "over" | "in", _]
        | ["fan", middle @ .., "out", "to" | "into" | "over" | "in", _, "workers" | "copies" | "agents"]
            if !middle.is_empty() =>
        {
            let (whom, rest) = (&tokens[1..=middle.len()], &tokens[middle.len() + 2..]);
            let rest = [&[Token::new("into")], &rest[1..]].concat();
            Some([&[Token::new("split")], whom, &rest].concat())
        }
        ["let", middle @ .., "go", "through" | "ahead"] | ["let", middle @ .., "through" | "pass"] => {
            to("approve", &tokens[1..=middle.len()])
        }
        ["give", middle @ .., "the", "go-ahead" | "ok" | "okay" | "nod"]
        | ["give", middle @ .., "the", "green", "light"]
        | ["give", middle @ .., "a" | "my", "go" | "ok" | "okay" | "approval" | "go-ahead"]
            if !middle.is_empty() =>
        {
            to("approve", &tokens[1..=middle.len()])
        }
        ["give", "the" | "my", "go-ahead" | "ok" | "okay" | "approval", "to" | "for", ..] => {
            to("approve", &tokens[4..])
        }
        ["give", "the", "green", "light", "to" | "for", ..] => to("approve", &tokens[5..]),
        ["put", middle @ .., "back", "to", "ready"] | ["set", middle @ .., "back"] if !middle.is_empty() => {
            to("reset", &tokens[1..=middle.len()])
        }
        _ => None,
    }
}

/// "should also wait" is "should wait": it begins no request of its own.
fn also(tokens: &mut Vec<Token>) {
    const MODAL: &[&str] = &["should", "must", "shall", "may", "can", "will", "to"];
    let mut at = 1;
    while at < tokens.len() {
        let after_modal = !tokens[at - 1].known && MODAL.contains(&tokens[at - 1].word.as_str());
        const WAITS: &[&str] = &["wait", "waits", "depend", "depends"];
        let after_wait = WAITS.contains(&tokens[at - 1].word.as_str())
            && tokens.get(at + 1).is_some_and(|t| matches!(t.word.as_str(), "for" | "on"));
        let idle = !tokens[at].known && matches!(tokens[at].word.as_str(), "also" | "then");
        let after_us = matches!(tokens[at - 1].word.as_str(), "i" | "we")
            && tokens.get(at + 1).is_some_and(|t| matches!(t.word.as_str(), "need" | "want"));
        if idle && (after_modal || after_wait || after_us) {
            tokens.remove(at);
        } else {
            at += 1;
        }
    }
}

/// "add lint after build, timeout 3m, 2 retries" is "add lint after build with timeout 3m with 2 retries".
fn listed_options(tokens: &mut [Token]) {
    const FIELDS: &[&str] = &["timeout", "retries", "retry", "model"];
    const COUNTED: &[&str] = &["retries", "retry", "attempts", "workers"];
    for at in 1..tokens.len() {
        let begun = tokens[..at].iter().rposition(Token::ends).map_or(0, |i| i + 1);
        if tokens[at].quoted || tokens[at].known || !adds(&tokens[begun..at]) {
            continue;
        }
        let named = tokens[begun..at].iter().any(|t| t.word == "called" || t.word == "named");
        let rest = &tokens[at + 1..];
        let plain = |i: usize| rest.get(i).filter(|t| !t.known && !t.quoted).map(|t| t.word.as_str());
        let joins = matches!(tokens[at].word.as_str(), "," | "and");
        let counted = plain(1).is_some_and(|w| COUNTED.contains(&w))
            && plain(0).is_some_and(|w| super::number::number(w).is_some());
        let program = plain(0).is_some_and(super::options::is_common)
            && super::lexicon::verb(&words(rest)).is_none()
            && super::clause::lead(rest) == 0
            && tokens[at - 1].known;
        if tokens[at].word == "," && (counted || program || plain(0).is_some_and(|w| FIELDS.contains(&w))) {
            tokens[at] = Token::new("with");
        } else if joins && matches!(plain(0), Some("uses" | "using")) {
            tokens[at] = Token::new("with");
            // The mark of a list that has begun, which adds nothing.
            tokens[at + 1].word = "the".to_owned();
        } else if joins && matches!(plain(0), Some("runs" | "run")) && rest.get(1).is_some_and(|t| t.quoted) {
            tokens[at] = Token::new("that");
            tokens[at + 1].word = "runs".to_owned();
        } else if joins && matches!(plain(0), Some("depends" | "waits")) {
            // "new step: docs, depends on build".
            tokens[at] = Token::new("that");
        } else if tokens[at].word == ":" && tokens[at - 1].known && !named && !rest.iter().any(|t| t.known) {
            // "two steps after build: lint and docs", "a step notify after build: git push".
            tokens[at] = Token::new(if names_new(&tokens[begun..at]) { "with" } else { "called" });
        }
    }
}

/// Whether the request says how what is new is called, before it says where it goes: "add a step docs after".
fn names_new(tokens: &[Token]) -> bool {
    const PLAIN: &[&str] =
        &["a", "an", "the", "new", "another", "step", "steps", "task", "tasks", "more", "following"];
    let all = words(tokens);
    let from = super::clause::lead(tokens);
    let wanted = WANTED.iter().find_map(|phrase| begins(&all[from..], phrase));
    let from = from + wanted.or(super::lexicon::verb(&all[from..]).map(|(_, n)| n)).unwrap_or(0);
    let place = (from..all.len()).find(|at| PREPS.iter().any(|(p, _)| begins(&all[*at..], p).is_some()));
    tokens[from..place.unwrap_or(all.len())]
        .iter()
        .any(|t| !PLAIN.contains(&t.word.as_str()) && super::number::number(&t.word).is_none())
}

/// Whether a request for something new begins so.
fn adds(tokens: &[Token]) -> bool {
    let all = words(tokens);
    let all = &all[super::clause::lead(tokens)..];
    super::lexicon::verb(all).is_some_and(|(verb, _)| matches!(verb, Verb::Add | Verb::Insert))
        || WANTED.iter().any(|phrase| begins(all, phrase).is_some())
        || counted_steps(all)
}

/// `two new steps …` without a verb.
pub(super) fn counted_steps(all: &[&str]) -> bool {
    let noun = |word: Option<&&str>| matches!(word, Some(&"steps" | &"tasks" | &"jobs"));
    let more = usize::from(matches!(all.get(1), Some(&"new" | &"more" | &"further")));
    more == 1 && all.first().and_then(|n| super::number::number(n)).is_some_and(|n| n > 1) && noun(all.get(2))
}

/// "build retries=3" is "build retries = 3".
fn assigned(tokens: &mut Vec<Token>) {
    for at in (1..tokens.len()).rev() {
        let pair = (!tokens[at].quoted && tokens[at - 1].known).then(|| tokens[at].text.split_once('='));
        let Some((left, right)) = pair.flatten() else { continue };
        let plain = left == left.to_lowercase() && !right.is_empty();
        if plain && super::field::field(&[Token::new(left)]).is_some() {
            let three = [left, "=", right].map(Token::new);
            tokens.splice(at..=at, three);
        }
    }
}

/// "run a and after that b" is "run a then b".
fn after_that(tokens: &mut Vec<Token>) {
    let mut at = 1;
    while at + 2 < tokens.len() {
        let said = matches!(words(&tokens[at..at + 2]).as_slice(), ["after", "that" | "this"]);
        let joins = tokens[at - 1].word == "and" || tokens[at - 1].word == ",";
        let article = usize::from(tokens[at + 2].word == "the");
        let whom = tokens.get(at + 2 + article).is_some_and(|t| t.known);
        let ends = tokens.get(at + 3 + article).is_none_or(|t| t.is_mark() || t.word == "and");
        if said && joins && whom && ends && !tokens[at].known {
            tokens.splice(at - 1..at + 2, [Token::new("then")]);
        }
        at += 1;
    }
}

/// "any more" and "any longer" at the end are one word.
fn any_more(tokens: &mut Vec<Token>) {
    let mut at = 0;
    while at + 1 < tokens.len() {
        let both = tokens[at].word == "any" && matches!(tokens[at + 1].word.as_str(), "more" | "longer");
        if both && tokens.get(at + 2).is_none_or(|t| t.is_mark() || t.word == "and") {
            tokens.splice(at..at + 2, [Token::new("anymore")]);
        }
        at += 1;
    }
}

/// "so that they run in parallel" is "in parallel".
fn so_that(tokens: &mut Vec<Token>) {
    const FILLER: &[&str] = &[
        "so", "that", "they", "both", "all", "these", "it", "can", "will", "should", "run", "are", "is",
        "go", "execute", "happen", "start", "finish", "running", "executed",
    ];
    let mut at = 0;
    while at < tokens.len() {
        let plain = |t: &Token| !t.known && !t.quoted && FILLER.contains(&t.word.as_str());
        if tokens[at].word == "so" && at > 0 && plain(&tokens[at]) {
            let n = tokens[at..].iter().take_while(|t| plain(t)).count();
            let all = words(&tokens[at + n..]);
            let order = PREPS.iter().find(|(p, _)| begins(&all, p).is_some()).map(|(_, prep)| *prep);
            if n > 1 && matches!(order, Some(Prep::Parallel | Prep::Series)) {
                tokens.drain(at..at + n);
            }
        }
        at += 1;
    }
}

/// Turns of speech that every reader is to have put plainly.
pub(super) fn plain(world: &World, tokens: &mut Vec<Token>) {
    from_to(world, tokens);
    human_check(tokens);
    super::wanting::had(tokens);
    super::wanting::until_yes(tokens);
    wished(tokens);
    super::wanting::shown(tokens);
    super::wanting::minded(tokens);
    super::wanting::given(tokens);
    super::wanting::no_more(tokens);
    super::breath::marked(world, tokens);
}

/// "a human check before deploy" is a gate there.
fn human_check(tokens: &mut [Token]) {
    for at in 1..tokens.len() {
        let mine = matches!(tokens[at - 1].word.as_str(), "my" | "our") && !tokens[at - 1].known;
        if mine
            && !tokens[at].known
            && matches!(tokens[at].word.as_str(), "ok" | "okay" | "go-ahead" | "blessing")
        {
            tokens[at] = Token::new("approval");
        }
    }
    for at in 1..tokens.len().saturating_sub(2) {
        let who = matches!(tokens[at - 1].word.as_str(), "human" | "manual");
        let what = matches!(tokens[at].word.as_str(), "check" | "ok" | "okay" | "confirmation" | "decision");
        let place = matches!(
            tokens[at + 1].word.as_str(),
            "before" | "after" | "between" | "right" | "called" | "named"
        );
        if who && what && place && !tokens[at].known && !tokens[at - 1].known {
            tokens[at] = Token::new("gate");
        }
    }
}

/// "draft: gemini -> codex" is "draft: codex".
fn from_to(world: &World, tokens: &mut Vec<Token>) {
    let model = |t: &Token| !t.known && super::options::model(world, std::slice::from_ref(t)).is_some();
    let turns = |w: &[Token]| w[1].word == "->" && model(&w[0]) && model(&w[2]);
    if let Some(at) = tokens.windows(3).position(turns) {
        tokens.drain(at..at + 2);
    }
}

/// "i would like that the docs are reviewed" is "i would like that the docs should be reviewed"; "make a waiting for b" is
/// "make a wait for b".
fn wished(tokens: &mut Vec<Token>) {
    for at in 2..tokens.len() {
        let begun = tokens[..at].iter().rposition(Token::ends).map_or(0, |i| i + 1);
        let before = words(&tokens[begun..at]);
        let wish =
            before.windows(2).any(|w| matches!(w, ["want" | "wish" | "like" | "need" | "prefer", "that"]));
        let makes = before.iter().any(|w| matches!(*w, "make" | "let" | "have"));
        let is =
            matches!(tokens[at].word.as_str(), "is" | "are") && !tokens[at].known && tokens[at - 1].known;
        const HAS: &[&str] = &["tries", "retries", "uses", "gets", "has", "takes", "works"];
        if wish
            && before.last() != Some(&"that")
            && tokens[at - 1].known
            && HAS.contains(&tokens[at].word.as_str())
        {
            let that = before.iter().position(|w| *w == "that").map_or(begun, |n| begun + n + 1);
            tokens.drain(begun..that);
            return;
        }
        let tells =
            before.iter().any(|w| matches!(*w, "waits" | "wait" | "depends" | "starts" | "runs" | "needs"));
        if wish && is && !tells {
            let that =
                tokens[begun..at].iter().position(|t| t.word == "that").map_or(begun, |n| begun + n + 1);
            tokens.splice(at..=at, ["should", "be"].map(Token::new));
            tokens.drain(begun..that);
            return;
        }
        let waiting = matches!(words(&tokens[at..]).as_slice(), ["waiting", "for" | "on", ..]);
        if makes && waiting && tokens[at - 1].known {
            tokens[at] = Token::new("wait");
        }
    }
}

/// "deploy should start once test is done" is "deploy should start after test". Of a request to run it is a condition,
/// which nobody waits for, and stays.
fn once_done(tokens: &mut Vec<Token>) {
    const SETS_UP: &[&str] =
        &["should", "must", "shall", "may", "can", "add", "insert", "make", "let", "have", "create"];
    let mut at = 1;
    while at < tokens.len() {
        let begun = tokens[..at].iter().rposition(Token::ends).map_or(0, |i| i + 1);
        let before = &tokens[begun..at];
        let sets_up = before.iter().any(|t| !t.known && SETS_UP.contains(&t.word.as_str()))
            && !before.iter().any(|t| !t.known && matches!(t.word.as_str(), "if" | "unless" | ","));
        let when = !tokens[at].known && matches!(tokens[at].word.as_str(), "once" | "when");
        if sets_up && when {
            let known = (at + 1..tokens.len().min(at + 4)).find(|i| tokens[*i].known);
            if let Some(known) = known {
                let step = usize::from(tokens.get(known + 1).is_some_and(|t| t.word == "step"));
                let from = known + 1 + step;
                let n = tokens[from..].iter().take_while(|t| is_over(t)).count();
                let closed = tokens.get(from + n).is_none_or(|t| t.is_mark() || t.word == "and");
                let decided = tokens[from..from + n].iter().any(is_decided);
                if n > 0 && closed && !decided {
                    tokens.drain(from..from + n);
                    tokens[at] = Token::new("after");
                }
            }
        }
        at += 1;
    }
}
