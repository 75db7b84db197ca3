//! `notify:` of the policy: who is told when a run ends, a step fails, or a gate, a review or a budget waits.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use serde_json::Value;

use crate::agent_kit::{agents, ask};
use crate::support::{Project, finish, script, wait};

/// Sets one key of `notify`.
fn set(p: &Project, key: &str, value: &str) {
    let policy = p.read("policy.yaml");
    let line = policy.lines().find(|l| l.trim_start().starts_with(&format!("{key}:"))).unwrap();
    p.write(".threados/policy.yaml", &policy.replace(line, &format!("  {key}: {value}")));
}

const WRITE: &str = r#"[sh, -c, 'cat > "told-$THREADOS_EVENT"']"#;

fn told(p: &Project, event: &str) -> Value {
    let file = p.root().join(format!("told-{event}"));
    let read = || std::fs::read(&file).ok().and_then(|text| serde_json::from_slice::<Value>(&text).ok());
    wait(&format!("somebody to be told of {event}"), || read().is_some());
    read().unwrap()
}

#[test]
fn a_command_is_told_of_the_end_and_of_a_failure() {
    let p = Project::new();
    set(&p, "command", WRITE);
    p.ok("step add a -- false");
    let run = p.json("run all")["run_id"].clone();
    let failure = told(&p, "failure");
    assert_eq!(
        (&failure["event"], &failure["step"], &failure["run_id"]),
        (&"failure".into(), &"a".into(), &run)
    );
    assert_eq!(told(&p, "end")["state"], "failed");
    assert!(p.entries("notify").is_empty(), "what is delivered is no matter of the log");
}

#[test]
fn a_step_that_is_tried_again_has_not_failed() {
    let p = Project::new();
    set(&p, "command", WRITE);
    p.ok("step add a --retry 1 --retry-backoff 1 -- sh -c 'test -e once || { touch once; exit 1; }'");
    p.ok("run all");
    assert_eq!(told(&p, "end")["state"], "done");
    assert!(!p.root().join("told-failure").exists());
}

#[test]
fn a_gate_that_waits_calls() {
    let p = Project::new();
    set(&p, "command", WRITE);
    p.ok("step add a -- true");
    p.ok("step add b -- true");
    p.ok("gate insert look --after a --before b");
    p.exits(10, "run all");
    assert_eq!(told(&p, "gate")["text"], "Gate look waits for you: seqctl gate approve look");
}

#[test]
fn only_what_is_named_is_told() {
    let p = Project::new();
    set(&p, "command", WRITE);
    set(&p, "on", "[gate]");
    p.ok("step add a -- false");
    p.exits(1, "run all");
    wait("the engine to end", || p.engine().is_none());
    assert!(!p.root().join("told-end").exists() && !p.root().join("told-failure").exists());
}

#[test]
fn the_desktop_is_told_where_there_is_one() {
    let mut p = Project::new();
    p.ok("step add a -- false");
    set(&p, "desktop", "true");
    p.exits(1, "run all");
    let note = p.root().join("note");
    let text = format!("#!/bin/sh\nprintf '%s|' \"$@\" >> {}\n", note.display());
    script(&p.add_to_path("bin"), "notify-send", &text);
    wait("the engine to end, which has another PATH", || p.engine().is_none());
    p.exits(1, "run all --failed");
    let told = || std::fs::read_to_string(&note).unwrap_or_default();
    let name = p.json("status")["name"].as_str().unwrap().to_owned();
    let expected = format!("--app-name=ThreadOS|--|ThreadOS: {name}|");
    wait("both notes", || told().matches(&expected).count() == 2);
    assert!(told().contains("|Step a FAILED: exit code 1|"), "{}", told());
    assert!(p.entries("notify").is_empty(), "without a desktop nothing went wrong either");
}

#[test]
fn what_the_policy_does_not_list_is_not_started_and_the_log_says_so() {
    let p = Project::new();
    set(&p, "command", "[curl, -d, x]");
    p.ok("step add a -- true");
    p.ok("run all");
    wait("the log to tell", || !p.entries("notify").is_empty());
    let entry = &p.entries("notify")[0];
    assert_eq!(entry["result"], "error");
    assert!(entry["error"].as_str().unwrap().contains("curl"), "{entry:#}");
}

#[test]
fn one_that_hangs_holds_nobody_up_and_is_ended() {
    let p = Project::new();
    set(&p, "command", "[sh, -c, 'sleep 300 & sleep 300']");
    set(&p, "on", "[end]");
    p.ok("step add a -- true");
    p.ok("run all");
    assert!(p.entries("notify").is_empty(), "the run did not wait for it");
    wait("the log to tell", || !p.entries("notify").is_empty());
    assert!(p.entries("notify")[0]["error"].as_str().unwrap().contains("took longer than 10 s"));
    wait("nothing to be left", || p.processes().is_empty());
}

/// Takes one request and gives its body.
fn one_request(listener: &TcpListener) -> String {
    let (mut stream, _) = listener.accept().unwrap();
    let mut text = String::new();
    let mut buffer = [0; 4096];
    loop {
        let n = stream.read(&mut buffer).unwrap();
        assert!(n > 0, "cut off: {text}");
        text += &String::from_utf8_lossy(&buffer[..n]);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.to_ascii_lowercase();
        let length =
            length.lines().find_map(|l| l.strip_prefix("content-length: ").map(str::to_owned)).unwrap();
        if body.len() >= length.trim().parse::<usize>().unwrap() {
            stream.write_all(b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n").unwrap();
            return body.to_owned();
        }
    }
}

#[test]
fn a_webhook_on_this_machine_gets_it_without_secrets() {
    let p = Project::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    set(&p, "webhook", &format!("http://{}/hook", listener.local_addr().unwrap()));
    set(&p, "on", "[end]");
    let named = p.read("sequence.yaml").replacen("name: p", "name: password=correct-horse-7", 1);
    p.write(".threados/sequence.yaml", &named);
    p.ok("step add a -- true");
    p.ok("run all");
    let body = one_request(&listener);
    let message: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(message["state"], "done");
    assert!(
        message["project"].as_str().unwrap().starts_with("password=") && !body.contains("correct-horse-7"),
        "{body}"
    );
}

#[test]
fn a_webhook_elsewhere_has_to_be_listed() {
    let p = Project::new();
    set(&p, "webhook", "http://hooks.example/x");
    let ran = p.exits(3, "policy check");
    assert!(ran.stderr.contains("`hooks.example` is not in notify_hosts"), "{}", ran.stderr);
    let policy = p.read("policy.yaml").replace("notify_hosts: []", "notify_hosts: [hooks.example]");
    p.write(".threados/policy.yaml", &policy);
    p.ok("policy check");
    set(&p, "on", "[ends]");
    assert!(p.exits(3, "policy check").stderr.contains("is not a valid value"));
}

/// Both are told of once: as they begin to wait, not again with each step that ends meanwhile.
#[test]
fn a_review_and_a_reached_budget_call_once_by_command_desktop_and_webhook() {
    let mut p = agents();
    p.ok("policy allow sh");
    let notes = p.root().join("notes");
    let text = format!("#!/bin/sh\nprintf '%s\\n' \"$4\" >> {}\n", notes.display());
    script(&p.add_to_path("desk"), "notify-send", &text);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    set(&p, "on", "[gate]");
    let write = r#"'cat >> messages; echo >> messages; echo "$THREADOS_STEP_ID$THREADOS_BUDGET" >> about'"#;
    set(&p, "command", &format!("[sh, -c, {write}]"));
    set(&p, "desktop", "true");
    set(&p, "webhook", &format!("http://{}/hook", listener.local_addr().unwrap()));
    ask(&p, "a", "claude-code", "", "");
    ask(&p, "b", "claude-code", "", "--depends-on a");
    p.ok("budget set --step b --usd 0");
    ask(&p, "r", "claude-code", "", "--review");
    p.ok("step add slow -- sh -c 'while [ ! -e go ]; do sleep 0.02; done'");
    p.ok("step add last --depends-on slow -- sh -c :");
    let run = p.start("run all --json");
    // The command is told before the webhook.
    wait("the first of the two", || p.root().join("messages").exists());
    let first = one_request(&listener);
    wait("the second", || std::fs::read_to_string(p.root().join("messages")).unwrap().lines().count() == 2);
    let bodies = [first, one_request(&listener)];
    p.write("go", "");
    let ran = finish(run);
    assert_eq!(ran.code, 10, "{ran:#?}");
    wait("the engine to end", || p.engine().is_none());
    let lines = |file: &str| {
        let mut lines: Vec<String> =
            std::fs::read_to_string(p.root().join(file)).unwrap().lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let budget =
        "The budget of step b is reached, 0.00 of 0.00 USD spent: seqctl budget set --step b --usd 1.00";
    let review = "Step r waits for your review: seqctl step accept r";
    assert_eq!(lines("notes"), [review, budget], "the desktop");
    assert_eq!(lines("about"), ["budget of step b", "r"], "the command's environment");
    let text = |message: &str| {
        let message: Value = serde_json::from_str(message).unwrap();
        assert_eq!((&message["event"], &message["run_id"]), (&"gate".into(), &ran.json()["run_id"]));
        message["text"].as_str().unwrap().to_owned()
    };
    for (channel, messages) in [("the command", lines("messages")), ("the webhook", bodies.to_vec())] {
        let mut texts: Vec<String> = messages.iter().map(|message| text(message)).collect();
        texts.sort();
        assert_eq!(texts, [review, budget], "{channel}");
    }
    assert!(p.entries("notify").is_empty(), "all of it is delivered: {:#?}", p.entries("notify"));
}

#[test]
fn a_review_that_nobody_wants_to_be_told_of_calls_nobody() {
    let p = Project::new();
    set(&p, "command", WRITE);
    set(&p, "on", "[end]");
    p.ok("step add a --review -- true");
    p.exits(10, "run all");
    assert_eq!(told(&p, "end")["state"], "waiting");
    wait("the engine to end", || p.engine().is_none());
    assert!(!p.root().join("told-gate").exists());
}
