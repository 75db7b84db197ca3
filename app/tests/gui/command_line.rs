//! What the program says where no window can be opened.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;
use threados_core::workspace::{InitOptions, Workspace};

use crate::project::end_all;

fn threados(args: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_threados"));
    command.args(args).current_dir(folder).env_clear().env("HOME", folder).output().unwrap()
}

#[track_caller]
fn check(output: &Output, code: i32, words: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    for word in words {
        assert!(said.contains(word), "{word} is not in: {said}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

/// The sequence of the project in `folder`, among whatever else stands there.
fn sequence_below(folder: &Path) -> String {
    let here: Vec<_> = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()).collect();
    let read = |path: &PathBuf| std::fs::read_to_string(path.join(".threados/sequence.yaml")).ok();
    here.iter().find_map(read).unwrap_or_else(|| panic!("no project in {here:?}"))
}

#[test]
fn without_a_project_it_says_so() {
    let dir = TempDir::new().unwrap();
    check(&threados(&[], dir.path()), 4, &["no .threados in", "seqctl init"]);
    check(&threados(&["--root", "nowhere"], dir.path()), 8, &["nowhere"]);
}

#[test]
fn inside_a_step_it_is_refused() {
    let dir = TempDir::new().unwrap();
    Workspace::init(dir.path(), &InitOptions::default()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_threados"));
    command.current_dir(dir.path()).env_clear().env("HOME", dir.path()).env("THREADOS_ACTOR", "orchestrator");
    check(&command.output().unwrap(), 5, &["not opened inside a step", "seqctl"]);
}

#[test]
fn without_a_display_it_says_so() {
    let dir = TempDir::new().unwrap();
    Workspace::init(dir.path(), &InitOptions::default()).unwrap();
    check(&threados(&[], dir.path()), 8, &["no display", "DISPLAY", "status --watch"]);
}

#[test]
fn on_a_display_that_is_not_there_it_says_so() {
    let dir = TempDir::new().unwrap();
    Workspace::init(dir.path(), &InitOptions::default()).unwrap();
    for (variable, display) in [("DISPLAY", ":4242"), ("WAYLAND_DISPLAY", "nowhere")] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_threados"));
        command.current_dir(dir.path()).env_clear().env("HOME", dir.path()).env(variable, display);
        check(&command.output().unwrap(), 8, &["the window cannot be shown", "every step goes on"]);
    }
}

#[test]
fn a_word_it_does_not_know_is_wrong_usage_and_help_shows_examples() {
    let dir = TempDir::new().unwrap();
    check(&threados(&["--rot"], dir.path()), 2, &["--rot", "--root"]);
    let help = threados(&["--help"], dir.path());
    assert!(String::from_utf8_lossy(&help.stdout).contains("threados --root"), "{help:?}");
}

#[test]
fn installed_alone_it_is_seqctl_too_and_its_steps_find_it_by_that_name() {
    let dir = tempfile::Builder::new().prefix("tos").tempdir().unwrap();
    let alone = dir.path().join("threados");
    std::fs::copy(env!("CARGO_BIN_EXE_threados"), &alone).unwrap();
    let at = |folder: &str| {
        let path = dir.path().join(folder);
        std::fs::create_dir_all(&path).unwrap();
        path
    };
    let mut command = Command::new(&alone);
    command.args(["demo", "--json"]).current_dir(dir.path()).env_clear().env("PATH", "/usr/bin:/bin");
    command.env("HOME", at("home")).env("TMPDIR", at("tmp")).env("XDG_RUNTIME_DIR", at("run"));
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    end_all(dir.path());
    assert_eq!(output.status.code(), Some(0), "{said} {}", String::from_utf8_lossy(&output.stderr));
    // The orchestrator of the demo adds them by `seqctl`.
    let sequence = sequence_below(&dir.path().join("tmp"));
    for step in ["look-front", "look-back"] {
        let line = format!("id: {step}");
        assert!(sequence.contains(&line), "{step} is not in {sequence}");
    }
    assert!(said.contains("\"state\":\"done\""), "{said}");
}
