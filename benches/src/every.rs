//! Every command that executes nothing, as it is measured.

use std::time::Duration;

use crate::project::Project;

/// What such a command may take at 1,000 steps.
pub const MOST: Duration = Duration::from_millis(500);

/// Lines that change nothing, also plans of what would run.
const LOOKS: &[&str] = &[
    "--help",
    "--version",
    "audit list --limit 20",
    "audit verify",
    "budget show",
    "chat why is s7 blocked?",
    "completions bash",
    "confirm p-00000000",
    "doctor",
    "export --format make",
    "export --format yaml",
    "gate list",
    "graph --format dot",
    "graph --format mermaid",
    "graph --format svg",
    "graph --format text",
    "group list",
    "history",
    "init",
    "logs s0",
    "man",
    "mprocs close",
    "mprocs select s0",
    "mprocs send-key s0 x",
    "mprocs status",
    "policy check",
    "policy show",
    "prompt edit last",
    "prompt show last",
    "proposals discard p-00000000",
    "proposals list",
    "proposals show p-00000000",
    "reconcile",
    "restart s0 --dry-run",
    "run all --dry-run",
    "run group g --dry-run",
    "run runnable --dry-run",
    "run step s1 --dry-run",
    "runs diff s0 s1",
    "runs list",
    "runs prune",
    "runs show",
    "schema",
    "status",
    "status --json",
    "step list",
    "step show s7",
    "stop --all",
    "template list",
    "template show base",
    "validate",
    "why s7",
];

/// Lines that change something, each with those that make room for it, which are not timed.
const CHANGES: &[(&[&str], &str)] = &[
    (&["budget set --usd 5"], "budget set --usd 6"),
    (&["dep rm last s0"], "dep add last s0"),
    (&["dep add last s0"], "dep rm last s0"),
    (&["step rm merge"], "fusion create last other --synth merge"),
    (&["gate insert h --after last"], "gate approve h --early"),
    (&["gate insert h --after last"], "gate block h"),
    (&["gate rm h"], "gate insert h --after last"),
    (&["gate insert h --after last"], "gate rm h"),
    (&["group parallelize last other --id g"], "group dissolve g"),
    (&["group dissolve g"], "group parallelize last other --id g"),
    (&["step rm brought"], "import other.yaml"),
    (&["policy deny cat"], "policy allow cat"),
    (&["policy allow cat"], "policy deny cat"),
    (&["policy mode SAFE"], "policy mode POWER --yes"),
    (&["prompt set last --text a"], "prompt set last --text b"),
    (&["step edit last --lane u", "undo"], "redo"),
    (&["step edit last --status DONE"], "reset last"),
    (&["step edit last --status NEEDS_REVIEW"], "step accept last"),
    (&["step rm n"], "step add n -- true"),
    (&["step rm n"], "step clone s0 n"),
    (&["step edit last --lane a"], "step edit last --lane b"),
    (&["step move last --after s0"], "step move last --before s0"),
    (&["step edit last --status NEEDS_REVIEW"], "step reject last --reason no"),
    (&["step rm n", "step add n -- true"], "step rm n"),
    (&[], "template apply base --set model=shell"),
    (&["step edit last --lane u"], "undo"),
];

/// Commands of the reference that are not measured, and why.
const NOT: &[(&str, &str)] = &[
    ("demo", "runs steps"),
    ("inputs", "is for the inside of a step"),
    ("mcp", "stays"),
    ("models list", "asks the programs of agents for their versions"),
    ("mprocs open", "starts mprocs"),
    ("serve", "stays"),
];

/// A line with what is done before it, untimed.
pub struct Line {
    /// What is timed.
    pub words: Vec<&'static str>,
    /// What makes room for it; it may fail.
    pub before: Vec<Vec<&'static str>>,
    /// Whether it has to succeed: what is refused is no change.
    pub changes: bool,
}

/// All of them.
///
/// # Panics
/// Where the reference has a command that is neither measured nor excused: the list has to be made complete.
pub fn lines() -> Vec<Line> {
    let words = |line: &'static str| line.split(' ').collect::<Vec<_>>();
    let looks = LOOKS.iter().map(|line| Line { words: words(line), before: Vec::new(), changes: false });
    let changes = CHANGES.iter().map(|(before, line)| Line {
        words: words(line),
        before: before.iter().copied().map(words).collect(),
        changes: true,
    });
    let all: Vec<Line> = looks.chain(changes).collect();
    let missing: Vec<String> = commands()
        .into_iter()
        .filter(|name| !NOT.iter().any(|(known, _)| known == name))
        .filter(|name| {
            !all.iter().any(|line| format!("{} ", line.words.join(" ")).starts_with(&format!("{name} ")))
        })
        .collect();
    assert!(missing.is_empty(), "not measured: {missing:?}");
    all
}

/// The reference; a test keeps it what the grammar says.
const REFERENCE: &str = include_str!("../../cli/README.md");

/// The commands of the reference.
fn commands() -> Vec<String> {
    let sections = REFERENCE.split("\n## ").flat_map(|part| part.split("\n### "));
    let commands = sections.filter(|section| section.contains("\nExit codes: "));
    commands.filter_map(|section| Some(section.lines().next()?.to_owned())).collect()
}

/// What the lines need beside the steps of a project.
pub fn furnish(project: &Project) {
    project.seqctl(&["step", "add", "other", "--", "true"]);
    project.seqctl(&["prompt", "set", "last", "--text", "x"]);
    project.seqctl(&["group", "parallelize", "last", "other", "--id", "g"]);
    project.seqctl(&["run", "step", "s0"]);
    let text = "version: \"1.0\"\nname: o\nsteps:\n- id: brought\n  command: [\"true\"]\n";
    std::fs::write(project.root().join("other.yaml"), text).expect("a file of another project");
}
