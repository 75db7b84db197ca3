//! How well a step is held.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What holds a step, from the strongest to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Namespaces made by bubblewrap: its own view of files and processes, and of the network where it has none.
    Bubblewrap,
    /// Landlock: grants on the files of the machine.
    Landlock,
    /// The rules of the policy only, which are no boundary.
    #[default]
    None,
}

impl Level {
    /// The word in files and on the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bubblewrap => "bubblewrap",
            Self::Landlock => "landlock",
            Self::None => "none",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The level the steps of a run get, and what it leaves open.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Confinement {
    /// The level.
    pub level: Level,
    /// What a person should know about it; `None` where it holds all it is asked to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<String>,
}

impl fmt::Display for Confinement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.open {
            None => self.level.fmt(f),
            Some(open) => write!(f, "{} ({open})", self.level),
        }
    }
}

/// How the ways out of a level came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// How many were tried.
    pub tried: usize,
    /// Those that got out.
    pub escaped: Vec<String>,
}
