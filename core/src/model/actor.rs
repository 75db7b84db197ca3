//! Who asks for an action, in which mode, and how it came out.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who asks for an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Actor {
    /// A person at the terminal or the window.
    User,
    /// A program: an orchestrator step, an LLM, a client of a door for programs.
    Orchestrator,
    /// ThreadOS itself: the engine, recovery, reconciliation.
    System,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::User => "user",
            Self::Orchestrator => "orchestrator",
            Self::System => "system",
        })
    }
}

/// How much the policy lets pass without a person's yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum Mode {
    /// Destructive actions need an explicit yes.
    #[default]
    Safe,
    /// Only what `confirmation_required` names needs one.
    Power,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Safe => "SAFE",
            Self::Power => "POWER",
        })
    }
}

/// How an audited attempt came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It holds.
    Success,
    /// The policy, or a missing confirmation, refused it.
    Denied,
    /// It was refused or failed for another reason.
    Error,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Success => "success",
            Self::Denied => "denied",
            Self::Error => "error",
        })
    }
}
