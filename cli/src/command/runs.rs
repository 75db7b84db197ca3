//! `runs list`, `runs show`, `runs prune`.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use threados_core::engine::protocol::RunState;
use threados_core::engine::{RunEntry, list_runs, prune_runs};
use threados_core::id::{RunId, StepId};
use threados_core::model::StepStatus;
use threados_core::policy::Redactor;
use threados_core::workspace::{DoorError, ErrorClass};
use threados_core::wrapper::StepRecord;

use crate::confirm::ask;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Report;
use crate::paint::{self, Style, moment, span};
use crate::table::{Cell, Table};

/// Runs, present and past
#[derive(Debug, Subcommand)]
pub enum Runs {
    /// All runs, the newest first
    List(ListRuns),
    /// One run with its steps, or one step of it
    Show(ShowRun),
    /// Remove old runs; what runs always stays
    Prune(Prune),
}

/// All runs, the newest first
#[derive(Debug, Args)]
pub struct ListRuns {
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: usize,
}

/// One run with its steps, or one step of it
#[derive(Debug, Args)]
pub struct ShowRun {
    /// Run to show
    pub run: RunId,
    /// Step of it
    pub step: Option<StepId>,
}

/// Remove old runs; what runs always stays
#[derive(Debug, Args)]
pub struct Prune {
    /// How many of the newest stay
    #[arg(long, value_name = "N")]
    pub keep: usize,
}

impl Runs {
    /// Its name in JSON output.
    pub fn name(&self) -> &'static str {
        match self {
            Self::List(_) => "runs.list",
            Self::Show(_) => "runs.show",
            Self::Prune(_) => "runs.prune",
        }
    }
}

pub fn run(args: &Runs, context: &Context) -> Result<Report, Failure> {
    match args {
        Runs::List(args) => list(args, context),
        Runs::Show(args) => show(args, context),
        Runs::Prune(args) => prune(args, context),
    }
}

fn list(args: &ListRuns, context: &Context) -> Result<Report, Failure> {
    let (workspace, snapshot) = context.look()?;
    let mut runs = list_runs(&workspace.paths, &snapshot.state)?;
    runs.truncate(args.limit);
    let mut table = Table::new(&["RUN", "STATE", "STARTED", "TOOK", "STEPS"]);
    for run in &runs {
        let record = run.record.as_ref();
        let (word, style) = state(run);
        table.row(vec![
            run.id.as_str().into(),
            Cell::new(word, style),
            record.map(|r| moment(r.started_at)).unwrap_or_default().into(),
            record.and_then(|r| r.duration_ms).map(span).unwrap_or_default().into(),
            record.map(counts).unwrap_or_default().into(),
        ]);
    }
    let text = if runs.is_empty() { "no runs yet\n".to_owned() } else { table.render(context) };
    let runs: Vec<Value> = runs.iter().map(as_json).collect();
    Ok(Report::new(json!({ "runs": runs }), text))
}

fn as_json(run: &RunEntry) -> Value {
    let mut value =
        run.record.as_ref().and_then(|r| serde_json::to_value(r).ok()).unwrap_or_else(|| json!({}));
    value["run_id"] = json!(run.id);
    value["state"] = json!(state(run).0);
    value
}

fn state(run: &RunEntry) -> (&'static str, Style) {
    match run.record.as_ref().map(|r| r.state) {
        _ if run.open => ("running", Style::Blue),
        Some(RunState::Done) => ("done", Style::Green),
        Some(RunState::Failed) => ("failed", Style::Red),
        Some(RunState::Waiting) => ("waiting", Style::Yellow),
        Some(RunState::Stopped) => ("stopped", Style::Red),
        // It says that it runs, but it is not among those that go on.
        Some(RunState::Running) | None => ("unknown", Style::Dim),
    }
}

fn counts(record: &threados_core::engine::RunRecord) -> String {
    let counts = record.counts.iter().filter(|(_, n)| **n > 0);
    counts.map(|(s, n)| format!("{n} {}", s.as_str().to_lowercase())).collect::<Vec<_>>().join(", ")
}

fn show(args: &ShowRun, context: &Context) -> Result<Report, Failure> {
    let (workspace, snapshot) = context.look()?;
    let runs = list_runs(&workspace.paths, &snapshot.state)?;
    let Some(run) = runs.iter().find(|r| r.id == args.run) else {
        return Err(Failure::new(
            ErrorClass::NotFound,
            "RUN_NOT_FOUND",
            format!("there is no run {}", args.run),
        )
        .hint("`seqctl runs list` shows all runs"));
    };
    let steps = records(&workspace.paths.run(&run.id))?;
    let Some(step) = &args.step else {
        return Ok(show_all(run, &steps, context));
    };
    let Some(record) = steps.iter().find(|r| r.step_id == *step) else {
        let message = format!("step `{step}` has not ended in run {}", run.id);
        return Err(Failure::new(ErrorClass::NotFound, "NO_RECORD", message)
            .hint(format!("`seqctl runs show {}` lists what has", run.id)));
    };
    Ok(Report::new(json!({ "run_id": run.id, "step": hidden(record) }), show_step(record, context)))
}

/// The records of all steps of a run that have ended, by start.
fn records(folder: &std::path::Path) -> Result<Vec<StepRecord>, Failure> {
    let items = match std::fs::read_dir(folder) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.map_err(|e| Failure::io(&format!("read {}", folder.display()), &e))?,
    };
    let mut records: Vec<StepRecord> =
        items.flatten().filter_map(|item| StepRecord::read(&item.path()).ok().flatten()).collect();
    records.sort_by(|a, b| (a.started_at, &a.step_id).cmp(&(b.started_at, &b.step_id)));
    Ok(records)
}

/// A record without secrets that only this reader's rules know.
fn hidden(record: &StepRecord) -> Value {
    let mut value = serde_json::to_value(record).unwrap_or_default();
    crate::failure::redact(&mut value, &Redactor::default());
    value
}

fn show_all(run: &RunEntry, steps: &[StepRecord], context: &Context) -> Report {
    let (word, style) = state(run);
    let mut text = format!("run {}: {}\n", run.id, style.paint(word, context.colours()));
    let mut table = Table::new(&["STATUS", "STEP", "STARTED", "TOOK", "REASON"]);
    for record in steps {
        table.row(vec![
            status(record.status),
            record.step_id.as_str().into(),
            moment(record.started_at).into(),
            span(record.duration_ms).into(),
            record.reason.as_deref().unwrap_or_default().into(),
        ]);
    }
    text += &table.render(context);
    let mut value = as_json(run);
    value["steps"] = steps.iter().map(hidden).collect();
    Report::new(value, text)
}

fn status(status: StepStatus) -> Cell {
    Cell::new(status.as_str(), paint::step(status).1)
}

fn show_step(record: &StepRecord, context: &Context) -> String {
    let mut table = Table::default();
    for (key, value) in hidden(record).as_object().into_iter().flatten() {
        let shown = match value {
            Value::Null => continue,
            Value::String(text) => text.clone(),
            Value::Array(items) if items.is_empty() => continue,
            Value::Object(map) if map.is_empty() => continue,
            other => other.to_string(),
        };
        table.row(vec![Cell::new(key, Style::Dim), shown.into()]);
    }
    table.render(context)
}

fn prune(args: &Prune, context: &Context) -> Result<Report, Failure> {
    context.refuse_steps("runs.prune")?;
    let workspace = context.workspace()?;
    let would = prune_runs(&workspace, context.actor(), args.keep, true)?;
    let report = |pruned: &threados_core::engine::Pruned, verb: &str| {
        let held = if pruned.held.is_empty() {
            String::new()
        } else {
            format!(", {} still needed", pruned.held.len())
        };
        let text = format!("{verb} {} runs{held}\n", pruned.removed.len());
        let json =
            json!({ "removed": pruned.removed, "held": pruned.held, "dry_run": context.global.dry_run });
        Report::new(json, text)
    };
    if context.global.dry_run || would.removed.is_empty() {
        return Ok(report(&would, if context.global.dry_run { "would remove" } else { "removed" }));
    }
    let question = format!("Remove {} runs with their logs and artifacts?", would.removed.len());
    if !context.global.yes && !ask(context, &question) {
        let message = format!("runs.prune would remove {} runs and needs your yes", would.removed.len());
        return Err(Failure::new(ErrorClass::Confirm, "CONFIRMATION_NEEDED", message)
            .hint("add --yes to confirm it, or --dry-run to see which"));
    }
    let pruned =
        prune_runs(&workspace, context.actor(), args.keep, false).map_err(|e: DoorError| Failure::from(e))?;
    Ok(report(&pruned, "removed"))
}
