//! Steps that wait for their next attempt: by the time of day, which the log knows, and by a clock that nobody sets, so
//! that a time of day that is set back keeps no step for hours.

use std::collections::BTreeMap;
use std::time::Instant;

use chrono::{DateTime, Utc};

use crate::id::StepId;

/// Each step that waits, and when its time is over by the clock that nobody sets.
#[derive(Debug, Default)]
pub(super) struct Pauses(BTreeMap<StepId, Instant>);

impl Pauses {
    /// A step waits until this time of day.
    pub fn begin(&mut self, step: StepId, until: DateTime<Utc>) {
        let left = (until - Utc::now()).to_std().unwrap_or_default();
        let now = Instant::now();
        self.0.insert(step, now.checked_add(left).unwrap_or(now));
    }

    /// It waits no longer; whether it did.
    pub fn end(&mut self, step: &StepId) -> bool {
        self.0.remove(step).is_some()
    }

    /// Whether it waits.
    pub fn contains(&self, step: &StepId) -> bool {
        self.0.contains_key(step)
    }

    /// All that wait.
    pub fn steps(&self) -> impl Iterator<Item = &StepId> {
        self.0.keys()
    }

    /// Only these go on waiting.
    pub fn retain(&mut self, waits: impl Fn(&StepId) -> bool) {
        self.0.retain(|step, _| waits(step));
    }

    /// Whether a step that waits until this time of day may begin, by either clock.
    pub fn is_over(&self, step: &StepId, until: DateTime<Utc>) -> bool {
        until <= Utc::now() || self.0.get(step).is_some_and(|due| *due <= Instant::now())
    }

    /// When the next of them may begin.
    pub fn next(&self) -> Option<Instant> {
        let now = Instant::now();
        self.0.values().copied().filter(|due| *due > now).min()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_time_of_day_that_is_set_back_keeps_no_step() {
        let mut pauses = Pauses::default();
        let [step, other]: [StepId; 2] = ["a", "b"].map(|id| id.parse().unwrap());
        let later = Utc::now() + TimeDelta::hours(1);
        pauses.begin(other.clone(), later);
        assert!(!pauses.is_over(&other, later) && pauses.next().is_some() && pauses.end(&other));
        let soon = Utc::now() + TimeDelta::milliseconds(50);
        pauses.begin(step.clone(), soon);
        std::thread::sleep(std::time::Duration::from_millis(60));
        // By a clock that was set back by an hour it is an hour away again.
        assert!(pauses.is_over(&step, soon + TimeDelta::hours(1)));
        assert!(pauses.next().is_none() && pauses.end(&step) && !pauses.contains(&step));
    }
}
