//! Telling the log that a change it holds was not made: a hand was quicker, or a file could not be written.

use super::DoorError;
use super::session::facts;
use crate::log::{Checkpoint, Draft, Entries, fold};
use crate::model::{Actor, Fact, State};
use crate::store::paths::Paths;

/// The name of such an entry.
pub(super) const WITHDRAWN: &str = "change.withdraw";

const WHY: &str = "a file was changed by somebody else, or could not be written, before the change was made";

/// The entry that takes back entry number `seq`, which was made from `line`; `back` is what has to be told.
pub(super) fn draft(seq: u64, line: &Draft, back: &[Fact]) -> Draft {
    Draft::new(Actor::System, WITHDRAWN, &line.target)
        .mode(line.policy_mode)
        .with("about", seq)
        .with("withdrawn", line.action.as_str())
        .with("reason", WHY)
        .with("facts", facts(back))
}

/// What was so before an entry of the log.
///
/// # Errors
/// [`DoorError::Log`] where the log cannot be read.
pub(super) fn state_before(paths: &Paths, seq: u64) -> Result<State, DoorError> {
    let checkpoint = Checkpoint::load(paths).ok().flatten().filter(|c| c.position.seq < seq);
    let (from, mut state) = checkpoint.map(|c| (c.position.seq, c.state)).unwrap_or_default();
    for entry in Entries::all(paths) {
        let entry = entry?;
        if entry.seq >= seq {
            break;
        }
        if entry.seq > from {
            fold(&mut state, &entry);
        }
    }
    Ok(state)
}
