//! Stopping: nothing of a step is left, whatever it did to stay, and whatever is broken around it.

use std::time::Duration;

use serde_json::json;

use crate::engine_kit::{
    HOLD, go, kill_engine, kill_engine_and_spawner, latest_run, listens, policy, processes_with, project,
    starts, statuses, step, step_record, traced,
};
use crate::metrics::ms;
use crate::support::{finish, kill, lives, wait};

/// Stops a step of eight processes that left the group, the session and their parent, deaf to SIGTERM, and itself. How
/// many milliseconds that took, by the log.
fn stop_what_hides() -> f64 {
    let hide = "trap '' TERM; for i in 1 2 3 4 5 6 7 8; do \
                ( setsid sh -c 'trap \"\" TERM; : > up.$0; while :; do sleep 0.7713; done' $i & ) ; done; \
                : > up.0; while :; do sleep 0.7713; done";
    let p = project(&[step("a", &[], hide)]);
    policy(&p, "stop_grace_ms: 1000");
    let run = p.start("run all");
    wait("all to be up", || (0..9).all(|i| p.root().join(format!("up.{i}")).exists()));
    let stop = p.start("stop a --yes");
    wait("the stop to be asked", || !p.entries("step.stop").is_empty());
    // As long as anything is left, the status says RUNNING.
    wait("the stop", || p.status("a") != "RUNNING");
    assert_eq!(processes_with(&p, "sleep 0.7713"), [0_u32; 0]);
    assert_eq!(processes_with(&p, "trap"), [0_u32; 0]);
    assert_eq!(finish(stop).stdout, "stopped: a\n");
    assert_eq!((p.status("a"), p.reason("a")), ("FAILED".into(), "stopped by user".into()));
    assert_eq!(finish(run).code, 1);
    assert_eq!(step_record(&p, &latest_run(&p), "a")["signal"], "SIGKILL");
    let [asked, ended] = ["step.stop", "step.end"].map(|action| ms(&p.entries(action)[0]["timestamp"]));
    ended - asked
}

#[test]
fn of_a_step_that_hides_and_ignores_signals_nothing_is_left() {
    // A busy machine may hold up one or another.
    let tries: Vec<f64> = (0..5).map(|_| stop_what_hides()).take_while(|took| *took >= 2000.0).collect();
    assert!(tries.len() < 5, "{tries:?} ms");
}

#[test]
fn a_stop_right_after_the_start_gives_the_step_its_grace() {
    let p = project(&[step(
        "a",
        &[],
        "trap 'sleep 0.2; echo gentle > end; exit 0' TERM; : > up; while :; do sleep 0.01; done",
    )]);
    policy(&p, "stop_grace_ms: 5000");
    for round in 0..5 {
        let run = p.start(if round == 0 { "run all" } else { "restart a --yes" });
        wait("the step to be up", || p.root().join("up").exists());
        p.ok("stop a --yes");
        assert_eq!((p.status("a"), p.reason("a")), ("FAILED".into(), "stopped by user".into()));
        assert_eq!(std::fs::read_to_string(p.root().join("end")).unwrap(), "gentle\n", "round {round}");
        finish(run);
        for file in ["up", "end"] {
            std::fs::remove_file(p.root().join(file)).unwrap();
        }
    }
}

#[test]
fn a_stop_meets_a_step_however_young_it_is() {
    let p = project(&[step("c", &[], "sleep 600")]);
    for delay in [0, 1, 2, 3, 5, 8, 13, 21] {
        let run = p.start("restart c --yes");
        wait("the start", || p.engine().is_some() && p.status("c") == "RUNNING");
        std::thread::sleep(Duration::from_millis(delay));
        p.ok("stop c --yes");
        assert_eq!((p.status("c"), p.reason("c")), ("FAILED".into(), "stopped by user".into()));
        assert_eq!(finish(run).code, 1);
        assert_eq!(processes_with(&p, "sleep 600"), [0_u32; 0]);
    }
}

#[test]
fn now_kills_without_grace() {
    let p = project(&[step("a", &[], "trap '' TERM; : > up; while :; do sleep 0.05; done")]);
    policy(&p, "stop_grace_ms: 60000");
    let run = p.start("run all");
    wait("the step to be up", || p.root().join("up").exists());
    let patient = p.start("stop a --yes");
    wait("the patient stop", || !p.entries("step.stop").is_empty());
    p.ok("stop a --now --yes");
    assert_eq!(finish(patient).code, 0);
    assert_eq!(p.reason("a"), "stopped by user");
    finish(run);
}

#[test]
fn all_stops_what_runs_and_what_waits_for_its_next_attempt() {
    let p = project(&[
        step("a", &[], "sleep 600"),
        step("b", &[], "sleep 600"),
        format!("{}    retry: {{ max: 3, backoff_ms: 600000 }}\n", step("c", &[], "exit 5")),
    ]);
    let run = p.start("run all");
    wait("all to be under way", || {
        p.reason("c").contains("attempt 2 of 4") && p.status("a") == "RUNNING" && p.status("b") == "RUNNING"
    });
    p.ok("stop --all --yes");
    assert!(statuses(&p).values().all(|s| s == "FAILED"), "{:?}", statuses(&p));
    assert_eq!(p.reason("c"), "stopped by user");
    assert_eq!(finish(run).code, 1);
    assert_eq!(p.entries("step.stop").len(), 1);
}

#[test]
fn a_step_that_waits_for_its_next_attempt_can_be_stopped_alone() {
    let retry = "    retry: { max: 3, backoff_ms: 600000 }\n";
    let p = project(&[step("a", &[], "exit 5") + retry]);
    let run = p.start("run all");
    wait("the first failure", || p.reason("a").starts_with("exit code 5; attempt 2 of 4 from "));
    assert_eq!(p.status("a"), "READY");
    p.ok("stop a --yes");
    assert_eq!((p.status("a"), p.reason("a")), ("FAILED".into(), "stopped by user".into()));
    assert_eq!(finish(run).code, 1);
}

#[test]
fn a_stopped_step_is_not_tried_again_also_by_the_next_engine() {
    let retry = "    retry: { max: 3, backoff_ms: 1 }\n";
    let p = project(&[traced(
        "a",
        &[],
        &format!("trap '{HOLD}; exit 1' TERM; : > up; while :; do sleep 0.02; done"),
    ) + retry]);
    policy(&p, "stop_grace_ms: 60000");
    let run = p.start("run all");
    wait("the step to be up", || p.root().join("up").exists());
    let stop = p.start("stop a --yes");
    wait("the stop", || !p.entries("step.stop").is_empty());
    kill_engine(&p);
    go(&p);
    finish(stop);
    assert_eq!(finish(run).code, 1);
    assert_eq!((p.status("a"), p.reason("a")), ("FAILED".into(), "stopped by user".into()));
    assert_eq!(crate::engine_kit::starts(&p, "a"), 1);
}

#[test]
fn stopping_needs_a_yes_and_something_that_runs() {
    let p = project(&[traced("a", &[], HOLD)]);
    let run = p.start("run all");
    p.wait_for("a", "RUNNING");
    let refused = p.json("stop a");
    assert_eq!((p.run("stop a").code, &refused["error"]["code"]), (6, &"CONFIRMATION_NEEDED".into()));
    go(&p);
    assert_eq!(finish(run).code, 0);
    let refused = p.json("stop a --yes");
    assert_eq!((p.run("stop a --yes").code, &refused["error"]["code"]), (7, &"STEP_NOT_RUNNING".into()));
    assert_eq!(p.json("stop none --yes")["error"]["code"], "STEP_NOT_FOUND");
    assert_eq!(p.ok("stop --all --yes"), "nothing runs\n");
}

#[test]
fn a_broken_policy_keeps_nobody_from_stopping() {
    let p = project(&[step("a", &[], "sleep 600"), step("b", &["a"], "true")]);
    let run = p.start("run all");
    p.wait_for("a", "RUNNING");
    p.write(".threados/policy.yaml", "mode: [");
    p.ok("stop a --yes");
    assert_eq!((p.status("a"), p.reason("a")), ("FAILED".into(), "stopped by user".into()));
    finish(run);
}

#[test]
fn where_no_engine_can_start_the_wrappers_are_told_directly() {
    let p = project(&[step("a", &[], "sleep 600"), step("b", &[], "sleep 600")]);
    p.ok("run all --detach");
    wait("both to run", || p.status("a") == "RUNNING" && p.status("b") == "RUNNING");
    let good = p.read("sequence.yaml");
    p.write(".threados/sequence.yaml", "steps: {");
    kill_engine_and_spawner(&p);
    p.ok("stop a --yes");
    assert!(!processes_with(&p, "sleep 600").is_empty(), "the other one goes on");
    p.ok("stop --all --yes");
    assert_eq!(processes_with(&p, "sleep 600"), [0_u32; 0]);
    assert_eq!(p.entries("step.stop").len(), 2);
    p.write(".threados/sequence.yaml", &good);
    assert_eq!((p.status("b"), p.reason("b")), ("FAILED".into(), "stopped by user".into()));
}

#[test]
fn where_no_engine_can_start_a_stop_ends_what_a_killed_wrapper_left() {
    let p = project(&[step("a", &[], "sleep 613 & sleep 614")]);
    p.ok("run all --detach");
    wait("its processes", || processes_with(&p, "sleep 61").len() >= 2);
    let good = p.read("sequence.yaml");
    p.write(".threados/sequence.yaml", "steps: {");
    let wrapper = p.named_wrapper("a");
    kill_engine_and_spawner(&p);
    kill(wrapper, "KILL");
    assert_eq!(p.ok("stop --all --yes"), "stopped: a\n");
    assert_eq!(processes_with(&p, "sleep 61"), [0_u32; 0]);
    p.exits(7, "stop a --yes");
    p.write(".threados/sequence.yaml", &good);
    assert_eq!((p.status("a"), p.reason("a")), ("FAILED".into(), "orphaned_process".into()));
}

#[test]
fn nor_is_anything_left_by_a_wrapper_that_is_killed_after_it_was_told() {
    let p = project(&[step("a", &[], "sleep 613 & sleep 614")]);
    p.ok("run all --detach");
    wait("its processes", || processes_with(&p, "sleep 61").len() >= 2);
    p.write(".threados/sequence.yaml", "steps: {");
    let wrapper = p.named_wrapper("a");
    kill_engine_and_spawner(&p);
    kill(wrapper, "STOP");
    let stop = p.start("stop --all --yes");
    wait("it to be told", || p.read("audit.log").contains("step.stop"));
    kill(wrapper, "KILL");
    assert_eq!(finish(stop).stdout, "stopped: a\n");
    assert_eq!(processes_with(&p, "sleep 61"), [0_u32; 0]);
}

#[test]
fn a_log_that_cannot_be_written_is_told_after_the_stop() {
    let p = project(&[step("a", &[], "sleep 600"), step("b", &[], "sleep 600")]);
    policy(&p, "max_concurrent: 1");
    let run = p.start("run all");
    p.wait_for("a", "RUNNING");
    // As on a full disk, only for the engine: no file of it may grow beyond what the log has.
    let size = std::fs::metadata(p.path("audit.log")).unwrap().len();
    let engine = p.engine().unwrap();
    limit_files(engine, &format!("{size}:"));
    p.ok("stop a --yes");
    assert_eq!(processes_with(&p, "sleep 600"), [0_u32; 0], "it is stopped, and nothing else starts");
    assert_eq!(p.entries("step.stop").len(), 0);
    limit_files(engine, "unlimited:");
    p.wait_for("b", "RUNNING");
    assert_eq!((p.status("a"), p.reason("a")), ("FAILED".into(), "stopped by user".into()), "{:#?}", p.log());
    assert_eq!(p.entries("step.stop").len(), 1);
    p.ok("stop b --yes");
    assert_eq!(finish(run).code, 1);
}

#[test]
fn what_was_to_start_and_cannot_be_logged_is_stopped_at_once() {
    let p = project(&[step("a", &[], HOLD), traced("b", &["a"], "true")]);
    let mut run = p.start("run all");
    p.wait_for("a", "RUNNING");
    let size = std::fs::metadata(p.path("audit.log")).unwrap().len();
    let engine = p.engine().unwrap();
    limit_files(engine, &format!("{size}:"));
    go(&p);
    wait("the engine to see it", || p.read("state/engine.log").contains("the log cannot be written"));
    let mut stop = p.start("stop --all --yes");
    wait("the stop, which has nobody to wait for", || stop.try_wait().unwrap().is_some());
    assert_eq!(finish(stop).stdout, "nothing runs; what waited does not start\n");
    limit_files(engine, "unlimited:");
    wait("the run to end", || run.try_wait().unwrap().is_some());
    assert_eq!((finish(run).code, starts(&p, "b")), (1, 0));
    assert_eq!((p.status("a"), p.status("b")), ("DONE".into(), "READY".into()));
}

#[test]
fn after_stop_all_nothing_starts_that_waited_for_a_slot() {
    let p = project(&[step("a", &[], "sleep 600"), step("b", &[], "sleep 600"), step("c", &["a"], "true")]);
    policy(&p, "max_concurrent: 1");
    let run = p.start("run all");
    p.wait_for("a", "RUNNING");
    let told = p.json("stop --all --yes");
    assert_eq!((&told["stopped"], &told["runs"]), (&json!(["a"]), &json!([latest_run(&p)])));
    assert_eq!(finish(run).code, 1);
    assert_eq!((p.status("a"), p.status("b")), ("FAILED".into(), "READY".into()));
    assert_eq!(p.entries("run.stop").len(), 1);
    let again = p.start("run all");
    p.wait_for("b", "RUNNING");
    p.ok("stop b --yes");
    assert_eq!(finish(again).code, 1);
}

#[test]
fn nor_does_it_where_no_engine_could_be_had_to_stop_it() {
    let p = project(&[step("a", &[], "sleep 613"), step("b", &[], "sleep 614")]);
    policy(&p, "max_concurrent: 1");
    p.ok("run all --detach");
    p.wait_for("a", "RUNNING");
    let good = p.read("sequence.yaml");
    p.write(".threados/sequence.yaml", "steps: {");
    kill_engine_and_spawner(&p);
    assert_eq!(p.ok("stop --all --yes"), "stopped: a\n");
    p.write(".threados/sequence.yaml", &good);
    p.ok("reconcile");
    wait("the run to end", || !p.entries("run.end").is_empty());
    assert_eq!((p.status("a"), p.status("b")), ("FAILED".into(), "READY".into()));
}

pub fn limit_files(pid: u32, limit: &str) {
    let arguments = [format!("--pid={pid}"), format!("--fsize={limit}")];
    assert!(std::process::Command::new("prlimit").args(arguments).status().unwrap().success());
}

#[test]
fn ctrl_c_ends_the_run_and_what_it_runs() {
    for signal in ["INT", "TERM"] {
        let p = project(&[step("a", &[], "sleep 600"), step("b", &["a"], "true")]);
        let run = p.start("run all");
        wait("the run to be under way", || p.wrapper("a").is_some() && listens(run.id()));
        kill(run.id(), signal);
        let ran = finish(run);
        assert_eq!(ran.code, 1, "{ran:#?}");
        assert!(ran.stdout.contains("stopped"), "{ran:#?}");
        assert_eq!((p.status("a"), p.reason("a")), ("FAILED".into(), "stopped by user".into()));
        assert_eq!(p.status("b"), "BLOCKED");
        assert_eq!(crate::engine_kit::run_record(&p, &latest_run(&p))["state"], "stopped");
    }
}

#[test]
fn a_second_ctrl_c_kills_at_once() {
    let p = project(&[step("a", &[], "trap '' TERM; : > up; while :; do sleep 0.05; done")]);
    policy(&p, "stop_grace_ms: 60000");
    let run = p.start("run all");
    wait("the step to be up", || p.root().join("up").exists() && listens(run.id()));
    kill(run.id(), "INT");
    wait("the first to be heard", || !p.entries("run.stop").is_empty());
    assert_eq!(p.status("a"), "RUNNING");
    kill(run.id(), "INT");
    assert_eq!(finish(run).code, 1);
    assert_eq!(p.reason("a"), "stopped by user");
    assert_eq!(step_record(&p, &latest_run(&p), "a")["signal"], "SIGKILL");
}

#[test]
fn an_interrupted_run_stays_interrupted_when_the_engine_dies() {
    let slow =
        "trap 'while [ ! -e go ]; do sleep 0.02; done; exit 1' TERM; : > up; while :; do sleep 0.02; done";
    let p = project(&[step("a", &[], slow), traced("b", &[], "true")]);
    policy(&p, "stop_grace_ms: 60000\nmax_concurrent: 1");
    let run = p.start("run all");
    wait("the step to be up", || p.root().join("up").exists() && listens(run.id()));
    kill(run.id(), "INT");
    wait("it to be heard", || !p.entries("run.stop").is_empty());
    kill_engine(&p);
    go(&p);
    let ran = finish(run);
    assert_eq!(ran.code, 1, "{ran:#?}");
    assert_eq!((p.status("a"), p.status("b")), ("FAILED".into(), "READY".into()));
}

#[test]
fn a_hang_up_of_the_terminal_stops_nothing() {
    let p = project(&[traced("a", &[], HOLD), traced("b", &["a"], "true")]);
    let mut run = p.start("run all");
    p.wait_for("a", "RUNNING");
    kill(run.id(), "HUP");
    // Tests that are run under `nohup` pass on that a hang-up is ignored.
    let ignored = std::fs::read_to_string("/proc/self/status").unwrap();
    let ignored = ignored.lines().find_map(|l| l.strip_prefix("SigIgn:")).unwrap();
    if u64::from_str_radix(ignored.trim(), 16).unwrap() & 1 == 0 {
        run.wait().unwrap();
    }
    for pid in [p.engine(), p.wrapper("a")].into_iter().flatten() {
        kill(pid, "HUP");
        assert!(lives(pid));
    }
    go(&p);
    wait("both to be done", || crate::engine_kit::all_done(&p));
    run.wait().unwrap();
}
