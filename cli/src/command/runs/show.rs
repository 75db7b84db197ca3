//! `runs show`: a run with its steps; of one step what it was asked, did, said, cost, and how long it took.

use threados_core::action::{ActionError, nearest};
use threados_core::engine::{ChangedFile, RunEntry, Story, Text, list_runs, records};
use threados_core::id::StepId;
use threados_core::model::StepStatus;
use threados_core::policy::Redactor;
use threados_core::view;
use threados_core::workspace::{DoorError, ErrorClass, Snapshot, Workspace};
use threados_core::wrapper::StepRecord;

use super::{RunOrStep, ShowRun, as_json, find, state};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Report;
use crate::paint::{self, Style, moment, span};
use crate::table::{Cell, Table};

/// Most lines of a text that a person is shown; the file has the rest.
const LINES: usize = 60;

pub fn show(args: &ShowRun, context: &Context) -> Result<Report, Failure> {
    let (workspace, snapshot) = context.look_back()?;
    let runs = list_runs(&workspace.paths, &snapshot)?;
    let (run, step) = match (&args.which, &args.step) {
        (Some(RunOrStep::Run(run)), step) => (find(&runs, run)?, step.as_ref()),
        (Some(RunOrStep::Step(step)), None) => (latest_of(step, &runs, &snapshot)?, Some(step)),
        (Some(RunOrStep::Step(first)), Some(step)) => {
            let message = format!("`{first}` is no run, and one step is shown at a time");
            return Err(Failure::new(ErrorClass::Usage, "USAGE", message)
                .hint(format!("seqctl runs show {step}, or seqctl runs show RUN {step}")));
        }
        (None, _) => (runs.first().ok_or_else(no_runs)?, None),
    };
    match step {
        None => Ok(show_all(run, &records(&workspace.paths.run(&run.id)), context)),
        Some(step) => show_one(run, step, &runs, &workspace, &snapshot, context),
    }
}

fn no_runs() -> Failure {
    Failure::new(ErrorClass::NotFound, "RUN_NOT_FOUND", "there are no runs yet").hint("seqctl run all")
}

/// The run of a step's latest attempt.
fn latest_of<'r>(step: &StepId, runs: &'r [RunEntry], snapshot: &Snapshot) -> Result<&'r RunEntry, Failure> {
    let starts_with = snapshot.sequence().step(step.as_str()).map_or(step, |s| s.runs_with());
    let run = snapshot.state.steps.get(starts_with).and_then(|s| s.run_id.as_ref());
    match run {
        Some(run) => find(runs, run),
        None if snapshot.sequence().step(step.as_str()).is_none() => {
            let ids = snapshot.sequence().steps.iter().map(|s| s.id.as_str());
            let nearest = nearest(step.as_str(), ids);
            Err(DoorError::from(ActionError::NotFound { kind: "step", id: step.to_string(), nearest }).into())
        }
        None => {
            let message = format!("step `{step}` has not started in any run");
            Err(Failure::new(ErrorClass::NotFound, "NO_RECORD", message)
                .hint(format!("seqctl run step {starts_with}")))
        }
    }
}

fn show_all(run: &RunEntry, steps: &[StepRecord], context: &Context) -> Report {
    let (word, style) = state(run);
    let by = super::by(run).map(|step| format!(", asked for by step {step}")).unwrap_or_default();
    let mut text = format!("run {}: {}{by}\n", run.id, style.paint(word, context.colours()));
    let mut table = Table::new(&["STATUS", "STEP", "STARTED", "TOOK", "REASON"]);
    if steps.is_empty() {
        text += &nothing_ended(run);
        table = Table::default();
    }
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
    value["steps"] = steps.iter().map(view::record).collect();
    Report::new(value, text)
}

/// Why there is no step to show.
fn nothing_ended(run: &RunEntry) -> String {
    let Some(record) = &run.record else {
        return "its status.json is gone or cannot be read, and no step left a record\n".to_owned();
    };
    if run.open {
        return format!("none of its steps has ended yet: {}\n", super::counts(record));
    }
    let has = |status| record.counts.get(&status).is_some_and(|n| *n > 0);
    if record.counts.is_empty() {
        return "nothing was started: there was no step to run\n".to_owned();
    }
    if record.counts.keys().all(|s| *s == StepStatus::Done || !has(*s)) {
        return "nothing was started: all it was about was done before\n".to_owned();
    }
    let what_to_do = if has(StepStatus::Failed) {
        "what failed before is run again by `seqctl run all --failed`"
    } else {
        "`seqctl why ID` tells what holds a step"
    };
    format!("nothing was started: {} as it ended; {what_to_do}\n", super::counts(record))
}

fn status(status: StepStatus) -> Cell {
    Cell::new(status.as_str(), paint::step(status).1)
}

fn show_one(
    run: &RunEntry,
    step: &StepId,
    runs: &[RunEntry],
    workspace: &Workspace,
    snapshot: &Snapshot,
    context: &Context,
) -> Result<Report, Failure> {
    let Some(mut story) = Story::read(&workspace.paths, &run.id, step, runs) else {
        let message = format!("step `{step}` has not started in run {}", run.id);
        return Err(Failure::new(ErrorClass::NotFound, "NO_RECORD", message)
            .hint(format!("`seqctl runs show {}` lists what has", run.id)));
    };
    let redactor = view::redactor(workspace, snapshot, step)?;
    view::hide(&mut story, &redactor);
    let json = view::story(&run.id, step, &story, &redactor);
    Ok(Report::new(json, Page { context, workspace, redactor: &redactor }.text(step, &story)))
}

/// What a person reads.
struct Page<'a> {
    context: &'a Context,
    workspace: &'a Workspace,
    redactor: &'a Redactor,
}

impl Page<'_> {
    fn text(&self, step: &StepId, story: &Story) -> String {
        let mut text = match &story.record {
            Some(record) => self.heading(record),
            None => format!("{step} is running\n"),
        };
        text += &self.part("Asked", &self.asked(story));
        text += &self.part("Did", &self.did(story));
        text += &self.part("Said", &story.said.as_ref().map(|said| self.lines(said)).unwrap_or_default());
        let record = story.record.as_ref();
        text += &self.part("Left", &record.map(|r| self.left(r)).unwrap_or_default());
        text += &self.part("Cost", &record.map(cost).unwrap_or_default());
        text += &self.part("Before", &story.earlier.iter().map(attempt).collect::<String>());
        text
    }

    fn heading(&self, record: &StepRecord) -> String {
        let (_, style) = paint::step(record.status);
        let word = style.paint(record.status.as_str(), self.context.colours());
        let reason = record.reason.as_deref().map(|r| format!(": {}", self.redactor.redact(r)));
        let mut more =
            vec![format!("attempt {}", record.attempt), format!("{} by {}", record.model, record.executor)];
        more.extend(record.exit_code.map(|code| format!("exit code {code}")));
        more.extend(record.signal.clone());
        format!(
            "{} {word} after {}{}\n  {}, in {}\n  {} to {}\n",
            record.step_id,
            span(record.duration_ms),
            reason.unwrap_or_default(),
            more.join(", "),
            record.cwd,
            moment(record.started_at),
            moment(record.ended_at),
        )
    }

    fn part(&self, title: &str, body: &str) -> String {
        if body.is_empty() {
            return String::new();
        }
        let body: String = body.lines().map(|line| format!("  {line}\n")).collect();
        format!("\n{}\n{body}", Style::Bold.paint(title, self.context.colours()))
    }

    fn asked(&self, story: &Story) -> String {
        let command = story.record.as_ref().map(|r| shlex::try_join(r.command.iter().map(String::as_str)));
        let command = command.and_then(Result::ok).map(|c| format!("{}\n", self.redactor.redact(&c)));
        let prompt = story.prompt.as_ref().map(|prompt| self.lines(prompt));
        format!("{}{}", command.unwrap_or_default(), prompt.unwrap_or_default())
    }

    fn did(&self, story: &Story) -> String {
        let mut text = String::new();
        if let Some(changes) = &story.changes {
            for ChangedFile { path, added, removed } in &changes.files {
                text += &format!("{path} +{added} -{removed}\n");
            }
            if !changes.may_hold_work_of.is_empty() {
                text += &format!("may hold the work of: {}\n", changes.may_hold_work_of.join(", "));
            }
            text += &self.lines(&changes.patch);
        }
        let Some(record) = &story.record else { return text };
        for note in &record.diff_notes {
            text += &format!("{note}\n");
        }
        if let Some(tree) = record.worktree.as_ref().filter(|tree| tree.path.is_dir()) {
            text += &format!("in {} on branch {}\n", tree.path.display(), tree.branch);
        }
        text
    }

    fn left(&self, record: &StepRecord) -> String {
        let mut text = String::new();
        for (key, value) in &record.outputs {
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            text += &format!("{key}={}\n", self.redactor.redact(&shown));
        }
        for artifact in &record.artifacts {
            text += &format!("artifacts/{artifact}\n");
        }
        text
    }

    /// The beginning of a text, and where the rest is.
    fn lines(&self, text: &Text) -> String {
        let all = text.text.lines().count();
        let mut shown: String = text.text.lines().take(LINES).map(|line| format!("{line}\n")).collect();
        if all > LINES || text.cut {
            let root = self.workspace.root();
            let file = text.file.strip_prefix(root).unwrap_or(&text.file);
            shown += &format!("… all of it: {}\n", file.display());
        }
        shown
    }
}

fn cost(record: &StepRecord) -> String {
    let Some(usage) = &record.usage else { return String::new() };
    let price = usage.cost_usd.map_or_else(|| "no price told".to_owned(), |usd| format!("${usd:.4}"));
    format!("{} tokens in, {} out, {price}\n", usage.input_tokens, usage.output_tokens)
}

fn attempt(record: &StepRecord) -> String {
    let reason = record.reason.as_deref().map(|r| format!(": {r}")).unwrap_or_default();
    format!("attempt {} {} after {}{reason}\n", record.attempt, record.status, span(record.duration_ms))
}
