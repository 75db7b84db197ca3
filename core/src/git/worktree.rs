//! A worktree and branch of a step's own: made, looked through, removed where nothing is lost by it.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::call::Git;
use super::repo::git_dir;
use super::{GitError, Means, Repo};

/// How long it may take to make a worktree: a large repository has many files.
const MAKING: Duration = Duration::from_secs(300);
/// How long it may take to look through one and to remove it.
const LEAVING: Duration = Duration::from_secs(60);
/// How often a worktree is tried to be made, and the pause between.
const TRIES: u32 = 5;
const BETWEEN: Duration = Duration::from_millis(10);
/// Says in what git keeps for a worktree that it was made to the end, and from which commit.
const MADE: &str = "threados-base";

/// A worktree of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worktree {
    /// Where it stands.
    pub path: PathBuf,
    /// Its branch.
    pub branch: String,
    /// The commit it was made from.
    pub base: String,
}

/// What a step left in its worktree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// Nothing: no change and no commit.
    Nothing,
    /// Something that exists nowhere else.
    Work,
}

impl Worktree {
    /// Makes a worktree at `path` on a new branch from the commit that the project is on, without `.threados`. One
    /// that is there already, of an earlier attempt, is taken as it is.
    ///
    /// # Errors
    /// [`GitError`]; a worktree that could not be made to the end is removed when it is asked for again.
    pub fn make(
        repo: &Repo,
        path: &Path,
        branch: &str,
        scratch: &Path,
        means: Means<'_>,
    ) -> Result<Self, GitError> {
        let tree = |base: String| Self { path: path.to_owned(), branch: branch.to_owned(), base };
        let making = making(path);
        if let Some(base) = made_from(path) {
            // It may be left of a crash right after the last file.
            let _ = fs::remove_file(&making);
            return Ok(tree(base));
        }
        if path.exists() && !making.exists() {
            let message = format!("{} is in the way: look through it and move it away", path.display());
            return Err(GitError::Failed { what: "worktree".into(), message });
        }
        let mut git = Git::new(&repo.root, scratch, MAKING, means)?;
        git.writable = written(repo, path);
        let base = git.line(&["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]).map_err(|e| match e {
            GitError::Failed { what, .. } => GitError::Failed {
                what,
                message: "the project is on a branch without a commit: make one first".into(),
            },
            other => other,
        })?;
        if let Some(above) = path.parent() {
            fs::create_dir_all(above).map_err(GitError::file(above))?;
        }
        let lock = lock(&mut git, path)?;
        discard(&mut git, path, branch, &base)?;
        fs::write(&making, "").map_err(GitError::file(&making))?;
        add(&mut git, path, branch, &base)?;
        drop(lock);
        git.dir = path.to_owned();
        git.run(&["read-tree", "HEAD"], None)?;
        let own = repo.prefix().join(".threados");
        let tracked = git.run(&["ls-files", "-z", "--", &own.to_string_lossy()], None)?;
        if !tracked.is_empty() {
            git.run(&["update-index", "-z", "--skip-worktree", "--stdin"], Some(&tracked))?;
        }
        git.run(&["checkout-index", "--all", "--index", "--quiet"], None)?;
        let kept = git_dir(&path.join(".git")).map(|dir| dir.join(MADE));
        if let Some(file) = kept {
            fs::write(&file, &base).map_err(GitError::file(&file))?;
        }
        fs::remove_file(&making).map_err(GitError::file(&making))?;
        Ok(tree(base))
    }

    /// What git keeps of it in its repository.
    pub fn git_dir(&self) -> Option<PathBuf> {
        git_dir(&self.path.join(".git"))
    }

    /// Removes the worktree and its branch where the step left nothing in it. Files that git ignores are nothing.
    ///
    /// # Errors
    /// [`GitError`]; then it stays.
    pub fn clean(&self, repo: &Repo, scratch: &Path, means: Means<'_>) -> Result<Left, GitError> {
        let mut git = Git::new(&self.path, scratch, LEAVING, means)?;
        let unchanged =
            is_clean(&mut git)? && tip(&mut git, &self.branch)?.as_deref() == Some(self.base.as_str());
        // Another branch that was checked out here is kept by itself; a commit without one is not.
        let head = git.line(&["rev-parse", "--verify", "HEAD"])?;
        if !unchanged || head != self.base && git.line(&["branch", "--show-current"])?.is_empty() {
            return Ok(Left::Work);
        }
        Self::remove(repo, &self.path, &self.branch, scratch, git.into_means())?;
        Ok(Left::Nothing)
    }

    /// Whether something is in it that exists nowhere else: uncommitted, or in commits that the project's own branch
    /// does not hold. One that was never made to the end holds nothing.
    ///
    /// # Errors
    /// [`GitError`]; then nobody can tell.
    pub fn holds_work(
        repo: &Repo,
        path: &Path,
        branch: &str,
        scratch: &Path,
        means: Means<'_>,
    ) -> Result<bool, GitError> {
        if making(path).exists() && made_from(path).is_none() {
            return Ok(false);
        }
        let mut git = Git::new(path, scratch, LEAVING, means)?;
        if !is_clean(&mut git)? {
            return Ok(true);
        }
        let mut commits = vec![git.line(&["rev-parse", "--verify", "HEAD"])?];
        commits.extend(tip(&mut git, branch)?);
        git.dir.clone_from(&repo.root);
        for commit in commits {
            if !git.any(&["merge-base", "--is-ancestor", &commit, "HEAD"], None)?.0.success() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Removes a worktree that holds no work, and its branch.
    ///
    /// # Errors
    /// [`GitError`]; then what git refused to remove stays.
    pub fn remove(
        repo: &Repo,
        path: &Path,
        branch: &str,
        scratch: &Path,
        means: Means<'_>,
    ) -> Result<(), GitError> {
        let mut git = Git::new(&repo.root, scratch, LEAVING, means)?;
        git.writable = written(repo, path);
        let forced = making(path).exists() && made_from(path).is_none();
        let tip = tip(&mut git, branch)?;
        let lock = lock(&mut git, path)?;
        let path_text = path.to_string_lossy();
        // Without --force: what was changed since somebody looked is not lost.
        let remove = ["worktree", "remove", &path_text];
        let force = ["worktree", "remove", "--force", &path_text];
        git.run(if forced { &force } else { &remove }, None)?;
        if let Some(tip) = tip {
            git.run(&["update-ref", "-d", &format!("refs/heads/{branch}"), &tip], None)?;
        }
        drop(lock);
        let _ = fs::remove_file(making(path));
        if let Some(run) = path.parent() {
            // Only an empty folder goes.
            let _ = fs::remove_dir(run);
        }
        Ok(())
    }
}

/// What git writes to make or remove a worktree: what it keeps of the repository, and the folder of the worktree.
fn written(repo: &Repo, path: &Path) -> Vec<PathBuf> {
    std::iter::once(repo.common_dir.clone()).chain(path.parent().map(Path::to_owned)).collect()
}

/// Git reads what it keeps of all worktrees to make one, and fails where another is just being made. So ours are made
/// one after the other; held until it is dropped.
fn lock(git: &mut Git<'_>, path: &Path) -> Result<File, GitError> {
    let all = path.ancestors().nth(2).unwrap_or(path);
    let file = all.join(".lock");
    let lock = File::create(&file).map_err(GitError::file(&file))?;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(TryLockError::WouldBlock) => git.rest("worktree", BETWEEN)?,
            Err(TryLockError::Error(e)) => return Err(GitError::file(&file)(e)),
        }
    }
}

/// Somebody else's git may be making a worktree, too: then it is tried again.
fn add(git: &mut Git<'_>, path: &Path, branch: &str, base: &str) -> Result<(), GitError> {
    let shown = path.to_string_lossy();
    let args = ["worktree", "add", "--quiet", "--no-checkout", "-b", branch, &shown, base];
    for _ in 1..TRIES {
        if git.run(&args, None).is_ok() {
            return Ok(());
        }
        git.rest("worktree", BETWEEN)?;
        discard(git, path, branch, base)?;
    }
    git.run(&args, None).map(drop)
}

/// Whether nothing in a work tree is uncommitted. What git ignores does not count.
fn is_clean(git: &mut Git<'_>) -> Result<bool, GitError> {
    let status = ["status", "--porcelain", "-z", "--untracked-files=all", "--ignore-submodules=none"];
    Ok(git.run(&status, None)?.is_empty())
}

/// The commit a branch is on; `None` where there is no such branch.
fn tip(git: &mut Git<'_>, branch: &str) -> Result<Option<String>, GitError> {
    let (there, tip) =
        git.any(&["rev-parse", "--verify", "--quiet", &format!("refs/heads/{branch}")], None)?;
    Ok(there.success().then(|| String::from_utf8_lossy(&tip).trim().to_owned()))
}

/// The file that says that a worktree is being made and no step has been in it yet.
fn making(path: &Path) -> PathBuf {
    path.with_extension("making")
}

/// The commit a worktree was made from; `None` where there is none that was made to the end.
fn made_from(path: &Path) -> Option<String> {
    let base = fs::read_to_string(git_dir(&path.join(".git"))?.join(MADE)).ok()?;
    (!base.is_empty()).then_some(base)
}

/// Removes what a call that was cut short left: no step has been in it.
fn discard(git: &mut Git<'_>, path: &Path, branch: &str, base: &str) -> Result<(), GitError> {
    if path.exists() {
        let (removed, _) = git.any(&["worktree", "remove", "--force", &path.to_string_lossy()], None)?;
        if !removed.success() {
            fs::remove_dir_all(path).map_err(GitError::file(path))?;
        }
    }
    git.run(&["worktree", "prune"], None)?;
    // A branch that is elsewhere by now is not ours to remove; then the next call says so.
    git.any(&["update-ref", "-d", &format!("refs/heads/{branch}"), base], None)?;
    Ok(())
}
