//! `import`: what a file of another project defines, added to this one.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use threados_core::workspace::{Ask, ErrorClass, Maker, Request};

use super::change;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Report;

/// Add what a file of another project defines
#[derive(Debug, Args)]
pub struct Import {
    /// A sequence.yaml, also of the older ThreadOS, or what `export` wrote
    pub file: PathBuf,
}

pub fn run(args: &Import, context: &Context) -> Result<Report, Failure> {
    let is_folder = args.file.is_dir();
    if is_folder || !args.file.exists() {
        let why = if is_folder { "it is a folder" } else { "there is no such file" };
        let message = format!("cannot read {}: {why}", args.file.display());
        return Err(Failure::new(ErrorClass::NotFound, "FILE_NOT_FOUND", message)
            .hint("name a sequence.yaml, as in `seqctl import ../other/.threados/sequence.yaml`"));
    }
    let import = threados_core::workspace::Import::read(&args.file)?;
    if import.actions.is_empty() {
        let message = format!("{} defines no steps", args.file.display());
        return Err(Failure::new(ErrorClass::Conflict, "NOTHING_TO_DO", message));
    }
    let asker = change::request_of(Ask::Actions(import.actions), context);
    let request = Request { command: Some(Maker::Import), ..asker };
    let mut report = change::submit(&request, context)?;
    report.json["dropped"] = json!(import.notes);
    for note in &import.notes {
        report.text += &format!("note: {note}\n");
    }
    Ok(report)
}
