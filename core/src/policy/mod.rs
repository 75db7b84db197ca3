//! What may run, where, how much of it, and what needs a person's yes.

mod check;
mod command;
mod cwd;
mod data;
mod denial;
mod error;
mod forbidden;
mod judge;
mod limits;
mod narrow;
mod platform;
mod shells;
mod site;

pub use data::{Policy, Sandbox};
pub use denial::{Denial, Place, Rule};
pub use error::PolicyError;
pub use judge::{Cleared, Judge};
pub use platform::Folder;
pub use site::Site;
