//! A sequence may narrow the policy, never widen it.

use std::collections::BTreeMap;

use super::Policy;
use crate::model::{Mode, SequencePolicy};

impl Policy {
    /// The policy as it holds for a sequence with limits of its own: absent keys inherit, numbers take the
    /// smaller, the mode can only become SAFE, allowed lists intersect, forbidden patterns unite. What the
    /// result allows, `self` allows too.
    #[must_use]
    pub fn narrowed(&self, sequence: Option<&SequencePolicy>) -> Self {
        let mut narrow = self.clone();
        let Some(own) = sequence else { return narrow };
        if own.mode == Some(Mode::Safe) && narrow.mode != Mode::Safe {
            narrow.mode = Mode::Safe;
            narrow.lines.remove("mode");
        }
        take_smaller(&mut narrow.max_fanout, own.max_fanout, "max_fanout", &mut narrow.lines);
        take_smaller(&mut narrow.max_concurrent, own.max_concurrent, "max_concurrent", &mut narrow.lines);
        if let Some(list) = &own.allowed_commands {
            intersect(&mut narrow.allowed_commands, list, "allowed_commands", &mut narrow.lines);
        }
        for pattern in own.forbidden_patterns.iter().flatten() {
            if !narrow.forbidden_patterns.contains(pattern) {
                narrow.forbidden_patterns.push(pattern.clone());
            }
        }
        if !narrow.narrowed_by.contains(own) {
            narrow.narrowed_by.push(own.clone());
        }
        narrow
    }
}

/// A limit that the sequence set no longer stands at a line of `policy.yaml`.
fn take_smaller(limit: &mut u32, own: Option<u32>, key: &str, lines: &mut BTreeMap<String, u32>) {
    if let Some(own) = own.filter(|own| own < limit) {
        *limit = own;
        lines.remove(key);
    }
}

/// Keeps what both lists have; the lines move along with the items.
fn intersect(list: &mut Vec<String>, own: &[String], key: &str, lines: &mut BTreeMap<String, u32>) {
    let mut kept = Vec::new();
    let mut kept_lines = Vec::new();
    for (index, item) in list.iter().enumerate() {
        let line = lines.remove(&format!("{key}[{index}]"));
        if own.contains(item) {
            kept_lines.extend(line.map(|line| (format!("{key}[{}]", kept.len()), line)));
            kept.push(item.clone());
        }
    }
    lines.extend(kept_lines);
    *list = kept;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(items: &[&str]) -> Option<Vec<String>> {
        Some(items.iter().map(|s| (*s).to_owned()).collect())
    }

    #[test]
    fn without_limits_of_its_own_a_sequence_inherits_everything() {
        let policy = Policy::default();
        assert_eq!(policy.narrowed(None), policy);
        let inherited = policy.narrowed(Some(&SequencePolicy::default()));
        assert_eq!(inherited.allowed_commands, policy.allowed_commands);
        assert_eq!(inherited.max_fanout, policy.max_fanout);
    }

    #[test]
    fn a_sequence_cannot_widen() {
        let policy = Policy::default();
        let greedy = SequencePolicy {
            mode: Some(Mode::Power),
            max_fanout: Some(1000),
            max_concurrent: Some(1000),
            allowed_commands: list(&["sh", "git"]),
            allowed_cwd: list(&["/**"]),
            forbidden_patterns: list(&[]),
        };
        let narrow = policy.narrowed(Some(&greedy));
        assert_eq!(narrow.mode, Mode::Safe);
        assert_eq!((narrow.max_fanout, narrow.max_concurrent), (10, 20));
        assert_eq!(narrow.allowed_commands, ["git"]);
        assert_eq!(narrow.allowed_cwd, policy.allowed_cwd);
        assert_eq!(narrow.forbidden_patterns, policy.forbidden_patterns);
    }

    #[test]
    fn lines_follow_the_items_and_vanish_where_the_sequence_decides() {
        let mut policy = Policy { mode: Mode::Power, ..Policy::default() };
        for (key, line) in
            [("mode", 1), ("max_fanout", 2), ("allowed_commands[0]", 5), ("allowed_commands[7]", 12)]
        {
            policy.lines.insert(key.into(), line);
        }
        let own = SequencePolicy {
            mode: Some(Mode::Safe),
            max_fanout: Some(3),
            allowed_commands: list(&["git"]),
            ..SequencePolicy::default()
        };
        let narrow = policy.narrowed(Some(&own));
        assert_eq!(narrow.lines, BTreeMap::from([("allowed_commands[0]".to_owned(), 12)]));
        assert_eq!((narrow.mode, narrow.max_fanout), (Mode::Safe, 3));
    }

    #[test]
    fn narrowing_twice_by_the_same_limits_is_narrowing_once() {
        let own = SequencePolicy {
            allowed_cwd: list(&["./a/**"]),
            forbidden_patterns: list(&["x", "sudo"]),
            ..SequencePolicy::default()
        };
        let once = Policy::default().narrowed(Some(&own));
        assert_eq!(once.narrowed(Some(&own)), once);
        assert_eq!(once.forbidden_patterns.len(), 4);
    }
}
