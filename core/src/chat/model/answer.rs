//! What a model answers: one JSON object, of limited size, or nothing at all.

use serde::Deserialize;

use crate::plain::is_seen;

/// Most bytes of an answer; more is not read.
pub(super) const MOST_BYTES: usize = 128 << 10;
/// Most commands of an answer.
pub(super) const MOST_COMMANDS: usize = 40;
/// Most bytes of one command: a prompt may be in it.
const LONGEST_COMMAND: usize = 16 << 10;
/// Most things that a model may ask to see.
const MOST_LOOKS: usize = 8;
/// Most characters of a message that are shown.
const LONGEST_MESSAGE: usize = 8 << 10;

/// An answer that can be used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Answer {
    /// For the person.
    pub message: String,
    /// Lines of the grammar, as they were written; nothing is known of them yet.
    pub commands: Vec<String>,
    /// What the model has to see before it can answer.
    pub look: Vec<String>,
}

/// Why an answer cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadAnswer {
    #[error("it is longer than {MOST_BYTES} bytes")]
    TooLong,
    #[error("it holds no JSON object")]
    NoObject,
    #[error("its JSON is not of the form that was asked for: {0}")]
    Form(String),
    #[error("it holds {0} commands; at most {MOST_COMMANDS} are taken")]
    TooManyCommands(usize),
    #[error("a command of it has {0} bytes; at most {LONGEST_COMMAND} are taken")]
    LongCommand(usize),
    #[error("a command of it holds characters that cannot be seen")]
    Unseen,
}

/// Fields that nobody asked for (what a model says of itself: `destructive`, `confirmed`) are as if they were not there.
#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    commands: Option<Vec<String>>,
    #[serde(default)]
    look: Option<Vec<String>>,
}

impl Answer {
    /// Reads an answer. Models put a fence or some words around it: what counts is the object from the first brace to the
    /// last.
    pub fn read(text: &str) -> Result<Self, BadAnswer> {
        if text.len() > MOST_BYTES {
            return Err(BadAnswer::TooLong);
        }
        let (Some(from), Some(to)) = (text.find('{'), text.rfind('}')) else {
            return Err(BadAnswer::NoObject);
        };
        let object = text.get(from..=to).ok_or(BadAnswer::NoObject)?;
        let said: Said = serde_json::from_str(object).map_err(|e| BadAnswer::Form(e.to_string()))?;
        let answer = Self {
            message: shown(&said.message.unwrap_or_default(), LONGEST_MESSAGE),
            commands: said.commands.unwrap_or_default(),
            look: said.look.unwrap_or_default().into_iter().take(MOST_LOOKS).collect(),
        };
        answer.check().map(|()| answer)
    }

    fn check(&self) -> Result<(), BadAnswer> {
        if self.commands.len() > MOST_COMMANDS {
            return Err(BadAnswer::TooManyCommands(self.commands.len()));
        }
        if let Some(long) = self.commands.iter().find(|line| line.len() > LONGEST_COMMAND) {
            return Err(BadAnswer::LongCommand(long.len()));
        }
        let unseen = |line: &String| line.chars().any(|c| !is_seen(c));
        if self.commands.iter().any(unseen) { Err(BadAnswer::Unseen) } else { Ok(()) }
    }
}

/// A text fit to be shown, at most so long.
pub(super) fn shown(text: &str, most: usize) -> String {
    let mut out: String = text.chars().filter(|c| is_seen(*c)).take(most).collect();
    if text.chars().nth(most).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_found_in_its_fence_and_among_words() {
        for text in [
            r#"{"message":"Done.","commands":["run all"]}"#,
            "```json\n{\"message\": \"Done.\", \"commands\": [\"run all\"], \"look\": null}\n```",
            "Here it is: {\"commands\":[\"run all\"],\"message\":\"Done.\",\"destructive\":false} Good luck!",
        ] {
            let answer = Answer::read(text).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(
                (answer.message.as_str(), &answer.commands[..]),
                ("Done.", &["run all".to_owned()][..])
            );
        }
    }

    #[test]
    fn what_is_malformed_excessive_or_hidden_is_no_answer() {
        let many = format!(r#"{{"commands":[{}]}}"#, vec!["\"run all\""; 41].join(","));
        let long = format!(r#"{{"commands":["step add a --prompt-text {}"]}}"#, "x".repeat(17_000));
        let huge = format!(r#"{{"message":"{}"}}"#, "x".repeat(MOST_BYTES));
        let deep = format!(r#"{{"message":{}1{}}}"#, "[".repeat(5000), "]".repeat(5000));
        for (text, why) in [
            ("I cannot do that.", "no JSON object"),
            ("} {", "no JSON object"),
            (r#"{"commands":"run all"}"#, "not of the form"),
            (r#"{"commands":[{"command":"run all"}]}"#, "not of the form"),
            (r#"{"commands":[],"commands":["run all"]}"#, "not of the form"),
            (r#"{"message":"a"} {"commands":["run all"]}"#, "not of the form"),
            (&many, "41 commands"),
            (&long, "at most 16384"),
            (&huge, "longer than"),
            (&deep, "not of the form"),
            ("{\"commands\":[\"step add a --name \\u001b]0;x\\u0007\"]}", "cannot be seen"),
            ("{\"commands\":[\"run all \\u202e llatoh\"]}", "cannot be seen"),
        ] {
            let error = Answer::read(text).unwrap_err().to_string();
            assert!(error.contains(why), "{why}: {error}");
        }
    }

    #[test]
    fn a_message_is_shown_without_what_steers_a_terminal() {
        assert_eq!(shown("a\u{1b}[2Jb\u{202e}c\u{7}\nd", 100), "a[2Jbc\nd");
        assert_eq!(shown("abcdef", 3), "abc…");
    }
}
