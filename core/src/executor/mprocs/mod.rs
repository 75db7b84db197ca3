//! The real mprocs as a place where steps are seen: a session of it, with a pane for each step.
//!
//! ```text
//! keeper ──pseudo-terminal── mprocs ──its own terminals── pane, pane, pane …  (each: `seqctl pane ID`)
//!    ▲ socket: look, type, select, close                    │ socket: ticket, job, events
//!  a terminal, the window, `seqctl mprocs …`              engine            pane ──fork──▶ wrapper ──▶ step
//! ```
//!
//! The *keeper* is a background process that owns mprocs' terminal, drains it always and remembers what stands on it.
//! On the way to whoever looks on it draws the status of each step over mprocs' own word for its pane.
//! It ends with mprocs, and holds a lock for its life: that lock, not a pid and no connection, is how others know that
//! a session is up ([`health`]). A *pane* waits for a ticket of the engine, forks the wrapper of that attempt and shows
//! what it prints. The wrapper has no terminal and needs neither: whatever becomes of mprocs, the step goes on.
//!
//! For a face: [`open`] starts a session or finds the one that is up, [`Session`] looks at its screen, types, selects,
//! and closes it.
//!
//! *Absent:* a port, unless it is asked for; a probe by connecting to mprocs (a document it does not like ends it, and
//! all agents in it); a start by keys or by its own commands, which act on whatever is selected.

mod config;
mod control;
mod error;
mod event;
mod files;
mod find;
mod health;
mod keeper;
mod key;
mod map;
mod panes;
mod session;
mod wire;

pub use config::{Layout, MOST_PANES, PaneName};
pub use control::Control;
pub use error::{KeeperWord, MprocsError};
pub use event::Event;
pub use files::Files;
pub use find::{VERSION, find};
pub use health::{Health, SessionState, health, is_below};
pub use keeper::{Denied, Keep, keep};
pub use key::Key;
pub use map::PaneMap;
pub use panes::{NO_START, Overdue, Panes, Refusal, Room, START_WITHIN};
pub use session::{Attached, Screen, Session, open};
pub use wire::{PaneHears, PaneNote, PaneSays};
