//! `init`.

use std::path::Path;

use clap::Args;
use serde_json::json;
use threados_core::store::Paths;
use threados_core::workspace::{DoorError, InitOptions, Workspace};

use crate::context::{Context, current_dir};
use crate::failure::Failure;
use crate::output::Report;

/// Make a project in this folder
#[derive(Debug, Args)]
pub struct Init {
    /// Name of the sequence [default: the folder's name]
    pub name: Option<String>,
}

pub fn run(args: &Init, context: &Context) -> Result<Report, Failure> {
    let root = match &context.global.root {
        Some(root) => root.clone(),
        None => current_dir()?,
    };
    if context.global.dry_run {
        return preview(&root, args);
    }
    let workspace = Workspace::init(&root, &InitOptions { name: args.name.clone() })?;
    let snapshot = workspace.snapshot()?;
    let name = &snapshot.sequence().name;
    let text = format!(
        "Made project `{name}` in {}\n\nNext:\n  seqctl step add hello -- git --version\n  seqctl run all\n  seqctl status\n",
        workspace.root().join(".threados").display()
    );
    let json = json!({ "name": name, "root": workspace.root(), "revision": snapshot.revision() });
    Ok(Report::new(json, text))
}

/// What would be made, without making it.
fn preview(root: &Path, args: &Init) -> Result<Report, Failure> {
    let paths = Paths::new(root)?;
    if paths.sequence.exists() {
        return Err(DoorError::Exists(paths.root).into());
    }
    let folder = paths.root.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let name = args.name.clone().unwrap_or(folder);
    let text = format!("would make project `{name}` in {}\n", paths.threados.display());
    Ok(Report::new(json!({ "dry_run": true, "name": name, "root": paths.root }), text))
}
