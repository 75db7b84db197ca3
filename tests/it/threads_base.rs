//! Base threads: one step, one process.

use serde_json::json;

use crate::engine_kit::{HOLD, go, kill_engine, latest_run, policy, run_record, starts, step_record};
use crate::support::{Project, finish, wait};

fn base(script: &str) -> Project {
    let p = Project::empty();
    p.ok("init");
    policy(&p, "stop_grace_ms: 500");
    p.write("build.sh", &format!("echo 'S build' >> trace\n{script}\n"));
    p.ok("step add build --type base --model shell -- sh build.sh");
    p
}

#[test]
fn a_step_that_succeeds_is_done_and_its_record_says_all_about_it() {
    let p = base("echo made; echo note >&2; echo 'size=7' >> $THREADOS_OUTPUT");
    let ran = p.json("run step build");
    assert_eq!((&ran["state"], &ran["steps"][0]["exit_code"]), (&json!("done"), &json!(0)));
    let run = latest_run(&p);
    let step = step_record(&p, &run, "build");
    let expected = json!({
        "run_id": run, "step_id": "build", "attempt": 1, "status": "DONE", "reason": null, "model": "shell",
        "executor": "direct", "command": ["sh", "build.sh"], "exit_code": 0, "signal": null, "stdout_bytes": 5,
        "stderr_bytes": 5, "truncated_bytes": 0, "artifacts": [], "outputs": { "size": "7" }, "usage": null,
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&step[key], value, "{key} of {step:#}");
    }
    let record = run_record(&p, &run);
    let expected = json!({
        "run_id": run, "state": "done", "counts": { "DONE": 1 }, "threads": { "base": 1 }, "failure_rate": 0.0,
        "restart_rate": 0.0, "fanout_utilization": null, "gate_latency_ms": {}, "fusion_agreement": null,
        "peak_concurrency": 1, "usage": null,
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&record[key], value, "{key} of {record:#}");
    }
    let mean = record["avg_step_ms"].as_f64().unwrap();
    assert!(
        mean >= step["duration_ms"].as_f64().unwrap()
            && mean <= record["duration_ms"].as_f64().unwrap() + 1.0
    );
}

#[test]
fn a_step_that_fails_says_how() {
    let p = base("exit 3");
    assert_eq!(p.exits(1, "run step build --json").json()["state"], "failed");
    assert_eq!((p.status("build"), p.reason("build")), ("FAILED".into(), "exit code 3".into()));
    let record = run_record(&p, &latest_run(&p));
    assert_eq!((&record["counts"], &record["failure_rate"]), (&json!({ "FAILED": 1 }), &json!(1.0)));
}

#[test]
fn a_step_can_be_stopped_in_the_middle() {
    let p = base(HOLD);
    let run = p.start("run step build --json");
    wait("the step to be under way", || starts(&p, "build") == 1);
    p.ok("stop build --yes");
    assert_eq!(finish(run).json()["state"], "failed");
    assert_eq!(p.reason("build"), "stopped by user");
}

#[test]
fn the_engine_may_be_killed_in_the_middle() {
    let p = base(HOLD);
    let run = p.start("run step build --json");
    wait("the step to be under way", || starts(&p, "build") == 1);
    kill_engine(&p);
    wait("another engine", || p.engine().is_some());
    go(&p);
    assert_eq!(finish(run).json()["state"], "done");
    assert_eq!(starts(&p, "build"), 1, "it ran once");
    assert_eq!(run_record(&p, &latest_run(&p))["peak_concurrency"], 1);
}

#[test]
fn without_a_program_it_is_for_an_agent_and_gets_a_prompt_to_be_filled_in() {
    let p = Project::new();
    let said = p.ok("step add think --name 'Think it over'");
    assert!(
        said.contains("note: `think` is for claude-code") && said.contains("seqctl prompt edit think"),
        "{said}"
    );
    let step = p.json("step show think")["step"].clone();
    assert_eq!((&step["model"], &step["type"]), (&json!("claude-code"), &json!("base")));
    assert_eq!(step["prompt_file"], "prompts/think.md");
    assert!(p.read("prompts/think.md").starts_with("# Think it over\n\nSay here what this step has to do"));
    p.ok("step add do -- true");
    assert_eq!(p.json("step show do")["step"]["model"], "shell");
    assert!(!p.path("prompts/do.md").exists());
}

#[test]
fn its_creation_can_be_undone_with_its_prompt() {
    let p = Project::new();
    p.ok("step add think --prompt-text 'Think.'");
    p.ok("undo --yes");
    assert_eq!(p.json("status")["summary"]["total"], 0);
    assert!(!p.path("prompts/think.md").exists());
    p.ok("redo");
    assert_eq!(p.read("prompts/think.md"), "Think.\n");
}
