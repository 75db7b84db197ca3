//! Before- and after-images of definitions: what undo and redo put back.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::{Deserialize, Serialize};

use super::DoorError;
use crate::action::{Edit, PromptSource, hand_on};
use crate::id::{NodeId, StepId};
use crate::model::{Budgets, Fact, Gate, Phase, Sequence, Step, Steps};

/// One definition before and after a change; `None` where it did not exist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pair<T> {
    /// Before.
    pub before: Option<T>,
    /// After.
    pub after: Option<T>,
    /// Its place in the file before the change.
    #[serde(default)]
    pub at: usize,
    /// Its place afterwards, where it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<usize>,
}

/// What a change did to definitions and prompts. Kept in `history/`, named by its digest.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Image {
    /// Steps that differ.
    pub steps: BTreeMap<StepId, Pair<Step>>,
    /// Gates that differ.
    pub gates: BTreeMap<NodeId, Pair<Gate>>,
    /// The steps that stand in another order, from the first to the last of them; the same ones before and after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Pair<Vec<StepId>>>,
    /// The budgets at the top of the file, where they differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub budgets: Option<Pair<Budgets>>,
    /// Prompt files that differ, by path below `.threados/`.
    pub prompts: BTreeMap<String, Pair<String>>,
}

/// Back, or forth again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Take a change back.
    Undo,
    /// Make it again.
    Redo,
}

impl Way {
    /// The command.
    pub fn verb(self) -> &'static str {
        match self {
            Self::Undo => "undo",
            Self::Redo => "redo",
        }
    }
}

impl<T> Pair<T> {
    /// What stands now, and what shall stand then.
    fn turned(&self, way: Way) -> (Option<&T>, Option<&T>) {
        match way {
            Way::Undo => (self.after.as_ref(), self.before.as_ref()),
            Way::Redo => (self.before.as_ref(), self.after.as_ref()),
        }
    }
}

impl Image {
    /// What differs between two definitions and their prompts; `None` where nothing does.
    pub fn between(
        before: &Sequence,
        after: &Sequence,
        changed: &BTreeSet<NodeId>,
        prompts: &BTreeMap<String, Option<String>>,
        source: &dyn PromptSource,
    ) -> Option<Self> {
        let mut image = Self::default();
        for id in changed {
            let name = id.as_str();
            let at = before.steps.iter().position(|s| s.id.as_str() == name);
            let mut pair = pair(at.map(|i| &before.steps[i]), after.step(name), at);
            if let Some(new) = pair.as_mut().filter(|p| p.before.is_none()) {
                new.to = after.steps.iter().position(|s| s.id.as_str() == name);
            }
            image.steps.extend(pair.map(|p| (StepId::from(id), p)));
            let at = before.gates.iter().position(|g| g.id.as_str() == name);
            let pair = self::pair(at.map(|i| &before.gates[i]), after.gate(name), at);
            image.gates.extend(pair.map(|p| (id.clone(), p)));
        }
        for (file, text) in prompts {
            let old = source.prompt(file);
            image.prompts.extend(pair(old.as_ref(), text.as_ref(), None).map(|p| (file.clone(), p)));
        }
        image.budgets = pair(Some(&before.budgets), Some(&after.budgets), None);
        image.order = order(&before.steps, &after.steps);
        (image != Self::default()).then_some(image)
    }
}

fn pair<T: Clone + PartialEq>(before: Option<&T>, after: Option<&T>, at: Option<usize>) -> Option<Pair<T>> {
    let at = at.unwrap_or(usize::MAX);
    (before != after).then(|| Pair { before: before.cloned(), after: after.cloned(), at, to: None })
}

/// The steps of both lists that stand in another order; what stands alike at both ends is left out.
fn order(before: &Steps, after: &Steps) -> Option<Pair<Vec<StepId>>> {
    let alike = |(a, b): &(&Step, &Step)| std::ptr::eq(*a, *b) || a.id == b.id;
    let head = before.iter().zip(after.iter()).take_while(alike).count();
    let (old, new) = (before.len() - head, after.len() - head);
    if old == 0 || new == 0 {
        return None;
    }
    let ids = |steps: &Steps| steps.iter().skip(head).map(|s| s.id.clone()).collect::<Vec<_>>();
    let (mut old, mut new) = (ids(before), ids(after));
    let (was, is): (HashSet<_>, HashSet<_>) = (old.iter().cloned().collect(), new.iter().cloned().collect());
    old.retain(|id| is.contains(id));
    new.retain(|id| was.contains(id));
    let tail = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    let moved = old.len() - tail;
    pair(Some(&old[..moved].to_vec()), Some(&new[..moved].to_vec()), None)
}

/// A change found in the log that undo takes back, or that redo makes again.
#[derive(Debug, Clone)]
pub struct Target {
    /// Number of its log entry.
    pub seq: u64,
    /// Its line, for messages.
    pub line: String,
    /// What it did.
    pub image: Image,
    /// What undo does not cover of it, or of what the same hand did since, for a person.
    pub stays: Vec<String>,
}

impl Target {
    /// Number of the log entry it is about.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Puts back what was before, or makes again what was after.
    pub(super) fn put(&self, edit: &mut Edit, way: Way) -> Result<(), DoorError> {
        let refuse = |why: String| DoorError::CannotUndo { what: way.verb(), line: self.line.clone(), why };
        edit.notes.extend(self.stays.iter().cloned());
        for (id, pair) in &self.image.steps {
            let (now, then) = pair.turned(way);
            if edit.sequence.step(id.as_str()) != now {
                return Err(refuse(format!("step `{id}` was changed since")));
            }
            if edit.state.phase(id.as_str()) == Phase::Running {
                return Err(refuse(format!("step `{id}` is RUNNING")));
            }
            if let (Some(gone), None) = (now, then) {
                hand_on(edit, id, gone.spawned_by.as_ref());
            }
            let at = if way == Way::Redo { pair.to.unwrap_or(pair.at) } else { pair.at };
            restore_step(&mut edit.sequence.steps, id, then, at);
            settle(edit, &id.into(), then.is_none());
        }
        for (id, pair) in &self.image.gates {
            let (now, then) = pair.turned(way);
            if edit.sequence.gate(id.as_str()) != now {
                return Err(refuse(format!("gate `{id}` was changed since")));
            }
            restore_gate(&mut edit.sequence.gates, id, then, pair.at);
            settle(edit, id, then.is_none());
        }
        if let Some((Some(now), Some(then))) = self.image.order.as_ref().map(|pair| pair.turned(way)) {
            reorder(edit, now, then).map_err(|why| refuse(why.to_owned()))?;
        }
        if let Some(pair) = &self.image.budgets {
            let (now, then) = pair.turned(way);
            if now != Some(&edit.sequence.budgets) {
                return Err(refuse("the budgets were changed since".to_owned()));
            }
            edit.sequence.budgets = then.cloned().unwrap_or_default();
        }
        for (file, pair) in &self.image.prompts {
            let (now, then) = pair.turned(way);
            if edit.prompt(file).as_ref() != now {
                return Err(refuse(format!("{file} was changed since")));
            }
            edit.prompts.insert(file.clone(), then.cloned());
        }
        Ok(())
    }
}

fn settle(edit: &mut Edit, id: &NodeId, gone: bool) {
    if gone {
        edit.tell(Fact::Gone(id.clone()));
    } else {
        edit.changed.insert(id.clone());
    }
}

/// Puts steps into another order, in the places that they have.
fn reorder(edit: &mut Edit, now: &[StepId], then: &[StepId]) -> Result<(), &'static str> {
    let them: HashSet<&StepId> = now.iter().collect();
    let steps = &mut edit.sequence.steps;
    let places: Vec<usize> = (0..steps.len()).filter(|i| them.contains(&steps[*i].id)).collect();
    if !places.iter().map(|i| &steps[*i].id).eq(now) {
        return Err("the order of the steps was changed since");
    }
    for (id, place) in then.iter().zip(places) {
        // What was put into the places before this one stays there.
        if let Some(at) = (place..steps.len()).find(|i| steps[*i].id == *id) {
            steps.swap(place, at);
        }
        edit.changed.insert(id.into());
    }
    Ok(())
}

fn restore_step(steps: &mut Steps, id: &StepId, then: Option<&Step>, at: usize) {
    match (steps.iter().position(|s| s.id == *id), then) {
        (Some(i), Some(step)) => steps[i] = step.clone(),
        (Some(i), None) => drop(steps.remove(i)),
        (None, Some(step)) => steps.insert(at.min(steps.len()), step.clone()),
        (None, None) => {}
    }
}

fn restore_gate(gates: &mut Vec<Gate>, id: &NodeId, then: Option<&Gate>, at: usize) {
    match (gates.iter().position(|g| g.id.as_str() == id.as_str()), then) {
        (Some(i), Some(gate)) => gates[i] = gate.clone(),
        (Some(i), None) => drop(gates.remove(i)),
        (None, Some(gate)) => gates.insert(at.min(gates.len()), gate.clone()),
        (None, None) => {}
    }
}
