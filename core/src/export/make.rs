//! A Makefile: a target a step, a target a gate that asks.

use std::fmt::Write as _;

use super::sh::{script, word};
use super::{Caller, Exported, environment, exported, lost, remark};
use crate::id::NodeId;
use crate::model::{Gate, Sequence, Step};

const HEAD: &str = "\
# `make` runs everything, `make -j4` up to four at once, `make NAME` one step and what it needs.
# A gate asks at the terminal; `make APPROVED='gate-a gate-b'` says yes beforehand.
# Unlike ThreadOS, make begins anew each time: what was done before is done again.

SHELL = /bin/sh
APPROVED =

";

/// A Makefile. Every id is a target; `ALL`, which no id can be, is everything.
pub fn make(sequence: &Sequence, caller: Caller<'_>) -> Exported {
    let (steps, mut warnings) = exported(sequence);
    let has = |id: &NodeId| {
        steps.iter().any(|s| s.id.as_str() == id.as_str()) || sequence.gate(id.as_str()).is_some()
    };
    let mut targets = String::new();
    for step in &steps {
        targets += &target(sequence, step, &has, caller, &mut warnings);
    }
    for gate in &sequence.gates {
        targets += &gate_target(gate, &has);
    }
    let steps_then_gates =
        steps.iter().map(|s| s.id.as_str()).chain(sequence.gates.iter().map(|g| g.id.as_str()));
    let all: Vec<&str> = steps_then_gates.collect();
    let mut text = format!("# The sequence `{}` of ThreadOS.\n{HEAD}", remark(&sequence.name));
    for warning in warnings.iter().filter(|w| w.contains("is left out:")) {
        let _ = writeln!(text, "# Not here: {}", remark(warning));
    }
    let _ = writeln!(text, ".PHONY: ALL {0}\nALL: {0}", all.join(" "));
    Exported { text: text + &targets, warnings }
}

fn target(
    sequence: &Sequence,
    step: &Step,
    has: &dyn Fn(&NodeId) -> bool,
    caller: Caller<'_>,
    warnings: &mut Vec<String>,
) -> String {
    let call = caller(step);
    let mut notes = lost(step, call.as_ref());
    if let Some(ms) = step.timeout_ms {
        notes.push(format!("its timeout of {ms} ms is not enforced"));
    }
    let recipe = match &call {
        Some(call) => recipe(&script(step, call, &environment(sequence, step))),
        None => {
            notes.push(format!("nobody knows how model {} is called, so it fails", step.model));
            "echo 'nobody knows how its model is called' >&2; exit 1".to_owned()
        }
    };
    let mut text = format!("\n# {}\n", remark(&step.name));
    for note in notes {
        let _ = writeln!(text, "# Not as in ThreadOS: {}", remark(&note));
        warnings.push(format!("`{}`: {note}", step.id));
    }
    text + &rule(step.id.as_str(), &step.depends_on, has, &recipe)
}

/// The recipe says yes where APPROVED names the gate, and asks the terminal, never a pipe, where it does not.
fn gate_target(gate: &Gate, has: &dyn Fn(&NodeId) -> bool) -> String {
    let (id, question) =
        (gate.id.as_str(), word(&format!("Gate {}: {}  Approve? [y/N] ", gate.id, gate.name)));
    let ask = format!(
        "case ' $(APPROVED) ' in *' {id} '*) exit 0;; esac; {} && read -r answer < /dev/tty && \
         case \"$$answer\" in [yY]|[yY]es) exit 0;; esac; echo 'gate {id} is not approved' >&2; exit 1",
        recipe(&format!("printf %s {question} > /dev/tty"))
    );
    format!("\n# Gate: {}\n{}", remark(&gate.name), rule(id, &gate.depends_on, has, &format!("@{ask}")))
}

fn rule(id: &str, depends_on: &[NodeId], has: &dyn Fn(&NodeId) -> bool, recipe: &str) -> String {
    let needs: Vec<&str> = depends_on.iter().filter(|d| has(d)).map(NodeId::as_str).collect();
    let space = if needs.is_empty() { "" } else { " " };
    format!("{id}:{space}{}\n\t{recipe}\n", needs.join(" "))
}

/// A script as a line of a recipe. A recipe ends at a line end, so that one within a word goes by way of printf.
fn recipe(script: &str) -> String {
    let script = if script.contains(['\n', '\r']) {
        let escaped = script.replace('\\', r"\\").replace('\n', r"\n").replace('\r', r"\r");
        format!("eval \"$(printf '%b' {})\"", word(&escaped))
    } else {
        script.to_owned()
    };
    script.replace('$', "$$")
}
