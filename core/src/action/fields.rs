//! The fields that adding and editing a step share. They are the grammar's flags, too.

use std::path::PathBuf;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::budget::patched;
use super::{ActionError, Patch};
use crate::id::{GroupId, NodeId, StepId};
use crate::model::{FailPolicy, ModelName, Network, Retry, Step, ThreadType, Usd};

/// Fields of a step, each only where it is given. An empty value clears: `--cwd ""`.
#[derive(Debug, Clone, PartialEq, Default, Args, Serialize, Deserialize)]
#[serde(default)]
pub struct StepFields {
    /// What a person reads [default: the id]
    #[arg(long, value_name = "TEXT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Patch<String>>,
    /// Pattern it belongs to: base, p, c, f, b or l
    #[arg(long = "type", value_name = "TYPE")]
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<ThreadType>,
    /// What runs it: claude-code, codex, gemini, shell, or a name from models.yaml
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelName>,
    /// Text of its prompt
    #[arg(long, value_name = "TEXT", conflicts_with = "prompt")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_text: Option<String>,
    /// File with the text of its prompt, read now
    #[arg(long, value_name = "FILE")]
    #[serde(skip)]
    pub prompt: Option<PathBuf>,
    /// Folder it works in, relative to the project root
    #[arg(long, value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cwd: Option<Patch<String>>,
    /// Environment variable (repeatable)
    #[arg(long, value_name = "NAME=VALUE")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<Patch<EnvPair>>,
    /// Row in the window
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lane: Option<Patch<String>>,
    /// What the worker is in the team
    #[arg(long)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Patch<String>>,
    /// Steps and gates it waits for (comma-separated, repeatable)
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<Patch<NodeId>>,
    /// Longest time of one attempt, in milliseconds
    #[arg(long, value_name = "MS", allow_negative_numbers = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Patch<u64>>,
    /// Further attempts after a failure
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<Patch<u32>>,
    /// Wait before the next attempt, in milliseconds; doubles each time
    #[arg(long, value_name = "MS", allow_negative_numbers = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_backoff: Option<Patch<u64>>,
    /// Most US dollars to spend on it before you are asked
    #[arg(long, value_name = "AMOUNT", allow_negative_numbers = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_usd: Option<Patch<Usd>>,
    /// Most tokens to spend on it before you are asked
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_tokens: Option<Patch<u64>>,
    /// Success waits for a person (`--review=false` takes it back)
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<bool>,
    /// What its group does when a member fails: fail_fast or best_effort
    #[arg(long, value_name = "POLICY")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fail_policy: Option<Patch<FailPolicy>>,
    /// Group it is a member of
    #[arg(long, value_name = "ID")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<Patch<GroupId>>,
    /// It may add and run steps of its own
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub orchestrator: Option<bool>,
    /// Step it watches while that runs
    #[arg(long, value_name = "ID")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watchdog_for: Option<Patch<StepId>>,
    /// How often it looks, in milliseconds
    #[arg(long, value_name = "MS", allow_negative_numbers = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watchdog_interval: Option<Patch<u64>>,
    /// Files below its folder to keep after success (repeatable)
    #[arg(long, value_name = "GLOB")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub artifact: Vec<Patch<String>>,
    /// Condition; where it is false the step is skipped
    #[arg(long, value_name = "EXPR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<Patch<String>>,
    /// It gets a git worktree of its own
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worktree: Option<bool>,
    /// Keep what changes in its git work tree meanwhile as diff.patch (of agents and in worktrees it always is)
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<bool>,
    /// `deny`: it has no network; `allow` is the policy's
    #[arg(long, value_name = "WORD")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub network: Option<Network>,
    /// It gets a terminal
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interactive: Option<bool>,
    /// Program and arguments, run without a shell
    #[arg(last = true, value_name = "ARGV", allow_hyphen_values = true)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub command: Vec<String>,
}

/// How many workers `step add --type p` makes, and what follows them.
#[derive(Debug, Clone, PartialEq, Default, Args, Serialize, Deserialize)]
#[serde(default)]
pub struct WorkerFields {
    /// Number of parallel workers: makes ID-1 to ID-N in group ID
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fanout: Option<u32>,
    /// Step that waits for all workers and merges their outputs
    #[arg(long, value_name = "ID", requires = "fanout")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merge: Option<StepId>,
    /// Model of each worker, in turn
    #[arg(long, value_name = "MODEL", value_delimiter = ',', requires = "fanout", conflicts_with = "model")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<ModelName>,
    /// File with the prompt of each worker, in turn, read now
    #[arg(long, value_name = "FILE", value_delimiter = ',', requires = "fanout", conflicts_with_all = ["prompt", "prompt_text", "worker_prompt"])]
    #[serde(skip)]
    pub prompts: Vec<PathBuf>,
    /// Prompt of each worker, in turn (repeatable)
    #[arg(long, value_name = "TEXT", requires = "fanout")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub worker_prompt: Vec<String>,
}

/// `NAME=VALUE`.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvPair {
    /// The variable.
    pub name: String,
    /// Its value.
    pub value: String,
}

impl std::str::FromStr for EnvPair {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        match s.split_once('=') {
            Some((name, value)) if !name.is_empty() => {
                Ok(Self { name: name.to_owned(), value: value.to_owned() })
            }
            _ => Err(format!("`{s}` is not of the form NAME=VALUE")),
        }
    }
}

impl std::fmt::Display for EnvPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={}", self.name, self.value)
    }
}

impl StepFields {
    /// Puts what is given into a step. The prompt's text is the caller's.
    pub(super) fn put(&self, step: &mut Step) -> Result<(), ActionError> {
        if let Some(name) = &self.name {
            step.name = name.value().unwrap_or_else(|| step.id.to_string());
        }
        set(&mut step.kind, self.kind);
        set(&mut step.model, self.model.clone());
        patch(&mut step.cwd, &self.cwd);
        if step.cwd.as_deref().is_some_and(|dir| matches!(dir, "." | "./")) {
            step.cwd = None;
        }
        for pair in &self.env {
            match pair {
                Patch::Clear => step.env.clear(),
                Patch::Set(pair) => drop(step.env.insert(pair.name.clone(), pair.value.clone())),
            }
        }
        patch(&mut step.lane, &self.lane);
        patch(&mut step.role, &self.role);
        replace(&mut step.depends_on, &self.depends_on);
        once(&mut step.depends_on);
        patch(&mut step.timeout_ms, &self.timeout);
        self.put_retry(step)?;
        if self.budget_usd.is_some() || self.budget_tokens.is_some() {
            let before = step.budget.unwrap_or_default();
            step.budget = patched(before, self.budget_usd.as_ref(), self.budget_tokens.as_ref())?;
        }
        set(&mut step.review, self.review);
        patch(&mut step.fail_policy, &self.fail_policy);
        patch(&mut step.group_id, &self.group);
        set(&mut step.orchestrator, self.orchestrator);
        patch(&mut step.watchdog_for, &self.watchdog_for);
        patch(&mut step.watchdog_interval_ms, &self.watchdog_interval);
        replace(&mut step.artifacts, &self.artifact);
        patch(&mut step.when, &self.when);
        set(&mut step.worktree, self.worktree);
        set(&mut step.diff, self.diff);
        set(&mut step.network, self.network);
        set(&mut step.interactive, self.interactive);
        self.put_command(step)
    }

    fn put_retry(&self, step: &mut Step) -> Result<(), ActionError> {
        match self.retry {
            Some(Patch::Set(max)) if max > 100 => {
                return Err(ActionError::Usage(format!("--retry {max} is out of range: 0 to 100")));
            }
            Some(Patch::Clear | Patch::Set(0)) => step.retry = None,
            Some(Patch::Set(max)) => {
                step.retry = Some(Retry { max, ..step.retry.unwrap_or(Retry::once()) });
            }
            None => {}
        }
        match (&self.retry_backoff, &mut step.retry) {
            (None, _) => Ok(()),
            (Some(_), None) => Err(ActionError::Usage("--retry-backoff needs --retry".into())),
            (Some(backoff), Some(retry)) => {
                retry.backoff_ms = backoff.value().unwrap_or_else(Retry::default_backoff_ms);
                Ok(())
            }
        }
    }

    fn put_command(&self, step: &mut Step) -> Result<(), ActionError> {
        if !self.command.is_empty() {
            if self.model.is_none() {
                step.model = ModelName::shell();
            }
            step.command.clone_from(&self.command);
        }
        if step.command.is_empty() || step.model.is_shell() {
            return Ok(());
        }
        if self.command.is_empty() {
            step.command.clear();
            return Ok(());
        }
        Err(ActionError::Usage(format!(
            "a command after `--` goes with --model shell; model {} gets a prompt",
            step.model
        )))
    }
}

impl Retry {
    fn once() -> Self {
        Self { max: 1, backoff_ms: Self::default_backoff_ms(), factor: Self::default_factor() }
    }
}

fn set<T>(field: &mut T, given: Option<T>) {
    if let Some(value) = given {
        *field = value;
    }
}

fn patch<T: Clone>(field: &mut Option<T>, given: &Option<Patch<T>>) {
    if let Some(p) = given {
        *field = p.value();
    }
}

/// What is named twice is kept once, in the order it was said.
pub(super) fn once<T: PartialEq>(list: &mut Vec<T>) {
    for at in (1..list.len()).rev() {
        if list[..at].contains(&list[at]) {
            list.remove(at);
        }
    }
}

fn replace<T: Clone>(field: &mut Vec<T>, given: &[Patch<T>]) {
    if !given.is_empty() {
        *field = given.iter().filter_map(Patch::value).collect();
    }
}
