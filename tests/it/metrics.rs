//! The `status.json` of a run of each thread type: every metric, by value where it is no time, else by its bounds.

use serde_json::{Value, json};

use crate::engine_kit::{latest_run, meet, run_record};
use crate::support::{Project, finish, wait};

/// Every key of the record.
const KEYS: [&str; 15] = [
    "avg_step_ms",
    "control",
    "counts",
    "duration_ms",
    "ended_at",
    "failure_rate",
    "fanout_utilization",
    "fusion_agreement",
    "gate_latency_ms",
    "peak_concurrency",
    "restart_rate",
    "run_id",
    "started_at",
    "state",
    "threads",
];

/// A project of these command lines.
fn project(lines: &[&str]) -> Project {
    let p = Project::new();
    p.write("trace", "");
    lines.iter().for_each(|line| drop(p.ok(line)));
    p
}

/// Compares what is no time, and bounds what is.
#[track_caller]
fn check(record: &Value, expected: &Value) {
    for key in KEYS {
        assert!(record.get(key).is_some(), "{key} is missing: {record:#}");
    }
    let nothing = json!({ "fanout_utilization": null, "fusion_agreement": null, "gate_latency_ms": {}, "usage": null,
        "failure_rate": 0.0, "restart_rate": 0.0 });
    for (key, value) in nothing.as_object().unwrap() {
        assert_eq!(&record[key], expected.get(key).unwrap_or(value), "{key} of {record:#}");
    }
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&record[key], value, "{key} of {record:#}");
    }
    let (took, mean) = (record["duration_ms"].as_f64().unwrap(), record["avg_step_ms"].as_f64().unwrap());
    assert!(mean > 0.0 && mean <= took + 1.0, "{record:#}");
    assert!(record["started_at"].as_str() < record["ended_at"].as_str(), "{record:#}");
}

/// The record of the latest run, with this fraction taken out of it, which has to be between 0 and 1.
fn without_fraction(p: &Project, key: &str) -> Value {
    let mut record = run_record(p, &latest_run(p));
    let fraction = record[key].take().as_f64().unwrap();
    assert!(fraction > 0.0 && fraction <= 1.0, "{key}: {fraction}");
    record
}

#[test]
fn of_one_step() {
    let p = project(&["step add a -- true"]);
    p.ok("run all");
    let record = run_record(&p, &latest_run(&p));
    check(
        &record,
        &json!({ "state": "done", "counts": {"DONE": 1}, "threads": {"base": 1}, "peak_concurrency": 1 }),
    );
}

#[test]
fn of_parallel_workers() {
    let script = format!("echo \"S w\" >> trace; {}", meet(3));
    let p = project(&[]);
    p.write("work.sh", &script);
    p.ok("step add w --type p --fanout 3 -- sh work.sh");
    p.ok("run all");
    let record = without_fraction(&p, "fanout_utilization");
    check(
        &record,
        &json!({ "state": "done", "counts": {"DONE": 3}, "threads": {"p": 3}, "peak_concurrency": 3 }),
    );
}

#[test]
fn of_phases_with_a_gate() {
    let p = project(&[
        "step add plan --type c -- true",
        "step add build --type c --depends-on plan -- true",
        "gate insert g --after plan --before build",
    ]);
    let run = p.start("run all --wait");
    p.wait_for("plan", "DONE");
    p.ok("gate approve g");
    assert_eq!(finish(run).code, 0);
    let mut record = run_record(&p, &latest_run(&p));
    let mean = record["gate_latency_ms"]["mean"].take();
    let waited = record["gate_latency_ms"]["g"].take();
    assert_eq!(waited, mean, "of one gate");
    let waited = waited.as_f64().unwrap();
    assert!(waited > 0.0 && waited <= record["duration_ms"].as_f64().unwrap(), "{record:#}");
    let gates = json!({ "g": null, "mean": null });
    check(
        &record,
        &json!({ "state": "done", "counts": {"DONE": 2}, "threads": {"c": 2}, "peak_concurrency": 1, "gate_latency_ms": gates }),
    );
}

#[test]
fn of_a_fusion() {
    let p = project(&[
        "step add a -- echo one two three four",
        "step add b -- echo one two three five",
        "step add c -- sh -c 'exit 3'",
        "fusion create --candidates a b c --synth s",
        "step edit s -- true",
    ]);
    p.ok("run all");
    check(
        &without_fraction(&p, "fanout_utilization"),
        &json!({ "state": "done", "counts": {"DONE": 3, "FAILED": 1}, "threads": {"f": 4}, "failure_rate": 0.25,
            "fusion_agreement": 0.75, "peak_concurrency": 3 }),
    );
}

#[test]
fn of_an_orchestrator() {
    let p = project(&[
        "step add lead --type b --orchestrator -- sh -c 'seqctl step add kid -- true -q; seqctl run all -q'",
    ]);
    p.ok("run all");
    let runs = p.json("runs list");
    let outer = runs["runs"].as_array().unwrap().iter().find(|r| r["by"].is_null()).unwrap();
    let record = run_record(&p, outer["run_id"].as_str().unwrap());
    check(
        &record,
        &json!({ "state": "done", "counts": {"DONE": 1}, "threads": {"b": 1}, "peak_concurrency": 1 }),
    );
}

#[test]
fn of_a_long_step_that_is_tried_again() {
    let p = project(&[
        "step add long --type l --retry 1 --retry-backoff 10 -- sh -c '[ -e again ] || { : > again; exit 1; }'",
        "step add w --watchdog-for long -- true",
    ]);
    p.ok("run all");
    wait("the record", || run_record(&p, &latest_run(&p))["state"] == "done");
    let record = run_record(&p, &latest_run(&p));
    check(
        &record,
        &json!({ "state": "done", "counts": {"DONE": 1}, "threads": {"l": 1}, "failure_rate": 0.5, "restart_rate": 0.5,
            "peak_concurrency": 1 }),
    );
}

#[test]
fn of_agents_with_what_they_spent() {
    let p = crate::agent_kit::agents();
    for model in ["claude-code", "codex"] {
        crate::agent_kit::ask(&p, &format!("{model}-a"), model, "Say hello.", "");
    }
    p.ok("run all --max-concurrent 1");
    let usage = json!({ "input_tokens": 22, "output_tokens": 14, "cost_usd": 0.00023 });
    let record = run_record(&p, &latest_run(&p));
    check(
        &record,
        &json!({ "state": "done", "counts": {"DONE": 2}, "threads": {"base": 2}, "peak_concurrency": 1, "usage": usage }),
    );
}
