//! Identifiers: parsed once at the rim, never mixed afterwards.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Longest id of a step, gate or group, in bytes.
pub const MAX_ID_LEN: usize = 64;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// A step, gate or group id breaks the rule.
    #[error(
        "`{0}` is not a valid id: use 1 to 64 of a-z, 0-9 and `-`, starting with a letter or a digit{hint}",
        hint = suggestion(.0)
    )]
    Name(String),
    /// A run id is not of the form `20261122T204355Z-7f3a`.
    #[error("`{0}` is not a run id (expected the form 20261122T204355Z-7f3a)")]
    Run(String),
}

fn suggestion(bad: &str) -> String {
    match slug(bad) {
        Some(good) if good != bad => format!(", for example `{good}`"),
        _ => String::new(),
    }
}

/// The nearest valid id to a free text, `None` where nothing of it can be kept.
pub fn slug(text: &str) -> Option<String> {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
        if out.len() == MAX_ID_LEN {
            break;
        }
    }
    let trimmed = out.trim_end_matches('-');
    (!trimmed.is_empty()).then(|| trimmed.to_owned())
}

fn is_name(s: &str) -> bool {
    let b = s.as_bytes();
    !b.is_empty()
        && b.len() <= MAX_ID_LEN
        && b[0] != b'-'
        && b.iter().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == b'-')
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $check:expr, $error:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Parses an id.
            ///
            /// # Errors
            /// [`IdError`] where the text breaks the rule of this id.
            pub fn new(s: &str) -> Result<Self, IdError> {
                if $check(s) { Ok(Self(s.into())) } else { Err($error(s.to_owned())) }
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(s: &str) -> Result<Self, IdError> {
                Self::new(s)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                &*self.0 == other
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                // Straight from the text, without a copy of it: a log holds tens of thousands of ids.
                struct Read;
                impl serde::de::Visitor<'_> for Read {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("an id")
                    }
                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        $name::new(text).map_err(E::custom)
                    }
                }
                d.deserialize_str(Read)
            }
        }
    };
}

text_id!(
    /// The id of a step: `^[a-z0-9][a-z0-9-]{0,63}$`, unique among steps and gates.
    StepId, is_name, IdError::Name
);
text_id!(
    /// The id of a gate; same rule and same name space as [`StepId`].
    GateId, is_name, IdError::Name
);
text_id!(
    /// The id of a group of parallel steps.
    GroupId, is_name, IdError::Name
);
text_id!(
    /// The id of a step or of a gate, where either may stand (`depends_on`).
    NodeId, is_name, IdError::Name
);
text_id!(
    /// The id of a run: UTC second of its start and random hex, so that ids sort by time.
    RunId, is_run, IdError::Run
);

fn is_run(s: &str) -> bool {
    let b = s.as_bytes();
    b.len() == 21
        && b[8] == b'T'
        && b[15] == b'Z'
        && b[16] == b'-'
        && b[..8].iter().chain(&b[9..15]).all(u8::is_ascii_digit)
        && b[17..].iter().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(c))
}

impl RunId {
    /// A run id for a start time: its second and, in 65,536th parts, how far into it, so that ids sort by time.
    pub fn at(start: DateTime<Utc>) -> Self {
        // A leap second has up to two billion of them.
        let nanos = u64::from(start.timestamp_subsec_nanos()).min(999_999_999);
        let part = nanos * 65_536 / 1_000_000_000;
        Self(format!("{}-{part:04x}", start.format("%Y%m%dT%H%M%SZ")).into())
    }
}

macro_rules! node_id {
    ($name:ident) => {
        impl From<$name> for NodeId {
            fn from(id: $name) -> Self {
                Self(id.0)
            }
        }
        impl From<&$name> for NodeId {
            fn from(id: &$name) -> Self {
                Self(id.0.clone())
            }
        }
        impl From<NodeId> for $name {
            fn from(id: NodeId) -> Self {
                Self(id.0)
            }
        }
        impl From<&NodeId> for $name {
            fn from(id: &NodeId) -> Self {
                Self(id.0.clone())
            }
        }
    };
}
node_id!(StepId);
node_id!(GateId);

/// A digest that names one content: of a definition, of a before-image, of a log entry. Lower-case hex.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(Arc<str>);

impl Digest {
    /// SHA-256 over the parts, in order.
    pub fn of<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Self {
        use sha2::Digest as _;
        let mut hasher = sha2::Sha256::new();
        for part in parts {
            hasher.update(part);
        }
        let mut hex = String::with_capacity(64);
        for byte in hasher.finalize() {
            hex.push(char::from(HEX[usize::from(byte >> 4)]));
            hex.push(char::from(HEX[usize::from(byte & 15)]));
        }
        Self(hex.into())
    }

    /// Takes a digest as it stands in a file; it is compared, never trusted.
    pub fn from_text(hex: &str) -> Self {
        Self(hex.into())
    }

    /// All 64 hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first 12 digits, for people.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The digest of the sequence's definition: changes with every change of it, never with a status.
pub type Revision = Digest;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_the_rule_and_errors_suggest_a_valid_one() {
        for good in ["a", "build", "0", "a-b-c", &"x".repeat(64)] {
            assert_eq!(StepId::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "-a", "A", "a_b", "a.b", "ä", &"x".repeat(65), "a b"] {
            assert!(StepId::new(bad).is_err(), "{bad:?}");
        }
        let text = StepId::new("Build It!").unwrap_err().to_string();
        assert!(text.ends_with("for example `build-it`"), "{text}");
    }

    #[test]
    fn run_ids_sort_by_time_and_round_trip() {
        let at = |nanos| RunId::at(DateTime::from_timestamp_nanos(nanos));
        let late = at(1_000_000_000);
        assert_eq!(late.as_str(), "19700101T000001Z-0000");
        assert!(at(0) < at(20_000) && at(20_000) < at(999_999_999) && at(999_999_999) < late);
        assert_eq!(RunId::new(late.as_str()).unwrap(), late);
        for bad in ["", "20261122T204355Z", "20261122T204355Z-7F3A", "../etc/passwd"] {
            assert!(RunId::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn digests_are_sha256() {
        let empty = Digest::of([]);
        assert_eq!(empty.as_str(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(Digest::of([&b"ab"[..], b"c"]), Digest::of([&b"abc"[..]]));
        assert_eq!(empty.short().len(), 12);
    }
}
