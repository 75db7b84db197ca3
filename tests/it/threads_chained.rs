//! C threads: phases with gates between them, where a person lets the work through, holds it or sends it back.

use std::fs;
use std::sync::Arc;
use std::thread;

use serde_json::json;
use threados_core::engine::{Config, serve};
use threados_core::store::Paths;
use threados_core::store::paths::Outside;
use threados_core::workspace::Workspace;

use crate::engine_kit::{HOLD, go, kill_engine, latest_run, policy, run_record, starts, trace, traced};
use crate::support::{Project, finish, kill, wait};

/// `plan`, gate `g1`, `build`, gate `g2`, `ship`; every phase notes its start and its end.
fn chain(plan: &str, build: &str) -> Project {
    let p = Project::empty();
    p.ok("init");
    policy(&p, "stop_grace_ms: 500");
    let steps =
        [traced("plan", &[], plan), traced("build", &["plan"], build), traced("ship", &["build"], "true")];
    crate::engine_kit::sequence(&p, &steps, "");
    p.ok("gate insert g1 --after plan --before build");
    p.ok("gate insert g2 --after build --before ship");
    p
}

fn order(p: &Project) -> Vec<String> {
    trace(p).into_iter().filter(|(what, _)| *what == 'S').map(|(_, step)| step).collect()
}

#[test]
fn a_chain_goes_on_as_far_as_it_is_let_through() {
    let p = chain("true", "true");
    assert_eq!(
        p.json("step show build")["step"]["depends_on"],
        json!(["g1"]),
        "the gate took the edge's place"
    );
    let first = p.exits(10, "run all --json").json();
    assert_eq!((&first["state"], &first["waiting_on"]), (&json!("waiting"), &json!(["g1"])));
    assert_eq!(p.reason("build"), "blocked by gate g1");
    p.ok("gate approve g1 --reason 'good plan'");
    p.exits(10, "run all");
    p.ok("gate approve g2");
    p.ok("run all");
    assert_eq!(order(&p), ["plan", "build", "ship"]);
    assert_eq!((p.status("g1"), p.reason("g1")), ("APPROVED".into(), "good plan".into()));
    assert!(p.read("sequence.yaml").contains("decided_by: user"));
}

#[test]
fn a_run_that_waits_at_gates_tells_how_long_each_took() {
    let p = chain("true", "true");
    let run = p.start("run all --wait --json");
    p.wait_for("plan", "DONE");
    std::thread::sleep(std::time::Duration::from_millis(150));
    p.ok("gate approve g1");
    p.wait_for("build", "DONE");
    p.ok("gate approve g2");
    assert_eq!(finish(run).json()["state"], "done");
    let record = run_record(&p, &latest_run(&p));
    let expected = json!({
        "state": "done", "counts": { "DONE": 3 }, "threads": { "base": 3 }, "failure_rate": 0.0,
        "restart_rate": 0.0, "peak_concurrency": 1, "fanout_utilization": null, "fusion_agreement": null, "usage": null,
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&record[key], value, "{key} of {record:#}");
    }
    let latency = |gate: &str| record["gate_latency_ms"][gate].as_f64().unwrap();
    assert!(latency("g1") >= 150.0 && latency("g1") < record["duration_ms"].as_f64().unwrap());
    assert!((latency("mean") - f64::midpoint(latency("g1"), latency("g2"))).abs() < 0.01);
    assert!(record["avg_step_ms"].as_f64().unwrap() > 0.0);
}

#[test]
fn a_gate_that_nothing_comes_after_is_waited_for_too() {
    let p = Project::new();
    p.ok("step add a -- true");
    p.ok("gate insert sign --after a");
    let waits = p.exits(10, "run all --json").json();
    assert_eq!((&waits["state"], &waits["waiting_on"]), (&"waiting".into(), &serde_json::json!(["sign"])));
    let said = p.exits(10, "run all").stdout;
    assert!(said.contains("gate sign: seqctl gate approve sign") && !said.contains("After that"), "{said}");
    assert_eq!(p.json("restart a --yes")["state"], "done", "who runs one step asks for no gate");
    let run = p.start("run all --wait");
    wait("the run", || p.engine().is_some());
    p.ok("gate approve sign");
    assert_eq!((finish(run).code, p.json("run all")["state"].clone()), (0, "done".into()));
}

#[test]
fn a_gate_is_approved_before_its_time_only_with_early() {
    let p = chain("true", "true");
    let refused = p.exits(7, "gate approve g1 --json").json();
    assert!(refused["error"]["message"].as_str().unwrap().contains("plan"), "{refused:#}");
    p.ok("gate approve g1 --early");
    assert_eq!(p.status("build"), "BLOCKED", "the decision does not replace the work before it");
    p.exits(10, "run all");
    assert_eq!(order(&p), ["plan", "build"]);
}

#[test]
fn a_phase_that_fails_holds_the_gate_and_all_after_it() {
    let p = chain("exit 3", "true");
    assert_eq!(p.exits(1, "run all --json").json()["state"], "failed");
    assert_eq!((p.reason("plan"), p.reason("g1")), ("exit code 3".into(), "waits for plan (failed)".into()));
    p.exits(7, "gate approve g1");
    assert_eq!(order(&p), ["plan"]);
    let record = run_record(&p, &latest_run(&p));
    assert_eq!(
        (&record["counts"], &record["failure_rate"]),
        (&json!({ "BLOCKED": 2, "FAILED": 1 }), &json!(1.0))
    );
    assert_eq!(record["gate_latency_ms"], json!({}));
}

#[test]
fn a_blocked_gate_holds_what_follows_and_leaves_what_is_done() {
    let p = chain("true", "true");
    p.exits(10, "run all");
    p.exits(6, "gate block g1 --reason 'not yet'");
    p.ok("gate block g1 --reason 'not yet' --yes");
    let waiting = p.exits(10, "run all --json").json();
    assert_eq!(
        (p.status("plan"), p.reason("g1"), &waiting["waiting_on"]),
        ("DONE".into(), "not yet".into(), &json!(["g1"]))
    );
    p.ok("gate approve g1");
    p.exits(10, "run all");
    p.ok("gate block g1 --reason 'after all not' --yes");
    assert_eq!((p.status("build"), starts(&p, "build")), ("DONE".into(), 1), "what is done stays done");
}

#[test]
fn work_that_is_sent_back_is_done_again_with_the_reason_in_its_prompt() {
    let p = chain("true", "true");
    p.ok("step edit plan -- sh -c 'echo \"S plan\" >> trace; echo \"note: {{ review.reason }}\"'");
    p.exits(10, "run all");
    p.ok("gate approve g1");
    let run = p.start("run all --wait --json");
    p.wait_for("build", "DONE");
    p.ok("gate block g2 --rework plan --reason 'name the risks' --yes");
    wait("the plan to be made again", || starts(&p, "plan") == 2);
    p.wait_for("plan", "DONE");
    assert_eq!(p.ok("logs plan"), "note: name the risks\n");
    assert_eq!(
        (p.status("g1"), p.status("build")),
        ("PENDING".into(), "BLOCKED".into()),
        "all between is open again"
    );
    p.ok("gate approve g1");
    p.wait_for("build", "DONE");
    p.ok("gate approve g2");
    assert_eq!(finish(run).json()["state"], "done");
    assert_eq!(order(&p), ["plan", "build", "plan", "build", "ship"]);
}

#[test]
fn a_stop_in_the_middle_of_a_phase_holds_the_rest() {
    let p = chain(HOLD, "true");
    let run = p.start("run all --json");
    wait("the plan to be under way", || starts(&p, "plan") == 1);
    p.ok("stop plan --yes");
    assert_eq!(finish(run).json()["state"], "failed");
    assert_eq!(
        (p.reason("plan"), p.status("build"), p.status("g1")),
        ("stopped by user".into(), "BLOCKED".into(), "PENDING".into())
    );
    go(&p);
    p.exits(10, "run all --failed");
    assert_eq!(order(&p), ["plan", "plan"]);
}

#[test]
fn the_engine_may_be_killed_in_the_middle_of_a_chain_and_while_it_waits_at_a_gate() {
    let p = chain(HOLD, "true");
    let run = p.start("run all --wait --json");
    wait("the plan to be under way", || starts(&p, "plan") == 1);
    kill_engine(&p);
    wait("another engine", || p.engine().is_some());
    go(&p);
    p.wait_for("plan", "DONE");
    kill_engine(&p);
    p.ok("gate approve g1");
    p.wait_for("build", "DONE");
    p.ok("gate approve g2");
    assert_eq!(finish(run).json()["state"], "done");
    assert_eq!(order(&p), ["plan", "build", "ship"]);
    let record = run_record(&p, &latest_run(&p));
    assert_eq!((&record["counts"], &record["restart_rate"]), (&json!({ "DONE": 3 }), &json!(0.0)));
    assert!(
        record["gate_latency_ms"]["g1"].as_f64().is_some()
            && record["gate_latency_ms"]["g2"].as_f64().is_some()
    );
}

#[test]
fn what_is_decided_while_an_engine_starts_is_seen_by_it() {
    let p = chain("true", "true");
    // The program of the tests, which is the engine here, is none that confines a step.
    policy(&p, "sandbox: off");
    let mut run = p.start("run all --wait --json");
    wait("the end of the plan to be on record", || p.entries("step.end").len() == 1);
    kill(run.id(), "KILL");
    run.wait().unwrap();
    kill_engine(&p);
    let outside = Outside {
        state_home: Some(p.root().parent().unwrap().join("home/state")),
        runtime_dir: Some(p.root().parent().unwrap().join("run")),
    };
    let workspace = Workspace::new(Paths::with_outside(&p.root(), &outside).unwrap());
    let seqctl = env!("CARGO_BIN_EXE_seqctl-under-test");
    let config = Config { workspace, spawner: vec![seqctl.into(), "spawner".into()], engine: Vec::new() };
    let p = Arc::new(p);
    let approver = Arc::clone(&p);
    // It has looked at the project, and does not yet hear of changes.
    let engine = thread::spawn(move || serve(config, || drop(approver.ok("gate approve g1"))));
    p.wait_for("build", "DONE");
    p.ok("gate approve g2");
    engine.join().unwrap().unwrap();
    assert_eq!(order(&p), ["plan", "build", "ship"]);
}

#[test]
fn a_gate_that_is_inserted_can_be_undone() {
    let p = chain("true", "true");
    p.ok("undo --yes");
    p.ok("undo --yes");
    assert_eq!(p.json("gate list")["gates"], json!([]));
    assert_eq!(p.json("step show ship")["step"]["depends_on"], json!(["build"]));
    p.ok("run all");
    assert_eq!(order(&p), ["plan", "build", "ship"]);
}

#[test]
fn several_steps_can_stand_before_and_after_a_gate() {
    let p = Project::new();
    for id in ["a", "b", "x", "y"] {
        p.ok(&format!("step add {id} -- true"));
    }
    p.ok("dep add x a");
    p.ok("gate insert both --after a --after b --before x --before y");
    assert_eq!(p.json("step show x")["step"]["depends_on"], json!(["both"]));
    p.exits(10, "run all");
    p.ok("gate approve both");
    p.ok("run all");
    assert_eq!(p.json("status")["summary"]["done"], 4);
    assert!(fs::metadata(p.path("audit.log")).is_ok());
}

#[test]
fn a_chain_made_of_the_template_is_undone_whole() {
    let p = Project::new();
    p.ok("step add own -- true");
    let steps = p.json("step list")["steps"].clone();
    p.ok("template apply chained --set phases=3");
    assert_eq!(p.json("gate list")["gates"].as_array().unwrap().len(), 2);
    assert!(p.path("prompts/chained-3.md").exists());
    p.ok("undo --yes");
    assert_eq!(
        (p.json("step list")["steps"].clone(), p.json("gate list")["gates"].clone()),
        (steps, json!([]))
    );
    for phase in 1..=3 {
        assert!(!p.path(&format!("prompts/chained-{phase}.md")).exists());
    }
    p.ok("redo");
    assert_eq!(p.json("step show chained-2")["step"]["depends_on"], json!(["chained-gate-1"]));
    assert!(p.read("prompts/chained-3.md").contains("# Phase 3 of 3"));
    p.ok("validate");
}
