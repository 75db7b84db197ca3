//! What `run` prints where no terminal is: lines, one line, one object, or a stream of objects.

use std::io::{BufRead as _, BufReader};
use std::process::Child;

use serde_json::Value;

use crate::agent_kit::{agents, ask};
use crate::chat_kit::put;
use crate::engine_kit::{HOLD, go, project, step};
use crate::support::{Project, finish, kill, wait};

fn two_steps() -> Project {
    let p = Project::new();
    p.ok("step add build -- echo built");
    p.ok("step add test --depends-on build -- sh -c 'echo first >&2; echo \"no such file\" >&2; exit 3'");
    p.ok("step add ship --depends-on test -- true");
    p
}

#[test]
fn a_pipe_gets_a_line_for_everything_that_happens() {
    let p = two_steps();
    let ran = p.exits(1, "run all");
    let rest = |text: &str| ran.stdout.lines().find_map(|l| l.get(9..)?.strip_prefix(text));
    let took = |text: &str| rest(text).is_some_and(|l| l.starts_with(|c: char| c.is_ascii_digit()));
    assert_eq!(rest("build RUNNING "), Some("echo built"), "{}", ran.stdout);
    assert!(took("build DONE "), "{}", ran.stdout);
    assert!(took("test FAILED ") && ran.stdout.contains("exit code 3"), "{}", ran.stdout);
    assert!(!ran.stdout.contains('\u{1b}') && !ran.stdout.contains("step.end"), "{}", ran.stdout);
    assert_eq!(ran.stderr, "");
}

#[test]
fn the_summary_says_what_failed_with_its_last_words_and_how_to_go_on() {
    let p = two_steps();
    let out = p.exits(1, "run all").stdout;
    for part in [
        "failed after",
        "1 done, 1 failed, 1 blocked",
        ", sandbox ",
        "test: exit code 3",
        "| no such file",
        "seqctl logs test --stderr",
        "ship: waits for test (failed)",
        "Go on: seqctl run all --failed",
    ] {
        assert!(out.contains(part), "`{part}` is not in\n{out}");
    }
}

#[test]
fn a_gate_and_a_review_name_the_command_that_frees_them() {
    let p = Project::new();
    p.ok("step add plan --review -- true");
    p.ok("step add build -- true");
    p.ok("step add ship -- true");
    p.ok("gate insert ready --after build --before ship");
    let out = p.exits(10, "run all").stdout;
    for part in
        ["seqctl step accept plan", "seqctl step reject plan --reason WHY", "seqctl gate approve ready"]
    {
        assert!(out.contains(part), "`{part}` is not in\n{out}");
    }
    assert!(out.contains("ship: blocked by gate ready"), "{out}");
}

#[test]
fn a_run_with_nothing_to_do_says_so() {
    let p = Project::new();
    assert!(p.ok("run all").contains("There are no steps yet: seqctl step add"));
    p.ok("step add a -- true");
    p.ok("run all");
    assert!(p.ok("run all").contains("Nothing was left to run"));
}

#[test]
fn a_run_that_only_waits_for_another_one_says_for_what_and_how_that_ended() {
    let p = project(&[step("a", &[], HOLD), step("b", &["a"], "exit 3")]);
    p.ok("run all --detach");
    p.wait_for("a", "RUNNING");
    let mut run = p.start("run all");
    let mut lines = lines_of(&mut run);
    read_until(&mut lines, "another run has started a already: waiting for it");
    go(&p);
    let out: String = lines.map(|line| line.unwrap() + "\n").collect();
    assert_eq!(finish(run).code, 1, "{out}");
    assert!(out.contains("\nRun by another run meanwhile: a DONE after "), "{out}");
    assert!(out.contains(", b FAILED after ") && out.contains("b: exit code 3"), "{out}");
    assert!(!out.contains("Nothing "), "{out}");
}

#[test]
fn quiet_prints_the_result_and_nothing_else() {
    let p = two_steps();
    let out = p.exits(1, "run all --quiet").stdout;
    assert_eq!(out.lines().count(), 1, "{out}");
    assert!(out.starts_with("run ") && out.ends_with("failed: 1 done, 1 failed, 1 blocked\n"), "{out}");
}

#[test]
fn json_is_one_object_with_the_level_of_confinement() {
    let p = two_steps();
    let result = p.json("run all");
    assert_eq!((&result["ok"], &result["command"]), (&false.into(), &"run.all".into()));
    assert_eq!(result["state"], "failed");
    assert!(["bubblewrap", "landlock", "none"].contains(&result["sandbox"].as_str().unwrap()), "{result:#}");
    let test = &result["steps"][1];
    assert_eq!(
        (&test["id"], &test["status"], &test["exit_code"]),
        (&"test".into(), &"FAILED".into(), &3.into())
    );
    assert_eq!(test["reason"], "exit code 3");
    assert!(test["duration_ms"].is_u64() && result["waiting_on"] == Value::Array(vec![]), "{result:#}");
}

#[test]
fn a_stream_is_an_object_a_line_and_the_result_is_the_last() {
    let p = two_steps();
    let out = p.exits(1, "run all --json --stream").stdout;
    let lines: Vec<Value> = out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let events: Vec<String> = lines
        .iter()
        .map(|l| format!("{} {}", l["event"].as_str().unwrap(), l["step"].as_str().unwrap_or("-")))
        .collect();
    let expected = [
        "run.start -",
        "step.start build",
        "step.end build",
        "step.start test",
        "step.end test",
        "run.end -",
    ];
    assert_eq!(events, expected);
    assert_eq!((&lines[4]["status"], &lines[4]["exit_code"]), (&"FAILED".into(), &3.into()));
    assert_eq!((&lines[5]["ok"], &lines[5]["state"]), (&false.into(), &"failed".into()));
    assert!(lines.iter().all(|l| l["run_id"] == lines[0]["run_id"]));
}

#[test]
fn a_stream_without_json_is_wrong_usage() {
    let p = two_steps();
    let ran = p.exits(2, "run all --stream");
    assert!(ran.stderr.contains("--json"), "{}", ran.stderr);
    assert_eq!(p.status("build"), "READY");
}

#[test]
fn the_plan_shows_what_would_start_and_starts_nothing() {
    let p = two_steps();
    p.ok("step add late --cwd sub -- sh -c 'echo \"two words\"'");
    p.ok("gate insert g --after ship --before late");
    std::fs::create_dir(p.root().join("sub")).unwrap();
    let text = p.ok("run all --dry-run");
    assert!(text.contains("   1 build  echo built\n"), "{text}");
    assert!(text.contains("   3 ship   true  after test\n"), "{text}");
    assert!(text.contains("late   waits for gate g (seqctl gate approve g)"), "{text}");
    let plan = p.json("run all --dry-run");
    let ids: Vec<&str> =
        plan["steps"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["build", "test", "ship"]);
    assert_eq!(plan["steps"][0]["argv"], serde_json::json!(["echo", "built"]));
    assert_eq!((&plan["steps"][0]["cwd"], &plan["steps"][0]["verdict"]), (&".".into(), &"allowed".into()));
    assert_eq!(plan["held"][0]["id"], "late");
    assert!(p.entries("run.all").is_empty() && p.entries("step.start").is_empty());
    assert!(p.engine().is_none(), "a plan needs no engine");
}

#[test]
fn a_plan_that_the_policy_denies_names_the_rule_and_exits_5() {
    let p = two_steps();
    p.ok("policy deny echo");
    let ran = p.exits(5, "run all --dry-run");
    assert!(ran.stdout.contains("denied: the program `echo` is not allowed"), "{}", ran.stdout);
    assert!(ran.stdout.contains("seqctl policy allow echo"), "{}", ran.stdout);
    let plan = p.json("run all --dry-run");
    assert_eq!((&plan["ok"], &plan["error"]["code"]), (&false.into(), &"POLICY_DENIED".into()));
    assert_eq!(
        (&plan["steps"][0]["verdict"], &plan["steps"][1]["verdict"]),
        (&"denied".into(), &"allowed".into())
    );
}

#[test]
fn a_plan_is_refused_where_the_run_would_be() {
    let p = two_steps();
    assert!(p.exits(7, "run step ship --dry-run").stderr.contains("seqctl why ship"));
    assert!(p.exits(4, "run step shop --dry-run").stderr.contains("did you mean `ship`"));
    p.exits(4, "run group nope --dry-run");
    p.exits(1, "run all");
    p.exits(7, "run step build --dry-run");
    let held = p.json("run all --dry-run");
    assert!(held["held"][0]["why"].as_str().unwrap().contains("--failed"), "{held:#}");
    let again = p.json("run all --failed --dry-run");
    assert_eq!(again["steps"][0]["id"], "test");
}

#[test]
fn a_plan_of_a_stop_stops_nothing() {
    let p = Project::new();
    p.ok("step add a -- sleep 600");
    p.ok("run all --detach");
    p.wait_for("a", "RUNNING");
    assert_eq!(p.ok("stop --all --dry-run"), "would stop: a\n");
    p.exits(4, "stop nope --dry-run");
    assert_eq!(p.status("a"), "RUNNING");
}

#[test]
fn secrets_and_escape_sequences_of_a_step_do_not_reach_the_summary() {
    let p = Project::new();
    p.ok(r#"step add a -- sh -c 'printf "\033]0;title\007\033[31mpassword=%s\033[0m\n" hunter2hunter2 >&2; exit 1'"#);
    let out = p.exits(1, "run all").stdout;
    assert!(out.contains("| password="), "{out}");
    let summary = out.split("Failed").nth(1).unwrap();
    assert!(!summary.contains("hunter2hunter2") && !summary.contains('\u{1b}'), "{out}");
}

/// Reads lines of a running command until one has this text.
fn read_until(lines: &mut impl Iterator<Item = std::io::Result<String>>, text: &str) -> String {
    lines.map(Result::unwrap).find(|l| l.contains(text)).unwrap_or_else(|| panic!("no line with `{text}`"))
}

fn lines_of(child: &mut Child) -> impl Iterator<Item = std::io::Result<String>> + use<> {
    BufReader::new(child.stdout.take().unwrap()).lines()
}

#[test]
fn a_file_that_is_broken_meanwhile_is_told_with_its_place() {
    let p = Project::new();
    p.ok("step add a -- sh -c 'while [ ! -e go ]; do sleep 0.02; done'");
    p.ok("step add b --depends-on a -- true");
    let mut run = p.start("run all");
    let mut lines = lines_of(&mut run);
    read_until(&mut lines, "a RUNNING");
    let (sequence, policy) = (p.read("sequence.yaml"), p.read("policy.yaml"));
    put(&p, "sequence.yaml", "name: x\nsteps:\n\t- id: a\n");
    read_until(&mut lines, "stays in force: .threados/sequence.yaml is not valid: 3:1");
    put(&p, "sequence.yaml", &sequence);
    put(&p, "policy.yaml", "mode: SAFE\nmax_fanout: many\n");
    read_until(&mut lines, "nothing is allowed while .threados/policy.yaml is not valid: 2:13");
    p.write("go", "");
    read_until(&mut lines, "a DONE");
    put(&p, "policy.yaml", &policy);
    read_until(&mut lines, "b DONE");
    assert_eq!(finish(run).code, 0);
}

#[test]
fn an_interrupt_says_what_it_ends_and_a_second_one_kills() {
    let p = Project::new();
    p.ok("step add stubborn -- sh -c 'trap \"\" TERM; echo up; while :; do sleep 1; done'");
    p.ok("step add next --depends-on stubborn -- true");
    let mut run = p.start("run all");
    let mut lines = lines_of(&mut run);
    read_until(&mut lines, "stubborn RUNNING");
    wait("the trap to be set", || {
        p.json("status")["steps"][0]["run_id"].as_str().is_some_and(|id| {
            std::fs::read_to_string(p.path(&format!("runs/{id}/stubborn/stdout.log")))
                .is_ok_and(|s| s == "up\n")
        })
    });
    kill(run.id(), "INT");
    let said = read_until(&mut lines, "ending");
    assert!(said.contains("stubborn") && said.contains("Ctrl+C again kills"), "{said}");
    kill(run.id(), "INT");
    read_until(&mut lines, "killing stubborn");
    read_until(&mut lines, "stubborn FAILED");
    read_until(&mut lines, "stopped after");
    assert_eq!(run.wait().unwrap().code(), Some(1));
    assert_eq!(p.reason("stubborn"), "stopped by user");
    assert_eq!(p.status("next"), "BLOCKED");
}

#[test]
fn a_run_outlives_the_death_of_its_engine() {
    let p = Project::new();
    p.ok("step add a -- sh -c 'while ! test -e go; do sleep 0.02; done'");
    p.ok("step add b --depends-on a -- true");
    let mut run = p.start("run all");
    let mut lines = lines_of(&mut run);
    read_until(&mut lines, "a RUNNING");
    kill(p.engine().unwrap(), "KILL");
    read_until(&mut lines, "the engine is gone");
    wait("another engine", || p.engine().is_some());
    p.write("go", "");
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    let said = |text: &str| rest.iter().filter(|line| line.contains(text)).count();
    assert_eq!((said("the engine is gone"), said(" a DONE"), said(" b DONE")), (0, 1, 1), "{rest:#?}");
    assert_eq!(finish(run).code, 0);
}

#[test]
fn a_run_that_ended_while_its_client_slept_is_told_from_its_files() {
    let p = Project::new();
    p.ok("step add a -- sh -c 'while ! test -e go; do sleep 0.02; done'");
    p.ok("step add b --depends-on a -- true");
    let run = p.start("run all");
    p.wait_for("a", "RUNNING");
    kill(run.id(), "STOP");
    kill(p.engine().unwrap(), "KILL");
    p.write("go", "");
    p.ok("run all");
    wait("the engine to end", || p.engine().is_none());
    kill(run.id(), "CONT");
    let ran = finish(run);
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert!(ran.stdout.contains(" done after") && ran.stdout.contains("2 done"), "{}", ran.stdout);
    assert!(ran.stdout.contains("b DONE"), "what happened meanwhile is told: {}", ran.stdout);
}

#[test]
fn a_run_that_waits_says_for_what_and_goes_on_when_it_is_given() {
    let p = Project::new();
    p.ok("step add a -- true");
    p.ok("step add b -- true");
    p.ok("gate insert g --after a --before b");
    let mut run = p.start("run all --wait");
    let mut lines = lines_of(&mut run);
    read_until(&mut lines, "waiting for you: g (seqctl gate approve g)");
    p.ok("gate approve g");
    read_until(&mut lines, "b DONE");
    assert_eq!(run.wait().unwrap().code(), Some(0));
}

/// What a run that waits says has to be typed, without the program's name.
fn told(said: &str, what: &str) -> String {
    let of = said.split(&format!("waiting for you: {what} (seqctl ")).nth(1);
    of.and_then(|rest| rest.strip_suffix(')')).unwrap_or_else(|| panic!("{what}: {said}")).to_owned()
}

#[test]
fn what_it_says_of_a_review_and_of_a_reached_budget_can_be_typed_and_lets_it_go_on() {
    let p = agents();
    ask(&p, "a", "claude-code", "fake: cost 3", "--review");
    ask(&p, "b", "claude-code", "", "--depends-on a");
    p.ok("budget set --usd 3");
    let mut run = p.start("run all --wait");
    let mut lines = lines_of(&mut run);
    p.ok(&told(&read_until(&mut lines, "waiting for you:"), "a"));
    let line = told(&read_until(&mut lines, "waiting for you:"), "budget of the sequence");
    assert_eq!(line, "budget set --usd 6.00");
    p.ok(&line);
    read_until(&mut lines, "b DONE");
    assert_eq!(run.wait().unwrap().code(), Some(0));
}
