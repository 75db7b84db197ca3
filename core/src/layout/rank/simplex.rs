//! Columns with the least total length of edges: the network simplex of Gansner, Koutsofios, North and Vo, "A
//! Technique for Drawing Directed Graphs" (1993), section 2.3. Nothing recurses, so that no graph is too deep.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicBool, Ordering};

use super::tree::Tree;
use crate::layout::csr::Csr;

/// How many nodes all exchanges together may look at: a bound for graphs on which the method takes long.
const WORK: usize = 12_000_000;

/// A graph with feasible ranks that are to get better.
pub(super) struct Simplex<'a> {
    pub edges: &'a [(usize, usize)],
    pub ranks: &'a mut [i64],
    /// Per node: its edges, those that leave and those that arrive.
    incident: Csr,
}

impl<'a> Simplex<'a> {
    pub fn new(edges: &'a [(usize, usize)], ranks: &'a mut [i64]) -> Self {
        let ends = edges.iter().enumerate().flat_map(|(e, (a, b))| [(*a, e), (*b, e)]);
        Self { edges, incident: Csr::new(ranks.len(), ends), ranks }
    }

    fn slack(&self, edge: usize) -> i64 {
        let (from, to) = self.edges[edge];
        self.ranks[to] - self.ranks[from] - 1
    }

    fn around(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        self.incident.row(node).iter().map(|e| *e as usize)
    }

    /// Makes the edges as short as can be, unless it is to stop.
    pub fn run(mut self, stop: &AtomicBool) {
        let mut tree = self.tight();
        let mut cuts = self.cuts(&tree);
        let mut work = 0;
        let mut next = 0;
        while work < WORK && !stop.load(Ordering::Relaxed) {
            let Some(leaving) = negative(&tree, &cuts, &mut next) else { return };
            let Some((entering, looked)) = self.entering(&tree, leaving) else { return };
            work += looked + self.exchange(&mut tree, &mut cuts, leaving, entering);
        }
    }

    /// A spanning forest of edges without slack, which shifting its parts towards each other makes.
    fn tight(&mut self) -> Tree {
        let n = self.ranks.len();
        let mut tree = Tree::new(n);
        let mut near: [BinaryHeap<Reverse<(i64, usize)>>; 2] = Default::default();
        for root in 0..n {
            if tree.holds(root) {
                continue;
            }
            // How far the part of the tree that grows from this root was shifted.
            let mut shift = 0;
            let first = tree.order.len();
            tree.begin(root);
            self.reach(root, shift, &tree, &mut near);
            loop {
                near.iter_mut().for_each(|heap| {
                    while heap.peek().is_some_and(|Reverse((_, e))| {
                        let (a, b) = self.edges[*e];
                        tree.holds(a) && tree.holds(b)
                    }) {
                        heap.pop();
                    }
                });
                let ahead = near[0].peek().map(|Reverse((s, e))| (s - shift, *e));
                let behind = near[1].peek().map(|Reverse((s, e))| (s + shift, *e));
                let (slack, edge) = match (ahead, behind) {
                    (None, None) => break,
                    (Some(a), None) => a,
                    (Some(a), Some(b)) if a.0 <= b.0 => a,
                    (_, Some((slack, edge))) => (-slack, edge),
                };
                shift += slack;
                let (a, b) = self.edges[edge];
                let (parent, child) = if tree.holds(a) { (a, b) } else { (b, a) };
                tree.hang(child, parent, edge);
                // Ranks in the tree are kept less the shift.
                self.ranks[child] -= shift;
                self.reach(child, shift, &tree, &mut near);
            }
            near.iter_mut().for_each(BinaryHeap::clear);
            for i in first..tree.order.len() {
                self.ranks[tree.order[i]] += shift;
            }
        }
        tree.number();
        tree
    }

    /// Notes the edges from a node of the tree to others, with their slack as if nothing had been shifted.
    fn reach(&self, node: usize, shift: i64, tree: &Tree, near: &mut [BinaryHeap<Reverse<(i64, usize)>>; 2]) {
        for edge in self.around(node) {
            let (from, to) = self.edges[edge];
            if from == node && !tree.holds(to) {
                near[0].push(Reverse((self.ranks[to] - (self.ranks[node] + shift) - 1 + shift, edge)));
            } else if to == node && !tree.holds(from) {
                near[1].push(Reverse((self.ranks[node] + shift - self.ranks[from] - 1 - shift, edge)));
            }
        }
    }

    /// Per node: the cut value of the edge to its parent.
    fn cuts(&self, tree: &Tree) -> Vec<i64> {
        let mut cuts = vec![0; self.ranks.len()];
        for i in 0..tree.order.len() {
            let node = tree.order[i];
            if tree.parent[node].is_some() {
                cuts[node] = self.cut(tree, &cuts, node);
            }
        }
        cuts
    }

    /// The cut value of the edge above a node, from those below it.
    fn cut(&self, tree: &Tree, cuts: &[i64], node: usize) -> i64 {
        let Some((_, up)) = tree.parent[node] else { return 0 };
        // Counted as if the edge led from the node up.
        let sign = if self.edges[up].0 == node { 1 } else { -1 };
        let mut sum = 0;
        for edge in self.around(node) {
            let (from, to) = self.edges[edge];
            let other = if from == node { to } else { from };
            let out = if from == node { 1 } else { -1 };
            sum += out;
            if edge != up && tree.parent[other].is_some_and(|(p, e)| p == node && e == edge) {
                sum -= out * cuts[other];
            }
        }
        sign * sum
    }

    /// The edge with the least slack that leads the other way over the cut above a node; how many were looked at.
    fn entering(&self, tree: &Tree, node: usize) -> Option<(usize, usize)> {
        let (_, up) = tree.parent[node]?;
        let leads_up = self.edges[up].0 == node;
        let below = tree.below(node);
        let mut best: Option<(i64, usize)> = None;
        for &inside in below {
            for edge in self.around(inside) {
                let (from, to) = self.edges[edge];
                let (near, far) = if leads_up { (to, from) } else { (from, to) };
                if near == inside && !tree.is_below(far, node) {
                    best = best.min(Some((self.slack(edge), edge))).or(Some((self.slack(edge), edge)));
                }
            }
        }
        best.map(|(_, edge)| (edge, below.len()))
    }

    /// Takes one edge out of the tree and another in; how many nodes that touched.
    fn exchange(&mut self, tree: &mut Tree, cuts: &mut [i64], node: usize, entering: usize) -> usize {
        let Some((above, up)) = tree.parent[node] else { return 1 };
        let slack = self.slack(entering);
        let by = if self.edges[up].0 == node { slack } else { -slack };
        for &inside in tree.below(node) {
            self.ranks[inside] -= by;
        }
        let (a, b) = self.edges[entering];
        let (inside, outside) = if tree.is_below(a, node) { (a, b) } else { (b, a) };
        let top = tree.meet(inside, outside);
        let mut touched = tree.turn(inside, outside, entering, node);
        // Only the cuts on the cycle that both edges close have changed.
        let mut path: Vec<usize> = Vec::new();
        for start in [node, above] {
            path.extend(tree.up(start).take_while(|n| *n != top));
        }
        touched += tree.renumber(top);
        path.sort_unstable_by_key(|n| tree.last[*n]);
        path.dedup();
        path.iter().for_each(|n| cuts[*n] = self.cut(tree, cuts, *n));
        touched + path.len()
    }
}

/// The next node whose edge upwards should leave.
fn negative(tree: &Tree, cuts: &[i64], next: &mut usize) -> Option<usize> {
    let n = cuts.len();
    let found = (0..n).map(|i| (*next + i) % n).find(|i| tree.parent[*i].is_some() && cuts[*i] < 0)?;
    *next = (found + 1) % n;
    Some(found)
}
