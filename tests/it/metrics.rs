//! The `status.json` of a run of each thread type: every metric, by value, and times by what log and records tell of them.

use serde_json::{Value, json};

use crate::engine_kit::{latest_run, meet, run_record, step_record};
use crate::support::{Project, finish, wait};

/// Every key of the record.
const KEYS: [&str; 16] = [
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
    "usage",
];

/// A project of these command lines.
fn project(lines: &[&str]) -> Project {
    let p = Project::new();
    p.write("trace", "");
    lines.iter().for_each(|line| drop(p.ok(line)));
    p
}

/// Milliseconds of a time in a file.
pub fn ms(time: &Value) -> f64 {
    let time: chrono::DateTime<chrono::Utc> = time.as_str().unwrap().parse().unwrap();
    time.timestamp_micros() as f64 / 1000.0
}

/// Every attempt of a run, from its start in the log to the end in its record.
fn attempts(p: &Project, run: &str) -> Vec<(f64, f64)> {
    let starts = p.entries("step.start").into_iter().filter(|e| e["run_id"] == run);
    let one = |start: Value| {
        let step = start["target"].as_str().unwrap();
        let earlier = format!("{step}/attempts/{}", start["payload"]["attempt"]);
        let is_earlier = p.path(&format!("runs/{run}/{earlier}")).exists();
        let record = step_record(p, run, if is_earlier { &earlier } else { step });
        (ms(&start["timestamp"]), ms(&record["ended_at"]))
    };
    starts.map(one).collect()
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let count = values.len() as f64;
    values.sum::<f64>() / count
}

/// How long an attempt takes that does nothing else, as a shell has it, and in milliseconds.
const SLEEP: &str = "sleep 1.5";
const LENGTH: f64 = 1500.0;

/// The engine notes a start in the log a little after it has decided it: part of what an attempt takes.
const NOTED: f64 = 0.4;

/// Compares what is no time, and what is with what log and records tell.
#[track_caller]
fn check(p: &Project, record: &Value, expected: &Value) {
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
    let (took, avg) = (record["duration_ms"].as_f64().unwrap(), record["avg_step_ms"].as_f64().unwrap());
    let noted =
        mean(attempts(p, record["run_id"].as_str().unwrap()).into_iter().map(|(start, end)| end - start));
    assert!(noted >= LENGTH, "too short for a share of it to mean anything: {noted}");
    assert!((noted - 1.0..noted * (1.0 + NOTED)).contains(&avg), "{avg} is not {noted}: {record:#}");
    let whole = ms(&record["ended_at"]) - ms(&record["started_at"]);
    assert!(whole > 0.0 && (whole - took).abs() <= 1.0, "{whole}: {record:#}");
}

/// The record of the latest run, with the utilization taken out of it, which has to be that of these attempts.
fn without_utilization(p: &Project, of: impl Fn(&[(f64, f64)]) -> &[(f64, f64)]) -> Value {
    let run = latest_run(p);
    let mut record = run_record(p, &run);
    let told = record["fanout_utilization"].take().as_f64().unwrap();
    let all = attempts(p, &run);
    let group = of(&all);
    let first = group.iter().map(|a| a.0).fold(f64::INFINITY, f64::min);
    let last = group.iter().map(|a| a.1).fold(0.0, f64::max);
    let busy: f64 = group.iter().map(|(start, end)| end - start).sum();
    let expected = busy / (group.len() as f64 * (last - first));
    assert!((told - expected).abs() < 0.1 && told <= 1.0, "{told} is not {expected}: {all:?}");
    record
}

#[test]
fn of_one_step() {
    let p = project(&[&format!("step add a -- {SLEEP}")]);
    p.ok("run all");
    let record = run_record(&p, &latest_run(&p));
    check(
        &p,
        &record,
        &json!({ "state": "done", "counts": {"DONE": 1}, "threads": {"base": 1}, "peak_concurrency": 1 }),
    );
}

#[test]
fn of_parallel_workers() {
    // The first is done long before the others.
    let script =
        format!("echo \"S w\" >> trace; {}; {SLEEP}; [ $THREADOS_WORKER_INDEX = 1 ] || {SLEEP}", meet(3));
    let p = project(&[]);
    p.write("work.sh", &script);
    p.ok("step add w --type p --fanout 3 -- sh work.sh");
    p.ok("run all");
    let record = without_utilization(&p, |all| all);
    check(
        &p,
        &record,
        &json!({ "state": "done", "counts": {"DONE": 3}, "threads": {"p": 3}, "peak_concurrency": 3 }),
    );
}

#[test]
fn of_phases_with_a_gate() {
    let p = project(&[
        &format!("step add plan --type c -- {SLEEP}"),
        &format!("step add build --type c --depends-on plan -- {SLEEP}"),
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
    let decided = ms(&p.entries("gate.approve")[0]["timestamp"]);
    let due = ms(&step_record(&p, &latest_run(&p), "plan")["ended_at"]);
    let waited = waited.as_f64().unwrap();
    assert!(waited > 0.0 && (waited - (decided - due)).abs() <= 1.0, "{} and {waited}", decided - due);
    let gates = json!({ "g": null, "mean": null });
    check(
        &p,
        &record,
        &json!({ "state": "done", "counts": {"DONE": 2}, "threads": {"c": 2}, "peak_concurrency": 1, "gate_latency_ms": gates }),
    );
}

#[test]
fn of_a_fusion() {
    let p = project(&[
        &format!("step add a -- sh -c '{SLEEP}; {SLEEP}; echo one two three four'"),
        &format!("step add b -- sh -c '{SLEEP}; {SLEEP}; echo one two three five'"),
        &format!("step add c -- sh -c '{SLEEP}; exit 3'"),
        "fusion create --candidates a b c --synth s",
        &format!("step edit s -- {SLEEP}"),
    ]);
    p.ok("run all");
    check(
        &p,
        &without_utilization(&p, |all| &all[..3]),
        &json!({ "state": "done", "counts": {"DONE": 3, "FAILED": 1}, "threads": {"f": 4}, "failure_rate": 0.25,
            "fusion_agreement": 0.75, "peak_concurrency": 3 }),
    );
}

#[test]
fn of_an_orchestrator() {
    let p = project(&[&format!(
        "step add lead --type b --orchestrator -- sh -c 'seqctl step add kid -q -- {SLEEP}; seqctl run all -q'"
    )]);
    p.ok("run all");
    let runs = p.json("runs list");
    let outer = runs["runs"].as_array().unwrap().iter().find(|r| r["by"].is_null()).unwrap();
    let record = run_record(&p, outer["run_id"].as_str().unwrap());
    check(
        &p,
        &record,
        &json!({ "state": "done", "counts": {"DONE": 1}, "threads": {"b": 1}, "peak_concurrency": 1 }),
    );
}

#[test]
fn of_a_long_step_that_is_tried_again() {
    let p = project(&[
        &format!(
            "step add long --type l --retry 1 --retry-backoff 10 -- sh -c '{SLEEP}; [ -e again ] || {{ : > again; exit 1; }}'"
        ),
        "step add w --watchdog-for long -- true",
    ]);
    p.ok("run all");
    wait("the record", || run_record(&p, &latest_run(&p))["state"] == "done");
    let record = run_record(&p, &latest_run(&p));
    check(
        &p,
        &record,
        &json!({ "state": "done", "counts": {"DONE": 1}, "threads": {"l": 1}, "failure_rate": 0.5, "restart_rate": 0.5,
            "peak_concurrency": 1 }),
    );
}

#[test]
fn of_agents_with_what_they_spent() {
    let p = crate::agent_kit::agents();
    for model in ["claude-code", "codex"] {
        crate::agent_kit::ask(&p, &format!("{model}-a"), model, "Say hello.\nfake: work 1500", "");
    }
    p.ok("run all --max-concurrent 1");
    // The price of the one that tells it.
    let usage = json!({ "input_tokens": 22, "output_tokens": 14, "cost_usd": 0.00023 });
    let record = run_record(&p, &latest_run(&p));
    check(
        &p,
        &record,
        &json!({ "state": "done", "counts": {"DONE": 2}, "threads": {"base": 2}, "peak_concurrency": 1, "usage": usage }),
    );
}
