//! A field of an edit: set it, or clear it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What an edit does to one field. On the command line an empty value clears: `--cwd ""`.
#[derive(Debug, Clone, PartialEq)]
pub enum Patch<T> {
    /// Back to the default.
    Clear,
    /// To this value.
    Set(T),
}

impl<T: Clone> Patch<T> {
    /// The value the field then has.
    pub fn value(&self) -> Option<T> {
        match self {
            Self::Clear => None,
            Self::Set(v) => Some(v.clone()),
        }
    }
}

impl<T: FromStr> FromStr for Patch<T> {
    type Err = T::Err;
    fn from_str(s: &str) -> Result<Self, T::Err> {
        if s.is_empty() { Ok(Self::Clear) } else { s.parse().map(Self::Set) }
    }
}

impl<T: fmt::Display> fmt::Display for Patch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clear => Ok(()),
            Self::Set(v) => v.fmt(f),
        }
    }
}

impl<T: fmt::Display> Serialize for Patch<T> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
