//! `kill -9` of every process there is while steps run: nothing is lost and nothing runs twice.

use crate::engine_kit::{
    HOLD, all_done, children, go, is_served, kill_engine, kill_engine_and_spawner, latest_run, peak, policy,
    project, run_record, starts, statuses, step, step_record, trace, traced, view, wait_for_starts,
    wait_for_starts_at_least,
};
use crate::support::{Project, finish, kill, lives, wait};

/// Milliseconds in which even a busy machine gets to kill an engine that waits for a next attempt.
const AWHILE: u32 = 8000;

/// Twenty steps that wait for `go`, and one that follows them all.
fn twenty_and_a_follower() -> Project {
    let ids: Vec<String> = (0..20).map(|i| format!("s{i}")).collect();
    let mut steps: Vec<String> = ids.iter().map(|id| traced(id, &[], HOLD)).collect();
    steps.push(traced("last", &ids.iter().map(String::as_str).collect::<Vec<_>>(), "true"));
    project(&steps)
}

#[track_caller]
fn each_ran_once(p: &Project) {
    let mut ended: Vec<String> =
        trace(p).into_iter().filter(|(what, _)| *what == 'E').map(|(_, id)| id).collect();
    assert_eq!(ended.last().map(String::as_str), Some("last"));
    ended.sort();
    ended.dedup();
    assert_eq!((ended.len(), trace(p).len()), (21, 42), "{:?}", trace(p));
}

#[test]
fn a_killed_run_stops_nothing_and_what_follows_runs() {
    let p = twenty_and_a_follower();
    let mut run = p.start("run all");
    wait_for_starts(&p, 20);
    run.kill().unwrap();
    run.wait().unwrap();
    go(&p);
    wait("all to be done", || all_done(&p));
    each_ran_once(&p);
    let id = latest_run(&p);
    assert_eq!(step_record(&p, &id, "s7")["status"], "DONE");
    wait("the engine to end by itself", || p.engine().is_none());
    assert_eq!(run_record(&p, &id)["state"], "done");
}

#[test]
fn an_attached_run_brings_a_killed_engine_back_and_ends_right() {
    let p = twenty_and_a_follower();
    let run = p.start("run all");
    wait_for_starts(&p, 20);
    kill_engine(&p);
    wait("another engine to adopt them", || !p.entries("reconcile").is_empty());
    go(&p);
    let ran = finish(run);
    assert_eq!(ran.code, 0, "{ran:#?}");
    each_ran_once(&p);
    let record = run_record(&p, &latest_run(&p));
    assert_eq!((&record["counts"]["DONE"], &record["peak_concurrency"]), (&21.into(), &20.into()));
    let adopted = &p.entries("reconcile")[0]["payload"]["adopted"];
    assert_eq!(adopted.as_array().map(Vec::len), Some(20), "{:#?}", p.entries("reconcile"));
}

#[test]
fn of_a_detached_run_the_next_wrapper_to_end_brings_the_engine_back() {
    let p = twenty_and_a_follower();
    p.ok("run all --detach");
    wait_for_starts(&p, 20);
    kill_engine_and_spawner(&p);
    go(&p);
    // Only files are looked at here, so that no client of ours brings it back.
    wait("the follower", || trace(&p).contains(&('E', "last".into())));
    wait("all to be done", || all_done(&p));
    each_ran_once(&p);
}

#[test]
fn of_a_detached_run_that_waits_for_its_next_attempt_the_engine_comes_back_by_itself() {
    let flaky = "echo x >> tries; [ $(wc -l < tries) -gt 1 ]";
    let p = project(&[format!("{}    retry: {{ max: 1, backoff_ms: {AWHILE} }}\n", step("a", &[], flaky))]);
    p.ok("run all --detach");
    wait("the first failure", || p.entries("step.end").len() == 1);
    wait("no wrapper to be left whose end will start it", || p.wrapper("a").is_none());
    kill_engine(&p);
    // Only files are looked at here, so that no client of ours brings it back.
    let tries = || std::fs::read_to_string(p.root().join("tries")).unwrap_or_default().lines().count();
    wait("the second attempt", || tries() == 2);
    p.wait_for("a", "DONE");
    wait("the engine to end by itself", || p.engine().is_none());
    assert_eq!(run_record(&p, &latest_run(&p))["state"], "done");
}

#[test]
fn of_a_detached_run_that_waits_at_a_gate_the_engine_comes_back_by_itself() {
    let p = project(&[step("a", &[], "true"), step("b", &["a"], "echo b >> ran")]);
    p.ok("gate insert g --after a --before b");
    p.ok("run all --wait --detach");
    p.wait_for("a", "DONE");
    kill_engine(&p);
    wait("another engine", || p.engine().is_some());
    p.ok("gate approve g");
    wait("what the gate held", || p.root().join("ran").exists());
}

#[test]
fn an_engine_that_dies_again_and_again_is_not_brought_back_for_ever() {
    let p = project(&[step("a", &[], "true"), step("b", &["a"], "true")]);
    p.ok("gate insert g --after a --before b");
    p.ok("run all --wait --detach");
    p.wait_for("a", "DONE");
    for _ in 0..5 {
        kill_engine(&p);
        // One that only begins is no engine yet: the client below would start another, which nobody has brought back.
        wait("another engine to serve", || is_served(&p));
        // By the time a client is answered it has told its spawner to bring it back.
        p.ok("reconcile");
    }
    kill_engine(&p);
    wait("its spawner to be gone", || p.processes().is_empty());
}

#[test]
fn with_neither_the_ends_show_at_once_and_the_next_client_goes_on() {
    let p = twenty_and_a_follower();
    let mut run = p.start("run all");
    wait_for_starts(&p, 20);
    run.kill().unwrap();
    run.wait().unwrap();
    kill_engine(&p);
    assert_eq!(p.status("s3"), "RUNNING");
    go(&p);
    wait("the twenty to end", || trace(&p).iter().filter(|(what, _)| *what == 'E').count() == 20);
    wait("their ends to show", || {
        let now = statuses(&p);
        (0..20).all(|i| now[&format!("s{i}")] == "DONE") && now["last"] == "READY"
    });
    assert!(p.engine().is_none(), "a look starts no engine");
    p.ok("run all");
    assert!(all_done(&p));
    each_ran_once(&p);
}

#[test]
fn a_retry_and_the_limit_outlive_the_engine() {
    let flaky = "[ -e once.$THREADOS_STEP_ID ] || { : > once.$THREADOS_STEP_ID; echo \"E $THREADOS_STEP_ID\" >> trace; exit 3; }";
    let ids = ["a", "b", "c", "d", "e"];
    let retry = |id: &str| {
        format!("{}    retry: {{ max: 1, backoff_ms: 1 }}\n", traced(id, &[], &format!("{HOLD}; {flaky}")))
    };
    let p = project(&ids.map(retry));
    policy(&p, "max_concurrent: 2");
    let run = p.start("run all");
    wait_for_starts(&p, 2);
    kill_engine(&p);
    go(&p);
    let ran = finish(run);
    assert_eq!(ran.code, 0, "{ran:#?}\n{:?}", trace(&p));
    assert_eq!(ids.map(|id| starts(&p, id)), [2; 5]);
    assert!(peak(&p) <= 2, "{:?}", trace(&p));
    let record = run_record(&p, &latest_run(&p));
    assert_eq!((&record["failure_rate"], &record["restart_rate"]), (&0.5.into(), &0.5.into()));
}

#[test]
fn a_retry_that_waits_is_kept_when_the_engine_dies() {
    let flaky = "echo x >> tries; [ $(wc -l < tries) -gt 1 ]";
    let p = project(&[format!("{}    retry: {{ max: 1, backoff_ms: {AWHILE} }}\n", step("a", &[], flaky))]);
    let run = p.start("run all");
    wait("the first failure", || p.entries("step.end").len() == 1);
    kill_engine(&p);
    assert_eq!(finish(run).code, 0);
    assert_eq!(view(&p, "a")["attempt"], 2);
    assert_eq!(step_record(&p, &latest_run(&p), "a/attempts/1")["exit_code"], 1);
}

#[test]
fn a_killed_wrapper_leaves_a_failed_step_and_no_process() {
    for engine_too in [false, true] {
        let p = project(&[step("a", &[], "sleep 611 & sleep 612")]);
        let mut run = p.start("run all");
        wait("its processes", || crate::engine_kit::processes_with(&p, "sleep 61").len() >= 2);
        let wrapper = p.named_wrapper("a");
        if engine_too {
            run.kill().unwrap();
            kill_engine(&p);
        }
        kill(wrapper, "KILL");
        wait("the orphan to show", || p.status("a") == "FAILED");
        assert_eq!(p.reason("a"), "orphaned_process");
        if engine_too {
            p.exits(1, "run all");
            assert_eq!(p.entries("reconcile")[0]["payload"]["orphaned"], serde_json::json!(["a"]));
        }
        run.wait().unwrap();
        wait("its group to be gone", || crate::engine_kit::processes_with(&p, "sleep 61").is_empty());
        assert_eq!(p.reason("a"), "orphaned_process");
    }
}

#[test]
fn a_killed_spawner_is_replaced_and_its_steps_go_on() {
    let p = twenty_and_a_follower();
    let run = p.start("run all");
    wait_for_starts(&p, 20);
    let spawner = spawner(&p).unwrap();
    kill(spawner, "KILL");
    wait("it to be gone", || !lives(spawner));
    go(&p);
    let ran = finish(run);
    assert_eq!(ran.code, 0, "{ran:#?}");
    each_ran_once(&p);
}

#[test]
fn steps_that_start_while_spawners_die_all_run_once() {
    let steps: Vec<String> = (0..60).map(|i| traced(&format!("s{i}"), &[], "true")).collect();
    let p = project(&steps);
    policy(&p, "max_concurrent: 4");
    let run = p.start("run all");
    wait_for_starts_at_least(&p, 5);
    for _ in 0..5 {
        if let Some(spawner) = spawner(&p) {
            kill(spawner, "KILL");
            wait("it to be gone", || !lives(spawner));
        }
    }
    let ran = finish(run);
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert!((0..60).all(|i| starts(&p, &format!("s{i}")) == 1), "{:?}", trace(&p));
}

#[test]
fn a_wrapper_that_comes_too_late_runs_nothing() {
    let p = project(&[traced("a", &[], HOLD), traced("b", &[], "true")]);
    let first = p.start("run step a");
    wait_for_starts_at_least(&p, 1);
    let spawner = spawner(&p).unwrap();
    let spare = stopped_spare(&p, spawner, p.named_wrapper("a"));
    let second = p.start("run step b");
    wait("b to be handed over", || p.entries("step.start").len() == 2);
    kill(spawner, "KILL");
    assert_eq!(finish(second).code, 0);
    kill(spare, "CONT");
    wait("it to give up", || !lives(spare));
    go(&p);
    assert_eq!(finish(first).code, 0);
    assert_eq!((starts(&p, "a"), starts(&p, "b")), (1, 1), "{:?}", trace(&p));
}

#[test]
fn steps_that_start_while_engines_die_all_run_once() {
    let steps: Vec<String> = (0..60).map(|i| traced(&format!("s{i}"), &[], "true")).collect();
    let p = project(&steps);
    policy(&p, "max_concurrent: 4");
    let run = p.start("run all");
    wait_for_starts_at_least(&p, 5);
    for _ in 0..5 {
        if let Some(engine) = p.engine() {
            kill(engine, "KILL");
            wait("it to be gone", || !lives(engine));
        }
    }
    let ran = finish(run);
    assert_eq!(ran.code, 0, "{ran:#?}\n{:#?}", p.json("status"));
    assert!((0..60).all(|i| starts(&p, &format!("s{i}")) == 1), "{:?}", trace(&p));
}

#[test]
fn a_lost_log_or_checkpoint_loses_no_status() {
    let p = project(&[traced("a", &[], "true"), step("b", &["a"], "exit 4"), step("c", &["b"], "true")]);
    p.exits(1, "run all");
    wait("the engine to end", || p.engine().is_none());
    let known = statuses(&p);
    assert_eq!([&known["a"], &known["b"], &known["c"]], ["DONE", "FAILED", "BLOCKED"]);
    for lost in [&["state/checkpoint"][..], &["audit.log"], &["audit.log", "state/checkpoint"]] {
        for file in lost {
            std::fs::rename(p.path(file), p.path("kept")).ok();
        }
        assert_eq!(statuses(&p), known, "without {lost:?}");
        assert_eq!(p.reason("b"), "exit code 4", "without {lost:?}");
    }
    p.exits(1, "run all");
    assert_eq!(starts(&p, "a"), 1, "what is DONE is not run again");
}

fn spawner(p: &Project) -> Option<u32> {
    children(p, p.engine()?).first().copied()
}

/// The process that waits to be the next wrapper, beside the one at work: it does not get to its job.
fn stopped_spare(p: &Project, spawner: u32, at_work: u32) -> u32 {
    let spare = || children(p, spawner).into_iter().find(|pid| *pid != at_work);
    // It is forked when the job before it has been handed out.
    wait("the spare", || spare().is_some());
    let spare = spare().unwrap();
    kill(spare, "STOP");
    spare
}

#[test]
fn a_project_that_is_moved_away_meanwhile_leaves_no_empty_shell_and_goes_on_when_it_is_back() {
    let p = project(&[traced("a", &[], HOLD), step("b", &["a"], "true")]);
    let run = p.start("run all");
    // Its process, not only its wrapper: without the folder none is started.
    wait_for_starts_at_least(&p, 1);
    let away = p.root().with_file_name("away");
    std::fs::rename(p.path(""), &away).unwrap();
    let ran = finish(run);
    assert_eq!(ran.code, 4, "{ran:#?}");
    assert!(!p.path("").exists(), "{:?}", std::fs::read_dir(p.path("")).unwrap().collect::<Vec<_>>());
    std::fs::rename(&away, p.path("")).unwrap();
    go(&p);
    wait("the end of the step", || p.wrapper("a").is_none());
    p.ok("run all");
    assert!(all_done(&p), "{:?}", statuses(&p));
}

#[test]
fn a_project_can_be_removed_just_after_a_stop() {
    for _ in 0..5 {
        let p = project(&[step("a", &[], HOLD), step("b", &[], HOLD)]);
        p.ok("run all --detach");
        p.wait_for("b", "RUNNING");
        p.ok("stop --all --yes");
        std::fs::remove_dir_all(p.path("")).unwrap();
        wait("the engine to end", || p.engine().is_none());
        assert!(!p.path("").exists());
    }
}

#[test]
fn what_is_removed_piece_by_piece_after_a_stop_does_not_come_back() {
    let p = project(&[step("a", &[], HOLD)]);
    p.ok("run all --detach");
    p.wait_for("a", "RUNNING");
    p.ok("stop --all --yes");
    let first = ["audit.log", "policy.yaml", "sequence.yaml"].map(|file| p.path(file));
    first.iter().for_each(|file| std::fs::remove_file(file).unwrap());
    wait("the engine to end", || p.engine().is_none());
    assert_eq!(first.map(|file| file.exists()), [false; 3]);
}

#[test]
fn the_end_of_a_step_whose_project_is_away_just_then_is_found_when_it_is_back() {
    let p = project(&[traced("a", &[], HOLD), step("b", &["a"], "true")]);
    let mut run = p.start("run all");
    wait_for_starts_at_least(&p, 1);
    let wrapper = p.named_wrapper("a");
    let away = p.root().with_file_name("away");
    std::fs::rename(p.path(""), &away).unwrap();
    go(&p);
    wait("the wrapper to end", || !lives(wrapper));
    run.wait().unwrap();
    assert!(!p.path("").exists(), "nothing of it comes back by itself");
    std::fs::rename(&away, p.path("")).unwrap();
    p.wait_for("a", "DONE");
    p.ok("run all");
    assert_eq!((all_done(&p), starts(&p, "a")), (true, 1), "{:?}", statuses(&p));
    assert!(p.wrapper("a").is_none(), "its lock is gone");
    assert_eq!(
        step_record(&p, p.entries("step.start")[0]["run_id"].as_str().unwrap(), "a")["status"],
        "DONE"
    );
}

#[test]
fn a_step_whose_project_is_gone_before_its_wrapper_begins_hangs_nothing_and_makes_no_empty_shell() {
    let p = project(&[traced("a", &[], HOLD), traced("b", &[], "true")]);
    let mut first = p.start("run step a");
    wait_for_starts_at_least(&p, 1);
    let spawner = spawner(&p).unwrap();
    let spare = stopped_spare(&p, spawner, p.named_wrapper("a"));
    let mut second = p.start("run step b");
    wait("b to be handed over", || p.entries("step.start").len() == 2);
    let away = p.root().with_file_name("away");
    std::fs::rename(p.path(""), &away).unwrap();
    kill(spare, "CONT");
    wait("it to give up", || !lives(spare));
    assert!(!p.path("").exists());
    std::fs::rename(&away, p.path("")).unwrap();
    go(&p);
    first.wait().unwrap();
    second.wait().unwrap();
    wait("what became of both to show", || !statuses(&p).values().any(|s| s == "RUNNING"));
    p.ok("run all --failed");
    assert_eq!((starts(&p, "a"), starts(&p, "b")), (1, 1), "{:?}", trace(&p));
}
