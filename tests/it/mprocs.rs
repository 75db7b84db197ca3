//! The real mprocs: steps run in its panes, and its death is no step's death.

use crate::mprocs_kit::Session;
use crate::support::{Project, finish, lives, wait};

#[test]
fn a_step_runs_in_its_pane_and_its_record_says_so() {
    let p = Project::new();
    p.ok("step add hello -- sh -c 'echo hello from the pane; exit 3'");
    let s = Session::open(&p);
    let ran = p.exits(1, "run all --executor mprocs");
    assert!(ran.stdout.contains("exit code 3") || ran.stderr.contains("exit code 3"), "{ran:#?}");
    assert_eq!(p.step_record("hello")["executor"], "mprocs");
    assert_eq!(p.step_record("hello")["exit_code"], 3);
    assert_eq!(p.ok("logs hello"), "hello from the pane\n");
    p.ok("mprocs select hello");
    s.wait_for_text("hello from the pane");
    s.wait_for_text("FAILED: exit code 3");
}

#[test]
fn without_being_asked_a_run_takes_the_session_that_is_up() {
    let p = Project::new();
    p.ok("step add a -- true");
    p.ok("run all");
    assert_eq!(p.step_record("a")["executor"], "direct");
    let _s = Session::open(&p);
    p.ok("run all --from a");
    assert_eq!(p.step_record("a")["executor"], "mprocs");
    p.ok("run all --from a --executor direct");
    assert_eq!(p.step_record("a")["executor"], "direct");
    p.ok("mprocs close");
    p.ok("run all --from a");
    assert_eq!(p.step_record("a")["executor"], "direct");
}

#[test]
fn without_a_session_asking_for_it_is_refused_with_what_to_do() {
    let p = Project::new();
    p.ok("step add a -- true");
    let ran = p.exits(8, "run all --executor mprocs");
    assert!(ran.stderr.contains("no mprocs session"), "{ran:#?}");
    assert!(ran.stderr.contains("seqctl mprocs open"), "{ran:#?}");
    assert_eq!(p.status("a"), "READY");
}

#[test]
fn mprocs_killed_while_twenty_steps_run_loses_none() {
    let p = Project::new();
    for i in 0..20 {
        p.ok(&format!(
            "step add s{i} -- sh -c 'echo begun; while [ ! -e go ]; do sleep 0.05; done; echo done {i}'"
        ));
    }
    let s = Session::open(&p);
    let run = p.start("run all --executor mprocs");
    for i in 0..20 {
        wait("all of them to run", || p.run(&format!("logs s{i}")).stdout.contains("begun"));
    }
    s.kill();
    wait("mprocs to be gone", || !lives(s.pid));
    p.write("go", "");
    let ran = finish(run);
    assert_eq!(ran.code, 0, "{ran:#?}");
    for i in 0..20 {
        assert_eq!(p.ok(&format!("logs s{i}")), format!("begun\ndone {i}\n"));
        assert_eq!(p.step_record(&format!("s{i}"))["executor"], "mprocs");
    }
    assert_eq!(p.entries("step.start").len(), 20, "none was started twice");
    assert_eq!(p.entries("step.end").len(), 20);
    wait("its panes to be gone, too", || p.processes().is_empty());
}

#[test]
fn what_a_step_prints_draws_only_text_in_its_pane() {
    let p = Project::new();
    p.write("rude.sh", "echo first; printf '\\033[2J\\033[Hsecond\\033]0;owned\\007\\033[31mthird\\n'\n");
    p.ok("step add rude -- sh rude.sh");
    let s = Session::open(&p);
    p.ok("run all --executor mprocs");
    p.ok("mprocs select rude");
    s.wait_for_text("rude · DONE");
    let text = s.text();
    let row =
        |word: &str| text.lines().position(|l| l.contains(word)).unwrap_or_else(|| panic!("{word}: {text}"));
    assert!(row("rude · attempt 1") < row("first") && row("first") < row("second"), "{text}");
    assert!(!s.connect().screen().unwrap().formatted.contains("31mthird"));
}

#[test]
fn a_step_that_appears_later_stands_in_the_list_by_its_id_and_with_its_status() {
    let p = Project::new();
    p.ok("step add first -- true");
    let s = Session::open(&p);
    p.ok("step add came-later -- sh -c 'exit 3'");
    p.exits(1, "run all --executor mprocs");
    let row =
        |name: &str| s.text().lines().find(|line| line.contains(name)).map(str::to_owned).unwrap_or_default();
    wait("both ends in the list", || row("first").contains("DONE") && row("came-later").contains("FAILED"));
    assert_eq!(s.text().matches("(slot ").count(), 23, "one is called by its step:\n{}", s.text());
    // What is written into the sequence by hand, and what is reset, is seen as well.
    p.ok("reset --all --yes");
    wait("both reset", || row("first").contains("READY") && row("came-later").contains("READY"));
}

#[test]
fn no_port_is_open_while_a_session_is_up() {
    let p = Project::new();
    p.ok("step add a -- sleep 600");
    let s = Session::open(&p);
    p.ok("run all --detach");
    p.wait_for("a", "RUNNING");
    assert_eq!(s.listening(), Vec::<String>::new());
    p.ok("stop a --yes");
}
