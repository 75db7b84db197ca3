//! `inputs`: inside a step, what the steps before it handed on.

use std::io::{self, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};
use threados_core::store::regular;
use threados_core::workspace::ErrorClass;

use crate::context::Context;
use crate::escape::EscapeFilter;
use crate::failure::Failure;
use crate::output::{self, Report};

/// Inside a step: what the steps before it handed on
#[derive(Debug, Args)]
pub struct Inputs {}

const FILE: &str = "THREADOS_INPUTS";

pub fn run(context: &Context) -> Result<Report, Failure> {
    let Some(path) = std::env::var_os(FILE).filter(|p| !p.is_empty()).map(PathBuf::from) else {
        let message = "this is not inside a step: only a step has inputs";
        return Err(Failure::new(ErrorClass::Usage, "NOT_IN_A_STEP", message)
            .hint("make it the command of a step: seqctl step add sum --depends-on a,b -- seqctl inputs"));
    };
    let inputs = read(&path)?;
    if context.global.json {
        return Ok(Report::new(json!({ "inputs": inputs }), ""));
    }
    for (i, input) in inputs.iter().enumerate() {
        if inputs.len() > 1 {
            let gap = if i > 0 { "\n" } else { "" };
            output::print(&format!("{gap}## {}\n\n", headline(input)));
        }
        copy(input)?;
    }
    Ok(Report::printed(0))
}

/// The entries of the file; a step that depends on nothing has none.
fn read(path: &Path) -> Result<Vec<Value>, Failure> {
    let text = match std::fs::read(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.map_err(|e| Failure::io(&format!("read {}", path.display()), &e))?,
    };
    let mut all: Value = serde_json::from_slice(&text).map_err(|e| {
        let message = format!("{} is not what ThreadOS writes there: {e}", path.display());
        Failure::new(ErrorClass::Invalid, "INVALID_FILE", message)
            .hint(format!("{FILE} has to be as ThreadOS sets it"))
    })?;
    Ok(all["inputs"].as_array_mut().map(std::mem::take).unwrap_or_default())
}

fn headline(input: &Value) -> String {
    let word = |key: &str| input[key].as_str().unwrap_or_default();
    let mut text = word("step").to_owned();
    if word("status") != "DONE" {
        text += &format!(" ({}", word("status"));
        if !word("reason").is_empty() {
            text += &format!(": {}", word("reason"));
        }
        text.push(')');
    }
    text
}

/// Prints a step's summary, or else all it printed, byte for byte.
fn copy(input: &Value) -> Result<(), Failure> {
    let file = input["summary"].as_str().or_else(|| input["stdout"].as_str());
    let Some(file) = file else { return Ok(()) };
    let fail = |e: io::Error| Failure::io(&format!("read {file}"), &e);
    let mut source = match regular::open(Path::new(file)) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        opened => opened.map_err(fail)?,
    };
    let mut filter = io::stdout().is_terminal().then(EscapeFilter::default);
    let mut buffer = vec![0; 64 << 10];
    let mut last = b'\n';
    loop {
        let read = source.read(&mut buffer).map_err(fail)?;
        if read == 0 {
            break;
        }
        last = buffer[read - 1];
        let mut safe = Vec::new();
        let bytes = match &mut filter {
            Some(filter) => {
                filter.push(&buffer[..read], &mut safe);
                &safe[..]
            }
            None => &buffer[..read],
        };
        if !output::write(bytes) {
            return Ok(());
        }
    }
    if last != b'\n' {
        output::print("\n");
    }
    Ok(())
}
