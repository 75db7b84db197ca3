//! Further sessions at the command line, and that every command of the reference is in one, in all its forms.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use insta::assert_snapshot;
use regex::Regex;
use serde_json::Value;

use crate::session::session;
use crate::support::Project;

/// Commands whose success no session shows: it needs another program, runs long or differs between machines. The test
/// that has it as JSON.
const ELSEWHERE: &[(&str, &str)] = &[
    ("completions", "tools"),
    ("demo", "for_programs_it_is_one_object"),
    ("doctor", "doctor"),
    ("inputs", "inputs_json_tells_all_and_seqctl_inputs_prints_it"),
    ("man", "tools"),
    ("mcp", "queries_answer_in_the_shapes_of_the_command_line"),
    ("models list", "models_list_says_what_is_installed_and_how_it_is_called"),
    ("prompt edit", "a_prompt_is_edited_through_the_door"),
    ("runs diff", "two_runs_are_compared_step_by_step"),
    ("schema", "tools"),
    ("serve", "a_unix_socket_is_ours_alone_and_gone_with_its_server"),
];

/// Commands that take nothing that could be wrong but the project, or a word too many.
fn three() -> Project {
    let p = Project::new();
    for id in ["a", "b", "c"] {
        p.ok(&format!("step add {id} -- true"));
    }
    p
}

#[test]
fn order_and_fusions() {
    let lines = [
        "step move c --before a",
        "step move c --after b --json",
        "step move c --before nope",
        "step move c",
        "step clone a d --json",
        "step reject a --json",
        "fusion create a b --synth merge",
        "fusion create c --json",
        "fusion create c d --json",
        "fusion create nope a",
        "group dissolve merge-candidates --json",
    ];
    assert_snapshot!(session(&three(), &lines));
}

#[test]
fn reviews() {
    let p = three();
    for id in ["a", "b"] {
        p.ok(&format!("step edit {id} --status NEEDS_REVIEW"));
    }
    let lines = [
        "step accept a --json",
        "step accept a",
        "step reject b --reason 'not yet' --rework --json",
        "step reject b --reason again --json",
        "step edit c --name Third --json",
        "prompt set c --text hello --json",
        "prompt edit nope --json",
        "gate insert g --after a --before b --json",
        "gate approve g --json",
        "gate block nope",
        "dep add c a --json",
    ];
    assert_snapshot!(session(&p, &lines));
}

#[test]
fn what_is_said_too_much_or_too_little() {
    let lines = [
        "gate list all",
        "group list all",
        "step list all",
        "policy show all",
        "policy allow",
        "policy allow ls --json",
        "policy deny nothing-like-it --json",
        "proposals list all",
        "runs list all",
        "stop",
        "reset",
        "prompt set a",
        "step add d true",
        "step add d --timeout 5 --json 'cargo build'",
        "run a",
        "help step move",
        "group parallelize a b --id g --json",
        "gate insert h --after a",
        "gate rm h --yes --json",
    ];
    let mut seen = session(&three(), &lines);
    seen += &session(&Project::empty(), &["init fresh --json"]);
    assert_snapshot!(seen);
}

#[test]
fn a_session_of_mprocs() {
    let p = three();
    let lines = [
        "mprocs open --headless --json",
        "mprocs open --headless",
        "mprocs select a --json",
        "mprocs select nope",
        "mprocs send-key a x --json",
        "mprocs send-key a no-such-key",
        "mprocs close --json",
    ];
    let seen = session(&p, &lines);
    p.run("mprocs close");
    assert_snapshot!(seen);
}

#[test]
fn budgets() {
    let lines = [
        "budget show",
        "budget set --usd 5 --json",
        "budget set --usd 0.0000001",
        "budget set --step nope --usd 1 --json",
        "budget show",
        "budget show --json",
        "budget show everything",
    ];
    assert_snapshot!(session(&three(), &lines));
}

#[test]
fn templates() {
    let lines = [
        "template list",
        "template list --json",
        "template list all",
        "template show parallel --json",
        "template show paralel",
        "template apply base --set model=shell --json",
        "template apply base --set modle=shell",
        "template apply nope --json",
    ];
    assert_snapshot!(session(&Project::new(), &lines));
}

#[test]
fn exchange() {
    let p = three();
    p.write("other.yaml", "version: \"1.0\"\nname: o\nsteps:\n- id: brought\n  command: [\"true\"]\n");
    let lines = [
        "export --format make --json",
        "export --format word",
        "import other.yaml --json",
        "import other.yaml",
        "import nowhere.yaml --json",
    ];
    assert_snapshot!(session(&p, &lines));
}

#[test]
fn runs_and_their_ends() {
    let p = three();
    p.ok("group parallelize a b --id g");
    let lines = [
        "run step a --json",
        "run group g --json",
        "run group nope --json",
        "run runnable --json",
        "run runnable --from nope",
        "stop --all --yes --json",
        "runs diff 20200101T000000Z-0000 20200101T000001Z-0000 --json",
        "undo --yes --json",
        "undo now",
        "redo --json",
        "history --limit many",
        "why nope --json",
        "graph --format text --json",
        "schema --json please",
        "reset --all --yes --json",
        "status --root nowhere --json",
    ];
    assert_snapshot!(session(&p, &lines));
}

#[test]
fn sentences_and_what_they_propose() {
    let p = three();
    let mut seen = session(
        &p,
        &["chat 'remove c' --json", "chat 'frobnicate the widget' --json", "chat 'why is a blocked?' --json"],
    );
    let id =
        |p: &Project| p.json("proposals list --waiting")["proposals"][0]["id"].as_str().unwrap().to_owned();
    let first = id(&p);
    seen +=
        &session(&p, &[&format!("proposals show {first} --json"), &format!("confirm {first} --yes --json")]);
    p.run("chat 'remove b'");
    let second = id(&p);
    seen +=
        &session(&p, &[&format!("proposals discard {second} --json"), &format!("confirm {second} --json")]);
    assert_snapshot!(Regex::new(r"\bp-[0-9a-f]{8}\b").unwrap().replace_all(&seen, "[PROPOSAL]"));
}

#[test]
fn what_stands_alone() {
    let lines = [
        "demo /dev/null/nowhere",
        "inputs",
        "models list all",
        "mcp --json now",
        "serve --addr nowhere --json",
        "mprocs status",
        "mprocs status --json",
        "mprocs status now",
        "mprocs open --control-port --json",
        "mprocs select a",
        "mprocs send-key a",
        "mprocs close",
        "mprocs close --json",
        "mprocs close now",
    ];
    assert_snapshot!(session(&three(), &lines));
}

/// A command of the reference: its documented exit codes and shape.
struct Documented {
    exits: BTreeSet<u8>,
    shape: String,
}

fn documented() -> BTreeMap<String, Documented> {
    let reference = seqctl::reference();
    let commands = reference.split_once("\n## demo\n").unwrap().1;
    let commands = format!("\n## demo\n{commands}");
    let sections = commands.split("\n## ").flat_map(|part| part.split("\n### ")).filter_map(|section| {
        let (name, text) = section.split_once('\n')?;
        let (exits, shape) = text.split_once("Exit codes: ")?.1.split_once(". JSON:")?;
        let exits = exits.split(", ").map(|code| code.parse().unwrap()).collect();
        Some((name.to_owned(), Documented { exits, shape: shape.to_owned() }))
    });
    sections.collect()
}

/// A command line of a session, what it printed on standard output, and its exit code.
struct Typed {
    line: String,
    stdout: String,
    exit: u8,
}

fn typed() -> Vec<Typed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("it/snapshots");
    let texts = fs::read_dir(folder).unwrap().map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    let blocks = |text: String| -> Vec<Typed> {
        let block = |block: &str| {
            let (line, rest) = block.split_once('\n')?;
            let (shown, exit) = rest.rsplit_once("\n= ").or_else(|| rest.split_once("= "))?;
            let stdout = shown.lines().take_while(|l| !l.starts_with("! ")).collect::<Vec<_>>().join("\n");
            Some(Typed { line: line.to_owned(), stdout, exit: exit.lines().next()?.parse().ok()? })
        };
        text.split("$ seqctl ").skip(1).filter_map(block).collect()
    };
    texts.flat_map(blocks).collect()
}

#[test]
fn every_command_has_its_shape_its_exit_codes_and_an_error_in_a_session() {
    let (commands, typed) = (documented(), typed());
    assert!(commands.len() > 60 && typed.len() > 150, "{} and {}", commands.len(), typed.len());
    let mut missing = Vec::new();
    for (name, documented) in &commands {
        let mine = |typed: &&Typed| typed.line == *name || typed.line.starts_with(&format!("{name} "));
        let mine: Vec<&Typed> = typed.iter().filter(mine).collect();
        let objects: Vec<Value> = mine
            .iter()
            .filter(|typed| typed.line.contains("--json"))
            .map(|typed| {
                serde_json::from_str(&typed.stdout.replace("[N]", "0"))
                    .unwrap_or_else(|e| panic!("{}: {e}", typed.line))
            })
            .collect();
        let elsewhere = ELSEWHERE.iter().any(|(known, _)| known == name);
        if !elsewhere && !objects.iter().any(|object| object["ok"] == true) {
            missing.push(format!("`{name} --json` that succeeds"));
        }
        if !mine.iter().any(|typed| (1..=8).contains(&typed.exit)) {
            missing.push(format!("an error of `{name}`"));
        }
        for typed in mine.iter().filter(|typed| !documented.exits.contains(&typed.exit)) {
            missing.push(format!("exit code {} in the reference: `{}`", typed.exit, typed.line));
        }
        if documented.shape.contains("what the run's status.json says") {
            continue;
        }
        let keys =
            objects.iter().filter(|object| object["ok"] == true).flat_map(|o| o.as_object().unwrap().keys());
        for key in keys.filter(|key| !documented.shape.contains(&format!("\"{key}\""))) {
            missing.push(format!("`{key}` in the documented shape of `{name}`"));
        }
    }
    assert!(missing.is_empty(), "missing:\n{}", missing.join("\n"));
}

/// What stands for a session is there.
#[test]
fn the_tests_that_stand_for_sessions_exist() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("it");
    let sources =
        fs::read_dir(folder).unwrap().filter_map(|file| fs::read_to_string(file.unwrap().path()).ok());
    let all: String = sources.collect();
    for (name, test) in ELSEWHERE {
        assert!(all.contains(&format!("fn {test}(")), "{name}: {test}");
    }
}
