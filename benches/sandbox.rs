//! What it costs to hold a step: no-op steps at each level that this machine has, beside `sandbox: off`, in turn.
//!
//! Limits: 1,000 steps under Landlock at most 1.8 times those of `off`; a start at most 2 ms dearer with Landlock and
//! 25 ms with bubblewrap, by the difference of a chain, where one step starts after the other. They hold as well where
//! hundreds of entries lie beside what is hidden, which Landlock has to grant one by one.

use std::path::Path;
use std::time::Duration;

use threados_benches::{Contender, Project, Sizes, compare, have};

const SLOTS: usize = 8;

/// How many folders lie beside HOME in the crowded one.
const BESIDE: usize = 884;

fn main() {
    let sizes = Sizes::from_args();
    let seqctl = Path::new(env!("CARGO_BIN_EXE_seqctl-under-bench"));
    let n = sizes.of(1000);
    at_each_level(&format!("{n} no-op steps, fan-out at {SLOTS}"), sizes, seqctl, n, false);
    let n = sizes.of(100);
    let medians = at_each_level(&format!("{n} no-op steps, chain"), sizes, seqctl, n, true);
    for ((level, _), median) in LEVELS.iter().zip(&medians).skip(1) {
        let dearer = median.saturating_sub(medians[0]).as_secs_f64() * 1000.0 / n as f64;
        println!("  a start with {level}: {dearer:.2} ms over `sandbox: off`");
    }
}

/// How the steps of a project are held, by the name in the table.
type Held = fn(Project) -> Project;

const LEVELS: &[(&str, Held)] = &[
    ("off", |project| project),
    ("Landlock", |project| project.held(false)),
    ("Landlock, much beside HOME", |project| project.held(false).crowded(BESIDE)),
    ("bubblewrap", |project| project.held(true)),
];

fn at_each_level(title: &str, sizes: Sizes, seqctl: &Path, n: usize, chain: bool) -> Vec<Duration> {
    let levels = LEVELS.iter().filter(|(name, _)| *name != "bubblewrap" || have("bwrap"));
    let projects: Vec<(&str, Project)> =
        levels.map(|(name, held)| (*name, held(Project::of_steps(seqctl, n, chain, SLOTS)))).collect();
    let mut contenders: Vec<Contender<'_>> = projects
        .iter()
        .map(|(name, project)| {
            Contender::new(name, move || project.seqctl(&["run", "all", "--quiet"]))
                .after(move || project.seqctl(&["reset", "--all", "--yes"]))
        })
        .collect();
    compare(title, sizes, &mut contenders)
}
