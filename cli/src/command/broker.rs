//! Inside a step: what changes anything goes to the engine, which knows whose process we are.

use threados_core::engine::Connection;
use threados_core::engine::protocol::{Changed, ClientMessage, EngineMessage, Wanted};
use threados_core::log::{Cursor, Entries, Entry};
use threados_core::model::Outcome;
use threados_core::workspace::{Ask, Request, Workspace};

use crate::context::Context;
use crate::failure::Failure;
use threados_core::workspace::ErrorClass;

/// How many engines in a row may go away before they answer.
const TRIES: usize = 5;

/// Has a change made by the engine. One that dies meanwhile is asked again, unless the log tells that it was done.
pub fn submit(request: &Request, workspace: &Workspace, context: &Context) -> Result<Changed, Failure> {
    let wanted = match (&request.ask, request.command) {
        (Ask::Actions(_), Some(command)) => Wanted::Made(command, request.lines()),
        (Ask::Actions(_), None) => Wanted::Lines(request.lines()),
        (Ask::Undo, _) => Wanted::Undo,
        (Ask::Redo, _) => Wanted::Redo,
    };
    let since = Cursor::end(&workspace.paths)?.position().seq;
    for _ in 0..TRIES {
        match ask(&ClientMessage::Change { wanted: wanted.clone() }, workspace, context)? {
            Some(EngineMessage::Changed { change }) => return Ok(*change),
            Some(EngineMessage::Refused { fault }) => return Err(fault.into()),
            _ => {}
        }
        if let Some(change) = done(request, workspace, since)? {
            return Ok(change);
        }
    }
    Err(gone())
}

/// Has the engine refuse what no step may do, so that it stands in the log.
pub fn forbidden(action: &str, context: &Context) -> Result<(), Failure> {
    let message = ClientMessage::Forbidden { action: action.to_owned() };
    match ask(&message, &context.workspace()?, context)? {
        Some(EngineMessage::Refused { fault }) => Err(fault.into()),
        _ => Err(gone()),
    }
}

/// What the engine answers, `None` where it went away before.
fn ask(
    message: &ClientMessage,
    workspace: &Workspace,
    context: &Context,
) -> Result<Option<EngineMessage>, Failure> {
    let mut connection = Connection::open(&workspace.paths, &context.engine_argv(workspace)?, &[message])?;
    Ok(connection.hear().ok().flatten())
}

/// The change as the log tells it, where it was made although nobody could tell us.
fn done(request: &Request, workspace: &Workspace, since: u64) -> Result<Option<Changed>, Failure> {
    let lines = serde_json::json!(request.lines());
    for entry in Entries::after(&workspace.paths, since)? {
        let entry = entry?;
        let by = entry.payload.get("by").and_then(|by| by.as_str());
        let ours = by == request.step.as_ref().map(|step| step.as_str());
        if ours && entry.result == Outcome::Success && entry.payload.get("lines") == Some(&lines) {
            return Ok(told(&entry));
        }
    }
    Ok(None)
}

fn told(entry: &Entry) -> Option<Changed> {
    let revision = serde_json::from_value(entry.payload.get("after")?.clone()).ok()?;
    let changed = serde_json::from_value(entry.payload.get("changed")?.clone()).ok()?;
    let notes = vec!["the engine was started again meanwhile; the diff is not known any more".to_owned()];
    Some(Changed { revision, changed, diff: String::new(), seq: entry.seq, notes })
}

fn gone() -> Failure {
    Failure::new(ErrorClass::Environment, "ENGINE", "the engine went away before it answered")
        .hint("`seqctl status` shows how things stand; then repeat the command")
}
