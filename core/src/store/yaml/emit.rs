//! Writes a whole file anew.

use serde_yaml::Value;

use super::output::{GateOutput, StepOutput, Written};
use super::{print, wire};
use crate::model::{Gate, Sequence, Step};

/// A new file for a sequence. `modeline` is a comment line for editors, written first, without its `# `.
pub fn emit(sequence: &Sequence, modeline: Option<&str>) -> String {
    whole(sequence, &Written::default(), modeline)
}

/// The same file as JSON.
pub fn to_json(sequence: &Sequence) -> serde_json::Value {
    let mut all = wire::head_entries(sequence);
    let (no_step, no_gate) = (StepOutput::default(), GateOutput::default());
    let steps = sequence.steps.iter().map(|s| Value::from(wire::step_entries(s, &no_step)));
    let gates = sequence.gates.iter().map(|g| Value::from(wire::gate_entries(g, &no_gate)));
    all.insert("steps".into(), steps.collect::<Vec<_>>().into());
    all.insert("gates".into(), gates.collect::<Vec<_>>().into());
    serde_json::to_value(all).unwrap_or_default()
}

/// A new file for a sequence with its outputs.
pub(super) fn whole(sequence: &Sequence, written: &Written, modeline: Option<&str>) -> String {
    let mut out = modeline.map_or_else(String::new, |line| format!("# {line}\n"));
    let mut head = wire::head_entries(sequence);
    let own: Vec<_> = sequence.extra.keys().filter_map(|key| head.remove_entry(key.as_str())).collect();
    out.push_str(&print::entries(&head, 0));
    out.push('\n');
    let (no_step, no_gate) = (StepOutput::default(), GateOutput::default());
    let output = |i| written.steps.get(i).unwrap_or(&no_step);
    list(&mut out, "steps", sequence.steps.iter().enumerate().map(|(i, s)| step_item(s, output(i))));
    let output = |i| written.gates.get(i).unwrap_or(&no_gate);
    list(&mut out, "gates", sequence.gates.iter().enumerate().map(|(i, g)| gate_item(g, output(i))));
    for (key, value) in own {
        out.push_str(&print::entry(&key, &value, 0));
        out.push('\n');
    }
    out
}

fn list(out: &mut String, key: &str, items: impl ExactSizeIterator<Item = Value>) {
    if items.len() == 0 {
        out.push_str(&format!("{key}: []\n"));
        return;
    }
    out.push_str(&format!("{key}:\n"));
    for item in items {
        out.push_str(&format!("  {}\n", print::item(&item, 2)));
    }
}

pub(super) fn step_item(step: &Step, output: &StepOutput) -> Value {
    wire::step_entries(step, output).into()
}

pub(super) fn gate_item(gate: &Gate, output: &GateOutput) -> Value {
    wire::gate_entries(gate, output).into()
}
