//! What the command line promises beside the text it prints.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::engine_kit::kill_engine;
use crate::support::{Project, finish, kill, lives, script, wait};

/// Runs a line as a step would: with the environment that marks it.
fn inside_a_step(p: &Project, line: &str) -> (i32, String) {
    let words = shlex::split(line).unwrap();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let out = p.command(&words).env("THREADOS_ACTOR", "orchestrator").output().unwrap();
    (out.status.code().unwrap(), String::from_utf8_lossy(&out.stderr).into_owned())
}

#[test]
fn a_quiet_init_says_nothing() {
    assert_eq!(Project::empty().ok("init -q"), "");
}

#[test]
fn a_step_may_read_and_not_change_anything() {
    let p = Project::new();
    p.ok("step add a -- true");
    let before = p.read("sequence.yaml");
    for line in ["status", "step list", "why a", "audit list", "history", "validate", "graph", "policy show"]
    {
        assert_eq!(inside_a_step(&p, line).0, 0, "{line}");
    }
    for line in [
        "step add b -- true",
        "step rm a --yes",
        "run all",
        "stop --all --yes",
        "undo --yes",
        "policy allow x",
    ] {
        let (code, error) = inside_a_step(&p, line);
        assert_eq!(code, 5, "{line}: {error}");
        assert!(error.contains("outside any step"), "{line}: {error}");
    }
    for line in ["runs prune --keep 0 --yes", "reconcile", "prompt edit a", "init"] {
        assert_eq!(inside_a_step(&p, line).0, 5, "{line}");
    }
    assert_eq!(p.read("sequence.yaml"), before);
    let denied = p.entries("step.add").pop().unwrap();
    assert_eq!((&denied["actor"], &denied["result"]), (&"orchestrator".into(), &"denied".into()));
    assert_eq!(p.entries("run.all")[0]["result"], "denied");
}

#[test]
fn a_reader_without_an_engine_shows_what_reconciliation_would_and_writes_nothing() {
    let p = Project::new();
    p.write("go", "");
    p.ok("step add lost -- sleep 600");
    p.ok("step add ends -- sh -c 'while [ -e go ]; do sleep 0.01; done; exit 3'");
    // Nobody brings the engine of a run back whose `run` is gone, too.
    let mut run = p.start("run all");
    p.wait_for("lost", "RUNNING");
    p.wait_for("ends", "RUNNING");
    wait("both wrappers", || p.wrapper("lost").is_some() && p.wrapper("ends").is_some());
    run.kill().unwrap();
    run.wait().unwrap();
    kill(p.wrapper("lost").unwrap(), "STOP");
    kill_engine(&p);
    assert_eq!(p.status("ends"), "RUNNING");
    let lost = p.wrapper("lost").unwrap();
    kill(lost, "KILL");
    wait("the wrapper to be gone", || !lives(lost));
    let log = p.read("audit.log");
    let file = p.read("sequence.yaml");
    wait("the orphan to be seen", || p.status("lost") == "FAILED");
    assert_eq!(p.reason("lost"), "orphaned_process");
    assert!(p.ok("why lost").contains("orphaned_process"));
    assert_eq!(p.json("reconcile --dry-run")["orphaned"][0], "lost");
    assert_eq!((p.read("audit.log"), p.read("sequence.yaml")), (log, file), "a reader writes nothing");
    assert_eq!(p.json("reconcile")["orphaned"][0], "lost");
    fs::remove_file(p.root().join("go")).unwrap();
    p.wait_for("ends", "FAILED");
    assert_eq!(p.reason("ends"), "exit code 3");
}

#[test]
fn nothing_is_asked_where_standard_input_is_no_terminal() {
    let p = Project::new();
    p.ok("step add a -- true");
    let mut child =
        p.command(&["step", "rm", "a"]).stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"yes\n").unwrap();
    let ran = finish(child);
    assert_eq!(ran.code, 6, "{ran:?}");
    assert!(!ran.stderr.contains("[y/N]"));
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let p = Project::new();
    p.ok("step add a -- sh -c 'seq 100000'");
    p.ok("policy allow seq");
    p.ok("run all");
    for args in [&["logs", "a"][..], &["schema"], &["audit", "list"], &["status", "--json"]] {
        let mut child = p.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut one = [0];
        child.stdout.take().unwrap().read_exact(&mut one).unwrap();
        let out = child.wait_with_output().unwrap();
        assert_eq!((out.status.code(), out.stderr.len()), (Some(0), 0), "{args:?}: {out:?}");
    }
}

#[test]
fn logs_are_the_bytes_that_were_printed_and_secrets_are_hidden() {
    let p = Project::new();
    p.ok(r"step add raw -- sh -c 'printf \\000\\377\\033[2Jx\\r\\n'");
    p.ok("step add told --env API_KEY=tell-nobody-this -- sh -c 'echo the key is $API_KEY; echo token=abcdef123456'");
    p.ok("run all");
    let raw = p.command(&["logs", "raw"]).output().unwrap().stdout;
    assert_eq!(raw, b"\0\xff\x1b[2Jx\r\n");
    let told = p.ok("logs told");
    assert!(!told.contains("tell-nobody") && !told.contains("abcdef123456"), "{told}");
    assert_eq!(p.ok("logs told --grep ^the").lines().count(), 1);
}

#[test]
fn logs_of_a_program_that_could_not_be_started_say_where_its_words_are() {
    let p = Project::new();
    script(&p.root(), "gone", "#!/not/here\n");
    p.ok("policy allow ./gone");
    p.ok("step add gone -- ./gone");
    p.ok("step add mute -- true");
    p.run("run all");
    p.ok("policy allow ls");
    p.ok("step add wordy -- ls /not-there");
    p.run("run all");
    // What keeps a program from starting is told by who tries it: the sandbox on its standard error, or the status.
    let said = p.exits(0, "logs gone");
    assert_eq!(said.stdout, "");
    let told = said.stderr + &p.ok("logs gone --stderr");
    assert!(told.contains("/not/here"), "{told}");
    assert!(p.json("logs gone")["hint"].as_str().unwrap().contains("printed nothing"));
    let said = p.exits(0, "logs wordy");
    assert_eq!(said.stdout, "");
    assert!(said.stderr.contains("`seqctl logs wordy --stderr` shows"), "{}", said.stderr);
    assert_eq!(p.exits(0, "logs mute").stderr, "");
    assert!(p.json("logs mute")["hint"].is_null());
}

#[test]
fn what_is_named_twice_is_kept_once() {
    let p = Project::new();
    p.ok("step add a -- true");
    p.ok("step add b --depends-on a,a -- true");
    p.ok("step add c --depends-on a --depends-on b,a -- true");
    p.ok("step edit b --depends-on a,a");
    p.ok("gate insert g --after a,a --before b,b");
    let status = p.json("status");
    let of = |list: &str, id: &str| {
        let all = status[list].as_array().unwrap();
        all.iter().find(|node| node["id"] == id).unwrap()["depends_on"].clone()
    };
    assert_eq!(of("steps", "b"), serde_json::json!(["g"]));
    assert_eq!(of("steps", "c"), serde_json::json!(["a", "b"]));
    assert_eq!(of("gates", "g"), serde_json::json!(["a"]));
}

/// A program reads each fault as data, not out of a sentence.
#[test]
fn a_sequence_that_would_not_be_valid_names_every_fault_as_data() {
    let p = Project::new();
    p.ok("step add a -- true");
    let refused = p.exits(2, "step add b --depends-on nope,never --json -- true").json();
    assert_eq!(refused["error"]["code"], "INVALID_SEQUENCE", "{refused:#}");
    let problems = refused["error"]["details"]["problems"].as_array().unwrap();
    let paths: Vec<&str> = problems.iter().map(|fault| fault["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["steps[1].depends_on[0]", "steps[1].depends_on[1]"], "{refused:#}");
    for fault in problems {
        assert_eq!(fault["code"], "UNKNOWN_DEPENDENCY", "{fault:#}");
        assert!(fault["line"].is_u64() && fault["column"].is_u64(), "{fault:#}");
    }
}

#[test]
fn logs_follow_to_the_end_of_the_step() {
    let p = Project::new();
    p.write("go", "");
    p.ok("step add a -- sh -c 'echo begun; while [ -e go ]; do sleep 0.01; done; echo ended'");
    p.ok("run all --detach");
    p.wait_for("a", "RUNNING");
    let mut child = p.start("logs a -f");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "begun");
    fs::remove_file(p.root().join("go")).unwrap();
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert_eq!(rest, ["ended"]);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let line: Value = serde_json::from_str(p.ok("logs a -f --json").lines().next().unwrap()).unwrap();
    assert_eq!((&line["line"], &line["stream"]), (&"begun".into(), &"stdout".into()));
}

#[test]
fn an_earlier_attempt_keeps_its_log() {
    let p = Project::new();
    p.ok("step add a --retry 1 --retry-backoff 1 -- sh -c 'if [ -e again ]; then echo second; else : > again; echo first; exit 1; fi'");
    p.ok("run all");
    assert_eq!(p.ok("logs a"), "second\n");
    assert_eq!(p.ok("logs a --attempt 1"), "first\n");
    assert_eq!(p.ok("logs a --attempt 2"), "second\n");
}

#[test]
fn status_watch_tells_every_change_as_one_object_a_line() {
    let p = Project::new();
    p.ok("step add a -- true");
    let mut child = p.start("status --watch --json");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(next()["summary"]["total"], 1);
    p.ok("step add b -- true");
    assert_eq!(next()["summary"]["total"], 2);
    let text = p.read("sequence.yaml").replace("id: b", "id: c");
    p.write(".threados/sequence.yaml", &text);
    while next()["steps"][1]["id"] != "c" {}
    p.ok("run all");
    while next()["summary"]["done"] != 2 {}
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn audit_follow_tells_what_comes() {
    let p = Project::new();
    let mut child = p.start("audit list --follow --json --limit 1");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || serde_json::from_str::<Value>(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(next()["action"], "policy.allow");
    p.ok("step add a -- true");
    let entry = next();
    assert_eq!((&entry["action"], &entry["target"]), (&"step.add".into(), &"a".into()));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_prompt_is_edited_through_the_door() {
    let p = Project::new();
    p.ok("step add write --model codex --prompt-text 'Write it.'");
    let editor = script(&p.root(), "editor", "#!/bin/sh\nprintf 'Write it well.\\n' > \"$1\"\n");
    let edit = |editor: &str| p.command(&["prompt", "edit", "write"]).env("EDITOR", editor).output().unwrap();
    assert!(edit(&editor.to_string_lossy()).status.success());
    assert_eq!(p.read("prompts/write.md"), "Write it well.\n");
    assert_eq!(p.entries("prompt.set").len(), 1);
    assert!(edit("true").status.success(), "an editor that changes nothing");
    assert_eq!(edit("false").status.code(), Some(8));
    assert_eq!(edit("no-such-editor --wait").status.code(), Some(8));
    assert_eq!(p.entries("prompt.set").len(), 1);
    let left = fs::read_dir(p.path("state")).unwrap().flatten();
    assert_eq!(left.filter(|f| f.file_name().to_string_lossy().starts_with("prompt-")).count(), 0);
}

#[test]
fn pruning_never_removes_what_runs() {
    let p = Project::new();
    p.ok("step add a -- true");
    p.ok("step add b -- sleep 600");
    p.ok("run step a");
    let run = p.json("run step b --detach")["run_id"].as_str().unwrap().to_owned();
    p.wait_for("b", "RUNNING");
    let pruned = p.json("runs prune --keep 0 --yes");
    assert_eq!(pruned["removed"], Value::Array(Vec::new()), "the run of b may read what a left");
    assert_eq!(pruned["held"].as_array().unwrap().len(), 2);
    p.ok("stop --all --yes");
    wait("the run to end", || p.json(&format!("runs show {run}"))["state"] != "running");
    assert_eq!(p.json("runs prune --keep 1 --yes")["removed"].as_array().unwrap().len(), 1);
    let left = p.json("runs list");
    assert_eq!(left["runs"][0]["run_id"], run.as_str(), "the newest stays");
    assert_eq!(left["runs"].as_array().unwrap().len(), 1);
}

#[test]
fn what_goes_on_is_told_on_stderr_where_asked() {
    let p = Project::new();
    assert_eq!(p.exits(0, "status").stderr, "");
    let out = p.command(&["status", "--json"]).env("THREADOS_LOG", "trace").output().unwrap();
    assert!(serde_json::from_slice::<Value>(&out.stdout).is_ok(), "standard output stays clean");
    p.ok("step add a -- true");
    p.ok("run all");
    assert!(p.path("state/engine.log").is_file());
}

#[test]
fn secrets_are_hidden_in_errors() {
    let p = Project::new();
    for line in [
        "step add a -- cargo --password hunter2hunter2",
        "step add a --json -- cargo --password hunter2hunter2",
    ] {
        let ran = p.exits(5, line);
        assert!(!ran.stdout.contains("hunter2") && !ran.stderr.contains("hunter2"), "{ran:?}");
    }
    let ran = p.exits(2, "step add a --tokn token=hunter2hunter2");
    assert!(!ran.stderr.contains("hunter2"), "{ran:?}");
}

/// A terminal of a kind: `script` gives a command one and copies what it shows.
fn on_a_terminal(p: &Project, line: &str, env: &[(&str, &str)]) -> Option<String> {
    let binary = p.command(&[]).get_program().to_string_lossy().into_owned();
    let mut command = Command::new("script");
    command
        .args(["-qec", &format!("{binary} {line}"), "/dev/null"])
        .current_dir(p.root())
        .stdin(Stdio::null());
    command.env_clear().env("PATH", "/usr/bin:/bin").env("TERM", "xterm").env("SHELL", "/bin/sh");
    command.envs(env.iter().copied());
    Some(String::from_utf8_lossy(&command.output().ok()?.stdout).into_owned())
}

#[test]
fn colours_and_filtered_escapes_are_for_terminals() {
    let p = Project::new();
    p.ok(r"step add a -- sh -c 'printf \\033[2J\\033[31mred\\033[0m\\n'");
    p.ok("run all");
    assert!(!p.ok("status").contains('\x1b'));
    // Where the machine has no `script`, what a terminal gets is covered by the tests of the filter alone.
    let Some(shown) = on_a_terminal(&p, "status", &[]) else { return };
    assert!(shown.contains("\x1b[32m"), "{shown:?}");
    let plain = on_a_terminal(&p, "status", &[("NO_COLOR", "1")]).unwrap();
    assert!(!plain.contains('\x1b'), "{plain:?}");
    let log = on_a_terminal(&p, "logs a", &[]).unwrap();
    assert!(log.contains("\x1b[31mred") && !log.contains("\x1b[2J"), "{log:?}");
}

#[test]
fn why_names_the_limit_and_the_rule_that_hold_a_step() {
    let p = Project::new();
    p.ok("step add a -- sleep 600");
    p.ok("step add b -- true");
    p.write(".threados/policy.yaml", "max_concurrent: 1\nallowed_commands: [sleep, \"true\"]\n");
    p.ok("run step a --detach");
    p.wait_for("a", "RUNNING");
    let holds = p.json("why b")["why"]["holds"].clone();
    assert_eq!((&holds[0]["kind"], &holds[0]["limit"]), (&"slots".into(), &1.into()), "{holds}");
    p.ok("policy deny true");
    let holds = p.json("why b")["why"]["holds"].clone();
    assert_eq!(holds[1]["kind"], "policy", "{holds}");
    assert!(holds[1]["denial"].as_str().unwrap().contains("allowed_commands"), "{holds}");
}

#[test]
fn why_says_what_to_do_about_the_policy_and_not_to_run_what_it_denies() {
    let p = Project::new();
    p.ok("step add a -- true");
    p.ok("gate insert g --after a");
    p.ok("policy deny true");
    assert_eq!(p.json("why a")["why"]["roots"][0]["free"], "seqctl policy allow true");
    p.write(".threados/policy.yaml", "mode: [");
    for id in ["a", "g"] {
        let why = p.json(&format!("why {id}"))["why"].clone();
        assert_eq!(why["roots"][0]["free"], "seqctl policy check", "{why:#}");
        assert!(why["holds"].as_array().unwrap().iter().any(|hold| hold["kind"] == "policy"), "{why:#}");
    }
    assert!(!p.ok("why a").contains("seqctl run step"), "{}", p.ok("why a"));
}

#[test]
fn what_is_said_of_a_taken_id_and_of_a_step_that_never_ran_fits_them() {
    let p = Project::new();
    p.ok("step add a -- true");
    p.ok("gate insert g --after a");
    let taken = p.exits(7, "gate insert g --after a").stderr;
    assert!(taken.contains("seqctl gate list") && !taken.contains("step edit"), "{taken}");
    let early = p.exits(7, "step accept a").stderr;
    assert!(early.contains("step `a` has not run yet"), "{early}");
    p.ok("step add b --depends-on a -- true");
    assert!(p.exits(4, "logs a").stderr.contains("run it: seqctl run step a"));
    assert!(p.exits(4, "logs b").stderr.contains("`seqctl why b` says what it waits for"));
}

#[test]
fn a_negative_number_is_named_as_the_value_that_is_wrong() {
    let p = Project::new();
    for (flag, value) in [("--retry", "-1"), ("--timeout", "-5"), ("--fanout", "-2"), ("--budget-usd", "-1")]
    {
        let told = p.exits(2, &format!("step add a {flag} {value} -- true")).stderr;
        assert!(told.starts_with(&format!("error: invalid value '{value}' for '{flag} <")), "{told}");
    }
}
