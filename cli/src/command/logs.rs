//! `logs`: what a step printed.

mod follow;
mod sink;

use std::io::Read as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use threados_core::id::{RunId, StepId};
use threados_core::model::{Phase, StepStatus};
use threados_core::policy::Redactor;
use threados_core::store::regular;
use threados_core::workspace::{ErrorClass, Snapshot, Workspace};
use threados_core::wrapper::{StepRecord, Stream};

use super::runs::no_run;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{self, Report};
use follow::Tail;
use sink::Sink;

/// What a step printed
#[derive(Debug, Args)]
pub struct Logs {
    /// Step whose output it is
    pub id: StepId,
    /// Go on until the step ends
    #[arg(long, short)]
    pub follow: bool,
    /// Standard error instead of standard output
    #[arg(long)]
    pub stderr: bool,
    /// Of this run [default: the step's latest]
    #[arg(long, value_name = "RUN")]
    pub run: Option<RunId>,
    /// Only lines that match this regular expression
    #[arg(long, value_name = "RE")]
    pub grep: Option<String>,
    /// Of an earlier attempt in the run, from 1
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "follow")]
    pub attempt: Option<u32>,
}

/// Which attempt's output is shown.
struct Shown {
    run: RunId,
    step: StepId,
    /// The step whose end ends it.
    runner: StepId,
    folder: PathBuf,
    file: PathBuf,
    /// Whether more may come.
    live: bool,
    /// Why it failed, where it did.
    reason: Option<String>,
}

pub fn run(args: &Logs, context: &Context) -> Result<Report, Failure> {
    let (workspace, snapshot) = context.look_back()?;
    let shown = find(args, &workspace, &snapshot)?;
    let redactor = redactor(&workspace, &snapshot, &args.id)?;
    let sink = Sink::new(redactor, args.grep.as_deref(), context)?;
    if context.global.json && !args.follow {
        return whole(&shown, sink, args);
    }
    let mut tail = Tail::new(&workspace, &shown, args.follow && shown.live);
    let mut lines =
        context.global.json.then(|| Lines { shown: &shown, stderr: args.stderr, held: Vec::new() });
    let mut printed = false;
    let report = copy(&mut tail, sink, |bytes, last| {
        printed |= !bytes.is_empty();
        match &mut lines {
            Some(lines) => lines.write(bytes, last),
            None => output::write(bytes),
        }
    })?;
    if let Some(hint) = elsewhere(&shown, args).filter(|_| !printed) {
        output::warn(context, &hint);
    }
    Ok(report)
}

/// What there is to know of a step that printed nothing here: a program that could not be started has said so on the
/// other stream, or its status tells why.
fn elsewhere(shown: &Shown, args: &Logs) -> Option<String> {
    let size = |stream: Stream| shown.folder.join(stream.file_name()).metadata().map_or(0, |m| m.len());
    let (out, err) = (size(Stream::Stdout), size(Stream::Stderr));
    let id = &args.id;
    match (&shown.reason, args.stderr) {
        (_, false) if out == 0 && err > 0 => Some(format!(
            "step `{id}` printed nothing on standard output; `seqctl logs {id} --stderr` shows {err} bytes"
        )),
        (Some(reason), _) if out == 0 && err == 0 => Some(format!("step `{id}` printed nothing: {reason}")),
        _ => None,
    }
}

/// Copies until nothing more comes or nobody reads any more.
fn copy(
    tail: &mut Tail,
    mut sink: Sink,
    mut write: impl FnMut(&[u8], bool) -> bool,
) -> Result<Report, Failure> {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let n = tail.read(&mut buffer).map_err(|e| Failure::io("read the log", &e))?;
        let out = if n == 0 { sink.finish() } else { sink.push(&buffer[..n]) };
        if !write(&out, n == 0) || n == 0 {
            return Ok(Report::printed(0));
        }
    }
}

/// Output as objects, one a line of it.
struct Lines<'a> {
    shown: &'a Shown,
    stderr: bool,
    held: Vec<u8>,
}

impl Lines<'_> {
    fn write(&mut self, bytes: &[u8], last: bool) -> bool {
        self.held.extend_from_slice(bytes);
        let end = self.held.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
        let rest = self.held.split_off(if last { self.held.len() } else { end });
        let whole = std::mem::replace(&mut self.held, rest);
        whole.split_inclusive(|b| *b == b'\n').all(|line| {
            let text = String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(line));
            let stream = if self.stderr { "stderr" } else { "stdout" };
            output::line(&json!({
                "run_id": self.shown.run, "step_id": self.shown.step, "stream": stream, "line": text,
            }))
        })
    }
}

/// The output so far as one object. What is not UTF-8 is replaced; the bytes themselves come without --json.
fn whole(shown: &Shown, mut sink: Sink, args: &Logs) -> Result<Report, Failure> {
    let mut text = Vec::new();
    if let Ok(mut file) = regular::open(&shown.file) {
        let mut buffer = vec![0; 64 << 10];
        loop {
            match file.read(&mut buffer).map_err(|e| Failure::io("read the log", &e))? {
                0 => break,
                n => text.extend(sink.push(&buffer[..n])),
            }
        }
    }
    text.extend(sink.finish());
    let text = String::from_utf8_lossy(&text);
    let mut json = json!({ "run_id": shown.run, "step_id": shown.step, "running": shown.live, "text": text });
    if let Some(hint) = elsewhere(shown, args) {
        json["hint"] = json!(hint);
    }
    Ok(Report::new(json, ""))
}

fn is_blocked(id: &StepId, snapshot: &Snapshot) -> bool {
    let place = snapshot.sequence().steps.iter().position(|step| step.id == *id);
    place.is_some_and(|at| snapshot.statuses().steps[at].status == StepStatus::Blocked)
}

fn find(args: &Logs, workspace: &Workspace, snapshot: &Snapshot) -> Result<Shown, Failure> {
    let runner = runner(&args.id, snapshot);
    let state = snapshot.state.steps.get(&runner);
    let latest = state.and_then(|s| s.run_id.clone());
    let Some(run) = args.run.clone().or_else(|| latest.clone()) else {
        is_step(&args.id, snapshot)?;
        let message = format!("step `{}` has not run yet", args.id);
        return Err(Failure::new(ErrorClass::NotFound, "NO_RUN", message).hint(
            if is_blocked(&runner, snapshot) {
                format!("`seqctl why {runner}` says what it waits for")
            } else {
                format!("run it: seqctl run step {runner}")
            },
        ));
    };
    let running = state.is_some_and(|s| s.phase == Phase::Running);
    let live = running && latest.as_ref() == Some(&run) && args.attempt.is_none();
    let failed = state.filter(|s| s.phase == Phase::Failed && s.run_id.as_ref() == Some(&run));
    let reason = failed.and_then(|s| s.reason.clone());
    let folder = workspace.paths.run_step(&run, &args.id);
    if let Err(error) = folder.metadata()
        && error.kind() == std::io::ErrorKind::PermissionDenied
    {
        return Err(Failure::io(&format!("read {}", folder.display()), &error));
    }
    if !folder.is_dir() && !live {
        if !workspace.paths.run(&run).is_dir() {
            return Err(no_run(&run));
        }
        is_step(&args.id, snapshot)?;
        let message = format!("step `{}` left nothing in run {run}", args.id);
        let failure = Failure::new(ErrorClass::NotFound, "NO_LOG", message);
        return Err(match reason {
            Some(reason) => failure.hint(format!("it FAILED before it printed anything: {reason}")),
            None => failure.hint("`seqctl runs list` shows all runs"),
        });
    }
    let folder = attempt(args, folder)?;
    let stream = if args.stderr { Stream::Stderr } else { Stream::Stdout };
    let file = folder.join(stream.file_name());
    Ok(Shown { run, step: args.id.clone(), runner, folder, file, live, reason })
}

/// Whether the sequence has a step of this name.
fn is_step(id: &StepId, snapshot: &Snapshot) -> Result<(), Failure> {
    let sequence = snapshot.sequence();
    match sequence.step(id.as_str()) {
        Some(_) => Ok(()),
        None => Err(Failure::not_found("step", id.as_str(), sequence.steps.iter().map(|s| s.id.as_str()))),
    }
}

/// The step whose wrapper writes the log: its own, or that of the step it watches.
fn runner(id: &StepId, snapshot: &Snapshot) -> StepId {
    snapshot.sequence().step(id.as_str()).map_or(id, |step| step.runs_with()).clone()
}

/// The folder of the attempt that is asked for: the one that counts, or an earlier one.
fn attempt(args: &Logs, folder: PathBuf) -> Result<PathBuf, Failure> {
    let Some(n) = args.attempt else { return Ok(folder) };
    let earlier = folder.join("attempts").join(n.to_string());
    if earlier.is_dir() {
        return Ok(earlier);
    }
    let last = StepRecord::read(&folder).ok().flatten().map_or(1, |r| r.attempt);
    if last == n {
        return Ok(folder);
    }
    let message = format!("step `{}` has no attempt {n} in this run", args.id);
    Err(Failure::new(ErrorClass::NotFound, "NO_ATTEMPT", message).hint(format!("its latest is {last}")))
}

/// Hides what the policy calls secret, and the secrets that the step itself was given.
pub(super) fn redactor(workspace: &Workspace, snapshot: &Snapshot, id: &StepId) -> Result<Redactor, Failure> {
    Ok(threados_core::view::redactor(workspace, snapshot, id)?)
}
