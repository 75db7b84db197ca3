//! What is said in one breath: lists and sentences without their marks, a question word that comes last.

use super::lexicon::verb;
use super::options::model;
use super::token::{Token, words};
use super::world::World;

/// Puts the marks where they belong.
pub(super) fn marked(world: &World, tokens: &mut Vec<Token>) {
    is_so(tokens);
    timed(tokens);
    listed(tokens);
    then_it(tokens);
    why_last(tokens);
    not_by(world, tokens);
    on_behalf(world, tokens);
}

/// "lint's broken" is "lint is broken".
fn is_so(tokens: &mut [Token]) {
    const SO: &[&str] = &[
        "fine", "good", "great", "ok", "okay", "done", "broken", "stuck", "slow", "flaky", "ready", "wrong",
        "red", "useless", "failing", "hanging", "too",
    ];
    for at in 1..tokens.len().saturating_sub(1) {
        let so =
            SO.contains(&tokens[at + 1].word.as_str()) && !tokens[at + 1].known && !tokens[at + 1].quoted;
        if tokens[at].word == "'s" && tokens[at - 1].known && so {
            tokens[at] = Token::new("is");
        }
    }
}

/// "build 10min test 5min" is a list, said without its commas.
fn timed(tokens: &mut Vec<Token>) {
    let known: Vec<usize> = (0..tokens.len()).filter(|at| tokens[*at].known).collect();
    let end = tokens.iter().position(Token::ends).unwrap_or(tokens.len());
    let told = |(i, at): (usize, &usize)| {
        let to = known.get(i + 1).copied().unwrap_or(end);
        let all = words(&tokens[at + 1..to.max(at + 1)]);
        super::number::span(&all).is_some() || super::number::times(&all).is_some_and(|(_, n)| n == all.len())
    };
    if known.first() == Some(&0) && known.len() > 1 && known.iter().enumerate().all(told) {
        known[1..].iter().rev().for_each(|at| tokens.insert(*at, Token::new(",")));
    }
}

/// "lint test and docs" is "lint, test and docs".
fn listed(tokens: &mut Vec<Token>) {
    let plain = |at: usize, word: &str| tokens[at].word == word && !tokens[at].known && !tokens[at].quoted;
    let known = |at: usize| tokens.get(at).is_some_and(|t| t.known && !t.quoted);
    let beside = |at: &usize| known(at - 1) && known(*at) && tokens[at - 1].word != tokens[*at].word;
    let ends = |from: usize| {
        let and = (from..tokens.len()).find(|at| !known(*at));
        and.is_some_and(|at| plain(at, "and") && known(at + 1))
    };
    let marks: Vec<usize> = (1..tokens.len()).filter(beside).filter(|at| ends(*at)).collect();
    marks.into_iter().rev().for_each(|at| tokens.insert(at, Token::new(",")));
}

/// "build is stuck restart it" is "build is stuck, restart it".
fn then_it(tokens: &mut Vec<Token>) {
    const STANDS: &[&str] = &[
        "is", "are", "was", "has", "hangs", "failed", "crashed", "died", "broke", "takes", "looks", "keeps",
        "fails",
    ];
    const BINDS: &[&str] = &[
        "if", "when", "unless", "until", "once", "or", "while", "before", "after", "because", "so", "that",
        "who", "what", "which", "why", "how", "should", "must", "can", "could", "will", "would", "to", "not",
        "never", "may",
    ];
    let bound = |t: &Token| !t.known && BINDS.contains(&t.word.as_str());
    let mut at = 2;
    while at + 1 < tokens.len() {
        let from = tokens[..at].iter().rposition(Token::is_mark).map_or(0, |i| i + 1);
        let told = &tokens[from..at];
        let stands = told.iter().any(|t| !t.known && STANDS.contains(&t.word.as_str()));
        let subject = told.iter().take(2).any(|t| t.known);
        let it = matches!(tokens[at + 1].word.as_str(), "it" | "them") && !tokens[at].known;
        let asks = it && verb(&[tokens[at].word.as_str()]).is_some();
        let joined = matches!(told.last().map(|t| t.word.as_str()), Some("and" | "then" | "please" | "but"));
        if asks && stands && subject && told.len() > 1 && !joined && !told.iter().any(bound) {
            tokens.insert(at, Token::new(","));
            at += 1;
        }
        at += 1;
    }
}

/// "deploy is blocked why" is "why is deploy blocked".
fn why_last(tokens: &mut Vec<Token>) {
    let end = tokens.iter().rposition(|t| !t.ends()).map_or(0, |at| at + 1);
    let all = words(&tokens[..end]);
    let [told @ .., "why"] = all.as_slice() else { return };
    let told = told.strip_suffix(&[","]).unwrap_or(told);
    let is = told.iter().position(|w| matches!(*w, "is" | "are" | "was" | "did" | "has"));
    let Some(is) = is.filter(|is| tokens[..*is].iter().any(|t| t.known) && is + 1 < told.len()) else {
        return;
    };
    if told.iter().any(|w| matches!(*w, "," | "." | ";" | "and" | "tell" | "say")) {
        return;
    }
    let told = tokens[..told.len()].to_vec();
    let turned = [&[Token::new("why"), told[is].clone()], &told[..is], &told[is + 1..]].concat();
    tokens.splice(..end, turned);
}

/// "have gemini write it instead of claude": who did it before adds nothing.
fn not_by(world: &World, tokens: &mut Vec<Token>) {
    let who = |t: &Token| model(world, std::slice::from_ref(t));
    let mut at = 1;
    while at + 2 < tokens.len() {
        let turns = matches!(words(&tokens[at..at + 2]).as_slice(), ["instead", "of"] | ["rather", "than"]);
        let old = who(&tokens[at + 2]).filter(|_| turns);
        let closed = tokens.get(at + 3).is_none_or(Token::ends);
        let begun = tokens[..at].iter().rposition(Token::ends).map_or(0, |i| i + 1);
        let new = tokens[begun..at].iter().filter_map(who).collect::<Vec<_>>();
        if let ([new], Some(old)) = (new.as_slice(), old)
            && *new != old
            && closed
        {
            tokens.drain(at..at + 3);
            return;
        }
        at += 1;
    }
}

/// "the privacy guy said yes" is what the gate gets.
fn on_behalf(world: &World, tokens: &mut Vec<Token>) {
    const PEOPLE: &[&str] = &["guy", "guys", "folks", "people", "person", "man", "woman", "lady"];
    let gate = |t: &Token| t.known && world.sequence().gate(&t.word).is_some();
    let decides = |t: &Token| matches!(t.word.as_str(), "said" | "says" | "say");
    let mut at = 1;
    while at + 1 < tokens.len() {
        let who = PEOPLE.contains(&tokens[at].word.as_str()) && !tokens[at].known;
        if who && gate(&tokens[at - 1]) && decides(&tokens[at + 1]) {
            tokens.remove(at);
        }
        at += 1;
    }
}
