//! From lines to what they ask for.

use std::io;

use super::ProposalError;
use crate::action::Action;
use crate::engine::protocol::Fault;
use crate::grammar::{Command, Control, parse_line, read_named_files, to_line};
use crate::workspace::{Ask, ErrorClass};

/// What one line asks for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wanted {
    Change(Action),
    Control(Control),
    /// `undo` or `redo`, which stand alone.
    Turn(Ask),
}

impl Wanted {
    /// Parses a line by the grammar of the command line. It may name no file: nobody reads files for an asker.
    pub fn parse(line: &str) -> Result<Self, Fault> {
        let usage = |message: String| Fault::new(ErrorClass::Usage, "USAGE", message);
        match line.trim().strip_prefix("seqctl ").unwrap_or(line).trim() {
            "undo" => return Ok(Self::Turn(Ask::Undo)),
            "redo" => return Ok(Self::Turn(Ask::Redo)),
            _ => {}
        }
        let hint = "`seqctl COMMAND --help` shows how each line is written";
        match parse_line(line).map_err(|e| usage(brief(&e.to_string())).hint(hint))? {
            Command::Change(mut action) => {
                let none = |_: &std::path::Path| Err(io::Error::from(io::ErrorKind::Unsupported));
                read_named_files(&mut action, none).map_err(|(path, _)| {
                    usage(format!("a proposal may name no file, and this one names {}", path.display()))
                        .hint("give the text itself: --prompt-text TEXT")
                })?;
                Ok(Self::Change(action))
            }
            Command::Control(control) => Ok(Self::Control(control)),
        }
    }

    /// Its name, as the log has it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Change(action) => action.name(),
            Self::Control(control) => control.name(),
            Self::Turn(Ask::Redo) => "redo",
            Self::Turn(_) => "undo",
        }
    }

    /// What it is about, for the log.
    pub fn target(&self) -> String {
        match self {
            Self::Change(action) => action.target(),
            Self::Control(control) => control.target(),
            Self::Turn(_) => String::new(),
        }
    }

    /// Its canonical line.
    pub fn line(&self) -> String {
        match self {
            Self::Change(action) => to_line(&Command::Change(action.clone())),
            Self::Control(control) => to_line(&Command::Control(control.clone())),
            Self::Turn(_) => format!("seqctl {}", self.name()),
        }
    }

    /// What it does, in words of the grammar.
    pub fn description(&self) -> String {
        let about = match self {
            Self::Change(_) | Self::Control(_) => crate::grammar::about(self.name()),
            Self::Turn(Ask::Redo) => "Make the change again that was undone last".to_owned(),
            Self::Turn(_) => "Take back the latest change".to_owned(),
        };
        match self.target() {
            none if none.is_empty() => about,
            target => format!("{about}: {target}"),
        }
    }
}

/// What a proposal comes to: its changes as one request, then its controls.
pub(super) fn split(wanted: &[Wanted]) -> (Option<Ask>, Vec<Control>) {
    let mut actions = Vec::new();
    let mut controls = Vec::new();
    for one in wanted {
        match one {
            Wanted::Change(action) => actions.push(action.clone()),
            Wanted::Control(control) => controls.push(control.clone()),
            Wanted::Turn(ask) => return (Some(ask.clone()), controls),
        }
    }
    ((!actions.is_empty()).then_some(Ask::Actions(actions)), controls)
}

/// The lines of a record as what they ask for; they parsed when it was made.
pub(super) fn parse_all(lines: &[&str]) -> Result<Vec<Wanted>, ProposalError> {
    lines.iter().map(|line| Wanted::parse(line).map_err(ProposalError::Engine)).collect()
}

/// The first paragraph of what the grammar says, without its label.
fn brief(text: &str) -> String {
    let first = text.split("\n\n").next().unwrap_or(text);
    first.trim_start_matches("error: ").trim().to_owned()
}
