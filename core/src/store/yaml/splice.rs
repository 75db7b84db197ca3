//! Turns the text of a file into that of another definition, changing only what changed.

use std::cell::LazyCell;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Arc, OnceLock};

use serde_yaml::Mapping;

use super::decode::{
    BUDGETS, Decoder, GATE, METADATA, RETRY, SEQUENCE, SEQUENCE_POLICY, STEP, gate, head, keys, sequence,
    step,
};
use super::document::{Document, MAX_BYTES, read};
use super::fault::Faults;
use super::items::{Change, Item, edit};
use super::merge::{Order, mapping};
use super::node::{Ref, Text, Tree};
use super::output::{GateOutput, StepOutput, Written};
use super::outputs::nodes;
use super::place::{Edits, column};
use super::{emit, fast, wire};
use crate::model::{Gate, Problem, Sequence, Step};

/// Where a wanted step or gate is in the file now, and whether its definition stays the same.
#[derive(Clone, Copy, Default)]
struct Origin {
    index: Option<usize>,
    same: bool,
}

/// A file and the definition it is to get.
struct Splice<'a> {
    from: &'a Document,
    after: &'a Sequence,
    steps: Vec<Origin>,
    gates: Vec<Origin>,
    /// The outputs of the file for the wanted steps and gates.
    outputs: Arc<Written>,
}

/// Ids of steps and gates that splicing got wrong and that are written anew.
type Anew<'a> = HashSet<&'a str>;

impl Document {
    /// This file with another definition: comments, the order of keys, blank lines and the layout of
    /// what did not change stay, and so do all outputs.
    ///
    /// The result is read again and compared; a step that differs is written anew, as a last resort the file is.
    /// The file should have no faults: what cannot be read is not kept.
    ///
    /// # Errors
    /// The faults that the file would have: nobody could read it again.
    pub fn rewrite<'s>(&'s self, after: &'s Sequence) -> Result<Document, Vec<Problem>> {
        let before = &self.sequence;
        let ids = |sequence: &'s Sequence| sequence.steps.iter().map(|step| &step.id).collect::<Vec<_>>();
        let shared = |i| before.steps.shares(&after.steps, i);
        let steps = origins(&ids(before), &ids(after), shared, |i, j| before.steps.same(i, &after.steps, j));
        let ids = |sequence: &'s Sequence| sequence.gates.iter().map(|gate| &gate.id).collect::<Vec<_>>();
        let gates = origins(&ids(before), &ids(after), |_| false, |i, j| before.gates[i] == after.gates[j]);
        let outputs = if all_in_place(&steps, before.steps.len()) && all_in_place(&gates, before.gates.len())
        {
            Arc::clone(&self.written)
        } else {
            Arc::new(Written {
                steps: steps.iter().map(|o| carried(&self.written.steps, *o)).collect(),
                gates: gates.iter().map(|o| carried(&self.written.gates, *o)).collect(),
            })
        };
        Splice { from: self, after, steps, gates, outputs }.document()
    }
}

/// Whether none of so many came, went or moved.
fn all_in_place(origins: &[Origin], before: usize) -> bool {
    origins.len() == before && origins.iter().enumerate().all(|(at, origin)| origin.index == Some(at))
}

fn carried<T: Clone + Default>(outputs: &[T], origin: Origin) -> T {
    origin.index.and_then(|index| outputs.get(index)).cloned().unwrap_or_default()
}

/// Where each of the wanted items is in the file now. `shared` tells, without looking into them, of some that stand at
/// one place in both lists that they are the same.
fn origins<I: Hash + Eq>(
    before: &[&I],
    after: &[&I],
    shared: impl Fn(usize) -> bool,
    same: impl Fn(usize, usize) -> bool,
) -> Vec<Origin> {
    let pairs = before.iter().zip(after).enumerate();
    let shared = pairs.take_while(|(i, (old, new))| shared(*i) || old == new).count();
    let index: HashMap<_, _> = before.iter().enumerate().skip(shared).map(|(i, old)| (*old, i)).collect();
    let find = |(i, new): (usize, &&I)| {
        let index = if i < shared { Some(i) } else { index.get(*new).copied() };
        Origin { index, same: index.is_some_and(|index| same(index, i)) }
    };
    after.iter().enumerate().map(find).collect()
}

impl<'a> Splice<'a> {
    fn document(self) -> Result<Document, Vec<Problem>> {
        let mut anew = Anew::new();
        for _ in 0..2 {
            let Some(text) = self.splice(&anew).filter(|text| text.len() <= MAX_BYTES) else { break };
            match self.wrong(&Text::new(text)) {
                Some((wrong, tree)) if wrong.is_empty() => return Ok(self.with(tree)),
                Some((wrong, _)) => anew = wrong,
                None => break,
            }
        }
        let text = self.whole();
        let parsed = super::parse(text);
        match parsed.document {
            Some(document) if parsed.problems.is_empty() => {
                tracing::warn!("the layout of the sequence file is not understood; it is written anew");
                Ok(document)
            }
            _ => Err(parsed.problems),
        }
    }

    /// The file that was read again and found to be as wanted.
    fn with(&self, tree: Tree) -> Document {
        let (sequence, written) = (self.after.clone(), Arc::clone(&self.outputs));
        let (revision, digest) = (OnceLock::new(), OnceLock::new());
        Document { tree, sequence, written, old_forms: self.from.old_forms, revision, digest }
    }

    fn splice(&self, anew: &Anew<'_>) -> Option<String> {
        let mut edits = Edits::default();
        let (tree, before, after) = (&self.from.tree, &self.from.sequence, self.after);
        let heads = (wire::head_entries(before), wire::head_entries(after));
        if heads.0 != heads.1 {
            let order: Vec<_> = keys(SEQUENCE).collect();
            mapping(tree, tree.root(), Order { keys: &order, below }, (&heads.0, &heads.1), &mut edits)?;
        }
        let items: Vec<_> = self.step_items(anew).collect();
        let order: Vec<_> = keys(STEP).collect();
        edit(tree, "steps", before.steps.len(), &items, Order { keys: &order, below }, &mut edits)?;
        let items: Vec<_> = self.gate_items(anew).collect();
        let order: Vec<_> = keys(GATE).collect();
        edit(tree, "gates", before.gates.len(), &items, Order { keys: &order, below }, &mut edits)?;
        edits.apply(self.from.text())
    }

    fn step_items(&self, anew: &Anew<'_>) -> impl Iterator<Item = Item> {
        let pairs = self.after.steps.iter().zip(&self.steps).zip(&self.outputs.steps);
        pairs.map(|((step, origin), output)| {
            let old = origin.index.map(|index| &self.from.sequence.steps[index]);
            let anew = anew.contains(step.id.as_str());
            Item {
                from: origin.index,
                change: change(old, step, origin.same, anew, |s, keep| {
                    wire::step_entries(s, if keep { output } else { &StepOutput::NONE })
                }),
            }
        })
    }

    fn gate_items(&self, anew: &Anew<'_>) -> impl Iterator<Item = Item> {
        let pairs = self.after.gates.iter().zip(&self.gates).zip(&self.outputs.gates);
        pairs.map(|((gate, origin), output)| {
            let old = origin.index.map(|index| &self.from.sequence.gates[index]);
            let anew = anew.contains(gate.id.as_str());
            Item {
                from: origin.index,
                change: change(old, gate, origin.same, anew, |g, keep| {
                    wire::gate_entries(g, if keep { output } else { &GateOutput::NONE })
                }),
            }
        })
    }

    /// The steps and gates of a spliced text that are not as wanted, and its tree; `None` where more than those is
    /// wrong.
    fn wrong(&self, text: &Text) -> Option<(Anew<'a>, Tree)> {
        let mut faults = Faults::default();
        let (tree, taken) = self.read(text, &mut faults)?;
        if self.from.old_forms {
            return self.wrong_in_full(&tree, faults).map(|wrong| (wrong, tree));
        }
        let mut d = Decoder::new(&tree, &mut faults);
        if wire::head_entries(&head(&mut d)) != wire::head_entries(self.after) {
            return None;
        }
        let (old, after) = (&self.from.tree, self.after);
        let mut wrong = Anew::new();
        let known = untouched(old, &tree, "steps", &self.steps, &taken)?;
        for (index, node) in known.iter().enumerate().filter_map(|(i, node)| Some((i, (*node)?))) {
            let found = step(&mut d, node, index)?;
            if found.output != self.outputs.steps[index] || !same_step(&after.steps[index], &found.step) {
                wrong.insert(after.steps[index].id.as_str());
            }
        }
        let known = untouched(old, &tree, "gates", &self.gates, &[])?;
        for (index, node) in known.iter().enumerate().filter_map(|(i, node)| Some((i, (*node)?))) {
            let found = gate(&mut d, node, index)?;
            if found.output != self.outputs.gates[index] || !same_gate(&after.gates[index], &found.gate) {
                wrong.insert(after.gates[index].id.as_str());
            }
        }
        faults.is_empty().then_some((wrong, tree))
    }

    /// The tree of a spliced text, and which of its steps are just the old ones.
    fn read(&self, text: &Text, faults: &mut Faults) -> Option<(Tree, Vec<bool>)> {
        let from = |place: usize| self.steps.get(place).filter(|o| o.same).and_then(|o| o.index);
        if let Some(known) = fast::read_again(&self.from.tree, text, &from) {
            debug_assert_eq!(fast::read(text).as_ref(), Some(&known.0));
            return Some(known);
        }
        Some((read(text.as_bytes(), faults).ok()?, Vec::new()))
    }

    /// The same for files in which steps depend on one another for what they mean.
    fn wrong_in_full(&self, tree: &Tree, mut faults: Faults) -> Option<Anew<'a>> {
        let found = sequence(&mut Decoder::new(tree, &mut faults));
        let same = found.sequence == *self.after && found.written == *self.outputs;
        (same && faults.is_empty()).then(Anew::new)
    }

    fn whole(&self) -> String {
        let text = self.from.text().trim_start_matches(super::node::BOM);
        let head = text.lines().take_while(|line| line.starts_with('#'));
        let mut out: String = head.flat_map(|line| [line, "\n"]).collect();
        out.push_str(&emit::whole(self.after, &self.outputs, None));
        out.replace('\n', super::place::eol(text))
    }
}

fn change<T>(
    old: Option<&T>,
    new: &T,
    same: bool,
    anew: bool,
    entries: impl Fn(&T, bool) -> Mapping,
) -> Change {
    match old {
        None => Change::New(Box::new(entries(new, false).into())),
        Some(_) if anew => Change::Anew(entries(new, true).into()),
        Some(_) if same => Change::Same,
        Some(old) => Change::Edit(Box::new((entries(old, false), entries(new, false)))),
    }
}

/// The items of a list of a spliced text; `None` stands for one whose definition was to stay the same and whose
/// text has: it need not be read again.
fn untouched(
    old: &Tree,
    new: &Tree,
    list: &str,
    origins: &[Origin],
    taken: &[bool],
) -> Option<Vec<Option<Ref>>> {
    let places = |tree, count| {
        let mut places = Vec::with_capacity(count);
        places.extend(nodes(tree, list));
        places
    };
    let before = LazyCell::new(|| places(old, origins.len()));
    let after = places(new, origins.len());
    let taken = taken.iter().copied().chain(std::iter::repeat(false));
    let same = |origin: &Origin, node: Ref| {
        let was = origin.index.filter(|_| origin.same).and_then(|index| before.get(index));
        // The end of a `|` or `>` text depends on what follows it.
        let alone = |at: &Ref| !old.source(*at).contains(['|', '>']);
        was.filter(|was| alone(was)).is_some_and(|was| {
            let place = |tree: &Tree, at| column(tree.text(), tree.start(at));
            old.source(*was) == new.source(node)
                && old.kind(*was) == new.kind(node)
                && place(old, *was) == place(new, node)
        })
    };
    let pairs = origins.iter().zip(&after).zip(taken);
    let pairs = pairs.map(|((origin, node), taken)| (!taken && !same(origin, *node)).then_some(*node));
    (after.len() == origins.len()).then(|| pairs.collect())
}

/// What means the same as text counts as the same, whatever form it had in memory (`cwd: .` is no `cwd`).
fn same_step(wanted: &Step, found: &Step) -> bool {
    wanted == found
        || wire::step_entries(wanted, &StepOutput::NONE) == wire::step_entries(found, &StepOutput::NONE)
        || {
            let mut alone = Sequence::new("alone");
            alone.steps.push(wanted.clone());
            let read = super::parse(emit::emit(&alone, None).as_bytes()).document;
            read.is_some_and(|read| read.sequence.steps.first() == Some(found))
        }
}

fn same_gate(wanted: &Gate, found: &Gate) -> bool {
    wire::gate_entries(wanted, &GateOutput::NONE) == wire::gate_entries(found, &GateOutput::NONE)
}

/// The order of keys below a key.
fn below(key: &str) -> Vec<&'static str> {
    match key {
        "metadata" => keys(METADATA).collect(),
        "policy" => keys(SEQUENCE_POLICY).collect(),
        "retry" => keys(RETRY).collect(),
        "budget" => keys(BUDGETS).collect(),
        _ => Vec::new(),
    }
}
