//! What may run, where, how much of it, and what needs a person's yes.

mod address;
mod chat;
mod check;
mod command;
mod confirm;
mod confirmation;
mod cwd;
mod data;
mod denial;
mod env_names;
mod environment;
mod error;
mod forbidden;
mod judge;
mod limits;
mod looked;
mod narrow;
mod notify;
mod pattern;
mod platform;
pub mod redact;
mod shells;
mod site;
mod starter;

pub use address::host;
pub use chat::{ChatProvider, ChatSettings};
pub use confirm::{Asking, Need, check_actor, check_reader, is_users_alone, not_own};
pub use confirmation::{CONFIRMATION_LIFE, ConfirmError, Confirmation, Progress};
pub use data::{Policy, Sandbox};
pub use denial::{Denial, Place, Rule};
pub use environment::{StepEnv, check_env};
pub use error::PolicyError;
pub use judge::{Cleared, Judge};
pub use looked::Looked;
pub use notify::{Moment, Notify};
pub use pattern::check_pattern;
pub use platform::Folder;
pub use redact::{LogRedactor, Redactor};
pub use site::Site;
pub use starter::starter;

#[cfg(test)]
#[cfg(unix)]
mod hostile;
