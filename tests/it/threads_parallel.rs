//! P threads: workers that run at once, a step that merges what they found, and what becomes of them when one
//! fails.

use std::fs;

use serde_json::{Value, json};

use crate::engine_kit::{
    HOLD, go, kill_engine, latest_run, peak, policy, processes_with, run_record, starts, statuses, view,
};
use crate::support::{Project, finish, wait};

/// A group `work` of this many workers that run this script, noting start and end in `trace`.
fn workers(count: usize, more: &str, script: &str) -> Project {
    let p = Project::empty();
    p.ok("init");
    policy(&p, "stop_grace_ms: 500");
    let text = format!(
        "me=work-$THREADOS_WORKER_INDEX\necho \"S $me\" >> trace\n{script}\necho \"E $me\" >> trace\n\
         echo \"$THREADOS_WORKER_INDEX of $THREADOS_WORKER_COUNT\"\n"
    );
    p.write("work.sh", &text);
    p.ok(&format!("step add work --type p --fanout {count} {more} -- sh work.sh"));
    p
}

fn statuses_of(p: &Project, ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| p.status(id)).collect()
}

/// Asserts the metrics that follow from what happened, and bounds for those that are times.
#[track_caller]
fn check_record(record: &Value, expected: &Value) {
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&record[key], value, "{key} of {record:#}");
    }
    let took = record["duration_ms"].as_f64().unwrap();
    assert!(record["avg_step_ms"].as_f64().is_some_and(|ms| ms > 0.0 && ms <= took + 1.0), "{record:#}");
    assert!(record["started_at"].as_str() <= record["ended_at"].as_str());
    assert_eq!((&record["usage"], &record["fusion_agreement"]), (&json!(null), &json!(null)));
}

#[test]
fn workers_run_at_once_and_a_step_merges_their_outputs() {
    let p = workers(3, "--merge sum", "while [ $(grep -c S trace) != 3 ]; do sleep 0.02; done; sleep 0.2");
    let ran = p.json("run all");
    assert_eq!((&ran["state"], peak(&p)), (&json!("done"), 3));
    assert_eq!(view(&p, "work-2")["group_id"], "work");
    assert_eq!(view(&p, "sum")["depends_on"], json!(["work-1", "work-2", "work-3"]));
    assert_eq!(p.ok("logs work-2"), "2 of 3\n");
    let merged = p.ok("logs sum");
    assert!((1..=3).all(|i| merged.contains(&format!("{i} of 3"))), "{merged}");
    let record = run_record(&p, &latest_run(&p));
    check_record(
        &record,
        &json!({
            "state": "done", "counts": { "DONE": 4 }, "threads": { "base": 1, "p": 3 },
            "failure_rate": 0.0, "restart_rate": 0.0, "peak_concurrency": 3, "gate_latency_ms": {},
        }),
    );
    let used = record["fanout_utilization"].as_f64().unwrap();
    assert!(used > 0.0 && used <= 1.0, "a share: {used}");
}

#[test]
fn models_and_prompts_are_dealt_out_in_turn() {
    let p = Project::new();
    p.write("x.md", "Look at the tests.\n");
    p.write("y.md", "Look at the docs.\n");
    p.ok("step add look --type p --fanout 3 --models claude-code,codex --prompts x.md,y.md --merge sum");
    let models: Vec<Value> = ["look-1", "look-2", "look-3"].map(|id| view(&p, id)["model"].clone()).into();
    assert_eq!(models, ["claude-code", "codex", "claude-code"]);
    assert_eq!(p.read("prompts/look-2.md"), "Look at the docs.\n");
    assert_eq!(p.read("prompts/look-3.md"), "Look at the tests.\n");
    assert!(p.read("prompts/sum.md").contains("{{ inputs }}"));
}

#[test]
fn the_first_failure_stops_the_others_and_failed_resets_them_all() {
    let script = "[ $me != work-2 ] || [ -e mended ] || { while [ $(grep -c S trace) != 2 ]; do sleep 0.02; done; exit 3; }\n\
                  [ -e mended ] || sleep 600";
    let p = workers(3, "--merge sum", script);
    let ran = p.json("run all --max-concurrent 2");
    assert_eq!(ran["state"], "failed");
    let found: Vec<(String, String)> =
        ["work-1", "work-2", "work-3", "sum"].map(|id| (p.status(id), p.reason(id))).into();
    let expected = [
        ("FAILED", "stopped: group failed fast"),
        ("FAILED", "exit code 3"),
        ("BLOCKED", "stopped: group failed fast (work-2 failed)"),
        ("BLOCKED", "waits for work-1 (failed), work-2 (failed), work-3"),
    ];
    assert_eq!(found, expected.map(|(s, r)| (s.to_owned(), r.to_owned())));
    assert!(processes_with(&p, "sleep 600").is_empty());
    check_record(
        &run_record(&p, &latest_run(&p)),
        &json!({
            "state": "failed", "counts": { "BLOCKED": 2, "FAILED": 2 }, "threads": { "base": 1, "p": 3 },
            "failure_rate": 1.0, "restart_rate": 0.0, "peak_concurrency": 2,
        }),
    );
    p.write("mended", "");
    assert_eq!(p.json("run all --failed")["state"], "done");
    assert_eq!(statuses_of(&p, &["work-1", "work-2", "work-3", "sum"]), ["DONE"; 4]);
}

#[test]
fn a_best_effort_group_runs_to_its_end_and_its_dependents_see_who_succeeded() {
    let p = workers(3, "--fail-policy best_effort --merge sum", "[ $me != work-2 ] || exit 3");
    assert_eq!(p.json("run all")["state"], "done", "the group carries its failed member");
    assert_eq!(statuses_of(&p, &["work-1", "work-2", "work-3", "sum"]), ["DONE", "FAILED", "DONE", "DONE"]);
    let run = latest_run(&p);
    let inputs: Value = serde_json::from_str(&p.read(&format!("runs/{run}/sum/inputs.json"))).unwrap();
    let seen: Vec<&Value> = inputs["inputs"].as_array().unwrap().iter().map(|i| &i["status"]).collect();
    assert_eq!(seen, ["DONE", "FAILED", "DONE"]);
    check_record(
        &run_record(&p, &run),
        &json!({ "state": "done", "counts": { "DONE": 3, "FAILED": 1 }, "failure_rate": 0.25, "restart_rate": 0.0 }),
    );
}

#[test]
fn a_group_of_which_nobody_succeeds_holds_what_follows() {
    let p = workers(2, "--fail-policy best_effort --merge sum", "exit 1");
    assert_eq!(p.json("run all")["state"], "failed");
    assert_eq!(p.status("sum"), "BLOCKED");
}

#[test]
fn a_stop_in_the_middle_of_one_worker_is_a_failure_of_its_group() {
    let p = workers(3, "--merge sum", HOLD);
    let run = p.start("run all --json");
    wait("all to run", || fs::read_to_string(p.root().join("trace")).is_ok_and(|t| t.lines().count() == 3));
    p.ok("stop work-2 --yes");
    assert_eq!(finish(run).json()["state"], "failed");
    let reasons: Vec<String> = ["work-1", "work-2", "work-3"].map(|id| p.reason(id)).into();
    assert_eq!(reasons, ["stopped: group failed fast", "stopped by user", "stopped: group failed fast"]);
    wait("nothing to be left", || p.processes().is_empty());
}

#[test]
fn the_engine_may_be_killed_while_the_workers_run() {
    let p = workers(3, "--merge sum", HOLD);
    let run = p.start("run all --json");
    wait("all to run", || fs::read_to_string(p.root().join("trace")).is_ok_and(|t| t.lines().count() == 3));
    kill_engine(&p);
    wait("another engine", || p.engine().is_some());
    go(&p);
    assert_eq!(finish(run).json()["state"], "done");
    assert!((1..=3).all(|i| starts(&p, &format!("work-{i}")) == 1), "each ran once");
    check_record(
        &run_record(&p, &latest_run(&p)),
        &json!({
            "state": "done", "counts": { "DONE": 4 }, "threads": { "base": 1, "p": 3 },
            "failure_rate": 0.0, "restart_rate": 0.0, "peak_concurrency": 3,
        }),
    );
}

#[test]
fn the_creation_of_a_group_is_one_change_to_undo() {
    let p = workers(3, "--merge sum", "true");
    p.ok("undo --yes");
    assert_eq!(p.json("status")["summary"]["total"], 0);
    p.ok("redo");
    assert_eq!(p.json("status")["summary"]["total"], 4);
    assert_eq!(p.json("run all")["state"], "done");
}

#[test]
fn steps_that_are_there_become_a_group_and_a_group_comes_apart() {
    let p = Project::new();
    for id in ["a", "b", "c"] {
        p.ok(&format!("step add {id} -- true"));
    }
    p.ok("dep add c a");
    let refused = p.exits(7, "group parallelize a c --json").json();
    assert_eq!(refused["error"]["code"], "DEPENDENT_STEPS", "{refused:#}");
    assert!(refused["error"]["message"].as_str().unwrap().contains("`c` depends on `a`"), "{refused:#}");
    p.ok("group parallelize a b --id duo --merge sum --fail-policy best_effort");
    assert_eq!((&view(&p, "a")["group_id"], &view(&p, "a")["type"]), (&json!("duo"), &json!("p")));
    assert_eq!(p.json("run group duo")["steps"].as_array().unwrap().len(), 2);
    assert_eq!(statuses(&p)["sum"], "READY");
    p.ok("group dissolve duo");
    assert_eq!((&view(&p, "a")["group_id"], &view(&p, "a")["type"]), (&json!(null), &json!("base")));
}

#[test]
fn a_step_that_is_named_twice_is_no_group_of_two() {
    let p = Project::new();
    p.ok("step add a -- true");
    assert!(p.exits(2, "group parallelize a a").stderr.contains("`a` is named twice"));
    assert!(!p.read("sequence.yaml").contains("group"));
}
