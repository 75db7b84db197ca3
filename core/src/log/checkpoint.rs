//! The folded state, kept so that not every start folds the whole log.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::LogError;
use super::cursor::{Cursor, Position};
use super::fold::fold_line;
use crate::id::{Digest, GateId, Revision, RunId, StepId};
use crate::model::{GateState, Phase, Spent, State, StepState};
use crate::store::Paths;
use crate::store::atomic::{self, WriteError};

/// The state up to an entry of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// The last entry folded into it.
    pub position: Position,
    /// What all entries up to it come to.
    pub state: State,
}

/// Why a checkpoint cannot be used. None of this is an error of the project: the log is folded instead.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// It cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It was cut by a power cut, or is of another version.
    #[error("{} is no checkpoint of this version: {source}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// It cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl Checkpoint {
    /// Reads the checkpoint, `None` where there is none.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn load(paths: &Paths) -> Result<Option<Self>, CheckpointError> {
        let path = || paths.checkpoint.clone();
        let bytes = match std::fs::read(&paths.checkpoint) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(CheckpointError::Read { path: path(), source }),
        };
        let file = serde_json::from_slice::<Wire>(&bytes).and_then(Wire::open);
        file.map(Some).map_err(|source| CheckpointError::Format { path: path(), source })
    }

    /// Writes the checkpoint whole, but without fsync: it holds nothing that the log does not. After a power cut
    /// it is the old one, or is not readable, and either way the log is folded from further back.
    ///
    /// # Errors
    /// [`CheckpointError::Write`].
    pub fn save(&self, paths: &Paths) -> Result<(), CheckpointError> {
        let path = &paths.checkpoint;
        let bytes = serde_json::to_vec(&Wire::pack(self))
            .map_err(|source| CheckpointError::Format { path: path.clone(), source })?;
        Ok(atomic::write_unsynced(path, &bytes, atomic::PUBLIC)?)
    }
}

/// The state as of the end of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// What all entries come to.
    pub state: State,
    /// Up to which entry.
    pub position: Position,
    /// Whether nothing is missing in between: `false` where older files of the log are gone and no checkpoint
    /// covers them. Then the statuses in `sequence.yaml` are the best there is.
    pub complete: bool,
    /// How many entries were folded on top of the checkpoint.
    pub folded: u64,
    /// How many bytes of the log that took.
    pub folded_bytes: u64,
}

/// The present state: the checkpoint, where the log still has the entry it was made at, and what was appended
/// since; else all of the log; without a log, the checkpoint alone.
///
/// # Errors
/// [`LogError::Read`].
pub fn load_state(paths: &Paths) -> Result<Loaded, LogError> {
    let checkpoint = Checkpoint::load(paths).unwrap_or_else(|error| {
        tracing::warn!(%error, "the log is folded from its start");
        None
    });
    let Some(Checkpoint { position, state }) = checkpoint else {
        return fold_all(paths, State::default(), Position::origin());
    };
    match Cursor::at(paths, &position)? {
        Some(cursor) => fold_rest(cursor, state, true),
        None => fold_all(paths, state, position),
    }
}

/// The newest entry that the checkpoint knows of.
pub(super) fn noted_head(paths: &Paths) -> Option<(u64, Digest)> {
    let position = Checkpoint::load(paths).ok().flatten()?.position;
    (position.seq > 0).then_some((position.seq, position.hash))
}

/// Folds the log from its start. The state of a checkpoint is kept only where all of the log is newer, that is,
/// the log was deleted and begun anew.
fn fold_all(paths: &Paths, state: State, position: Position) -> Result<Loaded, LogError> {
    let mut first = Cursor::start(paths);
    match first.next(super::cursor::seq_of)? {
        None => Ok(Loaded { state, position, complete: true, folded: 0, folded_bytes: 0 }),
        Some(seq) if seq > position.seq => fold_rest(Cursor::start(paths), state, seq == position.seq + 1),
        Some(seq) => fold_rest(Cursor::start(paths), State::default(), seq == 1),
    }
}

fn fold_rest(mut cursor: Cursor, mut state: State, complete: bool) -> Result<Loaded, LogError> {
    let (mut folded, mut folded_bytes) = (0, 0);
    let mut fold = |line: &[u8]| {
        let seq = fold_line(&mut state, line)?;
        folded_bytes += line.len() as u64;
        Some((seq, ()))
    };
    while cursor.next(&mut fold)?.is_some() {
        folded += 1;
    }
    Ok(Loaded { state, position: cursor.position().clone(), complete, folded, folded_bytes })
}

/// The file: rows instead of objects, times as numbers and run ids once, because thousands of steps are read at
/// every start.
#[derive(Serialize, Deserialize)]
struct Wire {
    version: Version,
    position: Position,
    revision: Option<Revision>,
    policy: Option<Digest>,
    open_runs: BTreeMap<RunId, serde_json::Value>,
    runs: Vec<RunId>,
    steps: Vec<Row>,
    gates: Vec<(GateId, GateState)>,
    #[serde(default)]
    spent: BTreeMap<StepId, Spent>,
}

/// Only this version reads.
#[derive(Serialize, Deserialize)]
enum Version {
    #[serde(rename = "1")]
    One,
}

/// Phase, run (its place in `runs`), attempt, start and end (nanoseconds since 1970), exit code, reason, review
/// reason, not before (nanoseconds since 1970).
#[derive(Serialize, Deserialize)]
struct Row(
    StepId,
    Phase,
    Option<usize>,
    u32,
    Option<i64>,
    Option<i64>,
    Option<i32>,
    Option<String>,
    Option<String>,
    Option<i64>,
);

impl Wire {
    fn pack(checkpoint: &Checkpoint) -> Self {
        let mut runs: Vec<RunId> = checkpoint.state.steps.values().filter_map(|s| s.run_id.clone()).collect();
        runs.sort_unstable();
        runs.dedup();
        let row = |(id, s): (&StepId, &StepState)| {
            Row(
                id.clone(),
                s.phase,
                s.run_id.as_ref().and_then(|run| runs.binary_search(run).ok()),
                s.attempt,
                s.started_at.and_then(|t| t.timestamp_nanos_opt()),
                s.ended_at.and_then(|t| t.timestamp_nanos_opt()),
                s.exit_code,
                s.reason.clone(),
                s.review_reason.clone(),
                s.not_before.and_then(|t| t.timestamp_nanos_opt()),
            )
        };
        let gates = checkpoint.state.gates.iter().map(|(id, gate)| (id.clone(), gate.clone()));
        Self {
            version: Version::One,
            position: checkpoint.position.clone(),
            revision: checkpoint.state.revision.clone(),
            policy: checkpoint.state.policy.clone(),
            open_runs: checkpoint.state.runs.clone(),
            steps: checkpoint.state.steps.iter().map(row).collect(),
            gates: gates.collect(),
            spent: checkpoint.state.spent.clone(),
            runs,
        }
    }

    fn open(self) -> Result<Checkpoint, serde_json::Error> {
        let mut state = State::default();
        state.steps.reserve(self.steps.len());
        for Row(id, phase, run, attempt, start, end, exit_code, reason, review_reason, not_before) in
            self.steps
        {
            let run_id = match run {
                None => None,
                Some(place) => Some(self.runs.get(place).cloned().ok_or_else(unknown_run)?),
            };
            let (started_at, ended_at) =
                (start.map(DateTime::<Utc>::from_timestamp_nanos), end.map(DateTime::from_timestamp_nanos));
            let step = StepState {
                phase,
                reason,
                run_id,
                attempt,
                started_at,
                ended_at,
                exit_code,
                review_reason,
                not_before: not_before.map(DateTime::from_timestamp_nanos),
            };
            state.steps.insert(id, step);
        }
        state.gates = self.gates.into_iter().collect();
        state.spent = self.spent;
        state.runs = self.open_runs;
        state.revision = self.revision;
        state.policy = self.policy;
        Ok(Checkpoint { position: self.position, state })
    }
}

fn unknown_run() -> serde_json::Error {
    serde::de::Error::custom("a step names a run that is not listed")
}

#[cfg(test)]
mod tests;
