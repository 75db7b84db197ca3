//! `runs diff`: two runs side by side, or two steps of one run.

use std::collections::BTreeSet;

use clap::Args;
use serde_json::{Value, json};
use threados_core::engine::{Comparison, Side, compare, list_runs, records};
use threados_core::id::{RunId, StepId};
use threados_core::policy::Redactor;
use threados_core::view::redact;
use threados_core::workspace::{DoorError, ErrorClass, Snapshot, Workspace};
use threados_core::wrapper::StepRecord;

use super::{RunOrStep, find};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Report;
use crate::paint::{Style, span};
use crate::table::{Cell, Table};

/// Two runs side by side, or two steps of one run
#[derive(Debug, Args)]
#[command(
    override_usage = "seqctl runs diff <RUN> <RUN> [STEP]\n       seqctl runs diff <RUN> <STEP> <STEP>"
)]
pub struct DiffRuns {
    /// Run to compare
    pub run: RunId,
    /// Run to compare it with, or a step of this run
    #[arg(value_name = "RUN|STEP")]
    pub with: RunOrStep,
    /// Step to compare in both runs, or the step to compare that step with
    pub step: Option<StepId>,
}

pub fn diff(args: &DiffRuns, context: &Context) -> Result<Report, Failure> {
    let (workspace, snapshot) = context.look_back()?;
    let runs = list_runs(&workspace.paths, &snapshot)?;
    find(&runs, &args.run)?;
    let side = |run: &RunId, step: &StepId| Side { run: run.clone(), step: step.clone() };
    match (&args.with, &args.step) {
        (RunOrStep::Run(other), step) => {
            find(&runs, other)?;
            match step {
                None => Ok(two_runs(&args.run, other, &workspace, context)),
                Some(step) => {
                    two_steps(&side(&args.run, step), &side(other, step), &workspace, &snapshot, context)
                }
            }
        }
        (RunOrStep::Step(a), Some(b)) => {
            two_steps(&side(&args.run, a), &side(&args.run, b), &workspace, &snapshot, context)
        }
        (RunOrStep::Step(a), None) => {
            let message = format!("`{a}` is a step: name the step to compare it with, too");
            Err(Failure::new(ErrorClass::Usage, "USAGE", message).hint(format!(
                "seqctl runs diff {} {a} OTHER-STEP, or seqctl runs diff {} OTHER-RUN {a}",
                args.run, args.run
            )))
        }
    }
}

fn two_runs(a: &RunId, b: &RunId, workspace: &Workspace, context: &Context) -> Report {
    let [of_a, of_b] = [a, b].map(|run| records(&workspace.paths.run(run)));
    let mut seen = BTreeSet::new();
    let ids: Vec<&StepId> =
        of_a.iter().chain(&of_b).map(|r| &r.step_id).filter(|id| seen.insert(*id)).collect();
    let mut table = Table::new(&["STEP", "A", "TOOK", "B", "TOOK", "DIFFERS"]);
    let mut steps = Vec::new();
    for id in ids {
        let side = |run: &RunId| Side { run: run.clone(), step: id.clone() };
        let compared = compare(&workspace.paths, &side(a), &side(b));
        let differs = compared.differing().join(", ");
        let [x, y] = [&of_a, &of_b].map(|of| of.iter().find(|r| r.step_id == *id));
        let style = if differs.is_empty() { Style::Dim } else { Style::Yellow };
        table.row(vec![
            id.as_str().into(),
            word(x),
            took(x).into(),
            word(y),
            took(y).into(),
            Cell::new(if differs.is_empty() { "nothing" } else { &differs }, style),
        ]);
        steps.push(json!({ "id": id, "a": brief(x), "b": brief(y), "differs": compared.differing() }));
    }
    let text = format!("A is run {a}, B is run {b}\n{}", table.render(context));
    let mut json = json!({ "a": { "run": a }, "b": { "run": b }, "steps": steps });
    redact(&mut json, &Redactor::default());
    Report::new(json, text)
}

fn word(record: Option<&StepRecord>) -> Cell {
    record
        .map_or(Cell::new("-", Style::Dim), |r| Cell::new(r.status.as_str(), crate::paint::step(r.status).1))
}

fn took(record: Option<&StepRecord>) -> String {
    record.map(|r| span(r.duration_ms)).unwrap_or_default()
}

fn brief(record: Option<&StepRecord>) -> Value {
    record.map_or(Value::Null, |r| {
        json!({ "status": r.status, "reason": r.reason, "exit_code": r.exit_code, "duration_ms": r.duration_ms })
    })
}

fn two_steps(
    a: &Side,
    b: &Side,
    workspace: &Workspace,
    snapshot: &Snapshot,
    context: &Context,
) -> Result<Report, Failure> {
    for side in [a, b] {
        if !workspace.paths.run_step(&side.run, &side.step).is_dir() {
            let message = format!("step `{}` has not started in run {}", side.step, side.run);
            return Err(Failure::new(ErrorClass::NotFound, "NO_RECORD", message)
                .hint(format!("`seqctl runs show {}` lists what has", side.run)));
        }
    }
    let mut env = std::collections::BTreeMap::new();
    for side in [b, a] {
        env.extend(snapshot.sequence().step(side.step.as_str()).map(|s| s.env.clone()).unwrap_or_default());
    }
    let own = workspace.secret_patterns(snapshot);
    let redactor = workspace.redactor_for(&own, &env).map_err(DoorError::from)?;
    let compared = compare(&workspace.paths, a, b);
    let text = redactor.redact(&text(&compared, context)).into_owned();
    let mut json = serde_json::to_value(&compared).unwrap_or_default();
    json["differs"] = json!(compared.differing());
    redact(&mut json, &redactor);
    Ok(Report::new(json, text))
}

fn text(compared: &Comparison, context: &Context) -> String {
    let (a, b) = (&compared.a, &compared.b);
    let mut text = format!("A is {} of run {}\nB is {} of run {}\n", a.step, a.run, b.step, b.run);
    let mut table = Table::new(&["", "A", "B"]);
    for field in &compared.fields {
        let style = if field.differs && field.name != "duration_ms" { Style::Yellow } else { Style::Plain };
        let shown = |value: &Value| match (value, field.name.as_str()) {
            (Value::Null, _) => "-".to_owned(),
            (Value::String(text), _) => text.clone(),
            (value, "duration_ms") => span(value.as_u64().unwrap_or_default()),
            (value, _) => value.to_string(),
        };
        table.row(vec![
            Cell::new(&field.name, Style::Dim),
            Cell::new(shown(&field.a), style),
            Cell::new(shown(&field.b), style),
        ]);
    }
    text += &table.render(context);
    for file in &compared.files {
        if let Some(note) = &file.note {
            text += &format!("\n{}: {note}\n", file.file);
        }
        for line in file.diff.iter().flat_map(|diff| std::iter::once("").chain(diff.lines())) {
            text += &format!("{}\n", colour(line).paint(line, context.colours()));
        }
    }
    if compared.differing().is_empty() {
        text += "nothing differs but the time\n";
    }
    text
}

fn colour(line: &str) -> Style {
    match line.as_bytes().first() {
        Some(b'+') => Style::Green,
        Some(b'-') => Style::Red,
        Some(b'@') => Style::Cyan,
        _ => Style::Plain,
    }
}
