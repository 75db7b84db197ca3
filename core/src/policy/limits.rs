//! How much at once.

use super::denial::Place;
use super::{Denial, Policy, Rule};

impl Policy {
    /// Whether a group may have this many workers.
    ///
    /// # Errors
    /// A [`Denial`] by `max_fanout`.
    pub fn check_fanout(&self, workers: u32) -> Result<(), Denial> {
        self.check_limit(Rule::MaxFanout, self.max_fanout, workers, "workers of one group")
    }

    /// Whether a run may ask for this many steps at once (`--max-concurrent`).
    ///
    /// # Errors
    /// A [`Denial`] by `max_concurrent`.
    pub fn check_concurrency(&self, asked: u32) -> Result<(), Denial> {
        self.check_limit(Rule::MaxConcurrent, self.max_concurrent, asked, "steps at once")
    }

    /// How many more steps may start while `running` steps of the project run; `asked` is the smaller limit
    /// of one run, of whose own steps `running_of_run` run.
    pub fn free_slots(&self, running: u32, asked: Option<u32>, running_of_run: u32) -> u32 {
        let of_project = self.max_concurrent.saturating_sub(running);
        asked.map_or(of_project, |asked| of_project.min(asked.saturating_sub(running_of_run)))
    }

    /// The longest time of an attempt, in milliseconds: the step's own or the default.
    pub fn timeout_ms(&self, own: Option<u64>) -> u64 {
        own.unwrap_or(self.timeout_default_ms)
    }

    fn check_limit(&self, rule: Rule, limit: u32, asked: u32, what: &str) -> Result<(), Denial> {
        if asked <= limit {
            return Ok(());
        }
        let key = rule.as_str();
        let place =
            if self.limited_by_sequence(rule, limit) { Place::Sequence } else { Place::of(self, key) };
        let message = format!("{asked} {what} is over the limit of {limit}");
        let file = if place == Place::Sequence { "sequence.yaml" } else { "policy.yaml" };
        Err(Denial::new(
            rule,
            asked.to_string(),
            place,
            message,
            format!("ask for at most {limit}, or raise {key} in .threados/{file}"),
        ))
    }

    fn limited_by_sequence(&self, rule: Rule, limit: u32) -> bool {
        !self.lines.contains_key(rule.as_str())
            && self.narrowed_by.iter().any(|own| match rule {
                Rule::MaxFanout => own.max_fanout == Some(limit),
                Rule::MaxConcurrent => own.max_concurrent == Some(limit),
                _ => false,
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SequencePolicy;

    #[test]
    fn a_limit_lets_its_own_value_pass_and_names_its_place() {
        let mut policy = Policy::default();
        policy.lines.insert("max_fanout".into(), 2);
        assert!(policy.check_fanout(10).is_ok());
        let denial = policy.check_fanout(11).unwrap_err();
        assert_eq!((denial.rule, denial.place), (Rule::MaxFanout, Place::PolicyLine(2)));
        assert!(denial.to_string().contains("11 workers of one group is over the limit of 10"), "{denial}");
        assert_eq!(policy.check_concurrency(21).unwrap_err().place, Place::Default);
    }

    #[test]
    fn a_limit_of_the_sequence_is_named_as_such() {
        let own = SequencePolicy { max_fanout: Some(2), ..SequencePolicy::default() };
        let mut policy = Policy::default();
        policy.lines.insert("max_fanout".into(), 2);
        let denial = policy.narrowed(Some(&own)).check_fanout(3).unwrap_err();
        assert_eq!(denial.place, Place::Sequence);
        assert!(denial.hint.unwrap().contains("sequence.yaml"));
    }

    #[test]
    fn slots_never_go_below_zero_and_a_run_may_only_ask_for_less() {
        let policy = Policy { max_concurrent: 4, ..Policy::default() };
        assert_eq!(policy.free_slots(1, None, 1), 3);
        assert_eq!(policy.free_slots(9, None, 9), 0);
        assert_eq!(policy.free_slots(1, Some(2), 0), 2);
        assert_eq!(policy.free_slots(3, Some(2), 2), 0);
        assert_eq!(policy.free_slots(0, Some(99), 0), 4);
    }

    #[test]
    fn a_step_without_a_timeout_gets_the_default() {
        let policy = Policy::default();
        assert_eq!(policy.timeout_ms(None), 1_800_000);
        assert_eq!(policy.timeout_ms(Some(5)), 5);
    }
}
