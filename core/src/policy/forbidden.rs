//! `forbidden_patterns`: what no argument and no command line may match, in either mode.

use regex::{Regex, RegexSet};

use super::denial::Place;
use super::{Denial, Policy, PolicyError, Rule};

/// The compiled patterns.
#[derive(Debug)]
pub(super) struct Forbidden {
    set: RegexSet,
}

impl Forbidden {
    pub(super) fn compile(policy: &Policy) -> Result<Self, PolicyError> {
        let set = RegexSet::new(&policy.forbidden_patterns).map_err(|_| first_fault(policy))?;
        Ok(Self { set })
    }

    /// The first pattern that hits the text, as a denial of it.
    pub(super) fn check(&self, policy: &Policy, text: &str, what: &str) -> Result<(), Denial> {
        let Some(index) = self.set.matches(text).iter().next() else { return Ok(()) };
        let pattern = &self.set.patterns()[index];
        let of_sequence = policy.narrowed_by.iter().flat_map(|own| own.forbidden_patterns.iter().flatten());
        let key = format!("forbidden_patterns[{index}]");
        let place = match Place::of(policy, &key) {
            // The lists were united in this order, so what has no line of its own came from the sequence.
            _ if !policy.lines.contains_key(&key) && of_sequence.into_iter().any(|own| own == pattern) => {
                Place::Sequence
            }
            place => place,
        };
        let hint = "this holds in SAFE and POWER mode; change the command or the pattern";
        let message = format!("{what} matches the forbidden pattern `{pattern}`");
        Err(Denial::new(Rule::ForbiddenPatterns, text, place, message, hint))
    }
}

fn first_fault(policy: &Policy) -> PolicyError {
    let faulty = policy
        .forbidden_patterns
        .iter()
        .enumerate()
        .find_map(|(index, pattern)| Some((index, pattern, Regex::new(pattern).err()?)));
    let (index, pattern, reason) = match faulty {
        Some((index, pattern, fault)) => {
            (index, pattern.clone(), super::pattern::last_line(&fault.to_string()))
        }
        None => (0, policy.forbidden_patterns.join(" | "), "together they are too large".to_owned()),
    };
    let line = policy.lines.get(&format!("forbidden_patterns[{index}]")).copied();
    PolicyError::BadPattern { rule: "forbidden_patterns".into(), pattern, line, reason }
}
