//! What comes to the door.

use crate::action::Action;
use crate::grammar::{Command, to_line};
use crate::id::{Digest, Revision, StepId};
use crate::log::Draft;
use crate::model::Actor;
use crate::policy::Asking;
use serde::{Deserialize, Serialize};

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// These actions, all or none.
    Actions(Vec<Action>),
    /// Take back the actor's latest change.
    Undo,
    /// Make the change again that was undone last.
    Redo,
}

/// Who asks for what, on which revision.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// What is to be done.
    pub ask: Ask,
    /// Who asks.
    pub actor: Actor,
    /// The orchestrator step that asks.
    pub step: Option<StepId>,
    /// The revision it was made for; `None` takes the one in force.
    pub base: Option<Revision>,
    /// The proposal it comes from; `None` for a command.
    pub proposed: Option<Proposed>,
    /// The command that these actions are made by, where it is none of theirs.
    pub command: Option<Maker>,
}

/// A command that makes several actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Maker {
    /// `template apply`.
    Template,
    /// `import`.
    Import,
}

impl Maker {
    /// Its name in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Template => "template.apply",
            Self::Import => "import",
        }
    }
}

/// Where something comes from that was not commanded but proposed: by a program, or in a chat. A program may propose
/// what it may not do; what it asks for needs the yes of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposed {
    /// The proposal.
    pub id: String,
    /// The door it came by: `chat`, `http`, `mcp`.
    pub source: String,
    /// The revision that it was shown for, with the proposal's own changes.
    pub revision: Revision,
    /// What proposed it had read the output of a step.
    pub saw_output: bool,
    /// A person said yes, as often as was needed.
    pub confirmed: bool,
}

impl Proposed {
    /// How the policy is asked about it.
    pub fn asking(&self, actor: Actor) -> Asking {
        Asking { saw_output: self.saw_output, ..Asking::proposal(actor) }
    }

    /// Names the proposal in an entry, and who let it through.
    pub fn sign(&self, draft: Draft) -> Draft {
        let draft = draft.with("proposal", self.id.as_str()).with("source", self.source.as_str());
        if self.confirmed { draft.with("confirmed_by", Actor::User.to_string()) } else { draft }
    }
}

/// A person's yes.
#[derive(Debug, Clone, PartialEq)]
pub enum Consent {
    /// None was given.
    None,
    /// To whatever the request does to the revision read under the lock (`--yes`).
    Standing,
    /// To exactly these actions on exactly this revision.
    Bound {
        /// Digest of the actions.
        actions: Digest,
        /// The revision.
        revision: Revision,
    },
}

impl Request {
    /// A request of the user for these actions.
    pub fn user(actions: Vec<Action>) -> Self {
        let ask = Ask::Actions(actions);
        Self { ask, actor: Actor::User, step: None, base: None, proposed: None, command: None }
    }

    /// The names of what it does, as the log has them.
    pub fn names(&self) -> Vec<&'static str> {
        match &self.ask {
            Ask::Actions(actions) => actions.iter().map(Action::name).collect(),
            Ask::Undo => vec!["undo"],
            Ask::Redo => vec!["redo"],
        }
    }

    /// The one name of its log entry.
    pub fn name(&self) -> &'static str {
        match (self.command, self.names().as_slice()) {
            (Some(command), _) => command.name(),
            (None, [one]) => one,
            (None, _) => "batch",
        }
    }

    /// What it is about.
    pub fn target(&self) -> String {
        match &self.ask {
            Ask::Actions(actions) => actions.iter().map(Action::target).collect::<Vec<_>>().join(","),
            Ask::Undo | Ask::Redo => String::new(),
        }
    }

    /// Names the step or the proposal it comes from in an entry.
    pub(super) fn sign(&self, draft: Draft) -> Draft {
        let draft = match &self.step {
            Some(step) => draft.with("by", step.as_str()),
            None => draft,
        };
        match &self.proposed {
            Some(proposed) => proposed.sign(draft),
            None => draft,
        }
    }

    /// Its canonical lines.
    pub fn lines(&self) -> Vec<String> {
        match &self.ask {
            Ask::Actions(actions) => actions.iter().map(|a| to_line(&Command::Change(a.clone()))).collect(),
            Ask::Undo => vec!["seqctl undo".into()],
            Ask::Redo => vec!["seqctl redo".into()],
        }
    }

    /// Digest of exactly what is to be done, for a confirmation.
    pub fn digest(&self) -> Digest {
        let lines = self.lines().join("\n");
        Digest::of([self.actor.to_string().as_bytes(), b"\n", lines.as_bytes()])
    }
}
