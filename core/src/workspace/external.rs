//! Noticing what hands and other programs did to our files.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use super::commit::outputs;
use super::session::facts;
use super::{DoorError, Session, Snapshot, unified};
use crate::id::{Digest, NodeId};
use crate::log::Draft;
use crate::model::{Actor, Fact, Phase};
use crate::store::atomic;
use crate::store::paths::Paths;
use crate::store::same;
use crate::store::yaml::{self, Document};

/// How the log names an edit made outside.
pub(crate) const EXTERNAL_EDIT: &str = "external.edit";

/// The sequence, as the log names it.
pub(super) const SEQUENCE: &str = "sequence.yaml";

/// The policy, as the log names it.
pub(crate) const POLICY: &str = "policy.yaml";

/// A copy of a file as we knew it last: the old side of the diff of a hand edit.
fn copy(paths: &Paths, file: &str) -> PathBuf {
    paths.state_dir.join(format!("{file}.last"))
}

/// Keeps texts as the ones we know. They are only for diffs, so they need not be durable.
pub(super) fn remember(paths: &Paths, sequence: Option<&str>, policy: Option<&str>) {
    for (file, text) in [(SEQUENCE, sequence), (POLICY, policy)] {
        let Some(text) = text else { continue };
        if let Err(error) = atomic::write_unsynced(&copy(paths, file), text.as_bytes(), atomic::PRIVATE) {
            tracing::warn!(%error, "the copy of {file} could not be written");
        }
    }
}

/// A file as we knew it last.
///
/// # Errors
/// What the system says; where we never knew it, that there is none.
pub(super) fn known_bytes(paths: &Paths, file: &str) -> io::Result<Vec<u8>> {
    std::fs::read(copy(paths, file))
}

/// Its text; `None` where we never knew it.
pub(super) fn known(paths: &Paths, file: &str) -> Option<String> {
    String::from_utf8(known_bytes(paths, file).ok()?).ok()
}

impl super::Workspace {
    /// Whether `sequence.yaml` is, byte for byte, the text that this program wrote last: nobody else edited it.
    pub(crate) fn is_as_written(&self) -> bool {
        self.holds_known(SEQUENCE, &self.paths.sequence).unwrap_or(false)
    }

    /// Has the log told of what a hand has changed, as the next writer would: for who follows the project. Where a file
    /// or our copy of it is gone it is left to that writer, for the project may be on its way to be removed.
    ///
    /// # Errors
    /// [`DoorError`] where the lock or the log cannot be had, or the sequence is invalid.
    pub fn tell_of_hands(&self) -> Result<(), DoorError> {
        let files = [(SEQUENCE, &self.paths.sequence), (POLICY, &self.paths.policy)];
        if files.into_iter().any(|(name, file)| self.holds_known(name, file) == Some(false)) {
            drop(Session::begin(self)?);
        }
        Ok(())
    }

    /// Whether a file is as we knew it last; `None` where it or what we knew cannot be read.
    fn holds_known(&self, name: &str, file: &Path) -> Option<bool> {
        let known = known_bytes(&self.paths, name).ok()?;
        same::holds(file, &known).ok()
    }
}

/// Tells the log of an edit of the definition made outside; puts back outputs that a hand changed.
pub(super) fn sequence_edit(session: &mut Session) -> Result<(), DoorError> {
    let paths = &session.workspace.paths;
    let text = session.snapshot.document.text().clone();
    let edited = session.snapshot.edited_from().cloned();
    if edited.is_none() && session.as_known {
        return Ok(());
    }
    let known = known(paths, SEQUENCE);
    let old = known.as_deref().and_then(|t| yaml::parse(t.as_bytes()).document);
    let put_back = old.map(|old| set_by_hand(&old, &session.snapshot)).unwrap_or_default();
    if edited.is_some() || !put_back.is_empty() {
        let mut draft = edit(session, SEQUENCE).with("put_back", put_back.clone());
        if let Some(before) = edited {
            let after = session.snapshot.revision().clone();
            let diff = known.as_deref().map(|k| unified(k, &text, SEQUENCE)).unwrap_or_default();
            let mut told = gone(&session.snapshot);
            told.push(Fact::Revision(after.clone()));
            draft = draft
                .with("before", before.as_str())
                .with("after", after.as_str())
                .with("diff", diff)
                .with("facts", facts(&told));
        }
        session.append_durable(&[draft])?;
    }
    // After the log, so that a crash in between loses no diff.
    remember(&session.workspace.paths, Some(&text), None);
    if !put_back.is_empty() {
        session.put_back()?;
    }
    session.notes.extend(put_back);
    Ok(())
}

fn edit(session: &Session, file: &str) -> Draft {
    Draft::new(Actor::User, EXTERNAL_EDIT, file).mode(session.mode())
}

/// Steps and gates that a hand has removed: a later one of the same id starts fresh.
fn gone(snapshot: &Snapshot) -> Vec<Fact> {
    let present: HashSet<NodeId> = snapshot.sequence().node_ids().collect();
    let steps = snapshot.state.steps.iter().filter(|(_, known)| known.phase != Phase::Running);
    let steps = steps.map(|(id, _)| NodeId::from(id));
    let ids = steps.chain(snapshot.state.gates.keys().map(NodeId::from));
    let mut ids: Vec<NodeId> = ids.filter(|id| !present.contains(id)).collect();
    ids.sort();
    ids.into_iter().map(Fact::Gone).collect()
}

/// Tells the log of an edit of the policy made outside.
pub(super) fn policy_edit(session: &mut Session) -> Result<(), DoorError> {
    let paths = &session.workspace.paths;
    let digest = session.snapshot.policy.digest();
    let Some(before) = session.snapshot.state.policy.clone().filter(|known| *known != digest) else {
        return Ok(());
    };
    let text = session.snapshot.policy.text.clone();
    let known = known(paths, POLICY).filter(|k| Digest::of([k.as_bytes()]) == before);
    let draft = edit(session, POLICY)
        .with("before", before.as_str())
        .with("after", digest.as_str())
        .with("diff", known.map(|k| unified(&k, &text, POLICY)).unwrap_or_default())
        .with("facts", facts(&[Fact::Policy(digest)]));
    session.append_durable(&[draft])?;
    remember(&session.workspace.paths, None, Some(&text));
    Ok(())
}

/// Outputs that a hand changed to what is not so, each with the command that does it.
fn set_by_hand(old: &Document, now: &Snapshot) -> Vec<String> {
    let (new, truth) = (&now.document, outputs(&now.document, &now.state));
    let mut notes = Vec::new();
    let before: HashMap<_, _> =
        old.sequence().steps.iter().map(|s| s.id.as_str()).zip(&old.written().steps).collect();
    let rows = new.sequence().steps.iter().zip(&new.written().steps).zip(&truth.steps);
    for ((step, found), truth) in rows {
        let (id, then) = (step.id.as_str(), before.get(step.id.as_str()));
        let Some(then) = then.filter(|then| **then != found && found != truth) else { continue };
        match found.status.filter(|status| then.status != Some(*status)) {
            Some(to) => notes.push(format!(
                "the status of `{id}` is output and was put back; use `seqctl step edit {id} --status {to}`"
            )),
            None => notes.push(format!("the status and reason of `{id}` are output and were put back")),
        }
    }
    let before: HashMap<_, _> =
        old.sequence().gates.iter().map(|g| g.id.as_str()).zip(&old.written().gates).collect();
    let rows = new.sequence().gates.iter().zip(&new.written().gates).zip(&truth.gates);
    for ((gate, found), truth) in rows {
        let (id, then) = (gate.id.as_str(), before.get(gate.id.as_str()));
        if then.is_some_and(|then| *then != found && found != truth) {
            notes.push(format!(
                "the decision of gate `{id}` is output and was put back; use `seqctl gate approve {id}` or \
                 `seqctl gate block {id}`"
            ));
        }
    }
    notes
}
