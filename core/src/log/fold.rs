//! The one fold: from the facts in the entries to the state of steps and gates.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::borrow::Cow;

use super::entry::{Entry, hash_of, time_from};
use super::fact::{Decided, Ended, Fact, Reset, Started, Wire};
use crate::id::{GateId, RunId, StepId};
use crate::model::{Actor, Decision, GateState, GateStatus, Outcome, Phase, State, StepState};

/// Takes the facts of an entry into the state. Only entries that succeeded tell facts; facts of a kind that this
/// version does not know are passed over.
pub fn fold(state: &mut State, entry: &Entry) {
    if entry.result == Outcome::Success {
        let context = Context { actor: entry.actor, run: entry.run_id.clone(), at: entry.timestamp };
        entry.facts().into_iter().for_each(|fact| context.apply(state, fact));
    }
}

/// Does the same with a line of the log, without making an [`Entry`] of it. Returns the number of the entry,
/// `None` where the line is none.
pub fn fold_line(state: &mut State, line: &[u8]) -> Option<u64> {
    hash_of(line)?;
    // Checked once for the whole line, not again for every text in it.
    let text = std::str::from_utf8(line).ok()?;
    let Ok(brief) = serde_json::from_str::<Brief<'_>>(text) else {
        // A fact of a later version may have another shape: then each is looked at by itself.
        let entry = Entry::parse(line)?;
        fold(state, &entry);
        return Some(entry.seq);
    };
    if brief.result == Outcome::Success && !brief.payload.facts.is_empty() {
        let context = Context {
            actor: brief.actor,
            run: brief.run_id.as_ref().and_then(|run| RunId::new(&run.0).ok()),
            at: time_from(&brief.timestamp.0)?,
        };
        let facts = brief.payload.facts.into_iter().filter_map(Wire::into_fact);
        facts.for_each(|fact| context.apply(state, fact));
    }
    Some(brief.seq)
}

/// The part of an entry that the fold reads, borrowed from its line.
#[derive(Deserialize)]
struct Brief<'a> {
    seq: u64,
    actor: Actor,
    result: Outcome,
    #[serde(borrow)]
    timestamp: Text<'a>,
    #[serde(borrow, default)]
    run_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    payload: Facts<'a>,
}

#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize, Default)]
struct Facts<'a> {
    #[serde(borrow, default)]
    facts: Vec<Wire<'a>>,
}

/// What facts leave out because it stands in their entry.
struct Context {
    actor: Actor,
    run: Option<RunId>,
    at: DateTime<Utc>,
}

impl Context {
    fn apply(&self, state: &mut State, fact: Fact) {
        match fact {
            Fact::Started(fact) => self.start(state, fact),
            Fact::Ended(fact) => self.end(state, fact),
            Fact::Reset(fact) => reset(state, fact),
            Fact::Decided(fact) => self.decide(state, fact),
            Fact::Gone(fact) => {
                state.steps.remove(&StepId::from(&fact.id));
                state.gates.remove(&GateId::from(&fact.id));
            }
        }
    }

    /// A new attempt forgets the end of the one before, but not what a person asked to be mended.
    fn start(&self, state: &mut State, fact: Started) {
        let step = state.steps.entry(fact.step).or_default();
        *step = StepState {
            phase: Phase::Running,
            reason: None,
            run_id: fact.run.or_else(|| self.run.clone()),
            attempt: fact.attempt,
            started_at: Some(fact.at.unwrap_or(self.at)),
            ended_at: None,
            exit_code: None,
            review_reason: step.review_reason.take(),
        };
    }

    fn end(&self, state: &mut State, fact: Ended) {
        let step = state.steps.entry(fact.step).or_default();
        step.phase = fact.phase;
        step.reason = fact.reason;
        step.exit_code = fact.exit_code;
        step.ended_at = Some(fact.at.unwrap_or(self.at));
        if fact.phase == Phase::Done {
            step.review_reason = None;
        }
    }

    fn decide(&self, state: &mut State, fact: Decided) {
        let pending = fact.status == GateStatus::Pending;
        if pending && fact.reason.is_none() {
            state.gates.remove(&fact.gate);
            return;
        }
        let decision = Decision { by: fact.by.unwrap_or(self.actor), at: fact.at.unwrap_or(self.at) };
        let decision = (!pending).then_some(decision);
        state.gates.insert(fact.gate, GateState { status: fact.status, reason: fact.reason, decision });
    }
}

/// A step without anything to tell is not in the state at all.
fn reset(state: &mut State, fact: Reset) {
    if fact.reason.is_none() && fact.review_reason.is_none() {
        state.steps.remove(&fact.step);
    } else {
        let (reason, review_reason) = (fact.reason, fact.review_reason);
        state.steps.insert(fact.step, StepState { reason, review_reason, ..StepState::default() });
    }
}

#[cfg(test)]
mod tests;
