//! Why a proposal was not taken, or not applied.

use super::id::NoProposalId;
use super::{MOST_BYTES, MOST_LINES, MOST_WAITING};
use crate::engine::protocol::Fault;
use crate::policy::ConfirmError;
use crate::store::atomic::WriteError;
use crate::workspace::{DoorError, ErrorClass};

/// Why a proposal was not taken, or not applied.
#[derive(Debug, thiserror::Error)]
pub enum ProposalError {
    /// The text is no id.
    #[error(transparent)]
    Id(#[from] NoProposalId),
    /// There is no such proposal.
    #[error("there is no proposal `{0}`")]
    NotFound(String),
    /// The yes does not count.
    #[error(transparent)]
    Confirm(#[from] ConfirmError),
    /// A person said no to it.
    #[error("the proposal was discarded")]
    Discarded,
    /// Nothing was asked for.
    #[error("the proposal holds no line")]
    Empty,
    /// More than one proposal can hold.
    #[error("a proposal holds at most {MOST_LINES} lines and {MOST_BYTES} bytes")]
    TooLarge,
    /// Nobody answers.
    #[error("{MOST_WAITING} proposals wait already; a person has to answer, or they lapse after 5 minutes")]
    TooManyWaiting,
    /// The kept file is not what was written.
    #[error("the proposal `{0}` cannot be read any more")]
    Broken(String),
    /// The door refuses.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// The engine refuses, or cannot be reached.
    #[error("{}", .0.message)]
    Engine(Fault),
    /// It cannot be kept.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Files of proposals cannot be had.
    #[error("cannot use .threados/state/proposals: {0}")]
    Io(#[from] std::io::Error),
}

impl From<&ProposalError> for Fault {
    fn from(error: &ProposalError) -> Self {
        use ErrorClass::{Conflict, Environment, NotFound, Usage};
        let again = "ask for it again; `seqctl proposals` lists what waits";
        let (class, code, hint) = match error {
            ProposalError::Door(error) => return error.into(),
            ProposalError::Engine(fault) => return fault.clone(),
            ProposalError::Id(_) => (Usage, "USAGE", "`seqctl proposals` lists what waits"),
            ProposalError::NotFound(_) => {
                (NotFound, "PROPOSAL_NOT_FOUND", "`seqctl proposals` lists what waits")
            }
            ProposalError::Confirm(error @ ConfirmError::NotAPerson(_)) => {
                (ErrorClass::Denied, error.code(), "do it at a terminal of your own, or in the window")
            }
            ProposalError::Confirm(error) => (Conflict, error.code(), again),
            ProposalError::Discarded => (Conflict, "PROPOSAL_DISCARDED", again),
            ProposalError::Empty => (Usage, "USAGE", "give at least one line, such as `run all`"),
            ProposalError::TooLarge => (Usage, "PROPOSAL_TOO_LARGE", "ask for less at once"),
            ProposalError::TooManyWaiting => (
                Conflict,
                "TOO_MANY_PROPOSALS",
                "`seqctl proposals` lists them, `seqctl confirm ID` says yes",
            ),
            ProposalError::Broken(_) => (Environment, "PROPOSAL_BROKEN", again),
            ProposalError::Write(_) | ProposalError::Io(_) => {
                (Environment, "IO", "look after .threados/state, then ask for it again")
            }
        };
        Self::new(class, code, error.to_string()).hint(hint)
    }
}
