//! Why a door stayed shut: one error for everything a face has to explain.

use std::io;
use std::path::{Path, PathBuf};

use crate::action::ActionError;
use crate::id::{Digest, Revision};
use crate::log::LogError;
use crate::model::Problem;
use crate::policy::{Denial, PolicyError};
use crate::store::atomic::WriteError;
use crate::store::hint_of_io;
use crate::store::lock::LockError;
use crate::store::paths::{PathsError, THREADOS};
use crate::thread_template::TemplateError;

/// What kind of failure it is: the exit code of the command line, the status of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// It ran, and something failed.
    Failed = 1,
    /// Wrong usage.
    Usage = 2,
    /// A file is invalid.
    Invalid = 3,
    /// Not found.
    NotFound = 4,
    /// Denied by the policy.
    Denied = 5,
    /// A person has to confirm.
    Confirm = 6,
    /// In conflict with the present state.
    Conflict = 7,
    /// The environment failed.
    Environment = 8,
}

/// What a person is asked to confirm: these actions on this revision, once, for five minutes.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The action that needs the yes.
    pub action: String,
    /// Digest of the exact actions.
    pub actions: Digest,
    /// The revision they were shown for.
    pub revision: Revision,
    /// What would change, as a person reads it.
    pub summary: String,
}

impl Asked {
    /// What is asked for as it is typed.
    fn lines(&self) -> String {
        let mut lines = self.summary.lines();
        let first = brief(lines.next().unwrap_or(&self.action));
        match lines.count() {
            0 => first,
            more => format!("{first} with {more} more"),
        }
    }
}

/// A command line as a sentence names it; a long one may hold a whole prompt.
pub(crate) fn brief(line: &str) -> String {
    let mut shown: String = line.chars().take(LONGEST_LINE).collect();
    if shown.len() < line.len() {
        shown.push('…');
    }
    format!("`{shown}`")
}

/// Most letters of a command line that a sentence names.
const LONGEST_LINE: usize = 120;

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// The action cannot be applied.
    #[error(transparent)]
    Action(#[from] ActionError),
    /// A template makes nothing.
    #[error(transparent)]
    Template(Box<TemplateError>),
    /// The policy refuses.
    #[error("{} (rule {}, {})", .0.message, .0.rule, .0.place)]
    Denied(Box<Denial>),
    /// What is to be executed cannot be judged or found.
    #[error(transparent)]
    Policy(PolicyError),
    /// A person has to confirm.
    #[error("{} needs your yes", .0.lines())]
    Confirm(Box<Asked>),
    /// A file is invalid.
    #[error("{} is not valid: {}", file.display(), list(problems))]
    InvalidFile {
        /// The file, relative to the root.
        file: PathBuf,
        /// Every fault.
        problems: Vec<Problem>,
    },
    /// The policy is broken, so nothing is allowed.
    #[error("nothing is allowed while .threados/policy.yaml is not valid: {}", list(.0))]
    BrokenPolicy(Vec<Problem>),
    /// The sequence is not the one the request was made for.
    #[error("the sequence has changed since: it is at revision {}, not {}", now.short(), asked.short())]
    Stale {
        /// The revision the request names.
        asked: Revision,
        /// The revision in force.
        now: Revision,
    },
    /// Nothing to undo or redo.
    #[error("there is nothing to {0}")]
    NothingTo(&'static str),
    /// What is to be undone has changed since.
    #[error("cannot {what} `{line}`: {why}")]
    CannotUndo {
        /// `undo` or `redo`.
        what: &'static str,
        /// The change.
        line: String,
        /// Why.
        why: String,
    },
    /// The folder is a project already.
    #[error("{} is a ThreadOS project already", .0.display())]
    Exists(PathBuf),
    /// The lock could not be had.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The log could not be read or written.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A file could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The project could not be found or opened.
    #[error(transparent)]
    Paths(#[from] PathsError),
    /// A file or folder could not be removed.
    #[error("cannot remove {}: {source}", path.display())]
    Remove {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl From<TemplateError> for DoorError {
    fn from(error: TemplateError) -> Self {
        Self::Template(Box::new(error))
    }
}

impl From<PolicyError> for DoorError {
    fn from(error: PolicyError) -> Self {
        match error {
            PolicyError::Denied(denial) => Self::Denied(denial),
            other => Self::Policy(other),
        }
    }
}

impl From<Denial> for DoorError {
    fn from(denial: Denial) -> Self {
        Self::Denied(Box::new(denial))
    }
}

impl DoorError {
    /// What kind of failure it is.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Action(e) => action_class(e),
            Self::Template(e) => template_class(e),
            Self::Denied(_) | Self::BrokenPolicy(_) => ErrorClass::Denied,
            Self::Policy(_) => ErrorClass::Environment,
            Self::Confirm(_) => ErrorClass::Confirm,
            Self::InvalidFile { .. } => ErrorClass::Invalid,
            Self::Stale { .. } | Self::NothingTo(_) | Self::CannotUndo { .. } | Self::Exists(_) => {
                ErrorClass::Conflict
            }
            Self::Paths(PathsError::NotFound { .. }) => ErrorClass::NotFound,
            Self::Lock(_) | Self::Log(_) | Self::Write(_) | Self::Paths(_) => ErrorClass::Environment,
            Self::Read { .. } | Self::Remove { .. } => ErrorClass::Environment,
        }
    }

    /// The code programs see.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Action(e) => e.code(),
            Self::Template(e) => e.code(),
            Self::Denied(_) => "POLICY_DENIED",
            Self::Policy(e) => e.code(),
            Self::Confirm(_) => "CONFIRMATION_NEEDED",
            Self::InvalidFile { .. } => "INVALID_FILE",
            Self::BrokenPolicy(_) => "BROKEN_POLICY",
            Self::Stale { .. } => "STALE_REVISION",
            Self::NothingTo(_) => "NOTHING_TO_UNDO",
            Self::CannotUndo { .. } => "CANNOT_UNDO",
            Self::Exists(_) => "PROJECT_EXISTS",
            Self::Lock(LockError::Timeout { .. }) => "LOCK_TIMEOUT",
            Self::Paths(PathsError::NotFound { .. }) => "NO_PROJECT",
            Self::Paths(PathsError::Symlink { .. }) => "SYMLINKED_PROJECT",
            Self::Lock(_) | Self::Log(_) | Self::Write(_) | Self::Paths(_) => "IO",
            Self::Read { .. } | Self::Remove { .. } => "IO",
        }
    }

    /// What the person can do about it.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Action(e) => return e.hint(),
            Self::Template(e) => e.hint(),
            Self::Denied(d) => return d.hint.clone(),
            Self::Policy(_) => return None,
            Self::Confirm(_) => {
                "add --yes to confirm it, or run it at a terminal and answer the question".into()
            }
            // `validate` looks at the files of the project, not at one that is imported.
            Self::InvalidFile { file, .. } if !file.starts_with(THREADOS) => {
                "mend the file, then repeat the command; nothing was changed".into()
            }
            Self::InvalidFile { .. } => {
                "mend the file; `seqctl validate` shows every fault with its place".into()
            }
            Self::BrokenPolicy(_) => {
                "mend .threados/policy.yaml; `seqctl policy check` tells when it is good".into()
            }
            Self::Read { path, source } if source.kind() == io::ErrorKind::NotFound && is_sequence(path) => {
                "put it back, or let `seqctl init` write one without steps".into()
            }
            Self::Stale { .. } => "look at the sequence again, then repeat the command".into(),
            Self::NothingTo(_) => "`seqctl history` shows what was changed".into(),
            Self::CannotUndo { .. } => "`seqctl history` shows what was changed, and by whom".into(),
            Self::Exists(_) => "`seqctl status` shows it".into(),
            Self::Lock(LockError::Timeout { .. }) => {
                "another process is writing; try again, or wait longer with --lock-timeout MS".into()
            }
            Self::Paths(PathsError::NotFound { .. }) => {
                "`seqctl init` makes one here; --root DIR names one elsewhere".into()
            }
            Self::Paths(PathsError::Io { source, .. }) if is_no_folder(source) => {
                "--root names the folder of a project: one that is there, or make it first with `mkdir`"
                    .into()
            }
            Self::Write(error) => return error.hint().map(str::to_owned),
            other => return refused_by_system(other).map(str::to_owned),
        })
    }
}

fn is_no_folder(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn is_sequence(path: &Path) -> bool {
    path.ends_with(Path::new(THREADOS).join("sequence.yaml"))
}

fn refused_by_system(error: &DoorError) -> Option<&'static str> {
    let first: Option<&(dyn std::error::Error + 'static)> = Some(error);
    let mut chain = std::iter::successors(first, |error| error.source());
    chain.find_map(|error| hint_of_io(error.downcast_ref::<io::Error>()?))
}

fn action_class(error: &ActionError) -> ErrorClass {
    match error {
        ActionError::NotFound { .. } => ErrorClass::NotFound,
        ActionError::Usage(_) | ActionError::Id(_) => ErrorClass::Usage,
        ActionError::UserOnly(_) => ErrorClass::Denied,
        ActionError::Invalid(problems) if problems.iter().all(|p| p.code == "DEPENDENCY_CYCLE") => {
            ErrorClass::Conflict
        }
        ActionError::Invalid(_) => ErrorClass::Usage,
        _ => ErrorClass::Conflict,
    }
}

fn template_class(error: &TemplateError) -> ErrorClass {
    match error {
        TemplateError::NotFound { .. } => ErrorClass::NotFound,
        TemplateError::UnknownParameter { .. }
        | TemplateError::BadValue { .. }
        | TemplateError::Missing { .. } => ErrorClass::Usage,
        TemplateError::Render { .. } | TemplateError::Line { .. } | TemplateError::NotAdding { .. } => {
            ErrorClass::Invalid
        }
        TemplateError::FixedId { .. } => ErrorClass::Conflict,
    }
}

fn list(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
