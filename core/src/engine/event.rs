//! Everything that reaches the engine's loop.

use super::broker::Origin;
use super::protocol::{ClientMessage, EngineMessage};
use crate::id::StepId;

/// Which connection.
pub(super) type ClientId = u64;

/// How a look at changed files came out.
pub(super) enum Looked {
    /// The log has been told.
    Told,
    /// Why the sequence cannot be read.
    Faulty(String),
    /// The lock or the log could not be had.
    InVain,
}

/// One thing that happened to the engine.
pub(super) enum Event {
    /// Who a client is, before it says anything.
    Known(ClientId, Origin),
    /// Another user tried to connect.
    Stranger(u32),
    /// A client gets this answer.
    Answer(ClientId, EngineMessage),
    /// A client said something.
    Said(ClientId, ClientMessage),
    /// A client is gone.
    Gone(ClientId),
    /// Appends up to this number are durable.
    Durable(u64),
    /// Appends could not be made durable, and why.
    NotDurable(String),
    /// The wait for the project lock is over.
    Lock,
    /// The wrapper of an adopted step let its lock go.
    Released(StepId),
    /// The statuses stand in `sequence.yaml`.
    Flushed,
    /// The changed files were looked at.
    Looked(Looked),
    /// A message was delivered, or was not.
    Notified {
        /// What it was about.
        about: String,
        /// What went wrong, for each way of telling.
        faults: Vec<String>,
    },
}
