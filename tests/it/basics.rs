//! The shortest way through: make a project, add steps, run them, look.

use crate::support::Project;

#[test]
fn a_sequence_runs_in_the_order_of_its_dependencies() {
    let p = Project::new();
    p.ok("step add a -- sh -c 'echo a >> order'");
    p.ok("step add b --depends-on a -- sh -c 'echo b >> order'");
    p.ok("step add c --depends-on b -- sh -c 'echo c >> order'");
    p.ok("run all");
    assert_eq!(std::fs::read_to_string(p.root().join("order")).unwrap(), "a\nb\nc\n");
    assert_eq!(["a", "b", "c"].map(|id| p.status(id)), ["DONE", "DONE", "DONE"]);
    assert!(p.read("sequence.yaml").contains("status: DONE"));
}

#[test]
fn a_failed_step_holds_what_follows_and_the_exit_code_says_so() {
    let p = Project::new();
    p.ok("step add a -- false");
    p.ok("step add b --depends-on a -- true");
    p.exits(1, "run all");
    assert_eq!(["a", "b"].map(|id| p.status(id)), ["FAILED", "BLOCKED"]);
    assert_eq!(p.reason("a"), "exit code 1");
}

#[test]
fn a_step_can_be_stopped() {
    let p = Project::new();
    p.ok("step add a -- sleep 600");
    let run = p.start("run all");
    p.wait_for("a", "RUNNING");
    p.ok("stop a --yes");
    assert_eq!(p.status("a"), "FAILED");
    assert_eq!(p.reason("a"), "stopped by user");
    assert_eq!(crate::support::finish(run).code, 1);
}
