//! What one step may touch, as data.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Level;

/// What one step may touch. All paths are absolute and canonical; parents stand before children.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// What carries it out; never [`Level::None`].
    pub level: Level,
    /// Folders and files that may be written, with all below them.
    pub writable: Vec<PathBuf>,
    /// What may not be written although it may lie in a writable folder.
    pub read_only: Vec<PathBuf>,
    /// What can neither be read nor written.
    pub hidden: Vec<PathBuf>,
    /// What must not come to be: protected names that do not exist yet. Looked at after the end.
    #[serde(default)]
    pub absent: Vec<PathBuf>,
    /// Whether the step has a network.
    pub network: bool,
    /// A folder of its own for temporary files: made before the start, removed after the end.
    pub tmp: PathBuf,
    /// What must stay visible below folders that are replaced (`/tmp`, `/run`).
    #[serde(default)]
    pub shown: Vec<PathBuf>,
    /// Where bubblewrap is, at its level.
    #[serde(default)]
    pub bubblewrap: Option<PathBuf>,
    /// A command line that becomes the helper inside of bubblewrap.
    #[serde(default)]
    pub helper: Vec<String>,
}

/// What git writes in the repository of a worktree to commit there.
const FOR_COMMITS: &[&str] = &["objects", "refs", "logs", WORKTREES];
/// What git keeps of each worktree.
pub(super) const WORKTREES: &str = "worktrees";

impl Plan {
    /// Lets a step commit in a worktree of a repository, whose git folder this is.
    pub fn give_repository(&mut self, git: &Path) {
        let git = git.canonicalize().unwrap_or_else(|_| git.to_owned());
        self.writable.extend(FOR_COMMITS.iter().map(|name| git.join(name)));
        self.writable.sort();
        self.writable.dedup();
    }

    /// The folder in which git keeps what it knows of its worktrees, where the step may write it.
    pub(super) fn worktrees(&self) -> Option<&PathBuf> {
        self.writable
            .iter()
            .find(|w| w.ends_with(WORKTREES) && w.parent().is_some_and(|g| g.join("HEAD").is_file()))
    }

    /// What the level does not hold of this plan, each in words for a person; empty where it holds all of it.
    pub fn holes(&self) -> Vec<String> {
        if self.level == Level::Bubblewrap {
            return Vec::new();
        }
        let mut holes: Vec<String> = Vec::new();
        let mut covered: Vec<&Path> = Vec::new();
        let mut protected: Vec<&PathBuf> = self.read_only.iter().chain(&self.hidden).collect();
        protected.sort();
        for path in protected {
            let Some(folder) = self.writable.iter().find(|w| path.starts_with(w)) else { continue };
            if covered.iter().any(|c| path.starts_with(c)) {
                continue;
            }
            covered.push(path);
            holes.push(format!("{} lies in {}, which the step may write", path.display(), folder.display()));
        }
        if let Some(folder) = self.worktrees() {
            holes.push(format!("{} says where worktrees have their repository", folder.display()));
        }
        if !self.network && !cfg!(any(target_arch = "x86_64", target_arch = "aarch64")) {
            holes.push("of the network, only TCP is held on this processor".to_owned());
        }
        holes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(level: Level) -> Plan {
        Plan {
            level,
            writable: vec!["/p".into(), "/p/.threados/runs/r/s".into()],
            read_only: vec!["/p/.threados".into(), "/p/.git/config".into(), "/q/.git/hooks".into()],
            hidden: vec!["/p/.threados/state".into(), "/home/me/.ssh".into()],
            absent: Vec::new(),
            network: true,
            tmp: "/tmp/x".into(),
            shown: Vec::new(),
            bubblewrap: None,
            helper: Vec::new(),
        }
    }

    #[test]
    fn landlock_does_not_hold_what_lies_in_a_writable_folder_and_says_so_once_a_place() {
        assert_eq!(
            plan(Level::Landlock).holes(),
            [
                "/p/.git/config lies in /p, which the step may write",
                "/p/.threados lies in /p, which the step may write",
            ]
        );
    }

    #[test]
    fn bubblewrap_holds_a_place_in_a_writable_folder_too() {
        assert!(plan(Level::Bubblewrap).holes().is_empty());
    }

    #[test]
    fn landlock_holds_all_of_a_step_with_a_folder_of_its_own() {
        let mut plan = plan(Level::Landlock);
        plan.writable[0] = "/p/crates".into();
        assert!(plan.holes().is_empty());
    }
}
