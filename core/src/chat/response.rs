//! What the chat answers.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::model::Said;
use super::{Provider, Understood};
use crate::proposal::{Applied, Offered, ProposalId, ProposedAction, Rejected, Standing};

/// An answer, with what it proposes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChatResponse {
    /// What a person reads.
    pub message: String,
    /// Who answered.
    pub provider: String,
    /// Whether the text was understood; where it was not, nothing is proposed.
    pub understood: bool,
    /// What is proposed, line by line, each with its dry run.
    pub actions: Vec<ProposedAction>,
    /// What was asked for and can not be applied.
    pub rejected: Vec<Rejected>,
    /// What all of it changes in the files, as a unified diff.
    pub sequence_diff: String,
    /// The proposal that waits for a yes, or was applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<ProposalId>,
    /// How the proposal stands; `None` where nothing is proposed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Standing>,
    /// How many yeses of a person it waits for.
    pub confirmations: u8,
    /// When it lapses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lapses_at: Option<DateTime<Utc>>,
    /// What came of it, where POWER let it through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied: Option<Applied>,
    /// What was spoken of: "it" in the next sentence.
    pub focus: Vec<String>,
    /// The provider may have read words of others than the person, such as output of steps: nothing applied by itself.
    #[serde(default)]
    pub saw_output: bool,
}

impl ChatResponse {
    /// The answer to what was understood, before anything is proposed.
    pub(super) fn of(provider: Provider, said: &Understood) -> Self {
        Self {
            message: message(said),
            provider: provider.as_str().to_owned(),
            understood: said.misses.is_empty(),
            actions: Vec::new(),
            rejected: Vec::new(),
            sequence_diff: String::new(),
            proposal: None,
            state: None,
            confirmations: 0,
            lapses_at: None,
            applied: None,
            focus: said.focus.clone(),
            saw_output: false,
        }
    }

    /// The answer of a model, before anything is proposed.
    pub(super) fn of_model(provider: Provider, said: &Said) -> Self {
        let nothing = said.message.trim().is_empty() && said.lines.is_empty();
        Self {
            message: if nothing { "It said nothing.".to_owned() } else { said.message.clone() },
            understood: said.is_answer,
            saw_output: said.saw_output,
            ..Self::of(provider, &Understood::default())
        }
    }

    /// Takes in what became of the proposal.
    pub(super) fn take(&mut self, offered: Offered) {
        let Offered { id, standing, confirmations, lapses_at, actions, rejected, sequence_diff, applied } =
            offered;
        self.proposal = id;
        self.state = Some(standing);
        (self.confirmations, self.lapses_at) = (confirmations, lapses_at);
        (self.actions, self.rejected) = (actions, rejected);
        (self.sequence_diff, self.applied) = (sequence_diff, applied);
    }

    /// Whether a person's yes is waited for.
    pub fn waits(&self) -> bool {
        self.state == Some(Standing::Waiting)
    }
}

fn message(said: &Understood) -> String {
    let mut parts: Vec<String> = said.answers.clone();
    if !said.misses.is_empty() {
        let mut text = String::from("I did not understand all of it, so I propose nothing.");
        for miss in &said.misses {
            text += &format!("\n  {miss}");
        }
        parts.push(text);
    } else if !said.lines.is_empty() {
        let mut text = String::from("I understood:");
        for line in &said.lines {
            text += &format!("\n  {line}");
        }
        parts.push(text);
    }
    parts.extend(said.notes.iter().cloned());
    if parts.is_empty() {
        parts.push("Understood; there is nothing to do.".to_owned());
    }
    parts.join("\n")
}

/// One thing said and the answer to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    /// What the person said.
    pub text: String,
    /// What was answered.
    pub message: String,
    /// What was spoken of.
    #[serde(default)]
    pub focus: Vec<String>,
    /// The answer may rest on words of others than the person.
    #[serde(default)]
    pub saw_output: bool,
}

/// What was said before.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct History(pub Vec<Turn>);

impl History {
    /// Remembers a turn.
    pub fn push(&mut self, text: &str, response: &ChatResponse) {
        let (message, focus) = (response.message.clone(), response.focus.clone());
        let saw_output = response.saw_output;
        self.0.push(Turn { text: text.to_owned(), message, focus, saw_output });
    }

    /// The latest turns, the oldest first.
    pub(super) fn latest(&self, most: usize) -> &[Turn] {
        &self.0[self.0.len().saturating_sub(most)..]
    }

    /// Whether an answer of before may rest on words of others, which a model is told of again.
    pub(super) fn saw_output(&self) -> bool {
        self.0.iter().any(|turn| turn.saw_output)
    }

    /// What was spoken of last.
    pub(super) fn focus(&self) -> &[String] {
        self.0.last().map_or(&[], |turn| &turn.focus)
    }
}
