//! `runs list`, `runs show`, `runs diff`, `runs prune`.

mod diff;
mod show;

use std::str::FromStr;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use threados_core::engine::{RunEntry, list_runs, prune_refused, prune_runs};
use threados_core::id::{RunId, StepId};
use threados_core::view;
use threados_core::workspace::{DoorError, ErrorClass};

use crate::confirm::ask;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Report;
use crate::paint::{Style, moment, span};
use crate::progress::style::count;
use crate::table::{Cell, Table};

/// Runs, present and past
#[derive(Debug, Subcommand)]
pub enum Runs {
    /// All runs, the newest first
    List(ListRuns),
    /// One run with its steps, or one step of it
    Show(ShowRun),
    /// Two runs side by side, or two steps of one run
    Diff(diff::DiffRuns),
    /// Remove old runs; what runs always stays
    Prune(Prune),
}

/// All runs, the newest first
#[derive(Debug, Args)]
pub struct ListRuns {
    /// At most so many of the newest; 0 is all
    #[arg(long, value_name = "N", allow_negative_numbers = true, default_value_t = 20)]
    pub limit: usize,
}

/// One run with its steps, or one step of it: what it was asked, did, said and cost
#[derive(Debug, Args)]
pub struct ShowRun {
    /// Run to show [default: the latest, of the step where one is named]
    #[arg(value_name = "RUN")]
    pub which: Option<RunOrStep>,
    /// Step of it
    pub step: Option<StepId>,
}

/// A run or a step, in one word. No step's id looks like a run's: those have capital letters.
#[derive(Debug, Clone)]
pub enum RunOrStep {
    /// This run.
    Run(RunId),
    /// This step.
    Step(StepId),
}

impl FromStr for RunOrStep {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        let step = || StepId::new(word).map(Self::Step);
        RunId::new(word).map(Self::Run).or_else(|_| step()).map_err(|_| {
            format!("`{word}` is neither a run such as 20261122T204355Z-7f3a nor the id of a step")
        })
    }
}

/// Remove old runs; what runs always stays
#[derive(Debug, Args)]
pub struct Prune {
    /// How many of the newest stay
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub keep: usize,
}

impl Runs {
    /// Its name in JSON output.
    pub fn name(&self) -> &'static str {
        match self {
            Self::List(_) => "runs.list",
            Self::Show(_) => "runs.show",
            Self::Diff(_) => "runs.diff",
            Self::Prune(_) => "runs.prune",
        }
    }
}

pub fn run(args: &Runs, context: &Context) -> Result<Report, Failure> {
    match args {
        Runs::List(args) => list(args, context),
        Runs::Show(args) => show::show(args, context),
        Runs::Diff(args) => diff::diff(args, context),
        Runs::Prune(args) => prune(args, context),
    }
}

fn list(args: &ListRuns, context: &Context) -> Result<Report, Failure> {
    let (workspace, snapshot) = context.look_back()?;
    let mut runs = list_runs(&workspace.paths, &snapshot)?;
    if args.limit > 0 {
        runs.truncate(args.limit);
    }
    let has_inner = runs.iter().any(|run| by(run).is_some());
    let heads = ["RUN", "STATE", "STARTED", "TOOK", "STEPS", "BY"];
    let mut table = Table::new(if has_inner { &heads } else { &heads[..5] });
    // The id tells when it began.
    (table.elastic, table.least) = (4, 24);
    table.spare = if has_inner { &[2, 5, 3] } else { &[2, 3] };
    for run in &runs {
        let record = run.record.as_ref();
        let (word, style) = state(run);
        let mut row: Vec<Cell> = vec![
            run.id.as_str().into(),
            Cell::new(word, style),
            record.map(|r| moment(r.started_at)).unwrap_or_default().into(),
            record.and_then(|r| r.duration_ms).map(span).unwrap_or_default().into(),
            record.map(counts).unwrap_or_default().into(),
        ];
        if has_inner {
            row.push(by(run).map(|step| format!("step {step}")).unwrap_or_default().into());
        }
        table.row(row);
    }
    let text = if runs.is_empty() { "no runs yet\n".to_owned() } else { table.render(context) };
    let runs: Vec<Value> = runs.iter().map(as_json).collect();
    Ok(Report::new(json!({ "runs": runs }), text))
}

/// The step that asked for a run.
fn by(run: &RunEntry) -> Option<&StepId> {
    run.record.as_ref()?.by.as_ref()
}

fn as_json(run: &RunEntry) -> Value {
    view::run_line(run)
}

fn state(run: &RunEntry) -> (&'static str, Style) {
    let word = view::run_state(run);
    let style = match word {
        "running" => Style::Blue,
        "done" => Style::Green,
        "failed" | "stopped" => Style::Red,
        "waiting" => Style::Yellow,
        _ => Style::Dim,
    };
    (word, style)
}

fn counts(record: &threados_core::engine::RunRecord) -> String {
    let counts = record.counts.iter().filter(|(_, n)| **n > 0);
    counts.map(|(s, n)| format!("{n} {}", s.as_str().to_lowercase())).collect::<Vec<_>>().join(", ")
}

/// The run that is asked for, of these.
fn find<'r>(runs: &'r [RunEntry], id: &RunId) -> Result<&'r RunEntry, Failure> {
    runs.iter().find(|r| r.id == *id).ok_or_else(|| no_run(id))
}

/// There is no such run.
pub fn no_run(id: &RunId) -> Failure {
    Failure::new(ErrorClass::NotFound, "RUN_NOT_FOUND", format!("there is no run {id}"))
        .hint("`seqctl runs list` shows all runs")
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
        let text = format!("{verb} {}{held}\n", count(pruned.removed.len(), "run"));
        let json =
            json!({ "removed": pruned.removed, "held": pruned.held, "dry_run": context.global.dry_run });
        Report::new(json, text)
    };
    if context.global.dry_run || would.removed.is_empty() {
        return Ok(report(&would, if context.global.dry_run { "would remove" } else { "removed" }));
    }
    let question = format!("Remove {} with their logs and artifacts?", count(would.removed.len(), "run"));
    if !context.global.yes && !ask(context, &question) {
        let message = format!(
            "`seqctl runs prune` would remove {} and needs your yes",
            count(would.removed.len(), "run")
        );
        prune_refused(&workspace, context.actor(), args.keep, &message);
        return Err(Failure::new(ErrorClass::Confirm, "CONFIRMATION_NEEDED", message)
            .hint("add --yes to confirm it, or --dry-run to see which"));
    }
    let pruned =
        prune_runs(&workspace, context.actor(), args.keep, false).map_err(|e: DoorError| Failure::from(e))?;
    Ok(report(&pruned, "removed"))
}
