//! `--dry-run` of everything that changes something: it says what would be done, does nothing, and says it truly.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::audit::{ACTIONS, CONTROLS};
use crate::support::{Project, wait};

/// Every file of the project and what it holds.
fn files(p: &Project) -> BTreeMap<String, Vec<u8>> {
    fn add(folder: &Path, all: &mut BTreeMap<String, Vec<u8>>) {
        for item in fs::read_dir(folder).unwrap().flatten() {
            let path = item.path();
            // Locks and what is only kept to be quicker come and go.
            if path.is_dir() && !path.ends_with("state") {
                add(&path, all);
            } else if path.is_file() {
                all.insert(path.to_string_lossy().into_owned(), fs::read(&path).unwrap());
            }
        }
    }
    let mut all = BTreeMap::new();
    add(&p.root(), &mut all);
    all
}

/// A line with these words before its `--`.
fn with(line: &str, words: &str) -> String {
    match line.split_once(" -- ") {
        Some((front, argv)) => format!("{front} {words} -- {argv}"),
        None => format!("{line} {words}"),
    }
}

fn project(before: &[&str]) -> Project {
    let p = Project::new();
    p.ok("step add a -- true");
    p.ok("step add b -- true");
    before.iter().for_each(|line| drop(p.ok(&with(line, "--yes"))));
    wait("the engine to end", || p.engine().is_none());
    p
}

/// What a line says that it would do, having done nothing.
#[track_caller]
fn would(p: &Project, line: &str) -> (Value, String) {
    let before = files(p);
    let json = p.exits(0, &with(line, "--dry-run --json")).json();
    let text = p.ok(&with(line, "--dry-run"));
    assert_eq!(json["dry_run"], true, "{line}: {json:#}");
    assert!(!text.trim().is_empty(), "{line} says nothing");
    assert!(files(p) == before, "{line} has changed something");
    (json, text)
}

/// A diff without what is of the moment.
fn timeless(diff: &Value) -> Vec<&str> {
    diff.as_str().unwrap().lines().filter(|line| !line.contains("updated_at")).collect()
}

#[test]
fn of_every_action_it_shows_the_very_change_and_makes_none() {
    let taken_back = [
        ("undo", &["step edit a --name First"][..], "undo", ""),
        ("redo", &["step edit a --name First", "undo"], "redo", ""),
        ("template.apply", &[], "template apply parallel --set workers=2", ""),
    ];
    for (name, before, line, _) in ACTIONS.iter().chain(&taken_back) {
        let p = project(before);
        let (shown, text) = would(&p, line);
        let done = p.exits(0, &with(line, "--yes --json")).json();
        assert_eq!(shown["changed"], done["changed"], "{name}");
        assert_eq!(timeless(&shown["diff"]), timeless(&done["diff"]), "{name}");
        // A decision changes no file that a person wrote.
        let decides = ["step.accept", "step.reject", "gate.approve", "gate.block", "sequence.reset"];
        assert_eq!(shown["diff"] == "", decides.contains(name), "{name}: {shown:#}");
        if shown["diff"] == "" {
            assert!(text.starts_with("no change of files; statuses of: "), "{name}: {text}");
        }
    }
}

#[test]
fn of_every_run_control_it_shows_what_would_run_and_runs_nothing() {
    for (name, before, line, _) in CONTROLS {
        let p = project(
            before.iter().filter(|line| !line.contains("--detach")).copied().collect::<Vec<_>>().as_slice(),
        );
        if *name == "step.stop" {
            p.ok("run step s --detach");
            p.wait_for("s", "RUNNING");
            assert_eq!(p.json(&with(line, "--dry-run"))["would_stop"], serde_json::json!(["s"]));
            assert_eq!(p.status("s"), "RUNNING");
            continue;
        }
        let (plan, text) = would(&p, line);
        assert!(plan["steps"].as_array().is_some_and(|steps| !steps.is_empty()), "{name}: {plan:#}");
        assert!(text.contains("true"), "{name} names no command: {text}");
    }
}

#[test]
fn of_what_is_no_action_it_makes_nothing_either() {
    let p = project(&["run all"]);
    p.write("other.yaml", "version: \"1.0\"\nname: o\nsteps:\n- id: brought\n  command: [\"true\"]\n");
    assert!(would(&p, "import other.yaml").0["diff"].as_str().unwrap().contains("id: brought"));
    assert_eq!(would(&p, "runs prune --keep 0").0["removed"].as_array().unwrap().len(), 1);
    would(&p, "reconcile");
    let empty = Project::empty();
    would(&empty, "init");
    would(&empty, "demo here");
}
