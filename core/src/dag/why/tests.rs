use super::*;
use crate::dag::testing::{sequence, state};
use crate::model::FailPolicy;

/// The roots as `cause | line`.
fn roots(seq: &Sequence, now: &str, id: &str) -> Vec<String> {
    let roots = why(seq, &state(now), id).unwrap().roots;
    roots.iter().map(|r| format!("{} | {}", r.cause, r.free.as_deref().unwrap_or("-"))).collect()
}

#[test]
fn the_holds_are_direct_the_roots_are_where_it_begins() {
    let seq = sequence("a; b: a; c: b g; gate g: b; gate h");
    let answer = why(&seq, &state("a=failed"), "c").unwrap();
    assert_eq!(answer.status, "BLOCKED");
    let held = Hold::Dependency {
        id: "b".parse().unwrap(),
        status: StepStatus::Blocked,
        reason: Some("waits for a (failed)".into()),
    };
    assert_eq!(answer.holds[0], held);
    assert!(matches!(&answer.holds[1], Hold::Gate { status: GateStatus::Pending, .. }));
    assert_eq!(roots(&seq, "a=failed", "c"), ["a failed | seqctl restart a"]);
    assert_eq!(roots(&seq, "", "c"), ["a is ready | seqctl run step a"]);
    assert_eq!(roots(&seq, "a=running", "c"), ["a is running | -"]);
    assert_eq!(roots(&seq, "a=review", "c"), ["a needs a review | seqctl step accept a"]);
    assert_eq!(roots(&seq, "a=done b=done", "c"), ["gate g is pending | seqctl gate approve g"]);
    assert_eq!(why(&seq, &state(""), "h").unwrap().holds, [Hold::Decision]);
}

#[test]
fn what_holds_nothing_back_says_so() {
    let seq = sequence("a");
    assert_eq!(why(&seq, &state("a=done"), "a").unwrap().holds, []);
    assert_eq!(roots(&seq, "a=done", "a"), [""; 0]);
    assert_eq!(why(&seq, &state(""), "nope"), None);
}

#[test]
fn groups_point_at_the_member_that_matters() {
    let mut seq = sequence("a; b; z: a b");
    for step in seq.steps.iter_mut().take(2) {
        step.group_id = Some("team".parse().unwrap());
    }
    let answer = why(&seq, &state("a=failed"), "b").unwrap();
    assert!(matches!(&answer.holds[0], Hold::GroupFailed { member, .. } if member.as_str() == "a"));
    assert_eq!(roots(&seq, "a=failed", "b"), ["a failed | seqctl restart a"]);
    seq.steps[0].fail_policy = Some(FailPolicy::BestEffort);
    assert_eq!(roots(&seq, "a=failed b=running", "z"), ["b is running | -"]);
}

#[test]
fn a_step_that_waits_for_its_next_attempt_is_freed_by_a_restart() {
    let seq = sequence("a; b: a");
    let mut now = state("a=idle");
    let waiting = now.steps.get_mut("a").unwrap();
    waiting.not_before = Some(chrono::DateTime::UNIX_EPOCH);
    waiting.reason = Some("exit code 1; attempt 2 of 3".into());
    let root = why(&seq, &now, "b").unwrap().roots.remove(0);
    assert_eq!(root.cause, "a waits for its next attempt: exit code 1; attempt 2 of 3");
    assert_eq!(root.free.as_deref(), Some("seqctl restart a"));
}

#[test]
fn a_child_waits_for_its_orchestrator() {
    let mut seq = sequence("lead; child");
    seq.steps[1].spawned_by = Some("lead".parse().unwrap());
    let held = |now: &str| why(&seq, &state(now), "child").unwrap().holds;
    let lead: StepId = "lead".parse().unwrap();
    assert_eq!(held("lead=running"), [Hold::Orchestrator { lead: lead.clone(), running: true }]);
    assert_eq!(held("lead=done"), [Hold::Orchestrator { lead, running: false }]);
    assert_eq!(
        roots(&seq, "lead=running", "child"),
        ["child is ready and waits for its orchestrator lead to run it | seqctl run step child"]
    );
}

#[test]
fn faults_of_the_definition_are_named() {
    let seq = sequence("a: b; b: a; c: nope");
    assert_eq!(roots(&seq, "", "a"), ["circular dependency: a -> b -> a | seqctl validate"]);
    assert_eq!(roots(&seq, "", "c"), ["c depends on nope, which does not exist | seqctl validate"]);
}
