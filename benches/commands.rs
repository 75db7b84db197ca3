//! Commands that execute nothing, beside `ninja -n` on the same DAG, and one durable change of a large sequence.

use std::path::Path;
use std::process::Command;

use threados_benches::{Contender, Project, Sizes, compare, every, have, ninja_file, run};

fn main() {
    let sizes = Sizes::from_args();
    let seqctl = Path::new(env!("CARGO_BIN_EXE_seqctl-under-bench"));
    for n in [100, 1000, 10_000] {
        beside_ninja(sizes, seqctl, sizes.of(n));
    }
    change(sizes, seqctl, sizes.of(10_000));
    all(sizes, seqctl, sizes.of(1000));
}

/// Done again and again, as a person at the terminal and a script do, and after other work, which has emptied the
/// processor's caches.
fn beside_ninja(sizes: Sizes, seqctl: &Path, n: usize) {
    let project = Project::of_steps(seqctl, n, true, 8);
    let ninja = tempfile::tempdir().expect("a temporary folder");
    ninja_file(ninja.path(), n, true);
    for (when, warm) in [("again and again", true), ("after other work", false)] {
        let mut contenders = Vec::new();
        if have("ninja") {
            contenders.push(Contender::new("ninja -n", || {
                run(Command::new("ninja").args(["-n", "--quiet"]).current_dir(ninja.path()));
            }));
        }
        contenders.push(Contender::new("seqctl status", || project.seqctl(&["status"])));
        contenders.push(Contender::new("seqctl validate", || project.seqctl(&["validate"])));
        contenders.iter_mut().for_each(|contender| contender.warm = warm);
        compare(&format!("looking at {n} steps, {when}"), sizes, &mut contenders);
    }
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
    every::furnish(&project);
    let lines = every::lines();
    let mut contenders: Vec<Contender> = lines
        .iter()
        .map(|line| {
            let work = || match line.changes {
                true => project.seqctl(&line.words),
                false => project.attempt(&line.words),
            };
            let before = || line.before.iter().for_each(|words| project.attempt(words));
            Contender::new(&line.words.join(" "), work).after(before)
        })
        .collect();
    let medians = compare(&format!("every command that executes nothing, {n} steps"), sizes, &mut contenders);
    let slow = lines.iter().zip(medians).filter(|(_, median)| !sizes.small && *median > every::MOST);
    let slow: Vec<String> =
        slow.map(|(line, median)| format!("{}: {median:?}", line.words.join(" "))).collect();
    assert!(slow.is_empty(), "longer than {:?}: {slow:?}", every::MOST);
}
