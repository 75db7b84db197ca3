//! Steps with a terminal of their own: seen in their pane, answered there, and captured all the same.

use crate::mprocs_kit::Session;
use crate::support::{Project, finish, wait};

/// An interactive step that asks for a word, on a terminal and nothing else.
fn asks() -> Project {
    let p = Project::new();
    p.write(
        "ask.sh",
        "test -t 0 && test -t 1 && test -t 2 || exit 9\nstty size\nprintf 'your word? '\nread -r word\necho \"heard $word\"\n",
    );
    p.ok("step add ask --interactive -- sh ask.sh");
    p
}

#[test]
fn what_is_typed_into_its_pane_reaches_it_and_what_it_prints_is_kept() {
    let p = asks();
    let s = Session::open(&p);
    let run = p.start("run all");
    wait("the question", || p.run("logs ask").stdout.contains("your word?"));
    p.ok("mprocs select ask");
    s.wait_for_text("your word?");
    for key in ["y", "e", "s", "<Enter>"] {
        p.ok(&format!("mprocs send-key ask '{key}'"));
    }
    let ran = finish(run);
    assert_eq!(ran.code, 0, "{ran:#?}");
    let log = p.ok("logs ask");
    assert!(log.contains("heard yes"), "{log:?}");
    s.wait_for_text("ask · DONE");
    assert_eq!(p.step_record("ask")["executor"], "mprocs");
}

#[test]
fn where_the_policy_asks_for_a_yes_no_key_is_sent_without_one() {
    let p = asks();
    let text = p.read("policy.yaml");
    let (before, after) = text.split_once("confirmation_required:").unwrap();
    p.write(".threados/policy.yaml", &format!("{before}confirmation_required:\n  - mprocs.send-key{after}"));
    let _s = Session::open(&p);
    let run = p.start("run all");
    wait("the question", || p.run("logs ask").stdout.contains("your word?"));
    assert!(p.exits(6, "mprocs send-key ask n").stderr.contains("--yes"));
    for key in ["y", "<Enter>"] {
        p.ok(&format!("mprocs send-key ask '{key}' --yes"));
    }
    assert_eq!(finish(run).code, 0);
    assert!(p.ok("logs ask").contains("heard y"), "{}", p.ok("logs ask"));
}

#[test]
fn an_agent_that_is_called_for_its_result_cannot_be_interactive_and_is_told_how_it_can() {
    let p = Project::new();
    p.ok("step add talk --interactive --model claude-code --prompt-text 'Hello'");
    let _s = Session::open(&p);
    let ran = p.exits(3, "run all --executor mprocs");
    assert!(ran.stderr.contains("`talk` is interactive, and its model `claude-code` is not"), "{ran:#?}");
    assert!(ran.stderr.contains("--interactive -- claude"), "{ran:#?}");
    assert!(p.entries("step.start").is_empty());
}

#[test]
fn without_its_terminal_it_ends_and_says_why() {
    let p = asks();
    let s = Session::open(&p);
    let run = p.start("run all");
    wait("the question", || p.run("logs ask").stdout.contains("your word?"));
    s.kill();
    assert_eq!(finish(run).code, 1);
    assert!(p.reason("ask").starts_with("mprocs_exited"), "{}", p.reason("ask"));
    assert_eq!(p.status("ask"), "FAILED");
    let ran = p.exits(8, "run all --failed");
    assert!(ran.stderr.contains("seqctl mprocs open"), "{ran:#?}");
    p.exits(8, "run all --failed --executor direct");
}
