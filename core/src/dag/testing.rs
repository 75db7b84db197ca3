//! Sequences in one line, for tests: `a; b: a; gate g: a b`.

use crate::id::{NodeId, StepId};
use crate::model::{Gate, GateState, GateStatus, ModelName, Phase, Sequence, State, Step, StepState};

use super::{Dag, Node};

/// A sequence from `id: dependencies` items parted by `;`.
pub fn sequence(text: &str) -> Sequence {
    let mut seq = Sequence::new("test");
    for item in text.split(';').map(str::trim).filter(|item| !item.is_empty()) {
        let (head, tail) = item.split_once(':').unwrap_or((item, ""));
        let depends_on = tail.split_whitespace().map(|id| NodeId::new(id).unwrap()).collect();
        match head.trim().strip_prefix("gate ") {
            Some(id) => seq.gates.push(Gate { depends_on, ..Gate::new(id.parse().unwrap()) }),
            None => {
                let step = Step::new(StepId::new(head.trim()).unwrap(), ModelName::shell());
                seq.steps.push(Step { depends_on, command: vec!["true".into()], ..step });
            }
        }
    }
    seq
}

/// A state from `id=phase` words: `idle running review done failed`, for gates `pending approved blocked`.
pub fn state(text: &str) -> State {
    let mut state = State::default();
    for (id, word) in text.split_whitespace().filter_map(|item| item.split_once('=')) {
        let phase = match word {
            "idle" => Some(Phase::Idle),
            "running" => Some(Phase::Running),
            "review" => Some(Phase::NeedsReview),
            "done" => Some(Phase::Done),
            "failed" => Some(Phase::Failed),
            _ => None,
        };
        match phase {
            Some(phase) => {
                state.steps.insert(id.parse().unwrap(), StepState { phase, ..StepState::default() });
            }
            None => {
                let status = GateStatus::from_word(&word.to_uppercase()).unwrap();
                state.gates.insert(id.parse().unwrap(), GateState { status, reason: None, decision: None });
            }
        }
    }
    state
}

/// Ids of nodes, parted by blanks.
pub fn ids(dag: &Dag, nodes: &[Node]) -> String {
    nodes.iter().map(|n| dag.id(*n).as_str()).collect::<Vec<_>>().join(" ")
}
