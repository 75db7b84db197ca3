//! A gate: a person's decision between steps.

use serde::{Deserialize, Serialize};

use crate::id::{GateId, NodeId};

/// The definition of a gate. Its decision is in [`super::GateState`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// Unique among steps and gates.
    pub id: GateId,
    /// What a person reads; the id where none is given.
    pub name: String,
    /// What has to be satisfied before the gate is due.
    pub depends_on: Vec<NodeId>,
    /// Keys starting with `x-`, kept untouched.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub extra: serde_json::Map<String, serde_json::Value>,
}

impl Gate {
    /// A gate that depends on nothing, named by its id.
    pub fn new(id: GateId) -> Self {
        Self { name: id.to_string(), id, depends_on: Vec::new(), extra: serde_json::Map::new() }
    }
}
