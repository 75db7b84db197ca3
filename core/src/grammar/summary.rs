//! The grammar in one line a command, for readers that have to write lines of it.

use std::fmt::Write as _;

use clap::CommandFactory as _;

use super::Control;
use super::fields::{args, find, is_flag, is_list};
use super::line::{about, path};
use super::verb::Line;
use crate::action::Action;

/// Every command whose name is wanted, a line each: `step rm ID [--cascade] …: Remove a step`.
pub fn summary(wanted: impl Fn(&str) -> bool) -> String {
    let root = Line::command();
    let names = Action::NAMES.iter().chain(Control::NAMES);
    let mut out = String::new();
    for name in names.filter(|name| wanted(name)) {
        let words: Vec<&str> = path(name).split('.').collect();
        let Some(definition) = find(&root, &words) else { continue };
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}{}: {}", words.join(" "), usage(definition), about(name));
    }
    out + "undo: Take back the latest change\nredo: Make it again\n"
}

/// What follows the words of a command.
fn usage(definition: &clap::Command) -> String {
    let mut positions = String::new();
    let mut flags = String::new();
    let mut trailing = "";
    for arg in args(definition) {
        let name = arg.get_id().as_str().to_uppercase();
        let more = if is_list(arg) { "…" } else { "" };
        match arg.get_long() {
            _ if arg.is_last_set() => trailing = " [-- PROGRAM ARGUMENT…]",
            Some(long) if is_flag(arg) => flags += &format!(" [--{long}]"),
            Some(long) => flags += &format!(" [--{long} {name}{more}]"),
            None if arg.is_required_set() => positions += &format!(" {name}{more}"),
            None => positions += &format!(" [{name}{more}]"),
        }
    }
    positions + &flags + trailing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_stands_there_with_what_it_takes() {
        let text = summary(|name| !name.starts_with("policy."));
        let line =
            |begin: &str| text.lines().find(|l| l.starts_with(begin)).unwrap_or_else(|| panic!("{text}"));
        assert!(line("step add ").contains("[--depends-on DEPENDS_ON…]"));
        assert!(line("step add ").contains("[-- PROGRAM ARGUMENT…]: Add a step"));
        assert!(line("run all").contains("[--failed]"));
        assert!(!text.contains("policy mode"), "{text}");
        assert!(text.len() < 12_000, "{} bytes", text.len());
    }
}
