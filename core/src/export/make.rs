//! A Makefile: a target a step, a target a gate that asks.

use std::fmt::Write as _;

use super::outline::Outline;
use super::sh::word;
use super::{Caller, Exported, remark};
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
    let mut outline = Outline::of(sequence, caller);
    let mut targets = String::new();
    for step in outline.steps.clone() {
        targets += &target(&mut outline, step);
    }
    for gate in &sequence.gates {
        targets += &gate_target(&outline, gate);
    }
    let steps_then_gates =
        outline.steps.iter().map(|s| s.id.as_str()).chain(sequence.gates.iter().map(|g| g.id.as_str()));
    let all: Vec<&str> = steps_then_gates.collect();
    let mut text = outline.head(HEAD);
    let _ = writeln!(text, ".PHONY: ALL {0}\nALL: {0}", all.join(" "));
    Exported { text: text + &targets, warnings: outline.warnings }
}

fn target(outline: &mut Outline<'_>, step: &Step) -> String {
    let timeout = step.timeout_ms.map(|ms| format!("its timeout of {ms} ms is not enforced"));
    let (script, remarks) = outline.script(step, timeout, "");
    let rule = rule(outline, step.id.as_str(), &step.depends_on, &recipe(&script));
    format!("\n# {}\n{remarks}{rule}", remark(&step.name))
}

/// The recipe says yes where APPROVED names the gate, and asks the terminal, never a pipe, where it does not.
fn gate_target(outline: &Outline<'_>, gate: &Gate) -> String {
    let (id, question) =
        (gate.id.as_str(), word(&format!("Gate {}: {}  Approve? [y/N] ", gate.id, gate.name)));
    let ask = format!(
        "case ' $(APPROVED) ' in *' {id} '*) exit 0;; esac; {} && read -r answer < /dev/tty && \
         case \"$$answer\" in [yY]|[yY]es) exit 0;; esac; echo 'gate {id} is not approved' >&2; exit 1",
        recipe(&format!("printf %s {question} > /dev/tty"))
    );
    format!("\n# Gate: {}\n{}", remark(&gate.name), rule(outline, id, &gate.depends_on, &format!("@{ask}")))
}

fn rule(outline: &Outline<'_>, id: &str, depends_on: &[NodeId], recipe: &str) -> String {
    let needs: Vec<&str> = depends_on.iter().filter(|d| outline.has(d)).map(NodeId::as_str).collect();
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
