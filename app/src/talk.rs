//! What was said in the chat, and what was answered.

use threados_core::chat::ChatResponse;
use threados_core::engine::protocol::Fault;
use threados_core::proposal::ProposalId;

/// A conversation.
#[derive(Debug, Default)]
pub struct Talk {
    /// What was said, the oldest first.
    pub turns: Vec<Turn>,
}

/// One thing said.
#[derive(Debug)]
pub struct Turn {
    /// What the person said.
    pub text: String,
    /// What was heard of the answer so far.
    pub heard: String,
    /// The answer; `None` while it is thought about.
    pub answer: Option<Result<ChatResponse, Fault>>,
}

impl Talk {
    /// Remembers what is said; its number.
    pub fn say(&mut self, text: String) -> usize {
        self.turns.push(Turn { text, heard: String::new(), answer: None });
        self.turns.len() - 1
    }

    /// Takes in a piece of an answer.
    pub fn hear(&mut self, n: usize, piece: &str) {
        if let Some(turn) = self.turns.get_mut(n) {
            turn.heard += piece;
        }
    }

    /// Takes in an answer.
    pub fn answer(&mut self, n: usize, answer: Result<ChatResponse, Fault>) {
        if let Some(turn) = self.turns.get_mut(n) {
            turn.answer = Some(answer);
        }
    }

    /// Whether an answer is still thought about.
    pub fn is_thinking(&self) -> bool {
        self.turns.last().is_some_and(|turn| turn.answer.is_none())
    }
}

impl Turn {
    /// The proposal that the answer made.
    pub fn proposal(&self) -> Option<&ProposalId> {
        self.answer.as_ref()?.as_ref().ok()?.proposal.as_ref()
    }
}
