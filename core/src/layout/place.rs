//! Heights: each slot as near as possible to its neighbours, in the order given, nothing touching.
//!
//! For one column that is a least-squares problem under an order, which pooling adjacent violators solves
//! exactly. Sweeps over the columns let the heights agree with each other.

use super::slots::Slots;
use super::units::Units;

/// Space between two units, a unit and a crossing, two crossings.
const SPACE: (f32, f32, f32) = (24.0, 16.0, 12.0);
/// The same where what was there stays: between two units that stand as near as they may, two edges find room.
const TIGHT: (f32, f32, f32) = (SPACE.0, 8.0, 6.0);
/// Space above and below the content of a lane, and more above where lanes have labels.
const LANE_PAD: f32 = 24.0;
const LANE_LABEL: f32 = 24.0;
/// Pull of a slot without neighbours towards where it is.
const INERTIA: f32 = 0.05;

/// Where everything is from top to bottom.
pub(super) struct Rows {
    /// Per slot: its upper side.
    pub y: Vec<f32>,
    /// Per lane: upper side and height of its band.
    pub bands: Vec<(f32, f32)>,
}

/// Finds the heights; whole numbers.
pub(super) fn rows(units: &Units, slots: &Slots) -> Rows {
    let mut work = Work { units, slots, space: SPACE, y: vec![0.0; slots.lane.len()], wishes: Vec::new() };
    work.stack();
    let rounds = if slots.lane.len() > 4_000 { 2 } else { 6 };
    for _ in 0..rounds {
        (0..slots.columns.len()).for_each(|c| work.settle(c, true, false));
        (0..slots.columns.len()).rev().for_each(|c| work.settle(c, false, true));
    }
    for _ in 0..rounds {
        (0..slots.columns.len()).for_each(|c| work.settle(c, true, true));
    }
    let bands = work.band();
    Rows { y: work.y, bands }
}

/// Heights where most are known: what was there stays, what is new gets near its neighbours. `bands` are those of the
/// lanes; a lane that needs more room moves those below it.
pub(super) fn kept(units: &Units, slots: &Slots, old: &[Option<f32>], bands: &[(f32, f32)]) -> Rows {
    let mut work = Work { units, slots, space: TIGHT, y: vec![0.0; slots.lane.len()], wishes: Vec::new() };
    let known = |slot: u32| old[slot as usize];
    let label = work.label();
    for slot in 0..old.len() as u32 {
        work.y[slot as usize] = known(slot).unwrap_or_default();
    }
    for c in 0..slots.columns.len() {
        if slots.columns[c].iter().all(|s| known(*s).is_some()) && work.is_apart(c) {
            continue;
        }
        let top = |lane: u32| bands[lane as usize].0 + LANE_PAD + label;
        work.pool(c, top, |work, slot| match known(slot) {
            Some(y) => (y, 1.0),
            None => (work.wish(slot, true, true).0, 1e-4),
        });
    }
    let bands = work.stretch(bands);
    Rows { y: work.y, bands }
}

struct Work<'a> {
    units: &'a Units,
    slots: &'a Slots,
    space: (f32, f32, f32),
    y: Vec<f32>,
    wishes: Vec<(f32, f32)>,
}

impl Work<'_> {
    fn height(&self, slot: u32) -> f32 {
        self.units.list.get(slot as usize).map_or(0.0, |u| u.h)
    }

    fn space(&self, above: u32, below: u32) -> f32 {
        match (self.slots.is_crossing(above), self.slots.is_crossing(below)) {
            (false, false) => self.space.0,
            (true, true) => self.space.2,
            _ => self.space.1,
        }
    }

    /// The parts of a column that lie in one lane, with the offsets of their slots when packed from 0.
    fn stack(&mut self) {
        for c in 0..self.slots.columns.len() {
            for part in parts(self.slots, c) {
                let mut y = 0.0;
                for (i, &slot) in part.iter().enumerate() {
                    y += if i > 0 { self.space(part[i - 1], slot) } else { 0.0 };
                    self.y[slot as usize] = y;
                    y += self.height(slot);
                }
            }
        }
    }

    fn settle(&mut self, c: usize, from_left: bool, from_right: bool) {
        self.pool(c, |_| f32::MIN, |work, slot| work.wish(slot, from_left, from_right));
    }

    /// Whether nothing in a column touches.
    fn is_apart(&self, c: usize) -> bool {
        parts(self.slots, c).all(|part| {
            part.windows(2).all(|p| {
                let below = self.y[p[0] as usize] + self.height(p[0]) + self.space(p[0], p[1]);
                below <= self.y[p[1] as usize]
            })
        })
    }

    /// The heights of a column that are nearest to what is wished, none above `top` of its lane.
    fn pool(
        &mut self,
        c: usize,
        top: impl Fn(u32) -> f32,
        mut wish_of: impl FnMut(&mut Self, u32) -> (f32, f32),
    ) {
        let slots = self.slots;
        for part in parts(slots, c) {
            let mut blocks: Vec<Block> = Vec::with_capacity(part.len());
            let mut offset = 0.0;
            for (i, &slot) in part.iter().enumerate() {
                if i > 0 {
                    offset += self.height(part[i - 1]) + self.space(part[i - 1], slot);
                }
                let (wish, weight) = wish_of(self, slot);
                push(&mut blocks, Block { sum: (wish - offset) * weight, weight, count: 1 });
            }
            let mut offset = 0.0;
            let top = top(slots.lane[part[0] as usize]);
            let goal = |b: &Block| (b.sum / b.weight).round().max(top);
            let goals = blocks.iter().flat_map(|b| std::iter::repeat_n(goal(b), b.count));
            for (i, (&slot, goal)) in part.iter().zip(goals).enumerate() {
                if i > 0 {
                    offset += self.height(part[i - 1]) + self.space(part[i - 1], slot);
                }
                self.y[slot as usize] = goal + offset;
            }
        }
    }

    /// Where a slot would like to be: the weighted median of what makes its links straight.
    fn wish(&mut self, slot: u32, from_left: bool, from_right: bool) -> (f32, f32) {
        let (slots, lane) = (self.slots, self.slots.lane[slot as usize]);
        self.wishes.clear();
        if from_left {
            for link in slots.arriving.row(slot as usize).iter().map(|l| &slots.links[*l as usize]) {
                if slots.lane[link.from as usize] == lane {
                    self.wishes.push((self.y[link.from as usize] + link.out - link.into, link.weight));
                }
            }
        }
        if from_right {
            for link in slots.leaving.row(slot as usize).iter().map(|l| &slots.links[*l as usize]) {
                if slots.lane[link.to as usize] == lane {
                    self.wishes.push((self.y[link.to as usize] + link.into - link.out, link.weight));
                }
            }
        }
        if self.wishes.is_empty() {
            return (self.y[slot as usize], INERTIA);
        }
        median(&mut self.wishes)
    }

    /// Keeps the bands, but gives each the room it needs now.
    fn stretch(&mut self, old: &[(f32, f32)]) -> Vec<(f32, f32)> {
        let extent = self.extents();
        let label = self.label();
        let mut bands = Vec::with_capacity(old.len());
        let mut moved = Vec::with_capacity(old.len());
        let mut top = 0.0;
        for ((low, high), (was, height)) in extent.iter().zip(old) {
            let above = (was + LANE_PAD + label - low).max(0.0);
            let by = top - was + above;
            let height = height.max(high - was + LANE_PAD + above);
            bands.push((top, height));
            moved.push(by);
            top += height;
        }
        for slot in 0..self.y.len() {
            self.y[slot] += moved[self.slots.lane[slot] as usize];
        }
        bands
    }

    fn label(&self) -> f32 {
        if self.units.lanes.iter().any(Option::is_some) { LANE_LABEL } else { 0.0 }
    }

    /// Per lane: the highest and the lowest of what stands in it.
    fn extents(&self) -> Vec<(f32, f32)> {
        let mut extent = vec![(f32::MAX, f32::MIN); self.units.lanes.len()];
        for slot in 0..self.y.len() {
            let (low, high) = &mut extent[self.slots.lane[slot] as usize];
            *low = low.min(self.y[slot]);
            *high = high.max(self.y[slot] + self.height(slot as u32));
        }
        extent
    }

    /// Puts the lanes below each other and makes the heights absolute.
    fn band(&mut self) -> Vec<(f32, f32)> {
        let extent = self.extents();
        let label = self.label();
        let mut bands = Vec::with_capacity(extent.len());
        let mut top = 0.0;
        for (low, high) in &extent {
            let height = (high - low).max(0.0) + 2.0 * LANE_PAD + label;
            bands.push((top, height));
            top += height;
        }
        for slot in 0..self.y.len() {
            let lane = self.slots.lane[slot] as usize;
            self.y[slot] += bands[lane].0 + LANE_PAD + label - extent[lane].0;
        }
        bands
    }
}

/// The parts of a column, one a lane.
fn parts(slots: &Slots, c: usize) -> impl Iterator<Item = &[u32]> {
    slots.columns[c].chunk_by(|a, b| slots.lane[*a as usize] == slots.lane[*b as usize])
}

/// Slots that lie packed, with the weighted sum of where they would have the first of them.
struct Block {
    sum: f32,
    weight: f32,
    count: usize,
}

/// Adds a block; while it would lie above the one before, the two become one.
fn push(blocks: &mut Vec<Block>, mut block: Block) {
    while let Some(last) = blocks.pop_if(|last| last.sum / last.weight >= block.sum / block.weight) {
        block.sum += last.sum;
        block.weight += last.weight;
        block.count += last.count;
    }
    blocks.push(block);
}

/// The weighted median and the whole weight; between two middles their mean.
fn median(wishes: &mut [(f32, f32)]) -> (f32, f32) {
    wishes.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let total: f32 = wishes.iter().map(|w| w.1).sum();
    let mut below = 0.0;
    for (i, (y, weight)) in wishes.iter().enumerate() {
        below += weight;
        if below * 2.0 > total {
            return (*y, total);
        }
        if below * 2.0 == total {
            return (f32::midpoint(*y, wishes[i + 1].0), total);
        }
    }
    (wishes[wishes.len() - 1].0, total)
}
