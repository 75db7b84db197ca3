//! `sequence.yaml` as people and editors leave it: hostile, broken, edited, and in every form a text may have.

use std::fs;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Project, finish, wait, within};

const STEP: &str = "  - id: NAME\n    type: base\n    model: shell\n    command: [\"true\"]\n";

/// The file with one more step, as a hand adds it.
fn with_step(p: &Project, name: &str) {
    let text = p.read("sequence.yaml").replacen("steps: []", "steps:", 1);
    let text = text.replacen("steps:\n", &format!("steps:\n{}", STEP.replace("NAME", name)), 1);
    p.write(".threados/sequence.yaml", &text);
}

fn head(body: &str) -> Vec<u8> {
    format!("version: \"1.0\"\nname: x\n{body}").into_bytes()
}

#[test]
fn hostile_files_are_refused_at_once_with_their_place() {
    let bomb: String = (1..10).fold("x-0: &a0 [x]\n".to_owned(), |text, i| {
        text + &format!("x-{i}: &a{i} [{}]\n", vec![format!("*a{}", i - 1); 9].join(","))
    });
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("alias bomb", head(&bomb)),
        ("deep flow", head(&format!("x-deep: {}", "[".repeat(10_000)))),
        (
            "deep block",
            head(&(0..10_000).map(|i| format!("{}a:\n", " ".repeat(i.min(200)))).collect::<String>()),
        ),
        ("duplicate key", head("name: y\nsteps: []\n")),
        ("duplicate key in a step", head("steps:\n  - id: a\n    id: b\n")),
        ("NUL", head("steps: []\n# \0\n")),
        ("not UTF-8", [head("steps: []\n# "), vec![0xff, 0xfe, b'\n']].concat()),
        ("tab", head("steps:\n\t- id: a\n")),
        ("tag", head("steps: !!python/object:os.system []\n")),
        ("anchor", head("steps: &all []\n")),
        ("merge", head("steps:\n  - <<: {}\n    id: a\n")),
        ("too large", vec![b'#'; 17 << 20]),
        ("unknown key", head("stepps: []\n")),
        ("a list", b"- a\n- b\n".to_vec()),
        ("empty", Vec::new()),
        ("cut", head("steps:\n  - id: \"a\n")),
    ];
    let p = Project::new();
    for (name, bytes) in cases {
        fs::write(p.path("sequence.yaml"), &bytes).unwrap();
        for line in ["status --json", "step add a --json -- true"] {
            let mut failed = Value::Null;
            // In a build without optimisation.
            within(Duration::from_secs(2), || {
                let start = Instant::now();
                failed = p.exits(3, line).json();
                start.elapsed()
            });
            let message = failed["error"]["message"].as_str().unwrap();
            let place = message.split(|c: char| !c.is_ascii_digit() && c != ':');
            assert!(
                place.into_iter().any(|w| w.trim_matches(':').split(':').count() == 2),
                "{name}: {message}"
            );
            assert!(message.contains("sequence.yaml"), "{name}: {message}");
        }
        assert_eq!(fs::read(p.path("sequence.yaml")).unwrap(), bytes, "{name}: left as it is");
    }
}

/// `seqctl` that may use 100 MB of memory of its own.
fn within_100_mb(p: &Project, line: &str) -> Output {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -d 102400; exec \"$@\"", "sh"]).arg(p.command(&[]).get_program());
    command.args(line.split(' ')).current_dir(p.root()).env_clear();
    command.envs(p.command(&[]).get_envs().filter_map(|(k, v)| Some((k, v?))));
    command.output().unwrap()
}

#[test]
fn hostile_files_take_little_memory() {
    let p = Project::new();
    p.ok("step add a -- true");
    let out = within_100_mb(&p, "status");
    assert!(out.status.success(), "one that is not takes less: {out:?}");
    let anchors = format!("x-0: &a [{}]\nx-1: [{}]\n", "x,".repeat(5000), "*a,".repeat(5000));
    let cases = [
        ("an anchor repeated", anchors),
        ("deep flow", format!("x-deep: {}", "[".repeat(80_000))),
        ("millions of values", format!("x-a: [{}]\n", "a,".repeat(7 << 20))),
        ("millions of lines", format!("x-a:\n{}", "- a\n".repeat(3 << 20))),
        ("millions of faults", format!("steps:\n{}", "- {b: 1}\n".repeat(1 << 20))),
        ("one long line", format!("x-a: \"{}", "\\u0041".repeat(2 << 20))),
    ];
    for (name, body) in cases {
        fs::write(p.path("sequence.yaml"), head(&body)).unwrap();
        for line in ["status", "validate"] {
            let out = within_100_mb(&p, line);
            assert_eq!(
                out.status.code(),
                Some(3),
                "{name}, {line}: {}",
                String::from_utf8_lossy(&out.stderr)
            );
        }
    }
}

#[test]
fn crlf_and_bom_are_read_and_kept() {
    let p = Project::new();
    p.ok("step add a -- true");
    let text = format!("\u{feff}{}", p.read("sequence.yaml").replace('\n', "\r\n"));
    p.write(".threados/sequence.yaml", &text);
    p.ok("step add b --depends-on a -- true");
    p.ok("step edit a --name First");
    let now = p.read("sequence.yaml");
    assert!(now.starts_with('\u{feff}'));
    assert_eq!(now.matches('\n').count(), now.matches("\r\n").count());
    assert_eq!((p.status("a"), p.status("b")), ("READY".into(), "BLOCKED".into()));
}

/// Lines of the user's own, in every place where one may stand.
const OWN: &str = "# of the user\n\
    name: own   # beside the name\n\
    version: \"1.0\"\n\
    x-owner: me\n\
    # before the steps\n\
    steps:\n\
    \x20 # before a\n\
    \x20 - command: [\"true\"]   # the keys in another order\n\
    \x20   model: shell\n\
    \x20   id: a\n\
    \x20   x-note: kept\n\
    \x20   type: base\n\
    \n\
    \x20 - {id: b, type: base, model: shell, command: [\"true\"], depends_on: [a]}  # on one line\n\
    \x20 # before c\n\
    \x20 - id: c\n\
    \x20   type: base\n\
    \x20   model: shell\n\
    \x20   command:\n\
    \x20     - \"true\"   # a comment inside\n\
    # the end\n";

#[test]
fn comments_and_the_order_of_keys_survive_every_kind_of_change() {
    let p = Project::new();
    p.write(".threados/sequence.yaml", OWN);
    let changes = [
        "step add d --depends-on c -- true",
        "step edit a --name First --cwd .",
        "dep add c a",
        "dep rm c a",
        "gate insert g --after a --before b",
        "gate approve g --early",
        "gate rm g --yes",
        "group parallelize a c --id both",
        "group dissolve both",
        "step clone a e",
        "step move e --before b",
        "step move b --after c",
        "step move b --before c",
        "step edit c --status DONE",
        "reset --all --yes",
        "step rm d --yes",
        "step rm e --yes",
    ];
    let comments: Vec<&str> = OWN.lines().filter_map(|line| line.split_once('#').map(|(_, c)| c)).collect();
    for line in changes {
        p.ok(line);
        let text = p.read("sequence.yaml");
        for comment in &comments {
            assert!(text.contains(&format!("#{comment}")), "`{line}` lost `#{comment}`:\n{text}");
        }
        let keys =
            ["# of the user", "name: own", "version:", "x-owner:", "steps:", "id: a", "x-note:", "# the end"];
        let places: Vec<_> = keys.iter().map(|key| text.find(key)).collect();
        assert!(places.is_sorted() && places[0].is_some(), "`{line}` moved a key: {places:?}\n{text}");
    }
}

#[test]
fn a_hand_edit_without_an_engine_is_told_by_the_next_command() {
    let p = Project::new();
    p.ok("step add a -- true");
    with_step(&p, "mine");
    assert_eq!(p.status("mine"), "READY", "readers see it at once");
    assert_eq!(p.entries("external.edit").len(), 0, "and write nothing");
    p.ok("step add b -- true");
    let edits = p.entries("external.edit");
    assert_eq!(edits.len(), 1);
    assert!(edits[0]["payload"]["diff"].as_str().unwrap().contains("+  - id: mine"), "{edits:#?}");
    assert_ne!(edits[0]["payload"]["before"], edits[0]["payload"]["after"]);
}

#[test]
fn a_hand_edit_during_a_run_is_told_and_the_run_goes_on() {
    let p = Project::new();
    p.ok("step add a -- sh -c 'while [ ! -e go ]; do sleep 0.05; done'");
    let run = p.start("run all");
    p.wait_for("a", "RUNNING");
    let mut edits = 0;
    within(Duration::from_secs(2), || {
        with_step(&p, &format!("mine-{edits}"));
        let start = Instant::now();
        edits += 1;
        wait("the edit to be told", || p.entries("external.edit").len() >= edits);
        start.elapsed()
    });
    p.wait_for("mine-0", "DONE");
    assert_eq!(p.status("a"), "RUNNING");
    p.write("go", "");
    let ran = finish(run);
    assert_eq!(ran.code, 0, "{ran:#?}");
    assert!(p.read("sequence.yaml").contains("id: mine-0"));
}

#[test]
fn a_broken_hand_edit_during_a_run_changes_nothing_and_is_named() {
    let p = Project::new();
    p.ok("step add a -- sh -c 'while [ ! -e go ]; do sleep 0.05; done'");
    p.ok("step add b --depends-on a -- true");
    let run = p.start("run all");
    p.wait_for("a", "RUNNING");
    let good = p.read("sequence.yaml");
    let broken = format!("{good}  nonsense: [\n");
    p.write(".threados/sequence.yaml", &broken);
    let failed = p.exits(3, "status --json").json();
    let message = failed["error"]["message"].as_str().unwrap();
    assert!(message.contains(".threados/sequence.yaml") && message.contains(':'), "{message}");
    p.write("go", "");
    // The last good version stays in force: b runs on it.
    wait("b to end", || p.entries("step.end").iter().any(|e| e["target"] == "b"));
    assert_eq!(p.read("sequence.yaml"), broken, "left to its author");
    assert_eq!(finish(run).code, 0);
    p.write(".threados/sequence.yaml", &good);
    assert_eq!((p.status("a"), p.status("b")), ("DONE".into(), "DONE".into()));
}

#[test]
fn a_status_changed_by_hand_is_put_back_and_reported() {
    let p = Project::new();
    p.ok("step add a -- true");
    let text = p.read("sequence.yaml").replace("status: READY", "status: DONE");
    p.write(".threados/sequence.yaml", &text);
    assert_eq!(p.status("a"), "READY", "the log knows better");
    let said = p.ok("step add b --depends-on a -- true");
    assert!(said.contains("seqctl step edit a --status DONE"), "{said}");
    assert_eq!((p.status("a"), p.status("b")), ("READY".into(), "BLOCKED".into()));
    assert!(!p.read("sequence.yaml").contains("status: DONE"));
    assert_eq!(p.entries("external.edit")[0]["payload"]["put_back"].as_array().unwrap().len(), 1);
}
