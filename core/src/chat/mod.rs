//! Text in, proposed actions out: a person says what they want, and gets a checked proposal.
//!
//! ```no_run
//! # use threados_core::{chat::{self, Chat, Provider}, model::Actor, workspace::Workspace};
//! # fn f(workspace: &Workspace, engine: &[String]) -> Result<(), chat::ChatError> {
//! let talk = Chat { workspace, engine, provider: Provider::Builtin, actor: Actor::User, hold: false };
//! let mut history = chat::History::default();
//! let response = chat::ask(&talk, "add a verification step after build", &history, &mut chat::Ear { hear: &mut chat::unheard, cancelled: &|| false })?;
//! history.push("add a verification step after build", &response);
//! // response.proposal: what a person confirms by `Proposals::confirm`, `response.confirmations` times.
//! # Ok(()) }
//! ```
//!
//! A provider only turns text into lines of the grammar and a message. The lines are offered as a
//! [proposal](crate::proposal): parsed, rehearsed and judged there, whatever the provider said of them. So a provider can
//! propose and never apply, and the chat holds no rule of its own. [`ask`] may take as long as its provider does: call it
//! from a thread of its own; an [`Ear`] hears text as it comes and can cancel.

mod builtin;
mod echo;
mod model;
mod response;
mod scene;

pub use builtin::{Scene, Understood, understand};
pub use model::ModelError;
pub use response::{ChatResponse, History, Turn};

use crate::model::Actor;
/// Who turns text into lines.
pub use crate::policy::ChatProvider as Provider;
use crate::proposal::{Asker, Context, ProposalError, Proposals, Source};
use crate::workspace::{DoorError, Workspace};

/// Where and for whom is talked.
#[derive(Debug, Clone, Copy)]
pub struct Chat<'a> {
    /// The project.
    pub workspace: &'a Workspace,
    /// A command line that becomes its engine.
    pub engine: &'a [String],
    /// Who turns text into lines.
    pub provider: Provider,
    /// Who talks: a person at a terminal or in the window, or a program.
    pub actor: Actor,
    /// Keep what is proposed for a yes even where POWER would let it through.
    pub hold: bool,
}

/// Hears what a provider says while it says it, and tells it to stop.
pub struct Ear<'a> {
    /// Gets each piece of text.
    pub hear: &'a mut dyn FnMut(&str),
    /// Whether to stop; asked often.
    pub cancelled: &'a dyn Fn() -> bool,
}

/// Hears nothing: `Ear { hear: &mut chat::unheard, cancelled: &|| false }`.
pub fn unheard(_: &str) {}

/// Why nothing could be answered.
#[derive(Debug, thiserror::Error)]
pub enum ChatError {
    /// The project cannot be read.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// What is proposed could not be taken.
    #[error(transparent)]
    Proposal(#[from] ProposalError),
    /// A model gave no answer.
    #[error(transparent)]
    Model(#[from] ModelError),
}

impl From<&ChatError> for crate::engine::protocol::Fault {
    fn from(error: &ChatError) -> Self {
        match error {
            ChatError::Door(error) => error.into(),
            ChatError::Proposal(error) => error.into(),
            ChatError::Model(error) => error.into(),
        }
    }
}

/// Answers a text. What it asks for is offered as a proposal; a question gets its answer; what is not understood is
/// said to be so, and proposes nothing.
///
/// # Errors
/// [`ChatError`].
pub fn ask(
    chat: &Chat<'_>,
    text: &str,
    history: &History,
    ear: &mut Ear<'_>,
) -> Result<ChatResponse, ChatError> {
    ask_and(chat, text, history, ear, &[])
}

/// As [`ask`], and what is proposed ends with these lines (`run all`), unless nothing is.
///
/// # Errors
/// [`ChatError`].
pub fn ask_and(
    chat: &Chat<'_>,
    text: &str,
    history: &History,
    ear: &mut Ear<'_>,
    then: &[&str],
) -> Result<ChatResponse, ChatError> {
    let (mut response, mut lines) = if chat.provider.is_model() {
        let said = model::converse(chat, text, history, ear)?;
        (ChatResponse::of_model(chat.provider, &said), said.lines)
    } else {
        let said = scene::understood(chat, text, history)?;
        let response = ChatResponse::of(chat.provider, &said);
        (ear.hear)(&response.message);
        (response, said.lines)
    };
    if lines.is_empty() {
        return Ok(response);
    }
    if !response.saw_output {
        let snapshot = crate::engine::look(chat.workspace)?;
        response.saw_output = echo::was_printed(chat.workspace, &snapshot.state, text);
    }
    lines.extend(then.iter().map(|line| (*line).to_owned()));
    let context = Context { saw_output: response.saw_output, hold: chat.hold };
    // What a person says in the chat is the person's; a program's door is the API.
    let source = if chat.actor == Actor::User { Source::Chat } else { Source::Http };
    let asker = Asker { actor: chat.actor, source };
    let offered = Proposals::new(chat.workspace, chat.engine).offer(asker, &lines, context)?;
    response.take(offered);
    Ok(response)
}

/// Who answers where nobody is named: `chat.provider` of policy.yaml, else the builtin one.
///
/// # Errors
/// [`ChatError::Door`] where the policy is broken: nobody knows then who was meant.
pub fn default_provider(workspace: &Workspace) -> Result<Provider, ChatError> {
    let policy = workspace.snapshot()?.policy()?;
    Ok(policy.chat.provider)
}

#[cfg(test)]
mod tests;
