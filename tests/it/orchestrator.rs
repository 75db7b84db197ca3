//! B threads: a step that adds and runs steps of its own while it runs. From its start to each way it can end.

use serde_json::json;

use crate::engine_kit::{
    HOLD, go, kill_engine, kill_engine_and_spawner, latest_run, run_record, starts, trace, view,
};
use crate::orchestrator_kit::{SEQCTL, asked_by, orchestrated, tries, wait_for_file};
use crate::support::{Project, lives, wait};

/// A child that notes its start and its end, and waits for the file `go` in between.
const HELD_CHILD: &str = "seqctl step add kid -- sh -c 'echo \"S kid\" >> trace; \
     while [ ! -e go ]; do sleep 0.02; done; echo \"E kid\" >> trace'";

/// `lead` has a child under way in a run that it does not wait for.
fn with_a_busy_child(rest: &str) -> Project {
    orchestrated(&format!("{HELD_CHILD}\nseqctl run all --detach\n{rest}"))
}

fn wait_for_child(p: &Project) {
    wait("the child to be under way", || starts(p, "kid") == 1);
}

#[test]
fn an_orchestrator_adds_steps_and_runs_them() {
    let p = orchestrated(
        "seqctl step add plan -- sh -c 'echo \"S plan\" >> trace'
         seqctl step add build --depends-on plan -- sh -c 'echo \"S build\" >> trace'
         seqctl run all --json > ran.json",
    );
    assert_eq!(p.json("run all")["state"], "done");
    let order: Vec<String> = trace(&p).into_iter().map(|(_, step)| step).collect();
    assert_eq!(order, ["plan", "build"]);
    assert_eq!(view(&p, "build")["spawned_by"], "lead");
    let ran: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(p.root().join("ran.json")).unwrap()).unwrap();
    assert_eq!(
        (&ran["ok"], &ran["state"], ran["steps"].as_array().unwrap().len()),
        (&json!(true), &json!("done"), 2)
    );
    assert_eq!(
        asked_by(&p, "lead"),
        ["step.add plan success", "step.add build success", "run.all all success"]
    );
    assert!(p.entries("step.add")[1]["actor"] == "orchestrator");
}

#[test]
fn the_records_of_both_runs_tell_what_each_was_about() {
    let p = orchestrated("seqctl step add a -- true\nseqctl step add b -- false\nseqctl run all -q\nexit 0");
    p.ok("run all");
    let runs = p.json("runs list");
    let ids: Vec<&str> =
        runs["runs"].as_array().unwrap().iter().map(|r| r["run_id"].as_str().unwrap()).collect();
    assert_eq!(p.ok("runs list").matches("  step lead\n").count(), 1, "{}", p.ok("runs list"));
    let shown = ids.iter().map(|id| p.ok(&format!("runs show {id}"))).collect::<String>();
    assert_eq!(shown.matches(", asked for by step lead\n").count(), 1, "{shown}");
    let records: Vec<_> = ids.iter().map(|id| run_record(&p, id)).collect();
    let outer = records.iter().find(|r| r["by"].is_null()).unwrap();
    let inner = records.iter().find(|r| r["by"] == "lead").unwrap();
    assert_eq!(
        (&outer["state"], &outer["counts"], &outer["threads"]),
        (&json!("done"), &json!({"DONE": 1}), &json!({"b": 1}))
    );
    assert_eq!(
        (&outer["failure_rate"], &outer["restart_rate"], &outer["peak_concurrency"]),
        (&json!(0.0), &json!(0.0), &json!(1))
    );
    assert_eq!(
        (&inner["state"], &inner["counts"], &inner["threads"]),
        (&json!("failed"), &json!({"DONE": 1, "FAILED": 1}), &json!({"base": 2}))
    );
    assert_eq!((&inner["failure_rate"], &inner["restart_rate"]), (&json!(0.5), &json!(0.0)));
    assert_eq!(
        (&inner["fanout_utilization"], &inner["fusion_agreement"], &inner["gate_latency_ms"]),
        (&json!(null), &json!(null), &json!({}))
    );
    assert!(outer["duration_ms"].as_u64() >= inner["duration_ms"].as_u64());
}

#[test]
fn what_an_orchestrator_runs_shows_in_the_progress_of_its_own_run() {
    let p = orchestrated(
        "seqctl step add mid --orchestrator -- sh mid.sh\nseqctl run all -q\nseqctl restart mid -q",
    );
    p.write(
        "mid.sh",
        &format!("[ -e again ] || {SEQCTL} step add kid -- true; touch again; {SEQCTL} run all -q\n"),
    );
    p.ok("step add other -- true");
    let text = p.ok("run all");
    for part in
        ["lead RUNNING", "lead > mid RUNNING", "mid > kid RUNNING true", "mid > kid DONE", "other DONE"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(text.matches("lead > mid DONE").count(), 2, "the restarted one, too: {text}");
    assert!(text.contains(": 2 done,"), "they count for their own runs: {text}");
    p.ok("reset lead --yes");
    p.ok("step edit lead -- sh -c 'seqctl restart kid -q'");
    let stream = p.ok("run all --json --stream");
    assert!(!stream.contains("\"kid\"") && stream.contains("\"lead\""), "{stream}");
}

#[test]
fn children_start_only_when_their_orchestrator_runs_them() {
    let p = orchestrated(&format!("seqctl step add kid -- true\ntouch added; {HOLD}"));
    let run = p.start("run all --json");
    wait_for_file(&p, "added");
    let why = p.ok("why kid");
    assert!(why.contains("held by its orchestrator lead, which runs it when it wants to"), "{why}");
    assert!(why.contains("to free it: seqctl run step kid"), "{why}");
    assert!(p.ok("status").contains("true (spawned by lead)"));
    assert_eq!(p.json("run all --dry-run")["steps"], json!([]), "of `run all` it is no part");
    go(&p);
    let ran = crate::support::finish(run).json();
    assert_eq!((&ran["state"], ran["steps"].as_array().unwrap().len()), (&json!("done"), 1));
    assert_eq!(p.json("run all")["state"], "done");
    assert_eq!(p.status("kid"), "READY");
    assert!(p.ok("why kid").contains("its orchestrator lead does not run"), "{}", p.ok("why kid"));
    p.ok("run step kid");
    assert_eq!(p.status("kid"), "DONE");
}

#[test]
fn an_orchestrator_that_fails_stops_its_children() {
    let p = with_a_busy_child("while ! grep -q kid trace; do sleep 0.02; done; exit 3");
    assert_eq!(p.json("run all")["state"], "failed");
    p.wait_for("kid", "FAILED");
    assert_eq!(p.reason("lead"), "exit code 3");
    assert_eq!(p.reason("kid"), "stopped: orchestrator lead ended");
    assert_eq!(trace(&p).len(), 1, "the child did not get to its end");
}

#[test]
fn an_orchestrator_that_ends_well_stops_what_it_left_unfinished() {
    let p = with_a_busy_child("seqctl step add later --depends-on kid -- true");
    p.ok("run all");
    p.wait_for("kid", "FAILED");
    assert_eq!(p.reason("kid"), "stopped: orchestrator lead ended");
    assert_eq!(p.status("later"), "BLOCKED", "what had not begun is left for a person");
    assert!(p.entries("run.stop")[0]["payload"]["reason"] == "stopped: orchestrator lead ended");
}

#[test]
fn a_stop_in_the_middle_stops_the_children_too() {
    let p = orchestrated(&format!("{HELD_CHILD}\nseqctl run all -q"));
    let run = p.start("run all --json");
    wait_for_child(&p);
    p.ok("stop lead --yes");
    assert_eq!(crate::support::finish(run).json()["state"], "failed");
    p.wait_for("kid", "FAILED");
    assert_eq!(
        (p.reason("lead"), p.reason("kid")),
        ("stopped by user".into(), "stopped: orchestrator lead ended".into())
    );
    wait("nothing to be left", || p.processes().is_empty());
}

#[test]
fn a_timeout_of_the_orchestrator_stops_the_children_too() {
    let p = orchestrated(&format!("{HELD_CHILD}\nseqctl run all -q"));
    // Time for the child to get under way on a busy machine.
    p.ok("step edit lead --timeout 8000");
    assert_eq!(p.json("run all")["state"], "failed");
    p.wait_for("kid", "FAILED");
    assert_eq!(
        (p.reason("lead"), p.reason("kid")),
        ("timeout after 8000 ms".into(), "stopped: orchestrator lead ended".into())
    );
}

#[test]
fn the_engine_may_be_killed_while_an_orchestrator_waits_for_its_children() {
    let p = orchestrated(&format!(
        "{HELD_CHILD}\nseqctl run all -q || exit 9\nseqctl step add last -- true || exit 8\nseqctl run step last -q"
    ));
    let run = p.start("run all --json");
    wait_for_child(&p);
    kill_engine(&p);
    wait("another engine", || p.engine().is_some());
    go(&p);
    assert_eq!(crate::support::finish(run).json()["state"], "done");
    assert_eq!(
        (p.status("lead"), p.status("kid"), p.status("last")),
        ("DONE".into(), "DONE".into(), "DONE".into())
    );
    assert_eq!(starts(&p, "kid"), 1, "it ran once");
}

#[test]
fn an_engine_that_a_step_calls_for_outlives_the_step() {
    let p = orchestrated(&format!(
        "touch begun; {HOLD}; seqctl step add kid -- true || exit 9; touch added; while [ ! -e end ]; do sleep 0.02; done"
    ));
    p.ok("step add next --depends-on lead -- sh -c 'touch next; while [ ! -e done ]; do sleep 0.02; done'");
    p.ok("run all --detach");
    wait_for_file(&p, "begun");
    kill_engine_and_spawner(&p);
    go(&p);
    wait_for_file(&p, "added");
    let engine = p.engine().expect("the step's change needed an engine");
    p.write("end", "");
    wait_for_file(&p, "next");
    assert!(lives(engine) && p.engine() == Some(engine), "the same engine goes on after the step's end");
    p.write("done", "");
    p.wait_for("next", "DONE");
}

#[test]
fn children_of_an_orchestrator_that_ended_while_no_engine_lived_are_stopped_by_the_next() {
    let p = with_a_busy_child(&format!("touch waiting; {}", HOLD.replace("go", "end")));
    let mut run = p.start("run all --json");
    wait_for_child(&p);
    wait_for_file(&p, "waiting");
    run.kill().unwrap();
    run.wait().unwrap();
    kill_engine(&p);
    let lead = p.named_wrapper("lead");
    p.write("end", "");
    wait("the orchestrator to end", || !lives(lead));
    p.ok("reconcile");
    p.wait_for("kid", "FAILED");
    assert_eq!(
        (p.status("lead"), p.reason("kid")),
        ("DONE".into(), "stopped: orchestrator lead ended".into())
    );
}

#[test]
fn an_orchestrator_that_is_tried_again_begins_without_its_old_children_running() {
    let p = orchestrated(&format!(
        "if [ -e again ]; then seqctl restart kid -q; exit; fi; touch again; {}\nseqctl run all --detach\nwhile ! grep -q kid trace; do sleep 0.02; done; exit 1",
        HELD_CHILD.replace("while [ ! -e go ]", "while [ ! -e go ] && [ $(grep -c S trace) = 1 ]")
    ));
    p.ok("step edit lead --retry 1 --retry-backoff 10");
    assert_eq!(p.json("run all")["state"], "done");
    assert_eq!(trace(&p).into_iter().map(|(what, _)| what).collect::<String>(), "SSE");
}

#[test]
fn the_creation_of_an_orchestrator_can_be_undone_and_redone() {
    let p = orchestrated("seqctl step add kid -- true\nseqctl run all -q");
    p.ok("undo --yes");
    assert_eq!(p.json("status")["summary"]["total"], 0);
    p.ok("redo");
    p.ok("run all");
    assert_eq!((p.status("lead"), p.status("kid")), ("DONE".into(), "DONE".into()));
    p.ok("undo --yes");
    assert_eq!(p.json("status")["summary"]["total"], 1, "its children stay");
    assert_eq!(view(&p, "kid")["spawned_by"], json!(null), "and are nobody's now");
}

#[test]
fn an_orchestrator_undoes_its_own_changes_and_no_others() {
    let p = orchestrated(
        "try seqctl step add a -- true\ntry seqctl step add b -- true\ntry seqctl undo\ntry seqctl redo\ntry seqctl undo\ntry seqctl undo\ntry seqctl undo",
    );
    p.ok("run all");
    let codes: Vec<i32> = tries(&p).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, [0, 0, 0, 0, 0, 0, 7], "the step of the user is not its to undo");
    assert_eq!(p.json("status")["summary"]["total"], 1);
    assert_eq!(latest_run(&p).len(), 21);
}

#[test]
fn removing_an_orchestrator_leaves_its_children_to_its_own_orchestrator_or_to_nobody() {
    let p = orchestrated("seqctl step add kid -- true");
    p.ok("run all");
    p.ok("step rm lead --yes");
    assert_eq!(view(&p, "kid")["spawned_by"], json!(null));
    p.ok("run all");
    assert_eq!(p.status("kid"), "DONE", "it is a step as any other now");
}

#[test]
fn a_child_may_wait_for_any_step_but_its_own_orchestrator() {
    let p = orchestrated(
        "try seqctl step add a --depends-on other -- true\ntry seqctl step add b --depends-on lead -- true\n\
         try seqctl step add c --depends-on tail -- true\ntry seqctl run step a\ntry seqctl run step a --json",
    );
    p.ok("step add other -- true");
    p.ok("step add tail --depends-on lead -- true");
    p.ok("run step lead");
    let tries = tries(&p);
    let codes: Vec<i32> = tries.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, [0, 2, 2, 7, 7], "{tries:#?}");
    assert!(tries[1].1.contains("could not run before that has ended"), "{tries:#?}");
    let blocked: serde_json::Value = serde_json::from_str(&tries[4].1).unwrap();
    assert_eq!(blocked["error"]["code"], "STEP_BLOCKED", "the same object as outside of a step");
}

#[test]
fn an_orchestrator_may_group_clone_edit_stop_and_remove_its_children() {
    let p = orchestrated(
        "try seqctl template apply parallel --set model=shell --id part\n\
         try seqctl step clone other mine\ntry seqctl step add x -- sleep 600\ntry seqctl step add y -- true\n\
         try seqctl group parallelize x y --fail-policy best_effort\ntry seqctl step edit y --timeout 5000\n\
         try seqctl dep add y mine\ntry seqctl run step x --detach\ntry seqctl stop --all\ntry seqctl reset x\n\
         try seqctl group dissolve x-group\ntry seqctl dep rm y mine\ntry seqctl step rm x\ntry seqctl run group part",
    );
    p.ok("step add other -- true");
    p.ok("run step lead");
    for (code, said) in tries(&p) {
        assert_eq!(code, 0, "{said}");
    }
    assert_eq!(
        (p.status("y"), p.status("mine"), p.status("part-1")),
        ("READY".into(), "READY".into(), "DONE".into())
    );
    let spawned =
        p.json("status")["steps"].as_array().unwrap().iter().filter(|s| s["spawned_by"] == "lead").count();
    assert_eq!(spawned, 6, "three workers and their merge, y and mine");
    assert_eq!(p.status("lead"), "DONE", "`stop --all` was about its own");
    let stopped: Vec<_> = p.entries("run.stop").iter().map(|entry| entry["run_id"].clone()).collect();
    let of_x = p.entries("step.start").into_iter().find(|entry| entry["target"] == "x").unwrap();
    assert_eq!(stopped, [of_x["run_id"].clone()], "and so was the run that it ended");
}
