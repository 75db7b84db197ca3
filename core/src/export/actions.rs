//! A workflow of GitHub Actions: a job a step, and a job in an environment of its own for each gate.

use std::fmt::Write as _;

use super::outline::Outline;
use super::{Caller, Exported, remark};
use crate::id::NodeId;
use crate::model::{Gate, Sequence, Step};

const HEAD: &str = "\
# Each job begins with a fresh checkout: a file that one step leaves for another has to be handed on, for example
# by actions/upload-artifact and actions/download-artifact. Programs beyond those of the runner, and the agents'
# keys, have to be set up, too.
";

/// A workflow that is started by hand.
pub fn github_actions(sequence: &Sequence, caller: Caller<'_>) -> Exported {
    let mut outline = Outline::of(sequence, caller);
    let mut jobs = String::new();
    for step in outline.steps.clone() {
        jobs += &job(&mut outline, step);
    }
    for gate in &sequence.gates {
        let note = format!(
            "gate `{}`: make an environment of this name with required reviewers in the repository's settings; \
             without one nothing waits",
            gate.id
        );
        jobs += &gate_job(&outline, gate, &note);
        outline.warnings.push(note);
    }
    if outline.steps.len() > 1 {
        let files = "each job begins with a fresh checkout: files do not pass from step to step";
        outline.warnings.push(files.into());
    }
    let mut text = outline.head(HEAD);
    let empty = if jobs.is_empty() { " {}" } else { "" };
    let _ = write!(text, "\nname: {}\non: workflow_dispatch\njobs:{empty}\n{jobs}", scalar(&sequence.name));
    Exported { text, warnings: outline.warnings }
}

fn job(outline: &mut Outline<'_>, step: &Step) -> String {
    let rounded = step.timeout_ms.filter(|ms| ms % 60_000 > 0);
    let rounded = rounded.map(|ms| format!("its timeout of {ms} ms is rounded up to minutes"));
    let (run, remarks) = outline.script(step, rounded, "    ");
    let mut text = format!("  {}:\n{remarks}", key(step.id.as_str()));
    text += &head(outline, &step.name, &step.depends_on);
    if let Some(ms) = step.timeout_ms {
        let _ = writeln!(text, "    timeout-minutes: {}", ms.div_ceil(60_000));
    }
    let _ = write!(
        text,
        "    steps:\n      - uses: actions/checkout@v4\n      - shell: sh -e {{0}}\n        run: {}\n",
        block(&run, 10)
    );
    text
}

fn gate_job(outline: &Outline<'_>, gate: &Gate, note: &str) -> String {
    format!(
        "  {}:\n    # {}\n{}    environment: {}\n    steps:\n      - run: echo approved\n",
        key(gate.id.as_str()),
        remark(note),
        head(outline, &gate.name, &gate.depends_on),
        scalar(gate.id.as_str()),
    )
}

fn head(outline: &Outline<'_>, name: &str, depends_on: &[NodeId]) -> String {
    let needs: Vec<String> = depends_on.iter().filter(|d| outline.has(d)).map(|d| key(d.as_str())).collect();
    let mut text = format!("    name: {}\n", scalar(name));
    if !needs.is_empty() {
        let _ = writeln!(text, "    needs: [{}]", needs.join(", "));
    }
    text + "    runs-on: ubuntu-latest\n"
}

/// The id of a job: it begins with a letter or `_`, an id of ours may begin with a digit. No id has a `_`.
fn key(id: &str) -> String {
    let first = id.starts_with(|c: char| c.is_ascii_digit());
    let word = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"].contains(&id);
    if first || word { format!("_{id}") } else { id.to_owned() }
}

/// A text in double quotes. `${{` begins an expression wherever it stands, so it is written as one that gives it.
fn scalar(text: &str) -> String {
    let mut out = String::from("\"");
    for c in literal(text).chars() {
        match c {
            '"' => out += "\\\"",
            '\\' => out += "\\\\",
            '\n' => out += "\\n",
            c if is_plain(c) => out.push(c),
            c if u32::from(c) > 0xffff => drop(write!(out, "\\U{:08X}", u32::from(c))),
            c => drop(write!(out, "\\u{:04X}", u32::from(c))),
        }
    }
    out + "\""
}

fn literal(text: &str) -> String {
    text.replace("${{", "${{ '${{' }}")
}

/// A script as lines where lines can hold it, else in double quotes.
fn block(script: &str, indent: usize) -> String {
    let fits = script.chars().all(|c| c == '\n' || is_plain(c)) && !script.starts_with([' ', '\n']);
    if !fits || script.ends_with('\n') || script.is_empty() {
        return scalar(script);
    }
    let pad = " ".repeat(indent);
    let lines = literal(script);
    let lines: Vec<String> = lines
        .split('\n')
        .map(|line| if line.is_empty() { String::new() } else { format!("{pad}{line}") })
        .collect();
    format!("|-\n{}", lines.join("\n"))
}

/// Whether a character may stand in YAML as it is, in every version of it.
fn is_plain(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}') && u32::from(c) < 0xd800
}
