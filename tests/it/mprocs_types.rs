//! All six thread types, with two executors: the same results, artifacts, audit and metrics.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::engine_kit::{latest_run, run_record};
use crate::mprocs_kit::Session;
use crate::orchestrator_kit::SEQCTL;
use crate::support::Project;

/// A sequence with every thread type, run to its end by this executor.
fn worked(executor: &str) -> Project {
    let p = Project::new();
    for line in [
        "step add base --artifact 'out/*' -- sh -c 'mkdir -p out; echo kept > out/base.txt; echo out; echo err >&2; echo key=7 >> $THREADOS_OUTPUT'",
        "step add fails -- sh -c 'echo half; exit 3'",
        "step add work --type p --fanout 2 -- sh -c 'echo worker $THREADOS_WORKER_INDEX of $THREADOS_WORKER_COUNT'",
        "step add plan --type c -- echo planned",
        "step add ship --type c -- sh -c 'echo shipped {{ steps.base.outputs.key }}' --depends-on base",
        "gate insert g --after plan --before ship",
        "step add c1 -- echo one two three",
        "step add c2 -- echo one two four",
        "fusion create --candidates c1 c2 --synth synth",
        "step add lead --type b --orchestrator -- sh lead.sh",
        "step add long --type l --timeout 600000 -- sh -c 'sleep 0.3; echo long'",
        "step add watch --watchdog-for long --watchdog-interval 100 -- true",
        "gate approve g --early",
    ] {
        let (front, argv) = line.split_once(" -- ").map_or((line, None), |(f, a)| (f, Some(a)));
        let (argv, more) = match argv.and_then(|a| a.split_once("' --depends-on")) {
            Some((argv, more)) => (Some(format!("{argv}'")), format!(" --depends-on{more}")),
            None => (argv.map(str::to_owned), String::new()),
        };
        let argv = argv.map(|a| format!(" -- {a}")).unwrap_or_default();
        p.ok(&format!("{front}{more}{argv}"));
    }
    p.write(
        "lead.sh",
        &format!("{SEQCTL} step add child -- echo child && {SEQCTL} run step child > /dev/null 2>&1"),
    );
    let _session = (executor == "mprocs").then(|| Session::open(&p));
    p.exits(1, &format!("run all --executor {executor}"));
    p
}

/// What a step left: how it ended, what it printed, handed on and kept.
fn left(p: &Project, step: &str) -> Value {
    let record = p.step_record(step);
    json!({
        "status": record["status"], "reason": record["reason"], "exit_code": record["exit_code"],
        "outputs": record["outputs"], "artifacts": record["artifacts"], "sandbox": record["sandbox"],
        "stdout": p.run(&format!("logs {step}")).stdout,
        "stderr": p.run(&format!("logs {step} --stderr")).stdout,
    })
}

/// How often each entry stands in the log, from the run on.
fn told(p: &Project) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for entry in p.log().iter().skip_while(|e| e["action"] != "run.all") {
        let word = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        if word("action").starts_with("mprocs.") {
            continue;
        }
        // Runs have names of their own.
        let target = if word("action") == "run.end" { String::new() } else { word("target") };
        let payload = &entry["payload"];
        let line = format!(
            "{} {} {target} {} {} {}",
            word("actor"),
            word("action"),
            word("result"),
            payload["status"],
            payload["attempt"]
        );
        *counts.entry(line).or_default() += 1;
    }
    counts
}

#[test]
fn every_thread_type_comes_to_the_same_with_both_executors() {
    let (direct, mprocs) = (worked("direct"), worked("mprocs"));
    let steps =
        ["base", "fails", "work-1", "work-2", "plan", "ship", "c1", "c2", "synth", "lead", "child", "long"];
    for step in steps {
        assert_eq!(left(&mprocs, step), left(&direct, step), "{step}");
        assert_eq!(direct.step_record(step)["executor"], "direct", "{step}");
        let by = mprocs.step_record(step)["executor"].clone();
        assert!(by == "mprocs", "{step} was started by {by}");
    }
    assert_eq!(told(&mprocs), told(&direct));
    let kept = |p: &Project| {
        let run = last(p);
        fs::read_to_string(p.path(&format!("runs/{run}/base/artifacts/out/base.txt"))).unwrap()
    };
    assert_eq!(kept(&mprocs), kept(&direct));
    let metrics = |p: &Project| {
        let record = run_record(p, &last(p));
        let keys =
            ["state", "counts", "threads", "failure_rate", "restart_rate", "fusion_agreement", "usage"];
        keys.map(|key| record[key].clone())
    };
    assert_eq!(metrics(&mprocs), metrics(&direct));
    let checks = |p: &Project| p.run("logs watch").stdout.contains("exit code 0");
    assert!(checks(&mprocs) && checks(&direct));
}

/// The run of everything; that of the child came later.
fn last(p: &Project) -> String {
    let entries = p.entries("run.all");
    entries.last().and_then(|e| e["run_id"].as_str().map(str::to_owned)).unwrap_or_else(|| latest_run(p))
}
