//! A broken or missing `sequence.yaml`, a broken `policy.yaml`: what has happened can be read, what runs can be stopped,
//! nothing starts and nothing changes.

use std::fs;

use crate::engine_kit::{HOLD, go, project, starts, step, traced, wait_for_starts_at_least};
use crate::support::{Project, finish};

/// A step that is DONE, and one that runs.
fn at_work() -> Project {
    let p = project(&[
        step("a", &[], "echo hello $SECRET_KEY") + "    env: { SECRET_KEY: fd82hf93hf }\n",
        step("b", &["a"], &format!("echo S b >> trace; {HOLD}")),
    ]);
    p.ok("run all --detach");
    wait_for_starts_at_least(&p, 1);
    p
}

/// What a person needs most just then.
fn can_be_read_and_stopped(p: &Project, broken: &str) {
    for (line, shown) in [
        ("logs a", "hello"),
        ("runs list", "running"),
        ("runs show a", "hello"),
        ("runs show", "running"),
        ("audit list", "step.start"),
        ("stop --all --dry-run", "would stop: b"),
    ] {
        let ran = p.exits(0, line);
        assert!(ran.stdout.contains(shown), "{broken}, {line}: {ran:#?}");
        assert!(!ran.stdout.contains("fd82hf93hf"), "{broken}, {line}: {ran:#?}");
    }
    for line in
        ["run all", "run step b --force --yes", "restart a --yes", "step add c -- true", "reset --all --yes"]
    {
        let ran = p.run(line);
        assert!([3, 5, 8].contains(&ran.code), "{broken}, {line}: {ran:#?}");
    }
    assert_eq!(p.exits(0, "stop --all --yes").stdout, "stopped: b\n", "{broken}");
    assert!(p.wrapper("b").is_none(), "{broken}");
}

#[test]
fn with_a_broken_sequence_everything_can_be_read_and_stopped() {
    let p = at_work();
    p.write(".threados/sequence.yaml", "steps: [\n");
    can_be_read_and_stopped(&p, "sequence");
    let status = p.exits(3, "status");
    assert!(status.stdout.contains("FAILED") && status.stderr.contains("sequence.yaml"), "{status:#?}");
    assert_eq!(p.json("status")["error"]["code"], "INVALID_FILE");
}

#[test]
fn with_a_broken_policy_everything_can_be_read_and_stopped() {
    let p = at_work();
    p.write(".threados/policy.yaml", "mood: [\n");
    can_be_read_and_stopped(&p, "policy");
    p.ok("status");
    p.exits(5, "runs prune --keep 0 --yes");
}

#[test]
fn with_both_broken_everything_can_be_read_and_stopped() {
    let p = at_work();
    p.write(".threados/sequence.yaml", "steps: [\n");
    p.write(".threados/policy.yaml", "mood: [\n");
    can_be_read_and_stopped(&p, "both");
}

#[test]
fn without_a_sequence_everything_can_be_read_and_stopped_also_where_no_engine_lives() {
    let p = at_work();
    crate::engine_kit::kill_engine_and_spawner(&p);
    fs::remove_file(p.path("sequence.yaml")).unwrap();
    can_be_read_and_stopped(&p, "no sequence");
}

#[test]
fn what_a_hand_removed_while_it_runs_can_be_stopped() {
    let p = at_work();
    let text = p.read("sequence.yaml");
    let (before, after) = (text.find("  - id: b").unwrap(), text.find("gates:").unwrap());
    p.write(".threados/sequence.yaml", &(text[..before].to_owned() + &text[after..]));
    assert_eq!(p.ok("stop b --dry-run"), "would stop: b\n");
    assert_eq!(p.ok("stop b --yes"), "stopped: b\n");
}

#[test]
fn a_policy_counts_also_while_the_sequence_is_broken() {
    let p = project(&[traced("a", &[], HOLD), traced("b", &["a"], "true")]);
    let run = p.start("run all");
    wait_for_starts_at_least(&p, 1);
    p.write(".threados/sequence.yaml", "steps: [\n");
    p.write(".threados/policy.yaml", "mode: SAFE\nallowed_commands: [sleep]\n");
    // Whoever asks the engine for something has it look at once.
    p.exits(3, "run step b");
    go(&p);
    let ran = finish(run);
    assert_eq!((ran.code, starts(&p, "b")), (1, 0), "{ran:#?}");
    assert!(ran.stdout.contains("sh"), "the denial names the program: {ran:#?}");
}

#[test]
fn no_run_is_begun_by_a_version_of_the_sequence_that_stands_there_no_more() {
    let p = project(&[traced("a", &[], HOLD), traced("b", &[], "true")]);
    let run = p.start("run step a");
    wait_for_starts_at_least(&p, 1);
    let good = p.read("sequence.yaml");
    p.write(".threados/sequence.yaml", "steps: [\n");
    p.exits(3, "run step b --detach");
    assert_eq!(p.entries("run.step").last().unwrap()["result"], "error", "and the refusal is on record");
    p.write(".threados/sequence.yaml", &good);
    go(&p);
    assert_eq!((finish(run).code, starts(&p, "b")), (0, 0));
    p.ok("run step b");
}

#[test]
fn the_policy_can_be_changed_while_the_sequence_is_broken_or_gone() {
    let p = at_work();
    for broken in [Some("steps: [\n"), None] {
        match broken {
            Some(text) => p.write(".threados/sequence.yaml", text),
            None => fs::remove_file(p.path("sequence.yaml")).unwrap(),
        }
        let said = p.ok("policy allow cat");
        assert!(said.starts_with("policy.allow: cat\n") && said.contains("note: "), "{said}");
        p.exits(6, "policy mode POWER");
        let shown = p.ok("policy mode POWER --dry-run");
        assert!(shown.contains("+mode: POWER") && shown.contains("it would need your yes"), "{shown}");
        p.ok("policy mode POWER --yes");
        p.ok("policy check -- cat x");
        p.ok("policy deny cat");
        p.ok("policy mode SAFE");
        assert_eq!(fs::read_to_string(p.path("sequence.yaml")).ok().as_deref(), broken);
    }
    p.ok("stop --all --yes");
}
