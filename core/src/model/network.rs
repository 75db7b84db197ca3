//! Whether a step has a network.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether steps have a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Network {
    /// As the machine has it: builds and agents need it.
    #[default]
    Allow,
    /// None.
    Deny,
}

impl Network {
    /// The word in files and commands.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }

    /// Whether there is one.
    pub fn is_allowed(self) -> bool {
        self == Self::Allow
    }

    /// What holds where both have a say: a network only where both allow it.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if self.is_allowed() { other } else { self }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Network {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        match s {
            "allow" => Ok(Self::Allow),
            "deny" => Ok(Self::Deny),
            _ => Err(format!("`{s}` is neither `allow` nor `deny`")),
        }
    }
}
