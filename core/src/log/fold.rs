//! The one fold: from the facts in the entries to the state of steps and gates.

use std::borrow::Cow;

use serde::Deserialize;

use super::entry::{Entry, hash_of, time_from};
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
    // Checked once for the whole line, not again for every text in it.
    let text = std::str::from_utf8(line).ok()?;
    let brief = serde_json::from_str::<Brief<'_>>(text).ok();
    let Some((brief, time)) = brief.and_then(|b| time_from(&b.timestamp.0).map(|time| (b, time))) else {
        // A fact of a later version may have another shape: then each is looked at by itself.
        let entry = Entry::parse(line)?;
        fold(state, &entry);
        return Some(entry.seq);
    };
    if brief.result == Outcome::Success {
        brief.payload.facts.into_iter().for_each(|fact| state.take(fact, time));
    }
    Some(brief.seq)
}

/// The part of an entry that the fold reads, borrowed from its line.
#[derive(Deserialize)]
struct Brief<'a> {
    seq: u64,
    result: Outcome,
    #[serde(borrow)]
    timestamp: Text<'a>,
    #[serde(default)]
    payload: Facts,
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize, Default)]
struct Facts {
    #[serde(default)]
    facts: Vec<Fact>,
}

#[cfg(test)]
mod tests;
