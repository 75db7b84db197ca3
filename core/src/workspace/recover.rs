//! Making good what a crash left between the log line and the last rename.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize as _;

use super::staging::{CommitRecord, FileChange, Name, Staging, digest, remove};
use super::{DoorError, Workspace, withdraw};
use crate::log::{Draft, Entries, Entry, Log};
use crate::store::atomic;
use crate::store::lock::{Guard, ProjectLock};
use crate::store::paths::Paths;

/// How old a temporary file must be to be removed although a process of its number lives.
const FORGOTTEN: Duration = Duration::from_secs(3600);

/// Whether a writer died between staging and the end, or is at work. The file that tells for all is staged first
/// and its staged file goes last, and it stands in `.threados` itself.
pub(super) fn is_pending(paths: &Paths) -> bool {
    !pending(paths).is_empty()
}

/// For readers: mends if no writer is at work.
pub(super) fn try_now(workspace: &Workspace) {
    if let Ok(Some(guard)) = ProjectLock::try_acquire(&workspace.paths.lock)
        && let Err(error) = under_lock(workspace, &guard)
    {
        tracing::warn!(%error, "an unfinished change could not be mended");
    }
}

/// Rolls an unfinished commit forward where its line is in the log and the files still are what the line says;
/// where a hand was quicker, takes it back and tells the log; removes what was staged and never committed.
pub(super) fn under_lock(workspace: &Workspace, guard: &Guard) -> Result<(), DoorError> {
    let paths = &workspace.paths;
    let pending = pending(paths);
    if pending.is_empty() {
        return Ok(());
    }
    for (path, name) in &pending {
        match line_of(paths, name)? {
            Some((entry, record)) => finish(workspace, guard, name, &entry, &record)?,
            None => give_back(paths, path, name)?,
        }
    }
    sweep(paths);
    Ok(())
}

/// The staged files in `.threados`.
fn pending(paths: &Paths) -> Vec<(PathBuf, Name)> {
    let Ok(items) = fs::read_dir(&paths.threados) else { return Vec::new() };
    let parse = |item: fs::DirEntry| Some((item.path(), Name::parse(item.file_name().to_str()?)?));
    items.flatten().filter_map(parse).collect()
}

/// The line that commits a staged file, which stands after the entry that its name tells.
fn line_of(paths: &Paths, name: &Name) -> Result<Option<(Entry, CommitRecord)>, DoorError> {
    let Some(seq) = name.seq else { return Ok(None) };
    for entry in Entries::after(paths, seq)? {
        let entry = entry?;
        let Some(Ok(record)) = entry.payload.get("commit").map(CommitRecord::deserialize) else { continue };
        let change = record.get(&name.file);
        let ours =
            change.is_some_and(|c| name.is_after(c.after.as_ref()) && name.is_before(c.before.as_ref()));
        return Ok(ours.then_some((entry, record)));
    }
    Ok(None)
}

/// How far one file of a commit has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stand {
    /// It is to be put in its place.
    Waiting,
    /// It is in its place, or was and has been edited since.
    Published,
    /// It is in its place and has displaced what nobody had read.
    Displaced,
    /// Something else stands in its place.
    Foreign,
}

fn stand(staging: &Staging, file: &FileChange) -> Stand {
    let (now, held) = (digest(&staging.target(file)), digest(&staging.staged(file)));
    let change = &file.change;
    match (&change.after, held) {
        (None, _) if now.is_none() => Stand::Published,
        (Some(_), None) => Stand::Published,
        (Some(after), Some(held)) if held != *after => match () {
            () if Some(&held) == change.before.as_ref() => Stand::Published,
            () if now.as_ref() == Some(after) => Stand::Displaced,
            () => Stand::Foreign,
        },
        _ if now == change.before => Stand::Waiting,
        _ => Stand::Foreign,
    }
}

fn finish(
    workspace: &Workspace,
    guard: &Guard,
    name: &Name,
    entry: &Entry,
    record: &CommitRecord,
) -> Result<(), DoorError> {
    let mut files: Vec<_> = record.iter().map(|(file, change)| FileChange::recorded(file, change)).collect();
    files.sort_by_key(|f| f.file == name.file);
    let staging = Staging::new(&workspace.paths, name.seq, files);
    let stands: Vec<Stand> = staging.files.iter().map(|file| stand(&staging, file)).collect();
    let all = staging.files.iter().zip(&stands);
    if stands.iter().all(|s| matches!(s, Stand::Waiting | Stand::Published)) {
        for (file, _) in all.filter(|(_, s)| **s == Stand::Waiting) {
            staging.put(file)?;
            tracing::info!(file = file.file, "rolled an unfinished change forward");
        }
        staging.sync()?;
    } else {
        for (file, _) in all.rev().filter(|(_, s)| matches!(s, Stand::Published | Stand::Displaced)) {
            staging.take_back(file);
        }
        staging.sync()?;
        let mut log = Log::open(&workspace.paths, workspace.log_redactor())?;
        let before = withdraw::state_before(&workspace.paths, entry.seq)?;
        let line = Draft::new(entry.actor, &entry.action, &entry.target).mode(entry.policy_mode);
        log.append_durable(guard, &[withdraw::draft(entry.seq, &line, &before.retract(&entry.facts()))])?;
    }
    staging.clear();
    Ok(())
}

/// A staged file that no line commits is removed; if it was put in its place all the same (statuses are, without
/// a line) and has displaced a hand edit, that comes back.
fn give_back(paths: &Paths, path: &Path, name: &Name) -> Result<(), DoorError> {
    let (target, held) = (paths.threados.join(&name.file), digest(path));
    let displaced = !name.is_after(held.as_ref()) && !name.is_before(held.as_ref());
    if displaced && name.seq.is_none() && name.is_after(digest(&target).as_ref()) {
        atomic::exchange_or_rename(path, &target)?;
        atomic::sync_dir(&paths.threados)?;
    }
    remove(path);
    Ok(())
}

/// Removes what killed writers left in the folders that are written to.
fn sweep(paths: &Paths) {
    for folder in [&paths.threados, &paths.prompts, &paths.history, &paths.state_dir] {
        atomic::sweep(folder, FORGOTTEN);
    }
    let Ok(items) = fs::read_dir(&paths.prompts) else { return };
    let staged = |item: &fs::DirEntry| item.file_name().to_str().and_then(Name::parse).is_some();
    items.flatten().filter(staged).for_each(|item| remove(&item.path()));
}
