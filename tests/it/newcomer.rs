//! What somebody types who has never seen it: each mistake is told with what to do.

use std::fs;

use crate::support::Project;

#[test]
fn a_run_of_what_may_start_now_says_where_to_look_when_nothing_may() {
    let p = Project::new();
    p.ok("step add a -- false");
    p.exits(1, "run all");
    assert!(p.ok("run runnable").contains("Nothing could start now: seqctl status shows what waits"));
}

#[test]
fn a_folder_for_temporary_files_that_is_not_there_fails_no_step() {
    let mut p = Project::new();
    p.export("TMPDIR", "/nowhere/at/all");
    p.ok("step add a -- true");
    p.ok("run all");
}

#[test]
fn a_limit_of_nothing_lists_everything() {
    let p = Project::new();
    p.ok("step add a -- true");
    p.ok("run all");
    assert_eq!(p.json("runs list --limit 0")["runs"].as_array().unwrap().len(), 1);
    assert!(p.ok("history --limit 0").contains("seqctl step add a -- true"));
}

#[test]
fn what_is_no_number_no_file_or_no_folder_is_told_with_what_to_do() {
    let p = Project::new();
    fs::write(p.root().join("file"), "").unwrap();
    for (code, line, told) in [
        (2, "step add a --timeout soon -- true", "tip: it takes a whole number that is not below 0"),
        (2, "step add a --depends-on plan -- true", "hint: add that first, or leave it out here"),
        (4, "import .", "it is a folder"),
        (8, "--root file status", "hint: --root names the folder of a project"),
        (8, "--root nowhere status", "hint: --root names the folder of a project"),
    ] {
        let said = p.exits(code, line).stderr;
        assert!(said.contains(told), "{line}: {said}");
    }
}

#[test]
fn a_project_without_a_name_is_called_as_its_folder() {
    let p = Project::empty();
    assert!(p.ok("init ''").contains("Made project `p`"));
}

#[test]
fn a_value_that_looks_like_an_option_is_told_how_it_is_written() {
    let p = Project::new();
    for line in [
        "runs list --limit -1",
        "audit list --offset -1",
        "history --limit -1",
        "runs prune --keep -1",
        "run all --max-concurrent -1",
        "run all --timeout -1",
        "budget set --tokens -1",
        "budget set --usd -1",
        "logs a --attempt -1",
        "status --lock-timeout -1",
        "mprocs open --control-port -1",
    ] {
        let flag = line.split(' ').find(|word| word.starts_with("--")).unwrap();
        let told = p.exits(2, line).stderr;
        assert!(told.starts_with(&format!("error: invalid value '-1' for '{flag}")), "{line}: {told}");
    }
    p.ok("step add a -- true");
    for (line, tip) in [
        ("step edit a --lane -x", "tip: a value that begins with `-` is written with `=`: --lane=-x"),
        ("step edit a --name --x", "tip: a value that begins with `-` is written with `=`: --name=--x"),
    ] {
        let told = p.exits(2, line).stderr;
        assert!(told.contains(tip), "{line}: {told}");
    }
    let json = p.json("step edit a --lane -x");
    assert!(json["error"]["hint"].as_str().unwrap().contains("--lane=-x"), "{json}");
    p.ok("step edit a --lane=-x");
}

#[test]
fn a_run_and_a_step_that_are_not_there_are_named_as_such_when_a_log_is_asked_for() {
    let p = Project::new();
    p.ok("step add a -- true");
    p.ok("step add b -- true");
    let ran = p.json("run step a")["run_id"].as_str().unwrap().to_owned();
    let no_run = p.exits(4, "logs a --run 20200101T000000Z-0000").stderr;
    assert!(no_run.contains("there is no run 20200101T000000Z-0000"), "{no_run}");
    assert!(no_run.contains("`seqctl runs list` shows all runs"), "{no_run}");
    assert!(p.exits(4, &format!("logs aa --run {ran}")).stderr.contains("there is no step `aa`"));
    assert!(p.exits(4, &format!("logs b --run {ran}")).stderr.contains("step `b` left nothing in run"));
}

#[test]
fn a_project_is_not_made_again_and_nothing_of_it_is_changed_by_trying() {
    let p = Project::new();
    fs::remove_dir_all(p.path("templates")).unwrap();
    assert!(p.exits(7, "init").stderr.contains("is a ThreadOS project already"));
    assert!(!p.path("templates").exists());
    let tried = p.entries("init").pop().unwrap();
    assert_eq!((&tried["result"], &tried["payload"]["code"]), (&"error".into(), &"PROJECT_EXISTS".into()));
    p.ok("step add a -- sh -c 'seqctl init; echo $? > code'");
    p.ok("run all");
    assert_eq!(fs::read_to_string(p.root().join("code")).unwrap(), "5\n");
    let tried = p.entries("init").pop().unwrap();
    assert_eq!((&tried["result"], &tried["actor"]), (&"denied".into(), &"orchestrator".into()));
}
