//! What confines a step: the limits of the policy, held by the kernel.
//!
//! ```text
//! engine: Machine + Policy ──▶ Ground ──(cwd, folder)──▶ Plan ──job──▶ wrapper: start confined, tidy up after
//! ```
//!
//! A [`Plan`] is data: what may be written, what is read-only, what cannot be read, whether there is a network. Two
//! levels carry it out. *bubblewrap* gives the step a file system and a process space of its own, and so can protect a
//! folder inside a writable one. *Landlock* needs nothing installed and costs next to nothing, but its rules only
//! grant: what lies in a writable folder is writable. [`Plan::holes`] says what a level does not hold for this step.
//!
//! What never happens here: a silent fall to a weaker level. A step whose plan cannot be carried out does not start.

/// The hidden word that makes our program the helper inside of bubblewrap.
pub const INSIDE: &str = "inside";

mod apart;
mod ground;
mod helper;
mod level;
mod machine;
mod moved;
mod plan;
mod protected;

#[cfg(target_os = "linux")]
mod beside;
#[cfg(target_os = "linux")]
mod bubblewrap;
#[cfg(target_os = "linux")]
mod inside;
#[cfg(target_os = "linux")]
mod landlock;
#[cfg(target_os = "linux")]
mod reading;
#[cfg(target_os = "linux")]
mod seccomp;
#[cfg(target_os = "linux")]
mod tidy;
#[cfg(target_os = "linux")]
mod trial;
#[cfg(not(target_os = "linux"))]
mod untried;

pub use apart::{Apart, ApartError};
pub use ground::{Ground, tmp, writable};
pub use helper::HeldGit;
pub use level::{Confinement, Level, Trial};
pub use machine::Machine;
pub use plan::Plan;
pub use protected::is_protected;

#[cfg(target_os = "linux")]
pub use {inside::inside_main, tidy::forget_tmp};

/// Ends with code 8: there is no such helper on this platform.
#[cfg(not(target_os = "linux"))]
pub fn inside_main(_arguments: impl IntoIterator<Item = std::ffi::OsString>) -> ! {
    std::process::exit(8)
}

/// No step runs on this platform, so none leaves anything.
#[cfg(not(target_os = "linux"))]
pub fn forget_tmp(_step_dir: &std::path::Path) {}

#[cfg(target_os = "linux")]
pub(in crate::wrapper) use {
    bubblewrap::wrapped,
    landlock::confined,
    tidy::{open_exactly, prepare, tidy},
};
