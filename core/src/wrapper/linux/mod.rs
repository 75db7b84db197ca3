//! The wrapper on Linux: one thread, one poll loop, signals and children as data.

mod again;
mod agent;
mod artifacts;
mod attempt;
mod bell;
mod caller;
mod capture;
mod child;
mod client;
mod daemon;
mod exec;
mod lease;
mod pane;
mod procs;
mod signals;
mod spawner;
mod stop;
mod supervise;
mod terminal;
mod tree;
mod verdict;
mod watchdog;
mod wire;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use bell::call_engine;
pub use caller::{Peer, peer_user, standing};
pub use client::Spawner;
pub use daemon::{close_inherited, close_stdout, detach};
pub use lease::{liveness, wait_free};
pub use pane::{PaneAttempt, PaneHost, monotonic};
pub use procs::{at_work, started};
pub use spawner::spawner_main;
pub use stop::{end_orphan, stop, sweep_orphan};
pub use terminal::{Terminal, ended};
