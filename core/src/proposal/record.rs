//! A proposal as it is kept and shown.

use std::fmt;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Applied, ProposalId};
use crate::engine::protocol::Fault;
use crate::id::Revision;
use crate::model::Actor;
use crate::policy::{CONFIRMATION_LIFE, Confirmation};

/// The door a proposal came by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A sentence, understood by a provider.
    Chat,
    /// `POST /api/actions/*` and `/api/chat`.
    Http,
    /// A tool of the Model Context Protocol.
    Mcp,
}

impl Source {
    /// The word in files and in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Http => "http",
            Self::Mcp => "mcp",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Who proposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    /// On whose behalf: the user for what a person said in the chat, else the orchestrator.
    pub actor: Actor,
    /// By which door.
    pub source: Source,
}

/// On what grounds something is proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Context {
    /// The asker had read output of a step, which may have told it what to ask for: nothing applies by itself then.
    pub saw_output: bool,
    /// Keep it for a person's yes even where POWER would let it through: the asker was told to ask.
    pub hold: bool,
}

/// One line of a proposal that can be applied, with what ThreadOS itself found out about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProposedAction {
    /// `1`, `2`, …: its place among the lines that were asked for.
    pub id: String,
    /// Its canonical line: `seqctl step add verify --depends-on build -- make check`.
    pub command: String,
    /// What it does, in words.
    pub description: String,
    /// It destroys work or changes what is allowed, or `confirmation_required` of the policy names it.
    pub destructive: bool,
    /// `undo` brings back all that it changes.
    pub reversible: bool,
    /// What it would do: a unified diff, or a sentence.
    pub dry_run_result: String,
}

/// What begins a remark on a dry run, on a line of its own.
pub(super) const NOTE: &str = "note: ";

impl ProposedAction {
    /// What the dry run remarks beside the changes: that a command is lost, say. No line of a diff begins so.
    pub fn notes(&self) -> impl Iterator<Item = &str> {
        self.dry_run_result.lines().filter_map(|line| line.strip_prefix(NOTE))
    }
}

/// One line that can never be applied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rejected {
    /// Its place among the lines that were asked for, from 1.
    pub id: String,
    /// The line, as it was asked for.
    pub command: String,
    /// Why not.
    pub error: Fault,
}

/// How a proposal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// A person's yes is waited for.
    Waiting,
    /// It is applied.
    Applied,
    /// It was confirmed, and could not be applied; it is used up.
    Failed,
    /// It was confirmed; how it went on is not known, for something ended in the midst of it. The log tells.
    Used,
    /// A person said no.
    Discarded,
    /// Nobody answered in time.
    Lapsed,
    /// Nothing of it could be applied.
    Rejected,
}

impl Standing {
    /// The word in JSON and on the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Applied => "applied",
            Self::Failed => "failed",
            Self::Used => "used",
            Self::Discarded => "discarded",
            Self::Lapsed => "lapsed",
            Self::Rejected => "rejected",
        }
    }
}

/// A proposal that is kept for a person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its id.
    pub id: ProposalId,
    /// Who asks.
    pub asker: Asker,
    /// On what grounds.
    pub context: Context,
    /// What it would do, line by line.
    pub actions: Vec<ProposedAction>,
    /// What was asked for with it and cannot be applied.
    pub rejected: Vec<Rejected>,
    /// What all of it would change in the files, as a unified diff.
    pub sequence_diff: String,
    /// The exact lines and the revision that a yes is bound to, and how many were given.
    pub confirmation: Confirmation,
    /// A person said no.
    #[serde(default)]
    pub discarded: bool,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applied: Option<Applied>,
    /// Why nothing came of it, although it was confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<Fault>,
}

impl Record {
    /// How it stands at this time.
    pub fn standing(&self, now: DateTime<Utc>) -> Standing {
        match (&self.applied, &self.failed) {
            (Some(_), _) => Standing::Applied,
            (None, Some(_)) => Standing::Failed,
            _ if self.confirmation.used => Standing::Used,
            _ if self.discarded => Standing::Discarded,
            _ if self.confirmation.is_lapsed(now) => Standing::Lapsed,
            _ => Standing::Waiting,
        }
    }

    /// How many yeses are still missing.
    pub fn confirmations(&self) -> u8 {
        self.confirmation.need.count().saturating_sub(self.confirmation.given)
    }

    /// When it lapses.
    pub fn lapses_at(&self) -> DateTime<Utc> {
        self.confirmation.shown_at + CONFIRMATION_LIFE
    }

    /// The revision it was shown for.
    pub fn revision(&self) -> &Revision {
        &self.confirmation.revision
    }

    /// Its shape in JSON, for every face.
    pub fn shown(&self, now: DateTime<Utc>) -> Value {
        let standing = self.standing(now);
        let mut out = json!({
            "id": self.id,
            "state": standing,
            "actor": self.asker.actor,
            "source": self.asker.source,
            "saw_output": self.context.saw_output,
            "confirmations": if standing == Standing::Waiting { self.confirmations() } else { 0 },
            "revision": self.revision(),
            "created_at": self.confirmation.shown_at,
            "lapses_at": self.lapses_at(),
            "actions": self.actions,
            "rejected": self.rejected,
            "sequence_diff": self.sequence_diff,
        });
        if let Some(applied) = &self.applied {
            out["applied"] = json!(applied);
        }
        if let Some(failed) = &self.failed {
            out["error"] = json!(failed);
        }
        out
    }

    /// Its canonical lines.
    pub fn lines(&self) -> Vec<&str> {
        self.actions.iter().map(|a| a.command.as_str()).collect()
    }
}
