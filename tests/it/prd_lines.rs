//! Every command line printed in sections 5.1 and 5.2 of the product requirements runs as printed, with its
//! placeholders filled in.

use crate::mprocs_terminal::is_selected;
use crate::support::{Project, Ran, finish};
use crate::terminal_kit::{Kind, Terminal};

/// Steps `a`, `b` and `c`, of which `b` comes after `a`, a gate `g` and a group `pair` of `d` and `e`.
fn project() -> Project {
    let p = Project::new();
    for id in ["a", "b", "c", "d", "e"] {
        p.ok(&format!("step add {id} -- sleep 0"));
    }
    p.ok("dep add b a");
    p.ok("gate insert g --after a --before c");
    p.ok("group parallelize d e --id pair");
    p
}

/// Runs a line as it is printed; `filled` are its placeholders in their order. A person's yes is given beforehand.
fn run(p: &Project, printed: &str, filled: &[&str]) -> Ran {
    let mut filled = filled.iter();
    let words: Vec<&str> = printed
        .split(' ')
        .map(|word| if word.starts_with('<') { filled.next().unwrap() } else { word })
        .collect();
    assert!(filled.next().is_none(), "{printed} has fewer placeholders");
    p.run(&format!("--yes {}", words.join(" ").strip_prefix("seqctl ").unwrap()))
}

#[track_caller]
fn works(p: &Project, printed: &str, filled: &[&str]) {
    let ran = run(p, printed, filled);
    assert_eq!(ran.code, 0, "{printed}\n{ran:#?}");
}

#[test]
fn base_parallel_and_long_threads_are_made_by_the_lines_of_5_1() {
    let p = project();
    works(&p, "seqctl step add <id> --type base --model claude-code", &["build"]);
    works(&p, "seqctl group parallelize <stepIds...>", &["b c"]);
    works(&p, "seqctl step add <id> --type p --fanout 3", &["review"]);
    works(&p, "seqctl step add <id> --type l --timeout 7200000", &["long"]);
    works(&p, "seqctl step add <watchdogId> --type base --watchdog-for <id>", &["dog", "long"]);
    assert_eq!(p.json("step show review-3")["step"]["group_id"], "review");
    assert_eq!(p.json("step show dog")["step"]["watchdog_for"], "long");
    assert!(p.path("prompts/build.md").exists());
}

#[test]
fn fusions_and_orchestrators_are_made_by_the_lines_of_5_1() {
    let p = project();
    works(&p, "seqctl fusion create --candidates <stepIds...> --synth <synthId>", &["b c", "best"]);
    works(&p, "seqctl step add <id> --type b --orchestrator", &["lead"]);
    assert_eq!(p.json("step show best")["step"]["fusion_candidates"], serde_json::json!(["b", "c"]));
    assert_eq!(p.json("step show lead")["step"]["orchestrator"], true);
}

#[test]
fn a_fusion_is_made_by_the_line_of_5_2() {
    let p = project();
    works(&p, "seqctl fusion create <ids...>", &["b c"]);
    assert_eq!(p.json("step show b-synth")["step"]["fusion_synth"], true);
}

#[test]
fn gates_are_made_and_decided_by_the_lines_of_5_1() {
    let p = project();
    works(&p, "seqctl gate insert <gateId> --after <stepId> --before <stepId>", &["look", "a", "b"]);
    p.ok("run step a");
    works(&p, "seqctl gate approve <gateId>", &["look"]);
    works(&p, "seqctl gate block <gateId>", &["look"]);
    assert_eq!((p.status("look"), p.status("b")), ("BLOCKED".into(), "BLOCKED".into()));
}

#[test]
fn the_sequence_is_edited_by_the_lines_of_5_2() {
    let p = project();
    works(&p, "seqctl dep add <stepId> <depId>", &["c", "b"]);
    works(&p, "seqctl dep rm <stepId> <depId>", &["c", "b"]);
    works(&p, "seqctl group parallelize <ids...>", &["b c"]);
    works(&p, "seqctl gate insert <id>", &["later"]);
    works(&p, "seqctl gate approve <id>", &["later"]);
    works(&p, "seqctl gate block <id>", &["later"]);
    assert_eq!(p.json("step show c")["step"]["group_id"], "b-group");
}

#[test]
fn steps_are_run_stopped_and_restarted_by_the_lines_of_5_2() {
    let p = project();
    works(&p, "seqctl run group <groupId>", &["pair"]);
    assert_eq!(run(&p, "seqctl run all", &[]).code, 10, "the gate waits");
    p.ok("step add slow -- sleep 300");
    let running = p.start("run step slow");
    p.wait_for("slow", "RUNNING");
    works(&p, "seqctl stop <stepId>", &["slow"]);
    assert_eq!(finish(running).code, 1);
    works(&p, "seqctl restart <stepId>", &["d"]);
    assert_eq!((p.status("slow"), p.status("d")), ("FAILED".into(), "DONE".into()));
}

#[test]
fn mprocs_is_opened_and_shows_a_step_by_the_lines_of_5_2() {
    let p = project();
    let terminal = Terminal::open(Kind::Own, &p, "seqctl mprocs open").unwrap();
    terminal.wait_until("the session on the terminal", |screen| is_selected(screen, "a"));
    works(&p, "seqctl mprocs select <stepId>", &["d"]);
    terminal.wait_until("the step in front", |screen| is_selected(screen, "d"));
    p.ok("mprocs close");
}
