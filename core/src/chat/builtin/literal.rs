//! What is typed as it is meant: options of a command, paths, variables, quoted texts.

use super::token::Token;
use super::world::World;
use super::{because, env, hearsay};
use crate::id::slug;

/// Why the lines are not what was asked for, though every word was read: something of it is lost, or was taken for
/// something else.
pub(super) fn refused(world: &World, tokens: &[Token], lines: &[String]) -> Option<String> {
    if let Some(id) = hearsay::goes_for_many(tokens, lines) {
        return Some(format!("`{id}` is one step: name it as it is called, if that is to go"));
    }
    if lines.is_empty() {
        return None;
    }
    if let Some(text) = lost(world, tokens, lines).or_else(|| unkept(tokens, lines)) {
        return Some(format!("I do not know what to make of \u{201c}{text}\u{201d} here"));
    }
    if let Some(text) = conditional(tokens, lines) {
        return Some(format!("put the command in quotes, if \u{201c}{text}\u{201d} belongs to it"));
    }
    if let Some(text) = several(tokens, lines) {
        return Some(format!(
            "one yes opens a gate, so I do not know what to make of \u{201c}{text}\u{201d}"
        ));
    }
    let why = because::asks(world, tokens, lines)?;
    Some(format!("put the reason in quotes, if it is \u{201c}{why}\u{201d}"))
}

/// What was typed as it is meant and stands in no line: then the request lost it, or made something else of it.
fn lost(world: &World, tokens: &[Token], lines: &[String]) -> Option<String> {
    let said: Vec<String> = lines.iter().map(|line| plain(line)).collect();
    let there: Vec<String> = steps(world);
    let stands = |text: &str| {
        let text = plain(text);
        said.iter().chain(&there).any(|line| line.contains(&text))
    };
    let names = |token: &Token| {
        token.quoted && slug(&token.text).is_some_and(|id| world.entity(&id).is_some() || stands(&id))
    };
    let named = |at: usize| {
        let before = at.checked_sub(1).map_or("", |i| tokens[i].word.as_str());
        matches!(before, "add" | "create" | "insert" | "called" | "named") && tokens[at].word.contains('-')
    };
    let literal =
        (0..tokens.len()).filter(|at| tokens[*at].quoted || is_literal(&tokens[*at].text) || named(*at));
    let literal = literal.map(|at| &tokens[at]);
    literal.filter(|t| !names(t)).find(|t| !stands(&t.text)).map(|t| t.text.clone())
}

/// Words that say when or whether something new is to run, or that something is to go for a while: no line keeps that.
fn unkept(tokens: &[Token], lines: &[String]) -> Option<String> {
    const WHEN: &[&str] = &[
        "optional",
        "conditional",
        "hourly",
        "daily",
        "nightly",
        "weekly",
        "monthly",
        "scheduled",
        "recurring",
        "temporary",
        "disabled",
        "paused",
    ];
    let noun = |t: &Token| matches!(t.word.as_str(), "step" | "task" | "job" | "gate");
    let told = tokens.windows(2).find(|w| noun(&w[1]) && WHEN.contains(&w[0].word.as_str())).map(|w| &w[0]);
    let while_gone = tokens.windows(2).find(|w| w[0].word == "for" && w[1].word == "now");
    let removes = lines.iter().any(|line| line.split(' ').nth(2) == Some("rm"));
    if let Some(pair) = while_gone.filter(|_| removes) {
        return Some(format!("{} {}", pair[0].text, pair[1].text));
    }
    let told = told.or_else(|| tokens.windows(3).find_map(|w| odd(w, noun)))?;
    (!lines.iter().any(|line| line.contains(&told.word))).then(|| told.text.clone())
}

/// A word that says how something new is that has a name: "a slow step called x", "a step abroad called x".
fn odd(said: &[Token], noun: fn(&Token) -> bool) -> Option<&Token> {
    let [a, b, c] = said else { return None };
    let names = |t: &Token| matches!(t.word.as_str(), "called" | "named") && !t.known;
    let adds = |t: &Token| !t.known && !t.quoted && !t.is_mark() && !HOW.contains(&t.word.as_str());
    let counted = |t: &Token| super::number::number(&t.word).is_some();
    if noun(b) && names(c) && adds(a) && !counted(a) {
        return Some(a);
    }
    (noun(a) && names(c) && adds(b)).then_some(b)
}

/// Words beside the noun of something new that a line has no place for, and need none.
const HOW: &[&str] = &[
    "a",
    "an",
    "the",
    "one",
    "new",
    "another",
    "more",
    "extra",
    "additional",
    "further",
    "second",
    "third",
    "own",
    "single",
    "simple",
    "small",
    "little",
    "quick",
    "short",
    "separate",
    "final",
    "last",
    "first",
    "following",
    "manual",
    "human",
    "approval",
    "review",
    "shell",
    "agent",
    "base",
    "add",
    "create",
    "insert",
    "make",
    "please",
    "step",
    "gate",
    "task",
    "job",
    "also",
    "be",
    "is",
    "to",
    "and",
];

/// A word of a condition or a time that ended up in a command nobody put in quotes.
fn conditional<'t>(tokens: &'t [Token], lines: &[String]) -> Option<&'t str> {
    const TURNS: &[&str] = &[
        "if", "unless", "until", "when", "whenever", "while", "tomorrow", "tonight", "later", "because",
        "please", "maybe",
    ];
    let told = |word: &str| tokens.iter().find(|t| !t.quoted && t.word == word).map(|t| t.text.as_str());
    let argvs = lines.iter().filter_map(|line| line.split_once(" -- "));
    let mut argvs = argvs.filter_map(|(_, argv)| shlex::split(argv));
    argvs.find_map(|argv| {
        let turns = argv.iter().find_map(|word| TURNS.contains(&word.as_str()).then(|| told(word)).flatten());
        turns.or_else(|| beside(tokens, &argv))
    })
}

/// A word of an unquoted command that tells where, when or how it is to run: "./tidy.sh on fridays".
fn beside<'t>(tokens: &'t [Token], argv: &[String]) -> Option<&'t str> {
    const TELLS: &[&str] = &[
        "on", "at", "in", "for", "with", "every", "during", "within", "via", "by", "over", "against", "only",
        "per", "instead", "using", "inside", "to",
    ];
    let pair = |w: &[String]| {
        let follows = |t: &[Token]| {
            !t[0].quoted
                && !t[1].quoted
                && t[0].text == w[0]
                && t[1].text == w[1]
                && TELLS.contains(&t[1].word.as_str())
        };
        tokens.windows(2).find(|t| follows(t)).map(|t| t[1].text.as_str())
    };
    argv.windows(2).find_map(pair)
}

/// A yes of so many people, where one gate is new.
fn several(tokens: &[Token], lines: &[String]) -> Option<String> {
    const WHO: &[&str] = &[
        "people",
        "persons",
        "approvals",
        "approvers",
        "reviewers",
        "humans",
        "colleagues",
        "yeses",
        "signatures",
    ];
    let gates = lines.iter().filter(|line| line.starts_with("seqctl gate insert ")).count();
    let many = |t: &Token| {
        matches!(t.word.as_str(), "both" | "several" | "multiple" | "all")
            || super::number::number(&t.word).is_some_and(|n| n > 1)
    };
    let pair =
        |w: &&[Token]| !w[0].quoted && many(&w[0]) && w[1..].iter().any(|t| WHO.contains(&t.word.as_str()));
    let found =
        tokens.windows(2).find(pair).or_else(|| tokens.windows(3).find(pair)).filter(|_| gates == 1)?;
    Some(super::token::text(found))
}

fn is_literal(text: &str) -> bool {
    let option = text.trim_start_matches('-');
    let is_option = option.len() < text.len() && option.starts_with(char::is_alphabetic);
    let is_path = text.len() > 3 && text.contains('/') && !text.starts_with("w/");
    is_option || is_path || env::is_assignment(text)
}

/// Without what only sets a text apart.
fn plain(text: &str) -> String {
    let text = text.trim().trim_end_matches(['.', '!', '?', ',', ';', ':']);
    text.replace(['"', '\'', '\\', '`', '\u{2018}', '\u{2019}'], "").to_lowercase()
}

/// What the steps run and are told: a text may name what is to be otherwise.
fn steps(world: &World) -> Vec<String> {
    let of = |s: &crate::model::Step| plain(&[s.command.join(" "), s.name.clone()].concat());
    world.sequence().steps.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::is_literal;

    #[test]
    fn what_a_command_gets_and_files_are_literal_and_words_are_not() {
        for text in ["--dry-run", "-x", "./a.sh", "docs/index.md", "NODE_ENV=test"] {
            assert!(is_literal(text), "{text}");
        }
        for text in ["-", "--", "w/", "re-run", "retries=3", "->", "2"] {
            assert!(!is_literal(text), "{text}");
        }
    }
}
