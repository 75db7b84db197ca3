//! Amounts told by what they were: "double the timeout of build", "give lint five more minutes".

use super::super::lexicon::begins;
use super::super::token::{Token, words};
use super::super::world::World;
use super::act::flags;
use super::does::Does;
use super::slot::spans;
use Does::{More, Scale};

macro_rules! timeout {
    () => {
        " the|its|time* timeout|limit|deadline of|for|on <steps>"
    };
}
macro_rules! raise {
    () => {
        "increase|raise|extend|bump|lengthen|prolong|push"
    };
}
macro_rules! lower {
    () => {
        "decrease|lower|reduce|shorten|cut|shrink"
    };
}

/// The requests; the first that explains every word is what is meant.
pub(super) const RELATIVE: &[(&str, Does)] = &[
    (concat!("double", timeout!()), Scale("--timeout", 2, 1)),
    (concat!("triple", timeout!()), Scale("--timeout", 3, 1)),
    (concat!("halve", timeout!()), Scale("--timeout", 1, 2)),
    (concat!(lower!(), timeout!(), " by|in half"), Scale("--timeout", 1, 2)),
    ("double <steps> 's? time? timeout|limit|deadline", Scale("--timeout", 2, 1)),
    ("double the|number|of* retries of|for|on <steps>", Scale("--retry", 2, 1)),
    (
        "let|give|allow* <steps> gets|get|needs|need|should|have|has* twice|double the|as|much|its|time* timeout|limit|time|long",
        Scale("--timeout", 2, 1),
    ),
    (concat!(raise!(), timeout!(), " by <span>"), More("--timeout", true)),
    (concat!(raise!(), " <steps> 's? time? timeout|limit|deadline? by <span>"), More("--timeout", true)),
    (concat!(raise!(), " the|number|of* retries of|for|on <steps> by <n>"), More("--retry", true)),
    (concat!(lower!(), timeout!(), " by <span>"), More("--timeout", false)),
    (concat!(lower!(), " <steps> 's? time? timeout|limit|deadline? by <span>"), More("--timeout", false)),
    (concat!(lower!(), " the|number|of* retries of|for|on <steps> by <n>"), More("--retry", false)),
    (
        "add an|another|extra* <span> to|onto the|its|time* timeout|limit|deadline of|for|on <steps>",
        More("--timeout", true),
    ),
    (
        "add an|another|extra* <span> to|onto <steps> 's? time? timeout|limit|deadline",
        More("--timeout", true),
    ),
    ("add <more> to|onto the|its|time* timeout|limit|deadline of|for|on <steps>", More("--timeout", true)),
    (
        "please|give|allow|grant|let* <steps> gets|get|needs|need|should|must|have|has|could|use* <more>",
        More("--timeout", true),
    ),
];

/// Whether an amount is told by what it was: only these patterns know that.
pub(in crate::chat::builtin) fn told(tokens: &[Token]) -> bool {
    const BY: &[&str] = &[
        "increase", "raise", "extend", "bump", "lengthen", "prolong", "push", "decrease", "lower", "reduce",
        "shorten", "cut", "shrink",
    ];
    let all = words(tokens);
    let amount = |at: usize| {
        let from = &tokens[at.min(tokens.len())..];
        !spans(from).is_empty() || super::super::number::count(&words(from)).is_some()
    };
    let by = all.iter().position(|w| BY.contains(w)).filter(|at| !tokens[*at].known);
    let by = by.is_some_and(|from| (from..all.len()).any(|at| all[at] == "by" && amount(at + 1)));
    let times = ["double", "triple", "halve", "twice the", "twice as", "by half", "in half"];
    let times =
        times.iter().any(|p| (0..all.len()).any(|at| begins(&all[at..], p).is_some() && !tokens[at].known));
    let added = (0..all.len()).any(|at| {
        let article = usize::from(matches!(all.get(at + 1), Some(&("another" | "an" | "extra"))));
        let from = &tokens[(at + 1 + article).min(all.len())..];
        let to = |n: usize| from.get(n).is_some_and(|t| matches!(t.word.as_str(), "to" | "onto"));
        all[at] == "add" && !tokens[at].known && spans(from).iter().any(|(_, n)| to(*n))
    });
    by || times || added || (0..all.len()).any(|at| more(&tokens[at..]).is_some())
}

/// "five more minutes", "another 5 minutes": how much, and how many words say it.
pub(super) fn more(tokens: &[Token]) -> Option<(u64, usize)> {
    const MORE: &[&str] = &["more", "extra", "additional", "further"];
    let all = words(tokens);
    if matches!(all.first(), Some(&"another")) {
        return spans(&tokens[1..]).first().map(|(ms, n)| (*ms, n + 1));
    }
    let at = (1..3).find(|at| all.get(*at).is_some_and(|w| MORE.contains(w)) && !tokens[*at].known)?;
    let plain = [&tokens[..at], std::slice::from_ref(tokens.get(at + 1)?)].concat();
    let whole = spans(&plain).into_iter().find(|(_, n)| *n == at + 1);
    whole.map(|(ms, n)| (ms, n + 1)).or_else(|| {
        let after = spans(tokens).first().copied().filter(|(_, n)| *n == at);
        after.map(|(ms, n)| (ms, n + 1))
    })
}

/// What each of these has, made another number.
pub(super) fn changed(
    world: &mut World,
    ids: &[String],
    flag: &str,
    then: impl Fn(u64) -> Option<u64>,
) -> Option<()> {
    for id in ids {
        let step = world.sequence().step(id)?;
        let now = match flag {
            "--timeout" => step.timeout_ms?,
            _ => u64::from(step.retry.as_ref()?.max),
        };
        flags(world, std::slice::from_ref(id), &[flag, &then(now)?.to_string()])?;
    }
    Some(())
}
