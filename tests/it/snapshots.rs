//! Every command as a session: what it prints for people and for programs, its exit code, and how it fails.
//!
//! What changes from run to run (times, ids of runs, hashes, paths, processes) is replaced. A command that is
//! refused (exits 2 to 8) has changed no file; the session checks that after each.

use insta::assert_snapshot;
use regex::Regex;
use serde_json::Value;

use crate::session::session;
use crate::support::Project;

/// A project with something of everything.
fn release() -> Project {
    let p = Project::new();
    p.ok("step add plan -- echo planned");
    p.ok("step add build --depends-on plan --name 'Build it' --timeout 60000 --retry 1 --retry-backoff 1 -- true");
    p.ok("step add check --type p --fanout 2 --depends-on build --merge sum -- true");
    p.ok("gate insert review --after plan --before build");
    p
}

/// The same after a run that stops at the gate.
fn waiting() -> Project {
    let p = release();
    p.exits(10, "run all");
    p
}

#[test]
fn init() {
    let p = Project::empty();
    let seen = session(&p, &["status", "status --json", "init demo", "init --json", "init other"]);
    assert_snapshot!(seen);
}

#[test]
fn step_changes() {
    let p = Project::new();
    let lines = [
        "step add build -- true",
        "step add test --depends-on build --json -- true",
        "step add test -- true",
        "step add x --depends-on biuld -- true",
        "step add Bad -- true",
        "step add y --timeout soon -- true",
        "step add y --colour red -- true",
        "step add z --json -- cargo build",
        "step add z --depends-on build --dry-run -- true",
        "step edit test --name Tests",
        "step edit build --depends-on test --json",
        "step edit tset --name x",
        "step clone build copy",
        "step clone build test",
        "step rm build",
        "step rm build --yes",
        "step rm copy --yes",
        "step rm copy --yes --json",
        "step rm test --dry-run --json",
        "step accept build",
        "step reject build --reason no --json",
    ];
    assert_snapshot!(session(&p, &lines));
}

#[test]
fn step_looks() {
    let p = waiting();
    let lines = [
        "step list",
        "step list --json",
        "step show plan",
        "step show build --json",
        "step show biuld",
        "step show nothing-like-it --json",
    ];
    assert_snapshot!(session(&p, &lines));
}

#[test]
fn dependencies() {
    let p = release();
    let lines = [
        "step add docs -- true",
        "dep add docs plan",
        "dep add plan docs",
        "dep add plan docs --json",
        "dep rm docs plan --json",
        "dep rm docs plan",
        "dep add docs nope",
    ];
    assert_snapshot!(session(&p, &lines));
}

#[test]
fn prompts() {
    let p = Project::new();
    p.ok("step add write --model codex --prompt-text 'Write it.'");
    p.ok("step add plain -- true");
    let lines = [
        "prompt show write",
        "prompt show write --json",
        "prompt show plain",
        "prompt show wriet --json",
        "prompt set write --text 'Write it well.'",
        "prompt set write --file nowhere.md",
        "prompt set nobody --text x --json",
        "prompt set write",
        "prompt edit write",
    ];
    assert_snapshot!(session(&p, &lines));
}

#[test]
fn groups() {
    let p = Project::new();
    for id in ["a", "b", "c"] {
        p.ok(&format!("step add {id} -- true"));
    }
    p.ok("dep add c a");
    let lines = [
        "group list",
        "group parallelize a b --id pair",
        "group parallelize a c --json",
        "group list",
        "group list --json",
        "group dissolve pair --json",
        "group dissolve pair",
    ];
    assert_snapshot!(session(&p, &lines));
}

#[test]
fn gates() {
    let p = waiting();
    let lines = [
        "gate list",
        "gate list --json",
        "gate insert review --after plan",
        "gate insert g --after nope --json",
        "gate block review --reason later",
        "gate block review --reason later --yes --json",
        "gate approve review --reason good",
        "gate approve nope",
        "gate rm review --yes",
        "gate rm review --yes --json",
    ];
    assert_snapshot!(session(&p, &lines));
}

#[test]
fn runs() {
    let p = release();
    let lines = [
        "runs list",
        "run all --json",
        "run step nope --json",
        "run step build --json",
        "run step plan",
        "run group nope",
        "run runnable --json",
        "stop plan --yes --json",
        "stop --yes",
        "stop --all --json",
        "restart plan",
        "restart plan --yes --json",
        "run all --executor moon",
        "run all --max-concurrent 0",
        "reset plan",
        "reset plan --yes --json",
        "reset nope --yes",
    ];
    assert_snapshot!(session(&p, &lines));
}

#[test]
fn runs_kept() {
    let p = Project::new();
    p.ok("step add plan -- echo planned");
    p.ok("run all");
    let run = p.json("runs list")["runs"][0]["run_id"].as_str().unwrap().to_owned();
    let lines = [
        "runs list".to_owned(),
        "runs list --json".to_owned(),
        format!("runs show {run}"),
        format!("runs show {run} --json"),
        format!("runs show {run} plan --json"),
        format!("runs show {run} nope"),
        "runs show 20200101T000000Z-0000".to_owned(),
        "runs show yesterday".to_owned(),
        "runs prune --keep 0 --dry-run".to_owned(),
        "runs prune --keep 0".to_owned(),
        "runs prune --keep 0 --yes --json".to_owned(),
        "runs prune".to_owned(),
    ];
    assert_snapshot!(session(&p, &lines.each_ref().map(String::as_str)));
}

#[test]
fn status() {
    let p = waiting();
    let lines = ["status", "status --json", "status --colour"];
    assert_snapshot!(session(&p, &lines));
}

#[test]
fn logs() {
    let p = waiting();
    let lines = [
        "logs plan",
        "logs plan --json",
        "logs plan --stderr",
        "logs plan --grep ^x",
        "logs plan --grep '(' --json",
        "logs plan --attempt 7",
        "logs build",
        "logs nobody --json",
        "logs plan --run 20200101T000000Z-0000",
        "logs plan -f",
    ];
    assert_snapshot!(session(&p, &lines));
}

#[test]
fn why() {
    let p = waiting();
    let lines = ["why sum", "why check-1 --json", "why review", "why plan", "why reviwe", "why"];
    assert_snapshot!(session(&p, &lines));
}

#[test]
fn graph() {
    let p = waiting();
    let lines = ["graph", "graph --format dot", "graph --format mermaid --json", "graph --format png"];
    assert_snapshot!(session(&p, &lines));
}

#[test]
fn policy() {
    let p = Project::new();
    p.write(".threados/policy.yaml", "mode: SAFE\nallowed_commands: [sh]\nforbidden_patterns: [sudo]\n");
    let lines = [
        "policy show",
        "policy show --json",
        "policy check",
        "policy check --json",
        "policy check -- sh -c sudo",
        "policy check --json -- cargo build",
        "policy mode POWER",
        "policy mode POWER --yes --json",
        "policy mode LOUD",
        "policy allow ls",
        "policy deny ls --json",
    ];
    assert_snapshot!(session(&p, &lines));
}

#[test]
fn broken_files() {
    let p = Project::new();
    p.write(".threados/policy.yaml", "mode: SAVE\nforbidden_patterns: ['(']\n");
    p.write(
        ".threados/sequence.yaml",
        "version: \"1.0\"\nname: x\nsteps:\n- id: a\n  comand: [\"true\"]\n  depends_on: [b]\n- id: b\n  command: [\"true\"]\n  depends_on: [a, c]\n",
    );
    let lines = [
        "validate",
        "validate --json",
        "policy check",
        "policy check --json",
        "status --json",
        "undo",
        "doctor",
    ];
    let seen = session(&p, &lines);
    assert_snapshot!(without_machine(&seen));
}

#[test]
fn valid_files() {
    let p = release();
    assert_snapshot!(session(&p, &["validate", "validate --json", "validate --fast"]));
}

#[test]
fn history() {
    let p = release();
    let lines = [
        "history --limit 2",
        "undo",
        "undo --dry-run",
        "undo --yes --json",
        "history --limit 2 --json",
        "redo",
        "redo",
    ];
    assert_snapshot!(session(&p, &lines));
}

#[test]
fn audit() {
    let p = Project::empty();
    p.ok("init");
    p.exits(5, "step add a -- cargo build");
    p.ok("policy allow true");
    p.ok("step add a -- true");
    let lines = [
        "audit list",
        "audit list --action step --json",
        "audit list --action '['",
        "audit list --actor nobody",
        "audit list --since yesterday",
        "audit verify",
        "audit verify --json",
    ];
    let mut seen = session(&p, &lines);
    let log = p.read("audit.log").replacen("\"target\":\"a\"", "\"target\":\"b\"", 1);
    p.write(".threados/audit.log", &log);
    seen += &session(&p, &["audit verify", "audit verify --json"]);
    assert_snapshot!(seen);
}

#[test]
fn reconcile() {
    let p = waiting();
    assert_snapshot!(session(&p, &["reconcile", "reconcile --json", "reconcile now"]));
}

/// What the machine at hand has, without what differs between machines.
fn without_machine(text: &str) -> String {
    let varies =
        Regex::new(r"(?m)^(ok|warn|fail)  (programs|git|mprocs|sockets|exchange|engine) .*\n( +mend: .*\n)?")
            .unwrap();
    varies.replace_all(text, "").into_owned()
}

#[test]
fn doctor() {
    let p = Project::new();
    let mut seen = without_machine(&session(&p, &["doctor"]));
    seen += &session(&Project::empty(), &["doctor --all"]);
    let json = p.json("doctor");
    assert_eq!((&json["ok"], &json["command"]), (&true.into(), &"doctor".into()));
    let checks: Vec<&str> =
        json["checks"].as_array().unwrap().iter().map(|c| c["check"].as_str().unwrap()).collect();
    let checks: Vec<&str> = checks.into_iter().filter(|c| !c.contains("sandbox")).collect();
    assert_snapshot!(format!("{seen}{}", checks.join(" ")));
}

#[test]
fn tools() {
    let p = Project::empty();
    let lines = [
        "completions tcsh",
        "completions tcsh --json",
        "man nothing",
        "man step nothing --json",
        "schema please",
    ];
    assert_snapshot!(session(&p, &lines));
    let schema: Value = serde_json::from_str(&p.ok("schema")).unwrap();
    assert_eq!(schema["title"], "ThreadOS sequence");
    assert!(p.ok("completions bash").contains("seqctl"));
    assert_eq!(p.json("completions zsh")["shell"], "zsh");
    let page = p.ok("man step add");
    assert!(page.contains(".TH seqctl\\-step\\-add") || page.contains(".TH seqctl-step-add"), "{page}");
    assert!(page.contains("cargo build"), "with its examples: {page}");
    assert_eq!(p.json("man")["page"], p.ok("man"));
}

#[test]
fn usage() {
    let p = Project::new();
    let lines = [
        "",
        "statsu",
        "statsu --json",
        "step",
        "step ad x",
        "status --root",
        "--help",
        "step --help",
        "step add --help",
    ];
    assert_snapshot!(session(&p, &lines));
}

#[test]
fn proposals() {
    let lines = [
        "proposals",
        "proposals list --waiting --json",
        "proposals show ../../policy --json",
        "proposals discard p-00000000 --json",
        "confirm p-00000000",
    ];
    assert_snapshot!(session(&Project::new(), &lines));
}
