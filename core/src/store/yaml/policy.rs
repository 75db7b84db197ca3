//! `policy.yaml`: reading it, and edits that keep its comments.

use super::decode::{self, Decoder, POLICY, keys};
use super::document::read;
use super::fault::Faults;
use super::merge::{Order, mapping};
use super::node::{Kind, Tree};
use super::place::Edits;
use super::{print, wire};
use crate::model::{Mode, Problem};
use crate::policy::Policy;

/// A policy file: its text and what it says.
#[derive(Debug, Clone)]
pub struct PolicyDocument {
    tree: Tree,
    policy: Policy,
}

/// What came of reading a policy file.
#[derive(Debug, Clone)]
pub struct ParsedPolicy {
    /// The file, as far as it can be read beside its faults; `None` where it is not YAML of the accepted kind.
    pub document: Option<PolicyDocument>,
    /// Every fault, in the order of the text. A policy with faults must not be used.
    pub problems: Vec<Problem>,
}

/// Reads a policy file. Keys that it leaves out are at their default.
pub fn parse_policy(bytes: &[u8]) -> ParsedPolicy {
    let mut faults = Faults::default();
    let tree = match read(bytes, &mut faults) {
        Ok(tree) => tree,
        Err(problems) => return ParsedPolicy { document: None, problems },
    };
    let policy = decode::policy(&mut Decoder::new(&tree, &mut faults));
    let problems = faults.finish(tree.text());
    ParsedPolicy { document: Some(PolicyDocument { tree, policy }), problems }
}

impl PolicyDocument {
    /// The text of the file.
    pub fn text(&self) -> &str {
        self.tree.text()
    }

    /// What the file says.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The text with another mode.
    pub fn with_mode(&self, mode: Mode) -> String {
        self.rewrite(&Policy { mode, ..self.policy.clone() })
    }

    /// The text with a further allowed command; the same text where it is already listed.
    pub fn with_command(&self, command: &str) -> String {
        let mut after = self.policy.clone();
        if !after.allowed_commands.iter().any(|known| known == command) {
            after.allowed_commands.push(command.to_owned());
        }
        self.rewrite(&after)
    }

    /// The text without an allowed command; the same text where it is not listed.
    pub fn without_command(&self, command: &str) -> String {
        let mut after = self.policy.clone();
        after.allowed_commands.retain(|known| known != command);
        self.rewrite(&after)
    }

    /// The text with another policy: comments and the layout of what did not change stay. The result is read
    /// again and compared; where it differs the file is written anew.
    pub fn rewrite(&self, after: &Policy) -> String {
        let spliced = self.splice(after).filter(|text| {
            let parsed = parse_policy(text.as_bytes());
            parsed.problems.is_empty() && parsed.document.is_some_and(|found| same(&found.policy, after))
        });
        spliced.unwrap_or_else(|| print::entries(&wire::to_mapping(after), 0) + "\n")
    }

    fn splice(&self, after: &Policy) -> Option<String> {
        if self.tree.kind(self.tree.root()) == Kind::Empty {
            return self.begin(after);
        }
        let order: Vec<_> = keys(POLICY).collect();
        let mut edits = Edits::default();
        let entries = (&wire::to_mapping(&self.policy), &wire::to_mapping(after));
        let order = Order { keys: &order, below: |_| Vec::new() };
        mapping(&self.tree, self.tree.root(), order, entries, &mut edits)?;
        edits.apply(self.text())
    }

    /// The first entries of a file that has only comments.
    fn begin(&self, after: &Policy) -> Option<String> {
        let (old, mut new) = (wire::to_mapping(&self.policy), wire::to_mapping(after));
        new.retain(|key, value| old.get(key) != Some(value));
        let comments = self.text().trim_end();
        let gap = if comments.is_empty() { "" } else { "\n" };
        (!new.is_empty()).then(|| format!("{comments}{gap}{}\n", print::entries(&new, 0)))
    }
}

/// Whether two policies say the same, wherever it stands.
fn same(a: &Policy, b: &Policy) -> bool {
    wire::to_mapping(a) == wire::to_mapping(b)
}
