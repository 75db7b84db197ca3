//! The changes of the definition that a log tells, and which of them are undone.

use std::collections::{BTreeSet, HashMap};

use serde_json::Value;

use super::withdraw::WITHDRAWN;
use crate::action::Action;
use crate::log::Entry;
use crate::model::{Actor, Outcome};

/// A change of the definition in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Its entry.
    pub entry: Entry,
    /// Whether it is undone now.
    pub undone: bool,
    /// The latest undo or redo of it.
    turned_by: Option<u64>,
}

impl Change {
    /// Its line.
    pub fn line(&self) -> String {
        line(&self.entry)
    }
}

/// Whose changes these are: each undoes its own.
type Hand = (Actor, Option<String>);

/// Takes the entries of a log in one after the other. What an entry is about is found without a search, so that a long
/// log takes as long as its length.
#[derive(Default)]
pub(super) struct Ledger {
    /// In order; `None` where a change counts as never made.
    changes: Vec<Option<Change>>,
    /// Where the change of an entry stands.
    places: HashMap<u64, usize>,
    /// Where the change stands that an undo or redo turned.
    turned: HashMap<u64, usize>,
    /// Where the undone changes of each hand stand.
    undone: HashMap<Hand, BTreeSet<usize>>,
    /// What each hand did since its latest change of the definition and undo does not cover: the latest of it.
    beside: HashMap<Hand, Entry>,
}

impl Ledger {
    pub fn take(&mut self, entry: Entry) {
        let about = entry.payload.get("about").and_then(Value::as_u64);
        let withdrawn = entry.action == WITHDRAWN;
        if entry.result != Outcome::Success {
            return;
        }
        if !(withdrawn || entry.payload.contains_key("image")) {
            if Action::NAMES.contains(&entry.action.as_str()) {
                self.beside.insert(hand(&entry), entry);
            }
            return;
        }
        if !withdrawn {
            self.beside.remove(&hand(&entry));
        }
        match (entry.action.as_str(), about) {
            (way @ ("undo" | "redo"), Some(seq)) => {
                if let Some(place) = self.places.get(&seq).copied() {
                    self.turned.insert(entry.seq, place);
                    self.turn(place, way == "undo", Some(entry.seq));
                }
            }
            (WITHDRAWN, Some(seq)) => self.withdraw(seq),
            _ => self.add(entry),
        }
    }

    /// What a hand did last, where that is no change of the definition.
    pub fn beside(&self, actor: Actor, step: Option<&str>) -> Option<&Entry> {
        self.beside.get(&(actor, step.map(str::to_owned)))
    }

    pub fn into_changes(self) -> Vec<Change> {
        self.changes.into_iter().flatten().collect()
    }

    /// A new change ends what could be redone: the undone ones of this hand count as never made.
    fn add(&mut self, entry: Entry) {
        for place in self.undone.remove(&hand(&entry)).unwrap_or_default() {
            self.changes[place] = None;
        }
        self.places.insert(entry.seq, self.changes.len());
        self.changes.push(Some(Change { entry, undone: false, turned_by: None }));
    }

    /// A change, or the undo or redo of one, that was not made after all.
    fn withdraw(&mut self, seq: u64) {
        if let Some(place) = self.places.get(&seq).copied()
            && let Some(change) = self.changes[place].take()
        {
            self.undone.entry(hand(&change.entry)).or_default().remove(&place);
        }
        if let Some(place) = self.turned.get(&seq).copied()
            && let Some(change) = self.changes[place].as_ref().filter(|c| c.turned_by == Some(seq))
        {
            self.turn(place, !change.undone, None);
        }
    }

    fn turn(&mut self, place: usize, undone: bool, by: Option<u64>) {
        let Some(change) = &mut self.changes[place] else { return };
        (change.undone, change.turned_by) = (undone, by);
        let of_hand = self.undone.entry(hand(&change.entry)).or_default();
        if undone {
            of_hand.insert(place)
        } else {
            of_hand.remove(&place)
        };
    }
}

fn hand(entry: &Entry) -> Hand {
    (entry.actor, step(entry).map(str::to_owned))
}

/// The orchestrator that made a change.
pub(super) fn step(entry: &Entry) -> Option<&str> {
    entry.payload.get("by").and_then(Value::as_str)
}

/// The lines of a change.
pub(super) fn line(entry: &Entry) -> String {
    let lines = entry.payload.get("lines").and_then(Value::as_array);
    let lines: Vec<&str> = lines.into_iter().flatten().filter_map(Value::as_str).collect();
    if lines.is_empty() { entry.action.clone() } else { lines.join("; ") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Map, json};

    use super::*;
    use crate::id::Digest;
    use crate::model::Mode;

    fn entry(seq: u64, action: &str, about: Option<u64>, by: Option<&str>) -> Entry {
        let mut payload = Map::new();
        payload.insert("image".into(), json!("x"));
        payload.extend(about.map(|seq| ("about".to_owned(), json!(seq))));
        payload.extend(by.map(|by| ("by".to_owned(), json!(by))));
        Entry {
            action: action.to_owned(),
            actor: if by.is_some() { Actor::Orchestrator } else { Actor::User },
            error: None,
            payload,
            policy_mode: Mode::Safe,
            prev: Digest::of([b"".as_slice()]),
            result: Outcome::Success,
            run_id: None,
            seq,
            target: String::new(),
            timestamp: chrono::DateTime::UNIX_EPOCH,
            hash: Digest::of([b"".as_slice()]),
        }
    }

    /// What is meant, said as plainly as it can be.
    fn searched(entries: &[Entry]) -> Vec<Change> {
        let mut changes: Vec<Change> = Vec::new();
        for entry in entries {
            let about = entry.payload.get("about").and_then(Value::as_u64);
            match (entry.action.as_str(), about) {
                (way @ ("undo" | "redo"), Some(seq)) => {
                    for change in changes.iter_mut().filter(|c| c.entry.seq == seq) {
                        (change.undone, change.turned_by) = (way == "undo", Some(entry.seq));
                    }
                }
                (WITHDRAWN, Some(seq)) => {
                    changes.retain(|c| c.entry.seq != seq);
                    for change in changes.iter_mut().filter(|c| c.turned_by == Some(seq)) {
                        (change.undone, change.turned_by) = (!change.undone, None);
                    }
                }
                _ => {
                    changes.retain(|c| !(c.undone && hand(&c.entry) == hand(entry)));
                    changes.push(Change { entry: entry.clone(), undone: false, turned_by: None });
                }
            }
        }
        changes
    }

    fn taken(entries: &[Entry]) -> Vec<Change> {
        let mut ledger = Ledger::default();
        entries.iter().cloned().for_each(|entry| ledger.take(entry));
        ledger.into_changes()
    }

    proptest! {
        #[test]
        fn without_a_search_it_comes_to_the_same(
            steps in proptest::collection::vec((0..6_u8, 1..40_u64, prop_oneof![Just(None), Just(Some("lead"))]), 0..40)
        ) {
            let number = |i: usize| i as u64 + 1;
            let entries: Vec<Entry> = steps
                .iter()
                .enumerate()
                .map(|(i, (kind, about, by))| match kind {
                    0..=2 => entry(number(i), "step.add", None, *by),
                    3 => entry(number(i), "undo", Some(*about), *by),
                    4 => entry(number(i), "redo", Some(*about), *by),
                    _ => entry(number(i), WITHDRAWN, Some(*about), *by),
                })
                .collect();
            prop_assert_eq!(taken(&entries), searched(&entries));
        }
    }

    /// With a search for each entry this takes a minute and more; without, a second or two.
    #[test]
    fn a_long_log_takes_as_long_as_its_length() {
        let begun = std::time::Instant::now();
        let pairs = 150_000_u64;
        let entries = (0..pairs).flat_map(|i| {
            let (change, undo) = (2 * i + 1, 2 * i + 2);
            [entry(change, "step.add", None, None), entry(undo, "undo", Some(change - i % 2 * 2), None)]
        });
        let mut ledger = Ledger::default();
        entries.for_each(|entry| ledger.take(entry));
        assert_eq!(ledger.into_changes().len() as u64, pairs / 2);
        assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
    }
}
