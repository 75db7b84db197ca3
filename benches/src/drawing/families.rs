//! Graphs to lay out: five families, the same for everybody, the same in every run.

use threados_core::layout::{Kind, NodeSpec, Request};

/// A family of graphs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Each after the one before.
    Chain,
    /// One, then ten at once, then one that waits for all of them, and so on.
    Fan,
    /// A square whose nodes follow the ones above and to the left.
    Lattice,
    /// Layers; each node follows one to three of the layer before, now and then one of two layers before.
    Layered,
    /// Each node follows one or two of the twelve before it.
    Recent,
}

impl Family {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Chain, Self::Fan, Self::Lattice, Self::Layered, Self::Recent];

    /// What tables call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chain => "chain",
            Self::Fan => "fan-out, fan-in",
            Self::Lattice => "diamond lattice",
            Self::Layered => "random layered",
            Self::Recent => "random recent",
        }
    }

    /// About `n` nodes of it: how many, and the edges between them, none twice.
    pub fn graph(self, n: usize) -> Graph {
        let mut dice = Dice(0x9E37_79B9_7F4A_7C15 ^ n as u64);
        let mut edges: Vec<(usize, usize)> = match self {
            Self::Chain => (1..n).map(|i| (i - 1, i)).collect(),
            Self::Fan => fan(n),
            Self::Lattice => lattice(n),
            Self::Layered => layered(n, &mut dice),
            Self::Recent => (1..n)
                .flat_map(|i| {
                    let count = 1 + dice.below(2);
                    (0..count).map(|_| (i - 1 - dice.below(i.min(12)), i)).collect::<Vec<_>>()
                })
                .collect(),
        };
        edges.sort_unstable_by_key(|(from, to)| (*to, *from));
        edges.dedup();
        Graph { nodes: n, edges }
    }
}

fn fan(n: usize) -> Vec<(usize, usize)> {
    const WIDTH: usize = 10;
    let mut edges = Vec::new();
    let mut hub = 0;
    while hub + 1 < n {
        let next = (hub + WIDTH + 1).min(n - 1);
        for worker in hub + 1..next {
            edges.extend([(hub, worker), (worker, next)]);
        }
        if next == hub + 1 {
            edges.push((hub, next));
        }
        hub = next;
    }
    edges
}

fn lattice(n: usize) -> Vec<(usize, usize)> {
    let side = (1..).find(|s| s * s >= n).unwrap_or(1);
    let left = (0..n).filter(|i| i % side > 0).map(|i| (i - 1, i));
    left.chain((side..n).map(|i| (i - side, i))).collect()
}

fn layered(n: usize, dice: &mut Dice) -> Vec<(usize, usize)> {
    let width = (1..).find(|w| w * w * 4 >= n).unwrap_or(1).max(5);
    let mut edges = Vec::new();
    for i in width..n {
        let layer = i / width;
        for _ in 0..1 + dice.below(3) {
            let back = if layer > 1 && dice.below(10) == 0 { 2 } else { 1 };
            // Work that belongs together mostly stands together.
            let aside = (i % width + width + dice.below(7)).saturating_sub(3) % width;
            edges.push(((layer - back) * width + aside, i));
        }
    }
    edges
}

/// A graph: its nodes are numbers, its edges lead from a smaller to a larger one.
#[derive(Debug, Clone)]
pub struct Graph {
    /// How many nodes.
    pub nodes: usize,
    /// From and to.
    pub edges: Vec<(usize, usize)>,
}

impl Graph {
    /// As the layout of the core takes it: every node a card.
    pub fn request(&self) -> Request {
        let (w, h) = Request::CARD;
        let node = |i: usize| NodeSpec {
            id: format!("s{i}").parse().expect("an id"),
            w,
            h,
            lane: None,
            group: None,
            kind: Kind::Step,
        };
        Request {
            nodes: (0..self.nodes).map(node).collect(),
            edges: self.edges.clone(),
            ..Request::default()
        }
    }
}

/// xorshift64*: the same numbers everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % n
    }
}
