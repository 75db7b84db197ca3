//! L threads: a long step, and watchdogs that look at it while it runs and may stop it.

use std::fs;

use serde_json::json;

use crate::engine_kit::{go, kill_engine, latest_run, policy, processes_with, run_record, step_record};
use crate::support::{Project, finish, kill, lives, script, wait};

/// A project with a long step that runs until the file `go` is there, and a watchdog that runs this script.
fn watched(check: &str) -> Project {
    let p = Project::empty();
    p.ok("init");
    policy(&p, "stop_grace_ms: 500");
    p.ok("step add long --type l --timeout 7200000 -- sh -c 'echo working; while [ ! -e go ]; do sleep 0.02; done'");
    watchdog(&p, "w", check);
    p
}

fn watchdog(p: &Project, id: &str, check: &str) {
    let check = shlex::try_quote(check).unwrap();
    p.ok(&format!("step add {id} --type base --watchdog-for long --watchdog-interval 50 -- sh -c {check}"));
}

/// Waits until the watchdog's log holds this text.
#[track_caller]
fn wait_for_log(p: &Project, id: &str, text: &str) {
    wait(&format!("`{text}` in the log of {id}"), || p.run(&format!("logs {id}")).stdout.contains(text));
}

fn view(p: &Project, id: &str) -> (String, String) {
    (p.status(id), p.reason(id))
}

fn of(status: &str, reason: &str) -> (String, String) {
    (status.to_owned(), reason.to_owned())
}

#[test]
fn a_watchdog_that_is_content_looks_again_and_again_and_ends_with_its_step() {
    let p = watched(
        "test -f $THREADOS_WATCH_STDERR && echo seen: $(cat $THREADOS_WATCH_STDOUT) of $THREADOS_WATCH_STEP",
    );
    policy(&p, "stop_grace_ms: 500\nmax_concurrent: 1");
    assert_eq!(view(&p, "w"), of("BLOCKED", "watchdog of long"));
    let run = p.start("run all");
    wait_for_log(&p, "w", "[check 3: exit code 0");
    // The first ones may look before anything is printed.
    wait_for_log(&p, "w", "seen: working of long\n[check ");
    assert_eq!(view(&p, "w"), of("RUNNING", "watches long"));
    go(&p);
    assert_eq!(finish(run).code, 0);
    assert_eq!(view(&p, "long"), of("DONE", ""));
    assert_eq!(view(&p, "w"), of("DONE", "long ended"));
    assert_eq!(p.ok("logs long"), "working\n");
    let record = run_record(&p, &latest_run(&p));
    assert_eq!(record["counts"], json!({ "DONE": 1 }));
    assert_eq!(record["threads"], json!({ "l": 1 }));
    assert_eq!(record["state"], "done");
    assert_eq!((&record["peak_concurrency"], &record["failure_rate"]), (&json!(1), &json!(0.0)));
    assert!(
        p.entries("step.start").iter().all(|e| e["target"] == "long"),
        "it takes no start, and no slot of the one there is"
    );
}

#[test]
fn a_watchdog_that_objects_stops_its_step() {
    let p = watched("echo too long >&2; exit 7");
    let ran = p.exits(1, "run all");
    assert!(ran.stdout.contains("watchdog w") && ran.stdout.contains(" logs w\n"), "{ran:#?}");
    assert_eq!(view(&p, "long"), of("FAILED", "watchdog w"));
    assert_eq!(view(&p, "w"), of("DONE", "stopped long"));
    assert!(p.ok("logs w").contains("[check 1: exit code 7"));
    assert_eq!(p.ok("logs w --stderr"), "[check 1]\ntoo long\n");
    let run = latest_run(&p);
    assert_eq!(step_record(&p, &run, "w")["reason"], "stopped long: check 1: exit code 7");
    let shown = p.ok("runs show w");
    assert!(shown.contains("stopped long: check 1: exit code 7") && shown.contains("[check 1: "), "{shown}");
    let record = run_record(&p, &run);
    assert_eq!((&record["counts"], &record["state"]), (&json!({ "FAILED": 1 }), &json!("failed")));
    assert_eq!(record["failure_rate"], json!(1.0));
    assert!(processes_with(&p, "while").is_empty());
}

#[test]
fn a_step_that_fails_by_itself_keeps_its_own_reason() {
    let p = watched("true");
    p.ok("step edit long -- sh -c 'sleep 0.3; exit 3'");
    p.exits(1, "run all");
    assert_eq!(view(&p, "long"), of("FAILED", "exit code 3"));
    assert_eq!(view(&p, "w"), of("DONE", "long ended"));
}

#[test]
fn a_check_that_hangs_is_ended_and_stops_the_step() {
    let p = watched("trap '' TERM; sleep 6000");
    p.ok("step edit w --timeout 200");
    p.exits(1, "run all");
    assert_eq!(view(&p, "long"), of("FAILED", "watchdog w"));
    assert!(p.ok("logs w").contains("[check 1: no answer within 200 ms"), "{}", p.ok("logs w"));
    assert!(processes_with(&p, "6000").is_empty());
}

#[test]
fn a_check_that_floods_fills_neither_disk_nor_memory() {
    let p = watched("head -c 40000000 /dev/zero; head -c 40000000 /dev/zero >&2");
    let run = p.start("run all");
    wait_for_log(&p, "w", "[check 2: exit code 0");
    let wrapper = p.named_wrapper("long");
    let status = fs::read_to_string(format!("/proc/{wrapper}/status")).unwrap();
    let kib = |key: &str| -> u64 {
        let line = status.lines().find_map(|l| l.strip_prefix(key)).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    };
    // Of a program with debug information much is mapped that a release does not have; the heap is what counts.
    let own = kib("RssAnon:");
    assert!(own < 10_000, "{own} KiB");
    go(&p);
    assert_eq!(finish(run).code, 0);
    assert!(p.ok("logs w").contains("[… 39737856 bytes cut …]"));
    let folder = p.path(&format!("runs/{}/w", latest_run(&p)));
    let checks = p.ok("logs w").matches(": exit code").count() as u64 + 1;
    assert!(fs::metadata(folder.join("stdout.log")).unwrap().len() < checks * (300 << 10));
    assert_eq!(p.ok("logs long"), "working\n");
}

#[test]
fn a_watchdog_that_fails_hangs_or_floods_harms_nothing_beside_what_it_watches() {
    for (check, limit, long) in [
        ("exit 7", 60_000, of("FAILED", "watchdog w")),
        ("trap '' TERM; sleep 6000", 1000, of("FAILED", "watchdog w")),
        ("head -c 5000000 /dev/zero; head -c 5000000 /dev/zero >&2", 60_000, of("DONE", "")),
    ] {
        let p = watched(check);
        p.ok(&format!("step edit w --timeout {limit}"));
        p.ok("step add beside -- sh -c 'echo one; while [ ! -e on ]; do sleep 0.02; done; echo two'");
        p.ok("step add after --depends-on beside -- sh -c 'echo three'");
        let run = p.start("run all");
        wait_for_log(&p, "beside", "one");
        wait_for_log(&p, "w", "[check 1");
        let (engine, wrapper) = (p.engine(), p.named_wrapper("beside"));
        if long.0 == "DONE" {
            wait_for_log(&p, "w", "[check 2");
            go(&p);
        }
        p.wait_for("long", &long.0);
        assert!(engine.is_some() && p.engine() == engine, "{check}: the same engine");
        assert_eq!(p.wrapper("beside"), Some(wrapper), "{check}: the same wrapper");
        p.write("on", "");
        assert_eq!(finish(run).code, i32::from(long.0 == "FAILED"), "{check}");
        assert_eq!(
            (view(&p, "long"), view(&p, "beside"), view(&p, "after")),
            (long, of("DONE", ""), of("DONE", ""))
        );
        assert_eq!((p.ok("logs beside"), p.ok("logs after")), ("one\ntwo\n".into(), "three\n".into()));
        p.ok("audit verify");
    }
}

#[test]
fn what_a_check_leaves_behind_is_ended_while_the_step_goes_on() {
    let p = watched("(sleep 6000 </dev/null >/dev/null 2>&1 &) ; setsid sleep 6001 & echo left");
    let run = p.start("run all");
    wait_for_log(&p, "w", "[check 2: exit code 0");
    wait("only what a running check has just started to be there", || {
        processes_with(&p, "sleep 600").len() <= 2
    });
    go(&p);
    assert_eq!(finish(run).code, 0);
    assert!(processes_with(&p, "sleep 600").is_empty());
}

#[test]
fn of_several_watchdogs_one_is_enough() {
    let p = watched("true");
    watchdog(&p, "other", "[ ! -e bad ]");
    let run = p.start("run all");
    wait_for_log(&p, "w", "[check 2");
    wait_for_log(&p, "other", "[check 2");
    p.write("bad", "");
    assert_eq!(finish(run).code, 1);
    assert_eq!(view(&p, "long"), of("FAILED", "watchdog other"));
    assert_eq!(view(&p, "other"), of("DONE", "stopped long"));
    assert_eq!(view(&p, "w"), of("DONE", "long ended"));
}

#[test]
fn checks_never_overlap() {
    let p = watched("mkdir busy || exit 1; sleep 0.2; rmdir busy");
    let run = p.start("run all");
    wait_for_log(&p, "w", "[check 4: exit code 0");
    go(&p);
    assert_eq!(finish(run).code, 0);
}

#[test]
fn what_cannot_look_is_an_error_before_anything_starts() {
    let p = watched("true");
    p.ok("policy allow no-such-program");
    p.ok("step edit w -- no-such-program");
    let ran = p.exits(8, "run all");
    assert!(ran.stderr.contains("watchdog `w` of `long`: there is no program `no-such-program`"), "{ran:#?}");
    p.ok("policy deny no-such-program");
    let ran = p.exits(5, "run all");
    assert!(ran.stderr.contains("watchdog `w` of `long`"), "{ran:#?}");
    assert!(p.run("run all --dry-run").stdout.contains("watches long while it runs"));
    p.exits(5, "run all --dry-run");
    assert!(p.entries("step.start").is_empty());
}

#[test]
fn a_check_that_cannot_be_started_stops_the_step() {
    let p = watched("true");
    let check = script(&p.root(), "check", "#!/bin/sh\nrm \"$0\"\n");
    p.ok("policy allow ./check");
    p.ok("step edit w -- ./check");
    p.exits(1, "run all");
    assert!(!check.exists());
    assert_eq!(view(&p, "long"), of("FAILED", "watchdog w"));
    assert!(p.ok("logs w").contains("[check 2: could not be started: program"), "{}", p.ok("logs w"));
}

#[test]
fn a_watchdog_is_not_run_or_stopped_by_itself() {
    let p = watched("true");
    let hint = p.exits(4, "runs show w").stderr;
    assert!(hint.contains("hint: seqctl run step long\n"), "{hint}");
    for line in ["run step w", "restart w", "stop w", "run step w --dry-run"] {
        let ran = p.exits(7, &format!("{line} --yes"));
        assert!(ran.stderr.contains("step `w` is a watchdog: it looks at `long`"), "{ran:#?}");
    }
    p.exits(2, "step edit w --status DONE");
}

#[test]
fn stopping_the_step_in_the_middle_of_a_check_ends_both() {
    let p = watched("echo in it; sleep 6000");
    let run = p.start("run all");
    wait_for_log(&p, "w", "in it");
    p.ok("stop long --yes");
    assert_eq!(finish(run).code, 1);
    assert_eq!(view(&p, "long"), of("FAILED", "stopped by user"));
    assert_eq!(view(&p, "w"), of("DONE", "long ended"));
    assert!(p.ok("logs w").contains("[check 1: ended with the step"));
    assert!(processes_with(&p, "sleep").is_empty());
}

#[test]
fn while_no_engine_lives_the_watchdog_goes_on_and_still_stops_its_step() {
    let p = watched("[ ! -e bad ]");
    let mut run = p.start("run all");
    wait_for_log(&p, "w", "[check 1: exit code 0");
    run.kill().unwrap();
    run.wait().unwrap();
    let wrapper = p.named_wrapper("long");
    kill_engine(&p);
    p.write("bad", "");
    wait("the wrapper to be gone", || !lives(wrapper));
    assert_eq!(view(&p, "long"), of("FAILED", "watchdog w"));
    assert_eq!(p.json("reconcile")["recovered"], json!(["long"]));
    assert_eq!(view(&p, "long"), of("FAILED", "watchdog w"));
    assert_eq!(view(&p, "w"), of("DONE", "stopped long"));
}

#[test]
fn the_engine_may_be_killed_while_a_step_is_watched() {
    let p = watched("true");
    let run = p.start("run all --json");
    wait_for_log(&p, "w", "[check 1: exit code 0");
    kill_engine(&p);
    wait("another engine", || p.engine().is_some());
    let checks = || p.run("logs w").stdout.matches(": exit code 0").count();
    let before = checks();
    wait("further checks", || checks() > before + 1);
    go(&p);
    assert_eq!(finish(run).json()["state"], "done");
    assert_eq!((view(&p, "long"), view(&p, "w")), (of("DONE", ""), of("DONE", "long ended")));
    assert_eq!(p.entries("step.start").len(), 1, "it ran once");
    let record = run_record(&p, &latest_run(&p));
    assert_eq!((&record["counts"], &record["restart_rate"]), (&json!({ "DONE": 1 }), &json!(0.0)));
}

#[test]
fn a_killed_wrapper_leaves_no_check_behind() {
    let p = watched("echo in it; setsid sleep 6000");
    let run = p.start("run all");
    wait_for_log(&p, "w", "in it");
    kill(p.named_wrapper("long"), "KILL");
    assert_eq!(finish(run).code, 1);
    assert_eq!(view(&p, "long"), of("FAILED", "orphaned_process"));
    assert!(processes_with(&p, "sleep").is_empty());
}

#[test]
fn a_stopped_step_with_retries_is_tried_and_watched_again() {
    let p = watched("[ -e second ] || { touch second; exit 1; }");
    p.ok("step edit long --retry 1 --retry-backoff 10");
    let run = p.start("run all");
    wait_for_log(&p, "w", "[check 1: exit code 0");
    go(&p);
    assert_eq!(finish(run).code, 0);
    assert_eq!(view(&p, "long"), of("DONE", ""));
    assert!(p.ok("logs w --attempt 1").contains("[check 1: exit code 1"));
    assert!(p.ok("logs w").contains("[check 1: exit code 0"));
}

#[test]
fn following_a_watchdogs_log_ends_with_its_step() {
    let p = watched("echo here");
    let run = p.start("run all");
    wait_for_log(&p, "w", "[check 1:");
    let follower = p.start("logs w -f --grep 'here|exit'");
    wait_for_log(&p, "w", "[check 3:");
    go(&p);
    let followed = finish(follower);
    assert!(followed.stdout.starts_with("here\n[check 1: exit code 0"), "{followed:#?}");
    assert!(!followed.stdout.contains("at 20"), "{followed:#?}");
    finish(run);
}

#[test]
fn an_agent_that_watches_is_told_how_to_object() {
    let p = watched("true");
    let bin = p.root().parent().unwrap().join("home/bin");
    fs::create_dir(&bin).unwrap();
    let fake = "#!/bin/sh\ncat > asked\nsed -n 's/.*`stop=why` to \\(.*\\)\\.$/\\1/p' asked > where\necho 'stop=it goes in circles' > \"$(cat where)\"\n";
    script(&bin, "claude", fake);
    p.ok("policy allow claude");
    p.ok("step edit w --model claude-code --prompt-text 'Is it still on its way?' --");
    let path = format!("{}:/usr/bin:/bin", bin.display());
    let ran = p.command(&["run", "all"]).env("PATH", path).output().unwrap();
    assert_eq!(ran.status.code(), Some(1), "{ran:?}");
    assert!(fs::read_to_string(p.root().join("asked")).unwrap().starts_with("Is it still on its way?\n"));
    assert_eq!(view(&p, "long"), of("FAILED", "watchdog w"));
    let record = step_record(&p, &latest_run(&p), "w");
    assert_eq!(record["reason"], "stopped long: check 1: stop: it goes in circles");
}

#[test]
fn undo_takes_back_the_watchdog_and_then_the_step() {
    let p = watched("true");
    p.ok("undo --yes");
    assert_eq!(p.json("status")["summary"]["total"], 1);
    p.ok("undo --yes");
    assert_eq!(p.json("status")["summary"]["total"], 0);
    p.ok("redo --yes");
    p.ok("redo --yes");
    assert_eq!(view(&p, "w"), of("BLOCKED", "watchdog of long"));
    p.exits(7, "step rm long --yes");
    p.ok("step rm long --cascade --yes");
}

#[test]
fn the_texts_of_a_watchdog_are_filled_in_as_those_of_a_step() {
    let p = Project::new();
    p.ok("step add plan -- sh -c 'echo limit=three > $THREADOS_OUTPUT'");
    p.ok("step add long --type l --depends-on plan -- sh -c 'echo working; while [ ! -e go ]; do sleep 0.02; done'");
    p.ok("step add w --watchdog-for long --watchdog-interval 50 --env 'LIMIT={{ steps.plan.outputs.limit }}' -- \
          sh -c 'echo $LIMIT {{ watch.step }} $(cat {{ watch.stdout }}) $(ls {{ watch.stderr }} | wc -l)'");
    let run = p.start("run all");
    wait_for_log(&p, "w", "three long working 1");
    p.write("go", "");
    assert_eq!(finish(run).code, 0);
}

#[test]
fn what_a_watchdog_asks_for_in_vain_is_told_before_anything_starts() {
    for (asks, says) in [
        ("{{ steps.long.outputs.x }}", "has handed on nothing yet"),
        ("{{ steps.later.status }}", "does not wait for `later`"),
        ("{{ watch.colour }}", ""),
    ] {
        let p = watched("true");
        p.ok("step add later --depends-on long -- true");
        p.ok(&format!("step edit w -- sh -c 'echo {asks}'"));
        p.write("go", "");
        let ran = p.exits(if says.is_empty() { 1 } else { 3 }, "run all");
        assert!(ran.stderr.contains(says), "{ran:#?}");
        assert!(
            !says.is_empty() || p.reason("long").contains("`watch` has no `colour`"),
            "{}",
            p.reason("long")
        );
    }
    let p = Project::new();
    p.ok("step add a -- echo '{{ watch.stdout }}'");
    assert!(p.exits(3, "run all").stderr.contains("`watch` is for watchdogs"));
}
