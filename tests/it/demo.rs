//! `seqctl demo`: the first thing a newcomer runs.

use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::Project;

#[test]
fn the_demo_runs_to_done_and_says_what_to_try_next() {
    let p = Project::empty();
    let start = Instant::now();
    let out = p.ok("demo here");
    assert!(start.elapsed() < Duration::from_secs(60), "it took {:?}", start.elapsed());
    let (told, next) = out.split_once("Try next").unwrap();
    for part in [
        "plan DONE",
        "build-3 DONE",
        "inspect > look-front RUNNING",
        "inspect > look-back DONE",
        "waits after",
        "seqctl gate approve review",
        "What you saw",
    ] {
        assert!(told.contains(part), "`{part}` is not in\n{told}");
    }
    for part in ["cd ", " status", " logs name", " run all --from build-1"] {
        assert!(next.contains(part), "`{part}` is not in\n{next}");
    }
    let status = p.json("status --root here");
    assert_eq!(
        (&status["summary"]["done"], &status["summary"]["failed"]),
        (&16.into(), &0.into()),
        "{status:#}"
    );
    for thread in ["base", "parallel", "fusion", "orchestrated", "long", "chained"] {
        assert!(told.contains(&format!("\n  {thread}")), "{thread} is told of in\n{told}");
    }
    assert_eq!(p.json("step show look-back --root here")["step"]["spawned_by"], "inspect");
    let root = p.root().join("here");
    assert_eq!(
        std::fs::read_to_string(root.join("published/product.txt")).unwrap(),
        "part 1\npart 2\npart 3\n"
    );
    let policy = std::fs::read_to_string(root.join(".threados/policy.yaml")).unwrap();
    assert!(policy.contains("# Programs a step may start.") && policy.contains("- \"sh\""), "{policy}");
    let log = std::fs::read_to_string(root.join(".threados/audit.log")).unwrap();
    assert!(log.contains("the demo was started by a person"), "the approval says whose yes it was");
}

#[test]
fn a_seqctl_of_another_name_that_is_in_no_folder_of_path_shows_it_all_as_well() {
    let p = Project::empty();
    let out = p.command(&["demo", "here", "--json"]).env("PATH", "/usr/bin:/bin").output().unwrap();
    let told: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(told["state"], "done", "{told:#}");
    let status = p.json("status --root here");
    assert_eq!(status["summary"]["done"], 16, "its orchestrator has added its two steps: {status:#}");
}

#[test]
fn what_the_demo_says_to_try_works_as_it_is_printed() {
    let p = Project::empty();
    let out = p.ok("demo here");
    let next = out.split_once("Try next").unwrap().1;
    let lines = next.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let lines: Vec<&str> = lines.collect();
    assert_eq!(lines.len(), 4, "where to go, and three commands: {lines:?}");
    // The last one ends at the gate.
    let typed = lines.iter().zip([0, 0, 0, 10]).enumerate();
    let script: String = typed
        .map(|(i, (line, code))| {
            format!("{line}\n[ $? -eq {code} ] || {{ echo \"line {i} failed\"; exit 99; }}\n")
        })
        .collect();
    let mut shell = Command::new("sh");
    for (name, value) in p.command(&[]).get_envs() {
        shell.env(name, value.unwrap());
    }
    let ran = shell.args(["-c", &script]).current_dir(p.root()).output().unwrap();
    let told = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{script}\n{told}\n{}", String::from_utf8_lossy(&ran.stderr));
    for part in ["plan", "DONE", "build-1 RUNNING", "seqctl gate approve review"] {
        assert!(told.contains(part), "`{part}` is not in\n{told}");
    }
    let status = p.json("status --root here");
    let gate = &status["gates"][0];
    assert_eq!((&gate["id"], &gate["status"]), (&"review".into(), &"PENDING".into()), "{status:#}");
}

#[test]
fn the_gate_comes_last() {
    let p = Project::empty();
    p.ok("demo here");
    let log = std::fs::read_to_string(p.root().join("here/.threados/audit.log")).unwrap();
    let log: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let approved = log.iter().position(|entry| entry["action"] == "gate.approve").unwrap();
    let of = |entries: &[Value], action: &str| -> Vec<String> {
        let of = entries.iter().filter(|entry| entry["action"] == action);
        of.map(|entry| entry["target"].as_str().unwrap().to_owned()).collect()
    };
    let (before, after) = log.split_at(approved);
    assert_eq!(of(before, "step.start").len(), of(before, "step.end").len(), "nothing is under way any more");
    assert_eq!(of(before, "step.end").len(), 14, "all but the watchdog and what stands behind the gate");
    assert_eq!(of(after, "step.start"), ["publish"]);
    assert_eq!(of(after, "step.end"), ["publish"]);
}

#[test]
fn for_programs_it_is_one_object() {
    let p = Project::empty();
    let result = p.json("demo here");
    assert_eq!((&result["ok"], &result["state"]), (&true.into(), &"done".into()));
    assert_eq!(result["runs"].as_array().unwrap().len(), 2);
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let p = Project::empty();
    p.write("notes.txt", "mine");
    let ran = p.exits(7, "demo .");
    assert!(
        ran.stderr.contains("is not empty") && ran.stderr.contains("name a new folder"),
        "{}",
        ran.stderr
    );
    assert!(!p.path("").exists());
}

#[test]
fn its_plan_makes_nothing() {
    let p = Project::empty();
    assert!(p.ok("demo here --dry-run").contains("gate insert review"));
    assert!(!p.root().join("here").exists());
}
