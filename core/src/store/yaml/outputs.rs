//! The output entries of steps and gates: where they stand, and writing them all in one pass.

use std::ops::Range;

use super::document::Document;
use super::node::{Kind, Ref, Tree};
use super::output::{GateOutput, ORDER, StepOutput};
use super::place::{self, Edits, eol, insert_below};
use super::print::scalar;
use crate::model::{Gate, Step};

/// The mappings of the steps or gates of a file.
pub fn nodes<'t>(tree: &'t Tree, list: &str) -> impl Iterator<Item = Ref> + 't {
    let seq = tree.entry(tree.root(), list).map(|(_, value)| value);
    seq.into_iter().flat_map(|seq| tree.items(seq)).filter(|item| tree.kind(*item).is_map())
}

/// Entries that go and stand side by side.
#[derive(Clone, Copy)]
enum Run {
    /// None yet.
    None,
    /// They go by their lines, which are noted from this index on.
    Lines(usize),
    /// They share a line with others: the first key and the last value.
    Within(Ref, Ref),
}

/// The parts of the text that go when the entries that `gone` names go.
///
/// What is left of the text is the same whichever of the outputs were there before.
pub fn cuts(tree: &Tree, map: Ref, gone: impl Fn(&str) -> bool, out: &mut Vec<Range<usize>>) {
    let text = tree.text();
    let by_line = |key| tree.kind(map) == Kind::BlockMap && place::leads_line(text, tree.start(key));
    let (mut before, mut run) = (None, Run::None);
    for (key, value) in tree.entries(map) {
        if !gone(tree.scalar(key)) {
            end_run(tree, map, run, (before, Some(key)), out);
            (before, run) = (Some(value), Run::None);
            continue;
        }
        run = match run {
            Run::None if by_line(key) => Run::Lines(out.len()),
            Run::None => Run::Within(key, value),
            Run::Within(first, _) => Run::Within(first, value),
            Run::Lines(from) => Run::Lines(from),
        };
        if let Run::Lines(from) = run {
            place::join(out, from, place::lines(text, tree.start(key), tree.end(value)));
        }
    }
    end_run(tree, map, run, (before, None), out);
}

/// Notes what goes with a run; around it are the value before it and the key after it.
fn end_run(tree: &Tree, map: Ref, run: Run, around: (Option<Ref>, Option<Ref>), out: &mut Vec<Range<usize>>) {
    match (run, around) {
        (Run::None, _) => {}
        (Run::Lines(_), _) => place::end_as_before(tree.text(), out),
        (Run::Within(_, last), (Some(before), _)) if tree.kind(map) == Kind::FlowMap => {
            out.push(tree.end(before)..tree.end(last));
        }
        (Run::Within(first, _), (_, Some(next))) => out.push(tree.start(first)..tree.start(next)),
        (Run::Within(first, last), _) => out.push(tree.start(first)..tree.end(last)),
    }
}

/// A value of an output entry, `None` for no entry.
type Wanted = [(&'static str, Option<String>)];

impl Document {
    /// The text with other outputs of its steps and gates, and nothing else changed.
    pub fn with_outputs(
        &self,
        mut step: impl FnMut(&Step) -> StepOutput,
        mut gate: impl FnMut(&Gate) -> GateOutput,
    ) -> String {
        let mut edits = Edits::default();
        let known = self.sequence.steps.iter().zip(&self.written.steps);
        for ((of, old), node) in known.zip(nodes(&self.tree, "steps")) {
            let new = step(of);
            if new != *old {
                write(&self.tree, node, &step_values(old), &step_values(&new), &mut edits);
            }
        }
        let known = self.sequence.gates.iter().zip(&self.written.gates);
        for ((of, old), node) in known.zip(nodes(&self.tree, "gates")) {
            let new = gate(of);
            if new != *old {
                write(&self.tree, node, &gate_values(old), &gate_values(&new), &mut edits);
            }
        }
        // Edits of different entries never overlap; were it so, the old text is the safe answer.
        edits.apply(self.text()).unwrap_or_else(|| self.text().to_string())
    }
}

fn step_values(of: &StepOutput) -> [(&'static str, Option<String>); 2] {
    [("status", of.status.map(|s| s.to_string())), ("reason", of.reason.as_deref().map(scalar))]
}

fn gate_values(of: &GateOutput) -> [(&'static str, Option<String>); 4] {
    let at = of.decided_at.map(|at| at.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true));
    [
        ("status", of.status.map(|s| s.to_string())),
        ("reason", of.reason.as_deref().map(scalar)),
        ("decided_by", of.decided_by.map(|by| by.to_string())),
        ("decided_at", at),
    ]
}

fn write(tree: &Tree, map: Ref, old: &Wanted, new: &Wanted, edits: &mut Edits) {
    let mut removed = Vec::new();
    let mut inserted = Vec::new();
    for ((key, old), (_, new)) in old.iter().zip(new) {
        let entry = tree.entry(map, key).map(|(_, value)| value);
        match (entry, new) {
            _ if old == new => {}
            (Some(value), Some(new)) => set(tree, value, new, edits),
            (Some(_), None) => removed.push(*key),
            (None, Some(new)) => inserted.push((*key, new)),
            (None, None) => {}
        }
    }
    let mut ranges = Vec::new();
    if !removed.is_empty() {
        cuts(tree, map, |key| removed.contains(&key), &mut ranges);
    }
    for range in ranges {
        edits.replace(range, "");
    }
    insert(tree, map, &inserted, &removed, edits);
}

/// Puts a text in place of a value.
pub fn set(tree: &Tree, value: Ref, new: &str, edits: &mut Edits) {
    let sign = match tree.kind(value) {
        Kind::Empty if tree.text()[..tree.start(value)].ends_with(':') => " ",
        Kind::Empty => ": ",
        _ => "",
    };
    edits.replace(tree.start(value)..tree.end(value), format!("{sign}{new}"));
}

fn insert(tree: &Tree, map: Ref, new: &[(&'static str, &String)], removed: &[&str], edits: &mut Edits) {
    let Some((first_key, _)) = new.first() else { return };
    let text = tree.text();
    let (Some((first, _)), Some((_, after))) = (
        tree.entries(map).next(),
        place::anchor(tree, map, &ORDER, first_key, |key| !removed.contains(&key)),
    ) else {
        return;
    };
    if tree.kind(map) == Kind::FlowMap {
        let body: String = new.iter().map(|(key, value)| format!(", {key}: {value}")).collect();
        edits.replace(tree.end(after)..tree.end(after), body);
    } else {
        let indent = place::column(text, tree.start(first));
        let lines: Vec<_> = new.iter().map(|(key, value)| format!("{:indent$}{key}: {value}", "")).collect();
        insert_below(text, tree.end(after), &lines.join(eol(text)), edits);
    }
}
