//! Where no level can be had, none can be tried.

use super::{Level, Machine, Trial};

impl Machine {
    /// # Errors
    /// Always why there is no level here.
    pub fn trial(&self, _level: Level) -> Result<Trial, String> {
        Err(self.why_none().unwrap_or_default())
    }

    /// # Errors
    /// As [`Machine::trial`].
    pub fn trial_of_nesting(&self, _level: Level) -> Result<(), String> {
        Err(self.why_none().unwrap_or_default())
    }
}
