//! What is to be placed.

use std::collections::BTreeSet;

use crate::dag::{Dag, Node};
use crate::id::{GroupId, NodeId};
use crate::model::Sequence;

/// What a node is, as far as its place goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A card.
    Step,
    /// A diamond with its name below.
    Gate,
    /// A card that hangs below the node with this index, outside the flow.
    Watchdog {
        /// Index of the watched node in the request.
        of: usize,
    },
}

/// One node to place.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeSpec {
    /// The step or gate.
    pub id: NodeId,
    /// Width in points.
    pub w: f32,
    /// Height in points.
    pub h: f32,
    /// The row it belongs to.
    pub lane: Option<String>,
    /// The group it stands with.
    pub group: Option<GroupId>,
    /// What it is.
    pub kind: Kind,
}

/// A graph to place. A value: only where two requests differ must a layout be computed again.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Request {
    /// The nodes; their order decides between equals.
    pub nodes: Vec<NodeSpec>,
    /// From and to, as indices of `nodes`: what waits for what, and which orchestrator began what.
    pub edges: Vec<(usize, usize)>,
    /// The groups of which only one card is shown: all members have the place of that card.
    pub folded: BTreeSet<GroupId>,
}

impl Request {
    /// Width and height of a step's card.
    pub const CARD: (f32, f32) = (192.0, 60.0);
    /// Width and height of a gate's diamond.
    pub const DIAMOND: (f32, f32) = (60.0, 60.0);

    /// The request of a sequence: its steps, then its gates, each in file order. A gate stands in the lane of
    /// what it depends on; what an orchestrator added and waits for nothing hangs on its orchestrator.
    pub fn of(sequence: &Sequence) -> Self {
        let dag = Dag::new(sequence);
        let steps = sequence.steps.iter().map(|step| NodeSpec {
            id: (&step.id).into(),
            w: Self::CARD.0,
            h: Self::CARD.1,
            lane: step.lane.clone(),
            group: step.group_id.clone().filter(|_| step.watchdog_for.is_none()),
            kind: match step.watchdog_for.as_ref().and_then(|id| dag.find(id.as_str())) {
                Some(of) => Kind::Watchdog { of: of.index() },
                None => Kind::Step,
            },
        });
        let gates = sequence.gates.iter().enumerate().map(|(i, gate)| NodeSpec {
            id: (&gate.id).into(),
            w: Self::DIAMOND.0,
            h: Self::DIAMOND.1,
            lane: dag.gate(i).and_then(|n| lane_near(&dag, sequence, n)),
            group: None,
            kind: Kind::Gate,
        });
        let edges = dag.nodes().flat_map(|to| dag.predecessors(to).iter().map(move |from| (*from, to)));
        let edges = edges.map(|(from, to)| (from.index(), to.index()));
        let begun = sequence.steps.iter().enumerate().filter(|(_, step)| step.depends_on.is_empty());
        let begun = begun.filter_map(|(to, step)| {
            let lead = dag.find(step.spawned_by.as_ref()?.as_str())?;
            Some((lead.index(), to))
        });
        let edges = edges.chain(begun).collect();
        Self { nodes: steps.chain(gates).collect(), edges, folded: BTreeSet::new() }
    }
}

/// The lane of the nearest step before a gate, else of the first step behind it.
fn lane_near(dag: &Dag, sequence: &Sequence, gate: Node) -> Option<String> {
    let mut node = gate;
    // Gates that depend on gates only: a few hops find a step; a cycle must not hold us.
    for _ in 0..dag.len().min(64) {
        match dag.predecessors(node).iter().min() {
            Some(before) if dag.is_gate(*before) => node = *before,
            Some(before) => return sequence.steps[before.index()].lane.clone(),
            None => break,
        }
    }
    let after = dag.successors(gate).iter().find(|n| !dag.is_gate(**n))?;
    sequence.steps[after.index()].lane.clone()
}
