//! Programs of our own (git) that look at what steps have made: confined, too.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use super::ground::Keys;
use super::{Level, Plan};
use crate::git::Hold;

/// Holds git by Landlock, whatever holds the steps: it writes what a call has to, reads no key, has no network and
/// signals nobody. Where the kernel has no Landlock, it is only kept from running what a repository names.
#[derive(Debug, Clone, Default)]
pub struct HeldGit {
    /// What it cannot read.
    keys: Keys,
}

impl HeldGit {
    /// For the home folder of this user.
    pub fn new() -> Self {
        Self { keys: Keys::here() }
    }
}

impl Hold for HeldGit {
    fn start(&self, command: &mut Command, writable: &[PathBuf]) -> io::Result<Child> {
        let real = |path: &PathBuf| path.canonicalize().ok();
        let plan = Plan {
            level: Level::Landlock,
            writable: writable.iter().filter_map(real).collect(),
            read_only: Vec::new(),
            hidden: self.keys.there().collect(),
            absent: Vec::new(),
            network: false,
            tmp: writable.first().and_then(real).unwrap_or_else(|| Path::new("/nonexistent").to_owned()),
            shown: Vec::new(),
            bubblewrap: None,
            helper: Vec::new(),
        };
        confined(&plan, command)
    }
}

#[cfg(target_os = "linux")]
fn confined(plan: &Plan, command: &mut Command) -> io::Result<Child> {
    use super::landlock;
    if landlock::version().is_err() {
        return command.spawn();
    }
    landlock::confined(plan, None, || Ok(command.spawn())).map_err(io::Error::other)?
}

#[cfg(not(target_os = "linux"))]
fn confined(_plan: &Plan, command: &mut Command) -> io::Result<Child> {
    command.spawn()
}
