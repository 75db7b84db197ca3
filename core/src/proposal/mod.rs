//! Proposals: what a program or a chat asks for, until a person says yes.
//!
//! Every door for programs (chat, HTTP, MCP) hands in canonical lines and gets an [`Offered`] back:
//!
//! ```no_run
//! # use threados_core::{model::Actor, proposal::*, workspace::Workspace};
//! # fn f(workspace: &Workspace, engine: &[String], lines: &[String]) -> Result<(), ProposalError> {
//! let proposals = Proposals::new(workspace, engine);
//! let asker = Asker { actor: Actor::Orchestrator, source: Source::Mcp };
//! let offered = proposals.offer(asker, lines, Context::default())?;
//! match &offered.standing {
//!     Standing::Waiting => { /* `offered.id` waits for `offered.confirmations` yeses of a person */ }
//!     Standing::Applied => { /* POWER let it through, or a step asked about its own children: `offered.applied` */ }
//!     _ => { /* nothing of it can be applied: `offered.rejected` says why, line by line */ }
//! }
//! # Ok(()) }
//! ```
//!
//! What is shown of each line ([`ProposedAction`]: destructive, reversible, what it would do) is worked out here, never
//! taken from a model. A line that does not parse, validate or pass the policy is in [`Offered::rejected`] and can never be
//! applied. A person confirms by [`Proposals::confirm`] (`seqctl confirm ID`, the window); whoever asks never can:
//! [`Actor::Orchestrator`](crate::model::Actor) and every process of a step are refused.
//!
//! A stored proposal is bound to its exact lines and to the revision it was shown for, lapses after five minutes
//! ([`CONFIRMATION_LIFE`](crate::policy::CONFIRMATION_LIFE)) and is used once: it is marked as used, durably and under the
//! project's lock, before anything of it is done, so that no crash applies it twice. Its changes are one commit; its
//! controls (run, stop, restart) follow through the engine. Everything is in the log with the asker, the proposal and
//! `confirmed_by`.

mod apply;
mod confirm;
mod error;
mod id;
mod offer;
mod record;
mod rehearse;
mod store;
mod wanted;
mod within;

pub use apply::{Applied, ControlDone};
pub use confirm::Confirmed;
pub use error::ProposalError;
pub use id::ProposalId;
pub use offer::{Offered, Rehearsed};
pub use record::{Asker, Context, ProposedAction, Record, Rejected, Source, Standing};

use crate::workspace::Workspace;

/// Most lines of one proposal.
pub const MOST_LINES: usize = 200;
/// Most bytes of the lines of one proposal.
pub const MOST_BYTES: usize = 256 << 10;
/// Most proposals that may wait at once, so that no asker fills the disk.
pub const MOST_WAITING: usize = 100;

/// The proposals of a project.
#[derive(Debug, Clone, Copy)]
pub struct Proposals<'a> {
    workspace: &'a Workspace,
    engine: &'a [String],
}

impl<'a> Proposals<'a> {
    /// Those of this project; `engine` is a command line that becomes its engine, for controls.
    pub fn new(workspace: &'a Workspace, engine: &'a [String]) -> Self {
        Self { workspace, engine }
    }
}

#[cfg(test)]
mod tests;
