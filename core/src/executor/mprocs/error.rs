//! Why a session cannot be had or used.

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::id::StepId;

/// An error as the keeper of a session says it to who has started it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeeperWord {
    /// The code programs see.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl From<&MprocsError> for KeeperWord {
    fn from(error: &MprocsError) -> Self {
        Self { code: error.code().to_owned(), message: error.to_string(), hint: error.hint().to_owned() }
    }
}

/// Why a session cannot be had or used.
#[derive(Debug, thiserror::Error)]
pub enum MprocsError {
    /// There is no such program.
    #[error("mprocs is not installed: looked at {}", looked.join(", "))]
    Missing {
        /// Where it was looked for.
        looked: Vec<String>,
    },
    /// It is another version than the one the adapter was made for.
    #[error("{} is {found}, and {} is needed", path.display(), super::VERSION)]
    OtherVersion {
        /// The program.
        path: PathBuf,
        /// What it says of itself.
        found: String,
    },
    /// mprocs ended before it had drawn anything.
    #[error("mprocs ended as soon as it was started (exit code {code}): {said}")]
    EndedAtOnce {
        /// Its exit code, which says little: it is 0 for most errors.
        code: i32,
        /// What it printed.
        said: String,
    },
    /// mprocs lives and draws nothing.
    #[error("mprocs draws nothing within {} s: {said}", within.as_secs())]
    Blank {
        /// How long it was waited for.
        within: std::time::Duration,
        /// What it printed.
        said: String,
    },
    /// No session is up.
    #[error("no mprocs session of this project is up{}", why.as_deref().map(|w| format!(": {w}")).unwrap_or_default())]
    NoSession {
        /// What is known of the last one.
        why: Option<String>,
    },
    /// The session has no pane for a step.
    #[error(
        "step `{0}` has no pane in this session: it was added after it was opened, and has not run in it"
    )]
    NoPane(StepId),
    /// The map is of another session, or no map.
    #[error("{} does not fit the session that is up: {why}", path.display())]
    Map {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A name of a key does not parse.
    #[error("`{0}` is no key: write one as a, <C-c>, <Enter>, <Esc>, <Up>, <F5>, <M-x>")]
    Key(String),
    /// The port is taken.
    #[error("port {0} is taken by another program")]
    PortTaken(u16),
    /// What the keeper of a session met.
    #[error("{}", .0.message)]
    Keeper(KeeperWord),
    /// Something else.
    #[error("{0}")]
    Other(String),
    /// The system refused.
    #[error("cannot {what}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

impl MprocsError {
    /// An error of the system, for `map_err`.
    pub(super) fn io<E: Into<io::Error>>(what: &'static str) -> impl FnOnce(E) -> Self {
        move |source| Self::Io { what, source: source.into() }
    }

    /// The code programs see.
    pub fn code(&self) -> &str {
        match self {
            Self::Missing { .. } => "MPROCS_MISSING",
            Self::OtherVersion { .. } => "MPROCS_VERSION",
            Self::EndedAtOnce { .. } | Self::Blank { .. } => "MPROCS_START",
            Self::NoSession { .. } => "MPROCS_NO_SESSION",
            Self::NoPane(_) => "MPROCS_NO_PANE",
            Self::Map { .. } => "MPROCS_MAP",
            Self::Key(_) => "USAGE",
            Self::PortTaken(_) => "MPROCS_PORT_TAKEN",
            Self::Keeper(word) => &word.code,
            Self::Other(_) | Self::Io { .. } => "MPROCS",
        }
    }

    /// What to do.
    pub fn hint(&self) -> &str {
        match self {
            Self::Missing { .. } => {
                "`cargo install mprocs --version 0.9.6 --locked` (or brew, npm, scoop), or name it in \
                 THREADOS_MPROCS_PATH; without it steps run all the same, with --executor direct"
            }
            Self::OtherVersion { .. } => {
                "`cargo install mprocs --version 0.9.6 --locked`, or name that one in THREADOS_MPROCS_PATH"
            }
            Self::EndedAtOnce { .. } | Self::Blank { .. } => {
                "`seqctl doctor` looks at what is installed; a broken ~/.config/mprocs/mprocs.yaml is one cause"
            }
            Self::NoSession { .. } => "`seqctl mprocs open` opens one (--headless: in the background)",
            Self::NoPane(_) => "`seqctl mprocs close`, then `seqctl mprocs open`: every step gets its pane",
            Self::Map { .. } => "`seqctl reconcile` writes it anew",
            Self::Key(_) => "`seqctl mprocs send-key --help` shows more",
            Self::PortTaken(_) => "leave the number out: a free port is chosen",
            Self::Keeper(word) => &word.hint,
            Self::Other(_) | Self::Io { .. } => "`seqctl mprocs status` shows how it stands",
        }
    }
}
