//! Turns the text of a file into that of another definition, changing only what changed.

use std::collections::{HashMap, HashSet};

use super::decode::{GATE, METADATA, RETRY, SEQUENCE, SEQUENCE_POLICY, STEP, keys};
use super::document::{Document, parse};
use super::items::{Change, Item, edit};
use super::merge::{Order, mapping};
use super::output::{GateOutput, StepOutput, Written};
use super::place::Edits;
use super::{emit, wire};
use crate::model::{Gate, Sequence, Step};

/// Ids of steps and gates that splicing got wrong and that are written anew.
type Anew<'a> = HashSet<&'a str>;

/// How a spliced text compares with what is wanted.
enum Check<'a> {
    Right,
    /// These steps and gates differ.
    Wrong(Anew<'a>),
    /// Something else differs, or it cannot be read.
    Broken,
}

impl Document {
    /// The text of this file with another definition: comments, the order of keys, blank lines and the layout of
    /// what did not change stay, and so do all outputs.
    ///
    /// The result is read again and compared; a step that differs is written anew, as a last resort the file is.
    pub fn rewrite(&self, after: &Sequence) -> String {
        let mut anew = Anew::new();
        for _ in 0..2 {
            let Some(text) = self.splice(after, &anew) else { break };
            match self.check(&text, after) {
                Check::Right => return text,
                Check::Wrong(ids) => anew = ids,
                Check::Broken => break,
            }
        }
        self.write_anew(after)
    }

    fn splice(&self, after: &Sequence, anew: &Anew<'_>) -> Option<String> {
        let mut edits = Edits::default();
        let before = &self.sequence;
        let heads = (wire::head_entries(before), wire::head_entries(after));
        if heads.0 != heads.1 {
            let order: Vec<_> = keys(SEQUENCE).collect();
            let order = Order { keys: &order, below };
            mapping(&self.tree, self.tree.root(), order, (&heads.0, &heads.1), &mut edits)?;
        }
        let old: HashMap<_, _> =
            before.steps.iter().zip(&self.written.steps).map(|(s, o)| (s.id.as_str(), (s, o))).collect();
        let steps: Vec<_> = after.steps.iter().map(|s| step_item(s, old.get(s.id.as_str()), anew)).collect();
        let ids: Vec<_> = before.steps.iter().map(|s| s.id.as_str()).collect();
        let order: Vec<_> = keys(STEP).collect();
        edit(&self.tree, "steps", &ids, &steps, Order { keys: &order, below }, &mut edits)?;
        let old: HashMap<_, _> =
            before.gates.iter().zip(&self.written.gates).map(|(g, o)| (g.id.as_str(), (g, o))).collect();
        let gates: Vec<_> = after.gates.iter().map(|g| gate_item(g, old.get(g.id.as_str()), anew)).collect();
        let ids: Vec<_> = before.gates.iter().map(|g| g.id.as_str()).collect();
        let order: Vec<_> = keys(GATE).collect();
        edit(&self.tree, "gates", &ids, &gates, Order { keys: &order, below }, &mut edits)?;
        edits.apply(self.text())
    }

    fn check<'a>(&self, text: &str, after: &'a Sequence) -> Check<'a> {
        let parsed = parse(text.as_bytes());
        let Some(found) = parsed.document.filter(|_| parsed.problems.is_empty()) else {
            return Check::Broken;
        };
        let wanted = self.carried(after);
        if found.sequence == *after && found.written == wanted {
            return Check::Right;
        }
        let same_ids = found.sequence.node_ids().eq(after.node_ids());
        if !same_ids || wire::head_entries(&found.sequence) != wire::head_entries(after) {
            return Check::Broken;
        }
        let steps =
            after.steps.iter().zip(&found.sequence.steps).zip(wanted.steps.iter().zip(&found.written.steps));
        let steps =
            steps.filter(|((a, b), (x, y))| x != y || !same_step(a, b)).map(|((a, _), _)| a.id.as_str());
        let gates =
            after.gates.iter().zip(&found.sequence.gates).zip(wanted.gates.iter().zip(&found.written.gates));
        let gates =
            gates.filter(|((a, b), (x, y))| x != y || !same_gate(a, b)).map(|((a, _), _)| a.id.as_str());
        let wrong: Anew<'a> = steps.chain(gates).collect();
        if wrong.is_empty() { Check::Right } else { Check::Wrong(wrong) }
    }

    /// The outputs of this file for the steps and gates of another definition.
    fn carried(&self, after: &Sequence) -> Written {
        let steps: HashMap<_, _> =
            self.sequence.steps.iter().map(|s| &s.id).zip(&self.written.steps).collect();
        let gates: HashMap<_, _> =
            self.sequence.gates.iter().map(|g| &g.id).zip(&self.written.gates).collect();
        Written {
            steps: after
                .steps
                .iter()
                .map(|s| steps.get(&s.id).copied().cloned().unwrap_or_default())
                .collect(),
            gates: after
                .gates
                .iter()
                .map(|g| gates.get(&g.id).copied().cloned().unwrap_or_default())
                .collect(),
        }
    }

    fn write_anew(&self, after: &Sequence) -> String {
        tracing::warn!("the layout of the sequence file is not understood; it is written anew");
        let text = self.text().trim_start_matches(super::node::BOM);
        let head: Vec<_> = text.lines().take_while(|line| line.starts_with('#')).collect();
        let mut out = head.iter().fold(String::new(), |out, line| out + line + "\n");
        out.push_str(&emit::whole(after, &self.carried(after), None));
        out.replace('\n', super::place::eol(text))
    }
}

/// What means the same as text counts as the same, whatever form it had in memory (`cwd: .` is no `cwd`).
fn same_step(wanted: &Step, found: &Step) -> bool {
    let none = StepOutput::default();
    wanted == found || wire::step_entries(wanted, &none) == wire::step_entries(found, &none) || {
        let mut alone = Sequence::new("alone");
        alone.steps.push(wanted.clone());
        let read = parse(emit::emit(&alone, None).as_bytes()).document;
        read.is_some_and(|read| read.sequence.steps.first() == Some(found))
    }
}

fn same_gate(wanted: &Gate, found: &Gate) -> bool {
    let none = GateOutput::default();
    wire::gate_entries(wanted, &none) == wire::gate_entries(found, &none)
}

fn step_item<'a>(step: &'a Step, old: Option<&(&Step, &StepOutput)>, anew: &Anew<'_>) -> Item<'a> {
    let none = StepOutput::default();
    let change = match old {
        None => Change::New(wire::step_entries(step, &none).into()),
        Some((_, output)) if anew.contains(step.id.as_str()) => {
            Change::Anew(wire::step_entries(step, output))
        }
        Some((old, _)) if *old == step => Change::Same,
        Some((old, _)) => Change::Edit(wire::step_entries(old, &none), wire::step_entries(step, &none)),
    };
    Item { id: step.id.as_str(), change }
}

fn gate_item<'a>(gate: &'a Gate, old: Option<&(&Gate, &GateOutput)>, anew: &Anew<'_>) -> Item<'a> {
    let none = GateOutput::default();
    let change = match old {
        None => Change::New(wire::gate_entries(gate, &none).into()),
        Some((_, output)) if anew.contains(gate.id.as_str()) => {
            Change::Anew(wire::gate_entries(gate, output))
        }
        Some((old, _)) if *old == gate => Change::Same,
        Some((old, _)) => Change::Edit(wire::gate_entries(old, &none), wire::gate_entries(gate, &none)),
    };
    Item { id: gate.id.as_str(), change }
}

/// The order of keys below a key.
fn below(key: &str) -> Vec<&'static str> {
    match key {
        "metadata" => keys(METADATA).collect(),
        "policy" => keys(SEQUENCE_POLICY).collect(),
        "retry" => keys(RETRY).collect(),
        _ => Vec::new(),
    }
}
