//! A step: one process with its place in the DAG.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Budget, Network};
use crate::id::{GroupId, NodeId, StepId};

/// The pattern a step belongs to.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum ThreadType {
    /// One step, one process.
    #[default]
    Base,
    /// Parallel workers.
    P,
    /// Chained phases with gates.
    C,
    /// Fusion: candidates and a synthesis.
    F,
    /// Orchestrated: a step that adds and runs steps.
    B,
    /// Long autonomy, with watchdogs.
    L,
}

impl ThreadType {
    /// Every thread type.
    pub const ALL: &[Self] = &[Self::Base, Self::P, Self::C, Self::F, Self::B, Self::L];

    /// The word in files and commands.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::P => "p",
            Self::C => "c",
            Self::F => "f",
            Self::B => "b",
            Self::L => "l",
        }
    }
}

impl fmt::Display for ThreadType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for ThreadType {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|t| t.as_str() == s);
        found.copied().ok_or_else(|| format!("`{s}` is not a thread type (base, p, c, f, b or l)"))
    }
}

/// What a group does when a member fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailPolicy {
    /// The first failure stops the running members and holds the others.
    #[default]
    FailFast,
    /// All members run to their end.
    BestEffort,
}

impl FailPolicy {
    /// The word in files and commands.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FailFast => "fail_fast",
            Self::BestEffort => "best_effort",
        }
    }
}

impl fmt::Display for FailPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for FailPolicy {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        match s {
            "fail_fast" | "stop-all" => Ok(Self::FailFast),
            "best_effort" | "continue" => Ok(Self::BestEffort),
            _ => Err(format!("`{s}` is not a fail policy (fail_fast or best_effort)")),
        }
    }
}

/// What runs a step: `claude-code`, `codex`, `gemini`, `shell`, or a name from models.yaml.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ModelName(Cow<'static, str>);

impl ModelName {
    /// A step without a model and without a command is for this agent.
    pub const DEFAULT_AGENT: &str = "claude-code";
    /// The model whose steps are plain commands.
    pub const SHELL: &str = "shell";

    /// The model whose steps are plain commands.
    pub fn shell() -> Self {
        Self(Cow::Borrowed(Self::SHELL))
    }

    /// Whether the step is a plain command.
    pub fn is_shell(&self) -> bool {
        self.0 == Self::SHELL
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ModelName {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        let ok = (1..=64).contains(&s.len())
            && s.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.'));
        if s == Self::SHELL {
            Ok(Self::shell())
        } else if ok {
            Ok(Self(Cow::Owned(s.to_owned())))
        } else {
            Err(format!("`{s}` is not a model name (letters, digits, - _ .)"))
        }
    }
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// How often a failed step is tried again, and how long it waits before.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Attempts after the first; 0 to 100.
    pub max: u32,
    /// Wait before the second attempt, in milliseconds.
    #[serde(default = "Retry::default_backoff_ms")]
    pub backoff_ms: u64,
    /// What the wait is multiplied by after each attempt; 1 to 10.
    #[serde(default = "Retry::default_factor")]
    pub factor: f64,
}

impl Retry {
    /// The wait where none is given: one second.
    pub fn default_backoff_ms() -> u64 {
        1000
    }

    /// The factor where none is given: the wait doubles.
    pub fn default_factor() -> f64 {
        2.0
    }

    /// The wait after attempt `attempt` (1 is the first), in milliseconds, at most one hour.
    pub fn delay_ms(&self, attempt: u32) -> u64 {
        let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        let wait = self.backoff_ms as f64 * self.factor.powi(exponent);
        if wait.is_finite() { wait.min(3_600_000.0) as u64 } else { 3_600_000 }
    }
}

/// The definition of a step. Its status is in [`super::StepState`]. Absent and default are the same thing, so
/// that two files which mean the same compare equal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Unique among steps and gates.
    pub id: StepId,
    /// What a person reads; the id where none is given.
    pub name: String,
    /// The pattern it belongs to.
    #[serde(rename = "type")]
    pub kind: ThreadType,
    /// What runs it.
    pub model: ModelName,
    /// Model shell only: argv, executed without a shell. Empty: the prompt file is the script.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
    /// Relative to `.threados/`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_file: Option<String>,
    /// Relative to the project root; `None` is the root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// Added to the step's environment.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// Row label in the window.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lane: Option<String>,
    /// What the worker is in the team, for people and prompts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Steps and gates that must be satisfied before it starts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<NodeId>,
    /// Longest time one attempt may take, in milliseconds; `None` is the policy's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// Further attempts after a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// Most that may be spent on it before a person is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budget: Option<Budget>,
    /// Success ends in NEEDS_REVIEW, not DONE.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub review: bool,
    /// The parallel group it is a member of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_id: Option<GroupId>,
    /// How many workers its group was made with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fanout: Option<u32>,
    /// What its group does when a member fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail_policy: Option<FailPolicy>,
    /// On a synth step: the candidates it merges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fusion_candidates: Vec<StepId>,
    /// It merges the candidates of a fusion.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fusion_synth: bool,
    /// It may add and run steps of its own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub orchestrator: bool,
    /// The orchestrator that added it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spawned_by: Option<StepId>,
    /// The step whose watchdog it is; it never enters the frontier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watchdog_for: Option<StepId>,
    /// How often the watchdog looks, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watchdog_interval_ms: Option<u64>,
    /// Globs below cwd, copied into the run's folder after success.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<String>,
    /// Condition; where it is false the step is DONE with reason `skipped`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// It gets a git worktree and branch of its own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub worktree: bool,
    /// What it changed in the git work tree is kept as `diff.patch`; of agents and in worktrees it always is.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub diff: bool,
    /// Whether it has a network, where the policy allows one.
    #[serde(default, skip_serializing_if = "network_is_default")]
    pub network: Network,
    /// It gets a terminal.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub interactive: bool,
    /// Keys starting with `x-`, kept untouched.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub extra: serde_json::Map<String, serde_json::Value>,
}

/// Absent and default are the same.
fn network_is_default(network: &Network) -> bool {
    network.is_allowed()
}

impl Step {
    /// A base step with everything at its default.
    pub fn new(id: StepId, model: ModelName) -> Self {
        Self {
            name: id.as_str().to_owned(),
            id,
            kind: ThreadType::Base,
            model,
            command: Vec::new(),
            prompt_file: None,
            cwd: None,
            env: BTreeMap::new(),
            lane: None,
            role: None,
            depends_on: Vec::new(),
            timeout_ms: None,
            retry: None,
            budget: None,
            review: false,
            group_id: None,
            fanout: None,
            fail_policy: None,
            fusion_candidates: Vec::new(),
            fusion_synth: false,
            orchestrator: false,
            spawned_by: None,
            watchdog_for: None,
            watchdog_interval_ms: None,
            artifacts: Vec::new(),
            when: None,
            worktree: false,
            diff: false,
            network: Network::Allow,
            interactive: false,
            extra: serde_json::Map::new(),
        }
    }

    /// The step whose attempts are its own: a watchdog runs while what it watches runs, and in the same runs.
    pub fn runs_with(&self) -> &StepId {
        self.watchdog_for.as_ref().unwrap_or(&self.id)
    }

    /// How often it looks if it is a watchdog, in milliseconds.
    pub fn looks_every_ms(&self) -> u64 {
        self.watchdog_interval_ms.unwrap_or(30_000)
    }

    /// Whether what it changed in the git work tree is kept.
    pub fn keeps_diff(&self) -> bool {
        self.diff || self.worktree || !self.model.is_shell()
    }

    /// Where its prompt stands unless `prompt_file` says otherwise, relative to `.threados/`.
    pub fn default_prompt_file(id: &StepId) -> String {
        format!("prompts/{id}.md")
    }
}
