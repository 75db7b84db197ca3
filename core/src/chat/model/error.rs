//! Why a model gave no answer.

use crate::engine::protocol::Fault;
use crate::workspace::ErrorClass;

/// Why a model gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A key of `chat:` in policy.yaml is missing.
    #[error("the provider openai-compatible needs `chat.{0}`, which policy.yaml does not set")]
    NotConfigured(&'static str),
    /// The variable that holds the server's key is not there.
    #[error("the variable {0}, which `chat.key_env` names, is not set")]
    NoKey(String),
    /// The agent's program is not there.
    #[error("the provider {provider} needs the program `{program}`, which is not installed")]
    NotInstalled {
        /// The provider.
        provider: &'static str,
        /// Its program.
        program: String,
        /// The line that installs it.
        install: &'static str,
    },
    /// The policy requires a sandbox for programs, and there is none.
    #[error("the policy requires a sandbox, and none holds the provider here: {0}")]
    Unheld(String),
    /// It ended, or answered, with an error.
    #[error("the provider {provider} failed: {message}")]
    Failed {
        /// The provider.
        provider: &'static str,
        /// What it says.
        message: String,
    },
    /// It took too long.
    #[error("the provider {provider} did not answer within {seconds} seconds, and was given up")]
    TimedOut {
        /// The provider.
        provider: &'static str,
        /// The limit.
        seconds: u64,
    },
    /// Whoever asked does not want to know any more.
    #[error("the question was withdrawn")]
    Cancelled,
}

impl From<&ModelError> for Fault {
    fn from(error: &ModelError) -> Self {
        use ErrorClass::{Conflict, Denied, Environment, Usage};
        let (class, code, hint) = match error {
            ModelError::NotConfigured(_) => {
                let hint = "set it below `chat:` in .threados/policy.yaml; README, Chat, shows how";
                (Usage, "CHAT_NOT_CONFIGURED", hint.to_owned())
            }
            ModelError::NoKey(name) => {
                (Environment, "NO_KEY", format!("export {name}=…, or clear `chat.key_env` in policy.yaml"))
            }
            ModelError::NotInstalled { install, .. } => {
                (Environment, "NO_SUCH_PROGRAM", (*install).to_owned())
            }
            ModelError::Unheld(_) => {
                let hint = "install bubblewrap, or use --provider builtin";
                (Denied, "SANDBOX_REQUIRED", hint.to_owned())
            }
            ModelError::Failed { .. } => {
                (Environment, "PROVIDER_FAILED", "ask again, or use --provider builtin".to_owned())
            }
            ModelError::TimedOut { .. } => {
                (Environment, "PROVIDER_TIMEOUT", "ask again, or use --provider builtin".to_owned())
            }
            ModelError::Cancelled => (Conflict, "CANCELLED", "ask again".to_owned()),
        };
        Self::new(class, code, error.to_string()).hint(hint)
    }
}
