//! The sequence as a graph of compact indices: steps first, then gates, each in the order of the file.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::budget::{self, Purse};
use crate::id::{GroupId, NodeId};
use crate::model::{FailPolicy, Sequence, Step};

/// The index of a step or gate in a [`Dag`]: steps in file order, then gates in file order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node(pub(super) u32);

impl Node {
    /// The index as a number: `sequence.steps[i]` below [`Dag::step_count`], the gates after them.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Ids are looked up thousands of times: a hash that is quick, and seeded so that no file can make it slow.
type Index = HashMap<NodeId, Node, RandomState>;

/// A parallel group and its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// What the first member that names a policy says; `fail_fast` where none does.
    pub policy: FailPolicy,
    /// Its steps, in file order; watchdogs are no members.
    pub members: Vec<Node>,
}

/// Adjacency in compressed rows: the neighbours of node `i` are `items[starts[i]..starts[i + 1]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rows {
    starts: Vec<u32>,
    items: Vec<Node>,
}

impl Rows {
    /// Rows of `n` nodes from pairs (row, item); a row keeps the order of the pairs.
    fn new(n: usize, pairs: &[(Node, Node)], key: impl Fn(&(Node, Node)) -> (Node, Node)) -> Self {
        let mut starts = vec![0_u32; n + 1];
        for pair in pairs {
            starts[key(pair).0.index() + 1] += 1;
        }
        for i in 0..n {
            starts[i + 1] += starts[i];
        }
        let mut next = starts.clone();
        let mut items = vec![Node(0); pairs.len()];
        for pair in pairs {
            let (row, item) = key(pair);
            let slot = &mut next[row.index()];
            items[*slot as usize] = item;
            *slot += 1;
        }
        Self { starts, items }
    }

    fn of(&self, node: Node) -> &[Node] {
        let i = node.index();
        &self.items[self.starts[i] as usize..self.starts[i + 1] as usize]
    }
}

/// The dependency graph of a sequence. Faults are tolerated (`check` reports them): an unknown dependency is
/// never satisfied, of a doubled id the first bearer counts, cycles stay in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dag {
    ids: Vec<NodeId>,
    steps: usize,
    index: Index,
    predecessors: Rows,
    successors: Rows,
    /// Per dependency on nothing: who has it and what it names; sorted by node.
    unknown: Vec<(Node, NodeId)>,
    groups: Vec<Group>,
    purses: Vec<Purse>,
    /// Per step: its index in `groups`.
    group_of: Vec<Option<u32>>,
    /// Per step: what it watches, where it is a watchdog.
    watched: Vec<Option<NodeId>>,
    /// Each watched step with a watchdog of it; sorted.
    watchdogs: Vec<(Node, Node)>,
}

impl Dag {
    /// The graph of a sequence, in time linear in its size.
    pub fn new(sequence: &Sequence) -> Self {
        let ids: Vec<NodeId> = sequence.node_ids().collect();
        let mut index = Index::with_capacity_and_hasher(ids.len(), RandomState::default());
        for (i, id) in ids.iter().enumerate() {
            index.entry(id.clone()).or_insert(Node(i as u32));
        }
        let (edges, unknown) = edges(sequence, &index);
        let (groups, group_of) = groups(sequence);
        let watchdogs = watched_steps(sequence, &index);
        let mut dag = Self {
            predecessors: Rows::new(ids.len(), &edges, |&(from, to)| (to, from)),
            successors: Rows::new(ids.len(), &edges, |&(from, to)| (from, to)),
            steps: sequence.steps.len(),
            watched: sequence.steps.iter().map(|s| s.watchdog_for.as_ref().map(NodeId::from)).collect(),
            ids,
            index,
            unknown,
            groups,
            purses: Vec::new(),
            group_of,
            watchdogs,
        };
        dag.purses = budget::purses(sequence, &dag);
        dag
    }

    /// Its budgets.
    pub fn purses(&self) -> &[Purse] {
        &self.purses
    }

    /// How many steps and gates there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is neither a step nor a gate.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// How many of the nodes are steps.
    pub fn step_count(&self) -> usize {
        self.steps
    }

    /// Every node: steps in file order, then gates.
    pub fn nodes(&self) -> impl DoubleEndedIterator<Item = Node> + use<> {
        (0..self.ids.len() as u32).map(Node)
    }

    /// The steps, in file order.
    pub fn steps(&self) -> impl Iterator<Item = Node> + use<> {
        self.nodes().take(self.steps)
    }

    /// The gates, in file order.
    pub fn gates(&self) -> impl Iterator<Item = Node> + use<> {
        self.nodes().skip(self.steps)
    }

    /// The node of step `i` of the sequence; `None` where there are fewer.
    pub fn step(&self, i: usize) -> Option<Node> {
        (i < self.steps).then_some(Node(i as u32))
    }

    /// The node of gate `i` of the sequence; `None` where there are fewer.
    pub fn gate(&self, i: usize) -> Option<Node> {
        (self.steps + i < self.ids.len()).then_some(Node((self.steps + i) as u32))
    }

    /// The node with this id.
    pub fn find(&self, id: &str) -> Option<Node> {
        self.index.get(id).copied()
    }

    /// The id of a node.
    pub fn id(&self, node: Node) -> &NodeId {
        &self.ids[node.index()]
    }

    /// Whether a node is a gate.
    pub fn is_gate(&self, node: Node) -> bool {
        node.index() >= self.steps
    }

    /// Whether a node is a watchdog, which never enters the frontier.
    pub fn is_watchdog(&self, node: Node) -> bool {
        self.watched(node).is_some()
    }

    /// The watchdogs of a step, in file order.
    pub fn watchdogs(&self, watched: Node) -> impl Iterator<Item = Node> + '_ {
        let first = self.watchdogs.partition_point(|(target, _)| *target < watched);
        self.watchdogs[first..].iter().take_while(move |(target, _)| *target == watched).map(|(_, dog)| *dog)
    }

    /// What a watchdog watches; `None` for every other node.
    pub fn watched(&self, node: Node) -> Option<&NodeId> {
        self.watched.get(node.index())?.as_ref()
    }

    /// What a node depends on, in the order of its `depends_on`, each once.
    pub fn predecessors(&self, node: Node) -> &[Node] {
        self.predecessors.of(node)
    }

    /// What depends on a node, in file order.
    pub fn successors(&self, node: Node) -> &[Node] {
        self.successors.of(node)
    }

    /// The dependencies of a node that name nothing.
    pub fn unknown(&self, node: Node) -> &[(Node, NodeId)] {
        let start = self.unknown.partition_point(|(n, _)| *n < node);
        let end = self.unknown.partition_point(|(n, _)| *n <= node);
        &self.unknown[start..end]
    }

    /// All groups, in the order of their first members.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The group of a step; `None` for gates, watchdogs and steps of no group.
    pub fn group(&self, node: Node) -> Option<&Group> {
        self.group_index(node).map(|g| &self.groups[g])
    }

    pub(super) fn group_index(&self, node: Node) -> Option<usize> {
        self.group_of.get(node.index()).copied().flatten().map(|g| g as usize)
    }
}

type Edges = (Vec<(Node, Node)>, Vec<(Node, NodeId)>);

/// The edges (from what is needed to who needs it), each once, and the dependencies on nothing.
fn edges(sequence: &Sequence, index: &Index) -> Edges {
    let steps = sequence.steps.iter().map(|s| &s.depends_on);
    let gates = sequence.gates.iter().map(|g| &g.depends_on);
    let count = steps.clone().chain(gates.clone()).map(Vec::len).sum();
    let (mut edges, mut unknown) = (Vec::with_capacity(count), Vec::new());
    let mut seen = vec![u32::MAX; index.len().max(sequence.steps.len() + sequence.gates.len())];
    for (i, dependencies) in steps.chain(gates).enumerate() {
        let to = Node(i as u32);
        for id in dependencies {
            match index.get(id) {
                Some(from) if seen[from.index()] == to.0 => {}
                Some(from) => {
                    seen[from.index()] = to.0;
                    edges.push((*from, to));
                }
                None => unknown.push((to, id.clone())),
            }
        }
    }
    (edges, unknown)
}

fn groups(sequence: &Sequence) -> (Vec<Group>, Vec<Option<u32>>) {
    let mut groups: Vec<Group> = Vec::new();
    let mut explicit: Vec<bool> = Vec::new();
    let mut of = vec![None; sequence.steps.len()];
    let mut by_id: HashMap<&GroupId, usize> = HashMap::new();
    for (i, step) in sequence.steps.iter().enumerate() {
        let (Some(id), None) = (&step.group_id, &step.watchdog_for) else { continue };
        let g = *by_id.entry(id).or_insert_with(|| {
            groups.push(Group { id: id.clone(), policy: FailPolicy::default(), members: Vec::new() });
            explicit.push(false);
            groups.len() - 1
        });
        if let (Some(policy), false) = (step.fail_policy, explicit[g]) {
            (groups[g].policy, explicit[g]) = (policy, true);
        }
        groups[g].members.push(Node(i as u32));
        of[i] = Some(g as u32);
    }
    (groups, of)
}

/// Each watched step with a watchdog of it, sorted.
fn watched_steps(sequence: &Sequence, index: &Index) -> Vec<(Node, Node)> {
    let steps = sequence.steps.iter().enumerate();
    let pair = |(i, step): (usize, &Step)| {
        let target = index.get(&NodeId::from(step.watchdog_for.as_ref()?))?;
        Some((*target, Node(i as u32)))
    };
    let mut pairs: Vec<_> = steps.filter_map(pair).collect();
    pairs.sort_unstable();
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dag::testing::{ids, sequence};

    #[test]
    fn edges_run_both_ways_each_once() {
        let seq = sequence("a; b: a a g; c: b nope; gate g: a");
        let dag = Dag::new(&seq);
        let node = |id: &str| dag.find(id).unwrap();
        assert_eq!(ids(&dag, dag.predecessors(node("b"))), "a g");
        assert_eq!(ids(&dag, dag.successors(node("a"))), "b g");
        assert_eq!(dag.unknown(node("c"))[0].1.as_str(), "nope");
        assert!(dag.unknown(node("b")).is_empty());
        assert!(dag.is_gate(node("g")) && !dag.is_gate(node("a")));
    }

    #[test]
    fn a_group_takes_the_policy_its_first_outspoken_member_names() {
        let mut seq = sequence("a; b; c; w");
        for (i, policy) in [None, Some(FailPolicy::BestEffort), None, None].into_iter().enumerate() {
            seq.steps[i].group_id = Some(GroupId::new("team").unwrap());
            seq.steps[i].fail_policy = policy;
        }
        seq.steps[3].watchdog_for = Some(seq.steps[0].id.clone());
        let dag = Dag::new(&seq);
        assert_eq!(dag.groups().len(), 1);
        assert_eq!(dag.groups()[0].policy, FailPolicy::BestEffort);
        assert_eq!(ids(&dag, &dag.groups()[0].members), "a b c");
        assert!(dag.group(dag.find("w").unwrap()).is_none());
    }
}
