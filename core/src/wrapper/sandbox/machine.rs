//! What this machine has to confine a step with: looked at, and tried, once.

use std::path::PathBuf;
use std::sync::OnceLock;

use super::Level;

/// What this machine has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Where bubblewrap is, tried to work; or why it is not used.
    pub bubblewrap: Result<PathBuf, String>,
    /// The version of the kernel's Landlock interface; or why it is not used.
    pub landlock: Result<u32, String>,
}

impl Machine {
    /// This machine, looked at when it is first asked for.
    pub fn here() -> &'static Self {
        static HERE: OnceLock<Machine> = OnceLock::new();
        HERE.get_or_init(Self::look)
    }

    /// Looks at this machine: starts bubblewrap once where it is installed (some milliseconds).
    #[cfg(target_os = "linux")]
    pub fn look() -> Self {
        Self { bubblewrap: super::bubblewrap::find(), landlock: super::landlock::version() }
    }

    /// This machine.
    #[cfg(not(target_os = "linux"))]
    pub fn look() -> Self {
        Self::elsewhere(std::env::consts::OS)
    }

    /// A machine with another system than Linux: there is nothing to confine a step with yet.
    pub fn elsewhere(system: &str) -> Self {
        let why = format!("ThreadOS cannot confine a step on {system} yet");
        Self { bubblewrap: Err(why.clone()), landlock: Err(why) }
    }

    /// The strongest level.
    pub fn best(&self) -> Level {
        match (&self.bubblewrap, &self.landlock) {
            (Ok(_), _) => Level::Bubblewrap,
            (_, Ok(_)) => Level::Landlock,
            _ => Level::None,
        }
    }

    /// Why there is no level at all.
    pub fn why_none(&self) -> Option<String> {
        match (&self.bubblewrap, &self.landlock) {
            (Err(bubblewrap), Err(landlock)) if bubblewrap == landlock => Some(landlock.clone()),
            (Err(bubblewrap), Err(landlock)) => Some(format!("{bubblewrap}; {landlock}")),
            _ => None,
        }
    }
}
