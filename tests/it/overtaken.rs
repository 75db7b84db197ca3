//! What others change just as a step is about to start: it starts as what was acknowledged says, or not at all.

use std::fs::File;
use std::os::unix::fs::MetadataExt as _;

use crate::engine_kit::{HOLD, go, policy, project, sequence, starts, step, traced, wait_for_starts};
use crate::support::{Project, finish, kill, wait};

/// The processes that wait for the lock of a project.
fn waiters(lock: &File) -> Vec<u32> {
    let inode = format!(":{}", lock.metadata().unwrap().ino());
    let table = std::fs::read_to_string("/proc/locks").unwrap();
    let pid = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let place = words.iter().position(|word| word.ends_with(&inode))?;
        words[place - 1].parse().ok()
    };
    table.lines().filter(|line| line.contains(" -> ")).filter_map(pid).collect()
}

/// Has `a` end while a command stands in line for the lock before the engine, which is about to start `b`; whether
/// the command was acknowledged.
fn just_before_b(p: &Project, line: &str) -> bool {
    let run = p.start("run all");
    wait_for_starts(p, 1);
    let engine = p.engine().expect("an engine lives");
    let lock = File::open(p.path("state/lock")).unwrap();
    lock.lock().unwrap();
    // It may want to write the statuses: one that is stopped stands in no line.
    kill(engine, "STOP");
    wait("the engine to stand in no line", || !waiters(&lock).contains(&engine));
    let command = p.start(&format!("--lock-timeout 60000 {line}"));
    wait("the command to stand in line", || waiters(&lock).contains(&command.id()));
    kill(engine, "CONT");
    go(p);
    wait("the engine to stand behind it", || waiters(&lock).contains(&engine));
    lock.unlock().unwrap();
    let acknowledged = finish(command).code == 0;
    finish(run);
    acknowledged
}

#[test]
fn a_step_that_is_edited_just_before_it_starts_runs_what_was_acknowledged() {
    let p = project(&[traced("a", &[], HOLD), step("b", &["a"], "echo old > said")]);
    let edited = just_before_b(&p, "step edit b -- sh -c 'echo new > said'");
    let said = std::fs::read_to_string(p.root().join("said")).unwrap();
    assert_eq!(said, if edited { "new\n" } else { "old\n" });
}

#[test]
fn a_step_whose_gate_is_blocked_just_before_it_starts_does_not_start() {
    let p = project(&[]);
    let steps = [traced("a", &[], HOLD), traced("b", &["a", "g"], "true")];
    sequence(&p, &steps, "  - id: g\n    name: g\n    depends_on: []\n");
    p.ok("gate approve g");
    let blocked = just_before_b(&p, "gate block g --yes");
    assert_eq!(starts(&p, "b"), usize::from(!blocked));
    assert_eq!(p.status("b"), if blocked { "BLOCKED" } else { "DONE" });
}

#[test]
fn a_program_that_is_denied_just_before_a_step_starts_it_is_not_started() {
    let p = project(&[traced("a", &[], HOLD), traced("b", &["a"], "true")]);
    policy(&p, "");
    let denied = just_before_b(&p, "policy deny sh");
    assert_eq!(starts(&p, "b"), usize::from(!denied));
    assert_eq!(p.status("b"), if denied { "FAILED" } else { "DONE" });
}

#[test]
fn a_start_that_was_taken_back_is_the_first_attempt_when_it_comes() {
    let p = project(&[traced("a", &[], HOLD), traced("b", &["a"], "true")]);
    just_before_b(&p, "step edit a --lane x");
    assert_eq!((starts(&p, "b"), p.status("b")), (1, "DONE".into()));
    let all = p.entries("step.start");
    let of_b: Vec<_> = all.iter().filter(|e| e["target"] == "b").collect();
    assert_eq!((of_b.len(), &of_b[0]["payload"]["attempt"]), (1, &1.into()));
}
