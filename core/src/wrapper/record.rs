//! `status.json` of a step: how one attempt ended.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::WrapperError;
use super::sandbox::Level;
use crate::id::{RunId, StepId};
use crate::model::{ModelName, StepStatus, Usage};
use crate::model_cli::Limit;
use crate::store::regular;

/// The name of the record in the attempt's folder.
pub const FILE_NAME: &str = "status.json";

/// How one attempt of a step ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRecord {
    /// The run.
    pub run_id: RunId,
    /// The step.
    pub step_id: StepId,
    /// The attempt in its run, from 1.
    pub attempt: u32,
    /// DONE, NEEDS_REVIEW or FAILED; READY where an agent's limit has to pass before it is tried again.
    pub status: StepStatus,
    /// Why, where it is not obvious.
    #[serde(default)]
    pub reason: Option<String>,
    /// What ran the step.
    pub model: ModelName,
    /// What started the wrapper.
    pub executor: String,
    /// What held the step.
    #[serde(default)]
    pub sandbox: Level,
    /// The command, secrets redacted.
    pub command: Vec<String>,
    /// Where it ran.
    pub cwd: String,
    /// Its process; `None` where it could not be started. A past pid names nothing any more.
    #[serde(default)]
    pub pid: Option<u32>,
    /// Start of the attempt.
    pub started_at: DateTime<Utc>,
    /// End of its last process.
    pub ended_at: DateTime<Utc>,
    /// Time between both on a monotonic clock, in milliseconds.
    pub duration_ms: u64,
    /// Its exit code; `None` where a signal ended it or it never started.
    #[serde(default)]
    pub exit_code: Option<i32>,
    /// The signal that ended it, for example `SIGSEGV`.
    #[serde(default)]
    pub signal: Option<String>,
    /// Bytes printed to standard output, kept or not.
    pub stdout_bytes: u64,
    /// Bytes printed to standard error, kept or not.
    pub stderr_bytes: u64,
    /// Bytes of both streams that the logs do not hold.
    pub truncated_bytes: u64,
    /// Files below `artifacts/`, as paths relative to it.
    pub artifacts: Vec<String>,
    /// What the step handed on through `$THREADOS_OUTPUT`.
    pub outputs: BTreeMap<String, serde_json::Value>,
    /// What a model spent, where it said so.
    #[serde(default)]
    pub usage: Option<Usage>,
    /// Its own worktree, where it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worktree: Option<WorktreeRecord>,
    /// What `diff.patch` does not tell, or why there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub diff_notes: Vec<String>,
    /// The session of an agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// Whether a next attempt can go on with that session.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resumable: bool,
    /// The rate or quota limit that ended it; then its status is READY.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
}

/// The worktree of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorktreeRecord {
    /// Where it stood.
    pub path: std::path::PathBuf,
    /// Its branch.
    pub branch: String,
    /// The commit it was made from.
    pub base: String,
    /// Whether it is still there: the step left changes or commits in it.
    pub kept: bool,
}

impl StepRecord {
    /// The content of the file.
    ///
    /// # Errors
    /// [`WrapperError::Json`].
    pub(super) fn text(&self) -> Result<Vec<u8>, WrapperError> {
        let mut text = serde_json::to_vec(self).map_err(WrapperError::json("the record"))?;
        text.push(b'\n');
        Ok(text)
    }

    /// Writes the record under its name in `step_dir`, in one rename. Not synced: what is durable is the log, and
    /// a record lost with the machine shows there as an orphan.
    ///
    /// # Errors
    /// [`WrapperError::File`]; no temporary file stays behind.
    pub fn write(&self, step_dir: &Path) -> Result<(), WrapperError> {
        let path = step_dir.join(FILE_NAME);
        let temporary = step_dir.join("status.json.tmp");
        let text = self.text()?;
        fs::write(&temporary, &text).and_then(|()| fs::rename(&temporary, &path)).map_err(|source| {
            // The first error is the one to report.
            let _ = fs::remove_file(&temporary);
            WrapperError::File { what: "write", path, source }
        })
    }

    /// The record of an attempt that is over: in its folder, or in the file of its lock, which becomes the record and
    /// stays what it is where the folder was out of reach just then.
    pub fn of_ended(step_dir: &Path, lock_file: &Path, attempt: u32) -> Option<Self> {
        let in_lock = || serde_json::from_slice::<Self>(&regular::read(lock_file).ok()?).ok();
        let is_it = |record: &Self| record.attempt == attempt;
        Self::read(step_dir).ok().flatten().filter(is_it).or_else(|| in_lock().filter(is_it))
    }

    /// Reads the record of the attempt in `step_dir`; `None` where it has none.
    ///
    /// # Errors
    /// [`WrapperError::File`] or [`WrapperError::Json`] where it is there and cannot be read.
    pub fn read(step_dir: &Path) -> Result<Option<Self>, WrapperError> {
        let path = step_dir.join(FILE_NAME);
        let text = match regular::read(&path) {
            Err(e)
                if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) =>
            {
                return Ok(None);
            }
            read => read.map_err(WrapperError::file("read", &path))?,
        };
        serde_json::from_slice(&text).map(Some).map_err(WrapperError::json(path.display().to_string()))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(crate) fn sample() -> StepRecord {
        StepRecord {
            run_id: RunId::new("20261122T204355Z-7f3a").unwrap(),
            step_id: StepId::new("build").unwrap(),
            attempt: 1,
            status: StepStatus::Failed,
            reason: Some("exit code 3".to_owned()),
            model: ModelName::shell(),
            executor: "direct".to_owned(),
            sandbox: Level::None,
            command: vec!["false".to_owned()],
            cwd: "/".to_owned(),
            pid: Some(7),
            started_at: DateTime::UNIX_EPOCH,
            ended_at: DateTime::UNIX_EPOCH,
            duration_ms: 0,
            exit_code: Some(3),
            signal: None,
            stdout_bytes: 0,
            stderr_bytes: 0,
            truncated_bytes: 0,
            artifacts: Vec::new(),
            outputs: BTreeMap::new(),
            usage: None,
            worktree: None,
            diff_notes: Vec::new(),
            session_id: None,
            resumable: false,
            limit: None,
        }
    }

    #[test]
    fn a_record_survives_its_file_and_leaves_no_temporary_one() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(StepRecord::read(dir.path()).unwrap(), None);
        sample().write(dir.path()).unwrap();
        assert_eq!(StepRecord::read(dir.path()).unwrap(), Some(sample()));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_torn_record_is_an_error_that_names_the_file() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(FILE_NAME), "{\"run_id\":").unwrap();
        let error = StepRecord::read(dir.path()).unwrap_err().to_string();
        assert!(error.contains("status.json is not valid"), "{error}");
    }
}
