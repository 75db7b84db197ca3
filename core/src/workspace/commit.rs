//! The commit protocol: stage, one line in the log, rename, acknowledge.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::flush::save_checkpoint;
use super::session::{facts, lines};
use super::staging::{FileChange, Published, Staging};
use super::{Committed, DoorError, Image, Proposal, Session, Snapshot, external, withdraw};
use crate::dag::Statuses;
use crate::id::{Digest, Revision};
use crate::join::join;
use crate::log::{Draft, Entry};
use crate::model::{Fact, State};
use crate::store::yaml::{self, Document, LONG, Text, Written};
use crate::store::{atomic, paths};

/// What a try to make a proposal true came to.
pub(super) enum Tried {
    /// It is true and durable.
    Done(Box<Committed>),
    /// A file was edited by hand meanwhile: nothing has changed, and the request is to be proposed anew.
    Moved,
}

/// What stands ready beside the staged files.
enum Kept {
    /// A file is not what was read.
    Moved,
    /// Everything is; the image for undo by its digest, where a definition changes.
    Image(Option<Digest>),
}

/// What the sequence becomes.
struct Next {
    /// Its text and the digest of that, `None` where it stays as it is.
    text: Option<(Text, Digest)>,
    revision: Revision,
}

impl Next {
    /// The proposed text with the statuses that hold after the change.
    fn of(snapshot: &Snapshot, proposal: &Proposal) -> Self {
        let Some(document) = &proposal.document else {
            return Self { text: None, revision: snapshot.revision().clone() };
        };
        let mut state = Cow::Borrowed(&snapshot.state);
        for fact in &proposal.facts {
            state.to_mut().take(fact.clone(), chrono::Utc::now());
        }
        let text = || {
            let statuses = Statuses::of_graph(Arc::clone(&proposal.dag), &state);
            let outputs = outputs_of(document, &state, statuses);
            (outputs != *document.written()).then(|| {
                let text = Text::new(write_outputs(document, outputs));
                let digest = Digest::of([text.as_bytes()]);
                (text, digest)
            })
        };
        // Statuses are no part of the definition: the revision is that of the proposed text. Most changes change none,
        // and in a long file the digest of the text as it was proposed is at hand when that is known.
        let long = document.text().len() >= LONG;
        let digest = || long.then(|| document.digest());
        let (revision, (_, text)) = join(long, || document.revision(), || join(long, digest, text));
        let text = text.unwrap_or_else(|| (document.text().clone(), document.digest()));
        Self { text: Some(text), revision }
    }

    fn text(&self) -> Option<&str> {
        self.text.as_ref().map(|(text, _)| text.as_str())
    }
}

impl<'w> Session<'w> {
    /// Makes a proposal true.
    pub(super) fn commit(&mut self, mut proposal: Proposal) -> Result<Tried, DoorError> {
        let next = Next::of(&self.snapshot, &proposal);
        let told = told(&proposal, &next);
        let staging = self.staging(&next, &proposal);
        let (text, policy) = (next.text(), proposal.policy_text.as_deref());
        let long = text.is_some_and(|text| text.len() >= LONG);
        let texts = texts(&next, &proposal);
        // Both wait for the disk, the first one longer.
        let kept = || {
            let kept = self.keep(&staging, proposal.image.as_ref());
            (kept, self.draft(&next, &proposal, &told))
        };
        let (staged, (kept, draft)) = join(long, || staging.write(&texts), kept);
        staged?;
        let paths = &self.workspace.paths;
        let remember = || external::remember(paths, text, policy);
        let written = match kept {
            Ok(Kept::Moved) => Ok(None),
            Ok(Kept::Image(image)) => self.write(&staging, draft, &told, image.as_ref(), remember),
            Err(error) => Err(error),
        };
        staging.clear();
        if matches!(written, Ok(Some(_))) {
            self.trim_log();
        }
        let Some(entry) = written? else { return Ok(Tried::Moved) };
        let mut notes = std::mem::take(&mut self.notes);
        notes.append(&mut proposal.notes);
        let changed = std::mem::take(&mut proposal.changed);
        let diff = std::mem::take(&mut proposal.diff);
        let revision = next.revision.clone();
        if self.workspace.for_one_change {
            std::mem::forget((proposal, next));
        }
        Ok(Tried::Done(Box::new(Committed { revision, changed, diff, entry, notes })))
    }

    fn draft(&self, next: &Next, proposal: &Proposal, told: &[Fact]) -> Draft {
        let request = &proposal.request;
        let mut draft = Draft::new(request.actor, request.name(), &request.target())
            .mode(self.mode())
            .with("lines", lines(request))
            .with("changed", proposal.changed.iter().map(|id| Value::from(id.as_str())).collect::<Value>())
            .with("before", self.snapshot.revision().as_str())
            .with("after", next.revision.as_str())
            .with("facts", facts(told));
        if let (Some(seq), "undo" | "redo") = (proposal.about, request.name()) {
            draft = draft.with("about", seq);
        }
        request.sign(draft)
    }

    /// The files of a commit; the one that tells for all comes last.
    fn staging(&self, next: &Next, proposal: &Proposal) -> Staging<'w> {
        let known = |file: &str| proposal.image.as_ref()?.prompts.get(file)?.before.as_deref();
        let prompts = proposal.prompts.iter();
        let mut files: Vec<FileChange> = prompts
            .map(|(file, text)| {
                FileChange::new(file, known(file).map(|old| Text::new(old.to_owned())), text.as_deref())
            })
            .collect();
        files.extend(proposal.policy_text.as_deref().map(|text| {
            let old = Some(&self.snapshot.policy.text).filter(|text| !text.is_empty());
            FileChange::new("policy.yaml", old.cloned(), Some(text))
        }));
        let sequence = &self.snapshot.document;
        files.extend(next.text.as_ref().map(|(_, digest)| FileChange::of_sequence(sequence, digest.clone())));
        Staging::new(&self.workspace.paths, Some(self.snapshot.position.seq), files)
    }

    /// Keeps what undo puts back, where every file still is what was read.
    fn keep(&self, staging: &Staging, image: Option<&Image>) -> Result<Kept, DoorError> {
        if !staging.is_current()? {
            return Ok(Kept::Moved);
        }
        image.map(|image| self.keep_image(image)).transpose().map(Kept::Image)
    }

    fn keep_image(&self, image: &Image) -> Result<Digest, DoorError> {
        let json = serde_json::to_vec(image).unwrap_or_default();
        let digest = Digest::of([json.as_slice()]);
        let path = self.workspace.paths.history.join(digest.as_str());
        if !path.exists() {
            paths::create_private_dir(&self.workspace.paths.history)
                .map_err(|source| DoorError::Read { path: self.workspace.paths.history.clone(), source })?;
            atomic::write(&path, &json, atomic::PRIVATE)?;
        }
        Ok(digest)
    }

    /// The line in the log, then the files, and `remember` beside them. `None` where a file is not what was read. A line whose files could not
    /// be put in their places is withdrawn.
    fn write(
        &mut self,
        staging: &Staging,
        mut draft: Draft,
        told: &[Fact],
        image: Option<&Digest>,
        remember: impl Fn() + Send + Sync,
    ) -> Result<Option<Entry>, DoorError> {
        if let Some(image) = image {
            draft = draft.with("image", image.as_str());
        }
        draft = draft.with("commit", serde_json::to_value(staging.record()).unwrap_or_default());
        let back = self.snapshot.state.retract(told);
        let seq = self.log.position().seq;
        let appended = self.append_durable(std::slice::from_ref(&draft)).map(|mut entries| entries.pop());
        let error = match appended {
            Ok(Some(entry)) => match staging.publish(remember) {
                Ok(Published::Whole) => return Ok(Some(entry)),
                Ok(Published::TakenBack) => None,
                Err(error) => Some(error.into()),
            },
            Ok(None) => None,
            Err(error) => Some(error.into()),
        };
        // A line that stands in the log without being durable counts, too.
        let line = self.log.position().seq;
        if line > seq
            && let Err(error) = self.append_durable(&[withdraw::draft(line, &draft, &back)])
        {
            tracing::error!(%error, "that a change was not made could not be noted in the log");
        }
        error.map_or(Ok(None), Err)
    }

    fn trim_log(&self) {
        if self.snapshot.folded > CHECKPOINT_EVERY || self.snapshot.folded_bytes > CHECKPOINT_BYTES {
            save_checkpoint(self.workspace, &self.snapshot);
        }
    }
}

/// All that the line of a proposal tells.
fn told(proposal: &Proposal, next: &Next) -> Vec<Fact> {
    let mut told = proposal.facts.clone();
    told.extend(next.text.is_some().then(|| Fact::Revision(next.revision.clone())));
    told.extend(proposal.policy_text.as_deref().map(|text| Fact::Policy(Digest::of([text.as_bytes()]))));
    told
}

/// The next texts, in the order of the files.
fn texts<'p>(next: &'p Next, proposal: &'p Proposal) -> Vec<Option<&'p str>> {
    let prompts = proposal.prompts.values().map(Option::as_deref);
    let policy = proposal.policy_text.as_deref().map(Some);
    prompts.chain(policy).chain(next.text().map(Some)).collect()
}

/// Entries that a reader folds at most before a writer saves a checkpoint for it.
const CHECKPOINT_EVERY: u64 = 500;
/// Bytes of them: the diff of a large hand edit is one entry.
const CHECKPOINT_BYTES: u64 = 256 << 10;

pub(super) fn write_outputs(document: &Document, outputs: Written) -> String {
    let mut steps = outputs.steps.into_iter();
    let mut gates = outputs.gates.into_iter();
    document.with_outputs(|_| steps.next().unwrap_or_default(), |_| gates.next().unwrap_or_default())
}

pub(super) fn reparse(text: &str) -> Result<Document, DoorError> {
    let parsed = yaml::parse(text.as_bytes());
    parsed.document.filter(|_| parsed.problems.is_empty()).ok_or_else(|| DoorError::InvalidFile {
        file: ".threados/sequence.yaml".into(),
        problems: parsed.problems,
    })
}

/// What the file is to record, in the order of its steps and gates.
pub fn outputs(document: &Document, state: &State) -> Written {
    outputs_of(document, state, Statuses::of(document.sequence(), state))
}

fn outputs_of(document: &Document, state: &State, statuses: Statuses) -> Written {
    let steps =
        statuses.steps.into_iter().map(|s| yaml::StepOutput { status: Some(s.status), reason: s.reason });
    let gates = document.sequence().gates.iter().zip(statuses.gates).map(|(gate, view)| {
        let known = state.gates.get(gate.id.as_str());
        let decision = known.and_then(|g| g.decision.clone());
        yaml::GateOutput {
            status: Some(view.status),
            reason: known.and_then(|g| g.reason.clone()),
            decided_by: decision.as_ref().map(|d| d.by),
            decided_at: decision.map(|d| d.at),
        }
    });
    Written { steps: steps.collect(), gates: gates.collect() }
}

impl Snapshot {
    /// The revision that the log speaks of, where it differs from the file's: the file was edited by hand.
    pub(super) fn edited_from(&self) -> Option<&Revision> {
        self.state.revision.as_ref().filter(|r| *r != self.revision())
    }
}

#[cfg(test)]
mod tests;
