//! What the tests of merges, fusions and rework share: a `claude` that answers, what was asked and what was printed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::engine_kit::last_run;
use crate::support::{Project, Ran, finish, script};

/// What a step printed in the latest run.
#[track_caller]
pub fn printed(p: &Project, id: &str) -> String {
    p.read(&format!("runs/{}/{id}/stdout.log", last_run(p)))
}

/// What a step was asked in the latest run.
#[track_caller]
pub fn asked(p: &Project, id: &str) -> String {
    p.ok(&format!("prompt show {id} --run {}", last_run(p)))
}

/// A project and a `claude` that answers each prompt with `done by STEP`.
pub fn with_claude() -> (Project, PathBuf) {
    let p = Project::new();
    let folder = p.root().parent().unwrap().join("bin");
    fs::create_dir(&folder).unwrap();
    let answer = r#"{"type":"result","subtype":"success","is_error":false,"result":"done by '$THREADOS_STEP_ID'","session_id":"s","total_cost_usd":0,"usage":{"input_tokens":1,"output_tokens":1}}"#;
    script(&folder, "claude", &format!("#!/bin/sh\ncat > /dev/null\necho '{answer}'\n"));
    p.ok("policy allow claude");
    (p, folder)
}

/// Runs a line with that `claude` at hand.
pub fn run_with(p: &Project, folder: &Path, line: &str) -> Ran {
    let words = shlex::split(line).unwrap();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let path = format!("{}:/usr/local/bin:/usr/bin:/bin", folder.display());
    finish(
        p.command(&words)
            .env("PATH", path)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap(),
    )
}
