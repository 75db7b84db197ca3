//! Steps and the git repository around the project: which get a worktree, of which the changes are kept.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::core::Engine;
use super::protocol::Fault;
use crate::git::{Means, Repo, Worktree};
use crate::id::RunId;
use crate::model::Step;
use crate::store::Paths;
use crate::store::outer::find_program;
use crate::workspace::ErrorClass;
use crate::wrapper::sandbox::HeldGit;
use crate::wrapper::{GitWork, Job};

/// Whether a step can have a worktree here, as far as it can be told without asking git.
///
/// # Errors
/// A [`Fault`] that says what is missing and what to do.
pub fn check_worktree(paths: &Paths, step: &Step) -> Result<(), Fault> {
    if !step.worktree {
        return Ok(());
    }
    let fault = |class, code, why: &str, hint: &str| {
        let message = format!("step `{}` wants a worktree of its own, but {why}", step.id);
        Err(Fault::new(class, code, message).hint(hint.replace("ID", step.id.as_str())))
    };
    let Some(repo) = Repo::find(&paths.root) else {
        let hint = "`git init` and commit what is here, or `seqctl step edit ID --worktree=false`";
        return fault(ErrorClass::Environment, "NO_REPOSITORY", "the project is in no git repository", hint);
    };
    if repo.is_unborn() {
        let hint = "commit what is here: a worktree is made from the latest commit";
        return fault(ErrorClass::Environment, "NO_COMMIT", "the project's branch has no commit yet", hint);
    }
    if repo.has_submodules() {
        let hint = "`seqctl step edit ID --worktree=false`";
        let why = "the repository has submodules, which a worktree does not hold";
        return fault(ErrorClass::Environment, "SUBMODULES", why, hint);
    }
    if paths.worktrees.is_none() {
        let hint = "set HOME or XDG_STATE_HOME";
        return fault(ErrorClass::Environment, "NO_HOME", "there is no home to keep it in", hint);
    }
    if find_program("git").is_none() {
        return fault(ErrorClass::Environment, "NO_SUCH_PROGRAM", "git is not installed", "install git");
    }
    Ok(())
}

impl Engine {
    /// Where a step works: its folder in the project, or the twin of that in its worktree.
    pub(super) fn folder_of(&self, step: &Step, run: &RunId) -> PathBuf {
        let paths = &self.workspace().paths;
        let folder = paths.root.join(step.cwd.as_deref().unwrap_or("."));
        let folder = folder.canonicalize().unwrap_or(folder);
        let tree = paths.worktree(run, &step.id).filter(|_| step.worktree);
        let twin = tree.zip(Repo::find(&paths.root)).and_then(|(tree, repo)| twin(&repo, &tree, &folder));
        twin.unwrap_or(folder)
    }

    /// What git is asked around an attempt. With a worktree, the job moves into it.
    pub(super) fn with_git(&self, step: &Step, run: &RunId, mut job: Job) -> Job {
        let paths = &self.workspace().paths;
        if !step.keeps_diff() {
            return job;
        }
        let Some(repo) = Repo::find(&paths.root) else { return job };
        let mut work = GitWork { root: paths.root.clone(), worktree: None };
        if let Some(path) = paths.worktree(run, &step.id).filter(|_| step.worktree) {
            job.cwd = twin(&repo, &path, &job.cwd).unwrap_or(job.cwd);
            // A program of the project is that of the step's own tree.
            if job.argv.first().is_some_and(|name| name.contains('/')) {
                job.program = twin(&repo, &path, &job.program).unwrap_or(job.program);
            }
            work.worktree = Some((path, branch(run, step)));
        }
        job.git = Some(work);
        job
    }
}

/// The same file in a worktree; `None` for one outside the project.
fn twin(repo: &Repo, tree: &Path, of: &Path) -> Option<PathBuf> {
    // Put together anew: an empty part would leave a slash at the end.
    Some(tree.join(repo.prefix()).join(of.strip_prefix(&repo.root).ok()?).components().collect())
}

/// The branch of a step's worktree.
fn branch(run: &RunId, step: &Step) -> String {
    format!("threados/{run}/{}", step.id)
}

/// The worktrees that the steps of a run left, each with its branch.
fn left_by(paths: &Paths, run: &RunId) -> Vec<(PathBuf, String)> {
    let Some(folder) = paths.worktrees.as_ref().map(|w| w.join(run.as_str())) else { return Vec::new() };
    let items = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let steps = items.filter(|item| item.path().is_dir());
    steps
        .map(|item| (item.path(), format!("threados/{run}/{}", item.file_name().to_string_lossy())))
        .collect()
}

/// Whether a run left work in a worktree that exists nowhere else, or nobody can tell.
pub(super) fn left_work(paths: &Paths, run: &RunId) -> bool {
    let left = left_by(paths, run);
    let Some(repo) = Repo::find(&paths.root).filter(|_| !left.is_empty()) else { return !left.is_empty() };
    let scratch = scratch(paths);
    let hold = HeldGit::new();
    let held = left.iter().any(|(path, branch)| {
        Worktree::holds_work(&repo, path, branch, &scratch, Means { pause: &mut pause, hold: &hold })
            .unwrap_or(true)
    });
    // It held only what git printed.
    let _ = std::fs::remove_dir_all(scratch);
    held
}

/// Removes the worktrees that a run left. What git refuses to remove stays.
pub(super) fn remove_worktrees(paths: &Paths, run: &RunId) {
    let left = left_by(paths, run);
    let Some(repo) = Repo::find(&paths.root).filter(|_| !left.is_empty()) else { return };
    let scratch = scratch(paths);
    let hold = HeldGit::new();
    for (path, branch) in left {
        if let Err(error) =
            Worktree::remove(&repo, &path, &branch, &scratch, Means { pause: &mut pause, hold: &hold })
        {
            tracing::warn!(path = %path.display(), %error, "a worktree stays");
        }
    }
    let _ = std::fs::remove_dir_all(scratch);
}

fn scratch(paths: &Paths) -> PathBuf {
    paths.state_dir.join(format!("git.{}", std::process::id()))
}

/// Here nobody interrupts git but its own time limit.
fn pause(time: Duration) -> bool {
    std::thread::sleep(time.min(Duration::from_millis(2)));
    false
}
