//! What it costs to hold a step: no-op steps at each level that this machine has, beside `sandbox: off`, in turn.
//!
//! Limits: 1,000 steps under Landlock at most 1.8 times those of `off`; a start at most 2 ms dearer with Landlock and
//! 25 ms with bubblewrap, by the difference of a chain, where one step starts after the other.

use std::path::Path;
use std::time::Duration;

use threados_benches::{Contender, Project, Sizes, compare, have};

const SLOTS: usize = 8;

fn main() {
    let sizes = Sizes::from_args();
    let seqctl = Path::new(env!("CARGO_BIN_EXE_seqctl-under-bench"));
    let n = sizes.of(1000);
    at_each_level(&format!("{n} no-op steps, fan-out at {SLOTS}"), sizes, seqctl, n, false);
    let n = sizes.of(100);
    let medians = at_each_level(&format!("{n} no-op steps, chain"), sizes, seqctl, n, true);
    for (level, median) in ["Landlock", "bubblewrap"].iter().zip(&medians[1..]) {
        let dearer = median.saturating_sub(medians[0]).as_secs_f64() * 1000.0 / n as f64;
        println!("  a start with {level}: {dearer:.2} ms over `sandbox: off`");
    }
}

fn at_each_level(title: &str, sizes: Sizes, seqctl: &Path, n: usize, chain: bool) -> Vec<Duration> {
    let off = Project::of_steps(seqctl, n, chain, SLOTS);
    let landlock = Project::of_steps(seqctl, n, chain, SLOTS).held(false);
    let bubblewrap = Project::of_steps(seqctl, n, chain, SLOTS).held(true);
    let mut all = vec![("off", &off), ("Landlock", &landlock)];
    if have("bwrap") {
        all.push(("bubblewrap", &bubblewrap));
    }
    let mut contenders: Vec<Contender<'_>> = all
        .into_iter()
        .map(|(name, project)| {
            Contender::new(name, move || project.seqctl(&["run", "all", "--quiet"]))
                .after(move || project.seqctl(&["reset", "--all", "--yes"]))
        })
        .collect();
    compare(title, sizes, &mut contenders)
}
