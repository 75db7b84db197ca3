//! The runs that a project keeps: listing them, and removing old ones.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use serde::Deserialize as _;

use super::observe::look_in_force;
use super::report::RunRecord;
use super::run::Opened;
use super::tree::{left_work, remove_worktrees};
use crate::id::RunId;
use crate::log::Draft;
use crate::model::{Actor, Outcome, State};
use crate::store::Paths;
use crate::workspace::{DoorError, Session, Snapshot, Workspace};

/// Pause after each removed folder: deleting thousands of files at once slows down whoever creates some.
const BREATH: Duration = Duration::from_millis(2);

/// How the log names the removal of runs.
const PRUNE: &str = "runs.prune";

/// A run, as far as its folder tells.
#[derive(Debug, Clone, PartialEq)]
pub struct RunEntry {
    /// The run.
    pub id: RunId,
    /// Its record; `None` where it has none yet or it cannot be read.
    pub record: Option<RunRecord>,
    /// Whether it goes on.
    pub open: bool,
}

/// Every run whose folder is there, the newest first. What goes on is counted as it stands now: its record is written
/// as it begins and as it ends.
///
/// # Errors
/// [`DoorError::Read`] where the folder of runs cannot be read.
pub fn list_runs(paths: &Paths, now: &Snapshot) -> Result<Vec<RunEntry>, DoorError> {
    let state = &now.state;
    let statuses = (!state.runs.is_empty()).then(|| now.statuses());
    let mut ids = run_ids(paths)?;
    ids.extend(state.runs.keys().cloned());
    ids.sort_unstable();
    ids.dedup();
    let entry = |id: RunId| {
        let text = fs::read(paths.run(&id).join("status.json")).ok();
        let mut record: Option<RunRecord> = text.and_then(|t| serde_json::from_slice(&t).ok());
        let opened = state.runs.get(&id).and_then(|opened| Opened::deserialize(opened).ok());
        if let (Some(record), Some(opened), Some(statuses)) = (&mut record, opened, &statuses) {
            record.counts = opened.count(now.sequence(), statuses);
        }
        RunEntry { record, open: state.runs.contains_key(&id), id }
    };
    // Ids sort by time.
    Ok(ids.into_iter().rev().map(entry).collect())
}

fn run_ids(paths: &Paths) -> Result<Vec<RunId>, DoorError> {
    let items = match fs::read_dir(&paths.runs) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read.map_err(|source| DoorError::Read { path: paths.runs.clone(), source })?,
    };
    let names = items.flatten().map(|item| item.file_name());
    Ok(names.filter_map(|name| RunId::new(name.to_str()?).ok()).collect())
}

/// What pruning removed, or would remove.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pruned {
    /// Runs that went.
    pub removed: Vec<RunId>,
    /// Older runs that stay: something of them runs, a run that goes on may read them, or a worktree of theirs holds
    /// work that is nowhere else.
    pub held: Vec<RunId>,
}

/// Removes the folders of all runs but the newest `keep`, slowly; only tells which where `dry`. What runs stays,
/// so does what is only in a worktree, and while a run goes on, so does what its steps may read. The removal is in the log before it begins.
///
/// # Errors
/// [`DoorError`] where the log cannot be written or a folder cannot be removed.
pub fn prune_runs(workspace: &Workspace, actor: Actor, keep: usize, dry: bool) -> Result<Pruned, DoorError> {
    let paths = &workspace.paths;
    let now = look_in_force(workspace)?.snapshot;
    let needed = needed(paths, &now.state);
    let ids = list_runs(paths, &now)?.into_iter().map(|run| run.id).filter(|id| paths.run(id).is_dir());
    let (held, removed) = ids.skip(keep).partition(|id| needed.contains(id) || left_work(paths, id));
    let pruned = Pruned { removed, held };
    if dry || pruned.removed.is_empty() {
        return Ok(pruned);
    }
    let draft =
        Draft::new(actor, PRUNE, "").with("keep", keep).with("removed", serde_json::json!(pruned.removed));
    let mut session = Session::begin(workspace)?;
    if let Err(error) = session.snapshot().policy() {
        session.append_durable(&[draft.failed(Outcome::Denied, error.to_string())])?;
        return Err(error);
    }
    session.append_durable(&[draft])?;
    drop(session);
    for id in &pruned.removed {
        remove_worktrees(paths, id);
        let path = paths.run(id);
        remove(&path).map_err(|source| DoorError::Remove { path, source })?;
    }
    Ok(pruned)
}

/// Tells the log that a removal was asked for, and that nobody said yes to it.
pub fn prune_refused(workspace: &Workspace, actor: Actor, keep: usize, why: &str) {
    workspace.note_durably(Draft::new(actor, PRUNE, "").with("keep", keep).failed(Outcome::Denied, why));
}

/// Runs that must stay.
fn needed(paths: &Paths, state: &State) -> HashSet<RunId> {
    let mut needed: HashSet<RunId> = state.runs.keys().cloned().collect();
    if !needed.is_empty() {
        needed.extend(state.steps.values().filter_map(|s| s.run_id.clone()));
    }
    let locks = fs::read_dir(&paths.wrappers).into_iter().flatten().flatten();
    needed.extend(locks.filter_map(|lock| {
        let name = lock.file_name();
        RunId::new(name.to_str()?.split('.').next()?).ok()
    }));
    needed
}

/// Removes a run's folder step by step: first out of sight under another name, so that no half run is listed.
fn remove(run: &Path) -> std::io::Result<()> {
    let hidden =
        run.with_file_name(format!(".{}.pruned", run.file_name().unwrap_or_default().to_string_lossy()));
    fs::rename(run, &hidden)?;
    for item in fs::read_dir(&hidden)? {
        let path = item?.path();
        if path.is_dir() {
            fs::remove_dir_all(&path)?;
            thread::sleep(BREATH);
        }
    }
    fs::remove_dir_all(&hidden)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::paths::Outside;
    use crate::workspace::InitOptions;

    const IDS: [&str; 3] = ["20261122T100000Z-0001", "20261122T100001Z-0002", "20261122T100002Z-0003"];

    fn project() -> (tempfile::TempDir, Workspace) {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("p");
        fs::create_dir(&root).unwrap();
        let paths = Paths::with_outside(&root, &Outside::below(dir.path())).unwrap();
        let workspace = Workspace::init_at(paths, &InitOptions::default()).unwrap();
        for id in IDS {
            fs::create_dir_all(workspace.paths.runs.join(id).join("build")).unwrap();
        }
        (dir, workspace)
    }

    fn left(workspace: &Workspace) -> Vec<String> {
        let now = workspace.snapshot().unwrap();
        list_runs(&workspace.paths, &now).unwrap().iter().map(|r| r.id.to_string()).collect()
    }

    #[test]
    fn the_newest_stay_and_the_log_tells() {
        let (_dir, workspace) = project();
        let pruned = prune_runs(&workspace, Actor::User, 1, false).unwrap();
        assert_eq!(pruned.removed.len(), 2);
        assert_eq!(left(&workspace), [IDS[2]]);
        assert!(fs::read_to_string(&workspace.paths.audit_log).unwrap().contains("runs.prune"));
        assert_eq!(fs::read_dir(&workspace.paths.runs).unwrap().count(), 1);
    }

    #[test]
    fn what_a_wrapper_holds_stays_and_a_dry_run_removes_nothing() {
        let (_dir, workspace) = project();
        fs::create_dir_all(&workspace.paths.wrappers).unwrap();
        fs::write(workspace.paths.wrappers.join(format!("{}.build", IDS[0])), "").unwrap();
        let would = prune_runs(&workspace, Actor::User, 0, true).unwrap();
        assert_eq!(left(&workspace).len(), 3);
        assert_eq!(would.held.iter().map(|r| r.as_str()).collect::<Vec<_>>(), [IDS[0]]);
        prune_runs(&workspace, Actor::User, 0, false).unwrap();
        assert_eq!(left(&workspace), [IDS[0]]);
    }
}
