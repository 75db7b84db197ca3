//! The git repository around a project: where it is, what a step changed in it, and worktrees of a step's own.
//!
//! A repository can name programs that git runs: hooks, a file system monitor, filters, external diffs, a command to
//! fetch what is missing. It is the work of agents and strangers, so every call of ours switches all of them off.
//! Calls are made where they may take their time (a wrapper, a command of a person), never in the engine.

mod call;
mod repo;
mod snapshot;
mod worktree;

pub use call::{GitError, Hold, Means, Pause};
pub use repo::Repo;
pub use snapshot::{Diff, Snapshot};
pub use worktree::{Left, Worktree};
