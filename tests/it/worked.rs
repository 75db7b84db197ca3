//! The worked examples of `cli/README.md`, typed as they are printed.

use std::path::Path;
use std::process::Command;

use crate::support::{Project, wait};

/// The fenced blocks below the heading of the examples, by their titles.
fn examples() -> Vec<(String, Vec<String>)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cli/README.md");
    let text = std::fs::read_to_string(file).unwrap();
    let part = text.split("\n## Worked examples\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let blocks = part.split("\n### ").skip(1).map(|block| {
        let title = block.lines().next().unwrap().to_owned();
        let lines = block.split("```sh\n").nth(1).unwrap().split("\n```").next().unwrap();
        (title, lines.lines().map(str::to_owned).collect())
    });
    blocks.collect()
}

/// Types a block into a shell; each line has to end with the exit code it names.
fn run(title: &str, must_print: &[&str]) {
    let examples = examples();
    let (_, lines) = examples.iter().find(|(t, _)| t.starts_with(title)).unwrap();
    let mut script = String::new();
    for line in lines {
        let code = line.split("# exits ").nth(1).map_or("0", str::trim);
        script += &format!("{line}\ncode=$?; [ $code -eq {code} ] || {{ echo \"exit $code\"; exit 99; }}\n");
    }
    let told = typed(&script);
    for part in must_print {
        assert!(told.contains(part), "{title}: {part}\n{told}");
    }
}

/// Types a script into a shell, which has to end well; what it printed.
fn typed(script: &str) -> String {
    let p = Project::empty();
    let mut command = Command::new("sh");
    for (name, value) in p.command(&[]).get_envs() {
        command.env(name, value.unwrap());
    }
    let out = command.args(["-c", script]).current_dir(p.root()).output().unwrap();
    let told = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{told}");
    wait("the engine to end", || p.engine().is_none());
    told
}

#[test]
fn base() {
    run("Base", &["count DONE"]);
}

#[test]
fn parallel() {
    run("Parallel", &["part 1 of 3", "part 2 of 3", "part 3 of 3"]);
}

#[test]
fn chained() {
    run("Chained", &["publish DONE"]);
}

#[test]
fn fusion() {
    run("Fusion", &["## quick\n\n41\n", "## careful\n\n42\n", "## hasty (FAILED: exit code 3)"]);
}

#[test]
fn orchestrated() {
    run("Orchestrated", &["spawned_by"]);
}

#[test]
fn long_autonomy() {
    run("Long", &["watchdog guard"]);
}

#[test]
fn the_guides_orchestrator_runs_as_it_is_printed() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cli/README.md");
    let text = std::fs::read_to_string(file).unwrap();
    let part = text.split("\n### An orchestrator, worked\n").nth(1).unwrap();
    let script = part.split("```sh\n").nth(1).unwrap().split("\n```").next().unwrap();
    let told = typed(&format!("set -e\n{script}"));
    for said in ["parser written", "mended", "refused with exit 5", "lead"] {
        assert!(told.contains(said), "{said}\n{told}");
    }
}
