//! Help, manual pages and the reference: the grammar with examples, exit codes and JSON shapes beside it.
//!
//! The bare grammar is what is parsed; this is built only where somebody asks for help.

mod answer_pages;
mod door_pages;
mod groups;
mod guide;
mod mprocs_pages;
mod pages;
mod reference;
mod thread_pages;
mod worked;

use std::fmt::Write as _;

use clap::{Command, CommandFactory as _};

use crate::args::Cli;
use crate::context::width;
use answer_pages::ANSWER_PAGES;
use door_pages::DOOR_PAGES;
pub use groups::GROUPS;
use mprocs_pages::MPROCS_PAGES;
pub use pages::{PAGES, Page};
pub use reference::reference;
use thread_pages::THREAD_PAGES;

/// What the exit codes mean.
pub const EXITS: &[(u8, &str)] = &[
    (0, "done: all that was asked for holds"),
    (1, "it ran, and something failed (a step FAILED, `audit verify` found a break)"),
    (2, "wrong usage"),
    (3, "a file is invalid"),
    (4, "not found"),
    (5, "denied by policy"),
    (6, "confirmation needed"),
    (
        7,
        "conflict with the present state (cycle, duplicate id, has dependents, not running, blocked, stale revision)",
    ),
    (8, "the environment failed (I/O, lock timeout, executor unreachable, no such program)"),
    (10, "stopped at a gate or a review: nothing failed, something waits for a person"),
];

/// Every page.
pub fn all_pages() -> impl Iterator<Item = &'static Page> {
    PAGES.iter().chain(THREAD_PAGES).chain(ANSWER_PAGES).chain(MPROCS_PAGES).chain(DOOR_PAGES)
}

/// The page of a command, by its words: `step add`.
pub fn page(path: &str) -> Option<&'static Page> {
    all_pages().find(|p| p.path == path)
}

/// The grammar with examples on every level and the commands of the first level in groups.
pub fn command() -> Command {
    let root = with_examples(Cli::command(), "");
    let groups = groups(&root);
    root.help_template(format!(
        "{{about}}\n\n{{usage-heading}} {{usage}}\n{groups}\nGlobal options:\n{{options}}{{after-help}}"
    ))
    .after_help(root_help())
}

fn with_examples(command: Command, path: &str) -> Command {
    let names: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
    let mut command = command;
    for name in names {
        let below = if path.is_empty() { name.clone() } else { format!("{path} {name}") };
        command = command.mut_subcommand(&name, |c| with_examples(c, &below));
    }
    match help(path) {
        Some(text) => command.after_help(text),
        None => command,
    }
}

/// The examples of a command, or the first one of each command below it.
fn help(path: &str) -> Option<String> {
    let mut text = String::from("Examples:\n");
    if let Some(page) = page(path) {
        for (line, what) in page.examples {
            example(&mut text, line, what);
        }
        text += "\nExit codes:\n";
        for (code, meaning) in EXITS.iter().filter(|(code, _)| page.exits.contains(code)) {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {code:<3} {meaning}");
        }
        return Some(text);
    }
    let below: Vec<&Page> =
        all_pages().filter(|p| !path.is_empty() && p.path.starts_with(&format!("{path} "))).collect();
    for (line, what) in below.iter().filter_map(|p| p.examples.first()) {
        example(&mut text, line, what);
    }
    (!below.is_empty()).then_some(text)
}

fn example(text: &mut String, line: &str, what: &str) {
    let _ = writeln!(text, "  {line}\n      {what}");
}

fn root_help() -> String {
    let mut text = String::from("Examples:\n");
    for (line, what) in [
        ("seqctl init && seqctl step add hello -- git --version", "a project with one step"),
        ("seqctl run all", "run everything, in the order of the dependencies"),
        ("seqctl status --watch", "see how it goes"),
        ("seqctl why deploy", "ask what holds a step"),
    ] {
        example(&mut text, line, what);
    }
    text + "\n`seqctl COMMAND --help` tells more about each, with examples, exit codes and options."
}

fn groups(root: &Command) -> String {
    let mut out = String::new();
    for (title, names) in GROUPS {
        let _ = write!(out, "\n{title}:\n");
        for name in *names {
            if let Some(about) = root.find_subcommand(name).and_then(Command::get_about) {
                let about = folded(&about.to_string(), width());
                let _ = writeln!(out, "  {name:<12} {about}");
            }
        }
    }
    out
}

/// The column at which the list of commands says what each is for.
const ABOUT: usize = 15;

/// A text from that column on, its lines broken between words where the terminal is too narrow for it.
fn folded(text: &str, columns: Option<usize>) -> String {
    let room = columns.map_or(usize::MAX, |columns| columns.saturating_sub(ABOUT).max(ABOUT));
    let mut out = String::new();
    let mut taken = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if taken > 0 && taken + length >= room {
            let _ = write!(out, "\n{:ABOUT$}", "");
            taken = 0;
        } else if taken > 0 {
            out.push(' ');
        }
        out += word;
        taken += length + 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::Parser as _;

    use super::*;

    fn leaves(command: &Command, path: &str, out: &mut BTreeSet<String>) {
        for sub in command.get_subcommands().filter(|c| !c.is_hide_set()) {
            let below = if path.is_empty() {
                sub.get_name().to_owned()
            } else {
                format!("{path} {}", sub.get_name())
            };
            if sub.has_subcommands() {
                leaves(sub, &below, out);
            } else {
                out.insert(below);
            }
        }
    }

    #[test]
    fn every_command_has_one_page_and_every_page_a_command() {
        let mut found = BTreeSet::new();
        leaves(&Cli::command(), "", &mut found);
        let pages: BTreeSet<String> = all_pages().map(|p| p.path.to_owned()).collect();
        assert_eq!(pages, found);
        assert_eq!(all_pages().count(), found.len(), "no page twice");
    }

    #[test]
    fn every_command_of_the_first_level_is_in_one_group() {
        let root = Cli::command();
        let shown: Vec<&str> =
            root.get_subcommands().filter(|c| !c.is_hide_set()).map(Command::get_name).collect();
        let mut grouped: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        assert_eq!(grouped.len(), shown.len());
        grouped.retain(|name| !shown.contains(name));
        assert_eq!(grouped, [""; 0]);
    }

    #[test]
    fn every_example_follows_the_grammar() {
        for (line, _) in all_pages().flat_map(|p| p.examples) {
            let line = line.split(" | ").next().unwrap_or_default().split(" > ").next().unwrap_or_default();
            let words = shlex::split(line).unwrap();
            let words = words.iter().skip_while(|w| *w != "seqctl");
            let parsed = Cli::try_parse_from(words);
            assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
        }
    }

    #[test]
    fn help_has_examples_on_every_level() {
        for path in ["", "step", "step add", "run", "audit list"] {
            let mut command = command();
            command.build();
            let mut command = &mut command;
            for word in path.split_whitespace() {
                command = command.find_subcommand_mut(word).unwrap();
            }
            let help = command.render_help().to_string();
            assert!(help.contains("Examples:\n  seqctl "), "{path}: {help}");
        }
    }
}
