//! Reads what the folder of a step holds.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use threados_core::id::{NodeId, RunId, StepId};
use threados_core::store::regular;
use threados_core::workspace::Snapshot;
use threados_core::wrapper::StepRecord;

use super::Shared;
use super::inspect::redactor;
use crate::detail::{Attempt, Detail};
use threados_core::plain::plain;

/// Most bytes of a text that are shown.
const LONGEST: u64 = 256 << 10;

/// How many runs are looked through for attempts, and how many attempts are shown.
const RUNS: usize = 400;
const ATTEMPTS: usize = 50;

/// How many files of an attempt are listed.
const FILES: usize = 500;

pub(super) fn read(shared: &Shared, snapshot: &Snapshot, id: &NodeId, run: Option<&RunId>) -> Detail {
    let mut detail = Detail { node: Some(id.clone()), run: run.cloned(), ..Detail::default() };
    let Some(step) = snapshot.sequence().step(id.as_str()) else { return detail };
    let Some(redactor) = redactor(shared, snapshot, id) else { return detail };
    let paths = &shared.workspace.paths;
    // The prompt is the person's own text: shown, and saved again, as it is.
    let prompt = step.prompt_file.as_ref().and_then(|file| text(&paths.threados.join(file)));
    detail.prompt = prompt.unwrap_or_default();
    detail.history = history(shared, &step.id);
    let Some(run) = run else { return detail };
    let folder = paths.run_step(run, &step.id);
    let clean = |file: &str| {
        let text = text(&folder.join(file)).filter(|t| !t.trim().is_empty())?;
        Some(redactor.redact(&text).lines().map(|l| plain(l) + "\n").collect::<String>())
    };
    (detail.sent, detail.summary, detail.diff) =
        (clean("prompt.md"), clean("summary.md"), clean("diff.patch"));
    let record = StepRecord::read(&folder).ok().flatten();
    detail.sandbox = record.as_ref().map(|r| r.sandbox);
    detail.notes = record.map(|r| r.diff_notes).unwrap_or_default();
    files(&folder.join("artifacts"), "", &mut detail.artifacts);
    detail.folder = folder.strip_prefix(shared.workspace.root()).unwrap_or(&folder).display().to_string();
    detail
}

fn text(file: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    regular::open(file).ok()?.take(LONGEST).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn files(folder: &Path, below: &str, found: &mut Vec<(String, u64)>) {
    let mut entries: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let (Ok(meta), name) = (entry.metadata(), entry.file_name()) else { continue };
        let name = format!("{below}{}", plain(&name.to_string_lossy()));
        match meta.is_dir() {
            _ if found.len() >= FILES => return,
            true => files(&entry.path(), &format!("{name}/"), found),
            false => found.push((name, meta.len())),
        }
    }
}

fn history(shared: &Shared, step: &StepId) -> Vec<Attempt> {
    let paths = &shared.workspace.paths;
    let entries = fs::read_dir(&paths.runs).into_iter().flatten().flatten();
    let mut runs: Vec<RunId> = entries.filter_map(|e| RunId::new(e.file_name().to_str()?).ok()).collect();
    runs.sort_unstable_by(|a, b| b.cmp(a));
    let records = runs.iter().take(RUNS).flat_map(|run| counted(&paths.run_step(run, step)));
    records.take(ATTEMPTS).map(attempt).collect()
}

/// The attempt of a run that counts.
fn counted(folder: &Path) -> Option<StepRecord> {
    StepRecord::read(folder).ok().flatten()
}

fn attempt(record: StepRecord) -> Attempt {
    Attempt {
        run: record.run_id,
        attempt: record.attempt,
        status: record.status,
        reason: record.reason,
        at: record.started_at,
        took_ms: record.duration_ms,
    }
}
