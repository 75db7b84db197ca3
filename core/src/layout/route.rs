//! The drawing: columns get their places, edges their corners.

use std::collections::HashMap;

use super::csr::Csr;
use super::place::Rows;
use super::slots::{Slots, Way};
use super::tracks::{self, Piece};
use super::units::Units;
use super::{Frame, Kind, Lane, Layout, Point, Rect, Request};

/// Space around the drawing, and between a column and the first track.
const MARGIN: f32 = 24.0;
/// Space between two tracks, and the width that all tracks of a gap share where they are many.
const TRACK: (f32, f32) = (10.0, 480.0);
/// The least of both where the columns should stay where they are.
const TIGHT: (f32, f32) = (12.0, 0.5);
/// Space between two columns with nothing but level edges between them.
pub(super) const APART: f32 = 2.0 * MARGIN;
/// Space between two edges that arrive at one card.
const PORT: f32 = 10.0;
/// An edge that comes in nearly level comes in level, as long as so much stays between it and its neighbours.
const LEVEL: (f32, f32) = (PORT / 2.0, 6.0);
/// Space between two edges that run below everything.
const BELOW: f32 = 12.0;

/// Draws it. `old` are the places of columns that should stay where they are.
pub(super) fn draw(request: &Request, units: &Units, slots: &Slots, rows: &Rows, old: &[f32]) -> Layout {
    if request.nodes.is_empty() {
        return Layout::default();
    }
    let mut wires = Wires::new(request, units, slots, rows);
    let mut x = MARGIN;
    let mut centers = Vec::with_capacity(slots.columns.len());
    for c in 0..slots.columns.len() {
        let width = widest(units, &slots.columns[c]);
        let center = old.get(c).map_or(x + width / 2.0, |old| old.max(x + width / 2.0));
        x = center + width / 2.0;
        centers.push(center);
        let next = old.get(c + 1).zip(slots.columns.get(c + 1));
        let room = next.map(|(at, column)| at - widest(units, column) / 2.0 - x);
        x = wires.gap(c, x, room);
    }
    let width = x - wires.last_gap + MARGIN;
    let bottom = rows.bands.iter().map(|(top, h)| top + h).fold(0.0, f32::max);
    let below = wires.below_count as f32 * BELOW + if wires.below_count > 0 { MARGIN } else { 0.0 };
    let (nodes, frames) = boxes(request, units, slots, rows, &centers);
    Layout {
        edges: wires.polylines(request.edges.len(), &nodes),
        nodes,
        frames,
        lanes: lanes(units, rows, width),
        bounds: Rect { x: 0.0, y: 0.0, w: width, h: bottom + below },
    }
}

fn widest(units: &Units, column: &[u32]) -> f32 {
    column.iter().filter_map(|s| units.list.get(*s as usize)).map(|u| u.w).fold(0.0, f32::max)
}

fn boxes(
    request: &Request,
    units: &Units,
    slots: &Slots,
    rows: &Rows,
    centers: &[f32],
) -> (Vec<Rect>, Vec<Frame>) {
    let mut nodes = vec![Rect::default(); request.nodes.len()];
    let mut frames = Vec::new();
    for (u, unit) in units.list.iter().enumerate() {
        let (center, top) = (centers[slots.column_of[u] as usize], rows.y[u]);
        for item in &unit.items {
            let spec = &request.nodes[item.node];
            nodes[item.node] = Rect { x: center + item.dx, y: top + item.dy, w: spec.w, h: spec.h };
        }
        frames.extend(unit.frame.clone().map(|group| {
            let rect = Rect { x: center - unit.w / 2.0, y: top, w: unit.w, h: unit.h };
            Frame { group, rect, folded: unit.folded }
        }));
    }
    (nodes, frames)
}

fn lanes(units: &Units, rows: &Rows, width: f32) -> Vec<Lane> {
    if units.lanes.iter().all(Option::is_none) {
        return Vec::new();
    }
    let bands = units.lanes.iter().zip(&rows.bands);
    bands
        .map(|(name, (y, h))| Lane { name: name.clone(), rect: Rect { x: 0.0, y: *y, w: width, h: *h } })
        .collect()
}

/// What leaves one place on the left of a gap, and where it goes on its right. What leads up and what leads down has
/// a vertical piece of its own: then edges cross only where the order of their ends makes them.
#[derive(Debug, Default)]
struct Net {
    from: f32,
    low: f32,
    high: f32,
    up: f32,
    down: f32,
}

/// One change of height on the way of an edge.
#[derive(Debug, Clone, Copy)]
struct Hop {
    net: u32,
    to: f32,
}

struct Wires<'a> {
    units: &'a Units,
    slots: &'a Slots,
    rows: &'a Rows,
    nets: Vec<Net>,
    /// Per gap: its nets.
    gaps: Vec<Vec<u32>>,
    /// The hops of all edges of the units, those of each from right to left; and per edge, where they end.
    hops: Vec<Hop>,
    ends: Vec<usize>,
    /// Per node: the net on its right. Per crossing likewise.
    node_net: Vec<Option<u32>>,
    crossing_net: Vec<Option<u32>>,
    below_count: usize,
    /// Width of the gap that was made last.
    last_gap: f32,
}

impl<'a> Wires<'a> {
    fn new(request: &Request, units: &'a Units, slots: &'a Slots, rows: &'a Rows) -> Self {
        let mut wires = Self {
            units,
            slots,
            rows,
            nets: Vec::new(),
            gaps: vec![Vec::new(); slots.columns.len()],
            hops: Vec::with_capacity(slots.links.len()),
            ends: Vec::with_capacity(units.edges.len()),
            node_net: vec![None; request.nodes.len()],
            crossing_net: vec![None; slots.parent.len()],
            below_count: 0,
            last_gap: 0.0,
        };
        let below = wires.below();
        let arrivals = wires.arrivals(request, &below);
        for (e, arrival) in arrivals.into_iter().enumerate() {
            wires.trace(e, arrival, &below);
            wires.ends.push(wires.hops.len());
        }
        wires
    }

    /// The port height of a node.
    fn port(&self, node: usize) -> f32 {
        self.rows.y[self.units.of[node]] + self.units.port[node]
    }

    fn column(&self, node: usize) -> usize {
        self.slots.column_of[self.units.of[node]] as usize
    }

    /// The heights of the edges that run below everything, by their source: one track a source, shared by
    /// sources that are apart.
    fn below(&mut self) -> HashMap<usize, f32> {
        let mut spans: HashMap<usize, usize> = HashMap::new();
        for (e, &(_, a, b)) in self.units.edges.iter().enumerate() {
            if self.slots.ways[e] == Way::Below {
                let end = spans.entry(a).or_default();
                *end = (*end).max(self.column(b));
            }
        }
        let mut spans: Vec<(usize, usize, usize)> =
            spans.into_iter().map(|(a, end)| (self.column(a), end, a)).collect();
        spans.sort_unstable();
        let bottom = self.rows.bands.iter().map(|(top, h)| top + h).fold(0.0, f32::max);
        let mut free: std::collections::BinaryHeap<std::cmp::Reverse<(usize, usize)>> = Default::default();
        let mut heights = HashMap::new();
        for (start, end, node) in spans {
            let reusable = free.peek().is_some_and(|std::cmp::Reverse((until, _))| *until < start);
            let track = match free.pop().filter(|_| reusable) {
                Some(std::cmp::Reverse((_, track))) => track,
                None => {
                    self.below_count += 1;
                    self.below_count - 1
                }
            };
            free.push(std::cmp::Reverse((end, track)));
            heights.insert(node, bottom + BELOW * (track + 1) as f32);
        }
        heights
    }

    /// Per edge the height at which it arrives: those at one card lie below each other in the order they come
    /// from, a straight one in the middle. All that come to a diamond meet in its tip.
    fn arrivals(&self, request: &Request, below: &HashMap<usize, f32>) -> Vec<f32> {
        let into =
            Csr::new(request.nodes.len(), self.units.edges.iter().enumerate().map(|(e, edge)| (edge.2, e)));
        let from = |e: usize| match (self.slots.ways[e], self.units.edges[e].1) {
            (Way::Direct, source) => self.port(source),
            (Way::Through(slot), _) => self.rows.y[slot as usize],
            (Way::Below, source) => below[&source],
        };
        let mut arrivals = vec![0.0; self.units.edges.len()];
        let mut edges: Vec<(f32, usize)> = Vec::new();
        for (node, spec) in request.nodes.iter().enumerate() {
            let center = self.port(node);
            edges.clear();
            edges.extend(into.row(node).iter().map(|e| (from(*e as usize), *e as usize)));
            edges.sort_by(|a, b| a.0.total_cmp(&b.0));
            let straight = edges.iter().position(|(from, _)| *from == center);
            let middle = straight.map_or((edges.len().saturating_sub(1)) as f32 / 2.0, |i| i as f32);
            let farthest = middle.max(edges.len() as f32 - 1.0 - middle).max(1.0);
            let room = spec.h / 2.0 - 10.0;
            let step = if spec.kind == Kind::Gate { 0.0 } else { PORT.min(room / farthest).max(0.0) };
            for (i, (_, e)) in edges.iter().enumerate() {
                arrivals[*e] = center + (i as f32 - middle) * step;
            }
            if spec.kind != Kind::Gate {
                level(&edges, &mut arrivals, (center - room, center + room));
            }
        }
        arrivals
    }

    /// Notes the hops of an edge, from its target back to its source.
    fn trace(&mut self, e: usize, arrival: f32, below: &HashMap<usize, f32>) {
        let (_, a, b) = self.units.edges[e];
        match self.slots.ways[e] {
            Way::Direct => self.leave_node(a, arrival),
            Way::Below => {
                let height = below[&a];
                let last = self.net(self.column(b) - 1, height);
                self.hop(last, arrival);
                self.leave_node(a, height);
            }
            Way::Through(slot) => {
                let (mut at, mut to) = (Some(slot), arrival);
                while let Some(slot) = at {
                    let y = self.rows.y[slot as usize];
                    let i = slot as usize - self.slots.units;
                    let net = match self.crossing_net[i] {
                        Some(net) => net,
                        None => self.net(self.slots.column_of[slot as usize] as usize, y),
                    };
                    self.crossing_net[i] = Some(net);
                    self.hop(net, to);
                    (at, to) = (self.slots.parent[i], y);
                }
                self.leave_node(a, to);
            }
        }
    }

    fn leave_node(&mut self, node: usize, to: f32) {
        let net = match self.node_net[node] {
            Some(net) => net,
            None => self.net(self.column(node), self.port(node)),
        };
        self.node_net[node] = Some(net);
        self.hop(net, to);
    }

    fn net(&mut self, gap: usize, from: f32) -> u32 {
        let net = self.nets.len() as u32;
        self.nets.push(Net { from, low: from, high: from, ..Net::default() });
        self.gaps[gap].push(net);
        net
    }

    fn hop(&mut self, net: u32, to: f32) {
        let n = &mut self.nets[net as usize];
        (n.low, n.high) = (n.low.min(to), n.high.max(to));
        self.hops.push(Hop { net, to });
    }

    /// Gives the nets of a gap their tracks; `x` is where the gap begins, `room` how wide it should be if that does.
    /// Returns where it ends.
    fn gap(&mut self, c: usize, x: f32, room: Option<f32>) -> f32 {
        let nets = self.gaps[c].iter().map(|n| (*n, &self.nets[*n as usize]));
        let (mut owners, mut pieces) = (Vec::new(), Vec::new());
        for (net, Net { from, low, high, .. }) in nets {
            if high > from {
                owners.push(net);
                pieces.push(Piece { from: *from, to: *high });
            }
            if low < from {
                owners.push(net);
                pieces.push(Piece { from: *from, to: *low });
            }
        }
        let (tracks, count) = tracks::assign(&pieces);
        let spread = count.saturating_sub(1) as f32;
        let step = if spread > 0.0 { TRACK.0.min(TRACK.1 / spread) } else { 0.0 };
        // Rather narrow than that everything to the right of it moves.
        let tight = room.map_or(step, |room| ((room - 2.0 * TIGHT.0) / spread.max(1.0)).min(step));
        let step = if tight >= step.min(TIGHT.1) { tight } else { step };
        let margin = room.map_or(MARGIN, |room| ((room - spread * step) / 2.0).clamp(TIGHT.0, MARGIN));
        for ((net, piece), track) in owners.iter().zip(&pieces).zip(tracks) {
            let at = x + margin + track as f32 * step;
            let net = &mut self.nets[*net as usize];
            *(if piece.leads_down() { &mut net.down } else { &mut net.up }) = at;
        }
        self.last_gap = (2.0 * margin + spread * step).max(room.unwrap_or(0.0));
        x + self.last_gap
    }

    fn polylines(&self, count: usize, nodes: &[Rect]) -> Vec<Vec<Point>> {
        let mut lines = vec![Vec::new(); count];
        let mut first = 0;
        for (&(edge, a, b), &end) in self.units.edges.iter().zip(&self.ends) {
            let hops = &self.hops[first..end];
            first = end;
            let mut y = self.port(a);
            let line: &mut Vec<Point> = &mut lines[edge];
            line.reserve_exact(2 + 2 * hops.len());
            line.push(Point { x: nodes[a].right(), y });
            for hop in hops.iter().rev().filter(|h| h.to != self.nets[h.net as usize].from) {
                let net = &self.nets[hop.net as usize];
                let x = if hop.to > net.from { net.down } else { net.up };
                line.extend([Point { x, y }, Point { x, y: hop.to }]);
                y = hop.to;
            }
            line.push(Point { x: nodes[b].x, y });
        }
        lines
    }
}

/// Straightens what would bend by a few points only. `edges` are those of one card with the heights they come from, from
/// top to bottom.
fn level(edges: &[(f32, usize)], arrivals: &mut [f32], (top, bottom): (f32, f32)) {
    for (i, (from, e)) in edges.iter().enumerate() {
        let above = i.checked_sub(1).map_or(top - LEVEL.1, |above| arrivals[edges[above].1]);
        let below = edges.get(i + 1).map_or(bottom + LEVEL.1, |(_, below)| arrivals[*below]);
        let is_free = from - above >= LEVEL.1 && below - from >= LEVEL.1;
        if is_free && (from - arrivals[*e]).abs() <= LEVEL.0 {
            arrivals[*e] = *from;
        }
    }
}
