//! Restarts of steps, and stops that come while one is under way.

use crate::engine_kit::{
    HOLD, all_done, go, kill_engine, last_run, policy, project, run_record, starts, step, step_record,
    traced, view, wait_for_starts,
};
use crate::support::{finish, kill, wait};

#[test]
fn a_restart_of_a_running_step_runs_it_again_in_a_new_run() {
    let p = project(&[traced("a", &[], HOLD), traced("b", &["a"], "true")]);
    let first = p.start("run all");
    wait("the first attempt", || p.wrapper("a").is_some() && starts(&p, "a") == 1);
    let old = view(&p, "a")["run_id"].clone();
    let second = p.start("restart a --yes");
    wait("the second attempt", || starts(&p, "a") == 2);
    assert_ne!(view(&p, "a")["run_id"], old);
    go(&p);
    let (first, second) = (finish(first), finish(second));
    assert_eq!((first.code, second.code), (0, 0), "{first:#?}\n{second:#?}");
    assert!(all_done(&p));
    let old = step_record(&p, old.as_str().unwrap(), "a");
    assert_eq!(old["reason"], "stopped by user: restarted");
}

#[test]
fn a_stop_that_comes_while_a_step_is_being_restarted_is_the_last_word() {
    let slow_to_end =
        format!("trap '{HOLD}; exit 1' TERM; echo 'S a' >> trace; while :; do sleep 0.02; done");
    let p = project(&[step("a", &[], &slow_to_end)]);
    policy(&p, "stop_grace_ms: 60000");
    p.ok("run all --detach");
    wait_for_starts(&p, 1);
    p.ok("restart a --detach --yes");
    let stop = p.start("stop a --yes");
    wait("the stop to be on record", || !p.entries("step.stop").is_empty());
    go(&p);
    assert_eq!(finish(stop).code, 0);
    assert_eq!((p.status("a"), p.reason("a")), ("FAILED".into(), "stopped by user".into()));
    wait("the run that was to restart it to be over", || run_record(&p, &last_run(&p))["state"] != "running");
    assert_eq!((starts(&p, "a"), p.wrapper("a")), (1, None));
}

#[test]
fn a_stop_is_the_last_word_also_where_the_engine_dies_at_once() {
    let slow = "trap 'while [ ! -e go ]; do sleep 0.02; done; exit 1' TERM; echo 'S a' >> trace; : > up; \
                while :; do sleep 0.02; done";
    let p = project(&[step("a", &[], slow)]);
    policy(&p, "stop_grace_ms: 60000");
    p.ok("run all --detach");
    wait("the first attempt", || p.root().join("up").exists());
    p.ok("restart a --detach --yes");
    let mut stop = p.start("stop a --yes");
    wait("the stop to be on record", || !p.entries("step.stop").is_empty());
    // Nobody is left who could say it again.
    kill(stop.id(), "KILL");
    stop.wait().unwrap();
    kill_engine(&p);
    go(&p);
    wait("the run that was to restart it to be over", || run_record(&p, &last_run(&p))["state"] != "running");
    assert_eq!((starts(&p, "a"), p.wrapper("a")), (1, None));
    assert_eq!((p.status("a"), p.reason("a")), ("FAILED".into(), "stopped by user".into()));
}

#[test]
fn a_restart_survives_the_engine() {
    let slow = "trap 'while [ ! -e go ]; do sleep 0.02; done; exit 1' TERM; : > up; while [ ! -e go ]; do sleep 0.02; done";
    let p = project(&[traced("a", &[], slow)]);
    policy(&p, "stop_grace_ms: 60000");
    p.ok("run all --detach");
    wait("the first attempt", || p.root().join("up").exists());
    let again = p.start("restart a --yes");
    wait("the restart to be on record", || !p.entries("step.restart").is_empty());
    kill_engine(&p);
    go(&p);
    let ran = finish(again);
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert_eq!((p.status("a"), starts(&p, "a")), ("DONE".into(), 2));
}

#[test]
fn a_restart_of_what_has_ended_resets_what_follows() {
    let p = project(&[traced("a", &[], "true"), traced("b", &["a"], "true")]);
    p.ok("run all");
    let old = view(&p, "a")["run_id"].clone();
    p.ok("restart a --yes");
    assert_eq!((p.status("a"), p.status("b")), ("DONE".into(), "READY".into()));
    assert_ne!(view(&p, "a")["run_id"], old);
    p.ok("run all");
    assert_eq!(starts(&p, "b"), 2);
}
