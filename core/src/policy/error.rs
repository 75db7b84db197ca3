//! Why something was not let through.

use super::{Denial, Rule};

/// Why the policy did not let something through.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PolicyError {
    /// A rule refuses it.
    #[error("{0}")]
    Denied(Box<Denial>),
    /// The program is allowed but not there.
    #[error("there is no program `{name}`: {searched}; {hint}")]
    NoSuchProgram {
        /// As the command names it.
        name: String,
        /// Where it was looked for.
        searched: String,
        /// What to do.
        hint: String,
    },
    /// No command line can be built for a model.
    #[error("model {model} cannot be called: {why}; see `seqctl models list`")]
    CannotCall {
        /// The model.
        model: String,
        /// What is wrong.
        why: String,
    },
    /// The working directory is not there.
    #[error("the working directory `{cwd}` does not exist; create it or correct `cwd`")]
    NoSuchFolder {
        /// As the step names it.
        cwd: String,
    },
    /// The working directory is a file.
    #[error("the working directory `{cwd}` is not a folder; correct `cwd`")]
    NotAFolder {
        /// As the step names it.
        cwd: String,
    },
    /// A file or folder cannot be looked at.
    #[error("`{path}` cannot be read: {reason}")]
    Unreadable {
        /// The file or folder.
        path: String,
        /// What the system said.
        reason: String,
    },
    /// There is nothing to execute.
    #[error("the command is empty; give a program and its arguments")]
    EmptyCommand,
    /// No process can be given this argument.
    #[error("argument {index} of the command holds a NUL byte, which no process can be given")]
    NulByte {
        /// Position in the command, 0 for the program.
        index: usize,
    },
    /// A pattern of the policy is broken, so nothing can be judged.
    #[error("`{pattern}` in {rule}{place} is not a valid pattern: {reason}", place = at_line(.line))]
    BadPattern {
        /// The key that holds it: `forbidden_patterns`, `allowed_cwd` or `redact`.
        rule: String,
        /// As it is written.
        pattern: String,
        /// Line in `policy.yaml`, where known.
        line: Option<u32>,
        /// What is wrong with it.
        reason: String,
    },
}

fn at_line(line: &Option<u32>) -> String {
    line.map(|line| format!(" (.threados/policy.yaml:{line})")).unwrap_or_default()
}

impl PolicyError {
    /// The word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Denied(_) => "POLICY_DENIED",
            Self::NoSuchProgram { .. } => "NO_SUCH_PROGRAM",
            Self::CannotCall { .. } => "CANNOT_CALL",
            Self::NoSuchFolder { .. } | Self::NotAFolder { .. } => "NO_SUCH_FOLDER",
            Self::Unreadable { .. } => "UNREADABLE",
            Self::EmptyCommand => "EMPTY_COMMAND",
            Self::NulByte { .. } => "NUL_BYTE",
            Self::BadPattern { .. } => "POLICY_INVALID",
        }
    }

    /// The refusal, where a rule refused.
    pub fn denial(&self) -> Option<&Denial> {
        match self {
            Self::Denied(denial) => Some(denial),
            _ => None,
        }
    }

    /// The rule that refused, where one did.
    pub fn rule(&self) -> Option<Rule> {
        self.denial().map(|denial| denial.rule)
    }
}

impl From<Denial> for PolicyError {
    fn from(denial: Denial) -> Self {
        Self::Denied(Box::new(denial))
    }
}
