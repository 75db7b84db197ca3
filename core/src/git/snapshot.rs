//! What a step changed in a work tree: the tree before, the tree after, and the patch between both.
//!
//! A snapshot lives in an index and an object folder of its own beside the step's files, so that nothing of the
//! repository changes, not even its index, and nothing stays behind.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::call::Git;
use super::{GitError, Means, Repo, repo};

/// How long all calls for one side of a snapshot may take.
const LIMIT: Duration = Duration::from_secs(30);
/// An untracked file larger than this is left out: to read it would cost more than the step.
const LARGEST: u64 = 16 << 20;
/// Largest patch; one with binary files that is larger is made without their contents, then cut.
const LARGEST_PATCH: u64 = 16 << 20;
/// Our own folder, which is no part of what steps change.
const OWN: &str = ":(exclude,top,literal)";

/// The patch of a step.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diff {
    /// Whether something changed; then the patch is there.
    pub changed: bool,
    /// What the patch does not tell, in words.
    pub notes: Vec<String>,
}

/// A work tree before a step.
#[derive(Debug)]
pub struct Snapshot {
    repo: Repo,
    /// The folder to look at: the project root or its twin in a worktree.
    dir: PathBuf,
    folder: PathBuf,
    /// What is compared with: a tree or a commit.
    base: String,
}

impl Snapshot {
    /// Remembers the work tree at `dir` as it is, in `folder`, which is made.
    ///
    /// # Errors
    /// [`GitError`]; `folder` is gone then.
    pub fn take(repo: &Repo, folder: &Path, means: Means<'_>) -> Result<Self, GitError> {
        let mut snapshot = Self {
            repo: repo.clone(),
            dir: repo.root.clone(),
            folder: folder.to_owned(),
            base: String::new(),
        };
        let taken = snapshot.index(means, &mut Vec::new(), |git| git.line(&["write-tree"]));
        if taken.is_err() {
            snapshot.forget();
        }
        snapshot.base = taken?;
        Ok(snapshot)
    }

    /// A worktree that was made from `base`: what it was before needs no look.
    pub fn of_worktree(repo: &Repo, dir: &Path, base: &str, folder: &Path) -> Self {
        Self { repo: repo.clone(), dir: dir.to_owned(), folder: folder.to_owned(), base: base.to_owned() }
    }

    /// Writes what has changed since to `patch`; nothing is written where nothing did. Ends the snapshot.
    ///
    /// # Errors
    /// [`GitError`]; then there is no patch.
    pub fn diff(self, patch: &Path, means: Means<'_>) -> Result<Diff, GitError> {
        let mut notes = Vec::new();
        let part = patch.with_extension("patch.tmp");
        let base = self.base.clone();
        let made = self.index(means, &mut notes, |git| print(git, &base, &part));
        self.forget();
        let named = made.and_then(|note| {
            notes.extend(note);
            let changed = fs::metadata(&part).is_ok_and(|m| m.len() > 0);
            if changed {
                fs::rename(&part, patch).map_err(GitError::file(patch))?;
            }
            Ok(Diff { changed, notes })
        });
        // Empty, or of a call that failed.
        let _ = fs::remove_file(&part);
        named
    }

    /// Brings the index of the snapshot in line with the work tree, then does something with it.
    fn index<T>(
        &self,
        means: Means<'_>,
        notes: &mut Vec<String>,
        then: impl FnOnce(&mut Git<'_>) -> Result<T, GitError>,
    ) -> Result<T, GitError> {
        let mut git = Git::new(&self.dir, &self.folder, LIMIT, means)?;
        let index = self.folder.join("index");
        if !index.exists() {
            self.copy_index(&index)?;
        }
        git.objects = Some(self.objects()?);
        git.index = Some(index);
        let pathspecs = self.pathspecs(&mut git, notes)?;
        let add = ["add", "--all", "--pathspec-from-file=-", "--pathspec-file-nul"];
        git.run(&add, Some(&pathspecs))?;
        then(&mut git)
    }

    /// The index as it is knows of every file that has not changed; without it each would be read.
    fn copy_index(&self, to: &Path) -> Result<(), GitError> {
        let git_dir = if self.dir.starts_with(&self.repo.top) {
            Some(self.repo.git_dir.clone())
        } else {
            self.dir.ancestors().find_map(|d| repo::git_dir(&d.join(".git")))
        };
        let Some(from) = git_dir.map(|d| d.join("index")) else { return Ok(()) };
        match fs::copy(&from, to) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
            copied => copied.and_then(|_| same_age(&from, to)).map_err(GitError::file(&from)),
        }
    }

    /// A folder for objects that are only of this snapshot, with those of the repository behind it.
    fn objects(&self) -> Result<PathBuf, GitError> {
        let objects = self.folder.join("objects");
        let info = objects.join("info");
        fs::create_dir_all(&info).map_err(GitError::file(&info))?;
        let behind = self.repo.common_dir.join("objects");
        let behind = behind.canonicalize().unwrap_or(behind);
        let list = info.join("alternates");
        fs::write(&list, format!("{}\n", behind.display())).map_err(GitError::file(&list))?;
        Ok(objects)
    }

    /// Everything below the project, but for our own folder and large files that git does not know.
    fn pathspecs(&self, git: &mut Git<'_>, notes: &mut Vec<String>) -> Result<Vec<u8>, GitError> {
        let own = self.repo.prefix().join(".threados");
        let mut specs = b".\0".to_vec();
        // To leave out by name what is left out anyway is an error for git.
        let asked = format!(":(top){}", own.display());
        if !git.any(&["check-ignore", "--quiet", "--", &asked], None)?.0.success() {
            specs.extend(format!("{OWN}{}\0", own.display()).into_bytes());
        }
        let untracked = git.run(&["ls-files", "--others", "--exclude-standard", "-z", "--", "."], None)?;
        for name in untracked.split(|b| *b == 0).filter(|n| !n.is_empty()) {
            let name = String::from_utf8_lossy(name);
            let size = self.dir.join(&*name).symlink_metadata().map_or(0, |m| m.len());
            if size > LARGEST {
                specs.extend(format!(":(exclude,literal){name}\0").into_bytes());
                notes.push(format!("{name} is untracked and has {size} bytes: left out"));
            }
        }
        Ok(specs)
    }

    /// Removes what the snapshot needed. What cannot be removed goes with the run.
    pub fn forget(&self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A copy that looks younger would make git trust files that were changed in the second of its last look.
fn same_age(from: &Path, to: &Path) -> io::Result<()> {
    let modified = fs::metadata(from)?.modified()?;
    fs::File::options().write(true).open(to)?.set_modified(modified)
}

/// Writes the patch, and says what it does not hold.
fn print(git: &mut Git<'_>, base: &str, to: &Path) -> Result<Option<String>, GitError> {
    const PLAIN: [&str; 9] = [
        "diff-index",
        "--cached",
        "-p",
        "--full-index",
        "--find-renames",
        "--no-ext-diff",
        "--no-textconv",
        "--no-color",
        "--submodule=short",
    ];
    let with = |binary: bool| {
        PLAIN.iter().copied().chain(binary.then_some("--binary")).chain([base, "--"]).collect::<Vec<_>>()
    };
    for (binary, note) in
        [(true, None), (false, Some("the contents of binary files are left out: too large"))]
    {
        let args = with(binary);
        match git.print_to(&args, None, to, LARGEST_PATCH) {
            Ok(status) if !status.success() => return Err(git.failed(&args)),
            Ok(_) if fs::metadata(to).is_ok_and(|m| m.len() <= LARGEST_PATCH) => {
                return Ok(note.map(str::to_owned));
            }
            Ok(_) | Err(GitError::TooMuch(_)) => {}
            Err(error) => return Err(error),
        }
    }
    let cut = fs::OpenOptions::new().write(true).open(to).and_then(|file| file.set_len(LARGEST_PATCH));
    cut.map_err(GitError::file(to))?;
    Ok(Some(format!("cut after {LARGEST_PATCH} bytes")))
}
