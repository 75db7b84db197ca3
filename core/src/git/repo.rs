//! Finding the repository of a project by its files: no program is started for it.

use std::fs;
use std::path::{Path, PathBuf};

/// A project inside a git work tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repo {
    /// The project root.
    pub root: PathBuf,
    /// The top of the work tree, the project root or above it.
    pub top: PathBuf,
    /// What git keeps for this work tree: its index, its HEAD.
    pub git_dir: PathBuf,
    /// What git keeps for all work trees of the repository.
    pub common_dir: PathBuf,
}

impl Repo {
    /// The repository a project is in; `None` where it is in none.
    pub fn find(root: &Path) -> Option<Self> {
        root.ancestors().find_map(|top| {
            let git_dir = git_dir(&top.join(".git"))?;
            let common = fs::read_to_string(git_dir.join("commondir")).ok();
            let common_dir = common.map_or_else(|| git_dir.clone(), |text| git_dir.join(text.trim()));
            Some(Self { root: root.to_owned(), top: top.to_owned(), git_dir, common_dir })
        })
    }

    /// The project's folder below the top of the work tree; empty where both are one.
    pub fn prefix(&self) -> &Path {
        self.root.strip_prefix(&self.top).unwrap_or(Path::new(""))
    }

    /// Whether the current branch has no commit yet, as far as its files tell.
    pub fn is_unborn(&self) -> bool {
        let head = fs::read_to_string(self.git_dir.join("HEAD")).unwrap_or_default();
        let Some(branch) = head.trim().strip_prefix("ref: ") else { return false };
        let packed = || fs::read_to_string(self.common_dir.join("packed-refs")).unwrap_or_default();
        !self.common_dir.join("reftable").exists()
            && !self.common_dir.join(branch).exists()
            && !packed().lines().any(|line| line.split(' ').nth(1) == Some(branch))
    }

    /// Whether parts of it are repositories of their own, which a worktree does not hold.
    pub fn has_submodules(&self) -> bool {
        self.top.join(".gitmodules").exists()
    }
}

/// What git keeps for the work tree that `.git` marks: that folder, or the one that this file names.
pub(super) fn git_dir(dot_git: &Path) -> Option<PathBuf> {
    let dir = if dot_git.is_dir() {
        dot_git.to_owned()
    } else {
        let text = fs::read_to_string(dot_git).ok()?;
        dot_git.parent()?.join(text.strip_prefix("gitdir:")?.trim())
    };
    dir.join("HEAD").exists().then_some(dir)
}
