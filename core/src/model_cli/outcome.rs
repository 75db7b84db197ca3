//! What an agent's run came to.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::limit;
use crate::model::Usage;

/// What the result of an event stream says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// It says that it failed.
    pub is_error: bool,
    /// Its last words: the answer, or what went wrong.
    pub text: String,
    /// What it spent, where it says so.
    pub usage: Option<Usage>,
    /// The HTTP status its API answered with, where it says so.
    pub api_status: Option<u16>,
    /// A limit that an event before the result told of.
    pub rejected: Option<Limit>,
}

impl Outcome {
    /// The rate or quota limit that ended it, as seen at `now`.
    pub fn limit(&self, now: DateTime<Utc>) -> Option<Limit> {
        if !self.is_error {
            return None;
        }
        let told = limit::recognise(&self.text, self.api_status, now);
        let Some(event) = &self.rejected else { return told };
        let until = event.until.filter(|until| limit::is_believed(*until, now));
        Some(Limit { until: until.or(told.and_then(|l| l.until)) })
    }
}

/// A rate or quota limit of a model was reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// When it may go on, where that was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
}
