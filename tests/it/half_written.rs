//! A policy that an editor is in the middle of saving: it empties the file first, and an empty one is the defaults.

use crate::engine_kit::{HOLD, go, project, step, traced, wait_for_starts};
use crate::support::{Project, finish, wait};

/// Saves the policy as an editor that takes its time does; what it has written so far is a policy, too. Meanwhile step
/// `a` ends, and `b` could start.
fn save_slowly(p: &Project, whole: &str) {
    let mut written = String::new();
    go(p);
    wait("the first to end", || {
        p.write(".threados/policy.yaml", &written);
        written += "#\n";
        p.entries("step.end").iter().any(|end| end["target"] == "a")
    });
    p.write(".threados/policy.yaml", whole);
}

#[test]
fn it_denies_no_step() {
    let p = project(&[traced("a", &[], HOLD), traced("b", &["a"], "true")]);
    let run = p.start("run all");
    wait_for_starts(&p, 1);
    // The defaults list no shell.
    save_slowly(&p, &p.read("policy.yaml"));
    let ran = finish(run);
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert!(p.entries("step.start").iter().all(|start| start["result"] == "success"));
}

#[test]
fn nor_does_it_let_one_through() {
    let status = |id: &str| step(id, &["a"], "").replace("[sh, -c, \"\"]", "[git, --version]");
    let p = project(&[traced("a", &[], HOLD), status("b")]);
    let good = p.read("policy.yaml");
    p.write(".threados/policy.yaml", &good.replace("env]", "env, git]"));
    let run = p.start("run all");
    wait_for_starts(&p, 1);
    // The defaults list git.
    save_slowly(&p, &good);
    assert_eq!(finish(run).code, 1);
    assert!(p.reason("b").starts_with("policy: the program `git`"), "{}", p.reason("b"));
}

#[test]
fn one_that_a_hand_has_saved_holds_within_a_second_however_it_goes_on() {
    let p = project(&[traced("a", &[], HOLD), traced("b", &["a"], "true")]);
    let run = p.start("run all");
    wait_for_starts(&p, 1);
    let mut policy = p.read("policy.yaml");
    go(&p);
    wait("b to start although the file never stands still", || {
        policy += "#\n";
        p.write(".threados/policy.yaml", &policy);
        p.status("b") == "DONE"
    });
    assert_eq!(finish(run).code, 0);
}
