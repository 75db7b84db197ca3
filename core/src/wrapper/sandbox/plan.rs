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

/// In what git keeps of a worktree: what says where its repository is, and how it is configured.
const POINTERS: &[&str] = &["commondir", "gitdir", "config.worktree"];

impl Plan {
    /// Lets a step commit in its worktree: `common` is the git folder of the repository, `own` what git keeps in it of
    /// this worktree. Objects are shared by all branches; of the refs only those of its own branch's folder are given.
    pub fn give_repository(&mut self, common: &Path, own: &Path, branch: &str) {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let (common, own) = (real(common), real(own));
        let refs = Path::new("refs/heads").join(branch);
        let refs = refs.parent().unwrap_or(&refs);
        self.writable.extend([common.join("objects"), common.join(refs), common.join("logs").join(refs)]);
        // Such a repository keeps all its refs in common files.
        self.writable.extend(Some(common.join("reftable")).filter(|r| r.is_dir()));
        let (there, absent): (Vec<_>, Vec<_>) =
            POINTERS.iter().map(|name| own.join(name)).partition(|p| p.is_file());
        self.read_only.extend(there);
        self.absent.extend(absent);
        self.writable.push(own);
        self.writable.sort();
        self.writable.dedup();
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
