//! Orders and walks over the graph. All of them iterate: a chain of any length costs no stack.

use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{BinaryHeap, HashMap, VecDeque};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::{Dag, Node};

impl Dag {
    /// Every node after all it depends on, file order among equals. Nodes in a cycle or behind one are left out.
    pub fn topological(&self) -> Vec<Node> {
        let mut open: Vec<u32> = self.nodes().map(|n| self.predecessors(n).len() as u32).collect();
        let mut next: BinaryHeap<Reverse<Node>> =
            self.nodes().filter(|n| open[n.index()] == 0).map(Reverse).collect();
        let mut order = Vec::with_capacity(self.len());
        while let Some(Reverse(node)) = next.pop() {
            order.push(node);
            for &after in self.successors(node) {
                open[after.index()] -= 1;
                if open[after.index()] == 0 {
                    next.push(Reverse(after));
                }
            }
        }
        order
    }

    /// Per node the longest way to it: 0 for a source. `None` in or behind a cycle, where no level exists.
    pub fn levels(&self) -> Vec<Option<u32>> {
        let mut levels = vec![None; self.len()];
        for node in self.topological() {
            let above = self.predecessors(node).iter().filter_map(|p| levels[p.index()]).max();
            levels[node.index()] = Some(above.map_or(0, |level: u32| level + 1));
        }
        levels
    }

    /// All that a node depends on, directly or not, in file order; without the node itself.
    pub fn ancestors(&self, node: Node) -> Vec<Node> {
        self.reached(node, |n| self.predecessors(n))
    }

    /// All that depends on a node, directly or not, in file order; without the node itself.
    pub fn descendants(&self, node: Node) -> Vec<Node> {
        self.reached(node, |n| self.successors(n))
    }

    /// The nodes on the ways from one node to another, in file order: with the first, without the last. Empty
    /// where no way leads there.
    pub fn between(&self, from: Node, to: Node) -> Vec<Node> {
        let mut before = vec![false; self.len()];
        for node in self.ancestors(to) {
            before[node.index()] = true;
        }
        let mut nodes = self.descendants(from);
        nodes.push(from);
        nodes.retain(|n| before[n.index()] && *n != to);
        nodes.sort_unstable();
        nodes
    }

    /// A shortest way from one node to another along the edges, both ends included. An edge `to -> from` would
    /// close exactly this cycle.
    pub fn path(&self, from: Node, to: Node) -> Option<Vec<Node>> {
        if from == to { Some(vec![from]) } else { self.walk(from, to) }
    }

    /// One cycle of each knot of nodes that depend on each other, each node once, starting with its first node
    /// in file order. A dependency on itself is no cycle here.
    pub fn cycles(&self) -> Vec<Vec<Node>> {
        let sorted = self.topological();
        if sorted.len() == self.len() {
            return Vec::new();
        }
        let mut rest = vec![true; self.len()];
        for node in sorted {
            rest[node.index()] = false;
        }
        let mut knots = self.knots(&rest);
        knots.sort_unstable();
        knots.iter().filter_map(|knot| self.cycle_in(knot)).collect()
    }

    /// `a -> b -> a` for a cycle as [`Dag::cycles`] gives it, in the direction "depends on".
    pub fn print_cycle(&self, cycle: &[Node]) -> String {
        let names = cycle.iter().chain(cycle.first()).map(|n| self.id(*n).as_str());
        names.collect::<Vec<_>>().join(" -> ")
    }

    /// The way that takes longest from start to end, and how long it takes, in the unit of `duration`. Empty
    /// for an empty graph; nodes in or behind a cycle are not seen.
    pub fn critical_path(&self, duration: impl Fn(Node) -> u64) -> (Vec<Node>, u64) {
        let mut ends = vec![0_u64; self.len()];
        let mut came: Vec<Option<Node>> = vec![None; self.len()];
        let mut last: Option<Node> = None;
        for node in self.topological() {
            let slowest = self.predecessors(node).iter().copied();
            let slowest = slowest.max_by_key(|n| (ends[n.index()], Reverse(*n)));
            came[node.index()] = slowest;
            let start = slowest.map_or(0, |n| ends[n.index()]);
            ends[node.index()] = start.saturating_add(duration(node));
            if last.is_none_or(|l| ends[node.index()] > ends[l.index()]) {
                last = Some(node);
            }
        }
        let total = last.map_or(0, |n| ends[n.index()]);
        let mut way: Vec<Node> = std::iter::successors(last, |n| came[n.index()]).collect();
        way.reverse();
        (way, total)
    }

    fn reached<'a>(&'a self, node: Node, next: impl Fn(Node) -> &'a [Node]) -> Vec<Node> {
        let mut seen = vec![false; self.len()];
        let mut stack = vec![node];
        let mut found = Vec::new();
        while let Some(node) = stack.pop() {
            for &n in next(node) {
                if !std::mem::replace(&mut seen[n.index()], true) {
                    stack.push(n);
                    found.push(n);
                }
            }
        }
        found.retain(|n| *n != node);
        found.sort_unstable();
        found
    }

    /// The strongly connected sets of more than one node among `rest`, each in file order.
    fn knots(&self, rest: &[bool]) -> Vec<Vec<Node>> {
        let mut graph = DiGraph::<Node, ()>::new();
        let place: Vec<Option<NodeIndex>> =
            self.nodes().map(|n| rest[n.index()].then(|| graph.add_node(n))).collect();
        for node in self.nodes() {
            for before in self.predecessors(node) {
                if let (Some(a), Some(b)) = (place[node.index()], place[before.index()]) {
                    graph.add_edge(a, b, ());
                }
            }
        }
        let sets = kosaraju_scc(&graph).into_iter().filter(|set| set.len() > 1);
        sets.map(|set| {
            let mut knot: Vec<Node> = set.into_iter().map(|i| graph[i]).collect();
            knot.sort_unstable();
            knot
        })
        .collect()
    }

    /// A shortest cycle through the first node of a knot, in the direction "depends on".
    fn cycle_in(&self, knot: &[Node]) -> Option<Vec<Node>> {
        let first = *knot.first()?;
        let mut way = self.walk(first, first)?;
        way.reverse();
        way.pop();
        Some(way)
    }

    /// A shortest walk of at least one edge, both ends included; steps from a node to itself do not count.
    fn walk(&self, from: Node, to: Node) -> Option<Vec<Node>> {
        let mut came: HashMap<Node, Node> = HashMap::new();
        let mut queue = VecDeque::from([from]);
        while let Some(node) = queue.pop_front() {
            for &next in self.successors(node).iter().filter(|n| **n != node) {
                if let Entry::Vacant(entry) = came.entry(next) {
                    entry.insert(node);
                    queue.push_back(next);
                }
            }
            if came.contains_key(&to) {
                break;
            }
        }
        let mut way = vec![to, *came.get(&to)?];
        while let Some(last) = way.last().copied().filter(|n| *n != from) {
            way.push(*came.get(&last)?);
        }
        way.reverse();
        Some(way)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dag::testing::{ids, sequence};

    fn dag(text: &str) -> Dag {
        Dag::new(&sequence(text))
    }

    #[test]
    fn the_order_keeps_the_file_among_equals() {
        let dag = dag("d: c; a; b; c: a b; gate g: d");
        assert_eq!(ids(&dag, &dag.topological()), "a b c d g");
    }

    #[test]
    fn walks_name_what_is_before_after_and_between() {
        let dag = dag("a; b: a; c: a; d: b c; e: d; x");
        let node = |id: &str| dag.find(id).unwrap();
        assert_eq!(ids(&dag, &dag.ancestors(node("d"))), "a b c");
        assert_eq!(ids(&dag, &dag.descendants(node("b"))), "d e");
        assert_eq!(ids(&dag, &dag.between(node("b"), node("e"))), "b d");
        assert_eq!(ids(&dag, &dag.between(node("x"), node("e"))), "");
        assert_eq!(ids(&dag, &dag.path(node("a"), node("e")).unwrap()), "a b d e");
        assert_eq!(dag.path(node("e"), node("a")), None);
    }

    #[test]
    fn each_knot_yields_one_cycle_in_reading_direction() {
        let dag = dag("a: c; b: a; c: b; d: c; e: e; f: g; gate g: f");
        let printed: Vec<String> = dag.cycles().iter().map(|c| dag.print_cycle(c)).collect();
        assert_eq!(printed, ["a -> c -> b -> a", "f -> g -> f"]);
        assert!(super::super::Dag::new(&sequence("a; b: a")).cycles().is_empty());
    }

    #[test]
    fn the_critical_path_is_the_slowest_way() {
        let dag = dag("a; b: a; c: a; d: b c");
        let cost = |n: Node| if dag.id(n).as_str() == "c" { 10 } else { 1 };
        let (way, total) = dag.critical_path(cost);
        assert_eq!((ids(&dag, &way).as_str(), total), ("a c d", 12));
        assert_eq!(Dag::new(&sequence("")).critical_path(|_| 1), (Vec::new(), 0));
    }

    #[test]
    fn a_chain_of_fifty_thousand_needs_no_stack() {
        let text: Vec<String> = (0..50_000)
            .map(|i| if i == 0 { "s0: s49999".to_owned() } else { format!("s{i}: s{}", i - 1) })
            .collect();
        let ring = dag(&text.join(";"));
        assert_eq!(ring.cycles()[0].len(), 50_000);
        let chain = dag(&text.join(";").replacen("s0: s49999", "s0", 1));
        assert_eq!(chain.topological().len(), 50_000);
        assert_eq!(chain.critical_path(|_| 1).1, 50_000);
        assert_eq!(chain.descendants(chain.find("s0").unwrap()).len(), 49_999);
    }
}
