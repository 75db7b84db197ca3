//! The log: every attempt at anything is one complete entry, without secrets, in a chain that shows what was done
//! to it.

use std::fs;

use serde_json::Value;
use threados_core::action::Action;
use threados_core::grammar::Control;

use crate::support::{Project, wait};

/// Each action: what has to be there, what succeeds, what cannot be done.
pub const ACTIONS: &[(&str, &[&str], &str, &str)] = &[
    ("step.add", &[], "step add n -- true", "step add a -- true"),
    ("step.edit", &[], "step edit a --name First", "step edit nothere --name x"),
    ("step.rm", &[], "step rm b", "step rm nothere"),
    ("step.clone", &[], "step clone a n", "step clone nothere n"),
    ("step.move", &[], "step move b --before a", "step move b --before nothere"),
    ("step.accept", &["step edit a --status NEEDS_REVIEW"], "step accept a", "step accept b"),
    (
        "step.reject",
        &["step edit a --status NEEDS_REVIEW"],
        "step reject a --reason no",
        "step reject b --reason no",
    ),
    ("dep.add", &[], "dep add b a", "dep add b nothere"),
    ("dep.rm", &["dep add b a"], "dep rm b a", "dep rm b nothere"),
    ("prompt.set", &[], "prompt set a --text hello", "prompt set nothere --text x"),
    ("group.parallelize", &[], "group parallelize a b --id g", "group parallelize a nothere --id g"),
    ("group.dissolve", &["group parallelize a b --id g"], "group dissolve g", "group dissolve nothere"),
    ("fusion.create", &[], "fusion create a b --synth s", "fusion create a nothere"),
    ("gate.insert", &[], "gate insert g --after a", "gate insert g --after nothere"),
    ("gate.approve", &["gate insert g --after a"], "gate approve g --early", "gate approve nothere"),
    ("gate.block", &["gate insert g --after a"], "gate block g", "gate block nothere"),
    ("gate.rm", &["gate insert g --after a"], "gate rm g", "gate rm nothere"),
    ("sequence.reset", &["step edit a --status DONE"], "reset a", "reset nothere"),
    ("budget.set", &[], "budget set --usd 5", "budget set --group nothere --usd 5"),
    ("policy.mode", &[], "policy mode POWER", ""),
    ("policy.allow", &[], "policy allow ls", ""),
    ("policy.deny", &[], "policy deny sleep", ""),
];

/// What changes the sequence and is no single action, likewise.
const CHANGES: &[(&str, &[&str], &str, &str)] = &[
    ("undo", &["step edit a --name First"], "undo", ""),
    ("redo", &["step edit a --name First", "undo"], "redo", ""),
    ("template.apply", &[], "template apply base --set model=shell", ""),
    ("import", &[], "import other.yaml", ""),
];

/// Each run control, likewise.
pub const CONTROLS: &[(&str, &[&str], &str, &str)] = &[
    ("run.step", &[], "run step a", "run step nothere"),
    ("run.force", &["dep add b a"], "run step b --force", "run step nothere --force"),
    ("run.group", &["group parallelize a b --id g"], "run group g", "run group nothere"),
    ("run.runnable", &[], "run runnable", "run runnable --from nothere"),
    ("run.all", &[], "run all", "run all --from nothere"),
    ("step.stop", &["step add s -- sleep 600", "run step s --detach"], "stop s", "stop nothere"),
    ("step.restart", &["step edit a --status DONE"], "restart a", "restart nothere"),
];

fn project() -> Project {
    let p = Project::new();
    p.ok("step add a -- true");
    p.ok("step add b -- true");
    p
}

/// Runs a line and asserts that it left exactly one entry of its action, complete, with this result.
#[track_caller]
fn leaves_one(p: &Project, action: &str, line: &str, result: &str) {
    let before = p.log().len();
    let ran = p.run(line);
    let told =
        || p.log().split_off(before).into_iter().filter(|e| e["action"] == action).collect::<Vec<Value>>();
    let own = told();
    assert_eq!(own.len(), 1, "{line}: {ran:#?}\n{:#?}", p.log().split_off(before));
    let entry = &own[0];
    assert_eq!(entry["result"], result, "{line}: {ran:#?}");
    assert_eq!(ran.code == 0, result == "success", "{line}: {ran:#?}");
    for key in ["seq", "timestamp", "actor", "target", "payload", "policy_mode", "prev", "hash"] {
        assert!(!entry[key].is_null(), "{line}: no {key} in {entry:#}");
    }
    assert_eq!(entry["error"].is_string(), result != "success", "{line}: {entry:#}");
    assert_eq!(entry["actor"], "user");
}

/// A policy with a fault denies everything.
fn break_policy(p: &Project) -> String {
    let good = p.read("policy.yaml");
    p.write(".threados/policy.yaml", &format!("{good}\nno_such_key: 1\n"));
    good
}

/// What is done while the file that an action changes is none that can be read.
fn with_nothing_to_read(p: &Project, action: &str, then: impl FnOnce()) {
    let file = if action.starts_with("policy.") { "policy.yaml" } else { "sequence.yaml" };
    let (path, good) = (p.path(file), p.read(file));
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    then();
    std::fs::remove_dir(&path).unwrap();
    std::fs::write(&path, good).unwrap();
}

#[test]
fn every_action_is_audited_as_success_denial_and_error() {
    let mut names: Vec<&str> = ACTIONS.iter().map(|(name, ..)| *name).collect();
    let mut all = Action::NAMES.to_vec();
    names.sort_unstable();
    all.sort_unstable();
    assert_eq!(names, all, "the table has every action once");
    for (name, before, good, bad) in ACTIONS.iter().chain(CHANGES) {
        let p = project();
        p.write("other.yaml", "version: \"1.0\"\nname: o\nsteps:\n- id: brought\n  command: [\"true\"]\n");
        before.iter().for_each(|line| drop(p.ok(&format!("{line} --yes"))));
        let (front, argv) =
            good.split_once(" -- ").map_or((*good, String::new()), |(f, a)| (f, format!(" -- {a}")));
        let yes = format!("{front} --yes{argv}");
        let policy = break_policy(&p);
        leaves_one(&p, name, &yes, "denied");
        p.write(".threados/policy.yaml", &policy);
        with_nothing_to_read(&p, name, || leaves_one(&p, name, &yes, "error"));
        if !bad.is_empty() {
            leaves_one(&p, name, bad, "error");
        }
        leaves_one(&p, name, &yes, "success");
    }
}

#[test]
fn every_run_control_is_audited_as_success_denial_and_error() {
    let mut names: Vec<&str> = CONTROLS.iter().map(|(name, ..)| *name).collect();
    let mut all = Control::NAMES.to_vec();
    names.sort_unstable();
    all.sort_unstable();
    assert_eq!(names, all, "the table has every control once");
    for (name, before, good, bad) in CONTROLS {
        let p = project();
        before.iter().for_each(|line| {
            let (front, argv) =
                line.split_once(" -- ").map_or((*line, String::new()), |(f, a)| (f, format!(" -- {a}")));
            p.ok(&format!("{front} --yes{argv}"));
        });
        leaves_one(&p, name, &format!("{bad} --yes"), "error");
        if *name == "step.stop" {
            // Stopping is possible under any policy; it is only asked for a yes.
            leaves_one(&p, name, good, "denied");
        } else {
            wait("the engine to end", || p.engine().is_none());
            let policy = break_policy(&p);
            leaves_one(&p, name, &format!("{good} --yes"), "denied");
            wait("the engine to end", || p.engine().is_none());
            p.write(".threados/policy.yaml", &policy);
            let sequence = p.read("sequence.yaml");
            p.write(".threados/sequence.yaml", "version: [\n");
            leaves_one(&p, name, &format!("{good} --yes"), "error");
            p.write(".threados/sequence.yaml", &sequence);
        }
        leaves_one(&p, name, &format!("{good} --yes"), "success");
    }
}

#[test]
fn what_needs_a_yes_and_gets_none_is_denied_and_changes_nothing() {
    let p = project();
    p.ok("gate insert g --after a");
    let cases = [
        ("step.rm", "step rm b"),
        ("gate.block", "gate block g"),
        ("sequence.reset", "reset --all"),
        ("policy.mode", "policy mode POWER"),
        ("step.restart", "restart a"),
        ("run.force", "run step a --force"),
    ];
    for (name, line) in cases {
        let files = ["sequence.yaml", "policy.yaml"].map(|file| p.read(file));
        leaves_one(&p, name, line, "denied");
        assert_eq!(p.exits(6, &format!("{line} --json")).json()["error"]["code"], "CONFIRMATION_NEEDED");
        assert_eq!(["sequence.yaml", "policy.yaml"].map(|file| p.read(file)), files, "{line}");
    }
}

#[test]
fn what_removes_runs_without_a_yes_is_on_record_as_denied() {
    let p = project();
    p.ok("run all");
    wait("the engine to end", || p.engine().is_none());
    leaves_one(&p, "runs.prune", "runs prune --keep 0", "denied");
    assert_eq!(fs::read_dir(p.path("runs")).unwrap().count(), 1);
    leaves_one(&p, "runs.prune", "runs prune --keep 0 --yes", "success");
    assert_eq!(fs::read_dir(p.path("runs")).unwrap().count(), 0);
}

#[test]
fn planted_secrets_appear_nowhere() {
    let p = Project::new();
    let planted = ["planted-env-4711", "planted-flag-4712", "planted-head-4713", "planted-ours-4714"];
    let script = "echo run; exit 3";
    let ran = p
        .command(&[
            "step",
            "add",
            "a",
            "--env",
            "DEPLOY_TOKEN=planted-env-4711",
            "--",
            "sh",
            "-c",
            script,
            "--password",
        ])
        .arg("planted-flag-4712")
        .arg("Authorization: Bearer planted-head-4713")
        .env("SERVICE_TOKEN", "planted-ours-4714")
        .output()
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");
    p.exits(1, "run all");
    let denied = p
        .command(&["step", "add", "b", "--json", "--", "curl", "--password", "planted-flag-4712"])
        .args(["-H", "Authorization: Bearer planted-head-4713", "planted-ours-4714"])
        .env("SERVICE_TOKEN", "planted-ours-4714")
        .output()
        .unwrap();
    assert_eq!(denied.status.code(), Some(5));
    let mut texts = vec![("audit.log".to_owned(), p.read("audit.log"))];
    texts.push((
        "error".into(),
        String::from_utf8_lossy(&[denied.stdout, denied.stderr].concat()).into_owned(),
    ));
    for run in fs::read_dir(p.path("runs")).unwrap().flatten() {
        for file in ["status.json", "a/status.json"] {
            let path = run.path().join(file);
            texts.push((
                file.to_owned(),
                fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path:?}: {e}")),
            ));
        }
    }
    for (place, text) in texts {
        for secret in planted {
            assert!(!text.contains(secret), "{secret} in {place}:\n{text}");
        }
    }
}

#[test]
fn a_torn_last_line_is_set_aside_and_never_blocks() {
    let p = project();
    let entries = p.log().len();
    let whole = fs::read(p.path("audit.log")).unwrap();
    fs::write(p.path("audit.log"), [&whole[..], b"{\"action\":\"step.add\",\"act"].concat()).unwrap();
    p.ok("status");
    p.ok("step add c -- true");
    let log = p.log();
    let new: Vec<&str> = log[entries..].iter().map(|e| e["action"].as_str().unwrap()).collect();
    assert_eq!(new, ["log.mend", "step.add"]);
    assert_eq!(log[entries]["payload"]["bytes"], 25);
}
