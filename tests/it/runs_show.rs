//! Looking at runs: what a step was asked, did, said and cost, how long it took, and two of them side by side.

use serde_json::{Value, json};

use crate::engine_kit::{HOLD, go, latest_run, policy, view};
use crate::support::{Project, finish, script, wait};
use crate::worktree::{git, repository};

fn run_of(p: &Project, step: &str) -> String {
    view(p, step)["run_id"].as_str().unwrap().to_owned()
}

/// `runs show` of a step in its latest run.
fn show(p: &Project, step: &str) -> Value {
    p.json(&format!("runs show {} {step}", run_of(p, step)))
}

#[test]
fn a_step_answers_every_question() {
    let p = repository();
    p.ok("step add a --diff --retry 1 --retry-backoff 10 -- sh -c 'echo first try; [ -e again ] || { touch again; exit 3; }; \
          echo four >> file.txt; echo risk=low >> $THREADOS_OUTPUT; echo said'");
    p.ok("step edit a --artifact file.txt");
    p.ok("run all");
    let told = show(&p, "a");
    assert_eq!(told["asked"]["command"][0], "sh");
    assert_eq!(told["did"]["files"], json!([{ "path": "file.txt", "added": 1, "removed": 0 }]));
    assert!(told["did"]["patch"]["text"].as_str().unwrap().contains("+four\n"));
    assert_eq!(told["said"]["text"], "first try\nsaid\n");
    assert_eq!(told["step"]["status"], "DONE");
    assert_eq!(told["duration_ms"], told["step"]["duration_ms"]);
    assert_eq!(told["earlier_attempts"][0]["reason"], "exit code 3");
    let text = p.ok(&format!("runs show {} a", run_of(&p, "a")));
    for part in [
        "a DONE after",
        "attempt 2, shell by direct, exit code 0",
        "Asked\n  sh -c",
        "Did\n  file.txt +1 -0",
        "  +four",
        "Said\n  first try\n  said",
        "Left\n  risk=low\n  artifacts/file.txt",
        "Before\n  attempt 1 FAILED",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn without_a_run_the_latest_is_shown() {
    let p = Project::new();
    assert!(p.exits(4, "runs show").stderr.contains("there are no runs yet"));
    for id in ["a", "b"] {
        p.ok(&format!("step add {id} -- echo {id} speaks"));
        p.ok(&format!("run step {id}"));
    }
    assert_eq!(p.json("runs show")["run_id"], run_of(&p, "b").as_str());
    assert_eq!(p.json("runs show a")["run_id"], run_of(&p, "a").as_str());
    assert!(p.ok("runs show a").contains("a speaks"));
    p.ok("step add c -- true");
    assert!(p.exits(4, "runs show c").stderr.contains("seqctl run step c"));
    assert!(p.exits(4, "runs show d").stderr.contains("there is no step `d`"));
    p.exits(2, "runs show a b");
    p.exits(2, "runs show A");
}

#[test]
fn a_step_that_runs_can_be_looked_at() {
    let p = Project::new();
    p.ok(&format!("step add a -- sh -c 'echo here; {HOLD}'"));
    let run = p.start("run all");
    wait("it to say something", || p.run("logs a").stdout == "here\n");
    let told = show(&p, "a");
    assert_eq!((&told["running"], &told["said"]["text"]), (&json!(true), &json!("here\n")));
    assert!(p.ok(&format!("runs show {} a", run_of(&p, "a"))).starts_with("a is running\n"));
    go(&p);
    finish(run);
}

#[test]
fn a_prompt_and_a_summary_that_are_laid_there_are_shown_and_secrets_are_not() {
    let p = Project::new();
    p.ok("step add a --env MY_TOKEN=s3cr3t-value -- sh -c 'printf \"# Done\\ns3cr3t-value\\n\" > $THREADOS_STEP_DIR/summary.md; \
          echo what is to be done > $THREADOS_STEP_DIR/prompt.md'");
    p.ok("run all");
    let told = show(&p, "a");
    assert_eq!(told["asked"]["prompt"]["text"], "what is to be done\n");
    assert!(told["said"]["text"].as_str().unwrap().starts_with("# Done\n"));
    let text = p.ok(&format!("runs show {} a", run_of(&p, "a")));
    assert!(!text.contains("s3cr3t") && !told.to_string().contains("s3cr3t"), "{text}");
}

#[test]
fn steps_that_shared_a_work_tree_are_named() {
    let p = repository();
    p.ok("step add a --diff -- sh -c 'touch begun; while [ ! -e go ]; do sleep 0.02; done; echo a > a.txt'");
    p.ok("step add b -- sh -c 'while [ ! -e begun ]; do sleep 0.02; done; echo b > b.txt'");
    p.ok("step add alone --worktree -- sh -c 'echo c > c.txt'");
    p.ok("step add after --depends-on a -- true");
    let run = p.start("run all");
    wait("the others to end", || p.status("b") == "DONE" && p.status("alone") == "DONE");
    go(&p);
    assert_eq!(finish(run).code, 0);
    let told = show(&p, "a");
    assert_eq!(told["did"]["may_hold_work_of"], json!(["b"]));
    assert!(p.ok(&format!("runs show {} a", latest_run(&p))).contains("may hold the work of: b\n"));
    assert_eq!(show(&p, "alone")["did"]["may_hold_work_of"], json!([]));
    let text = p.ok(&format!("runs show {} alone", latest_run(&p)));
    assert!(text.contains("on branch threados/"), "{text}");
    drop(git(&p, &["status"]));
}

#[test]
fn two_runs_are_compared_step_by_step() {
    let p = Project::new();
    p.ok("step add same -- echo same");
    p.ok("step add other -- sh -c 'cat value; echo end'");
    p.write("value", "one\n");
    p.ok("run all");
    let first = run_of(&p, "same");
    p.write("value", "two\n");
    p.ok("reset --all --yes");
    p.ok("step add new -- true");
    p.ok("run all");
    let second = run_of(&p, "same");
    let told = p.json(&format!("runs diff {first} {second}"));
    let differs = |id: &str| {
        let steps = told["steps"].as_array().unwrap();
        steps.iter().find(|s| s["id"] == id).unwrap()["differs"].clone()
    };
    assert_eq!(differs("same"), json!([]));
    assert_eq!(differs("other"), json!(["stdout.log"]));
    assert!(differs("new").as_array().unwrap().contains(&json!("status")));
    let text = p.ok(&format!("runs diff {first} {second} other"));
    assert!(text.contains("@@ -1,2 +1,2 @@\n-one\n+two\n end\n"), "{text}");
    assert!(p.ok(&format!("runs diff {first} {second} same")).ends_with("nothing differs but the time\n"));
}

#[test]
fn two_candidates_of_one_run_are_compared() {
    let p = Project::new();
    let answer = |risk: &str| {
        format!(
            "sh -c 'echo risk={risk} >> $THREADOS_OUTPUT; echo {risk} > {risk}.txt; cp {risk}.txt answer.txt; head -c 100 /dev/urandom > x.bin'"
        )
    };
    p.ok(&format!("step add fast --artifact answer.txt --artifact x.bin -- {}", answer("low")));
    p.ok(&format!(
        "step add slow --depends-on fast --artifact answer.txt --artifact x.bin -- {}",
        answer("high")
    ));
    p.ok("run all");
    let run = latest_run(&p);
    let told = p.json(&format!("runs diff {run} fast slow"));
    assert_eq!(told["differs"], json!(["outputs.risk", "artifacts/answer.txt", "artifacts/x.bin"]));
    assert_eq!(told["files"][1]["note"], "binary: 100 and 100 bytes");
    let text = p.ok(&format!("runs diff {run} fast slow"));
    assert!(text.contains("-low\n+high\n") && text.contains("outputs.risk  low"), "{text}");
}

#[test]
fn what_cannot_be_compared_is_told() {
    let p = Project::new();
    p.ok("step add a -- true");
    p.ok("run all");
    let run = latest_run(&p);
    let hint = p.exits(2, &format!("runs diff {run} a"));
    assert!(hint.stderr.contains("name the step to compare it with"), "{hint:#?}");
    p.exits(4, &format!("runs diff {run} a nope"));
    p.exits(4, &format!("runs diff {run} 20200101T000000Z-0000"));
    p.exits(2, &format!("runs diff {run} Not/Anything"));
    p.exits(4, &format!("runs show {run} nope"));
}

#[test]
fn following_with_a_pattern_ends_with_the_step_and_bad_patterns_are_told_with_their_place() {
    let p = Project::new();
    policy(&p, "");
    p.ok(&format!("step add a -- sh -c 'printf \"yes \\\\377 1\\nno\\n\"; {HOLD}; echo yes 2; printf yes'"));
    let run = p.start("run all");
    wait("its first lines", || p.run("logs a").stdout.contains("no\n"));
    let follower = p.start("logs a -f --grep ^yes");
    go(&p);
    assert_eq!(finish(follower).stdout, "yes \u{fffd} 1\nyes 2\nyes");
    finish(run);
    let ran = p.exits(2, "logs a --grep 'a(b'");
    assert!(
        ran.stderr.contains("--grep is no regular expression: unclosed group, at character 2"),
        "{ran:#?}"
    );
}

#[test]
fn an_agent_in_a_tree_of_its_own_answers_every_question() {
    let p = repository();
    let bin = p.root().parent().unwrap().join("home/bin");
    std::fs::create_dir(&bin).unwrap();
    let fake = r#"#!/bin/sh
cat > asked; echo "$@" > args; pwd > where
echo '{"type":"thread.started","thread_id":"t1"}'
echo '{"type":"item.completed","item":{"id":"i","type":"agent_message","text":"all mended"}}'
echo '{"type":"turn.completed","usage":{"input_tokens":12,"cached_input_tokens":0,"output_tokens":3}}'
"#;
    script(&bin, "codex", fake);
    p.ok("policy allow codex");
    p.ok("step add fix --worktree --model codex --prompt-text 'Mend it.'");
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let ran = p.command(&["run", "all"]).env("PATH", path).output().unwrap();
    assert!(ran.status.success(), "{ran:?}");
    let told = show(&p, "fix");
    let tree = told["step"]["worktree"]["path"].as_str().unwrap();
    let args = std::fs::read_to_string(format!("{tree}/args")).unwrap();
    assert!(args.contains(&format!("-C {tree} ")), "{args}");
    assert_eq!(std::fs::read_to_string(format!("{tree}/where")).unwrap().trim_end(), tree);
    assert_eq!(told["asked"]["prompt"]["text"], std::fs::read_to_string(format!("{tree}/asked")).unwrap());
    assert!(told["did"]["patch"]["text"].as_str().unwrap().contains("+++ b/asked"));
    assert_eq!(told["said"]["text"].as_str().unwrap().trim_end(), "all mended");
    assert_eq!((&told["cost"]["input_tokens"], &told["cost"]["output_tokens"]), (&json!(12), &json!(3)));
    let text = p.ok(&format!("runs show {} fix", run_of(&p, "fix")));
    assert!(text.contains("Mend it.") && text.contains("Cost\n  12 tokens in, 3 out"), "{text}");
}

#[test]
fn a_run_that_goes_on_is_counted_as_it_stands_now() {
    let p = Project::new();
    p.ok("step add a -- true");
    p.ok(&format!("step add b --depends-on a -- sh -c '{HOLD}'"));
    p.ok("step add c --depends-on b -- true");
    let run = p.start("run all");
    p.wait_for("b", "RUNNING");
    assert_eq!(p.json("runs list")["runs"][0]["counts"], json!({ "DONE": 1, "RUNNING": 1, "BLOCKED": 1 }));
    go(&p);
    finish(run);
    assert_eq!(p.json("runs list")["runs"][0]["counts"], json!({ "DONE": 3 }));
}

#[test]
fn a_run_that_started_nothing_says_so_and_why() {
    let p = Project::new();
    p.ok("step add a -- true");
    p.ok("run all");
    p.ok("run all");
    assert!(p.ok("runs show").ends_with("nothing was started: all it was about was done before\n"));
    p.ok("step add b -- false");
    p.ok("step add c --depends-on b -- true");
    p.exits(1, "run all");
    p.exits(1, "run all");
    let said = p.ok("runs show");
    assert!(said.contains("nothing was started: 1 done, 1 failed, 1 blocked as it ended"), "{said}");
    assert!(said.contains("seqctl run all --failed"), "{said}");
}
