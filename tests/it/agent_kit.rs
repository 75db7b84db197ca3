//! Projects whose agents are fakes on the step's PATH, each as the contract has it.

use std::os::unix::fs::symlink;

use serde_json::Value;

use crate::support::{Project, objects};

/// The models of the contract, with their programs.
pub const MODELS: [(&str, &str); 5] = [
    ("claude-code", "claude"),
    ("codex", "codex"),
    ("gemini", "gemini"),
    ("opencode", "opencode"),
    ("qwen", "qwen"),
];

/// The session that each call of the fakes begins which resumes none.
pub const SESSION: &str = "5e55101f-0000-4000-8000-000000000001";

/// A project with the fake agents.
pub fn agents() -> Project {
    let mut p = Project::empty();
    p.ok("init");
    with_fakes(&mut p);
    p
}

/// Puts the fake agents into a project's PATH, and has its policy allow them.
pub fn with_fakes(p: &mut Project) {
    let bin = p.add_to_path("bin");
    for (_, program) in MODELS {
        symlink(env!("CARGO_BIN_EXE_fake-agent"), bin.join(program)).unwrap();
        p.ok(&format!("policy allow {program}"));
    }
}

/// Adds a step of a model with this prompt, and these further flags.
#[track_caller]
pub fn ask(p: &Project, id: &str, model: &str, prompt: &str, flags: &str) {
    let prompt = shlex::try_quote(prompt).unwrap();
    p.ok(&format!("step add {id} --model {model} --prompt-text {prompt} {flags}"));
}

/// What the agents of a project were called with, in order.
pub fn calls(p: &Project) -> Vec<Value> {
    objects(&p.root().join("calls.jsonl"))
}

/// The session that a call goes on with.
pub fn resumed(call: &Value) -> Option<&str> {
    let words = args(call);
    let mark = |word: &&str| ["resume", "--resume", "--session"].contains(word);
    let at = words.iter().position(mark)?;
    words.get(at + 1).copied()
}

/// The arguments of a call.
pub fn args(call: &Value) -> Vec<&str> {
    call["args"].as_array().unwrap().iter().map(|a| a.as_str().unwrap()).collect()
}
