//! The answers as types: what is sent and what the OpenAPI document says come from the same place.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::engine::protocol::{Fault, RunState};
use crate::id::{NodeId, Revision, RunId, StepId};
use crate::log::Entry;
use crate::model::Problem;
use crate::proposal::{Offered, Record, Rehearsed, Source, Standing};
use crate::store::yaml::SequenceShape;
use crate::view::StatusReport;
use crate::wrapper::sandbox::Level;

/// An answer: `ok`, the command it is of, and what that tells.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Answer<T> {
    /// Always true: what failed is an [`ErrorAnswer`].
    pub ok: bool,
    /// The command, as the command line has it.
    pub command: &'static str,
    #[serde(flatten)]
    pub body: T,
}

/// What went wrong.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ErrorAnswer {
    /// Always false.
    pub ok: bool,
    /// Why.
    pub error: ErrorBody,
}

/// The error object of the command line.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ErrorBody {
    /// The code programs see.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// More, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Map<String, Value>>")]
    pub details: Option<Value>,
}

impl From<Fault> for ErrorBody {
    fn from(fault: Fault) -> Self {
        let Fault { code, message, hint, details, .. } = fault;
        Self { code, message, hint, details: Some(details).filter(|details| !details.is_null()) }
    }
}

/// That we live.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Health {
    /// The version of this program.
    pub version: &'static str,
}

/// How everything stands.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct StatusBody<'a> {
    #[serde(flatten)]
    pub report: StatusReport<'a>,
    /// Number of the last entry of the log that is in it: where the stream goes on.
    pub seq: u64,
    /// Faults of a hand edit: while there are any, what was there before holds.
    #[serde(skip_serializing_if = "<[Problem]>::is_empty")]
    #[schemars(with = "Option<Vec<ProblemShape>>")]
    pub problems: &'a [Problem],
}

/// A fault of a file.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ProblemShape {
    code: String,
    path: String,
    line: u32,
    column: u32,
    message: String,
    hint: Option<String>,
}

/// The definition.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SequenceBody {
    /// Its revision.
    #[schemars(with = "String")]
    pub revision: Revision,
    /// As in `sequence.yaml`, without statuses.
    #[schemars(with = "SequenceShape")]
    pub sequence: Value,
}

/// A change that was made.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ChangeBody {
    /// The revision now.
    #[schemars(with = "String")]
    pub revision: Revision,
    /// Steps and gates that differ.
    #[schemars(with = "Vec<String>")]
    pub changed: Vec<NodeId>,
    /// Unified diff.
    pub diff: String,
    /// Number of its line in the log.
    pub seq: u64,
    /// What else a person should know.
    pub notes: Vec<String>,
}

/// A run that has begun; it goes on by itself.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RunBody {
    /// The run.
    #[schemars(with = "String")]
    pub run_id: RunId,
    /// Always `running`: `/api/status/stream` tells how it goes on.
    #[schemars(with = "String")]
    pub state: RunState,
    /// The level of confinement its steps get.
    #[schemars(with = "String")]
    pub sandbox: Level,
}

/// What was stopped: no process of it is left.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct StoppedBody {
    /// The steps.
    #[schemars(with = "Vec<String>")]
    pub stopped: Vec<StepId>,
    /// The runs of which nothing more starts.
    #[schemars(with = "Vec<String>")]
    pub runs: Vec<RunId>,
}

/// Entries of the log.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct AuditBody {
    /// The newest last.
    #[schemars(with = "Vec<EntryShape>")]
    pub entries: Vec<Entry>,
}

/// An entry of the log, as `Entry` writes it.
#[derive(Debug, Serialize, JsonSchema)]
struct EntryShape {
    action: String,
    actor: crate::model::Actor,
    error: Option<String>,
    payload: serde_json::Map<String, Value>,
    policy_mode: crate::model::Mode,
    prev: String,
    result: String,
    run_id: Option<String>,
    seq: u64,
    target: String,
    timestamp: String,
    hash: String,
}

/// What a step left in a run.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ArtifactsBody {
    /// What the step was asked, did, said and cost, as `runs show` has it.
    #[serde(flatten)]
    #[schemars(with = "StoryShape")]
    pub story: Value,
    /// Every file of it, to be had below `files/`.
    pub files: Vec<FileLine>,
}

/// What `runs show RUN STEP` tells.
#[derive(Debug, Serialize, JsonSchema)]
struct StoryShape {
    run_id: String,
    step_id: String,
    running: bool,
    step: Option<serde_json::Map<String, Value>>,
    asked: serde_json::Map<String, Value>,
    did: Option<serde_json::Map<String, Value>>,
    said: Option<serde_json::Map<String, Value>>,
    cost: Value,
    duration_ms: Option<u64>,
    earlier_attempts: Vec<serde_json::Map<String, Value>>,
}

/// A file of a step.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct FileLine {
    /// Its path below the step's folder.
    pub path: String,
    /// Its length.
    pub bytes: u64,
}

/// The runs.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RunsBody {
    /// The newest first.
    #[schemars(with = "Vec<RunShape>")]
    pub runs: Vec<Value>,
}

/// A run, as `runs list` has it. Of one whose record is gone only the id and the state are known.
#[derive(Debug, Serialize, JsonSchema)]
struct RunShape {
    run_id: String,
    /// `running`, `done`, `failed`, `waiting`, `stopped` or `unknown`.
    state: String,
    control: Option<serde_json::Map<String, Value>>,
    /// The orchestrator that asked for it.
    by: Option<String>,
    started_at: Option<String>,
    ended_at: Option<String>,
    duration_ms: Option<u64>,
    /// Its steps by status.
    counts: Option<BTreeMap<String, u64>>,
    /// Its steps by thread type.
    threads: Option<BTreeMap<String, u64>>,
    avg_step_ms: Option<f64>,
    failure_rate: Option<f64>,
    restart_rate: Option<f64>,
    fanout_utilization: Option<f64>,
    gate_latency_ms: Option<BTreeMap<String, f64>>,
    fusion_agreement: Option<f64>,
    peak_concurrency: Option<u64>,
    usage: Option<serde_json::Map<String, Value>>,
}

/// What lines would do.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RehearsedBody {
    #[serde(flatten)]
    #[schemars(with = "RehearsedShape")]
    pub rehearsed: Rehearsed,
}

/// A proposal that was applied at once.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct OfferedBody {
    #[serde(flatten)]
    #[schemars(with = "OfferedShape")]
    pub offered: Offered,
}

/// A proposal that is kept.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ProposalBody {
    /// How it stands.
    pub state: Standing,
    /// As it is kept.
    #[schemars(with = "RecordShape")]
    pub proposal: Record,
}

/// A proposal: who asks for what, on what grounds, and what came of it.
#[derive(Debug, Serialize, JsonSchema)]
struct RecordShape {
    id: String,
    asker: AskerShape,
    context: ContextShape,
    actions: Vec<ActionShape>,
    rejected: Vec<RejectedShape>,
    sequence_diff: String,
    /// The lines and the revision that a yes is bound to, and how many were given.
    confirmation: serde_json::Map<String, Value>,
    discarded: bool,
    applied: Option<AppliedShape>,
    failed: Option<FaultShape>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct AskerShape {
    actor: crate::model::Actor,
    source: Source,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ContextShape {
    saw_output: bool,
    hold: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct AppliedShape {
    revision: String,
    changed: Vec<String>,
    diff: String,
    seq: Option<u64>,
    notes: Option<Vec<String>>,
    controls: Option<Vec<ControlShape>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ControlShape {
    command: String,
    run_id: Option<String>,
    stopped: Option<Vec<String>>,
    error: Option<FaultShape>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct FaultShape {
    exit: u8,
    code: String,
    message: String,
    hint: Option<String>,
    details: Option<serde_json::Map<String, Value>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct RehearsedShape {
    valid: bool,
    confirmations: u8,
    actions: Vec<ActionShape>,
    rejected: Vec<RejectedShape>,
    sequence_diff: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct OfferedShape {
    proposal: Option<String>,
    state: Standing,
    confirmations: u8,
    actions: Vec<ActionShape>,
    rejected: Vec<RejectedShape>,
    sequence_diff: String,
    lapses_at: Option<String>,
    applied: Option<AppliedShape>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ActionShape {
    id: String,
    command: String,
    description: String,
    destructive: bool,
    reversible: bool,
    dry_run_result: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct RejectedShape {
    id: String,
    command: String,
    error: FaultShape,
}

/// The answer of a chat, as `ChatResponse` is sent.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct TalkShape {
    /// Whether it was understood.
    ok: bool,
    /// Always `chat`.
    command: String,
    /// What a person reads.
    message: String,
    /// Who answered.
    provider: String,
    /// Whether it was understood; where it was not, nothing is proposed.
    understood: bool,
    actions: Vec<ActionShape>,
    rejected: Vec<RejectedShape>,
    sequence_diff: String,
    /// The proposal that waits for a person, or was applied.
    proposal: Option<String>,
    /// How it stands; absent where nothing is proposed.
    state: Option<Standing>,
    confirmations: u8,
    lapses_at: Option<String>,
    applied: Option<AppliedShape>,
    /// What was spoken of: "it" in the next sentence.
    focus: Vec<String>,
    /// The provider may have read what steps printed.
    saw_output: bool,
}
