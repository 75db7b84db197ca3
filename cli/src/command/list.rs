//! `step list`, `step show`, `group list`, `gate list`.

use clap::Args;
use serde_json::{Value, json};
use threados_core::dag::{Dag, Statuses};
use threados_core::model::{FailPolicy, Step};
use threados_core::policy::Redactor;
use threados_core::workspace::Snapshot;

use super::status::as_json;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Report;
use crate::paint::{self, Style, between, moment};
use crate::table::{Cell, Table};

/// A list of everything of its kind
#[derive(Debug, Args)]
pub struct List {}

/// One step with all its fields
#[derive(Debug, Args)]
pub struct Show {
    /// Step to show
    pub id: String,
}

pub fn steps(context: &Context) -> Result<Report, Failure> {
    let (_, snapshot) = context.look()?;
    let statuses = snapshot.statuses();
    let mut table = Table::new(&["ID", "TYPE", "MODEL", "STATUS", "DEPENDS ON"]);
    for (step, view) in snapshot.sequence().steps.iter().zip(&statuses.steps) {
        table.row(vec![
            step.id.as_str().into(),
            step.kind.as_str().into(),
            step.model.as_str().into(),
            Cell::new(view.status.as_str(), paint::step(view.status).1),
            join(step.depends_on.iter().map(|id| id.as_str())).into(),
        ]);
    }
    let steps = as_json(&snapshot, &statuses)["steps"].take();
    Ok(Report::new(json!({ "steps": steps }), table.render(context)))
}

pub fn gates(context: &Context) -> Result<Report, Failure> {
    let (_, snapshot) = context.look()?;
    let statuses = snapshot.statuses();
    let mut table = Table::new(&["ID", "STATUS", "DEPENDS ON", "REASON"]);
    for (gate, view) in snapshot.sequence().gates.iter().zip(&statuses.gates) {
        table.row(vec![
            gate.id.as_str().into(),
            Cell::new(view.status.as_str(), paint::gate(view.status, view.due).1),
            join(gate.depends_on.iter().map(|id| id.as_str())).into(),
            view.reason.as_deref().unwrap_or_default().into(),
        ]);
    }
    let gates = as_json(&snapshot, &statuses)["gates"].take();
    Ok(Report::new(json!({ "gates": gates }), table.render(context)))
}

pub fn groups(context: &Context) -> Result<Report, Failure> {
    let (_, snapshot) = context.look()?;
    let statuses = snapshot.statuses();
    let dag = Dag::new(snapshot.sequence());
    let mut table = Table::new(&["ID", "FAIL POLICY", "MEMBERS"]);
    let mut groups = Vec::new();
    for group in dag.groups() {
        let policy = if group.policy == FailPolicy::BestEffort { "best_effort" } else { "fail_fast" };
        let view = |i: usize| &statuses.steps[i];
        let members: Vec<Value> = group
            .members
            .iter()
            .map(|n| json!({ "id": dag.id(*n), "status": view(n.index()).status }))
            .collect();
        let shown = group.members.iter().map(|n| dag.id(*n).as_str());
        table.row(vec![group.id.as_str().into(), policy.into(), join(shown).into()]);
        groups.push(json!({ "id": group.id, "fail_policy": policy, "members": members }));
    }
    Ok(Report::new(json!({ "groups": groups }), table.render(context)))
}

pub fn show(args: &Show, context: &Context) -> Result<Report, Failure> {
    let (_, snapshot) = context.look()?;
    let sequence = snapshot.sequence();
    let Some(index) = sequence.steps.iter().position(|s| s.id.as_str() == args.id) else {
        return Err(Failure::not_found("step", &args.id, sequence.steps.iter().map(|s| s.id.as_str())));
    };
    let statuses = snapshot.statuses();
    let dag = Dag::new(sequence);
    let after: Vec<&str> = dag
        .step(index)
        .map(|n| dag.successors(n).iter().map(|n| dag.id(*n).as_str()).collect())
        .unwrap_or_default();
    let step = redacted(&sequence.steps[index]);
    let mut value = serde_json::to_value(&step).unwrap_or_default();
    let stands = as_json(&snapshot, &statuses)["steps"][index].take();
    if let (Some(all), Value::Object(more)) = (value.as_object_mut(), stands) {
        all.extend(more);
        all.insert("dependents".into(), json!(after));
    }
    let text = text(&step, &snapshot, &statuses, index, &after, context);
    Ok(Report::new(json!({ "step": value }), text))
}

/// The step without the secrets of its command and environment.
fn redacted(step: &Step) -> Step {
    let redactor = Redactor::default();
    let mut step = step.clone();
    step.command = redactor.redact_argv(&step.command);
    for (name, value) in &mut step.env {
        if threados_core::policy::redact::is_secret_name(name) {
            *value = threados_core::policy::redact::PLACEHOLDER.to_owned();
        } else {
            *value = redactor.redact(value).into_owned();
        }
    }
    step
}

fn text(
    step: &Step,
    snapshot: &Snapshot,
    statuses: &Statuses,
    index: usize,
    after: &[&str],
    context: &Context,
) -> String {
    let view = &statuses.steps[index];
    let mut table = Table::default();
    let (mark, style) = paint::step(view.status);
    let reason = view.reason.as_deref().map(|r| format!(": {r}")).unwrap_or_default();
    let status = Cell::new(format!("{mark} {}{reason}", view.status), style);
    table.row(vec![Cell::new("status", Style::Dim), status]);
    let mut add = |key: &str, value: String| {
        if !value.is_empty() {
            table.row(vec![Cell::new(key, Style::Dim), value.into()]);
        }
    };
    let mut fields = serde_json::to_value(step).unwrap_or_default();
    for key in ["id", "command", "depends_on", "env"] {
        fields.as_object_mut().map(|f| f.remove(key));
    }
    add("command", shlex::try_join(step.command.iter().map(String::as_str)).unwrap_or_default());
    for (key, value) in fields.as_object().into_iter().flatten() {
        let shown = match value {
            Value::String(text) => text.clone(),
            Value::Array(items) => join(items.iter().filter_map(Value::as_str)),
            other => other.to_string(),
        };
        add(key, shown);
    }
    for (name, value) in &step.env {
        add("env", format!("{name}={value}"));
    }
    add("depends on", join(step.depends_on.iter().map(|id| id.as_str())));
    add("before", join(after.iter().copied()));
    if let Some(state) = snapshot.state.steps.get(&step.id) {
        add("run", state.run_id.as_ref().map(ToString::to_string).unwrap_or_default());
        add("attempt", if state.attempt > 0 { state.attempt.to_string() } else { String::new() });
        add("started", state.started_at.map(moment).unwrap_or_default());
        add("took", state.started_at.zip(state.ended_at).map(|(a, b)| between(a, b)).unwrap_or_default());
        add("exit code", state.exit_code.map(|c| c.to_string()).unwrap_or_default());
    }
    format!("{}\n{}", Style::Bold.paint(step.id.as_str(), context.colours()), table.render(context))
}

fn join<'a>(items: impl Iterator<Item = &'a str>) -> String {
    items.collect::<Vec<_>>().join(", ")
}
