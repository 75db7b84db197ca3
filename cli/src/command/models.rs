//! `models list`: what a step may name as its model, whether it is installed, and how it would be called.

use std::thread;
use std::time::Duration;

use clap::Subcommand;
use serde_json::{Value, json};
use threados_core::model_cli::{Model, Models, Origin, Probe, probe};
use threados_core::store::outer::search_path;
use threados_core::workspace::DoorError;

use super::list::List;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Report;
use crate::paint::Style;
use crate::progress::summary::words;
use crate::table::{Cell, Table};

/// How long a program may take to name its version.
const PATIENCE: Duration = Duration::from_secs(5);

/// The agents that steps can run
#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// Every model: whether it is installed, its version, how it would be called
    List(List),
}

impl ModelsCommand {
    pub fn name(&self) -> &'static str {
        match self {
            Self::List(_) => "models.list",
        }
    }
}

pub fn run(_: &ModelsCommand, context: &Context) -> Result<Report, Failure> {
    let workspace = context.workspace()?;
    let models = Models::read(&workspace.paths.models).map_err(DoorError::from)?;
    let models: Vec<Model> = models.iter().cloned().collect();
    let probes = ask_all(&models);
    let mut table = Table::new(&["MODEL", "PROGRAM", "VERSION", "FROM", "CALLED AS"]);
    table.elastic = 4;
    for (model, probe) in models.iter().zip(&probes) {
        let version = match (&probe.path, &probe.version) {
            (None, _) => Cell::new("not installed", Style::Yellow),
            (Some(_), Some(version)) => version.into(),
            (Some(_), None) => Cell::new("installed, names no version", Style::Yellow),
        };
        let called = words(&model.command);
        table.row(vec![
            model.name.as_str().into(),
            model.program().into(),
            version,
            origin(model.origin).into(),
            called.as_str().into(),
        ]);
    }
    let mut text = table.render(context);
    for (model, _) in models.iter().zip(&probes).filter(|(_, probe)| probe.path.is_none()) {
        if let Some(install) = model.install {
            text += &format!("to get {}: {install}\n", model.name);
        }
    }
    let list: Vec<Value> = models.iter().zip(&probes).map(|(model, probe)| as_json(model, probe)).collect();
    Ok(Report::new(json!({ "models": list }), text))
}

/// All at once: each may take its time.
fn ask_all(models: &[Model]) -> Vec<Probe> {
    let search = search_path();
    thread::scope(|scope| {
        let asked: Vec<_> =
            models.iter().map(|model| scope.spawn(|| probe(model.program(), &search, PATIENCE))).collect();
        asked.into_iter().map(|thread| thread.join().unwrap_or_default()).collect()
    })
}

fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::BuiltIn => "built in",
        Origin::File => "models.yaml",
        Origin::Changed => "models.yaml (changes the built-in one)",
    }
}

fn as_json(model: &Model, probe: &Probe) -> Value {
    let mut out = json!({
        "name": model.name,
        "installed": probe.path.is_some(),
        "command": model.command,
        "prompt": model.prompt.as_str(),
        "result": model.result.as_str(),
        "resumes": model.resumes(),
        "origin": match model.origin { Origin::BuiltIn => "built_in", Origin::File | Origin::Changed => "models.yaml" },
    });
    if let Some(path) = &probe.path {
        out["path"] = json!(path);
    }
    if let Some(version) = &probe.version {
        out["version"] = json!(version);
    }
    if let Some(install) = model.install {
        out["install"] = json!(install);
    }
    out
}
