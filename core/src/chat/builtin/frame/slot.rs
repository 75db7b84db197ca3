//! What fills a slot of a pattern: times, counts, models, texts, command lines.

use super::super::lexicon::{PREPS, Prep, begins};
use super::super::number;
use super::super::options;
use super::super::token::{Token, text, words};
use super::super::world::World;

fn plain(tokens: &[Token]) -> usize {
    tokens.iter().take(6).take_while(|t| !t.quoted && !t.known && !t.is_mark()).count()
}

/// A time, in the longest way first.
pub(in crate::chat::builtin) fn spans(tokens: &[Token]) -> Vec<(u64, usize)> {
    let all = words(&tokens[..plain(tokens)]);
    (1..=all.len()).rev().filter_map(|n| number::span(&all[..n]).map(|ms| (ms, n))).collect()
}

/// How many.
pub(super) fn count(tokens: &[Token]) -> Option<(u64, usize)> {
    let all = words(&tokens[..plain(tokens)]);
    if all.first() == Some(&"no") {
        return Some((0, 1));
    }
    number::count(&all)
}

/// How many times.
pub(super) fn times(tokens: &[Token]) -> Option<(u64, usize)> {
    number::times(&words(&tokens[..plain(tokens)]))
}

/// An amount of money, in dollars: "five dollars", "50 cents", "2.50 usd".
pub(in crate::chat::builtin) fn dollars(tokens: &[Token]) -> Option<(String, usize)> {
    let all = words(&tokens[..plain(tokens)]);
    let (cents, used) = match all.first()?.parse::<f64>() {
        Ok(amount) if (0.0..1e12).contains(&amount) => ((amount * 100.0).round() as u64, 1),
        _ => number::count(&all).and_then(|(n, used)| Some((n.checked_mul(100)?, used)))?,
    };
    let cents = match *all.get(used)? {
        "dollars" | "dollar" | "usd" | "bucks" | "buck" => cents,
        "cents" | "cent" if cents % 100 == 0 => cents / 100,
        _ => return None,
    };
    let amount = match cents % 100 {
        0 => (cents / 100).to_string(),
        part if part % 10 == 0 => format!("{}.{}", cents / 100, part / 10),
        part => format!("{}.{part:02}", cents / 100),
    };
    Some((amount, used + 1))
}

/// A word that names nothing there is.
pub(super) fn word(tokens: &[Token]) -> Option<String> {
    let first = tokens.first()?;
    let is_word = !first.is_mark() && !first.text.is_empty() && !first.text.contains(char::is_whitespace);
    is_word.then(|| first.text.clone())
}

/// A file or folder: a word with a mark in it that no other word has.
pub(super) fn path(tokens: &[Token]) -> Option<String> {
    let first = tokens.first()?;
    let inner = first.text.trim_matches('.');
    let is_path = first.quoted || !first.is_mark() && inner.contains(['/', '.', '*']);
    (is_path && !first.text.contains(['=', ' '])).then(|| first.text.clone())
}

/// What something is to be called: in quotes, or one word at the end.
pub(super) fn title(tokens: &[Token]) -> Option<(String, usize)> {
    let first = tokens.first()?;
    let small = ["a", "an", "the", "it", "them", "and", "as", "to", "by"].contains(&first.word.as_str());
    let end = tokens.get(1).is_none_or(|t| t.is_mark() || t.word == "and");
    (first.quoted || end && !small && !first.is_mark()).then(|| (first.text.clone(), 1))
}

/// Why: in quotes, or to the end.
pub(super) fn reason(tokens: &[Token]) -> Option<(String, usize)> {
    let first = tokens.first().filter(|t| !t.is_mark())?;
    if first.quoted {
        return Some((first.text.clone(), 1));
    }
    Some((text(tokens), tokens.len()))
}

/// Why, where only a mark sets it apart: in quotes, or a sentence of its own.
pub(super) fn told(tokens: &[Token]) -> Option<(String, usize)> {
    const BEGINS: &[&str] = &["it", "they", "the", "too", "there", "its", "their", "not", "this", "these"];
    let first = tokens.first()?;
    (first.quoted || !first.known && BEGINS.contains(&first.word.as_str())).then(|| reason(tokens)).flatten()
}

/// How something is, up to a mark: "too long", "not good enough".
pub(super) fn remark(tokens: &[Token]) -> Option<(String, usize)> {
    let n = tokens.iter().take_while(|t| !t.is_mark() && !t.known && !t.quoted).count();
    let begins =
        |t: &Token| matches!(t.word.as_str(), "too" | "not" | "still" | "far" | "wrong" | "way" | "much");
    (n < tokens.len() && tokens.first().is_some_and(begins)).then(|| (text(&tokens[..n]), n))
}

/// What somebody asks for, up to a mark: "less jargon".
pub(super) fn wish(tokens: &[Token]) -> Option<(String, usize)> {
    let n = tokens.iter().take_while(|t| !t.is_mark() && !t.known && !t.quoted).count();
    let turns = |t: &Token| super::telling::TURNS.contains(&t.word.as_str());
    (n > 0 && n < tokens.len() && n < 9 && !tokens[..n].iter().any(turns)).then(|| (text(&tokens[..n]), n))
}

/// A time, or a number that leaves its unit out: "20 minutes instead of 10".
pub(super) fn time_or_number(tokens: &[Token]) -> Option<usize> {
    let number = || tokens.first().filter(|t| number::number(&t.word).is_some()).map(|_| 1);
    spans(tokens).first().map(|(_, n)| *n).or_else(number)
}

/// A model.
pub(in crate::chat::builtin) fn model(world: &World, tokens: &[Token]) -> Option<(String, usize)> {
    let first = tokens.first().filter(|t| !t.quoted && !t.known && t.word != "shell")?;
    let name = options::model(world, std::slice::from_ref(first))?;
    let code = tokens.get(1).is_some_and(|t| t.word == "code" && first.word == "claude");
    Some((name, 1 + usize::from(code)))
}

/// `NAME=value`, or "NAME set to value", once or more.
pub(super) fn env(tokens: &[Token]) -> Option<(Vec<String>, usize)> {
    let (first, n) = variable(tokens)?;
    let (mut found, mut at) = (vec![first], n);
    loop {
        let joins = tokens[at..].iter().take_while(|t| matches!(t.word.as_str(), "," | "and")).count();
        match variable(&tokens[at + joins..]) {
            Some((next, n)) => {
                found.push(next);
                at += joins + n;
            }
            None => return Some((found, at)),
        }
    }
}

fn variable(tokens: &[Token]) -> Option<(String, usize)> {
    let first = tokens.first().filter(|t| !t.quoted && !t.known)?;
    if let Some((name, _)) = first.text.split_once('=') {
        let begins = name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_');
        let rest = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        return (begins && rest && name.len() > 1).then(|| (first.text.clone(), 1));
    }
    let is = ["set to", "equal to", "with value", "with the value", "set as", "="];
    let n = is.iter().find_map(|p| begins(&words(&tokens[1..]), p))? + 1;
    let value = tokens.get(n).filter(|t| !t.is_mark() && crate::chat::builtin::env::is_name(&first.text))?;
    Some((format!("{}={}", first.text, value.text), n + 1))
}

/// "instead of claude", "not codex", "rather than `make`": how many words that takes.
pub(super) fn not_that(tokens: &[Token], that: impl Fn(&[Token]) -> Option<usize>) -> usize {
    const NOT: &[&str] =
        &["instead of", "rather than", "in place of", "and not", ", not", "not", "please instead of"];
    let all = words(tokens);
    let found = NOT.iter().find_map(|p| {
        let n = begins(&all, p)?;
        that(&tokens[n..]).map(|m| n + m)
    });
    found.unwrap_or_else(|| usize::from(all.first() == Some(&"instead")))
}

/// Where a command line ends at the latest: at a mark, and where something else is said of the step.
fn line_end(world: &World, tokens: &[Token]) -> usize {
    let ends = |at: usize| {
        let (token, all) = (&tokens[at], words(&tokens[at..]));
        if token.quoted {
            return false;
        }
        let known = |n: usize| {
            tokens[at + n..].iter().take(3).any(|t| t.known || matches!(t.word.as_str(), "it" | "that"))
        };
        let place = || {
            PREPS.iter().find(|(p, _)| begins(&all, p).is_some()).is_some_and(|(p, prep)| {
                let n = p.split(' ').count();
                match prep {
                    Prep::After | Prep::Before | Prep::Between => known(n),
                    Prep::With => super::option::one(world, &tokens[at + n..], false).is_some(),
                    _ => false,
                }
            })
        };
        token.is_mark() && token.word != ":" && token.word != "'s"
            || token.word == "every" && !spans(&tokens[at + 1..]).is_empty()
            || matches!(token.word.as_str(), "and" | "then" | "instead" | "but" | "rather")
            || place()
            || super::option::one(world, &tokens[at..], false).is_some()
    };
    (1..tokens.len()).find(|at| ends(*at)).unwrap_or(tokens.len())
}

/// A command line: in quotes, or a program and what follows.
pub(super) fn argv(world: &World, tokens: &[Token]) -> Vec<(Vec<String>, usize)> {
    match tokens.first() {
        Some(first) if first.quoted => {
            let line = options::argv(&tokens[..1]).ok().filter(|_| first.text.len() > 1);
            line.map(|line| (line, 1)).into_iter().collect()
        }
        Some(_) => programs(world, tokens).into_iter().take(1).collect(),
        None => Vec::new(),
    }
}

/// A command line that begins with a program, in the longest way first.
pub(super) fn programs(world: &World, tokens: &[Token]) -> Vec<(Vec<String>, usize)> {
    let Some(first) = tokens.first() else { return Vec::new() };
    let is_program = |t: &[Token]| {
        options::is_program(world, t)
            || t[0].text.contains('/') && !t[0].text.contains('=') && !t[0].known && t.len() < 2
    };
    if first.quoted {
        let begun: Vec<Token> = first.text.split(' ').map(Token::new).collect();
        let line = options::argv(&tokens[..1]).ok().filter(|_| is_program(&begun));
        return line.map(|line| (line, 1)).into_iter().collect();
    }
    if first.known && tokens.len() < 2
        || !is_program(&[
            Token { known: false, ..first.clone() },
            tokens.get(1).cloned().unwrap_or_else(|| Token::new("")),
            tokens.get(2).cloned().unwrap_or_else(|| Token::new("")),
        ])
    {
        return Vec::new();
    }
    let end = line_end(world, tokens);
    (1..=end).rev().filter_map(|n| options::argv(&tokens[..n]).ok().map(|line| (line, n))).collect()
}

/// A command line whose program nobody has listed, where its arguments can be nothing else: `fastlane upload_symbols`.
pub(super) fn unlisted(world: &World, tokens: &[Token]) -> Option<(Vec<String>, usize)> {
    let end = line_end(world, tokens);
    let line = &tokens[..end];
    let first = line.first().filter(|t| !t.quoted && !t.known && !t.is_mark())?;
    let name = |t: &Token| t.text.chars().all(|c| c.is_ascii_alphanumeric() || "._/-".contains(c));
    let small = |t: &Token| super::small::SMALL.contains(&t.word.as_str()) || t.known;
    let argument = |t: &Token| !t.quoted && t.text.contains(['-', '_', '/', '.', '=', ':']);
    let is_line = name(first)
        && first.text == first.word
        && line.len() > 1
        && line.len() < 6
        && !small(first)
        && !line[1..].iter().any(|t| small(t) && t.word != "run")
        && line[1..].iter().any(argument);
    is_line.then(|| options::argv(line).ok().map(|argv| (argv, end))).flatten()
}

/// A folder of one word.
pub(super) fn place(tokens: &[Token]) -> Option<String> {
    const NONE: &[&str] = &[
        "parallel",
        "background",
        "sequence",
        "series",
        "order",
        "the",
        "a",
        "an",
        "docker",
        "it",
        "that",
        "between",
        "this",
        "its",
        "one",
        "all",
        "full",
        "turn",
        "time",
        "future",
        "case",
        "addition",
        "worktree",
        "isolation",
        "own",
        "front",
    ];
    let first = tokens.first().filter(|t| !t.is_mark() && !NONE.contains(&t.word.as_str()))?;
    (!first.text.contains(['=', ' ']) && super::super::number::span(&[first.word.as_str()]).is_none())
        .then(|| first.text.clone())
}
