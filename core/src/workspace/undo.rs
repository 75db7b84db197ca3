//! Finding in the log what undo and redo are about.

use std::path::Path;

use serde_json::Value;

use super::DoorError;
use super::history::{Image, Target};
use super::request::{Ask, Request};
use super::withdraw::WITHDRAWN;
use crate::log::{Entries, Entry};
use crate::model::Outcome;
use crate::store::paths::Paths;

/// A change of the definition in the log.
#[derive(Debug, Clone)]
pub struct Change {
    /// Its entry.
    pub entry: Entry,
    /// Whether it is undone now.
    pub undone: bool,
    /// The latest undo or redo of it.
    turned_by: Option<u64>,
}

impl Change {
    /// Its line.
    pub fn line(&self) -> String {
        line(&self.entry)
    }
}

/// All changes of the definition, in order; undo and redo themselves are not listed, they show in `undone`.
///
/// # Errors
/// [`DoorError::Log`] where the log cannot be read.
pub fn changes(paths: &Paths) -> Result<Vec<Change>, DoorError> {
    let mut changes: Vec<Change> = Vec::new();
    for entry in Entries::all(paths) {
        let entry = entry?;
        let about = entry.payload.get("about").and_then(Value::as_u64);
        let withdrawn = entry.action == WITHDRAWN;
        if entry.result != Outcome::Success || !(withdrawn || entry.payload.contains_key("image")) {
            continue;
        }
        match (entry.action.as_str(), about) {
            (way @ ("undo" | "redo"), Some(seq)) => {
                if let Some(change) = changes.iter_mut().find(|c| c.entry.seq == seq) {
                    (change.undone, change.turned_by) = (way == "undo", Some(entry.seq));
                }
            }
            (WITHDRAWN, Some(seq)) => withdraw(&mut changes, seq),
            _ => {
                let fresh = Change { entry, undone: false, turned_by: None };
                forget_undone(&mut changes, &fresh.entry);
                changes.push(fresh);
            }
        }
    }
    Ok(changes)
}

/// A change, or the undo or redo of one, that was not made after all.
fn withdraw(changes: &mut Vec<Change>, seq: u64) {
    changes.retain(|c| c.entry.seq != seq);
    for change in changes.iter_mut().filter(|c| c.turned_by == Some(seq)) {
        (change.undone, change.turned_by) = (!change.undone, None);
    }
}

/// A new change ends what could be redone: the undone ones of this hand count as never made.
fn forget_undone(changes: &mut Vec<Change>, fresh: &Entry) {
    changes.retain(|c| !(c.undone && c.entry.actor == fresh.actor && step(&c.entry) == step(fresh)));
}

/// The orchestrator that made a change: each undoes its own.
fn step(entry: &Entry) -> Option<&str> {
    entry.payload.get("by").and_then(Value::as_str)
}

/// What the request would undo or redo; `None` where there is nothing, or nothing of the kind is asked.
pub(super) fn target(paths: &Paths, request: &Request) -> Result<Option<Target>, DoorError> {
    let undo = match request.ask {
        Ask::Actions(_) => return Ok(None),
        Ask::Undo => true,
        Ask::Redo => false,
    };
    let changes = changes(paths)?;
    let by = request.step.as_ref().map(crate::id::StepId::as_str);
    let own = changes.iter().filter(|c| c.entry.actor == request.actor && step(&c.entry) == by);
    let found = if undo { own.rev().find(|c| !c.undone) } else { own.into_iter().find(|c| c.undone) };
    found.map(|change| read(&paths.history, &change.entry)).transpose()
}

fn read(history: &Path, entry: &Entry) -> Result<Target, DoorError> {
    let name = entry.payload.get("image").and_then(Value::as_str).unwrap_or_default();
    let path = history.join(crate::id::Digest::from_text(name).as_str());
    let refuse = |why: String| DoorError::CannotUndo { what: "undo", line: line(entry), why };
    let bytes = std::fs::read(&path).map_err(|source| match source.kind() {
        std::io::ErrorKind::PermissionDenied => DoorError::Read { path: path.clone(), source },
        _ => refuse(format!("its before-image is gone: {source}")),
    })?;
    if crate::id::Digest::of([bytes.as_slice()]).as_str() != name {
        return Err(refuse("its before-image in history/ was changed".into()));
    }
    let image: Image = serde_json::from_slice(&bytes)
        .map_err(|e| refuse(format!("its before-image cannot be read: {e}")))?;
    Ok(Target { seq: entry.seq, line: line(entry), image })
}

fn line(entry: &Entry) -> String {
    let lines = entry.payload.get("lines").and_then(Value::as_array);
    let lines: Vec<&str> = lines.into_iter().flatten().filter_map(Value::as_str).collect();
    if lines.is_empty() { entry.action.clone() } else { lines.join("; ") }
}
