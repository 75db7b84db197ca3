//! `policy show`, `policy check`.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use threados_core::policy::Place;
use threados_core::workspace::{DoorError, ErrorClass, PolicyFile, let_hand_finish};

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Report;
use crate::paint::Style;
use crate::table::{Cell, Table};

/// The policy in force, and where each value comes from
#[derive(Debug, Args)]
pub struct Show {}

/// Whether policy.yaml is valid, or whether a command would be allowed
#[derive(Debug, Args)]
pub struct Check {
    /// Folder the command would run in, relative to the project root
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub cwd: PathBuf,
    /// Command to judge; nothing is started
    #[arg(last = true, value_name = "ARGV")]
    pub command: Vec<String>,
}

pub fn show(context: &Context) -> Result<Report, Failure> {
    let workspace = context.workspace()?;
    let_hand_finish(&workspace.paths);
    let (_, snapshot) = context.look_back()?;
    let policy = snapshot.policy()?;
    let values = serde_json::to_value(&policy).unwrap_or_default();
    let of_file = snapshot.policy.policy.as_ref().ok().and_then(|p| serde_json::to_value(&**p).ok());
    let mut table = Table::new(&["RULE", "VALUE", "FROM"]);
    let mut places = serde_json::Map::new();
    for (key, value) in values.as_object().into_iter().flatten().filter(|(k, _)| *k != "narrowed_by") {
        let narrowed = of_file.as_ref().is_some_and(|f| f[key] != *value);
        let place = if narrowed { Place::Sequence } else { Place::of(&policy, key) };
        let items = match value {
            Value::Array(items) if items.is_empty() => vec!["(none)".to_owned()],
            Value::Array(items) => items.iter().map(plain).collect(),
            other => vec![plain(other)],
        };
        for (i, item) in items.iter().enumerate() {
            let (name, from) = if i == 0 { (key.as_str(), place.to_string()) } else { ("", String::new()) };
            table.row(vec![name.into(), item.into(), Cell::new(from, Style::Dim)]);
        }
        places.insert(key.clone(), json!(place.to_string()));
    }
    Ok(Report::new(json!({ "policy": values, "places": places }), table.render(context)))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

pub fn check(args: &Check, context: &Context) -> Result<Report, Failure> {
    let workspace = context.workspace()?;
    let_hand_finish(&workspace.paths);
    if args.command.is_empty() {
        return file(&PolicyFile::read(&workspace.paths)?);
    }
    let policy = context.look_back()?.1.policy()?;
    let judge = workspace.judge(&policy)?;
    let cleared = judge.command(&args.command, &args.cwd).map_err(DoorError::from)?;
    let text = format!("allowed: {} in {}\n", cleared.program.display(), cleared.cwd.path().display());
    Ok(Report::new(json!({ "allowed": true, "program": cleared.program, "cwd": cleared.cwd.path() }), text))
}

fn file(file: &PolicyFile) -> Result<Report, Failure> {
    match &file.policy {
        Ok(policy) => {
            let text = format!("policy.yaml is valid; the mode is {}\n", policy.mode);
            Ok(Report::new(json!({ "problems": [], "mode": policy.mode }), text))
        }
        Err(problems) => {
            let list: Vec<String> = problems.iter().map(|p| format!("  .threados/policy.yaml:{p}")).collect();
            let message = format!("policy.yaml is not valid, so nothing is allowed:\n{}", list.join("\n"));
            let mut failure = Failure::new(ErrorClass::Invalid, "INVALID_FILE", message);
            failure.details = json!({ "problems": problems });
            Err(failure.hint("mend the file; what holds then shows `seqctl policy show`"))
        }
    }
}
