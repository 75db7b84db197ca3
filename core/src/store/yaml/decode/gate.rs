//! The keys of a gate.

use super::step::node_id;
use super::{Decoder, Field};
use crate::id::GateId;
use crate::model::{Actor, Gate, GateStatus};
use crate::store::yaml::node::Ref;
use crate::store::yaml::output::GateOutput;

/// A gate while it is read.
pub struct GateDraft {
    /// What is read so far.
    pub gate: Gate,
    /// What the file records of it.
    pub output: GateOutput,
}

/// The keys of a gate in the order in which they are written.
pub const GATE: &[Field<GateDraft>] = &[
    // Read before the others, see `gate`.
    Field::new("id", |_, _, _| {}),
    Field::new("name", |d, at, g| {
        if let Some(name) = d.owned(at).filter(|name| !name.is_empty()) {
            g.gate.name = name;
        }
    }),
    Field::new("depends_on", |d, at, g| g.gate.depends_on = d.list(at, Decoder::id).unwrap_or_default()),
    Field::new("status", |d, at, g| {
        g.output.status = d.word(at, &["PENDING", "APPROVED", "BLOCKED"], GateStatus::from_word);
    }),
    Field::new("reason", |d, at, g| g.output.reason = d.owned(at)),
    Field::new("decided_by", |d, at, g| {
        g.output.decided_by = d.word(at, &["user", "orchestrator", "system"], actor);
    }),
    Field::new("decided_at", |d, at, g| g.output.decided_at = d.time(at)),
];

fn actor(word: &str) -> Option<Actor> {
    [Actor::User, Actor::Orchestrator, Actor::System].into_iter().find(|actor| actor.to_string() == word)
}

/// Reads one gate.
pub fn gate(d: &mut Decoder<'_>, at: Ref, index: usize) -> Option<GateDraft> {
    let id: GateId = node_id(d, at, "gate", index)?;
    let mut draft = GateDraft { gate: Gate::new(id), output: GateOutput::default() };
    if d.tree.kind(at).is_map() {
        d.map(at, GATE, &mut draft, Some(|g| &mut g.gate.extra));
    }
    Some(draft)
}
