//! What the looking tools answer: the shapes of the command line's `--json`.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use chrono::Utc;
use serde_json::{Value, json};

use super::look::{Entries, Format, Graph, Logs, Nothing, OfRun, One, Which};
use super::server::Desk;
use crate::engine::protocol::Fault;
use crate::engine::{Story, list_runs, look, look_in_force};
use crate::id::{RunId, StepId};
use crate::log::{ActionPattern, Filter, tail};
use crate::policy::redact::{PLACEHOLDER, is_secret_name};
use crate::proposal::{ProposalError, ProposalId, Proposals, Standing};
use crate::store::prompt;
use crate::view;
use crate::workspace::{
    DoorError, ErrorClass, Snapshot, TemplateFile, Templates, changes, explain, validate,
};
use crate::wrapper::Stream;

/// Most runs, and most bytes of a log, of one answer.
const MOST_RUNS: usize = 50;
const MOST_BYTES: u64 = 64 << 10;
/// What is read before the part of a log that is shown, so that no secret is cut in two.
const MARGIN: u64 = 4 << 10;
/// Most entries of the log of one answer.
const MOST_ENTRIES: usize = 500;

type Answer = Result<Value, Fault>;

pub(super) fn fault(error: impl Into<DoorError>) -> Fault {
    Fault::from(&error.into())
}

/// Nothing is called so.
pub(super) fn not_found(kind: &str, id: &str) -> Fault {
    let code = format!("{}_NOT_FOUND", kind.to_uppercase().replace(' ', "_"));
    Fault::new(ErrorClass::NotFound, &code, format!("there is no {kind} `{id}`"))
}

pub(super) fn run_id(text: &str) -> Result<RunId, Fault> {
    RunId::new(text).map_err(|e| Fault::new(ErrorClass::Usage, "BAD_ID", e.to_string()))
}

pub(super) fn step_id(text: &str) -> Result<StepId, Fault> {
    StepId::new(text).map_err(|e| Fault::new(ErrorClass::Usage, "BAD_ID", e.to_string()))
}

pub(super) fn snapshot(desk: &Desk) -> Result<Snapshot, Fault> {
    look(&desk.workspace).map_err(fault)
}

/// What is so, for what has happened: also where `sequence.yaml` is broken.
pub(super) fn in_force(desk: &Desk) -> Result<Snapshot, Fault> {
    look_in_force(&desk.workspace).map(|read| read.snapshot).map_err(fault)
}

pub(super) fn status(desk: &Desk, _: &Nothing) -> Answer {
    let snapshot = snapshot(desk)?;
    let statuses = snapshot.statuses();
    let report = view::status(snapshot.sequence(), snapshot.revision(), &snapshot.state, &statuses);
    Ok(serde_json::to_value(report).unwrap_or_default())
}

pub(super) fn why(desk: &Desk, asked: &One) -> Answer {
    let answer = explain(&desk.workspace, &snapshot(desk)?, &asked.id);
    answer.map(|why| json!({ "why": why })).ok_or_else(|| not_found("step or gate", &asked.id))
}

pub(super) fn step(desk: &Desk, asked: &One) -> Answer {
    let snapshot = snapshot(desk)?;
    let Some(step) = snapshot.sequence().step(&asked.id) else { return Err(not_found("step", &asked.id)) };
    let mut value = serde_json::to_value(step).unwrap_or_default();
    for (name, text) in value["env"].as_object_mut().into_iter().flatten() {
        if is_secret_name(name) {
            *text = json!(PLACEHOLDER);
        }
    }
    let prompt = step
        .prompt_file
        .as_ref()
        .and_then(|file| prompt::read(&desk.workspace.paths.threados.join(file)).ok());
    Ok(json!({ "step": value, "prompt": prompt }))
}

pub(super) fn graph(desk: &Desk, asked: &Graph) -> Answer {
    let snapshot = snapshot(desk)?;
    let draw = match asked.format {
        Format::Text => crate::graph::text,
        Format::Dot => crate::graph::dot,
        Format::Mermaid => crate::graph::mermaid,
    };
    Ok(json!({ "graph": draw(snapshot.sequence(), &snapshot.statuses()) }))
}

pub(super) fn faults(desk: &Desk, _: &Nothing) -> Answer {
    Ok(json!({ "problems": validate(&desk.workspace.paths).map_err(fault)? }))
}

pub(super) fn runs(desk: &Desk, _: &Nothing) -> Answer {
    let runs = list_runs(&desk.workspace.paths, &in_force(desk)?).map_err(fault)?;
    let lines: Vec<Value> = runs.iter().take(MOST_RUNS).map(view::run_line).collect();
    Ok(json!({ "runs": lines }))
}

pub(super) fn run(desk: &Desk, asked: &OfRun) -> Answer {
    let (run, snapshot) = (run_id(&asked.run)?, in_force(desk)?);
    let runs = list_runs(&desk.workspace.paths, &snapshot).map_err(fault)?;
    let found = runs.iter().find(|r| r.id == run).ok_or_else(|| not_found("run", run.as_str()))?;
    let Some(step) = &asked.step else { return Ok(json!({ "run": view::run_line(found) })) };
    let step = step_id(step)?;
    let story = Story::read(&desk.workspace.paths, &run, &step, &runs);
    let mut story = story.ok_or_else(|| {
        Fault::new(ErrorClass::NotFound, "NO_RECORD", format!("step `{step}` left nothing in run {run}"))
    })?;
    let redactor = view::redactor(&desk.workspace, &snapshot, &step).map_err(fault)?;
    view::hide(&mut story, &redactor);
    Ok(view::story(&run, &step, &story, &redactor))
}

pub(super) fn logs(desk: &Desk, asked: &Logs) -> Answer {
    let (step, snapshot) = (step_id(&asked.id)?, in_force(desk)?);
    let runner = snapshot.sequence().step(&asked.id).map_or(&step, |s| s.runs_with());
    let latest = snapshot.state.steps.get(runner).and_then(|s| s.run_id.clone());
    let run = match &asked.run {
        Some(run) => run_id(run)?,
        None => latest.ok_or_else(|| match snapshot.sequence().step(&asked.id) {
            None => not_found("step", &asked.id),
            Some(_) => Fault::new(ErrorClass::NotFound, "NO_RUN", format!("step `{step}` has not run yet")),
        })?,
    };
    if !desk.workspace.paths.run(&run).is_dir() {
        return Err(not_found("run", run.as_str()));
    }
    let folder = desk.workspace.paths.run_step(&run, &step);
    let stream = if asked.stderr { Stream::Stderr } else { Stream::Stdout };
    let (bytes, cut) = end_of(&folder.join(stream.file_name())).map_err(|e| {
        Fault::new(ErrorClass::NotFound, "NO_LOG", format!("step `{step}` left no log in run {run}: {e}"))
    })?;
    let redactor = view::redactor(&desk.workspace, &snapshot, &step).map_err(fault)?;
    let text = redactor.redact(&String::from_utf8_lossy(&bytes)).into_owned();
    Ok(json!({ "run_id": run, "step_id": step, "cut": cut, "text": last(&text, cut) }))
}

/// The end of a file that a step may have put in the place of its log; whether there is more before it.
fn end_of(path: &Path) -> io::Result<(Vec<u8>, bool)> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let mut file = File::options().read(true).custom_flags(flags).open(path)?;
    let stat = file.metadata()?;
    if !stat.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    let from = stat.len().saturating_sub(MOST_BYTES + MARGIN);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + MARGIN).read_to_end(&mut bytes)?;
    Ok((bytes, from > 0))
}

/// Without the margin, from the beginning of a line.
fn last(text: &str, cut: bool) -> &str {
    if !cut {
        return text;
    }
    let start = (MARGIN as usize).min(text.len());
    let start = (start..=text.len()).find(|i| text.is_char_boundary(*i)).unwrap_or(text.len());
    text[start..].split_once('\n').map_or(&text[start..], |(_, rest)| rest)
}

pub(super) fn audit(desk: &Desk, asked: &Entries) -> Answer {
    let usage = |message: String| Fault::new(ErrorClass::Usage, "USAGE", message);
    if asked.limit > MOST_ENTRIES {
        return Err(usage(format!("limit {} is out of range: 1 to {MOST_ENTRIES}", asked.limit)));
    }
    let action = asked.action.as_deref().map(ActionPattern::new).transpose();
    let filter = Filter {
        actor: None,
        action: action.map_err(|e| usage(e.to_string()))?,
        target: asked.target.clone(),
        since: None,
        limit: Some(asked.limit),
        offset: asked.offset,
    };
    Ok(json!({ "entries": tail(&desk.workspace.paths, &filter).map_err(fault)? }))
}

pub(super) fn history(desk: &Desk, _: &Nothing) -> Answer {
    let mut all = changes(&desk.workspace.paths).map_err(fault)?;
    all.drain(..all.len().saturating_sub(MOST_RUNS));
    let line = |c: &crate::workspace::Change| {
        let entry = &c.entry;
        json!({
            "seq": entry.seq, "timestamp": entry.timestamp, "actor": entry.actor, "line": c.line(),
            "undone": c.undone,
        })
    };
    Ok(json!({ "changes": all.iter().rev().map(line).collect::<Vec<_>>() }))
}

pub(super) fn policy(desk: &Desk, _: &Nothing) -> Answer {
    Ok(json!({ "policy": snapshot(desk)?.policy().map_err(fault)? }))
}

pub(super) fn templates(desk: &Desk, _: &Nothing) -> Answer {
    let all = Templates::of(&desk.workspace.paths).map_err(fault)?.all;
    Ok(json!({ "templates": all.iter().map(described).collect::<Vec<_>>() }))
}

pub(super) fn template(desk: &Desk, asked: &One) -> Answer {
    let all = Templates::of(&desk.workspace.paths).map_err(fault)?;
    let file = all.find(&asked.id).map_err(fault)?;
    file.template().map_err(fault)?;
    let mut value = described(file);
    value["text"] = json!(file.text);
    Ok(json!({ "template": value }))
}

fn described(file: &TemplateFile) -> Value {
    let template = match &file.template {
        Ok(template) => template,
        Err(problems) => return json!({ "name": file.name, "problems": problems }),
    };
    let parameter = |p: &crate::thread_template::Parameter| {
        json!({
            "name": p.name, "type": p.kind.word(), "takes": p.kind.expected(), "default": p.default,
            "description": p.description,
        })
    };
    json!({
        "name": file.name, "description": template.description, "id": template.default_id(),
        "parameters": template.parameters.iter().map(parameter).collect::<Vec<_>>(),
    })
}

fn asked_of<T>(desk: &Desk, ask: impl FnOnce(Proposals) -> Result<T, ProposalError>) -> Result<T, Fault> {
    ask(Proposals::new(&desk.workspace, &desk.engine)).map_err(|error| Fault::from(&error))
}

pub(super) fn proposals(desk: &Desk, asked: &Which) -> Answer {
    let now = Utc::now();
    let mut all = asked_of(desk, |proposals| proposals.list())?;
    all.retain(|r| !asked.waiting || r.standing(now) == Standing::Waiting);
    Ok(json!({ "proposals": all.iter().rev().map(|r| r.shown(now)).collect::<Vec<_>>() }))
}

pub(super) fn proposal(desk: &Desk, asked: &One) -> Answer {
    let id: ProposalId = asked.id.parse().map_err(|e| Fault::from(&ProposalError::Id(e)))?;
    Ok(json!({ "proposal": asked_of(desk, |proposals| proposals.show(&id))?.shown(Utc::now()) }))
}
