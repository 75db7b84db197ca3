//! The id of a proposal.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// `p-` and eight hexadecimal digits, such as `p-7f3a01c2`. It is no secret: knowing it allows nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProposalId(String);

/// A text that is no id of a proposal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not the id of a proposal (p- and eight hexadecimal digits, as in p-7f3a01c2)")]
pub struct NoProposalId(pub String);

impl ProposalId {
    pub(super) fn of(number: u32) -> Self {
        Self(format!("p-{number:08x}"))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProposalId {
    type Err = NoProposalId;

    fn from_str(text: &str) -> Result<Self, NoProposalId> {
        let is_hex = |digits: &str| digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        match text.strip_prefix("p-") {
            Some(digits) if digits.len() == 8 && is_hex(digits) => Ok(Self(text.to_owned())),
            _ => Err(NoProposalId(text.to_owned())),
        }
    }
}

impl TryFrom<String> for ProposalId {
    type Error = NoProposalId;

    fn try_from(text: String) -> Result<Self, NoProposalId> {
        text.parse()
    }
}

impl From<ProposalId> for String {
    fn from(id: ProposalId) -> Self {
        id.0
    }
}

impl fmt::Display for ProposalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
