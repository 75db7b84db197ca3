//! What `runs diff`, `models list`, `policy check` and `audit verify` tell.

use std::path::Path;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::look::Nothing;
use super::reads::{fault, in_force, not_found, run_id, snapshot, step_id};
use super::server::Desk;
use crate::engine::protocol::Fault;
use crate::engine::{Side, compare, list_runs, records};
use crate::id::StepId;
use crate::model_cli::{Models, find};
use crate::store::outer::search_path;
use crate::view;
use crate::workspace::{DoorError, ErrorClass, Snapshot};

type Answer = Result<Value, Fault>;

/// What is compared: a run with another (as a whole, or one step in both), or two steps of one run.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Two {
    /// The run
    pub run: String,
    /// The run it is compared with; without it two steps of `run` are
    #[serde(default)]
    pub with: Option<String>,
    /// The step to compare in both; without it every step is told of in short
    #[serde(default)]
    pub step: Option<String>,
    /// The step of `run` that `step` is compared with
    #[serde(default)]
    pub with_step: Option<String>,
}

/// A command to judge.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Judged {
    /// Program and arguments
    pub command: Vec<String>,
    /// Folder it would run in, relative to the project root
    #[serde(default = "here")]
    pub cwd: String,
}

fn here() -> String {
    ".".to_owned()
}

pub(super) fn diff(desk: &Desk, asked: &Two) -> Answer {
    let snapshot = in_force(desk)?;
    let runs = list_runs(&desk.workspace.paths, &snapshot).map_err(fault)?;
    let run = |text: &str| {
        let id = run_id(text)?;
        let known = runs.iter().any(|run| run.id == id);
        if known { Ok(id) } else { Err(not_found("run", text)) }
    };
    let of_step = |text: &Option<String>| text.as_deref().map(step_id).transpose();
    let a = run(&asked.run)?;
    let with = asked.with.as_deref().map(run).transpose()?;
    match (with, of_step(&asked.step)?, of_step(&asked.with_step)?) {
        (Some(b), Some(step), None) => {
            let sides = [Side { run: a, step: step.clone() }, Side { run: b, step }];
            two_steps(desk, &snapshot, &sides)
        }
        (None, Some(x), Some(y)) => {
            two_steps(desk, &snapshot, &[Side { run: a.clone(), step: x }, Side { run: a, step: y }])
        }
        (Some(b), None, None) => {
            let mut ids: Vec<StepId> = [&a, &b]
                .into_iter()
                .flat_map(|run| records(&desk.workspace.paths.run(run)))
                .map(|record| record.step_id)
                .collect();
            ids.sort();
            ids.dedup();
            let line = |id: &StepId| {
                let sides = [&a, &b].map(|run| Side { run: run.clone(), step: id.clone() });
                let compared = compare(&desk.workspace.paths, &sides[0], &sides[1]);
                json!({ "id": id, "differs": compared.differing() })
            };
            Ok(json!({ "steps": ids.iter().map(line).collect::<Vec<_>>() }))
        }
        _ => Err(Fault::new(ErrorClass::Usage, "USAGE", "say `with` another run, or `step` and `with_step`")),
    }
}

fn two_steps(desk: &Desk, snapshot: &Snapshot, sides: &[Side; 2]) -> Answer {
    let paths = &desk.workspace.paths;
    for Side { run, step } in sides {
        if !paths.run_step(run, step).is_dir() {
            let message = format!("step `{step}` left nothing in run {run}");
            return Err(Fault::new(ErrorClass::NotFound, "NO_RECORD", message));
        }
    }
    let compared = compare(paths, &sides[0], &sides[1]);
    let mut value = serde_json::to_value(&compared).unwrap_or_default();
    value["differs"] = json!(compared.differing());
    for side in sides {
        let redactor = view::redactor(&desk.workspace, snapshot, &side.step).map_err(fault)?;
        view::redact(&mut value, &redactor);
    }
    Ok(value)
}

pub(super) fn models(desk: &Desk, _: &Nothing) -> Answer {
    let models = Models::read(&desk.workspace.paths.models).map_err(fault)?;
    let search = search_path();
    let line = |model: &crate::model_cli::Model| {
        let installed = find(model.program(), &search).is_some();
        json!({ "name": model.name, "installed": installed, "command": model.command })
    };
    Ok(json!({ "models": models.iter().map(line).collect::<Vec<_>>() }))
}

pub(super) fn judged(desk: &Desk, asked: &Judged) -> Answer {
    if asked.command.is_empty() {
        return Err(Fault::new(ErrorClass::Usage, "USAGE", "`command` names no program"));
    }
    let policy = snapshot(desk)?.policy().map_err(fault)?;
    let judge = desk.workspace.judge(&policy).map_err(fault)?;
    let cleared =
        judge.command(&asked.command, Path::new(&asked.cwd)).map_err(|e| fault(DoorError::from(e)))?;
    Ok(json!({ "allowed": true, "program": cleared.program, "cwd": cleared.cwd.path() }))
}

pub(super) fn verified(desk: &Desk, _: &Nothing) -> Answer {
    let report = crate::log::verify(&desk.workspace.paths).map_err(fault)?;
    let broken = report.broken.map(|found| {
        json!({ "file": found.file, "line": found.line, "seq": found.seq, "why": found.why.to_string() })
    });
    Ok(
        json!({ "valid": broken.is_none(), "entries": report.entries, "files": report.files, "broken": broken }),
    )
}
