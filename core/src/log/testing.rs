//! A project with a log, for tests.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use super::{Draft, Entry, Log, LogError, ROTATE_AT, Report, unredacted, verify};
use crate::id::StepId;
use crate::model::{Actor, Fact, Phase, StepFact};
use crate::store::lock::{Guard, ProjectLock};
use crate::store::paths::{Outside, Paths};

pub(super) struct Project {
    pub(super) paths: Paths,
    /// Everything is in here, also what a project has outside its root.
    _dir: tempfile::TempDir,
    rotate_at: u64,
}

impl Project {
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("p/.threados")).unwrap();
        let paths = Paths::with_outside(&dir.path().join("p"), &Outside::below(dir.path())).unwrap();
        Self { paths, _dir: dir, rotate_at: ROTATE_AT }
    }

    pub(super) fn rotating_at(mut self, bytes: u64) -> Self {
        self.rotate_at = bytes;
        self
    }

    pub(super) fn lock(&self) -> Guard {
        ProjectLock::acquire(&self.paths.lock, Duration::from_secs(60)).unwrap()
    }

    pub(super) fn log(&self) -> Log {
        Log::open(&self.paths, Arc::new(unredacted)).unwrap().rotating_at(self.rotate_at)
    }

    /// Appends an entry an action, each by itself, in one handle, and syncs.
    pub(super) fn append_all(&self, actions: &[&str]) -> Vec<Entry> {
        let mut log = self.log();
        let mut append = |action| self.append(&mut log, action).unwrap();
        let entries = actions.iter().copied().flat_map(&mut append).collect();
        log.sync().unwrap();
        entries
    }

    pub(super) fn append(&self, log: &mut Log, action: &str) -> Result<Vec<Entry>, LogError> {
        log.append(&self.lock(), &[Draft::new(Actor::User, action, "x")])
    }

    /// Appends `count` entries in one go.
    pub(super) fn append_many(&self, count: usize) -> Vec<Entry> {
        let drafts = vec![Draft::new(Actor::User, "step.add", "x"); count];
        self.log().append_durable(&self.lock(), &drafts).unwrap()
    }

    /// Changes the bytes of `audit.log` behind everybody's back, in place.
    pub(super) fn damage(&self, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = std::fs::read(&self.paths.audit_log).unwrap();
        change(&mut bytes);
        self.set(&bytes);
    }

    /// Makes `bytes` the content of `audit.log`, in place. Not by truncating to nothing first, which some file
    /// systems answer with a flush.
    pub(super) fn set(&self, bytes: &[u8]) {
        let log =
            std::fs::File::options().write(true).create(true).truncate(false).open(&self.paths.audit_log);
        let mut log = log.unwrap();
        log.write_all(bytes).unwrap();
        log.set_len(bytes.len() as u64).unwrap();
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.paths.audit_log).unwrap()
    }

    pub(super) fn rotated(&self) -> usize {
        super::files::rotated(&self.paths).unwrap().len()
    }

    pub(super) fn verify(&self) -> Report {
        verify(&self.paths).unwrap()
    }
}

/// A step id.
pub(super) fn step(id: &str) -> StepId {
    StepId::new(id).unwrap()
}

/// A step begins an attempt.
pub(super) fn started(id: &str, attempt: u32) -> Fact {
    Fact::Step(StepFact { attempt: Some(attempt), ..StepFact::new(step(id), Phase::Running) })
}

/// An attempt of a step ends.
pub(super) fn ended(id: &str, phase: Phase, reason: Option<&str>, exit_code: i32) -> Fact {
    let reason = reason.map(str::to_owned);
    Fact::Step(StepFact { reason, exit_code: Some(exit_code), ..StepFact::new(step(id), phase) })
}

/// A step is forgotten.
pub(super) fn reset(id: &str) -> Fact {
    Fact::Step(StepFact::new(step(id), Phase::Idle))
}
