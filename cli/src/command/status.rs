//! `status`.

mod table;

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};
use threados_core::dag::{Dag, Statuses};
use threados_core::engine::look;
use threados_core::log::Watch;
use threados_core::model::{Phase, StepStatus};
use threados_core::workspace::Snapshot;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::{self, Report};

/// How everything stands
#[derive(Debug, Args)]
pub struct Status {
    /// Stay, and show every change; with --json one object a line
    #[arg(long, short)]
    pub watch: bool,
}

pub fn run(args: &Status, context: &Context) -> Result<Report, Failure> {
    if args.watch {
        return watch(context);
    }
    let (_, snapshot) = context.look()?;
    let dag = Arc::new(Dag::new(snapshot.sequence()));
    let statuses = Statuses::of_graph(Arc::clone(&dag), &snapshot.state);
    if context.global.json {
        return Ok(Report::new(as_json(&snapshot, &statuses), ""));
    }
    Ok(Report::new(Value::Null, table::render(&snapshot, &statuses, &dag, context)))
}

/// How often the times of what runs are shown anew; every other change shows at once.
const TICK: Duration = Duration::from_secs(1);

/// Shows how everything stands, again at every change, until it is ended or nobody reads any more.
fn watch(context: &Context) -> Result<Report, Failure> {
    let workspace = context.workspace()?;
    let mut changes = Watch::new(&workspace.paths).map_err(|e| Failure::io("watch the project", &e))?;
    let mut shown = String::new();
    loop {
        // A hand edit that is not valid yet is no reason to leave: what was shown stays.
        let text = match look(&workspace) {
            Ok(snapshot) => {
                let runs = snapshot.state.steps.values().any(|s| s.phase == Phase::Running);
                Some((frame(&snapshot, context), runs))
            }
            Err(error) if shown.is_empty() => return Err(error.into()),
            Err(_) => None,
        };
        let runs = text.as_ref().is_some_and(|(_, runs)| *runs);
        if let Some((text, _)) = text.filter(|(text, _)| *text != shown) {
            if !draw(&text, shown.is_empty(), context) {
                return Ok(Report::printed(0));
            }
            shown = text;
        }
        changes.wait(runs.then_some(TICK)).map_err(|e| Failure::io("watch the project", &e))?;
    }
}

fn frame(snapshot: &Snapshot, context: &Context) -> String {
    let dag = Arc::new(Dag::new(snapshot.sequence()));
    let statuses = Statuses::of_graph(Arc::clone(&dag), &snapshot.state);
    if !context.global.json {
        return table::render(snapshot, &statuses, &dag, context);
    }
    let mut all = json!({ "ok": true, "command": "status" });
    if let (Some(all), Value::Object(more)) = (all.as_object_mut(), as_json(snapshot, &statuses)) {
        all.extend(more);
    }
    format!("{all}\n")
}

/// On a terminal the new picture takes the place of the old one.
fn draw(text: &str, first: bool, context: &Context) -> bool {
    if context.global.json || context.width().is_none() {
        let gap = if first || context.global.json { "" } else { "\n" };
        return output::write(format!("{gap}{text}").as_bytes());
    }
    let start = if first { "\x1b[2J\x1b[H" } else { "\x1b[H" };
    let lines = text.replace('\n', "\x1b[K\n");
    output::write(format!("{start}{lines}\x1b[J").as_bytes())
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
            let state = snapshot.state.steps.get(step.runs_with()).cloned().unwrap_or_default();
            let exit_code = state.exit_code.filter(|_| step.watchdog_for.is_none());
            let attempt = (state.attempt > 0).then_some(state.attempt);
            let more = [
                ("reason", json!(view.reason)),
                ("group_id", json!(step.group_id)),
                ("spawned_by", json!(step.spawned_by)),
                ("run_id", json!(state.run_id)),
                ("attempt", json!(attempt)),
                ("started_at", json!(state.started_at)),
                ("ended_at", json!(state.ended_at)),
                ("exit_code", json!(exit_code)),
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
