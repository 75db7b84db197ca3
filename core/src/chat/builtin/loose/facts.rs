//! How a step is to be, as frames know it and as people say it in passing.

use super::super::frame::pattern::{Slot, fit};
use super::super::frame::{option, slot};
use super::super::number::number;
use super::super::options::Options;
use super::super::token::{Token, words};
use super::super::world::World;
use super::said::Phrase;

/// What is set, and whether it is only said so where something is denied: "not run longer than".
const MORE: &[(&str, &str, bool)] = &[
    ("run|runs|take|takes|last|lasts|work|be* longer|more than <span>", "--timeout", true),
    ("be|is|finished|finish|done|over|complete|through* in|within|inside <span>", "--timeout", false),
    ("<span> at|the? most|max|maximum|tops|top", "--timeout", false),
    ("<n> more? retries|tries|attempts|chances|goes", "--retry", false),
    ("<n> more retries|tries|attempts|chances|goes", "--retry", false),
    (
        "retry|retries|retried|try|tries|tried|it|them|up|to|at|most|max|maximum|with|:* <times>",
        "--retry",
        false,
    ),
    ("retries|retry :|=|is|are|of|to|at|max* <n>", "--retry", false),
    ("<n> retries|tries|attempts|chances|goes more", "--retry", false),
    ("<n> retries|retry at all", "--retry", false),
    (
        "in|into|inside|from|the|a|working|work* cwd|folder|directory|dir|workdir :|=|is|to|called|named* <place>",
        "--cwd",
        false,
    ),
    ("in|into|to|on|the* lane|row :|=|is|to|called|named* <word>", "--lane", false),
    ("with|the|a|new|other* prompt|instructions :|=|is|to|of|says|saying* <quote>", "--prompt-text", false),
    ("a|pause|wait|break|delay|of|with* <span> apart|pause|break|delay|backoff", "--retry-backoff", false),
    ("with|a|an|and* <span> in? between them|tries|attempts|retries|each?", "--retry-backoff", false),
];

/// Every phrase that some words begin with, and how many words it has.
pub(super) fn facts(world: &World, tokens: &[Token], denied: bool) -> Vec<(Phrase, usize)> {
    let mut found: Vec<(Phrase, usize)> = Vec::new();
    found.extend(budget(tokens));
    found.extend(title(world, tokens));
    found.extend(offline(tokens));
    if let Some((options, n)) = option::one(world, tokens, true) {
        found.push((Phrase::Fact(options), n));
    }
    for (pattern, flag, only_denied) in MORE.iter().filter(|(.., only)| denied || !only) {
        fit(world, pattern, tokens, &mut |slots, n| {
            let value = match slots {
                [Slot::Number(ms)] => ms.to_string(),
                [Slot::Text(text)] => text.clone(),
                _ => return false,
            };
            let mut options = Options::default();
            options.flag(flag, value);
            found.push((if *only_denied { Phrase::Limit(options) } else { Phrase::Fact(options) }, n));
            true
        });
    }
    found
}

/// "may not touch the network".
fn offline(tokens: &[Token]) -> Option<(Phrase, usize)> {
    let all = words(tokens);
    let not = match all.as_slice() {
        ["not" | "never", "touch" | "use" | "access" | "reach" | "see" | "have" | "get" | "need", ..] => 2,
        ["without" | "no", ..] => 1,
        ["off" | "away", "from", ..] => 2,
        _ => return None,
    };
    let article = all[not..].iter().take_while(|w| matches!(**w, "the" | "any" | "to" | "access")).count();
    let net = matches!(all.get(not + article), Some(&("network" | "internet" | "net")));
    let more = usize::from(all.get(not + article + 1) == Some(&"access"));
    let mut options = Options::default();
    options.flag("--network", "deny");
    net.then_some((Phrase::Fact(options), not + article + 1 + more))
}

/// "five dollars", "2 million tokens".
fn budget(tokens: &[Token]) -> Option<(Phrase, usize)> {
    const LEAD: &[&str] = &[
        "at", "most", "max", "maximum", "up", "to", "no", "more", "than", "not", "over", "spend", "spending",
        "cost", "costs", "a", "the", "budget", "of", "is", "limit", "cap", "under", "below", "use", "using",
    ];
    let all = words(tokens);
    let lead = all.iter().take_while(|w| LEAD.contains(w)).count();
    let most = |n: usize| match all.get(n..).unwrap_or_default() {
        ["at", "most", ..] | ["in", "total", ..] => n + 2,
        ["max" | "maximum" | "tops", ..] => n + 1,
        _ => n,
    };
    if let Some((usd, used)) = slot::dollars(&tokens[lead..]) {
        return Some((Phrase::Budget("--usd", usd), most(lead + used)));
    }
    let (amount, used) = amount(all.get(lead..)?)?;
    let (flag, amount) = match *all.get(lead + used)? {
        "dollars" | "dollar" | "usd" | "bucks" => ("--usd", amount.to_string()),
        "tokens" | "token" => ("--tokens", amount.to_string()),
        _ => return None,
    };
    Some((Phrase::Budget(flag, amount), most(lead + used + 1)))
}

fn amount(all: &[&str]) -> Option<(u64, usize)> {
    let scale = |word: &str| match word {
        "hundred" => Some(100),
        "thousand" | "k" => Some(1000),
        "million" | "m" | "mio" => Some(1_000_000),
        _ => None,
    };
    let first = all.first()?;
    let short = |unit: char, by: u64| {
        first.strip_suffix(unit).and_then(|n| n.parse::<u64>().ok()).and_then(|n| n.checked_mul(by))
    };
    if let Some(n) = short('k', 1000).or_else(|| short('m', 1_000_000)) {
        return Some((n, 1));
    }
    let n = number(first)?;
    match all.get(1).and_then(|w| scale(w)) {
        Some(by) => Some((n.checked_mul(by)?, 2)),
        None => Some((n, 1)),
    }
}

/// "named 'Daily totals'".
fn title(world: &World, tokens: &[Token]) -> Option<(Phrase, usize)> {
    let mut found = None;
    fit(
        world,
        "be|is|it|them|to|display|the|a|new|rename|renamed|call|called|name|named|title|titled|label|retitled|with* rename|renamed|call|called|name|named|title|titled|label|retitled into|to|as|is|:|=* <quote>",
        tokens,
        &mut |slots, n| {
            if let [Slot::Text(text)] = slots {
                found = Some((Phrase::Title(text.clone()), n));
            }
            true
        },
    );
    found
}
