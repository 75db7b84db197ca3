//! A rate or quota limit is no failure: the step waits and goes on by itself.

use crate::agent_kit::{MODELS, SESSION, agents, ask, calls, resumed};
use crate::engine_kit::{kill_engine, latest_run, run_record, step_record};
use crate::support::{Project, finish, wait};

/// Seconds in which even a busy machine gets to kill an engine that waits.
const AWHILE: u32 = 8;

/// A step whose agent is at its limit for so many seconds, under way.
fn limited(model: &str, seconds: u32, flags: &str) -> (Project, std::process::Child) {
    let p = agents();
    ask(&p, "a", model, &format!("fake: limit-once {seconds}"), flags);
    let run = p.start("run all");
    wait_for_the_limit(&p);
    (p, run)
}

/// Waits until the step is at its limit. The log keeps it, however soon the step goes on.
#[track_caller]
fn wait_for_the_limit(p: &Project) {
    wait("the step to wait", || !p.entries("step.end").is_empty());
    let end = &p.entries("step.end")[0];
    let reason = end["payload"]["reason"].as_str().unwrap_or_default();
    assert!(reason.starts_with("waiting for quota until "), "{end:#}");
}

#[test]
fn a_limited_agent_waits_until_the_time_it_was_told_and_goes_on_with_its_session() {
    for (model, _) in MODELS {
        let (p, run) = limited(model, 3, "");
        assert_eq!(finish(run).code, 0, "{model}");
        let calls = calls(&p);
        assert_eq!((calls.len(), p.status("a")), (2, "DONE".into()));
        assert_eq!(resumed(&calls[1]), Some(SESSION), "{:?}", calls[1]);
        let run = latest_run(&p);
        assert_eq!(step_record(&p, &run, "a/attempts/1")["status"], "READY");
        assert_eq!(run_record(&p, &run)["failure_rate"], 0.0, "no attempt has failed");
    }
}

#[test]
fn waiting_does_not_use_up_a_retry() {
    let p = agents();
    let prompt = "fake: limit-once 1\nfake: wait-for go\nfake: exit 3";
    ask(&p, "a", "codex", prompt, "--retry 1 --retry-backoff 1");
    p.write("go", "");
    p.exits(1, "run all");
    assert_eq!(calls(&p).len(), 3, "one at the limit, one, and its retry");
}

#[test]
fn the_wait_survives_the_engine() {
    let (p, run) = limited("claude-code", AWHILE, "");
    kill_engine(&p);
    assert_eq!(finish(run).code, 0);
    assert_eq!((calls(&p).len(), p.status("a")), (2, "DONE".into()), "nothing is run twice");
}

#[test]
fn of_a_detached_run_the_wait_survives_the_engine_without_anybodys_help() {
    let p = agents();
    ask(&p, "a", "codex", &format!("fake: limit-once {AWHILE}"), "");
    p.ok("run all --detach");
    wait_for_the_limit(&p);
    kill_engine(&p);
    // Only files are looked at here, so that no client of ours brings it back.
    wait("the second call", || calls(&p).len() == 2);
    p.wait_for("a", "DONE");
    assert_eq!(calls(&p).len(), 2, "nothing is run twice");
}

#[test]
fn a_wait_is_told_and_a_stop_ends_it() {
    let (p, run) = limited("gemini", 3000, "");
    assert_eq!(p.status("a"), "READY");
    let why = p.json("why a");
    assert!(why["why"]["holds"].as_array().unwrap().iter().any(|h| h["kind"] == "quota"), "{why:#}");
    p.ok("stop a --yes");
    assert_eq!(finish(run).code, 1);
    assert_eq!((p.status("a"), p.reason("a")), ("FAILED".into(), "stopped by user".into()));
    assert_eq!(calls(&p).len(), 1);
}

#[test]
fn where_no_time_is_told_it_waits_a_minute_first() {
    let p = agents();
    ask(&p, "a", "claude-code", "fake: limit-untold", "");
    let run = p.start("run all");
    wait("the step to wait", || p.reason("a").starts_with("waiting for quota until "));
    let until: chrono::DateTime<chrono::Utc> =
        p.reason("a").trim_start_matches("waiting for quota until ").parse().unwrap();
    let wait = (until - chrono::Utc::now()).num_seconds();
    assert!((30..=60).contains(&wait), "{wait}");
    p.ok("stop a --yes");
    assert_eq!(finish(run).code, 1);
}
