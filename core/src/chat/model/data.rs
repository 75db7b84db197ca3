//! What a model gets to see. At first only what nobody can hide a text in: ids, kinds, statuses and who waits for whom.
//! Names, prompts, comments and what steps printed or wrote follow when it asks for them; then nothing of what it
//! proposes applies by itself.

use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::model::{ModelName, Step};
use crate::model_cli::Models;
use crate::store::regular;
use crate::view;
use crate::workspace::{Snapshot, Workspace};

/// Most steps and gates that are listed.
const MOST_NODES: usize = 500;
/// Most bytes of each file of a step, and of `sequence.yaml`.
const LONGEST: u64 = 6 << 10;
const LONGEST_SEQUENCE: u64 = 48 << 10;

/// The word that asks for the whole of `sequence.yaml`.
pub(super) const SEQUENCE: &str = "sequence";

/// The end or the beginning of a file of a step's run, and what it is called.
const OF_RUN: &[(&str, bool)] = &[
    ("stdout.log", true),
    ("stderr.log", true),
    ("summary.md", false),
    ("diff.patch", false),
    ("output.json", false),
];

/// The project as a model sees it.
pub(super) fn data(workspace: &Workspace, snapshot: &Snapshot, look: &[String]) -> Value {
    let models = Models::read(&workspace.paths.models).unwrap_or_default();
    let names = std::iter::once(ModelName::SHELL).chain(models.iter().map(|m| m.name.as_str()));
    let policy = snapshot.policy().ok();
    let mut data = json!({
        "steps": steps(snapshot),
        "gates": gates(snapshot),
        "models": names.collect::<Vec<_>>(),
        "programs": policy.as_ref().map(|p| &p.allowed_commands),
    });
    let shown: Map<String, Value> =
        look.iter().filter_map(|id| Some((id.clone(), looked(workspace, snapshot, id)?))).collect();
    if !look.is_empty() {
        data["looked_at"] = Value::Object(shown);
    }
    view::redact(&mut data, workspace.redactor());
    data
}

fn steps(snapshot: &Snapshot) -> Vec<Value> {
    let statuses = snapshot.statuses();
    let report = view::status(snapshot.sequence(), snapshot.revision(), &snapshot.state, &statuses);
    let line = |line: &view::StepLine<'_>| {
        json!({
            "id": line.id, "type": line.kind, "model": line.model, "status": line.status,
            "depends_on": line.depends_on, "group": line.group_id, "spawned_by": line.spawned_by,
        })
    };
    report.steps.iter().take(MOST_NODES).map(line).collect()
}

fn gates(snapshot: &Snapshot) -> Vec<Value> {
    let statuses = snapshot.statuses();
    let report = view::status(snapshot.sequence(), snapshot.revision(), &snapshot.state, &statuses);
    let line = |line: &view::GateLine<'_>| json!({ "id": line.id, "status": line.status, "depends_on": line.depends_on });
    report.gates.iter().take(MOST_NODES).map(line).collect()
}

/// What is known of one thing that a model asked to see.
fn looked(workspace: &Workspace, snapshot: &Snapshot, id: &str) -> Option<Value> {
    if id == SEQUENCE {
        return beginning(&workspace.paths.sequence, LONGEST_SEQUENCE).map(Value::String);
    }
    let step = snapshot.sequence().step(id)?;
    let state = snapshot.state.steps.get(&step.id);
    let mut value = json!({
        "name": step.name,
        "command": step.command,
        "prompt": prompt(workspace, step),
        "reason": state.and_then(|s| s.reason.as_deref()),
        "exit_code": state.and_then(|s| s.exit_code),
    });
    if let Some(run) = state.and_then(|s| s.run_id.as_ref()) {
        let folder = workspace.paths.run_step(run, &step.id);
        for (file, from_end) in OF_RUN {
            let path = folder.join(file);
            let text = if *from_end { end(&path, LONGEST) } else { beginning(&path, LONGEST) };
            value[*file] = text.into();
        }
        value["artifacts"] = artifacts(&folder);
    }
    Some(value)
}

fn prompt(workspace: &Workspace, step: &Step) -> Option<String> {
    beginning(&workspace.paths.threados.join(step.prompt_file.as_ref()?), LONGEST)
}

/// The files a step left behind by its globs, by their beginning.
fn artifacts(folder: &Path) -> Value {
    const MOST: usize = 5;
    let mut found = Map::new();
    let mut open = vec![folder.join("artifacts")];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            let (path, kind) = (entry.path(), entry.file_type());
            let Ok(kind) = kind else { continue };
            if kind.is_dir() {
                open.push(path);
            } else if kind.is_file() && found.len() < MOST {
                let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
                found.insert(name, beginning(&path, LONGEST).into());
            }
        }
    }
    Value::Object(found)
}

fn beginning(file: &Path, most: u64) -> Option<String> {
    let mut bytes = Vec::new();
    regular::open(file).ok()?.take(most).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned()).filter(|text| !text.is_empty())
}

fn end(file: &Path, most: u64) -> Option<String> {
    let mut file = regular::open(file).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(most))).ok()?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned()).filter(|text| !text.is_empty())
}
