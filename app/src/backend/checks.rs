//! How watchdogs look at their steps: when the last check of each ended is told by its own log, of which that of the
//! project knows nothing.

use std::collections::HashMap;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use threados_core::id::StepId;
use threados_core::model::Phase;
use threados_core::store::{Paths, regular};
use threados_core::workspace::Snapshot;
use threados_core::wrapper::Stream;

use crate::scene::Looks;

/// How much of the end of a log is read: what a check prints between its two lines is seldom more.
const LOOK_BACK: u64 = 16 * 1024;

/// Of every watchdog whose step runs.
pub(super) fn of(paths: &Paths, snapshot: &Snapshot) -> HashMap<StepId, Looks> {
    let state = &snapshot.state;
    let found = snapshot.sequence().steps.iter().filter_map(|step| {
        let watched = state.steps.get(step.watchdog_for.as_ref()?).filter(|s| s.phase == Phase::Running)?;
        let folder = paths.run_step(watched.run_id.as_ref()?, &step.id);
        let log = end_of(&folder.join(Stream::Stdout.file_name()));
        let last = log.ok().and_then(|log| ended(&log));
        Some((step.id.clone(), Looks { every_ms: step.looks_every_ms(), last }))
    });
    found.collect()
}

fn end_of(file: &Path) -> std::io::Result<String> {
    let mut file = regular::open(file)?;
    let from = file.metadata()?.len().saturating_sub(LOOK_BACK);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(LOOK_BACK).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The end of the last check that has ended: `[check 3 at 2026-11-29T10:00:00.000Z]`, what it printed, `[check 3: exit
/// code 0, 12 ms]`.
fn ended(log: &str) -> Option<DateTime<Utc>> {
    let lines = || log.lines().filter_map(|line| line.strip_prefix("[check ")?.strip_suffix(']'));
    let took = |line: &str| line.rsplit_once(", ")?.1.strip_suffix(" ms")?.parse::<u32>().ok();
    let (n, ms) = lines().rev().find_map(|line| Some((line.split_once(": ")?.0, took(line)?)))?;
    let begun = lines().rev().find_map(|line| line.strip_prefix(n)?.strip_prefix(" at "))?;
    let begun = DateTime::parse_from_rfc3339(begun).ok()?;
    Some(begun.to_utc() + TimeDelta::milliseconds(i64::from(ms)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_check_that_has_ended_counts() {
        let told = |log: &str| ended(log).map(|at| at.to_rfc3339());
        let first = "[check 1 at 2026-11-29T10:00:00.000Z]\nfine\n[check 1: exit code 0, 1500 ms]\n";
        let begun = "[check 2 at 2026-11-29T10:00:30.000Z]\nhm";
        let at = Some("2026-11-29T10:00:01.500+00:00");
        assert_eq!(told(first).as_deref(), at);
        assert_eq!(told(&format!("{first}{begun}")).as_deref(), at, "the second is under way");
        for nothing in
            ["", begun, "[check 1: exit code 0, x ms]", "[check 1: exit code 0, 1 ms]", "[check : , ms]"]
        {
            assert_eq!(told(nothing), None, "{nothing}");
        }
    }
}
