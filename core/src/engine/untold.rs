//! An end that nobody has told the log yet, because no engine lived when it came: told before something is refused for it.

use super::client::Connection;
use super::observe::has_untold_end;
use super::protocol::{ClientMessage, EngineMessage, Fault};
use crate::workspace::{Committed, Consent, DoorError, ErrorClass, Request, Workspace};

/// Has an engine look after steps whose wrapper is gone; `engine` is the command line that becomes one.
///
/// # Errors
/// A [`Fault`] where no engine can be had, or it goes away before it answers.
pub fn reconcile(workspace: &Workspace, engine: &[String]) -> Result<EngineMessage, Fault> {
    // An engine that dies before it answers leaves nothing undone that the next one does not do.
    let once = || -> Result<Option<EngineMessage>, Fault> {
        let mut connection = Connection::open(&workspace.paths, engine, &[&ClientMessage::Reconcile])?;
        loop {
            match connection.hear() {
                Ok(Some(answer @ (EngineMessage::Reconciled { .. } | EngineMessage::Refused { .. }))) => {
                    return Ok(Some(answer));
                }
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => return Ok(None),
            }
        }
    };
    let gone = || Fault::new(ErrorClass::Environment, "ENGINE", "the engine is gone");
    match once()? {
        Some(answer) => Ok(answer),
        None => once()?.ok_or_else(gone),
    }
}

/// Has the log told of steps that have ended, where it does not know of one. Whether there was such an end.
pub fn catch_up(workspace: &Workspace, engine: &[String]) -> bool {
    has_untold_end(workspace) && matches!(reconcile(workspace, engine), Ok(EngineMessage::Reconciled { .. }))
}

/// As [`Workspace::submit`]; what was refused for a step that has ended, while no engine told the log of it, is asked for
/// once more.
///
/// # Errors
/// As [`Workspace::submit`].
pub fn submit(
    workspace: &Workspace,
    engine: &[String],
    request: &Request,
    consent: &Consent,
) -> Result<Committed, DoorError> {
    match workspace.submit(request, consent) {
        Err(error) if error.class() == ErrorClass::Conflict && catch_up(workspace, engine) => {
            workspace.submit(request, consent)
        }
        result => result,
    }
}
