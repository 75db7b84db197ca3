//! `status`.

use clap::Args;
use serde_json::{Value, json};
use threados_core::dag::Statuses;
use threados_core::model::StepStatus;
use threados_core::workspace::Snapshot;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Report;

/// How everything stands
#[derive(Debug, Args)]
pub struct Status {}

pub fn run(_args: &Status, context: &Context) -> Result<Report, Failure> {
    let snapshot = threados_core::engine::observe(&context.workspace()?)?;
    let statuses = snapshot.statuses();
    if context.global.json {
        return Ok(Report::new(as_json(&snapshot, &statuses), ""));
    }
    let mut text = String::new();
    for (step, view) in snapshot.sequence().steps.iter().zip(&statuses.steps) {
        text +=
            &format!("{:<12} {:<20} {}\n", view.status, step.id, view.reason.as_deref().unwrap_or_default());
    }
    for (gate, view) in snapshot.sequence().gates.iter().zip(&statuses.gates) {
        text +=
            &format!("{:<12} {:<20} {}\n", view.status, gate.id, view.reason.as_deref().unwrap_or_default());
    }
    Ok(Report::new(Value::Null, text))
}

/// The fixed shape of `status --json`.
pub fn as_json(snapshot: &Snapshot, statuses: &Statuses) -> Value {
    let sequence = snapshot.sequence();
    let steps: Vec<Value> = sequence
        .steps
        .iter()
        .zip(&statuses.steps)
        .map(|(step, view)| {
            let mut out = json!({
                "id": step.id, "name": step.name, "type": step.kind, "model": step.model,
                "status": view.status, "depends_on": step.depends_on,
            });
            let state = snapshot.state.steps.get(&step.id).cloned().unwrap_or_default();
            let attempt = (state.attempt > 0).then_some(state.attempt);
            let more = [
                ("reason", json!(view.reason)),
                ("group_id", json!(step.group_id)),
                ("spawned_by", json!(step.spawned_by)),
                ("run_id", json!(state.run_id)),
                ("attempt", json!(attempt)),
                ("started_at", json!(state.started_at)),
                ("ended_at", json!(state.ended_at)),
                ("exit_code", json!(state.exit_code)),
            ];
            for (key, value) in more.into_iter().filter(|(_, v)| !v.is_null()) {
                out[key] = value;
            }
            out
        })
        .collect();
    let gates: Vec<Value> = sequence
        .gates
        .iter()
        .zip(&statuses.gates)
        .map(|(gate, view)| {
            let mut out = json!({ "id": gate.id, "name": gate.name, "status": view.status, "depends_on": gate.depends_on });
            if let Some(reason) = &view.reason {
                out["reason"] = json!(reason);
            }
            out
        })
        .collect();
    let count = |s: StepStatus| statuses.steps.iter().filter(|v| v.status == s).count();
    json!({
        "revision": snapshot.revision(), "name": sequence.name, "steps": steps, "gates": gates,
        "summary": {
            "total": statuses.steps.len(), "ready": count(StepStatus::Ready), "running": count(StepStatus::Running),
            "needs_review": count(StepStatus::NeedsReview), "done": count(StepStatus::Done),
            "failed": count(StepStatus::Failed), "blocked": count(StepStatus::Blocked),
        },
    })
}
