//! Runs, and what a step left in one.

use serde_json::{Value, json};

use super::redact;
use crate::engine::protocol::RunState;
use crate::engine::{RunEntry, Story};
use crate::id::{RunId, StepId};
use crate::policy::Redactor;
use crate::workspace::{DoorError, Snapshot, Workspace};
use crate::wrapper::StepRecord;

/// The word for how a run stands: `running`, `done`, `failed`, `waiting`, `stopped`, or `unknown` where it says that
/// it runs, but is not among those that go on.
pub fn run_state(run: &RunEntry) -> &'static str {
    match run.record.as_ref().map(|r| r.state) {
        _ if run.open => "running",
        Some(RunState::Running) | None => "unknown",
        Some(ended) => ended.as_str(),
    }
}

/// A run as `runs list` and `runs show` have it.
pub fn run_line(run: &RunEntry) -> Value {
    let mut value =
        run.record.as_ref().and_then(|r| serde_json::to_value(r).ok()).unwrap_or_else(|| json!({}));
    value["run_id"] = json!(run.id);
    value["state"] = json!(run_state(run));
    value
}

/// A record without secrets that only this reader's rules know.
pub fn record(record: &StepRecord) -> Value {
    let mut value = serde_json::to_value(record).unwrap_or_default();
    redact(&mut value, &Redactor::default());
    value
}

/// What takes out of a step's output what the policy calls secret, and the secrets that the step was given.
///
/// # Errors
/// [`DoorError`] where a pattern of the policy is broken.
pub fn redactor(workspace: &Workspace, snapshot: &Snapshot, step: &StepId) -> Result<Redactor, DoorError> {
    let env = snapshot.sequence().step(step.as_str()).map(|s| s.env.clone()).unwrap_or_default();
    Ok(workspace.redactor_for(&workspace.secret_patterns(snapshot), &env)?)
}

/// What a step left in a run, as `runs show RUN STEP` has it; `story` is without secrets.
pub fn story(run: &RunId, step: &StepId, story: &Story, redactor: &Redactor) -> Value {
    let known = story.record.as_ref().map(record);
    let mut value = json!({
        "run_id": run,
        "step_id": step,
        "running": story.record.is_none(),
        "step": known,
        "asked": { "prompt": story.prompt, "command": known.as_ref().map(|r| r["command"].clone()) },
        "did": story.changes,
        "said": story.said,
        "cost": known.as_ref().map(|r| r["usage"].clone()),
        "duration_ms": story.record.as_ref().map(|r| r.duration_ms),
        "earlier_attempts": story.earlier.iter().map(record).collect::<Vec<_>>(),
    });
    redact(&mut value, redactor);
    value
}

/// Hides the secrets in a story. One may be longer than the line it is shown on, so texts are gone through whole.
pub fn hide(story: &mut Story, redactor: &Redactor) {
    let patch = story.changes.as_mut().map(|c| &mut c.patch);
    for text in [story.prompt.as_mut(), story.said.as_mut(), patch].into_iter().flatten() {
        text.text = redactor.redact(&text.text).into_owned();
    }
}
