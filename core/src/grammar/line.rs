//! A command as its canonical line, and back.

use std::sync::OnceLock;

use clap::{ArgAction, CommandFactory, Parser};
use serde_json::Value;

use super::Command;
use super::verb::Line;

/// Why a text is not a line of the language.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LineError {
    /// A quote is not closed.
    #[error("a quote is not closed in: {0}")]
    Quote(String),
    /// It does not follow the grammar; the message is the command line's own.
    #[error("{0}")]
    Grammar(String),
}

/// Parses one line, with or without the leading `seqctl`.
///
/// # Errors
/// [`LineError`] where it does not follow the grammar.
pub fn parse_line(line: &str) -> Result<Command, LineError> {
    let words = shlex::split(line).ok_or_else(|| LineError::Quote(line.to_owned()))?;
    let skip = usize::from(words.first().is_some_and(|w| w == "seqctl"));
    let parsed =
        Line::try_parse_from(&words[skip..]).map_err(|e| LineError::Grammar(e.render().to_string()))?;
    Ok(parsed.verb.into())
}

/// The canonical line: `seqctl step add build -- cargo build`.
pub fn to_line(command: &Command) -> String {
    let mut line = String::from("seqctl");
    for word in to_words(command) {
        line.push(' ');
        // A NUL can stand in no command line; it is shown as what it would have to be.
        line.push_str(&shlex::try_quote(&word).unwrap_or_else(|_| word.replace('\0', "\u{2400}").into()));
    }
    line
}

/// What a command of this name in the log does, as its help says it in the first clause: `Add a step`.
pub fn about(name: &str) -> String {
    let mut definition = grammar();
    for word in path(name).split('.') {
        let Some(next) = definition.find_subcommand(word) else { break };
        definition = next;
    }
    let about = definition.get_about().map(ToString::to_string).unwrap_or_default();
    about.split(';').next().unwrap_or_default().to_owned()
}

/// Every command with its options. To build that takes longer than most things that are done with it.
fn grammar() -> &'static clap::Command {
    static GRAMMAR: OnceLock<clap::Command> = OnceLock::new();
    GRAMMAR.get_or_init(Line::command)
}

/// The words of a command by its name in the log, with dots between them: they differ for some.
pub fn path(name: &str) -> &str {
    match name {
        "run.force" => "run.step",
        "sequence.reset" => "reset",
        "step.stop" => "stop",
        "step.restart" => "restart",
        other => other,
    }
}

/// The canonical words, without `seqctl`.
pub fn to_words(command: &Command) -> Vec<String> {
    let (name, fields) = match command {
        Command::Change(action) => (action.name(), action.fields()),
        Command::Control(control) => (control.name(), control.fields()),
    };
    let mut words: Vec<String> = path(name).split('.').map(str::to_owned).collect();
    let mut definition = grammar();
    for word in &words {
        let Some(next) = definition.find_subcommand(word) else { return words };
        definition = next;
    }
    let mut trailing = Vec::new();
    for arg in definition.get_arguments() {
        let Some(value) = fields.get(key(arg.get_id().as_str())) else { continue };
        push(arg, value, &mut words, &mut trailing);
    }
    if !trailing.is_empty() {
        words.push("--".into());
        words.extend(trailing);
    }
    words
}

/// The one field whose name in Rust is not its name in the data.
fn key(arg: &str) -> &str {
    if arg == "kind" { "type" } else { arg }
}

fn push(arg: &clap::Arg, value: &Value, words: &mut Vec<String>, trailing: &mut Vec<String>) {
    let items: Vec<String> = match value {
        Value::Array(items) => items.iter().map(text).collect(),
        other => vec![text(other)],
    };
    if arg.is_last_set() {
        trailing.extend(items);
        return;
    }
    let Some(long) = arg.get_long() else {
        // After `--` it is no flag.
        let (dashed, plain): (Vec<_>, Vec<_>) = items.into_iter().partition(|item| item.starts_with('-'));
        words.extend(plain);
        trailing.extend(dashed);
        return;
    };
    for item in items {
        match (arg.get_action(), item.as_str()) {
            (ArgAction::SetTrue, "true") => words.push(format!("--{long}")),
            (ArgAction::SetTrue, _) => {}
            _ if arg.is_require_equals_set() && item == "true" => words.push(format!("--{long}")),
            _ if arg.is_require_equals_set() || item.starts_with('-') => {
                words.push(format!("--{long}={item}"))
            }
            _ => words.extend([format!("--{long}"), item]),
        }
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(s) => s.clone(),
        other => other.to_string(),
    }
}
