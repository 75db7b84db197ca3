//! What was refused, by which rule, where that rule stands, and what would allow it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Policy;

/// The rule that refused something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The program is not listed.
    AllowedCommands,
    /// The folder is not listed.
    AllowedCwd,
    /// An argument or the command line matches a forbidden pattern.
    ForbiddenPatterns,
    /// A group has too many workers.
    MaxFanout,
    /// Too many steps at once.
    MaxConcurrent,
    /// A step sets an environment variable that steers what programs load or execute.
    Env,
    /// The kernel must hold a step, and nothing here does.
    Sandbox,
    /// mprocs may not open its port.
    MprocsPort,
    /// A program asked for what only a person may decide.
    Actor,
}

impl Rule {
    /// The word for programs; for rules of `policy.yaml` it is the key there.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AllowedCommands => "allowed_commands",
            Self::AllowedCwd => "allowed_cwd",
            Self::ForbiddenPatterns => "forbidden_patterns",
            Self::MaxFanout => "max_fanout",
            Self::MaxConcurrent => "max_concurrent",
            Self::Env => "env",
            Self::Sandbox => "sandbox",
            Self::MprocsPort => "mprocs_port",
            Self::Actor => "actor",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Where a rule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// In `.threados/policy.yaml`, at this line, from 1.
    PolicyLine(u32),
    /// Nobody wrote it: the default that holds where `policy.yaml` is silent or missing.
    Default,
    /// Under `policy:` in `sequence.yaml`.
    Sequence,
    /// In ThreadOS itself; no file changes it.
    BuiltIn,
}

impl Place {
    /// Where a key of `policy.yaml` stands; `key` may name an item of a list, `forbidden_patterns[1]`.
    pub fn of(policy: &Policy, key: &str) -> Self {
        let list = key.split('[').next().unwrap_or(key);
        let line = policy.lines.get(key).or_else(|| policy.lines.get(list));
        line.map_or(Self::Default, |&line| Self::PolicyLine(line))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PolicyLine(line) => write!(f, ".threados/policy.yaml:{line}"),
            Self::Default => f.pad("the default policy"),
            Self::Sequence => f.pad("`policy:` in .threados/sequence.yaml"),
            Self::BuiltIn => f.pad("a fixed rule"),
        }
    }
}

/// A refusal by the policy. Its text may quote an argument: redact it before it is shown or kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denial {
    /// Which rule refused.
    pub rule: Rule,
    /// What it refused: the program, folder, argument, number or variable.
    pub value: String,
    /// Where the rule stands.
    pub place: Place,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What to do, often a line to run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Denial {
    pub(crate) fn new(
        rule: Rule,
        value: impl Into<String>,
        place: Place,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        let (value, message, hint) = (value.into(), message.into(), hint.into());
        Self { rule, value, place, message, hint: (!hint.is_empty()).then_some(hint) }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (rule {}, {})", self.message, self.rule, self.place)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Denial {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denial_says_what_which_rule_where_and_what_to_do() {
        let mut policy = Policy::default();
        policy.lines.insert("allowed_commands".into(), 6);
        let place = Place::of(&policy, "allowed_commands");
        let denial = Denial::new(
            Rule::AllowedCommands,
            "cargo",
            place,
            "the program `cargo` is not allowed",
            "to allow it, run: seqctl policy allow cargo",
        );
        assert_eq!(
            denial.to_string(),
            "the program `cargo` is not allowed (rule allowed_commands, .threados/policy.yaml:6); \
             to allow it, run: seqctl policy allow cargo"
        );
    }

    #[test]
    fn an_item_without_a_line_of_its_own_stands_where_its_list_stands() {
        let mut policy = Policy::default();
        assert_eq!(Place::of(&policy, "forbidden_patterns[1]"), Place::Default);
        policy.lines.insert("forbidden_patterns".into(), 20);
        assert_eq!(Place::of(&policy, "forbidden_patterns[1]"), Place::PolicyLine(20));
        policy.lines.insert("forbidden_patterns[1]".into(), 22);
        assert_eq!(Place::of(&policy, "forbidden_patterns[1]"), Place::PolicyLine(22));
    }
}
