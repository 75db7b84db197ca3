//! The commit protocol: stage, one line in the log, rename, acknowledge.

use std::path::Path;

use serde_json::Value;

use super::flush::save_checkpoint;
use super::recover::{self, Change, CommitRecord};
use super::session::{facts, lines};
use super::{Committed, DoorError, Proposal, Session, Snapshot, external};
use crate::dag::Statuses;
use crate::id::{Digest, Revision};
use crate::log::{Checkpoint, Draft};
use crate::model::{Fact, State};
use crate::store::atomic;
use crate::store::paths::Paths;
use crate::store::yaml::{self, Document, Written};

/// The files of a commit with their next content, `None` where a file is removed; the sequence comes last.
type Files<'a> = Vec<(&'a str, Option<&'a str>)>;

impl Session<'_> {
    /// Makes a proposal true.
    pub(super) fn commit(&mut self, proposal: Proposal) -> Result<Committed, DoorError> {
        let Proposal {
            request, text, policy_text, prompts, facts: told, changed, diff, image, about, ..
        } = proposal;
        let document = match &text {
            Some(text) => Some(self.with_outputs(text, &told)?),
            None => None,
        };
        let revision = document.as_ref().map_or_else(|| self.snapshot.revision().clone(), Document::revision);
        let mut told = told;
        if document.is_some() {
            told.push(Fact::Revision(revision.clone()));
        }
        if let Some(text) = &policy_text {
            told.push(Fact::Policy(Digest::of([text.as_bytes()])));
        }
        let mut files: Files = Vec::new();
        files.extend(prompts.iter().map(|(file, text)| (file.as_str(), text.as_deref())));
        files.extend(policy_text.iter().map(|text| ("policy.yaml", Some(text.as_str()))));
        files.extend(document.iter().map(|d| ("sequence.yaml", Some(&**d.text()))));

        let mut draft = Draft::new(request.actor, request.name(), &request.target())
            .mode(self.mode())
            .with("lines", lines(&request))
            .with("changed", changed.iter().map(|id| Value::from(id.as_str())).collect::<Value>())
            .with("before", self.snapshot.revision().as_str())
            .with("after", revision.as_str())
            .with("facts", facts(&told));
        if let Some(image) = &image {
            draft = draft.with("image", self.keep(image)?.as_str());
        }
        if let (Some(seq), "undo" | "redo") = (about, request.name()) {
            draft = draft.with("about", seq);
        }
        if let Some(step) = &request.step {
            draft = draft.with("by", step.as_str());
        }
        let entry = self.write(&files, draft)?;
        if let Some(document) = document {
            external::remember(&self.workspace.paths, document.text());
            self.snapshot.document = std::sync::Arc::new(document);
            self.snapshot.revision = revision.clone();
        }
        self.trim_log();
        Ok(Committed { revision, changed, diff, entry, notes: std::mem::take(&mut self.notes) })
    }

    /// The next text with the statuses that hold after the change.
    fn with_outputs(&self, text: &str, told: &[Fact]) -> Result<Document, DoorError> {
        let document = reparse(text)?;
        let mut state = self.snapshot.state.clone();
        for fact in told {
            state.take(fact.clone(), chrono::Utc::now());
        }
        let outputs = outputs(&document, &state);
        if outputs == *document.written() {
            return Ok(document);
        }
        reparse(&write_outputs(&document, &outputs))
    }

    fn keep(&self, image: &super::Image) -> Result<Digest, DoorError> {
        let json = serde_json::to_vec(image).unwrap_or_default();
        let digest = Digest::of([json.as_slice()]);
        let path = self.workspace.paths.history.join(digest.as_str());
        if !path.exists() {
            atomic::write(&path, &json, atomic::PRIVATE)?;
        }
        Ok(digest)
    }

    fn write(&mut self, files: &Files, draft: Draft) -> Result<crate::log::Entry, DoorError> {
        let paths = &self.workspace.paths;
        let result = stage(paths, files).and_then(|record| {
            self.unchanged_since_read(files)?;
            let record = serde_json::to_value(record).unwrap_or_default();
            Ok(self.append_durable(&[draft.with("commit", record)])?)
        });
        let mut entries = match result {
            Ok(entries) => entries,
            Err(error) => {
                unstage(paths, files);
                return Err(error);
            }
        };
        for (file, text) in files {
            publish(paths, file, text.is_some())?;
        }
        let mut folders: Vec<_> = files.iter().map(|(file, _)| folder(paths, file)).collect();
        folders.dedup();
        for folder in folders {
            atomic::sync_dir(&folder)?;
        }
        unstage(paths, files);
        entries.pop().ok_or_else(|| DoorError::NothingTo("write"))
    }

    /// A hand edit saved after we read: it is not overwritten, the request is to be proposed on it.
    fn unchanged_since_read(&self, files: &Files) -> Result<(), DoorError> {
        if !files.iter().any(|(file, _)| *file == "sequence.yaml") {
            return Ok(());
        }
        let read = Digest::of([self.snapshot.document.text().as_bytes()]);
        if recover::digest(&self.workspace.paths.sequence) == Some(read) {
            return Ok(());
        }
        let now = super::read_document(&self.workspace.paths)?.revision();
        Err(DoorError::Stale { asked: self.snapshot.revision().clone(), now })
    }

    fn trim_log(&self) {
        let covered = Checkpoint::load(&self.workspace.paths).ok().flatten().map_or(0, |c| c.position.seq);
        if self.snapshot.position.seq.saturating_sub(covered) > CHECKPOINT_EVERY {
            save_checkpoint(self.workspace, &self.snapshot);
        }
    }
}

/// Entries that a reader folds at most before a writer saves a checkpoint for it.
const CHECKPOINT_EVERY: u64 = 500;

pub(super) fn write_outputs(document: &Document, outputs: &Written) -> String {
    let mut steps = outputs.steps.iter().cloned();
    let mut gates = outputs.gates.iter().cloned();
    document.with_outputs(|_| steps.next().unwrap_or_default(), |_| gates.next().unwrap_or_default())
}

fn reparse(text: &str) -> Result<Document, DoorError> {
    let parsed = yaml::parse(text.as_bytes());
    parsed.document.filter(|_| parsed.problems.is_empty()).ok_or_else(|| DoorError::InvalidFile {
        file: ".threados/sequence.yaml".into(),
        problems: parsed.problems,
    })
}

/// What the file is to record, in the order of its steps and gates.
pub fn outputs(document: &Document, state: &State) -> Written {
    let statuses = Statuses::of(document.sequence(), state);
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

fn stage(paths: &Paths, files: &Files) -> Result<CommitRecord, DoorError> {
    let mut record = CommitRecord::new();
    for (file, text) in files.iter().rev() {
        let before = recover::digest(&paths.threados.join(file));
        let after = text.map(|t| Digest::of([t.as_bytes()]));
        if let Some(text) = text {
            atomic::stage(&recover::staged(paths, file), text.as_bytes(), atomic::PUBLIC)?;
        }
        record.insert((*file).to_owned(), Change { before, after });
    }
    Ok(record)
}

fn unstage(paths: &Paths, files: &Files) {
    for (file, _) in files {
        recover::remove(&recover::staged(paths, file));
    }
}

fn publish(paths: &Paths, file: &str, written: bool) -> Result<(), DoorError> {
    let path = paths.threados.join(file);
    if written {
        atomic::exchange_or_rename(&recover::staged(paths, file), &path)?;
    } else {
        recover::remove(&path);
    }
    Ok(())
}

fn folder(paths: &Paths, file: &str) -> std::path::PathBuf {
    paths.threados.join(file).parent().map_or_else(|| paths.threados.clone(), Path::to_owned)
}

impl Snapshot {
    /// The revision that the log speaks of, where it differs from the file's: the file was edited by hand.
    pub(super) fn edited_from(&self) -> Option<&Revision> {
        self.state.revision.as_ref().filter(|r| *r != self.revision())
    }
}
