//! What a step may not do, whoever it says it is: all of it refused with exit 5, and on record.

use std::fs;

use crate::engine_kit::{HOLD, go, kill_engine};
use crate::orchestrator_kit::{SEQCTL, asked_by, orchestrated, orchestrator, tries, wait_for_file, worker};
use crate::support::{Project, finish};

/// Steps of the user beside the orchestrator, a gate, a group, and the token of another orchestrator.
fn neighbours(p: &Project) {
    p.ok("step add other -- sleep 600");
    p.ok("step add after --depends-on other -- true");
    p.ok("gate insert review --after after");
    p.ok("step add team --fanout 2 -- true");
    orchestrator(p, "twin", &format!("printf %s \"$THREADOS_TOKEN\" > t; mv t token; {HOLD}"));
}

/// Runs `lead` while `twin` and `other` run, with `try` lines in its script, and gives what each came to.
fn tried(lines: &[&str]) -> (Project, Vec<(i32, String)>) {
    let prepare = "seqctl step add kid -q -- true\nwhile [ ! -s token ]; do sleep 0.02; done";
    let p = orchestrated(&format!("{prepare}\n{}", lines.join("\n")));
    neighbours(&p);
    let others = [p.start("run step twin -q"), p.start("run step other -q")];
    wait_for_file(&p, "token");
    p.wait_for("other", "RUNNING");
    let before = p.read("sequence.yaml");
    p.ok("run step lead");
    go(&p);
    p.ok("stop other --yes");
    others.into_iter().for_each(|other| drop(finish(other)));
    let without = |text: &str| {
        let lines = text
            .lines()
            .filter(|l| !l.contains("status:") && !l.contains("reason:") && !l.contains("updated_at"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let now = without(&p.read("sequence.yaml"));
    assert!(without(&before).iter().all(|line| now.contains(line)), "what others have made is as it was");
    let tries = tries(&p);
    assert_eq!(tries.len(), lines.len());
    (p, tries)
}

/// Every line has to be refused with exit 5, and to be in the log as denied to `lead`.
#[track_caller]
fn all_refused(lines: &[&str]) -> Vec<String> {
    let (p, tries) = tried(lines);
    for (line, (code, said)) in lines.iter().zip(&tries) {
        assert_eq!(*code, 5, "{line}: {said}");
        assert!(said.contains("hint:"), "{line}: {said}");
    }
    let denied = asked_by(&p, "lead").into_iter().filter(|e| e.ends_with(" denied")).collect::<Vec<_>>();
    assert_eq!(denied.len(), lines.len(), "{denied:#?}");
    denied
}

#[test]
fn other_steps_are_not_an_orchestrators_to_change() {
    all_refused(&[
        "try seqctl step edit other --name X",
        "try seqctl step edit lead --timeout 1",
        "try seqctl step rm after --yes",
        "try seqctl step rm other --cascade --yes",
        "try seqctl prompt set other --text 'something else'",
        "try seqctl dep add other kid",
        "try seqctl dep rm after other",
        "try seqctl step add spy --watchdog-for other -- false",
        "try seqctl step add spy --group team -- false",
        "try seqctl group parallelize kid other",
        "try seqctl group dissolve team",
        "try seqctl reset other --yes",
        "try seqctl reset --all --yes",
        "try seqctl step edit kid --status DONE",
        "try seqctl step accept other",
    ]);
}

#[test]
fn other_steps_are_not_an_orchestrators_to_run_or_stop() {
    all_refused(&[
        "try seqctl stop other --yes",
        "try seqctl stop twin --now --yes",
        "try seqctl stop lead --yes",
        "try seqctl stop kid other --yes",
        "try seqctl restart other --yes",
        "try seqctl run step team-1",
        "try seqctl run group team",
        "try seqctl run step kid --force --yes",
        "try seqctl run all --from other",
    ]);
}

#[test]
fn gates_policy_mode_and_confirmations_are_a_persons() {
    all_refused(&[
        "try seqctl gate approve review --early",
        "try seqctl gate block review --reason no --yes",
        "try seqctl gate rm review --yes",
        "try seqctl gate insert mine --after kid",
        "try seqctl dep add review kid",
        "try seqctl policy mode POWER --yes",
        "try seqctl policy allow cargo",
        "try seqctl policy deny sh",
        "try seqctl budget set --usd 100",
        "try seqctl budget set --step kid --usd 100",
        "try seqctl runs prune --keep 0 --yes",
        "try seqctl reconcile",
        "try seqctl prompt edit kid",
        "try seqctl confirm p-7f3a01c2",
        "try seqctl proposals discard p-7f3a01c2",
    ]);
}

#[test]
fn another_environment_is_another_voice_but_not_another_step() {
    let env = format!("env -i {SEQCTL}");
    let lines = [
        "try env -u THREADOS_TOKEN SEQCTL step add x -- true",
        "try env THREADOS_TOKEN= SEQCTL step add x -- true",
        "try env THREADOS_TOKEN=threados_0000000000000000000000000000000000000000000000000000000000000000 SEQCTL step add x -- true",
        "try env THREADOS_TOKEN=$(cat token) SEQCTL step add x -- true",
        "try env THREADOS_TOKEN=$(cat token) THREADOS_STEP_ID=twin SEQCTL run all",
        "try env THREADOS_ACTOR=user SEQCTL step rm after --yes",
        "try env -u THREADOS_ACTOR -u THREADOS_STEP_ID SEQCTL policy mode POWER --yes",
        "try env -i SEQCTL step edit other --name X",
        "try env -i SEQCTL gate approve review --early",
        "try env -i SEQCTL stop other --yes",
        "try env -i SEQCTL --root \"$PWD\" step add x -- true",
        "try env -i HOME=/nonexistent XDG_RUNTIME_DIR=/tmp SEQCTL undo --yes",
        "(cd / && env -i SEQCTL --root \"$THREADOS_ROOT\" step rm after --yes) > tried 2>&1; echo \"$?|$(cat tried)\" | tr '\\n' ' ' >> codes; echo >> codes",
    ];
    let lines: Vec<String> =
        lines.iter().map(|l| l.replace("env -i SEQCTL", &env).replace("SEQCTL", SEQCTL)).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    all_refused(&lines);
}

#[test]
fn a_process_that_leaves_its_session_and_its_parent_stays_in_its_step() {
    let script = format!(
        "(setsid sh -c '(env -i {SEQCTL} step rm after --yes > tried 2>&1; echo \"$?|$(cat tried)\" | tr \"\\n\" \" \" >> codes; echo >> codes; touch left) &' &)\nwhile [ ! -e left ]; do sleep 0.02; done"
    );
    let p = orchestrated(&script);
    p.ok("step add after -- true");
    p.ok("run step lead");
    assert_eq!(tries(&p)[0].0, 5, "{:?}", tries(&p));
    assert_eq!(asked_by(&p, "lead"), ["step.rm after denied"]);
}

#[test]
fn a_step_that_is_no_orchestrator_may_read_and_nothing_else() {
    let p = orchestrated(&format!("printf %s \"$THREADOS_TOKEN\" > t; mv t token; {HOLD}"));
    worker(
        &p,
        "worker",
        &format!(
            "try seqctl status\ntry seqctl logs lead\ntry seqctl why lead\ntry seqctl audit list\n\
             try seqctl step add x -- true\ntry seqctl run all\ntry seqctl stop lead --yes\ntry seqctl undo --yes\n\
             try env THREADOS_TOKEN=$(cat token) {SEQCTL} step add x -- true\ntry env -i {SEQCTL} step rm lead --yes"
        ),
    );
    let lead = p.start("run step lead -q");
    wait_for_file(&p, "token");
    p.ok("run step worker");
    go(&p);
    finish(lead);
    let codes: Vec<i32> = tries(&p).into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, [0, 0, 0, 0, 5, 5, 5, 5, 5, 5], "{:#?}", tries(&p));
    assert_eq!(asked_by(&p, "worker").iter().filter(|e| e.ends_with("denied")).count(), 6);
}

#[test]
fn a_token_counts_in_the_processes_of_its_step_alone() {
    let p = orchestrated(&format!("printf %s \"$THREADOS_TOKEN\" > t; mv t token; {HOLD}"));
    let lead = p.start("run step lead -q");
    wait_for_file(&p, "token");
    let token = fs::read_to_string(p.root().join("token")).unwrap();
    let outside = p.command(&["run", "all"]).env("THREADOS_TOKEN", &token).output().unwrap();
    assert_eq!(outside.status.code(), Some(5), "{outside:?}");
    assert!(String::from_utf8_lossy(&outside.stderr).contains("shown by a process that is in no step"));
    go(&p);
    finish(lead);
}

#[test]
fn a_token_is_shown_nowhere() {
    let p = orchestrated(
        "echo \"my token is $THREADOS_TOKEN\"; printf %s \"$THREADOS_TOKEN\" > t; mv t token; seqctl step add kid -- sh -c \"echo $THREADOS_TOKEN\"; seqctl run all; exit 0",
    );
    p.ok("run all");
    let token = fs::read_to_string(p.root().join("token")).unwrap();
    assert_eq!(token.len(), 9 + 64);
    for shown in [p.ok("logs lead"), p.ok("audit list"), p.ok("status"), p.ok("step list --json")] {
        assert!(!shown.contains(&token), "{shown}");
    }
    let of = |step: &str| crate::engine_kit::view(&p, step)["run_id"].as_str().unwrap().to_owned();
    let records = ["lead", "kid"].map(|step| format!("runs/{}/{step}/status.json", of(step)));
    for file in records.iter().map(String::as_str).chain(["audit.log"]) {
        assert!(!p.read(file).contains(&token), "{file}");
    }
}

#[test]
fn a_step_cannot_be_the_engine() {
    let p = orchestrated(&format!("touch begun; {HOLD}; try {SEQCTL} engine"));
    p.ok("run step lead --detach");
    wait_for_file(&p, "begun");
    kill_engine(&p);
    go(&p);
    crate::support::wait("the step to try", || !tries(&p).is_empty());
    assert!(tries(&p)[0].1.contains("a process of a step cannot be the engine"), "{:?}", tries(&p));
}

#[test]
fn a_denial_names_the_command_and_says_the_same_on_the_screen_and_in_the_log() {
    let p = orchestrated("try seqctl template apply chained --set model=shell\ntry seqctl import other.yaml");
    p.write("other.yaml", "version: \"1.0\"\nname: x\nsteps:\n  - { id: x, command: [sh] }\ngates:\n  - { id: y, depends_on: [x] }\n");
    p.ok("run step lead");
    worker(&p, "worker", "try seqctl template apply base --set model=shell");
    p.ok("run step worker");
    let denied: Vec<_> = p.log().into_iter().filter(|entry| entry["result"] == "denied").collect();
    let expected = [
        ("template.apply", "gates, limits, reviews and statuses are a person's to decide, not step `lead`'s"),
        ("import", "gates, limits, reviews and statuses are a person's to decide, not step `lead`'s"),
        ("template.apply", "inside a step: a step may read, but not change or run anything"),
    ];
    let tries = tries(&p);
    assert_eq!((denied.len(), tries.len()), (3, 3), "{denied:#?}");
    for ((name, why), (entry, (code, said))) in expected.iter().zip(denied.iter().zip(&tries)) {
        let logged = entry["error"].as_str().unwrap();
        assert_eq!((*code, &entry["action"]), (5, &(*name).into()));
        assert!(said.contains(logged), "{said}\n{logged}");
        assert!(logged.starts_with(&format!("`{name}` is refused")) && logged.contains(why), "{logged}");
    }
}
