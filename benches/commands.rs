//! Commands that execute nothing, beside `ninja -n` on the same DAG, and one durable change of a large sequence.

use std::path::Path;
use std::process::Command;

use threados_benches::{Contender, Project, Sizes, compare, have, ninja_file, run};

/// Every command that executes nothing.
const READERS: &[&[&str]] = &[
    &["status"],
    &["status", "--json"],
    &["validate"],
    &["schema"],
    &["step", "list"],
    &["step", "show", "s7"],
    &["group", "list"],
    &["gate", "list"],
    &["policy", "show"],
    &["policy", "check"],
    &["runs", "list"],
    &["audit", "list", "--limit", "20"],
    &["audit", "verify"],
    &["history"],
    &["why", "s7"],
    &["graph", "--format", "text"],
    &["graph", "--format", "dot"],
    &["graph", "--format", "mermaid"],
    &["graph", "--format", "svg"],
    &["run", "all", "--dry-run"],
    &["step", "add", "x", "--dry-run", "--", "true"],
    &["completions", "bash"],
    &["man"],
    &["--help"],
    &["--version"],
];

fn main() {
    let sizes = Sizes::from_args();
    let seqctl = Path::new(env!("CARGO_BIN_EXE_seqctl-under-bench"));
    for n in [100, 1000, 10_000] {
        beside_ninja(sizes, seqctl, sizes.of(n));
    }
    change(sizes, seqctl, sizes.of(10_000));
    all(sizes, seqctl, sizes.of(1000));
}

fn beside_ninja(sizes: Sizes, seqctl: &Path, n: usize) {
    let project = Project::of_steps(seqctl, n, true, 8);
    let ninja = tempfile::tempdir().expect("a temporary folder");
    ninja_file(ninja.path(), n, true);
    let mut contenders = Vec::new();
    if have("ninja") {
        contenders.push(Contender::new("ninja -n", || {
            run(Command::new("ninja").args(["-n", "--quiet"]).current_dir(ninja.path()));
        }));
    }
    contenders.push(Contender::new("seqctl status", || project.seqctl(&["status"])));
    contenders.push(Contender::new("seqctl validate", || project.seqctl(&["validate"])));
    compare(&format!("looking at {n} steps"), sizes, &mut contenders);
}

fn change(sizes: Sizes, seqctl: &Path, n: usize) {
    let project = Project::of_steps(seqctl, n, true, 8);
    let mut next = 0;
    let mut lane = 0;
    let mut contenders = [
        Contender::new("seqctl step add", || {
            next += 1;
            project.seqctl(&["step", "add", &format!("n{next}"), "--", "true"]);
        }),
        Contender::new("seqctl step edit", || {
            lane += 1;
            project.seqctl(&["step", "edit", "s5", "--lane", &format!("l{lane}")]);
        }),
        Contender::new("seqctl --version", || project.seqctl(&["--version"])),
    ];
    compare(&format!("one durable change of {n} steps"), sizes, &mut contenders);
}

fn all(sizes: Sizes, seqctl: &Path, n: usize) {
    let project = Project::of_steps(seqctl, n, true, 8);
    let mut contenders: Vec<Contender> =
        READERS.iter().map(|args| Contender::new(&args.join(" "), || project.seqctl(args))).collect();
    compare(&format!("every command that executes nothing, {n} steps"), sizes, &mut contenders);
}
