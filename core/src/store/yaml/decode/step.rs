//! The keys of a step.

use std::str::FromStr;

use super::budget::budget;
use super::policy::network;
use super::{Decoder, Field, Segment};
use crate::id::{IdError, StepId};
use crate::model::{FailPolicy, ModelName, Retry, Step, StepStatus};
use crate::store::yaml::node::{Kind, Ref};
use crate::store::yaml::output::StepOutput;
use crate::store::yaml::scalar::{Plain, resolve};

/// Longest time of one attempt: 30 days, in milliseconds.
pub const MAX_TIMEOUT_MS: u64 = 30 * 24 * 3_600_000;
/// Longest time between two looks of a watchdog: one day, in milliseconds.
pub const MAX_INTERVAL_MS: u64 = 24 * 3_600_000;
/// Longest wait before a further attempt: one hour, in milliseconds.
pub const MAX_BACKOFF_MS: u64 = 3_600_000;
/// Most workers of a group.
pub const MAX_FANOUT: u64 = 1000;

const STATUSES: &[&str] = &["READY", "RUNNING", "NEEDS_REVIEW", "DONE", "FAILED", "BLOCKED"];

/// A step while it is read.
pub struct StepDraft {
    /// What is read so far.
    pub step: Step,
    /// What the file records of it.
    pub output: StepOutput,
    /// An older file marks it as a candidate of a fusion.
    pub candidate: bool,
    model: Option<ModelName>,
    name: Option<String>,
}

/// The keys of a step in the order in which they are written.
pub const STEP: &[Field<StepDraft>] = &[
    // Read before the others, see `step`.
    Field::new("id", |_, _, _| {}),
    Field::new("name", |d, at, s| s.name = d.owned(at)),
    Field::new("type", |d, at, s| {
        s.step.kind = d.word(at, &["base", "p", "c", "f", "b", "l"], |w| w.parse().ok()).unwrap_or_default();
    }),
    Field::new("model", |d, at, s| s.model = d.parsed(at, "for example claude-code, codex, gemini or shell")),
    Field::new("command", |d, at, s| s.step.command = d.texts(at).unwrap_or_default()),
    Field::new("prompt_file", |d, at, s| s.step.prompt_file = d.owned(at)),
    Field::new("cwd", |d, at, s| s.step.cwd = d.owned(at).filter(|c| !matches!(c.as_str(), "" | "." | "./"))),
    Field::new("env", |d, at, s| s.step.env = d.env(at).unwrap_or_default()),
    Field::new("lane", |d, at, s| s.step.lane = d.owned(at)),
    Field::new("role", |d, at, s| s.step.role = d.owned(at)),
    Field::new("depends_on", |d, at, s| s.step.depends_on = d.list(at, Decoder::id).unwrap_or_default()),
    Field::new("status", |d, at, s| {
        s.output.status = d.word(at, STATUSES, StepStatus::from_word);
    }),
    Field::new("reason", |d, at, s| s.output.reason = d.owned(at)),
    Field::new("timeout_ms", |d, at, s| s.step.timeout_ms = d.whole(at, 1..=MAX_TIMEOUT_MS)),
    Field::new("retry", |d, at, s| s.step.retry = retry(d, at)),
    Field::new("budget", |d, at, s| s.step.budget = budget(d, at)),
    Field::new("review", |d, at, s| s.step.review = d.boolean(at).unwrap_or_default()),
    Field::new("group_id", |d, at, s| s.step.group_id = d.id(at)),
    Field::new("fanout", |d, at, s| s.step.fanout = d.small(at, 1..=MAX_FANOUT)),
    Field::new("fail_policy", |d, at, s| {
        s.step.fail_policy = d.word(at, &["fail_fast", "best_effort"], |w| FailPolicy::from_str(w).ok());
    }),
    Field::new("fusion_candidates", candidates),
    Field::new("fusion_synth", |d, at, s| s.step.fusion_synth = d.boolean(at).unwrap_or_default()),
    Field::new("orchestrator", orchestrator),
    Field::new("spawned_by", |d, at, s| s.step.spawned_by = d.id(at)),
    Field::new("watchdog_for", |d, at, s| s.step.watchdog_for = d.id(at)),
    Field::new("watchdog_interval_ms", |d, at, s| {
        s.step.watchdog_interval_ms = d.whole(at, 1..=MAX_INTERVAL_MS);
    }),
    Field::new("artifacts", |d, at, s| s.step.artifacts = d.texts(at).unwrap_or_default()),
    Field::new("when", |d, at, s| s.step.when = d.owned(at)),
    Field::new("worktree", |d, at, s| s.step.worktree = d.boolean(at).unwrap_or_default()),
    Field::new("diff", |d, at, s| s.step.diff = d.boolean(at).unwrap_or_default()),
    Field::new("network", |d, at, s| s.step.network = network(d, at)),
    Field::new("interactive", |d, at, s| s.step.interactive = d.boolean(at).unwrap_or_default()),
];

/// The keys of `retry`.
pub const RETRY: &[Field<Retry>] = &[
    Field::new("max", |d, at, r| r.max = d.small(at, 0..=100).unwrap_or(r.max)),
    Field::new("backoff_ms", |d, at, r| {
        r.backoff_ms = d.whole(at, 0..=MAX_BACKOFF_MS).unwrap_or(r.backoff_ms)
    }),
    Field::new("factor", |d, at, r| r.factor = d.number(at, 1.0..=10.0).unwrap_or(r.factor)),
];

fn retry(d: &mut Decoder<'_>, at: Ref) -> Option<Retry> {
    let mut retry =
        Retry { max: 0, backoff_ms: Retry::default_backoff_ms(), factor: Retry::default_factor() };
    if d.tree.kind(at).is_map() && d.tree.entry(at, "max").is_none() {
        d.fault(at, "MISSING_KEY", "`max` is missing", "write how many further attempts: `max: 2`");
    }
    d.map(at, RETRY, &mut retry, None);
    d.tree.kind(at).is_map().then_some(retry)
}

/// A list on a synth step; older files write `true` on each candidate.
fn candidates(d: &mut Decoder<'_>, at: Ref, s: &mut StepDraft) {
    match flag(d, at) {
        Some(flag) => s.candidate = flag,
        None => s.step.fusion_candidates = d.list(at, Decoder::id).unwrap_or_default(),
    }
}

/// A flag; older files write the id of the orchestrator on what it spawned.
fn orchestrator(d: &mut Decoder<'_>, at: Ref, s: &mut StepDraft) {
    let text = matches!(d.tree.kind(at), Kind::Plain | Kind::Single | Kind::Double);
    match flag(d, at) {
        Some(flag) => s.step.orchestrator = flag,
        None if text && s.step.spawned_by.is_none() => s.step.spawned_by = d.id(at),
        None if text => {}
        None => d.wrong(at, "true or false", "write `true` or `false`, without quotes"),
    }
}

fn flag(d: &Decoder<'_>, at: Ref) -> Option<bool> {
    match resolve(d.tree.scalar(at)) {
        Plain::Bool(value) if d.tree.kind(at) == Kind::Plain => Some(value),
        _ => None,
    }
}

/// Reads one step. A step without a usable id gets one made from its index, so that data paths stay true.
pub fn step(d: &mut Decoder<'_>, at: Ref, index: usize) -> Option<StepDraft> {
    let id: StepId = node_id(d, at, "step", index)?;
    let mut draft = StepDraft {
        step: Step::new(id, ModelName::shell()),
        output: StepOutput::default(),
        candidate: false,
        model: None,
        name: None,
    };
    if d.tree.kind(at).is_map() {
        d.map(at, STEP, &mut draft, Some(|s| &mut s.step.extra));
    }
    if let Some(name) = draft.name.take().filter(|name| !name.is_empty()) {
        draft.step.name = name;
    }
    match draft.model.take() {
        Some(model) => draft.step.model = model,
        None if draft.step.command.is_empty() => {
            draft.step.model = ModelName::from_str(ModelName::DEFAULT_AGENT).ok()?
        }
        None => {}
    }
    Some(draft)
}

/// The `id` of a step or a gate.
pub(super) fn node_id<T>(d: &mut Decoder<'_>, at: Ref, what: &str, index: usize) -> Option<T>
where
    T: FromStr<Err = IdError>,
{
    let made = || format!("{what}-{}", index + 1).parse().ok();
    if !d.expect_map(at) {
        return made();
    }
    match d.tree.entry(at, "id") {
        Some((_, value)) if !d.is_null(value) => {
            d.path.push(Segment::Key("id"));
            let id = d.id(value);
            d.path.pop();
            id.or_else(made)
        }
        _ => {
            let hint = format!("add `id: {what}-{}` or another name", index + 1);
            d.fault(at, "MISSING_KEY", "`id` is missing", hint);
            made()
        }
    }
}
