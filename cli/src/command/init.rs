//! `init`.

use clap::Args;
use serde_json::json;
use threados_core::workspace::{InitOptions, Workspace};

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
