//! What a wrapper is asked to do.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::AttemptKey;
use super::sandbox::Plan;
use crate::id::{RunId, StepId};
use crate::model::{ModelName, ResultForm, Usage};

/// One attempt of one step: judged, resolved and complete, so that the wrapper decides nothing. All paths are
/// absolute, and all text is UTF-8 (it travels as JSON).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// The run it belongs to.
    pub run_id: RunId,
    /// The step.
    pub step_id: StepId,
    /// Number of the attempt in its run, from 1.
    pub attempt: u32,
    /// The file that is executed: resolved, canonical, allowed.
    pub program: PathBuf,
    /// The argument vector, `argv[0]` as the user wrote it.
    pub argv: Vec<String>,
    /// The command as `status.json` shows it, secrets redacted.
    pub shown_command: Vec<String>,
    /// Where the step runs.
    pub cwd: PathBuf,
    /// The whole environment of the step: nothing else is passed on.
    pub env: Vec<(String, String)>,
    /// What the step reads from its standard input; `None` is `/dev/null`.
    #[serde(default)]
    pub stdin: Option<PathBuf>,
    /// The folder of the step in its run; made with its parents. An earlier attempt in it is moved to
    /// `attempts/<n>/` first.
    pub step_dir: PathBuf,
    /// Files laid into `step_dir` before the start, by name: `inputs.json`, the rendered prompt.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// The lock the wrapper holds for its life, `state/wrappers/<run>.<step>`; its folder is made.
    pub lock_file: PathBuf,
    /// Longest time of the attempt, in milliseconds; `None` is for ever.
    #[serde(default)]
    pub timeout_ms: Option<u64>,
    /// Time between SIGTERM and SIGKILL, in milliseconds.
    pub stop_grace_ms: u64,
    /// Most bytes kept of each stream.
    pub max_log_bytes: u64,
    /// What runs the step, for the record.
    pub model: ModelName,
    /// What started the wrapper, for the record: `direct`, `mprocs`.
    pub executor: String,
    /// The step gets a terminal of its own, shown in its pane.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub terminal: bool,
    /// What is known of the program where it is a coding agent.
    #[serde(default)]
    pub agent: Option<AgentJob>,
    /// Exit 0 ends in NEEDS_REVIEW.
    #[serde(default)]
    pub review: bool,
    /// Globs below `cwd`, copied to `<step_dir>/artifacts/` after success.
    #[serde(default)]
    pub artifacts: Vec<String>,
    /// The file behind `$THREADOS_OUTPUT`.
    #[serde(default)]
    pub output_file: Option<PathBuf>,
    /// How long output may pause, after the step itself has exited, before what still holds its streams is ended,
    /// in milliseconds; `None` is 200. Never more than 1000 in all.
    #[serde(default)]
    pub leak_ms: Option<u64>,
    /// What confines the step; `None` is nothing.
    #[serde(default)]
    pub sandbox: Option<Plan>,
    /// What git is asked before and after the step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git: Option<GitWork>,
    /// What looks at the step while it runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub watchdogs: Vec<Watchdog>,
    /// Starts the engine again: where a process of the step needs it, and, of a detached run, where it is gone at
    /// this attempt's end.
    #[serde(default)]
    pub respawn: Option<Respawn>,
}

impl Job {
    /// Which attempt this is.
    pub fn key(&self) -> AttemptKey {
        AttemptKey { run_id: self.run_id.clone(), step_id: self.step_id.clone(), attempt: self.attempt }
    }
}

/// What git is asked before and after a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitWork {
    /// The project root.
    pub root: PathBuf,
    /// A worktree of the step's own: where, and on which branch. The job's `cwd` is in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worktree: Option<(PathBuf, String)>,
}

/// A watchdog of a step, judged and resolved as the step itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Watchdog {
    /// One check. Its `timeout_ms` is its time limit, its `step_dir` keeps the logs of all; what concerns results,
    /// locks and stopping means nothing for it.
    pub check: Job,
    /// From the start of one check to that of the next, in milliseconds.
    pub interval_ms: u64,
}

/// What is known of a coding agent that a step runs.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct AgentJob {
    /// What it prints: how its end is judged.
    pub result: ResultForm,
    /// The session of an earlier attempt that it goes on with.
    #[serde(default)]
    pub session: Option<String>,
    /// What that session had spent before this attempt.
    #[serde(default)]
    pub spent_before: Usage,
    /// Regular expressions of what must not be shown, from the policy.
    #[serde(default)]
    pub redact: Vec<String>,
}

/// How the engine comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Respawn {
    /// The engine's command line; `argv[0]` is an absolute path.
    pub argv: Vec<String>,
    /// The lock that a living engine holds.
    pub engine_lock: PathBuf,
    /// The folder in which the wrapper listens for processes of its step that need an engine; `None` where none may.
    #[serde(default)]
    pub bells: Option<PathBuf>,
    /// Nobody waits for the run, so the end of an attempt has to bring the engine back.
    #[serde(default)]
    pub detached: bool,
}
