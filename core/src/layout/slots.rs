//! Slots: units in their columns, and the places where long edges cross a column.

use super::csr::Csr;
use super::units::Units;

/// A step of an edge from one column to the next.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    pub from: u32,
    pub to: u32,
    /// Height of the port at `from`, from its upper side.
    pub out: f32,
    /// Height of the port at `to`, from its upper side.
    pub into: f32,
    /// How much it should be straight.
    pub weight: f32,
}

/// How an edge gets to its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// From the neighbouring column.
    Direct,
    /// Through this slot in the column before the target, and its parents.
    Through(u32),
    /// Below everything: too long to get a slot in every column.
    Below,
}

/// The columns and what stands in them. Slot `i` is unit `i`; those after the units are crossings.
pub(super) struct Slots {
    pub units: usize,
    pub lane: Vec<u32>,
    /// Per column: its slots from top to bottom, lane by lane.
    pub columns: Vec<Vec<u32>>,
    pub column_of: Vec<u32>,
    pub links: Vec<Link>,
    /// Per slot: links that arrive.
    pub arriving: Csr,
    /// Per slot: links that leave.
    pub leaving: Csr,
    /// Per edge of the units: its way.
    pub ways: Vec<Way>,
    /// Per crossing: the crossing before it; `None` where the edge's source stands there.
    pub parent: Vec<Option<u32>>,
}

impl Slots {
    pub fn new(units: &Units, ranks: &[u32]) -> Self {
        let n = units.list.len();
        let mut slots = Self {
            units: n,
            lane: units.list.iter().map(|u| u.lane as u32).collect(),
            columns: vec![Vec::new(); ranks.iter().max().map_or(0, |r| *r as usize + 1)],
            column_of: ranks.to_vec(),
            links: Vec::with_capacity(units.edges.len()),
            arriving: Csr::default(),
            leaving: Csr::default(),
            ways: vec![Way::Direct; units.edges.len()],
            parent: Vec::new(),
        };
        slots.thread(units, &affordable(units, ranks));
        let total = slots.lane.len();
        slots.arriving = Csr::new(total, slots.links.iter().enumerate().map(|(i, l)| (l.to as usize, i)));
        slots.leaving = Csr::new(total, slots.links.iter().enumerate().map(|(i, l)| (l.from as usize, i)));
        for slot in 0..total {
            slots.columns[slots.column_of[slot] as usize].push(slot as u32);
        }
        for column in &mut slots.columns {
            column.sort_by_key(|s| slots.lane[*s as usize]);
        }
        slots
    }

    pub fn is_crossing(&self, slot: u32) -> bool {
        slot as usize >= self.units
    }

    /// Lays the edges through the columns.
    fn thread(&mut self, units: &Units, affordable: &[bool]) {
        for (e, &(_, a, b)) in units.edges.iter().enumerate() {
            let (from, to) = (units.of[a] as u32, units.of[b] as u32);
            let (first, last) = (self.column_of[from as usize] + 1, self.column_of[to as usize]);
            if first < last && !affordable[e] {
                self.ways[e] = Way::Below;
                continue;
            }
            let (mut end, mut before) = ((from, units.port[a]), None);
            for column in first..last {
                let slot = self.crossing(column, self.lane[to as usize], before);
                let weight = if before.is_some() { 8.0 } else { 2.0 };
                self.links.push(Link { from: end.0, to: slot, out: end.1, into: 0.0, weight });
                (end, before) = ((slot, 0.0), Some(slot));
            }
            if let Some(slot) = before {
                self.ways[e] = Way::Through(slot);
            }
            let weight = if before.is_some() { 2.0 } else { 1.0 };
            self.links.push(Link { from: end.0, to, out: end.1, into: units.port[b], weight });
        }
    }

    fn crossing(&mut self, column: u32, lane: u32, parent: Option<u32>) -> u32 {
        let slot = self.lane.len() as u32;
        self.lane.push(lane);
        self.column_of.push(column);
        self.parent.push(parent);
        slot
    }
}

/// Which edges may have a slot in each column they cross: the short ones first, until the work would grow out
/// of proportion to the graph.
fn affordable(units: &Units, ranks: &[u32]) -> Vec<bool> {
    let span = |&(_, a, b): &(usize, usize, usize)| ranks[units.of[b]] - ranks[units.of[a]] - 1;
    let spans: Vec<u32> = units.edges.iter().map(span).collect();
    let mut by_span: Vec<usize> = (0..spans.len()).filter(|e| spans[*e] > 0).collect();
    by_span.sort_by_key(|e| spans[*e]);
    let mut left = 2_000 + 4 * (units.list.len() + units.edges.len()) as u64;
    let mut affordable = vec![false; spans.len()];
    for e in by_span {
        match left.checked_sub(u64::from(spans[e])) {
            Some(rest) => (left, affordable[e]) = (rest, true),
            None => break,
        }
    }
    affordable
}
