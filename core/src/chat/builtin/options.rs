//! How a step is to be: its model, command, limits and the like, as words tell it.

use super::clause::{Part, Parts};
use super::entity::{Miss, bare, items};
use super::lexicon::Prep;
use super::number::{count, span};
use super::token::{Token, text, words};
use super::world::World;
use crate::id::slug;

/// What was said of a step.
#[derive(Debug, Clone, Default)]
pub(super) struct Options {
    /// Flags of `step add|edit` with their values.
    pub flags: Vec<String>,
    /// Program and arguments.
    pub command: Vec<String>,
    /// How many workers.
    pub fanout: Option<u64>,
    /// The step that merges what workers do.
    pub merge: Option<String>,
}

impl Options {
    pub fn flag(&mut self, name: &str, value: impl Into<String>) {
        self.flags.extend([name.to_owned(), value.into()]);
    }

    /// Takes in the parts that tell how a step is to be.
    pub fn read(&mut self, world: &World, parts: &Parts) -> Result<(), Miss> {
        for part in &parts.parts {
            match part.prep {
                Prep::Command => self.command = argv(&part.tokens)?,
                Prep::Saying => self.flag("--prompt-text", text(&part.tokens)),
                Prep::Times => self.fanout = Some(part.count),
                // "in parallel with build" is a place.
                Prep::With if parts.has(Prep::Parallel) && part.tokens.iter().any(|t| t.known) => {}
                Prep::With => {
                    for item in items(&part.tokens) {
                        self.one(world, item)?;
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// One thing that a step has, or is done with.
    pub fn one(&mut self, world: &World, item: &[Token]) -> Result<(), Miss> {
        let (raw, whole) = (item, words(item));
        let item: Vec<Token> = item
            .iter()
            .filter(|t| {
                t.quoted
                    || !matches!(
                        t.word.as_str(),
                        "a" | "an"
                            | "the"
                            | "its"
                            | "of"
                            | "up"
                            | "to"
                            | "at"
                            | "most"
                            | "maximum"
                            | "max"
                            | "by"
                    )
            })
            .cloned()
            .collect();
        let all = words(&item);
        if let [one] = item.as_slice()
            && one.quoted
        {
            self.command = argv(&item)?;
            return Ok(());
        }
        if let Some(env) = super::env::assignments(&item) {
            self.flags.extend(env.into_iter().flat_map(|pair| ["--env".to_owned(), pair]));
            return Ok(());
        }
        if let Some(model) = model(world, &item) {
            self.flag("--model", model);
            return Ok(());
        }
        let without = |nouns: &[&str]| all.iter().copied().filter(|w| !nouns.contains(w)).collect::<Vec<_>>();
        let has = |nouns: &[&str]| all.iter().any(|w| nouns.contains(w));
        if matches!(all.as_slice(), ["no", "timeout"] | ["no", "time", "limit"]) {
            self.flag("--timeout", "");
        } else if has(&["timeout", "limit"]) {
            const AROUND: &[&str] = &["timeout", "time", "limit", "after", "of", "the", "its", "a", "an"];
            let front = whole.iter().take_while(|w| AROUND.contains(w)).count();
            // "a timeout of an hour": the last article belongs to the hour.
            let ms = (0..=front).rev().find_map(|at| span(&whole[at..]));
            let ms = ms.or_else(|| span(&without(AROUND))).ok_or_else(|| unknown(&item))?;
            self.flag("--timeout", ms.to_string());
        } else if matches!(all.as_slice(), ["no", "retry" | "retries"]) {
            self.flag("--retry", "0");
        } else if matches!(all.as_slice(), ["no", ..]) {
            return Err(unknown(&item));
        } else if has(&["retry", "retries", "attempts", "tries"]) {
            let rest = without(&["more", "further", "retry", "retries", "attempts", "tries"]);
            let n = match count(&rest) {
                Some((n, used)) if used == rest.len() => n,
                None if rest.is_empty() => 1,
                _ => return Err(unknown(&item)),
            };
            // "two tries more" come after the first.
            let of_all = has(&["attempts", "tries"]) && !has(&["more", "further"]);
            self.flag("--retry", n.saturating_sub(u64::from(of_all)).to_string());
        } else if has(WORKERS) {
            let rest: Vec<&str> = without(WORKERS).into_iter().filter(|w| *w != "parallel").collect();
            let (n, used) = count(&rest).ok_or_else(|| unknown(&item))?;
            // "3 codex workers".
            let more = rest.get(used..).unwrap_or_default();
            let who: Vec<Token> = item.iter().filter(|t| more.contains(&t.word.as_str())).cloned().collect();
            if !who.is_empty() {
                self.flag("--model", model(world, &who).ok_or_else(|| unknown(&item))?);
            }
            self.fanout = Some(n);
        } else if has(&["merge", "merger"]) {
            let id: Vec<Token> = item
                .iter()
                .filter(|t| !matches!(t.word.as_str(), "merge" | "merger" | "step" | "called" | "named"))
                .cloned()
                .collect();
            self.merge = Some(slug(&text(&id)).unwrap_or_else(|| "merge".to_owned()));
        } else if all == ["best", "effort"] || all == ["best-effort"] {
            self.flag("--fail-policy", "best_effort");
        } else if all == ["fail", "fast"] || all == ["fail-fast"] {
            self.flag("--fail-policy", "fail_fast");
        } else if matches!(all.as_slice(), ["review"] | ["human" | "manual" | "my", "review"]) {
            self.flags.push("--review".into());
        } else if has(&["worktree"])
            && all.iter().all(|w| matches!(*w, "git" | "worktree" | "own" | "separate" | "their" | "in"))
        {
            self.flags.push("--worktree".into());
        } else if is_program(world, raw) && !has(&["worktree", "network"]) {
            self.command = argv(raw)?;
        } else {
            return Err(unknown(&item));
        }
        Ok(())
    }
}

/// What those are called that do the same at once.
const WORKERS: &[&str] =
    &["workers", "instances", "copies", "agents", "runs", "branches", "ways", "replicas"];

fn unknown(item: &[Token]) -> Miss {
    Miss::unclear(format!("I do not know what to make of \u{201c}{}\u{201d} here", text(item)))
}

/// The model that words name.
pub(super) fn model(world: &World, item: &[Token]) -> Option<String> {
    let rest: Vec<&Token> = item
        .iter()
        .filter(|t| {
            !matches!(
                t.word.as_str(),
                "model" | "agent" | "cli" | "step" | "the" | "a" | "an" | "code" | "llm"
            )
        })
        .collect();
    let [one] = rest.as_slice() else { return None };
    let word = if one.quoted { one.text.as_str() } else { one.word.as_str() };
    let name = match word {
        "claude" | "claudecode" => "claude-code",
        "openai" => "codex",
        other => other,
    };
    world.models.iter().find(|m| *m == name).cloned()
}

/// Programs that everybody knows.
pub(super) fn is_common(word: &str) -> bool {
    const COMMON: &[&str] = &[
        "cargo", "npm", "npx", "make", "python", "python3", "pytest", "go", "git", "node", "yarn", "pnpm",
        "bun", "deno", "sh", "bash", "echo", "cat", "ls", "true", "false", "sleep", "just", "mvn", "gradle",
        "docker", "uv", "ruff", "eslint", "tsc", "cmake", "ctest", "ninja", "mypy", "black", "prettier",
        "curl", "wget", "tar", "cp", "mv", "rsync", "scp", "kubectl", "jq", "psql", "gcc", "rustc", "pip",
        "pip3", "poetry", "dotnet", "tox",
    ];
    COMMON.contains(&word) || word.starts_with("./")
}

/// Whether words look like a command line.
pub(super) fn is_program(world: &World, item: &[Token]) -> bool {
    let Some(first) = item.first() else { return false };
    let word = first.word.as_str();
    let second = item.get(1).map_or("", |t| t.word.as_str());
    let also_a_word = match word {
        "go" => !matches!(
            second,
            "build" | "test" | "run" | "vet" | "generate" | "install" | "mod" | "get" | "fmt" | "tool"
        ),
        // "make deploy wait for it" starts nothing.
        "make" => {
            let third = item.get(2).map_or("", |t| t.word.as_str());
            let says = matches!(
                third,
                "wait"
                    | "depend"
                    | "follow"
                    | "come"
                    | "start"
                    | "run"
                    | "be"
                    | "use"
                    | "time"
                    | "retry"
                    | "and"
            );
            matches!(
                second,
                "sure"
                    | "it"
                    | "them"
                    | "that"
                    | "the"
                    | "a"
                    | "an"
                    | "one"
                    | "another"
                    | "our"
                    | "both"
                    | "every"
            ) || super::number::number(second).is_some()
                || item.get(1).is_some_and(|t| t.known) && says
        }
        "just" => {
            second.is_empty()
                || second.ends_with("ing")
                || second.ends_with("ed")
                || matches!(
                    second,
                    "the"
                        | "a"
                        | "one"
                        | "runs"
                        | "run"
                        | "calls"
                        | "uses"
                        | "needs"
                        | "waits"
                        | "does"
                        | "for"
                        | "to"
                        | "like"
                        | "as"
                        | "add"
                        | "give"
                        | "told"
                        | "said"
                        | "wants"
                        | "got"
                        | "wrote"
                )
        }
        "prettier" | "black" | "sleep" | "cat" => second.is_empty(),
        // "with claude" names who does it, though steps may start it, too.
        _ if model(world, &item[..1]).is_some() => !(second.starts_with('-') || second == "exec"),
        _ => false,
    };
    !first.known && !also_a_word && (is_common(word) || world.programs.iter().any(|p| p == word))
}

/// A command line out of what was said.
pub(super) fn argv(tokens: &[Token]) -> Result<Vec<String>, Miss> {
    const LEAD: &[&str] = &["command", "the", "program", ":", "script", "a", "is", "=", "into", "be"];
    let skip = tokens.iter().take_while(|t| !t.quoted && LEAD.contains(&t.word.as_str())).count();
    let tokens = &tokens[skip..];
    let bad = |why: &str| Miss::unclear(format!("the command \u{201c}{}\u{201d} {why}", text(tokens)));
    if tokens.is_empty() {
        return Err(Miss::unclear("it is not said which command is to run"));
    }
    // "as", "with", "for" begin something else that was said.
    const NO_PROGRAM: &[&str] = &[
        "to", "as", "with", "for", "from", "of", "in", "on", "at", "by", "it", "that", "this", "them", "its",
        "and", "or", "not", "no", "if", "when", "after", "before", "should", "must", "will", "can", "only",
        "also", "too", "my", "our", "new", "called", "named", "again", "instead", "rather", "please",
        "right", "away",
    ];
    if tokens.first().is_some_and(|t| !t.quoted && NO_PROGRAM.contains(&t.word.as_str())) {
        return Err(bad("begins with no program: put it in backticks"));
    }
    if let [one] = tokens
        && one.quoted
    {
        let words = shlex::split(&one.text).unwrap_or_default();
        return if words.is_empty() { Err(bad("has an open quote")) } else { simple(words, tokens) };
    }
    if tokens
        .iter()
        .any(|t| !t.quoted && matches!(t.word.as_str(), "rather" | "instead" | "only" | "but" | "except"))
    {
        return Err(bad("says what it is not to be, too: put the command in backticks"));
    }
    if tokens.iter().any(|t| !t.quoted && matches!(t.word.as_str(), "and" | "," | "or" | "then")) {
        return Err(bad("may be more than one: put it in backticks, one command a step"));
    }
    // As it is dictated: "minus s", "colon slash slash".
    if tokens.iter().any(|t| !t.quoted && matches!(t.word.as_str(), "minus" | "slash" | "colon" | "hyphen")) {
        return Err(bad("has its marks in words: type it as it is to run"));
    }
    simple(tokens.iter().map(|t| t.text.clone()).collect(), tokens)
}

/// A step starts one program, without a shell.
fn simple(words: Vec<String>, tokens: &[Token]) -> Result<Vec<String>, Miss> {
    let of_a_shell =
        words.iter().any(|w| matches!(w.as_str(), "&&" | "||" | "|" | ">" | ">>" | "<" | ";" | "&" | "2>&1"));
    if of_a_shell {
        let text = text(tokens);
        return Err(Miss::unclear(format!(
            "\u{201c}{text}\u{201d} needs a shell, and a step starts one program without one: make a step of each command"
        )));
    }
    Ok(words)
}

/// Puts back together what belongs to one option: `with a timeout | of ten minutes`.
pub(super) fn joined(parts: Parts) -> Parts {
    let mut out: Vec<Part> = Vec::new();
    for part in parts.parts {
        let goes_on = match (out.last(), part.prep) {
            (Some(last), Prep::Of) if last.prep == Prep::With => {
                last.tokens.last().is_some_and(|t| !t.known && !t.quoted)
            }
            // "with a merge step called sum"; "using codex called docs" names the new step.
            (Some(last), Prep::Named) if last.prep == Prep::With => last
                .tokens
                .last()
                .is_some_and(|t| !t.known && matches!(t.word.as_str(), "step" | "merge" | "merger" | "one")),
            (Some(last), Prep::To) if last.prep == Prep::With => {
                last.tokens.last().is_some_and(|t| t.word == "up")
            }
            _ => false,
        };
        match out.last_mut() {
            Some(last) if goes_on => last.tokens.extend(part.tokens),
            _ => out.push(part),
        }
    }
    Parts { object: parts.object, parts: out }
}

/// The name that words give to something new: its id, and its name where that says more.
pub(super) fn new_name(item: &[Token]) -> Option<(String, Option<String>)> {
    const MORE: &[&str] = &[
        "new",
        "another",
        "additional",
        "extra",
        "simple",
        "shell",
        "agent",
        "single",
        "more",
        "parallel",
        "separate",
        "named",
        "called",
    ];
    let (rest, _) = bare(item);
    let rest: Vec<&Token> =
        rest.into_iter().filter(|t| t.quoted || !MORE.contains(&t.word.as_str())).collect();
    let said = rest.iter().map(|t| t.text.as_str()).collect::<Vec<_>>().join(" ");
    let id = slug(&said)?;
    let is_title = rest.iter().any(|t| t.quoted) && said != id;
    Some((id, is_title.then_some(said)))
}
