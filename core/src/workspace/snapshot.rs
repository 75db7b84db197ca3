//! What is so now: the definition, what happened, the policy.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::DoorError;
use super::external::{self, SEQUENCE};
use crate::dag::Statuses;
use crate::id::{Digest, Revision};
use crate::join::join;
use crate::log::{Loaded, Position, load_state};
use crate::model::{GateState, Phase, Problem, Sequence, State, StepState};
use crate::policy::Policy;
use crate::store::lock::Guard;
use crate::store::paths::Paths;
use crate::store::replaced;
use crate::store::yaml::{self, Document, LONG, MAX_BYTES, Text};

/// An immutable picture of a project; cheap to hand around.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The sequence file.
    pub document: Arc<Document>,
    /// The revision of its definition.
    pub revision: Revision,
    /// What happened.
    pub state: State,
    /// Up to which entry of the log.
    pub position: Position,
    /// How many entries were folded on top of the checkpoint.
    pub folded: u64,
    /// How many bytes of the log that took.
    pub folded_bytes: u64,
    /// `policy.yaml`, or its faults.
    pub policy: PolicyFile,
}

/// `policy.yaml` as it stands.
#[derive(Debug, Clone)]
pub struct PolicyFile {
    /// The text; empty where there is no file.
    pub text: Text,
    /// The policy, or every fault of the file.
    pub policy: Result<Arc<Policy>, Vec<Problem>>,
}

impl Snapshot {
    /// The definition.
    pub fn sequence(&self) -> &Sequence {
        self.document.sequence()
    }

    /// Its revision.
    pub fn revision(&self) -> &Revision {
        &self.revision
    }

    /// The policy in force, narrowed by the sequence.
    ///
    /// # Errors
    /// [`DoorError::BrokenPolicy`] where `policy.yaml` has faults.
    pub fn policy(&self) -> Result<Policy, DoorError> {
        self.policy.narrowed(self.sequence())
    }

    /// Every status, derived.
    pub fn statuses(&self) -> Statuses {
        Statuses::of(self.sequence(), &self.state)
    }

    /// Reads a project, without a lock: each file is whole at any time.
    ///
    /// # Errors
    /// [`DoorError`] where a file cannot be read or the sequence is invalid.
    pub fn read(paths: &Paths) -> Result<Self, DoorError> {
        Self::around(read_document(paths)?, paths)
    }

    /// The same for who holds the lock: nothing is written in between, so the files may be read in any order. Of a long
    /// sequence the others are read beside it. With it comes whether the sequence is, byte for byte, as we knew it last.
    pub(super) fn under_lock(paths: &Paths, _: &Guard) -> Result<(Self, bool), DoorError> {
        let long = std::fs::metadata(&paths.sequence).is_ok_and(|data| data.len() >= LONG as u64);
        let others = || (load_state(paths), PolicyFile::read(paths), external::known_bytes(paths, SEQUENCE));
        let ((loaded, policy, known), document) = join(long, others, || read_document(paths));
        let document = document?;
        let as_known = known.is_ok_and(|known| known == document.text().as_bytes());
        Ok((Self::made_of(document, loaded?, policy?), as_known))
    }

    /// What is so with this sequence.
    pub(super) fn around(document: Arc<Document>, paths: &Paths) -> Result<Self, DoorError> {
        Ok(Self::made_of(document, load_state(paths)?, PolicyFile::read(paths)?))
    }

    fn made_of(document: Arc<Document>, loaded: Loaded, policy: PolicyFile) -> Self {
        let mut state = loaded.state;
        if loaded.position.seq == 0 || !loaded.complete {
            recall(&document, &mut state);
        }
        let revision = document.revision();
        Self {
            document,
            revision,
            state,
            position: loaded.position,
            folded: loaded.folded,
            folded_bytes: loaded.folded_bytes,
            policy,
        }
    }
}

impl PolicyFile {
    /// Reads `policy.yaml`; a missing file is the defaults.
    ///
    /// # Errors
    /// [`DoorError::Read`] where it is there and cannot be read.
    pub fn read(paths: &Paths) -> Result<Self, DoorError> {
        let bytes = match replaced::read(&paths.policy, MAX_BYTES) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(source) => return Err(DoorError::Read { path: paths.policy.clone(), source }),
        };
        let text = Text::new(String::from_utf8_lossy(&bytes).into_owned());
        if bytes.is_empty() {
            return Ok(Self { text, policy: Ok(Arc::new(Policy::default())) });
        }
        let parsed = yaml::parse_policy(&bytes);
        let policy = match parsed.document {
            Some(document) if parsed.problems.is_empty() => match document.policy().problems() {
                none if none.is_empty() => Ok(Arc::new(document.policy().clone())),
                problems => Err(problems),
            },
            _ => Err(parsed.problems),
        };
        Ok(Self { text, policy })
    }

    /// The policy, narrowed by a sequence.
    ///
    /// # Errors
    /// [`DoorError::BrokenPolicy`] where the file has faults.
    pub fn narrowed(&self, by: &Sequence) -> Result<Policy, DoorError> {
        match &self.policy {
            Ok(policy) => Ok(policy.narrowed(by.policy.as_ref())),
            Err(problems) => Err(DoorError::BrokenPolicy(problems.clone())),
        }
    }

    /// The digest that the log speaks of.
    pub fn digest(&self) -> Digest {
        Digest::of([self.text.as_bytes()])
    }
}

/// The sequence that this process read last: the same bytes mean the same, and need not be read again. It ends with the
/// process, which spares a command that looks once to take ten thousand steps apart.
static LAST: Mutex<Option<Arc<Document>>> = Mutex::new(None);

/// Reads `sequence.yaml`.
///
/// # Errors
/// [`DoorError::InvalidFile`] with every fault of its own text, [`DoorError::Read`].
pub fn read_document(paths: &Paths) -> Result<Arc<Document>, DoorError> {
    let bytes = replaced::read(&paths.sequence, MAX_BYTES)
        .map_err(|source| DoorError::Read { path: paths.sequence.clone(), source })?;
    let last = || LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let known = last().clone();
    if let Some(known) = known.filter(|known| known.text().as_bytes() == bytes) {
        return Ok(known);
    }
    let parsed = yaml::parse(bytes);
    match parsed.document {
        Some(document) if parsed.problems.is_empty() => {
            let document = Arc::new(document);
            *last() = Some(Arc::clone(&document));
            Ok(document)
        }
        _ => Err(DoorError::InvalidFile {
            file: PathBuf::from(".threados/sequence.yaml"),
            problems: parsed.problems,
        }),
    }
}

/// Without a log and a checkpoint, what the file records is all that is known.
fn recall(document: &Document, state: &mut State) {
    let sequence = document.sequence();
    for (step, output) in sequence.steps.iter().zip(&document.written().steps) {
        let phase = output.status.map_or(Phase::Idle, Phase::of);
        if phase != Phase::Idle && !state.steps.contains_key(step.id.as_str()) {
            let known = StepState { phase, reason: output.reason.clone(), ..StepState::default() };
            state.steps.insert(step.id.clone(), known);
        }
    }
    for (gate, output) in sequence.gates.iter().zip(&document.written().gates) {
        if let Some(status) = output.status
            && !state.gates.contains_key(gate.id.as_str())
        {
            let decision =
                output.decided_by.zip(output.decided_at).map(|(by, at)| crate::model::Decision { by, at });
            let known = GateState { status, reason: output.reason.clone(), decision };
            state.gates.insert(gate.id.clone(), known);
        }
    }
}
