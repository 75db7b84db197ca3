//! Noticing what hands and other programs did to our files.

use super::{DoorError, Session, unified};
use crate::log::Draft;
use crate::model::{Actor, Fact};
use crate::store::atomic;
use crate::store::paths::Paths;
use crate::store::yaml::{self, Document};

use super::session::facts;

/// A copy of `sequence.yaml` as we wrote it last: the old side of the diff of a hand edit.
fn copy(paths: &Paths) -> std::path::PathBuf {
    paths.state_dir.join("sequence.last")
}

/// Keeps the text as the one we know. It is only for diffs, so it need not be durable.
pub(super) fn remember(paths: &Paths, text: &str) {
    if let Err(error) = atomic::write_unsynced(&copy(paths), text.as_bytes(), atomic::PRIVATE) {
        tracing::warn!(%error, "the copy of the sequence could not be written");
    }
}

impl super::Workspace {
    /// Whether `sequence.yaml` is, byte for byte, the text that this program wrote last: nobody else edited it.
    pub(crate) fn is_as_written(&self) -> bool {
        let known = std::fs::read(copy(&self.paths));
        known.is_ok_and(|known| std::fs::read(&self.paths.sequence).is_ok_and(|text| text == known))
    }
}

/// The log entries for edits made outside: of the definition, of outputs (which are put back), of the policy.
pub(super) fn notice(session: &mut Session) -> Result<Vec<Draft>, DoorError> {
    let paths = &session.workspace.paths;
    let mut drafts = Vec::new();
    let text = session.snapshot.document.text().clone();
    let known = std::fs::read_to_string(copy(paths)).ok();
    if known.as_deref() == Some(&*text) && session.snapshot.edited_from().is_none() {
        drafts.extend(policy_edit(session));
        return Ok(drafts);
    }
    let old = known.as_deref().and_then(|t| yaml::parse(t.as_bytes()).document);
    let put_back = old.map(|old| set_by_hand(&old, &session.snapshot.document)).unwrap_or_default();
    if let Some(before) = session.snapshot.edited_from() {
        let after = session.snapshot.revision().clone();
        let draft = Draft::new(Actor::User, "external.edit", "sequence.yaml")
            .mode(session.mode())
            .with("before", before.as_str())
            .with("after", after.as_str())
            .with("diff", known.as_deref().map(|k| unified(k, &text, "sequence.yaml")).unwrap_or_default())
            .with("put_back", put_back.clone())
            .with("facts", facts(&[Fact::Revision(after)]));
        drafts.push(draft);
    } else if !put_back.is_empty() {
        let draft = Draft::new(Actor::User, "external.edit", "sequence.yaml")
            .mode(session.mode())
            .with("put_back", put_back.clone());
        drafts.push(draft);
    }
    drafts.extend(policy_edit(session));
    session.notes.extend(put_back);
    remember(&session.workspace.paths, &text);
    Ok(drafts)
}

fn policy_edit(session: &Session) -> Option<Draft> {
    let known = session.snapshot.state.policy.as_ref()?;
    let digest = session.snapshot.policy.digest();
    if *known == digest {
        return None;
    }
    let draft = Draft::new(Actor::User, "external.edit", "policy.yaml")
        .mode(session.mode())
        .with("before", known.as_str())
        .with("after", digest.as_str())
        .with("facts", facts(&[Fact::Policy(digest)]));
    Some(draft)
}

/// Statuses that a hand changed, each with the command that does it.
fn set_by_hand(old: &Document, new: &Document) -> Vec<String> {
    let mut notes = Vec::new();
    let before: std::collections::HashMap<_, _> =
        old.sequence().steps.iter().map(|s| s.id.as_str()).zip(&old.written().steps).collect();
    for (step, now) in new.sequence().steps.iter().zip(&new.written().steps) {
        if let (Some(then), Some(status)) = (before.get(step.id.as_str()), now.status)
            && then.status.is_some()
            && then.status != now.status
        {
            notes.push(format!(
                "the status of `{0}` is output and was put back; use `seqctl step edit {0} --status {status}`",
                step.id
            ));
        }
    }
    let before: std::collections::HashMap<_, _> =
        old.sequence().gates.iter().map(|g| g.id.as_str()).zip(&old.written().gates).collect();
    for (gate, now) in new.sequence().gates.iter().zip(&new.written().gates) {
        if let Some(then) = before.get(gate.id.as_str())
            && then.status.is_some()
            && then.status != now.status
        {
            notes.push(format!(
                "the status of gate `{0}` is output and was put back; use `seqctl gate approve {0}` or `gate block {0}`",
                gate.id
            ));
        }
    }
    notes
}
