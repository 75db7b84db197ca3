//! Units: what is placed as one piece. A node with its watchdogs below it, or a whole group in its frame.

use std::collections::HashMap;

use super::{Frame, Kind, Request};
use crate::id::GroupId;

/// Space between a group's frame and its members.
const PAD: f32 = 16.0;
/// Space between the members of a group, and between a card and its watchdog.
const STACK: f32 = 12.0;
/// Room for the name and state below a diamond, and how wide they may be.
const CAPTION: (f32, f32) = (120.0, 38.0);

/// A node within a unit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    /// Its index in the request.
    pub node: usize,
    /// Its left side, from the middle of the unit.
    pub dx: f32,
    /// Its upper side, from that of the unit.
    pub dy: f32,
}

/// One piece to place.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    pub w: f32,
    pub h: f32,
    pub lane: usize,
    pub items: Vec<Item>,
    pub frame: Option<GroupId>,
    /// Whether one card stands for all items.
    pub folded: bool,
}

/// The pieces of a request and the edges between them.
pub(super) struct Units {
    pub list: Vec<Unit>,
    /// Per node: its unit.
    pub of: Vec<usize>,
    /// Per node: the height of its ports, from the upper side of its unit.
    pub port: Vec<f32>,
    /// Labels of the lanes, from top to bottom.
    pub lanes: Vec<Option<String>>,
    /// The edges that are drawn: index in the request, from node, to node. They form no cycle, between the units
    /// neither.
    pub edges: Vec<(usize, usize, usize)>,
}

impl Units {
    pub fn new(request: &Request) -> Self {
        let (lanes, lane_of) = lanes(request);
        let hung = Hung::new(request);
        let edges = acyclic(request, &hung);
        let clusters = clusters(request, &hung, &lane_of, &edges);
        let mut units = Self {
            list: Vec::new(),
            of: vec![0; request.nodes.len()],
            port: vec![0.0; request.nodes.len()],
            lanes,
            edges,
        };
        for (cluster, members) in clusters {
            units.add(request, &hung, &lane_of, cluster, &members);
        }
        units
    }

    fn add(
        &mut self,
        request: &Request,
        hung: &Hung,
        lane_of: &[usize],
        frame: Option<GroupId>,
        nodes: &[usize],
    ) {
        let folded = frame.as_ref().is_some_and(|group| request.folded.contains(group));
        let (pad, mut y) = if frame.is_some() { (PAD, Frame::HEADER) } else { (0.0, 0.0) };
        let mut unit = Unit { w: 0.0, h: 0.0, lane: lane_of[nodes[0]], items: Vec::new(), frame, folded };
        let cells = nodes.iter().flat_map(|n| std::iter::once(n).chain(&hung.below[*n]));
        for &node in cells {
            let spec = &request.nodes[node];
            if folded {
                (unit.w, unit.h) = Request::CARD;
                unit.items.push(Item { node, dx: -spec.w / 2.0, dy: 0.0 });
                self.of[node] = self.list.len();
                self.port[node] = unit.h / 2.0;
                continue;
            }
            y += if unit.items.is_empty() { 0.0 } else { STACK };
            unit.items.push(Item { node, dx: -spec.w / 2.0, dy: y });
            self.of[node] = self.list.len();
            self.port[node] = y + spec.h / 2.0;
            let (w, caption) =
                if spec.kind == Kind::Gate { (spec.w.max(CAPTION.0), CAPTION.1) } else { (spec.w, 0.0) };
            unit.w = unit.w.max(w + 2.0 * pad);
            y += spec.h + caption;
        }
        unit.h = if folded { unit.h } else { y + pad };
        self.list.push(unit);
    }
}

/// The labels of the lanes, from top to bottom, and per node its lane.
pub(super) fn lanes(request: &Request) -> (Vec<Option<String>>, Vec<usize>) {
    let mut labels: Vec<Option<String>> = Vec::new();
    let mut index: HashMap<Option<&str>, usize> = HashMap::new();
    let of = request.nodes.iter().map(|node| {
        *index.entry(node.lane.as_deref()).or_insert_with(|| {
            labels.push(node.lane.clone());
            labels.len() - 1
        })
    });
    let of = of.collect();
    (labels, of)
}

/// Which watchdogs hang below which node.
struct Hung {
    below: Vec<Vec<usize>>,
    is_hung: Vec<bool>,
}

impl Hung {
    fn new(request: &Request) -> Self {
        let n = request.nodes.len();
        let mut hung = Self { below: vec![Vec::new(); n], is_hung: vec![false; n] };
        for (i, node) in request.nodes.iter().enumerate() {
            let Kind::Watchdog { of } = node.kind else { continue };
            let carries = request.nodes.get(of).is_some_and(|t| !matches!(t.kind, Kind::Watchdog { .. }));
            if carries {
                hung.below[of].push(i);
                hung.is_hung[i] = true;
            }
        }
        hung
    }
}

/// The edges without those of watchdogs and those that close a cycle: among nodes that no order reaches only
/// edges along the file stay.
fn acyclic(request: &Request, hung: &Hung) -> Vec<(usize, usize, usize)> {
    let n = request.nodes.len();
    let valid = |&(_, (from, to)): &(usize, (usize, usize))| {
        from < n && to < n && from != to && !hung.is_hung[from] && !hung.is_hung[to]
    };
    let edges: Vec<_> = request.edges.iter().copied().enumerate().filter(valid).collect();
    let edges: Vec<_> = edges.into_iter().map(|(i, (from, to))| (i, from, to)).collect();
    let pairs: Vec<(usize, usize)> = edges.iter().map(|e| (e.1, e.2)).collect();
    let stuck = stuck(n, &pairs);
    edges.into_iter().filter(|(_, from, to)| !(stuck[*from] && stuck[*to]) || from < to).collect()
}

/// The nodes in or behind a cycle.
fn stuck(n: usize, edges: &[(usize, usize)]) -> Vec<bool> {
    let adjacency = super::csr::Csr::new(n, edges.iter().copied());
    let mut open = vec![0_u32; n];
    for (_, to) in edges {
        open[*to] += 1;
    }
    let mut next: Vec<usize> = (0..n).filter(|i| open[*i] == 0).collect();
    let mut stuck = vec![true; n];
    while let Some(i) = next.pop() {
        stuck[i] = false;
        for &to in adjacency.row(i) {
            open[to as usize] -= 1;
            if open[to as usize] == 0 {
                next.push(to as usize);
            }
        }
    }
    stuck
}

type Cluster = (Option<GroupId>, Vec<usize>);

/// The nodes in pieces, in the order of their first nodes: members of one group and lane together, unless edges
/// among them, or cycles between whole groups, forbid that they share a column.
fn clusters(
    request: &Request,
    hung: &Hung,
    lane_of: &[usize],
    edges: &[(usize, usize, usize)],
) -> Vec<Cluster> {
    let all = gather(request, hung, lane_of, &|_| true);
    // Without groups each piece is a node, and among nodes there is no cycle left.
    if request.nodes.iter().all(|node| node.group.is_none()) {
        return all;
    }
    let mut of = vec![0; request.nodes.len()];
    for (c, (_, nodes)) in all.iter().enumerate() {
        nodes.iter().for_each(|n| of[*n] = c);
    }
    let between: Vec<(usize, usize)> = edges.iter().map(|(_, a, b)| (of[*a], of[*b])).collect();
    let forward = stuck(all.len(), &between);
    let backward: Vec<(usize, usize)> = between.iter().map(|(a, b)| (*b, *a)).collect();
    let backward = stuck(all.len(), &backward);
    if !forward.contains(&true) {
        return all;
    }
    gather(request, hung, lane_of, &|n| !(forward[of[n]] && backward[of[n]]))
}

fn gather(
    request: &Request,
    hung: &Hung,
    lane_of: &[usize],
    together: &dyn Fn(usize) -> bool,
) -> Vec<Cluster> {
    let mut clusters: Vec<Cluster> = Vec::new();
    let mut index: HashMap<(&GroupId, usize), usize> = HashMap::new();
    for (i, node) in request.nodes.iter().enumerate().filter(|(i, _)| !hung.is_hung[*i]) {
        let Some(group) = node.group.as_ref().filter(|_| together(i)) else {
            clusters.push((None, vec![i]));
            continue;
        };
        let c = *index.entry((group, lane_of[i])).or_insert_with(|| {
            clusters.push((Some(group.clone()), Vec::new()));
            clusters.len() - 1
        });
        clusters[c].1.push(i);
    }
    clusters
}
