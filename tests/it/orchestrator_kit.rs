//! What the tests of orchestrators share: scripts of a step that call `seqctl`, and what they leave behind.

use std::fs;

use serde_json::Value;

use crate::engine_kit::policy;
use crate::support::{Project, wait};

/// The command line under test, as a step's script calls it.
pub const SEQCTL: &str = env!("CARGO_BIN_EXE_seqctl-under-test");

/// A project with the orchestrator `lead`, whose script this is; `seqctl` in it is the one under test.
pub fn orchestrated(script: &str) -> Project {
    let p = Project::empty();
    p.ok("init");
    policy(&p, "stop_grace_ms: 500");
    orchestrator(&p, "lead", script);
    p
}

/// Adds another orchestrator with a script of its own.
pub fn orchestrator(p: &Project, id: &str, script: &str) {
    write_script(p, id, script);
    p.ok(&format!("step add {id} --type b --orchestrator -- sh {id}.sh"));
}

/// Adds a step that is no orchestrator, with a script of its own.
pub fn worker(p: &Project, id: &str, script: &str) {
    write_script(p, id, script);
    p.ok(&format!("step add {id} -- sh {id}.sh"));
}

fn write_script(p: &Project, id: &str, script: &str) {
    let tries =
        "try() { \"$@\" > tried 2>&1; echo \"$?|$(cat tried)\" | tr '\\n' ' ' >> codes; echo >> codes; }";
    p.write(&format!("{id}.sh"), &format!("seqctl() {{ {SEQCTL} \"$@\"; }}\n{tries}\n{script}\n"));
}

/// What each `try COMMAND` of a script came to: its exit code, and what it said.
pub fn tries(p: &Project) -> Vec<(i32, String)> {
    let text = fs::read_to_string(p.root().join("codes")).unwrap_or_default();
    let one = |line: &str| {
        let (code, said) = line.split_once('|').unwrap();
        (code.parse().unwrap(), said.trim().to_owned())
    };
    text.lines().map(one).collect()
}

/// Waits for a file that a step writes.
#[track_caller]
pub fn wait_for_file(p: &Project, file: &str) {
    wait(&format!("the file {file}"), || p.root().join(file).exists());
}

/// The entries that were asked for by a step, as `action target result`.
pub fn asked_by(p: &Project, step: &str) -> Vec<String> {
    let word = |e: &Value, key: &str| e[key].as_str().unwrap_or_default().to_owned();
    let own = |e: &Value| e["payload"]["by"] == step;
    let line = |e: Value| format!("{} {} {}", word(&e, "action"), word(&e, "target"), word(&e, "result"));
    p.log().into_iter().filter(own).map(line).collect()
}
