use std::process::Stdio;

use super::*;
use crate::log::testing::Project;
use crate::store::testing;

const LONG: Option<Duration> = Some(Duration::from_secs(20));

#[test]
fn it_gives_what_is_appended_from_now_on() {
    let p = Project::new();
    p.append_all(&["a", "b"]);
    let mut follower = Follower::new(&p.paths).unwrap();
    assert_eq!(follower.entries().unwrap(), []);
    assert_eq!(follower.wait(Some(Duration::ZERO)).unwrap(), []);
    let written = p.append_all(&["c"]);
    assert_eq!(follower.wait(LONG).unwrap(), written);
    assert_eq!(Follower::after(&p.paths, 1).unwrap().entries().unwrap().len(), 2);
}

#[test]
fn a_follower_waits_for_a_log_that_is_not_there_yet() {
    let p = Project::new();
    let mut follower = Follower::new(&p.paths).unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| follower.wait(LONG).unwrap());
        p.append_all(&["a"]);
        assert_eq!(waiting.join().unwrap().len(), 1);
    });
}

#[test]
fn another_process_is_followed_over_rotation_without_a_gap() {
    let p = Project::new();
    let mut follower = Follower::new(&p.paths).unwrap();
    let mut child = testing::child("log::writer::tests::child_appends");
    child.env("THREADOS_TEST_FILE", &p.paths.root).env("THREADOS_TEST_ROTATE", "2000");
    let mut child = child.stdout(Stdio::null()).spawn().unwrap();
    let mut seen = Vec::new();
    while seen.iter().filter(|e: &&Entry| e.action == "step.add").count() < 100 {
        let new = follower.wait(LONG).unwrap();
        assert!(!new.is_empty(), "the child stopped after {} entries", seen.len());
        seen.extend(new);
    }
    assert!(child.wait().unwrap().success());
    assert!(p.rotated() > 5);
    let seqs: Vec<u64> = seen.iter().map(|e| e.seq).collect();
    assert_eq!(seqs, (1..=seen.len() as u64).collect::<Vec<_>>());
    assert!(!follower.take_lost());
}

#[test]
fn half_a_line_is_given_when_it_is_whole() {
    let p = Project::new();
    p.append_all(&["a", "b"]);
    let whole = p.bytes();
    p.damage(|bytes| bytes.truncate(whole.len() - 5));
    let mut follower = Follower::after(&p.paths, 0).unwrap();
    assert_eq!(follower.entries().unwrap().len(), 1);
    p.damage(|bytes| bytes.clone_from(&whole));
    assert_eq!(follower.entries().unwrap().len(), 1);
}

#[test]
fn a_log_that_was_replaced_is_told() {
    let p = Project::new();
    p.append_all(&["a", "b", "c"]);
    let mut follower = Follower::new(&p.paths).unwrap();
    let other = Project::new();
    other.append_all(&["x", "y", "z", "w"]);
    std::fs::copy(&other.paths.audit_log, p.paths.threados.join("restored")).unwrap();
    std::fs::rename(p.paths.threados.join("restored"), &p.paths.audit_log).unwrap();
    assert_eq!(follower.wait(LONG).unwrap().len(), 4);
    assert!(follower.take_lost());
}
