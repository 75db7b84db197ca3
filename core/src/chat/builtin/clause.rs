//! From tokens to clauses: one request, statement or question each.

use super::carry::left_out;
use super::lexicon::{NEGATIONS, POLITE, POLITE_END, PREPS, Prep, Verb, begins, verb};
use super::saying::SAYINGS;
use super::token::{Token, words};

pub(super) use super::parts::{Part, Parts, parts};

/// One request or question.
#[derive(Debug, Clone)]
pub(super) struct Clause {
    /// Its words, politeness left out.
    pub tokens: Vec<Token>,
    /// It was asked with a question mark.
    pub question: bool,
}

/// How many words at the beginning are only polite.
pub(super) fn lead(tokens: &[Token]) -> usize {
    let all = words(tokens);
    let mut at = 0;
    while at < tokens.len() {
        let used = if all[at] == "," || all[at] == ":" {
            Some(1)
        } else {
            POLITE.iter().filter_map(|phrase| begins(&all[at..], phrase)).max()
        };
        match used.filter(|n| !tokens[at..at + n].iter().any(|t| t.known) || is_aside(&tokens[at + n..])) {
            Some(n) => at += n,
            None => break,
        }
    }
    at
}

/// Whether a word before these, which a step is called as well, can only be polite: "good, restart test" and "ok approve
/// it", but not "good is stuck".
fn is_aside(rest: &[Token]) -> bool {
    let Some(first) = rest.first() else { return true };
    if first.is_mark() {
        return first.word != "'s" && rest.get(1).is_none_or(|t| !t.known);
    }
    !first.known && verb(&words(rest)).is_some() || lead(rest) > 0
}

/// The clauses of a text.
pub(super) fn clauses(tokens: &[Token]) -> Vec<Clause> {
    let mut found = Vec::new();
    for sentence in tokens.split_inclusive(Token::ends) {
        let question = sentence.last().is_some_and(|t| t.word == "?");
        let body =
            if sentence.last().is_some_and(Token::ends) { &sentence[..sentence.len() - 1] } else { sentence };
        for clause in cut(body) {
            let tokens = polished(&clause);
            if !tokens.is_empty() {
                found.push(Clause { tokens, question });
            }
        }
    }
    found
}

/// Cuts a sentence where a connecting word is followed by a new request.
fn cut(body: &[Token]) -> Vec<Vec<Token>> {
    let mut out: Vec<Vec<Token>> = Vec::new();
    let mut start = 0;
    // The verb of the request before, where the next one leaves it out.
    let mut carried: Vec<Token> = Vec::new();
    let asks = body.get(lead(body)).is_some_and(|t| is_question_word(&t.word) && !t.known);
    for at in 1..body.len() {
        let connects = !body[at].quoted
            && !body[at].known
            && matches!(
                body[at].word.as_str(),
                "," | "and"
                    | "then"
                    | "plus"
                    | "also"
                    | "afterwards"
                    | "finally"
                    | "next"
                    | "but"
                    | "while"
                    | "when"
                    | "if"
                    | "once"
            );
        if body[at].word == "," && connects && at >= start && is_remark(&body[start..at], &body[at + 1..]) {
            out.push([&carried, &body[start..at]].concat());
            return out;
        }
        if connects
            && at >= start
            && !is_polite(&body[start..=at])
            && is_whole(&body[start..at])
            && (begins_clause(&body[at + 1..]) || asks && asks_more(&body[at + 1..]))
        {
            out.push([&carried, &body[start..at]].concat());
            carried.clear();
            // What turns the request into another one stays with it.
            start =
                if matches!(body[at].word.as_str(), "while" | "when" | "if" | "once") { at } else { at + 1 };
        } else if connects && at >= start {
            let part = [&carried, &body[start..at]].concat();
            if let Some(left_out) = left_out(&part, &body[at + 1..]) {
                out.push(part);
                (carried, start) = (left_out, at + 1);
            }
        }
    }
    out.push([&carried, &body[start..]].concat());
    out
}

/// Whether what follows a request only tells why: "remove docs, it is out of date". Nothing known, no condition, and
/// nothing that could turn the request around stands in it.
fn is_remark(part: &[Token], rest: &[Token]) -> bool {
    const TELLS: &[&str] = &["it is", "it was", "they are", "it takes", "it keeps", "nobody"];
    const TURNS: &[&str] = &["if", "when", "unless", "until", "once", "or", "and", "then", "please", "it"];
    let (all, request) = (words(rest), words(&part[lead(part).min(part.len())..]));
    let about = verb(&request).is_some_and(|(verb, n)| {
        matches!(verb, Verb::Remove | Verb::Stop | Verb::Restart) && n < request.len()
    });
    let Some(n) = TELLS.iter().find_map(|tells| begins(&all, tells)) else { return false };
    let plain = |t: &Token| {
        let word = t.word.as_str();
        !(t.known || t.quoted || t.is_mark() || TURNS.contains(&word) || NEGATIONS.contains(&word))
            && verb(&[word]).is_none()
    };
    about
        && (n + 1..n + 7).contains(&rest.len())
        && rest[n..].iter().all(|t| plain(t) || t.word == "it" && n == 1)
}

/// Whether nothing but politeness was said so far: "looks good to me, go ahead and".
fn is_polite(part: &[Token]) -> bool {
    lead(part) == part.len()
}

/// Whether a request or statement is complete so far: a list of names alone, or a place alone, goes on.
fn is_whole(part: &[Token]) -> bool {
    let part = &part[lead(part)..];
    let all = words(part);
    let Some(first) = part.first() else { return false };
    verb(&all).is_some() && !first.known
        || is_question_word(&first.word)
        || states(part)
        || matches!(first.word.as_str(), "i" | "we" | "there" | "do" | "never")
        || begins(&all, "no need").is_some()
}

fn begins_clause(rest: &[Token]) -> bool {
    let rest = &rest[lead(rest)..];
    let all = words(rest);
    let all = all.as_slice();
    let Some(first) = rest.first() else { return false };
    if first.quoted {
        return false;
    }
    if matches!(first.word.as_str(), "do" | "never") && all.get(1).is_none_or(|w| *w == "not") {
        return true;
    }
    if is_question_word(&first.word) && !first.known {
        return !matches!(first.word.as_str(), "what" | "whatever") || all.contains(&"is");
    }
    let next = rest.get(verb(all).map_or(1, |(_, n)| n));
    let ends = next.is_none_or(|t| t.is_mark() || t.word == "and");
    // A step may be called like a verb: "let sound and cut run in parallel".
    let says = || SAYINGS.iter().any(|(p, _)| all.len() > 1 && begins(&all[1..], p).is_some());
    if first.known && says() {
        return states(rest);
    }
    if let Some((verb, _)) = verb(all) {
        let alone = matches!(verb, Verb::Undo | Verb::Redo | Verb::Restart | Verb::Retry)
            || all == ["run"]
            || all == ["go"];
        let named = first.known
            && (ends || PREPS.iter().any(|(p, _)| next.is_some_and(|t| begins(&[&t.word], p).is_some())));
        return !named && (!ends || alone) && !is_naming(all);
    }
    states(rest) || fronted(rest).is_some()
}

/// "is a done and what comes after it": behind a question this is another.
fn asks_more(rest: &[Token]) -> bool {
    let rest = &rest[lead(rest)..];
    rest.len() > 1 && rest[0].word == "what" && !rest[0].known
}

/// "and call it x", "and merge step x" belong to what is called so.
fn is_naming(all: &[&str]) -> bool {
    matches!(all, ["call" | "name", "it" | "them", ..] | ["merge", "step", ..])
}

/// Whether a question begins so.
pub(super) fn is_question_word(word: &str) -> bool {
    matches!(
        word,
        "what"
            | "why"
            | "which"
            | "how"
            | "who"
            | "when"
            | "where"
            | "show"
            | "list"
            | "status"
            | "tell"
            | "explain"
            | "describe"
            | "is"
            | "are"
            | "does"
            | "did"
            | "was"
            | "were"
            | "has"
            | "any"
            | "anything"
            | "print"
            | "display"
            | "help"
    )
}

/// Whether something known is said to do or be something: `deploy should wait for test`.
pub(super) fn states(rest: &[Token]) -> bool {
    let at = rest.iter().position(|t| t.known || matches!(t.word.as_str(), "it" | "they"));
    let Some(at) = at.filter(|at| *at <= 2) else { return false };
    let after =
        rest.get(at + 1).filter(|t| matches!(t.word.as_str(), "step" | "gate")).map_or(at + 1, |_| at + 2);
    rest.get(after).is_some_and(|t| {
        matches!(
            t.word.as_str(),
            "should"
                | "must"
                | "shall"
                | "needs"
                | "depends"
                | "waits"
                | "has"
                | "comes"
                | "goes"
                | "can"
                | "may"
                | "failed"
                | "died"
                | "crashed"
                | "broke"
                | "hangs"
                | "timed"
                | "follows"
                | "precedes"
                | "does"
                | "will"
                | "ought"
                | "requires"
                | "gets"
                | "uses"
                | "looks"
                | "look"
                | "said"
                | "says"
                | "takes"
        ) || t.word == "is" && rest.get(after + 1).is_some_and(|t| is_praise(&t.word) || is_past(&t.word))
    })
}

/// How somebody finds something.
fn is_praise(word: &str) -> bool {
    matches!(
        word,
        "fine"
            | "good"
            | "great"
            | "ok"
            | "okay"
            | "flaky"
            | "slow"
            | "stuck"
            | "broken"
            | "wrong"
            | "dead"
            | "down"
            | "green"
            | "red"
            | "hanging"
            | "failing"
            | "fixed"
            | "taking"
    )
}

/// What is said of something that nobody needs: "is no longer needed".
fn is_past(word: &str) -> bool {
    matches!(word, "no" | "obsolete" | "useless" | "superfluous" | "unneeded")
}

/// A part that stands first: where the request begins after it.
fn fronted(tokens: &[Token]) -> Option<usize> {
    let all = words(tokens);
    let prep = PREPS.iter().find(|(p, _)| begins(&all, p).is_some())?.1;
    if !matches!(
        prep,
        Prep::After
            | Prep::Before
            | Prep::Between
            | Prep::For
            | Prep::In
            | Prep::Parallel
            | Prep::Series
            | Prep::On
            | Prep::With
    ) {
        return None;
    }
    let alone = matches!(prep, Prep::Parallel | Prep::Series);
    let earliest = if alone { 1 } else { 2 };
    (earliest..tokens.len()).find(|at| {
        let token = &tokens[*at];
        let first = all[*at..].first().is_some_and(|w| matches!(*w, "," | "please"));
        let at = if first { at + 1 } else { *at };
        !token.quoted
            && verb(&all[at.min(all.len())..]).is_some_and(|(_, n)| at + n < all.len())
            && tokens.get(at).is_some_and(|t| !t.known)
    })
}

/// Without what is only polite; a part that stands first is put last.
fn polished(clause: &[Token]) -> Vec<Token> {
    let clause = &clause[lead(clause)..];
    // "a step called please" has that name.
    let idle = |at: usize| {
        matches!(clause[at].word.as_str(), "please" | "kindly" | "pls" | "plz")
            && !clause[at].known
            && !(at > 0 && matches!(clause[at - 1].word.as_str(), "called" | "named"))
    };
    let mut tokens: Vec<Token> =
        (0..clause.len()).filter(|at| !idle(*at)).map(|at| clause[at].clone()).collect();
    if verb(&words(&tokens)).is_none()
        && let Some(at) = fronted(&tokens)
    {
        let rest = tokens.split_off(at);
        let skip = lead(&rest);
        let mut moved: Vec<Token> = rest[skip..].to_vec();
        moved.append(&mut tokens);
        tokens = moved;
    }
    loop {
        let all = words(&tokens);
        let end = POLITE_END.iter().filter(|p| all.len() > p.split(' ').count()).find(|p| {
            let n = p.split(' ').count();
            begins(&all[all.len() - n..], p).is_some()
        });
        match end {
            Some(phrase) if tokens.last().is_some_and(|t| !t.known && !t.quoted) => {
                tokens.truncate(all.len() - phrase.split(' ').count());
            }
            _ if tokens.last().is_some_and(|t| t.word == "," || t.word == ":") => drop(tokens.pop()),
            _ => return tokens,
        }
    }
}
