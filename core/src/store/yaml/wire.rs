//! The files' shapes as they are written: keys in their order, what is at its default left out.
//!
//! The same types are the JSON Schema that editors use.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Map;
use serde_yaml::{Mapping, Value};

use super::output::{GateOutput, StepOutput};
use crate::model::{self, Actor, FailPolicy, GateStatus, Mode, Network, StepStatus, ThreadType};
use budget::{Budget, Budgets, budget, budgets};

mod budget;

const ID: &str = "^[a-z0-9][a-z0-9-]{0,63}$";

/// A step: one process with its place in the graph.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("patternProperties" = { "^x-": true }))]
pub struct Step<'a> {
    /// Unique among steps and gates.
    #[schemars(regex(pattern = ID))]
    id: &'a str,
    /// What a person reads. Default: the id.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    /// The thread pattern it belongs to. Default: base.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<ThreadType>,
    /// What runs it: claude-code, codex, gemini, shell or a name from models.yaml. Default: shell where there is
    /// a command, else claude-code.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    /// Model shell only: the program and its arguments, executed without a shell.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schemars(default)]
    command: &'a [String],
    /// The prompt, relative to `.threados/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_file: Option<&'a str>,
    /// Working directory, relative to the project root. Default: the root.
    #[serde(skip_serializing_if = "Option::is_none")]
    cwd: Option<&'a str>,
    /// Added to the step's environment.
    #[serde(skip_serializing_if = "Option::is_none")]
    env: Option<&'a BTreeMap<String, String>>,
    /// Row label in the window.
    #[serde(skip_serializing_if = "Option::is_none")]
    lane: Option<&'a str>,
    /// What the worker is in the team.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a str>,
    /// Steps and gates that must be satisfied before it starts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default, inner(regex(pattern = ID)))]
    depends_on: Vec<&'a str>,
    /// Output: written by ThreadOS, not by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<StepStatus>,
    /// Output: why it has that status.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// Longest time one attempt may take, in milliseconds; at most 30 days.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2_592_000_000_u64))]
    timeout_ms: Option<u64>,
    /// Further attempts after a failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry: Option<Retry>,
    /// Most that may be spent on it, over all its attempts, before a person is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<Budget>,
    /// Success ends in NEEDS_REVIEW, not DONE.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(default)]
    review: bool,
    /// The parallel group it is a member of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = ID))]
    group_id: Option<&'a str>,
    /// How many workers its group was made with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    fanout: Option<u32>,
    /// What its group does when a member fails. Default: fail_fast.
    #[serde(skip_serializing_if = "Option::is_none")]
    fail_policy: Option<FailPolicy>,
    /// On a synth step: the candidates it merges.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default, inner(regex(pattern = ID)))]
    fusion_candidates: Vec<&'a str>,
    /// It merges the candidates of a fusion.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(default)]
    fusion_synth: bool,
    /// It may add and run steps of its own.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(default)]
    orchestrator: bool,
    /// The orchestrator that added it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = ID))]
    spawned_by: Option<&'a str>,
    /// The step whose watchdog it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = ID))]
    watchdog_for: Option<&'a str>,
    /// How often the watchdog looks, in milliseconds; at most one day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 86_400_000))]
    watchdog_interval_ms: Option<u64>,
    /// Globs below cwd, copied into the run's folder after success.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schemars(default)]
    artifacts: &'a [String],
    /// Condition; where it is false the step is DONE with reason `skipped`.
    #[serde(skip_serializing_if = "Option::is_none")]
    when: Option<&'a str>,
    /// It gets a git worktree and branch of its own.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(default)]
    worktree: bool,
    /// What it changed in the git work tree is kept as `diff.patch`; of agents and in worktrees it always is.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(default)]
    diff: bool,
    /// `deny` takes the network away from it. A step only narrows the policy: `allow` is the default and gives nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<Network>,
    /// It gets a terminal.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(default)]
    interactive: bool,
}

/// How often a failed step is tried again.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("patternProperties" = { "^x-": true }))]
struct Retry {
    /// Attempts after the first.
    #[schemars(range(min = 0, max = 100))]
    max: u32,
    /// Wait before the second attempt, in milliseconds. Default: 1000.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 3_600_000))]
    backoff_ms: Option<u64>,
    /// What the wait is multiplied by after each attempt. Default: 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10))]
    factor: Option<f64>,
}

/// A gate: a person's decision between steps.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("patternProperties" = { "^x-": true }))]
pub struct Gate<'a> {
    /// Unique among steps and gates.
    #[schemars(regex(pattern = ID))]
    id: &'a str,
    /// What a person reads. Default: the id.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    /// What has to be satisfied before the gate is due.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default, inner(regex(pattern = ID)))]
    depends_on: Vec<&'a str>,
    /// Output: written by ThreadOS, not by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<GateStatus>,
    /// Output: why.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    /// Output: who decided (user, orchestrator or system).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    decided_by: Option<Actor>,
    /// Output: when.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    decided_at: Option<DateTime<Utc>>,
}

/// Who made the sequence, when and what for.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("patternProperties" = { "^x-": true }))]
struct Metadata<'a> {
    /// When it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    created_at: Option<DateTime<Utc>>,
    /// When its definition last changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    updated_at: Option<DateTime<Utc>>,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_by: Option<&'a str>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
}

/// Limits that narrow policy.yaml: absent keys inherit, lists intersect.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("patternProperties" = { "^x-": true }))]
struct SequencePolicy<'a> {
    /// Can only turn POWER into SAFE.
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<Mode>,
    /// Most workers of one group.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    max_fanout: Option<u32>,
    /// Most steps at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    max_concurrent: Option<u32>,
    /// Only commands that policy.yaml lists too.
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_commands: Option<&'a [String]>,
    /// Only folders that policy.yaml allows too.
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_cwd: Option<&'a [String]>,
    /// Regular expressions, forbidden beside those of policy.yaml.
    #[serde(skip_serializing_if = "Option::is_none")]
    forbidden_patterns: Option<&'a [String]>,
}

/// A ThreadOS sequence: the steps of a project's work and the gates between them.
#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, extend("patternProperties" = { "^x-": true }))]
pub struct Sequence<'a> {
    /// Version of the file format.
    #[schemars(default, extend("enum" = ["1.0"]))]
    version: &'a str,
    /// What a person calls it.
    name: &'a str,
    /// Who made it, when and what for.
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata<'a>>,
    /// Limits that narrow policy.yaml.
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<SequencePolicy<'a>>,
    /// Most that may be spent, over all runs, before a person is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<Budgets<'a>>,
    /// The steps.
    #[schemars(default)]
    steps: Vec<Step<'a>>,
    /// The gates.
    #[schemars(default)]
    gates: Vec<Gate<'a>>,
}

fn name<'a>(name: &'a str, id: &str) -> Option<&'a str> {
    (name != id).then_some(name)
}

fn step<'a>(step: &'a model::Step, output: &'a StepOutput) -> Step<'a> {
    let default_model = if step.command.is_empty() { "claude-code" } else { "shell" };
    Step {
        id: step.id.as_str(),
        name: name(&step.name, step.id.as_str()),
        kind: (step.kind != ThreadType::Base).then_some(step.kind),
        model: (step.model.as_str() != default_model).then_some(step.model.as_str()),
        command: &step.command,
        prompt_file: step.prompt_file.as_deref(),
        cwd: step.cwd.as_deref(),
        env: Some(&step.env).filter(|env| !env.is_empty()),
        lane: step.lane.as_deref(),
        role: step.role.as_deref(),
        depends_on: step.depends_on.iter().map(|id| id.as_str()).collect(),
        status: output.status,
        reason: output.reason.as_deref(),
        timeout_ms: step.timeout_ms,
        retry: step.retry.as_ref().map(retry),
        budget: step.budget.as_ref().map(budget),
        review: step.review,
        group_id: step.group_id.as_ref().map(|id| id.as_str()),
        fanout: step.fanout,
        fail_policy: step.fail_policy,
        fusion_candidates: step.fusion_candidates.iter().map(|id| id.as_str()).collect(),
        fusion_synth: step.fusion_synth,
        orchestrator: step.orchestrator,
        spawned_by: step.spawned_by.as_ref().map(|id| id.as_str()),
        watchdog_for: step.watchdog_for.as_ref().map(|id| id.as_str()),
        watchdog_interval_ms: step.watchdog_interval_ms,
        artifacts: &step.artifacts,
        when: step.when.as_deref(),
        worktree: step.worktree,
        diff: step.diff,
        network: Some(step.network).filter(|network| !network.is_allowed()),
        interactive: step.interactive,
    }
}

fn retry(retry: &model::Retry) -> Retry {
    let (backoff, factor) = (model::Retry::default_backoff_ms(), model::Retry::default_factor());
    Retry {
        max: retry.max,
        backoff_ms: (retry.backoff_ms != backoff).then_some(retry.backoff_ms),
        factor: (retry.factor.to_bits() != factor.to_bits()).then_some(retry.factor),
    }
}

fn gate<'a>(gate: &'a model::Gate, output: &'a GateOutput) -> Gate<'a> {
    Gate {
        id: gate.id.as_str(),
        name: name(&gate.name, gate.id.as_str()),
        depends_on: gate.depends_on.iter().map(|id| id.as_str()).collect(),
        status: output.status,
        reason: output.reason.as_deref(),
        decided_by: output.decided_by,
        decided_at: output.decided_at,
    }
}

/// A step as the entries of its mapping.
pub fn step_entries(of: &model::Step, output: &StepOutput) -> Mapping {
    with_extra(to_mapping(&step(of, output)), &of.extra)
}

/// A gate as the entries of its mapping.
pub fn gate_entries(of: &model::Gate, output: &GateOutput) -> Mapping {
    with_extra(to_mapping(&gate(of, output)), &of.extra)
}

/// What stands at the top of a file, without its steps and gates. Values at their default are left out.
pub fn head_entries(of: &model::Sequence) -> Mapping {
    let mut head = Mapping::new();
    head.insert("version".into(), of.version.as_str().into());
    head.insert("name".into(), of.name.as_str().into());
    let metadata = Metadata {
        created_at: of.metadata.created_at,
        updated_at: of.metadata.updated_at,
        created_by: of.metadata.created_by.as_deref(),
        description: of.metadata.description.as_deref(),
    };
    let metadata = with_extra(to_mapping(&metadata), &of.metadata.extra);
    if !metadata.is_empty() {
        head.insert("metadata".into(), metadata.into());
    }
    if let Some(policy) = &of.policy {
        let policy = SequencePolicy {
            mode: policy.mode,
            max_fanout: policy.max_fanout,
            max_concurrent: policy.max_concurrent,
            allowed_commands: policy.allowed_commands.as_deref(),
            allowed_cwd: policy.allowed_cwd.as_deref(),
            forbidden_patterns: policy.forbidden_patterns.as_deref(),
        };
        head.insert("policy".into(), to_mapping(&policy).into());
    }
    if !of.budgets.is_empty() {
        head.insert("budget".into(), to_mapping(&budgets(&of.budgets)).into());
    }
    with_extra(head, &of.extra)
}

/// The entries of a value that is written as a mapping.
pub fn to_mapping(value: &impl Serialize) -> Mapping {
    match serde_yaml::to_value(value) {
        Ok(Value::Mapping(mapping)) => mapping,
        _ => Mapping::new(),
    }
}

fn with_extra(mut mapping: Mapping, extra: &Map<String, serde_json::Value>) -> Mapping {
    for (key, value) in extra {
        mapping.insert(key.as_str().into(), serde_yaml::to_value(value).unwrap_or_default());
    }
    mapping
}

/// The JSON Schema of `sequence.yaml`.
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Sequence<'static>);
    schema.insert("title".to_owned(), "ThreadOS sequence".into());
    schema.into()
}
