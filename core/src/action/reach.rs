//! Questions of actions to the DAG, in ids.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::dag::{Dag, Frontier, Node};
use crate::id::NodeId;
use crate::model::{Sequence, State};

fn ids(dag: &Dag, nodes: impl IntoIterator<Item = Node>) -> Vec<NodeId> {
    nodes.into_iter().map(|n| dag.id(n).clone()).collect()
}

/// All that a node waits for, directly or not.
pub(super) fn ancestors(dag: &Dag, id: &str) -> BTreeSet<NodeId> {
    dag.find(id).map(|n| ids(dag, dag.ancestors(n)).into_iter().collect()).unwrap_or_default()
}

/// The nodes and all that follows from them, in the order of the file.
pub(super) fn with_descendants<'a>(dag: &Dag, first: impl Iterator<Item = &'a str>) -> Vec<NodeId> {
    let mut reached = BTreeSet::new();
    for node in first.filter_map(|id| dag.find(id)) {
        if reached.insert(node.index()) {
            reached.extend(dag.descendants(node).into_iter().map(Node::index));
        }
    }
    ids(dag, dag.nodes().filter(|n| reached.contains(&n.index())))
}

/// The nodes from one to the other, the first included and the last not; empty where no path leads there.
pub(super) fn between(dag: &Dag, from: &str, to: &str) -> Vec<NodeId> {
    match (dag.find(from), dag.find(to)) {
        (Some(a), Some(b)) => ids(dag, dag.between(a, b)),
        _ => Vec::new(),
    }
}

/// What a node waits for that is not satisfied.
pub(super) fn unsatisfied(sequence: &Sequence, state: &State, id: &str) -> Vec<NodeId> {
    let dag = Arc::new(Dag::new(sequence));
    let Some(node) = dag.find(id) else { return Vec::new() };
    let frontier = Frontier::new(Arc::clone(&dag), state);
    ids(&dag, frontier.unsatisfied(node))
}
