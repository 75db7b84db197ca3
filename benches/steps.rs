//! Running steps: the whole of `seqctl run all`, wrapper, logs, status.json and audit included, beside a bare
//! spawn-and-wait loop and ninja.

use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;
use threados_benches::{Contender, Project, Sizes, compare, have, ninja_file, run};

const SLOTS: usize = 8;

fn main() {
    let sizes = Sizes::from_args();
    let seqctl = Path::new(env!("CARGO_BIN_EXE_seqctl-under-bench"));
    let n = sizes.of(1000);
    // They stay to the end: for minutes after files have gone, ext4 makes new ones beside them many times as slowly.
    let _chain = side_by_side(&format!("{n} steps, chain"), sizes, seqctl, n, true);
    let _fan = side_by_side(&format!("{n} steps, fan-out at {SLOTS}"), sizes, seqctl, n, false);
    growth(sizes, seqctl, n);
}

fn side_by_side(title: &str, sizes: Sizes, seqctl: &Path, n: usize, chain: bool) -> (Project, TempDir) {
    let project = Project::of_steps(seqctl, n, chain, SLOTS);
    let ninja = tempfile::tempdir().expect("a temporary folder");
    ninja_file(ninja.path(), n, chain);
    let slots = if chain { 1 } else { SLOTS };
    let mut contenders = vec![
        Contender::new("bare spawn and wait", || bare(n, slots)),
        Contender::new("seqctl run all", || project.seqctl(&["run", "all", "--quiet"]))
            .after(|| project.seqctl(&["reset", "--all", "--yes"])),
    ];
    if have("ninja") {
        contenders.push(Contender::new("ninja", || {
            run(Command::new("ninja").args(["-j", &SLOTS.to_string()]).current_dir(ninja.path()));
        }));
    }
    compare(title, sizes, &mut contenders);
    drop(contenders);
    (project, ninja)
}

fn growth(sizes: Sizes, seqctl: &Path, n: usize) {
    let sizes = Sizes { rounds: sizes.rounds.min(3), ..sizes };
    let small = Project::of_steps(seqctl, n, false, SLOTS);
    let large = Project::of_steps(seqctl, n * 10, false, SLOTS);
    let mut contenders = [
        Contender::new(&format!("{n} steps"), || small.seqctl(&["run", "all", "--quiet"]))
            .after(|| small.seqctl(&["reset", "--all", "--yes"])),
        Contender::new(&format!("{} steps", n * 10), || large.seqctl(&["run", "all", "--quiet"]))
            .after(|| large.seqctl(&["reset", "--all", "--yes"])),
    ];
    compare("ten times the steps, fan-out", sizes, &mut contenders);
}

/// The least a runner can do: start a process, wait for it.
fn bare(n: usize, slots: usize) {
    let mut running = Vec::with_capacity(slots);
    for _ in 0..n {
        if running.len() == slots {
            // The oldest first: with steps of equal length that is the next to end.
            let mut oldest: std::process::Child = running.remove(0);
            oldest.wait().expect("a child to end");
        }
        let child = Command::new("/bin/true").stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        running.push(child.expect("a child"));
    }
    for mut child in running {
        child.wait().expect("a child to end");
    }
}
