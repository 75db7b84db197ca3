//! What somebody most likely meant whose line does not parse.

use std::error::Error;
use std::ffi::OsString;
use std::num::ParseIntError;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, CommandFactory as _};

use crate::args::Cli;

/// The line that was meant, where it can be told.
pub fn tip(error: &clap::Error, args: &[OsString]) -> Option<String> {
    let words: Vec<&str> = args.iter().skip(1).map(|word| word.to_str()).collect::<Option<_>>()?;
    let wrong = |kind| match error.get(kind) {
        Some(ContextValue::String(word)) => Some(word.as_str()),
        _ => None,
    };
    match error.kind() {
        ErrorKind::UnknownArgument => {
            let wrong = wrong(ContextKind::InvalidArg)?;
            let at = words.iter().position(|word| *word == wrong)?;
            if wrong.starts_with('-') {
                let flag = words[..at].last()?;
                return takes_value(flag, &words[..at]).then(|| {
                    let value = quoted(&[wrong]);
                    format!("a value that begins with `-` is written with `=`: {flag}={value}")
                });
            }
            let (front, command) = words.split_at(at);
            let adds = front.contains(&"step") && (front.contains(&"add") || front.contains(&"edit"));
            adds.then(|| {
                format!("what a step runs stands after `--`: seqctl {} -- {}", quoted(front), quoted(command))
            })
        }
        ErrorKind::InvalidSubcommand => {
            let wrong = wrong(ContextKind::InvalidSubcommand)?;
            let runs = words.first() == Some(&"run");
            runs.then(|| format!("`seqctl run step {wrong}` runs one step, `seqctl run all` all of them"))
        }
        ErrorKind::ValueValidation => {
            let is_number = error.source().is_some_and(<dyn Error>::is::<ParseIntError>);
            is_number.then(|| "it takes a whole number that is not below 0".to_owned())
        }
        _ => None,
    }
}

/// Whether a word is an option of the command before it, with a value.
fn takes_value(flag: &str, before: &[&str]) -> bool {
    let Some(name) = flag.strip_prefix("--") else { return false };
    let mut command = &Cli::command();
    let is_it = |arg: &Arg| arg.get_long() == Some(name) && arg.get_action().takes_values();
    let global = command.get_arguments().any(is_it);
    for word in before {
        command = command.find_subcommand(word).unwrap_or(command);
    }
    global || command.get_arguments().any(is_it)
}

fn quoted(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| shlex::try_quote(word).unwrap_or_else(|_| (*word).into()).into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}
