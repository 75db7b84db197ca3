//! The one fold: from the facts in the entries to the state of steps and gates.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::entry::{Entry, hash_of};
use crate::model::{Fact, Outcome, State};

/// Takes the facts of an entry into the state. Only entries that succeeded tell facts; facts of a kind that this
/// version does not know are passed over.
pub fn fold(state: &mut State, entry: &Entry) {
    if entry.result == Outcome::Success {
        entry.facts().into_iter().for_each(|fact| state.take(fact, entry.timestamp));
    }
}

/// Does the same with a line of the log, without making an [`Entry`] of it. Returns the number of the entry,
/// `None` where the line is none.
pub fn fold_line(state: &mut State, line: &[u8]) -> Option<u64> {
    hash_of(line)?;
    let Ok(brief) = serde_json::from_slice::<Brief>(line) else {
        // A fact of a later version may have another shape: then each is looked at by itself.
        let entry = Entry::parse(line)?;
        fold(state, &entry);
        return Some(entry.seq);
    };
    if brief.result == Outcome::Success {
        brief.payload.facts.into_iter().for_each(|fact| state.take(fact, brief.timestamp));
    }
    Some(brief.seq)
}

/// The part of an entry that the fold reads.
#[derive(Deserialize)]
struct Brief {
    seq: u64,
    result: Outcome,
    timestamp: DateTime<Utc>,
    #[serde(default)]
    payload: Facts,
}

#[derive(Deserialize, Default)]
struct Facts {
    #[serde(default)]
    facts: Vec<Fact>,
}

#[cfg(test)]
mod tests;
