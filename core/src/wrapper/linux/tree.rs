//! What git is asked around a step: a worktree of its own before, the patch of what it changed after.

use std::borrow::Cow;
use std::fs;
use std::path::Path;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{WaitOptions, wait};

use super::lease::Lease;
use super::signals::{Arrived, Signals};
use crate::git::{Diff, GitError, Left, Means, Repo, Snapshot, Worktree};
use crate::wrapper::sandbox::HeldGit;
use crate::wrapper::{Job, StepRecord, WorktreeRecord};

/// The patch in the folder of the step.
const PATCH: &str = "diff.patch";
/// What is needed until the patch is made, in the folder of the step.
const FOLDER: &str = ".snapshot";

/// The work tree of a step, from before its start to after its end.
pub(super) struct Tree<'j> {
    job: &'j Job,
    repo: Option<Repo>,
    hold: HeldGit,
    worktree: Option<Worktree>,
    snapshot: Option<Snapshot>,
    notes: Vec<String>,
}

impl<'j> Tree<'j> {
    /// Makes the step's worktree, or remembers how the project is. `None` where git is not asked.
    ///
    /// # Errors
    /// Why the step cannot start: what its worktree lacks, or that it was stopped.
    pub(super) fn prepare(job: &'j Job, signals: &Signals, lease: &Lease) -> Result<Option<Self>, String> {
        let Some(work) = &job.git else { return Ok(None) };
        let mut tree = Self {
            job,
            repo: Repo::find(&work.root),
            hold: HeldGit::new(),
            worktree: None,
            snapshot: None,
            notes: Vec::new(),
        };
        let mut stopped = None;
        let mut pause = |time: Duration| {
            stopped = lease.take_request(pause(signals, time));
            stopped.is_some()
        };
        let made = tree.make(&mut pause);
        reap();
        if stopped.is_some() || made.is_err() {
            remove(&job.step_dir.join(FOLDER));
        }
        match (stopped, made) {
            (Some(request), _) => Err(request.reason),
            (None, Err(error)) => Err(format!("its worktree could not be made: {error}")),
            (None, Ok(())) => Ok(Some(tree)),
        }
    }

    fn make(&mut self, pause: &mut dyn FnMut(Duration) -> bool) -> Result<(), GitError> {
        let Some(repo) = &self.repo else { return Ok(()) };
        let folder = self.job.step_dir.join(FOLDER);
        let Some((path, branch)) = self.job.git.as_ref().and_then(|w| w.worktree.as_ref()) else {
            // Without a patch the step is as good as with one.
            match Snapshot::take(repo, &folder, Means { pause, hold: &self.hold }) {
                Ok(snapshot) => self.snapshot = Some(snapshot),
                Err(error) => self.notes.push(format!("no diff: {error}")),
            }
            return Ok(());
        };
        let worktree = Worktree::make(repo, path, branch, &folder, Means { pause, hold: &self.hold })?;
        let dir = path.join(repo.prefix());
        self.snapshot = Some(Snapshot::of_worktree(repo, &dir, &worktree.base, &folder));
        self.worktree = Some(worktree);
        Ok(())
    }

    /// The job with what it needs of the repository to commit in its worktree.
    pub(super) fn given(&self) -> Cow<'j, Job> {
        let mut job = Cow::Borrowed(self.job);
        if let (Some(repo), Some(worktree)) = (&self.repo, &self.worktree)
            && let Some(own) = worktree.git_dir()
            && let Some(plan) = &mut job.to_mut().sandbox
        {
            plan.give_repository(&repo.common_dir, &own, &worktree.branch);
        }
        job
    }

    /// Writes the patch, removes a worktree in which nothing is left, and notes both in the record. Nothing here
    /// changes how the step ended.
    pub(super) fn conclude(mut self, record: &mut StepRecord, signals: &Signals) {
        // Whoever asks now for the end of the step does not want to wait for its patch.
        let mut pause = |time: Duration| pause(signals, time).stop;
        if let Some(snapshot) = self.snapshot.take() {
            let means = Means { pause: &mut pause, hold: &self.hold };
            match snapshot.diff(&self.job.step_dir.join(PATCH), means) {
                Ok(Diff { notes, .. }) => self.notes.extend(notes),
                Err(error) => self.notes.push(format!("no diff: {error}")),
            }
        }
        if let (Some(repo), Some(worktree)) = (&self.repo, &self.worktree) {
            let scratch = self.job.step_dir.join(FOLDER);
            let left = worktree.clean(repo, &scratch, Means { pause: &mut pause, hold: &self.hold });
            if let Err(error) = &left {
                self.notes.push(format!("the worktree stays: {error}"));
            }
            record.worktree = Some(WorktreeRecord {
                path: worktree.path.clone(),
                branch: worktree.branch.clone(),
                base: worktree.base.clone(),
                kept: !matches!(left, Ok(Left::Nothing)),
            });
        }
        record.diff_notes = self.notes;
        remove(&self.job.step_dir.join(FOLDER));
        reap();
    }
}

/// What cannot be removed goes with the run.
fn remove(folder: &Path) {
    let _ = fs::remove_dir_all(folder);
}

/// Waits for a signal; what has arrived.
fn pause(signals: &Signals, time: Duration) -> Arrived {
    let time = Timespec::try_from(time).ok();
    // A failed wait is a short one.
    let _ = poll(&mut [PollFd::new(signals, PollFlags::IN)], time.as_ref());
    signals.take()
}

/// Takes note of what git left behind: we are the parent of every orphan here.
fn reap() {
    while matches!(wait(WaitOptions::NOHANG), Ok(Some(_))) {}
}
