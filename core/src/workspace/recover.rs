//! Making good what a crash left between the log line and the last rename.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::DoorError;
use crate::id::Digest;
use crate::log::{Filter, tail};
use crate::store::atomic;
use crate::store::lock::ProjectLock;
use crate::store::paths::Paths;

/// The files of one commit, as its log line records them: path below `.threados/`, digests before and after.
pub(super) type CommitRecord = BTreeMap<String, Change>;

/// One file of a commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Change {
    /// What it was; `None` where it did not exist.
    pub before: Option<Digest>,
    /// What it is; `None` where it is removed.
    pub after: Option<Digest>,
}

/// How far back the latest commit is looked for; transitions of a run may have followed it.
const LOOK_BACK: usize = 2000;

/// Where the next content of a file waits for its rename: in the same folder.
pub(super) fn staged(paths: &Paths, file: &str) -> PathBuf {
    let path = paths.threados.join(file);
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    path.with_file_name(format!(".{name}.staged"))
}

/// Whether a writer died between staging and the end. The sequence is staged first and renamed last, so its
/// staged file tells for all.
pub(super) fn is_pending(paths: &Paths) -> bool {
    ["sequence.yaml", "policy.yaml", "sequence.yaml.flush"].iter().any(|f| staged(paths, f).exists())
}

/// For readers: mends if no writer is at work.
pub(super) fn try_now(paths: &Paths) {
    if let Ok(Some(_guard)) = ProjectLock::try_acquire(&paths.lock) {
        if let Err(error) = under_lock(paths) {
            tracing::warn!(%error, "an unfinished change could not be mended");
        }
    }
}

/// Rolls the latest commit forward where its line is in the log and the files still are what the line says;
/// removes what was staged and never committed. The caller holds the lock.
pub(super) fn under_lock(paths: &Paths) -> Result<(), DoorError> {
    if !is_pending(paths) {
        return Ok(());
    }
    let record = latest_commit(paths)?;
    let mut files: Vec<&str> = record.keys().map(String::as_str).collect();
    files.sort_by_key(|f| (*f == "sequence.yaml", *f == "policy.yaml"));
    for file in files {
        let (path, next) = (paths.threados.join(file), staged(paths, file));
        let change = &record[file];
        if change.after.is_none() {
            if digest(&path) == change.before {
                remove(&path);
            }
        } else if digest(&next) == change.after && digest(&path) == change.before {
            atomic::exchange_or_rename(&next, &path)?;
            atomic::sync_dir(path.parent().unwrap_or(&paths.threados))?;
            tracing::info!(file, "rolled an unfinished change forward");
        }
    }
    atomic::sweep(&paths.prompts, Duration::ZERO);
    sweep(&paths.prompts);
    sweep(&paths.threados);
    Ok(())
}

fn latest_commit(paths: &Paths) -> Result<CommitRecord, DoorError> {
    let mut newest = Filter::default();
    newest.limit = Some(LOOK_BACK);
    let entries = tail(paths, &newest)?;
    let latest = entries.iter().rev().find_map(|entry| entry.payload.get("commit"));
    Ok(latest.and_then(|value| CommitRecord::deserialize(value).ok()).unwrap_or_default())
}

/// The digest of a file, `None` where there is none.
pub(super) fn digest(path: &Path) -> Option<Digest> {
    fs::read(path).ok().map(|bytes| Digest::of([bytes.as_slice()]))
}

fn sweep(folder: &Path) {
    let Ok(items) = fs::read_dir(folder) else { return };
    for item in items.flatten() {
        let name = item.file_name();
        let name = name.to_string_lossy();
        if name.starts_with('.') && name.ends_with(".staged") {
            remove(&item.path());
        }
    }
}

/// Removes a file; that it is gone already is as good.
pub(super) fn remove(path: &Path) {
    if let Err(error) = fs::remove_file(path)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(path = %path.display(), %error, "cannot remove");
    }
}
