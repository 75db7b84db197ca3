//! `validate`, `schema`.

use std::io;

use serde_json::{Value, json};
use threados_core::store::yaml;
use threados_core::workspace::{FileProblem, validate};

use crate::context::Context;
use crate::failure::Failure;
use crate::output::{Report, seen};
use crate::paint::Style;

pub fn run(context: &Context) -> Result<Report, Failure> {
    let workspace = context.workspace()?;
    let problems = validate(&workspace.paths)?;
    if problems.is_empty() {
        let files = match workspace.paths.models.is_file() {
            true => "sequence.yaml, policy.yaml and models.yaml",
            false => "sequence.yaml and policy.yaml",
        };
        return Ok(Report::new(json!({ "problems": [] }), format!("{files} are valid\n")));
    }
    let mut text: String = problems.iter().map(|p| show(p, context)).collect();
    let s = if problems.len() == 1 { "" } else { "s" };
    text += &format!("{} problem{s}\n", problems.len());
    Ok(Report::new(json!({ "problems": problems }), text).exit(3))
}

/// `.threados/sequence.yaml:9:16: error UNKNOWN_DEPENDENCY: …`, so that editors find the place.
fn show(found: &FileProblem, context: &Context) -> String {
    let colours = context.colours();
    let p = &found.problem;
    let told = |text: &str| seen(text, &io::stdout()).into_owned();
    let place =
        if p.line > 0 { format!("{}:{}:{}", found.file, p.line, p.column) } else { found.file.to_string() };
    let code = Style::Red.paint(&p.code, colours);
    let path = if p.path.is_empty() { String::new() } else { format!("{}: ", told(&p.path)) };
    let mut text =
        format!("{}: {code}: {path}{}\n", Style::Bold.paint(&told(&place), colours), told(&p.message));
    if let Some(hint) = &p.hint {
        text += &format!("  {} {}\n", Style::Cyan.paint("hint:", colours), told(hint));
    }
    text
}

pub fn schema() -> Report {
    let schema = yaml::schema();
    let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap_or_default());
    // What is printed without --json is the schema itself, ready for a file.
    let json: Value = json!({ "schema": schema });
    Report::new(json, text)
}
