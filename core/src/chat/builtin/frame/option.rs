//! How a step is to be, as phrases tell it: a table of patterns, and what each stands for.

use super::super::options::Options;
use super::super::token::{Token, words};
use super::super::world::World;
use super::pattern::{Slot, fit};

/// What a phrase sets.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Sets {
    Flag(&'static str),
    Fixed(&'static [&'static str]),
    Attempts,
    Env,
    Argv,
    /// A model and a prompt.
    Both,
    Fanout,
    Merge,
    /// How many times, and how long between them.
    Paced,
}

use Sets::{Argv, Attempts, Both, Env, Fanout, Fixed, Flag, Merge, Paced};

/// Phrases; of those that fit, the one that takes most words counts.
const PHRASES: &[(&str, Sets)] = &[
    ("a|an|the|its|another* timeout|deadline of|to|at|is|=|:|after|max|should|be* <span>", Flag("--timeout")),
    ("a|an|the|its* time limit|out it? of|to|at|is|=|:|after* <span>", Flag("--timeout")),
    ("a|an|the|its* limit of|to|at* <span>", Flag("--timeout")),
    ("a|an|the* <span> timeout|limit|max|maximum|deadline|tops", Flag("--timeout")),
    ("a|an|the* <span> time limit|out", Flag("--timeout")),
    ("<span> at most", Flag("--timeout")),
    ("a? max|maximum|within of? <span>", Flag("--timeout")),
    ("at most <span>", Flag("--timeout")),
    ("up to <span>", Flag("--timeout")),
    ("no|not more|longer than <span>", Flag("--timeout")),
    ("it|belongs|belong|goes|go|to|into|in|on|the|a* lane :|=|is|to|called|named* <word>", Flag("--lane")),
    ("with|the|a* role :|=|is|to|of|called* <word>", Flag("--role")),
    ("with|the|a* role :|=|is|to|of|called|named* <quote>", Flag("--role")),
    ("it|belongs|belong|goes|go|to|into|in|on|the|a* lane :|=|is|to|called|named* <quote>", Flag("--lane")),
    ("a? <n> retries|retry|re-tries", Flag("--retry")),
    (
        "retries|retry|retrying it|them|of|to|at|=|:|is|count|on|failure|be|should|up|max* <times>",
        Flag("--retry"),
    ),
    ("retries|retry it|them|of|to|at|=|:|is|count|be|should|up|max* <n>", Flag("--retry")),
    ("retried at|most|up|to|max* <times>", Flag("--retry")),
    ("retries|retry|retried|try|it|them|of|up|to|at|most|max|:* <times> every|each <span>", Paced),
    ("a|up|to* <n> retries|retry|tries|attempts every|each <span>", Paced),
    ("a|one single? retry", Fixed(&["--retry", "1"])),
    ("single retry", Fixed(&["--retry", "1"])),
    ("not be? retry|retried", Fixed(&["--retry", "0"])),
    ("<n> attempts|tries", Attempts),
    ("a|an|the* backoff|pause|delay|wait of|to|:|=|is* <span>", Flag("--retry-backoff")),
    (
        "a|an|the* <span> backoff|pause|delay|break|apart of? in? between? them|retries|attempts|tries|each?",
        Flag("--retry-backoff"),
    ),
    ("a|an|the* <span> wait? in? between the|each|them|retries|attempts|tries*", Flag("--retry-backoff")),
    (
        "wait|waiting|pause|pausing <span> in? between the|each|them|retries|attempts|tries*",
        Flag("--retry-backoff"),
    ),
    (
        "by|with|using|via|on|for|through|model|agent|:|=|is|done|run|written|made|handled|worked|as|the|it* <model> <notmodel>",
        Flag("--model"),
    ),
    ("model|agent of|to|: <model> <notmodel>", Flag("--model")),
    (
        "a|an|the|its|this|use|as|it|them|him|her|by* prompt|prompted|instruction|instructions|task it|text|:|=|is|to|with|should|shall|be|of|as|says|saying* <quote>",
        Flag("--prompt-text"),
    ),
    ("tell|ask|instruct it|them|him|her to? <quote>", Flag("--prompt-text")),
    (
        "where|which|that|for|by|:|have|let|with* <model> should|shall|must|will|gets|get|has|have|to|is|the|a|prompt|told|asked|do|:|with|prompted* <quote>",
        Both,
    ),
    ("environment|env|variable|variables|var|vars|set|export|the|its|an|a* <env>", Env),
    (
        "environment|env|variable|variables|var|vars|set|export|the|its* <env> in|as|for|to an|a|the|its|their* environment|env|variable|variables|vars",
        Env,
    ),
    ("a|an|the|my|human|manual|person* review|reviewing by? me|hand|human|person?", Fixed(&["--review"])),
    ("review on|required", Fixed(&["--review"])),
    ("be reviewed by? a|the? human|me|person|hand|someone?", Fixed(&["--review"])),
    ("reviewed by a|the? human|me|person|hand|someone", Fixed(&["--review"])),
    ("no|without more|further|human* review|reviews anymore?", Fixed(&["--review=false"])),
    ("review off", Fixed(&["--review=false"])),
    ("not be? reviewed|review anymore?", Fixed(&["--review=false"])),
    (
        "run|runs|work|works|in|with|its|their|own|a|an|the|separate|git|work* worktree|worktrees of|its|their|own*",
        Fixed(&["--worktree"]),
    ),
    ("no|without any? network|internet access?", Fixed(&["--network", "deny"])),
    ("network off|denied|deny", Fixed(&["--network", "deny"])),
    ("in|the|a|cwd|working|folder|directory|dir|:|=|is|to* folder|directory|dir|cwd|: <path>", Flag("--cwd")),
    ("run|runs|work|works|live|start in|inside the? folder|directory? <place>", Flag("--cwd")),
    ("cwd :|=|is|to* <place>", Flag("--cwd")),
    ("a|an|the|its|display* name|title|label of|is|to|=|:|should|shall|be* <quote>", Flag("--name")),
    ("be|is|it|display* called|named|titled <quote>", Flag("--name")),
    ("artifact|artifacts :|=? <path>", Flag("--artifact")),
    ("best effort", Fixed(&["--fail-policy", "best_effort"])),
    ("best-effort", Fixed(&["--fail-policy", "best_effort"])),
    (
        "and|then|but|so|that* stop|cancel|abort|kill both|all|the|others|other|rest|everything|of|them* when|if|once|as|soon* one|either|any|it|of|them* fails|breaks|failed",
        Fixed(&["--fail-policy", "fail_fast"]),
    ),
    ("fail fast", Fixed(&["--fail-policy", "fail_fast"])),
    ("fail-fast", Fixed(&["--fail-policy", "fail_fast"])),
    ("fail|failure policy :|=|is|to|of* best_effort|best-effort", Fixed(&["--fail-policy", "best_effort"])),
    (
        "if|when one|any of? them? fails the others|other|rest should|can|go|carries|carry|goes|keep|keeps|continue|continues|on|going|running*",
        Fixed(&["--fail-policy", "best_effort"]),
    ),
    (
        "let|the|it|them|all|group|rest|others|other|ones|members|go|goes|carry|finish|finishes|keep|run|runs|continue|on|going|to|end* even? if|when|though one|some|any|a of? them|it|member|worker|step|job? fails|fail|breaks",
        Fixed(&["--fail-policy", "best_effort"]),
    ),
    ("a|the|its|it* command|cmd line? is|to|of|should|shall|be|:|=|->* <argv> <notargv>", Argv),
    (
        "it|that|which|and|to|should|will|must|by|just* runs|run|running|executes|execute|executing|calls|call|calling|invokes|invoke|does|doing is|the|command|a* <argv> <notargv>",
        Argv,
    ),
    (
        "it|that|which|and|to|should|will|must|by|just* uses|use|with|using|via|->|=|: is|the|command|a* <program> <notargv>",
        Argv,
    ),
    ("with <argv>", Argv),
    ("in|as|with* <n> parallel? workers|worker|copies|agents|instances|replicas", Fanout),
    ("fan|fanout|fan-out out? of|to|into|: <n>", Fanout),
    ("merge|merged|merging them|it|results|their|the|all* into|in|with|by|to|as step? <word>", Merge),
];

/// Only where it is said that something is given: "gets ten minutes", "add lint after build, npm run lint".
const GIVEN: &[(&str, Sets)] = &[
    ("a|the|up|to|another* <span>", Flag("--timeout")),
    ("a|the|up|to* <span> <notspan>", Flag("--timeout")),
    ("<program> <notargv>", Argv),
    ("that|which|it|and|to|should|will|must* runs|run|executes|calls <unlisted>", Argv),
    ("also <model>", Flag("--model")),
];

/// Words between phrases that add nothing.
const BETWEEN: &[&str] = &[
    ",", "and", "with", "plus", "also", "but", "then", "it", "its", "takes", "gets", "get", "give", "let",
    "have", "has", "should", "shall", "must", "needs", "need", "wants", "to", "a", "an", "the", "both", "of",
    "too", "each", "they", "make", "which", "that", "please", "do", "them", "is", "be", "all", "new",
];

/// What tells how a step is to be.
pub(super) fn patterns() -> impl Iterator<Item = &'static str> {
    PHRASES.iter().chain(GIVEN).map(|(pattern, _)| *pattern)
}

/// The phrase that words begin with, and how many words it has.
pub(in crate::chat::builtin) fn one(
    world: &World,
    tokens: &[Token],
    given: bool,
) -> Option<(Options, usize)> {
    let first = tokens.first()?;
    if first.known || first.is_mark() && !matches!(first.word.as_str(), "->" | ":") {
        return None;
    }
    let more: &[(&str, Sets)] = if given { GIVEN } else { &[] };
    let mut best: Option<(Options, usize)> = None;
    for (pattern, sets) in PHRASES.iter().chain(more) {
        let mut take = |slots: &[Slot], n: usize| {
            if let Some(options) = made(*sets, slots).filter(|_| n > 0)
                && best.as_ref().is_none_or(|(_, most)| n > *most)
            {
                best = Some((options, n));
            }
            true
        };
        fit(world, pattern, tokens, &mut take);
    }
    best
}

fn made(sets: Sets, slots: &[Slot]) -> Option<Options> {
    let mut options = Options::default();
    match (sets, slots) {
        (Flag(flag), [Slot::Number(n), ..]) => options.flag(flag, n.to_string()),
        (Flag(flag), [Slot::Text(text), ..]) => options.flag(flag, text.clone()),
        (Fixed(flags), _) => options.flags = flags.iter().map(|f| (*f).to_owned()).collect(),
        (Attempts, [Slot::Number(n), ..]) => options.flag("--retry", n.saturating_sub(1).to_string()),
        (Env, [Slot::Argv(pairs), ..]) => pairs.iter().for_each(|pair| options.flag("--env", pair.clone())),
        (Paced, [Slot::Number(n), Slot::Number(pause)]) => {
            options.flag("--retry", n.to_string());
            options.flag("--retry-backoff", pause.to_string());
        }
        (Argv, [Slot::Argv(line), ..]) => options.command = line.clone(),
        (Both, [Slot::Text(model), Slot::Text(prompt)]) => {
            options.flag("--model", model.clone());
            options.flag("--prompt-text", prompt.clone());
        }
        (Fanout, [Slot::Number(n), ..]) => options.fanout = Some(*n),
        (Merge, [Slot::Text(id), ..]) => options.merge = crate::id::slug(id),
        _ => return None,
    }
    Some(options)
}

/// How many words come between phrases.
pub(in crate::chat::builtin) fn between(tokens: &[Token]) -> usize {
    tokens.iter().take_while(|t| !t.known && !t.quoted && BETWEEN.contains(&t.word.as_str())).count()
}

/// Takes in what another phrase says; `None` where they say two things of one field.
pub(in crate::chat::builtin) fn joined(a: &Options, b: &Options) -> Option<Options> {
    let mut all = Options {
        flags: a.flags.clone(),
        command: a.command.clone(),
        fanout: a.fanout.or(b.fanout),
        merge: a.merge.clone().or_else(|| b.merge.clone()),
    };
    let named = |flags: &[String]| -> Vec<String> {
        flags.iter().filter(|f| f.starts_with("--") && *f != "--env" && *f != "--artifact").cloned().collect()
    };
    let twice = named(&b.flags).iter().any(|f| named(&a.flags).contains(f));
    if twice || !a.command.is_empty() && !b.command.is_empty() {
        return None;
    }
    all.flags.extend(b.flags.iter().cloned());
    all.command.extend(b.command.iter().cloned());
    Some(all)
}

/// Every way to read the beginning of some words as phrases; the longest first.
pub(in crate::chat::builtin) fn listed(
    world: &World,
    tokens: &[Token],
    given: bool,
) -> Vec<(Options, usize)> {
    let mut found: Vec<(Options, usize)> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        // What stands between may begin a phrase, too: "with no review".
        let between = between(&tokens[at..]);
        let next = (0..=between).find_map(|skip| {
            let from = at + skip;
            one(world, tokens.get(from..)?, given).map(|(o, n)| (o, from + n))
        });
        let Some((options, end)) = next else { break };
        let all = match found.last() {
            Some((before, _)) => joined(before, &options),
            None => Some(options),
        };
        let Some(all) = all else { break };
        at = end;
        found.push((all, at));
        let each =
            words(&tokens[at..]).iter().take_while(|w| matches!(**w, "each" | "too" | "instead")).count();
        if each > 0 {
            at += each;
            let last = found.last().map(|(o, _)| joined(o, &Options::default())).unwrap_or_default();
            found.extend(last.map(|o| (o, at)));
        }
    }
    found.reverse();
    found
}
