//! A step that ended while no engine lived: whoever changes what rests on it, by whichever door, is answered by what is so.

use serde_json::json;

use crate::engine_kit::{HOLD, go, kill_engine, processes_with};
use crate::http_kit::Served;
use crate::mcp_kit::Client;
use crate::support::{Project, kill, wait};

/// A project whose step `a` has ended, which no entry of the log tells.
fn ended() -> Project {
    let p = Project::empty();
    p.ok("init");
    p.write(".threados/policy.yaml", "mode: POWER\nallowed_commands: [sh, sleep, 'true']\nsandbox: off\n");
    p.command(&["step", "add", "a", "--", "sh", "-c", HOLD]).output().unwrap();
    let mut run = p.start("run all");
    p.wait_for("a", "RUNNING");
    kill(run.id(), "KILL");
    run.wait().unwrap();
    let wrapper = p.named_wrapper("a");
    kill_engine(&p);
    go(&p);
    wait("the wrapper to be gone", || !crate::support::lives(wrapper));
    assert!(processes_with(&p, "seqctl engine").is_empty());
    assert!(p.entries("step.end").is_empty(), "nobody has told of it");
    p
}

/// Of a step that runs the command cannot be changed.
const EDIT: &str = "step edit a -- true";

fn told(p: &Project) -> Vec<String> {
    let after = p.log().into_iter().filter(|e| e["result"] == "success");
    let names = after.map(|e| e["action"].as_str().unwrap().to_owned());
    names.filter(|name| matches!(name.as_str(), "step.end" | "step.edit")).collect()
}

#[test]
fn a_change_by_http_rests_on_what_is_so() {
    let p = ended();
    let s = Served::new(&p);
    s.ok("/api/step", json!({"action": "edit", "id": "a", "command": ["true"]}));
    assert_eq!(told(&p), ["step.end", "step.edit"]);
}

#[test]
fn lines_that_are_proposed_by_http_rest_on_what_is_so() {
    let p = ended();
    let s = Served::new(&p);
    s.ok("/api/actions/apply", json!({ "actions": [EDIT] }));
    assert_eq!(told(&p), ["step.end", "step.edit"]);
}

#[test]
fn a_tool_of_mcp_rests_on_what_is_so() {
    let p = ended();
    let mut client = Client::start(&p);
    client.ok("step_edit", json!({ "id": "a", "command": ["true"] }));
    assert_eq!(told(&p), ["step.end", "step.edit"]);
}

#[test]
fn a_command_rests_on_what_is_so() {
    let p = ended();
    p.ok(EDIT);
    assert_eq!(told(&p), ["step.end", "step.edit"]);
}
