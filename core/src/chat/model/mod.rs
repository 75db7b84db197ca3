//! A model as provider: it gets data and rules, and answers with a message and lines. It holds no right: its lines are
//! offered like anybody's, and what it says of them counts for nothing.

mod agent;
mod answer;
mod data;
mod error;
mod prompt;
mod server;
mod spoken;

use std::time::Duration;

pub use error::ModelError;

use super::{Chat, ChatError, Ear, History};
use crate::engine::protocol::Fault;
use crate::model_cli;
use crate::policy::{ChatProvider, Policy};
use crate::workspace::{Snapshot, Workspace};
use answer::{Answer, shown};
use prompt::Prompt;

/// Longest time for one answer of a model.
const LIMIT: Duration = Duration::from_secs(120);
/// From this length on, a text of a person counts as pasted: then it may hold words of others.
const PASTED: usize = 400;

/// What a model came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Said {
    /// For the person.
    pub message: String,
    /// Lines, as the model wrote them.
    pub lines: Vec<String>,
    /// The answer could be used.
    pub is_answer: bool,
    /// The model may have read words of others than the person: nothing applies by itself then.
    pub saw_output: bool,
}

/// What is asked with.
struct Asked<'a> {
    workspace: &'a Workspace,
    policy: &'a Policy,
    provider: ChatProvider,
    /// Longest time for one answer.
    limit: Duration,
}

/// Asks a model. What cannot be used, and that there was no answer, is told to the log and said to the person.
pub(super) fn converse(
    chat: &Chat<'_>,
    text: &str,
    history: &History,
    ear: &mut Ear<'_>,
) -> Result<Said, ChatError> {
    converse_within(LIMIT, chat, text, history, ear)
}

fn converse_within(
    limit: Duration,
    chat: &Chat<'_>,
    text: &str,
    history: &History,
    ear: &mut Ear<'_>,
) -> Result<Said, ChatError> {
    let snapshot = crate::engine::look(chat.workspace)?;
    let policy = snapshot.policy()?;
    let asked = Asked { workspace: chat.workspace, policy: &policy, provider: chat.provider, limit };
    let mut saw_output = reads_by_itself(chat.provider) || history.saw_output() || is_pasted(text);
    let mut ask = |look: &[String]| {
        let answer = asked.answer(&snapshot, history, text, look, ear);
        answer.inspect_err(|error| asked.silent(chat, error))
    };
    let mut answer = ask(&[])?;
    if let Ok(first) = &answer
        && !first.look.is_empty()
    {
        saw_output = true;
        let look = first.look.clone();
        answer = ask(&look)?;
    }
    Ok(match answer {
        Ok(Answer { message, commands, .. }) => {
            Said { message, lines: commands, is_answer: true, saw_output }
        }
        Err(unusable) => Said { message: asked.unusable(chat, &unusable), saw_output, ..Said::default() },
    })
}

/// An answer that cannot be used: why, and what it said.
struct Unusable {
    why: answer::BadAnswer,
    said: String,
}

impl Asked<'_> {
    /// One question and its answer.
    fn answer(
        &self,
        snapshot: &Snapshot,
        history: &History,
        text: &str,
        look: &[String],
        ear: &mut Ear<'_>,
    ) -> Result<Result<Answer, Unusable>, ModelError> {
        let data = data::data(self.workspace, snapshot, look);
        let prompt = Prompt::new(&data, history, text, !look.is_empty());
        let said = match agent_of(self.provider) {
            Some(agent) => agent::ask(self, agent, self.provider, &prompt.whole(), ear)?,
            None => server::ask(&self.policy.chat, self.limit, &prompt, ear)?,
        };
        Ok(Answer::read(&said).map_err(|why| Unusable { why, said: shown(said.trim(), 500) }))
    }

    /// Tells the log, and gives what the person is told.
    fn unusable(&self, chat: &Chat<'_>, unusable: &Unusable) -> String {
        let Unusable { why, said } = unusable;
        self.record(chat, "BAD_ANSWER", &format!("{why}: {said}"));
        let said = if said.is_empty() { String::new() } else { format!("\nIt said: {said}") };
        format!("The answer of {} cannot be used, so I propose nothing: {why}.{said}", self.provider)
    }

    /// Tells the log that there was no answer. A question that was withdrawn is no failure.
    fn silent(&self, chat: &Chat<'_>, error: &ModelError) {
        if !matches!(error, ModelError::Cancelled) {
            self.record(chat, &Fault::from(error).code, &error.to_string());
        }
    }

    /// One entry, redacted as all of the log is. A process of a step writes nothing to it.
    fn record(&self, chat: &Chat<'_>, code: &str, error: &str) {
        if crate::engine::inside(&self.workspace.paths).is_none() {
            self.workspace.failed(chat.actor, "chat.answer", self.provider.as_str(), code, error);
        }
    }
}

fn agent_of(provider: ChatProvider) -> Option<&'static model_cli::Answering> {
    match provider {
        ChatProvider::Claude => Some(&model_cli::CLAUDE),
        ChatProvider::Codex => Some(&model_cli::CODEX),
        ChatProvider::Gemini => Some(&model_cli::GEMINI),
        ChatProvider::Builtin | ChatProvider::OpenaiCompatible => None,
    }
}

/// It is not known what an agent has read that can look at files by itself.
fn reads_by_itself(provider: ChatProvider) -> bool {
    agent_of(provider).is_some_and(|agent| !agent.reads_nothing)
}

/// A person types a sentence or two; what is longer, or has several lines, may be words of others.
fn is_pasted(text: &str) -> bool {
    text.len() > PASTED || text.trim().lines().count() > 1
}

#[cfg(test)]
mod tests;
