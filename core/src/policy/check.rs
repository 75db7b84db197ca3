//! Faults in a policy that reading it as YAML does not find.

use super::Policy;
use super::cwd::FolderRules;
use super::pattern::check_pattern;
use crate::model::Problem;

impl Policy {
    /// Every pattern and glob that does not compile, and a webhook that may not be, with its place. An action may be judged only where this
    /// is empty: a policy that is half understood allows nothing.
    pub fn problems(&self) -> Vec<Problem> {
        let regexes = [("forbidden_patterns", &self.forbidden_patterns), ("redact", &self.redact)];
        let mut found = Vec::new();
        for (key, list) in regexes {
            for (index, pattern) in list.iter().enumerate() {
                if let Err(fault) = check_pattern(pattern) {
                    found.push(self.fault("BAD_PATTERN", key, index, pattern, &fault));
                }
            }
        }
        for (index, glob) in self.allowed_cwd.iter().enumerate() {
            if let Err(reason) = FolderRules::check(glob) {
                found.push(self.fault("BAD_GLOB", "allowed_cwd", index, glob, &reason));
            }
        }
        found.extend(self.webhook_fault());
        found.extend(self.chat_fault());
        found
    }

    fn fault(&self, code: &str, key: &str, index: usize, pattern: &str, reason: &str) -> Problem {
        let path = format!("{key}[{index}]");
        let line = self.lines.get(&path).or_else(|| self.lines.get(key)).copied().unwrap_or(0);
        let problem = Problem::new(code, path, format!("`{pattern}` is not valid: {reason}"));
        if line > 0 { problem.at(line, 1) } else { problem }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_have_no_fault() {
        assert_eq!(Policy::default().problems(), []);
    }

    #[test]
    fn every_fault_is_named_with_its_place() {
        let mut policy = Policy {
            forbidden_patterns: vec!["ok".into(), "(".into()],
            redact: vec!["[".into()],
            allowed_cwd: vec!["./**".into(), "a[".into(), "../sibling/**".into()],
            ..Policy::default()
        };
        policy.lines.insert("forbidden_patterns[1]".into(), 9);
        let found = policy.problems();
        let places: Vec<_> = found.iter().map(|p| (p.path.as_str(), p.line)).collect();
        let expected =
            [("forbidden_patterns[1]", 9), ("redact[0]", 0), ("allowed_cwd[1]", 0), ("allowed_cwd[2]", 0)];
        assert_eq!(places, expected);
        assert!(found[0].message.contains("unclosed group"), "{}", found[0].message);
        assert!(found[3].message.contains("absolute"), "{}", found[3].message);
    }
}
