//! What somebody most likely meant whose line does not parse.

use std::error::Error;
use std::ffi::OsString;
use std::num::ParseIntError;

use clap::error::{ContextKind, ContextValue, ErrorKind};

/// The line that was meant, where it can be told.
pub fn tip(error: &clap::Error, args: &[OsString]) -> Option<String> {
    let words: Vec<&str> = args.iter().skip(1).map(|word| word.to_str()).collect::<Option<_>>()?;
    let wrong = |kind| match error.get(kind) {
        Some(ContextValue::String(word)) => Some(word.as_str()),
        _ => None,
    };
    match error.kind() {
        ErrorKind::UnknownArgument => {
            let wrong = wrong(ContextKind::InvalidArg).filter(|word| !word.starts_with('-'))?;
            let at = words.iter().position(|word| *word == wrong)?;
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

fn quoted(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| shlex::try_quote(word).unwrap_or_else(|_| (*word).into()).into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}
