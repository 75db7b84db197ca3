//! Finding in the log what undo and redo are about.

use std::path::Path;

use serde_json::Value;

use super::history::{Image, Target};
use super::ledger::{Ledger, step};
use super::request::{Ask, Request};
use super::{Change, DoorError};
use crate::grammar::{Command, parse_line};
use crate::log::{Entries, Entry};
use crate::store::paths::Paths;

/// All changes of the definition, in order; undo and redo themselves are not listed, they show in `undone`.
///
/// # Errors
/// [`DoorError::Log`] where the log cannot be read.
pub fn changes(paths: &Paths) -> Result<Vec<Change>, DoorError> {
    Ok(ledger(paths)?.into_changes())
}

fn ledger(paths: &Paths) -> Result<Ledger, DoorError> {
    let mut ledger = Ledger::default();
    for entry in Entries::all(paths) {
        ledger.take(entry?);
    }
    Ok(ledger)
}

/// What the request would undo or redo; `None` where there is nothing, or nothing of the kind is asked.
pub(super) fn target(paths: &Paths, request: &Request) -> Result<Option<Target>, DoorError> {
    let undo = match request.ask {
        Ask::Actions(_) => return Ok(None),
        Ask::Undo => true,
        Ask::Redo => false,
    };
    let by = request.step.as_ref().map(crate::id::StepId::as_str);
    let ledger = ledger(paths)?;
    let beside = ledger.beside(request.actor, by).filter(|_| undo).cloned();
    let changes = ledger.into_changes();
    let own = changes.iter().filter(|c| c.entry.actor == request.actor && step(&c.entry) == by);
    let found = if undo { own.rev().find(|c| !c.undone) } else { own.into_iter().find(|c| c.undone) };
    match (found, beside) {
        (Some(change), beside) => {
            let mut target = read(&paths.history, &change.entry)?;
            if undo {
                target.stays = uncovered(&change.entry);
            }
            if let Some(since) = beside {
                target.stays.push(format!("this is about `{}`", target.line));
                target.stays.push(stays(&since));
            }
            Ok(Some(target))
        }
        (None, Some(entry)) => {
            let back = back(&entry.action, &entry.target);
            let why = format!("undo takes back changes of the sequence, and there is none; {back}");
            Err(DoorError::CannotUndo { what: "undo", line: super::ledger::line(&entry), why })
        }
        (None, None) => Ok(None),
    }
}

/// What a person should know who did something else since.
fn stays(entry: &Entry) -> String {
    let (line, back) = (super::ledger::line(entry), back(&entry.action, &entry.target));
    format!("`{line}`, which came after it, stays: undo takes back changes of the sequence; {back}")
}

/// What of a change of several actions undo leaves as it is.
fn uncovered(entry: &Entry) -> Vec<String> {
    let lines = entry.payload.get("lines").and_then(Value::as_array);
    let lines = lines.into_iter().flatten().filter_map(Value::as_str);
    let own = lines.filter_map(|line| match parse_line(line) {
        Ok(Command::Change(action)) if BESIDE.contains(&action.name()) => Some((line, action)),
        _ => None,
    });
    own.map(|(line, action)| {
        let back = back(action.name(), &action.target());
        format!("`{line}`, which was part of it, stays: undo takes back changes of the sequence; {back}")
    })
    .collect()
}

/// What changes the policy, or decides about what ran.
const BESIDE: &[&str] = &[
    "policy.allow",
    "policy.deny",
    "policy.mode",
    "gate.approve",
    "gate.block",
    "step.accept",
    "step.reject",
    "sequence.reset",
];

/// How what undo does not cover is taken back.
fn back(action: &str, target: &str) -> String {
    match action {
        "policy.allow" => format!("`seqctl policy deny {target}` takes that back"),
        "policy.deny" => format!("`seqctl policy allow {target}` takes that back"),
        "policy.mode" => "`seqctl policy mode` sets the other mode again".to_owned(),
        _ => "what was decided or happened has its own commands".to_owned(),
    }
}

fn read(history: &Path, entry: &Entry) -> Result<Target, DoorError> {
    let name = entry.payload.get("image").and_then(Value::as_str).unwrap_or_default();
    let path = history.join(crate::id::Digest::from_text(name).as_str());
    let refuse = |why: String| DoorError::CannotUndo { what: "undo", line: super::ledger::line(entry), why };
    let bytes = std::fs::read(&path).map_err(|source| match source.kind() {
        std::io::ErrorKind::PermissionDenied => DoorError::Read { path: path.clone(), source },
        _ => refuse(format!("its before-image is gone: {source}")),
    })?;
    if crate::id::Digest::of([bytes.as_slice()]).as_str() != name {
        return Err(refuse("its before-image in history/ was changed".into()));
    }
    let image: Image = serde_json::from_slice(&bytes)
        .map_err(|e| refuse(format!("its before-image cannot be read: {e}")))?;
    Ok(Target { seq: entry.seq, line: super::ledger::line(entry), image, stays: Vec::new() })
}
