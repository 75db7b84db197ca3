//! Retries, time limits, reviews, groups and gates: what follows from how a step ends.

use std::time::{Duration, Instant};

use crate::engine_kit::{
    HOLD, all_done, go, latest_run, meet, policy, processes_with, project, run_record, sequence, starts,
    statuses, step, step_record, traced, view,
};
use crate::support::{Project, finish, wait};

#[test]
fn each_attempt_is_kept_whole_and_the_last_one_counts() {
    let script = "echo x >> tries; n=$(wc -l < tries); echo \"attempt $n\"; [ $n -eq 3 ]";
    let p = project(&[step("a", &[], script) + "    retry: { max: 2, backoff_ms: 20, factor: 2 }\n"]);
    let start = Instant::now();
    p.ok("run all");
    assert!(start.elapsed() >= Duration::from_millis(60), "20 ms, then 40");
    let run = latest_run(&p);
    for (folder, attempt, status) in
        [("a/attempts/1", 1, "FAILED"), ("a/attempts/2", 2, "FAILED"), ("a", 3, "DONE")]
    {
        let record = step_record(&p, &run, folder);
        assert_eq!((&record["attempt"], &record["status"]), (&attempt.into(), &status.into()));
        assert_eq!(p.read(&format!("runs/{run}/{folder}/stdout.log")), format!("attempt {attempt}\n"));
    }
    let ends: Vec<_> =
        p.entries("step.end").iter().map(|e| e["payload"]["attempt"].as_u64().unwrap()).collect();
    assert_eq!(ends, [1, 2, 3]);
}

#[test]
fn a_step_that_fails_every_time_has_failed_after_its_last_attempt() {
    let p = project(&[
        traced("a", &[], "exit 9") + "    retry: { max: 2, backoff_ms: 1 }\n",
        step("b", &["a"], "true"),
    ]);
    p.exits(1, "run all");
    assert_eq!((starts(&p, "a"), p.reason("a"), p.status("b")), (3, "exit code 9".into(), "BLOCKED".into()));
}

#[test]
fn a_retry_belongs_to_the_run_that_counts_it() {
    let p = project(&[traced("a", &[], "exit 9") + "    retry: { max: 1, backoff_ms: 3000 }\n"]);
    let one = p.start("run all");
    wait("the wait", || !p.entries("step.end").is_empty());
    let two = p.start("run all");
    assert_eq!((finish(one).code, finish(two).code), (1, 1));
    assert_eq!(starts(&p, "a"), 2, "not more often than asked for");
}

/// Fails once, and then waits for an hour.
const FAILS_ONCE: &str = "[ -e once ] || { : > once; exit 1; }";

#[test]
fn whoever_restarts_or_resets_a_step_does_not_wait_for_its_next_attempt() {
    for line in ["restart a --yes", "reset a --yes", "run all --from first"] {
        let p = project(&[
            step("first", &[], "true"),
            traced("a", &["first"], FAILS_ONCE) + "    retry: { max: 1, backoff_ms: 3600000 }\n",
            step("b", &["a"], "true"),
        ]);
        let run = p.start("run all");
        wait("the wait", || p.reason("a").contains("attempt 2 of 2"));
        p.ok(line);
        assert_eq!(finish(run).code, 0, "{line}");
        assert!(all_done(&p), "{line}: {:?}", statuses(&p));
        assert_eq!(starts(&p, "a"), 2, "{line}");
    }
}

#[test]
fn a_forced_step_is_tried_again_too() {
    let p = project(&[
        step("a", &[], "true"),
        traced("b", &["a"], "[ -e once ] || { : > once; exit 1; }")
            + "    retry: { max: 1, backoff_ms: 50 }\n",
    ]);
    assert_eq!(p.json("run step b")["error"]["code"], "STEP_BLOCKED");
    assert_eq!(p.run("run step b --force").code, 6, "it needs a yes");
    p.ok("run step b --force --yes");
    assert_eq!((p.status("b"), starts(&p, "b")), ("DONE".into(), 2));
    let forced = p.entries("run.force");
    assert_eq!(
        (forced.len(), &forced[0]["result"], &forced[1]["result"]),
        (2, &"denied".into(), &"success".into())
    );
}

#[test]
fn a_step_that_takes_too_long_is_ended() {
    let p = project(&[
        step("soft", &[], "sleep 600") + "    timeout_ms: 100\n",
        step("hard", &[], "trap '' TERM; while :; do sleep 0.7317; done") + "    timeout_ms: 100\n",
    ]);
    p.exits(1, "run all");
    for id in ["soft", "hard"] {
        assert_eq!((p.status(id), p.reason(id)), ("FAILED".into(), "timeout after 100 ms".into()));
    }
    assert_eq!(processes_with(&p, "sleep"), [0_u32; 0]);
    p.ok("reset --all --yes");
    p.exits(1, "run step soft --timeout 50");
    assert_eq!(p.reason("soft"), "timeout after 50 ms");
}

#[test]
fn exit_42_and_review_wait_for_a_person() {
    let p = project(&[
        step("asks", &[], "exit 42"),
        step("shows", &[], "true") + "    review: true\n",
        traced("after", &["asks", "shows"], "true"),
    ]);
    let waiting = p.json("run all");
    assert_eq!(
        (&waiting["state"], &waiting["waiting_on"]),
        (&"waiting".into(), &serde_json::json!(["asks", "shows"]))
    );
    assert_eq!(p.run("run all").code, 10);
    assert_eq!(
        ["asks", "shows", "after"].map(|id| p.status(id)),
        ["NEEDS_REVIEW", "NEEDS_REVIEW", "BLOCKED"]
    );
    assert_eq!(p.json("run step asks")["error"]["code"], "STEP_NEEDS_REVIEW");
    p.ok("step accept asks");
    p.ok("step reject shows --reason 'too thin' --rework");
    assert_eq!((p.status("asks"), p.status("shows")), ("DONE".into(), "READY".into()));
    p.exits(10, "run all");
    p.ok("step reject shows --reason no");
    assert_eq!(p.status("shows"), "FAILED");
    p.exits(1, "run all");
    p.exits(10, "run all --failed");
    p.ok("step accept shows");
    p.ok("run all");
    assert_eq!((starts(&p, "after"), all_done(&p)), (1, true));
}

fn team(p: &Project, policy: &str, limit: u32) {
    let member = |id: &str, script: &str| {
        traced(id, &[], script) + &format!("    group_id: team\n    fail_policy: {policy}\n")
    };
    let steps = [
        member("one", "while [ ! -e two ]; do sleep 0.01; done; sleep 600"),
        member("two", ": > two; sleep 0.1; exit 1"),
        member("three", "true"),
        traced("after", &["one", "two", "three"], "true"),
    ];
    sequence(p, &steps, "");
    crate::engine_kit::policy(p, &format!("max_concurrent: {limit}\nstop_grace_ms: 500"));
}

#[test]
fn the_first_failure_of_a_fail_fast_group_ends_the_group() {
    let p = project(&[]);
    team(&p, "fail_fast", 2);
    p.exits(1, "run all");
    let expected = [
        ("one", "FAILED", "stopped: group failed fast"),
        ("two", "FAILED", "exit code 1"),
        ("three", "BLOCKED", "stopped: group failed fast (two failed)"),
    ];
    for (id, status, reason) in expected {
        assert_eq!((p.status(id), p.reason(id)), (status.into(), reason.into()), "{id}");
    }
    assert_eq!((p.status("after"), starts(&p, "three")), ("BLOCKED".into(), 0));
    assert_eq!(processes_with(&p, "sleep 600"), [0_u32; 0]);
}

#[test]
fn a_best_effort_group_runs_on_and_its_dependents_run() {
    let p = project(&[]);
    team(&p, "best_effort", 3);
    let text = p.read("sequence.yaml").replace("sleep 600", "true");
    p.write(".threados/sequence.yaml", &text);
    p.ok("run all");
    assert_eq!(["one", "two", "three", "after"].map(|id| p.status(id)), ["DONE", "FAILED", "DONE", "DONE"]);
    let text = text
        .replace("\"S three\\\" >> trace; true", "\"S three\\\" >> trace; exit 1")
        .replace("sleep 0.01; done; true", "sleep 0.01; done; exit 1");
    p.write(".threados/sequence.yaml", &text);
    p.ok("reset --all --yes");
    p.exits(1, "run all");
    assert_eq!(
        ["one", "two", "three", "after"].map(|id| p.status(id)),
        ["FAILED", "FAILED", "FAILED", "BLOCKED"]
    );
}

const GATE: &str = "  - id: g\n    depends_on: [a]\n";

#[test]
fn a_run_ends_at_a_gate_and_waits_there_when_asked_to() {
    let p = project(&[]);
    sequence(&p, &[traced("a", &[], "true"), traced("b", &["g"], "true")], GATE);
    let at_gate = p.json("run all");
    assert_eq!((&at_gate["state"], &at_gate["waiting_on"]), (&"waiting".into(), &serde_json::json!(["g"])));
    p.exits(10, "run all");
    let waiting = p.start("run all --wait");
    wait("the run to wait", || p.entries("run.all").len() == 3);
    assert_eq!(starts(&p, "b"), 0);
    p.ok("gate approve g");
    assert_eq!(finish(waiting).code, 0);
    assert_eq!(p.status("b"), "DONE");
}

#[test]
fn a_step_under_review_is_waited_for_too() {
    let p = project(&[step("a", &[], "exit 42"), traced("b", &["a"], "true")]);
    let waiting = p.start("run all --wait");
    p.wait_for("a", "NEEDS_REVIEW");
    p.ok("step accept a");
    assert_eq!(finish(waiting).code, 0);
    assert_eq!(p.status("b"), "DONE");
}

#[test]
fn the_metrics_of_a_run_are_what_happened() {
    let p = project(&[]);
    let member = |id: &str, ms: &str| {
        traced(id, &["a"], &format!("{}; sleep {ms}", meet(2)))
            + "    type: p\n    group_id: team\n    fail_policy: best_effort\n"
    };
    let steps = [
        step("a", &[], "[ -e once ] || { : > once; exit 1; }") + "    retry: { max: 1, backoff_ms: 1 }\n",
        member("m-1", "0.2"),
        member("m-2", "0.4"),
        step("b", &["g"], "true"),
    ];
    sequence(&p, &steps, "  - id: g\n    depends_on: [m-1, m-2]\n");
    let run = p.start("run all --wait");
    wait("the gate to be due", || p.status("m-2") == "DONE" && p.status("m-1") == "DONE");
    std::thread::sleep(Duration::from_millis(100));
    p.ok("gate approve g");
    assert_eq!(finish(run).code, 0);
    let record = run_record(&p, &latest_run(&p));
    let number = |key: &str| record[key].as_f64().unwrap_or_else(|| panic!("{key} in {record:#}"));
    assert_eq!(record["state"], "done");
    assert_eq!(record["counts"], serde_json::json!({ "DONE": 4 }));
    assert_eq!(record["threads"], serde_json::json!({ "base": 2, "p": 2 }));
    assert_eq!((number("failure_rate"), number("restart_rate")), (0.2, 0.2), "one of five attempts");
    assert_eq!(number("peak_concurrency"), 2.0);
    let records: Vec<_> = ["a", "a/attempts/1", "m-1", "m-2", "b"]
        .map(|s| step_record(&p, record["run_id"].as_str().unwrap(), s))
        .into();
    let mean = records.iter().map(|r| r["duration_ms"].as_f64().unwrap()).sum::<f64>() / 5.0;
    // What the times come to exactly is told in `metrics`.
    let avg = number("avg_step_ms");
    assert!(avg >= mean && avg < number("duration_ms"), "{mean} and {record:#}");
    let used = number("fanout_utilization");
    assert!(used > 0.0 && used < 1.0, "one of them ends before the other: {used}");
    let latency = &record["gate_latency_ms"];
    assert!(latency["g"].as_f64().unwrap() >= 100.0, "{latency}");
    assert_eq!(latency["g"], latency["mean"]);
    assert!(record["duration_ms"].as_f64().unwrap() >= 500.0);
    assert!(record["fusion_agreement"].is_null() && record["usage"].is_null());
}

#[test]
fn what_a_run_is_asked_for_is_what_it_runs() {
    let group = "    group_id: team\n";
    let p = project(&[
        traced("a", &[], "true"),
        traced("b", &["a"], "[ -e ok ] || exit 1"),
        traced("c", &["b"], "true"),
        traced("x", &[], "true") + group,
        traced("y", &[], "true") + group,
    ]);
    assert_eq!(p.json("run step nope")["error"]["code"], "STEP_NOT_FOUND");
    assert_eq!(p.run("run step nope").code, 4);
    p.ok("run runnable");
    assert_eq!(
        ["a", "b", "x", "y"].map(|id| p.status(id)),
        ["DONE", "READY", "DONE", "DONE"],
        "the frontier, once"
    );
    p.ok("run group team");
    assert_eq!(starts(&p, "x"), 1, "what is DONE is skipped");
    assert_eq!(p.json("run group none")["error"]["code"], "GROUP_NOT_FOUND");
    let refused = p.json("run step a");
    assert_eq!(refused["error"]["code"], "STEP_DONE");
    assert!(refused["error"]["hint"].as_str().unwrap().contains("restart"), "{refused:#}");
    assert_eq!(p.run("run step a").code, 7);
    p.exits(1, "run all");
    p.exits(1, "run all");
    assert_eq!(starts(&p, "b"), 1, "what FAILED is not run again by itself");
    p.write("ok", "");
    p.ok("run all --failed");
    assert_eq!((starts(&p, "b"), starts(&p, "a"), all_done(&p)), (2, 1, true));
    p.ok("run all --from b --yes");
    assert_eq!((starts(&p, "a"), starts(&p, "b"), starts(&p, "c")), (1, 3, 2));
}

#[test]
fn a_detached_run_returns_at_once_and_goes_on() {
    let p = project(&[traced("a", &[], HOLD), traced("b", &["a"], "true")]);
    let detached = p.json("run all --detach");
    assert_eq!(detached["run_id"], latest_run(&p));
    p.wait_for("a", "RUNNING");
    assert_eq!(run_record(&p, &latest_run(&p))["state"], "running");
    assert_eq!(p.json("run step a")["error"]["code"], "STEP_RUNNING");
    assert_eq!(view(&p, "a")["attempt"], 1);
    go(&p);
    wait("the rest", || all_done(&p));
    wait("the run to be over", || run_record(&p, &latest_run(&p))["state"] == "done");
}

#[test]
fn a_log_without_end_is_capped_and_the_wrapper_stays_small() {
    let p = project(&[step(
        "a",
        &[],
        "yes 0123456789 | head -c 300000000; echo last; : > full; while [ ! -e go ]; do sleep 0.02; done",
    )]);
    policy(&p, "max_log_bytes: 1000000");
    let run = p.start("run all");
    wait("some output to be readable while it runs", || {
        std::fs::metadata(p.path(&format!("runs/{}/a/stdout.log", latest_run_or_none(&p))))
            .is_ok_and(|m| m.len() > 1000)
    });
    wait("all of it", || p.root().join("full").exists());
    let wrapper = p.named_wrapper("a");
    let status = std::fs::read_to_string(format!("/proc/{wrapper}/status")).unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap();
    let kib: u64 = line.split_whitespace().next().unwrap().parse().unwrap();
    // Of a binary with debug information much is mapped that a release does not have; the heap is what counts.
    let anon = status.lines().find_map(|l| l.strip_prefix("RssAnon:")).unwrap();
    let anon: u64 = anon.split_whitespace().next().unwrap().parse().unwrap();
    assert!(anon <= 10 * 1024, "{anon} KiB of its own, {kib} KiB in all");
    go(&p);
    assert_eq!(finish(run).code, 0);
    let log = p.read(&format!("runs/{}/a/stdout.log", latest_run(&p)));
    assert!(log.len() <= 1_000_300, "{}", log.len());
    assert!(log.starts_with("0123456789\n") && log.ends_with("last\n"));
    let record = step_record(&p, &latest_run(&p), "a");
    assert_eq!(record["stdout_bytes"], 300_000_005);
    let cut = record["truncated_bytes"].as_u64().unwrap();
    assert!(log.contains(&cut.to_string()), "the cut is marked with its size {cut}");
}

fn latest_run_or_none(p: &Project) -> String {
    if p.path("runs").is_dir() && std::fs::read_dir(p.path("runs")).unwrap().next().is_some() {
        latest_run(p)
    } else {
        "none".into()
    }
}

#[test]
fn statuses_speak_of_every_step() {
    let p = project(&[step("a", &[], "true"), step("b", &["a"], "true")]);
    assert_eq!((&statuses(&p)["a"], &statuses(&p)["b"]), (&"READY".into(), &"BLOCKED".into()));
}
