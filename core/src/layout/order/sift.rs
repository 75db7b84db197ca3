//! Sifting one column: each slot goes where it crosses least, the columns on both sides as they are.

use std::ops::Range;

use super::gains::{self, Gains, Scratch};
use super::net::Net;

/// Farther than so many places from where it is a slot is not tried.
const REACH: usize = 160;

/// Passes over a column until it is taken as it is.
const PASSES: usize = 4;

/// So many pairs of slots may be remembered, of all columns together.
const KEPT: usize = 1 << 18;

/// What sifting needs, kept from column to column.
pub(super) struct Sifter {
    /// Column by column and part by part; a single one for all where there would be too many pairs.
    parts: Vec<Vec<Part>>,
    keeps: bool,
    scratch: Scratch,
    merged: Merged,
    /// The part as it was.
    before: Vec<u32>,
}

/// One lane's part of a column.
#[derive(Default)]
struct Part {
    gains: Gains,
    /// For which states of the columns on both sides the gains hold.
    holds: Option<[u32; 2]>,
    /// Its slots by their numbers in the gains, and those numbers from top to bottom.
    slots: Vec<u32>,
    order: Vec<u32>,
}

/// What a column is sifted in.
pub(super) struct Around<'a> {
    pub net: &'a Net,
    /// Per slot: its place in its column.
    pub place: &'a [u32],
    pub lanes: &'a [u32],
    /// The states of the columns on both sides: what was worked out holds as long as they are the same.
    pub sides: [u32; 2],
}

/// What came of sifting a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sifted {
    /// How many crossings fewer there are.
    pub gained: u64,
    /// Whether anything stands elsewhere.
    pub changed: bool,
}

impl Sifter {
    /// For these columns.
    pub fn new(columns: &[Vec<u32>]) -> Self {
        let keeps = columns.iter().map(|c| c.len().pow(2)).sum::<usize>() <= KEPT;
        Self {
            parts: (0..if keeps { columns.len() } else { 1 }).map(|_| Vec::new()).collect(),
            keeps,
            scratch: Scratch::default(),
            merged: Merged::default(),
            before: Vec::new(),
        }
    }

    /// Columns have been changed elsewhere.
    pub fn forget(&mut self) {
        self.parts.iter_mut().flatten().for_each(|part| part.holds = None);
    }

    /// Sifts the column of this index. With `drift` what may as well stand elsewhere goes there: that leads out of orders
    /// in which no single move helps.
    pub fn sift(&mut self, around: &Around, index: usize, column: &mut [u32], drift: bool) -> Sifted {
        let mut sifted = Sifted { gained: 0, changed: false };
        // Lanes stay apart.
        let same = |a: &u32, b: &u32| around.lanes[*a as usize] == around.lanes[*b as usize];
        for (nth, slots) in column.chunk_by_mut(same).enumerate() {
            let at = if self.keeps { (index, nth) } else { (0, 0) };
            let parts = &mut self.parts[at.0];
            parts.resize_with(parts.len().max(at.1 + 1), Part::default);
            if slots.len() > 1 {
                sifted.gained += self.part(around, at, slots, drift);
                sifted.changed |= self.parts[at.0][at.1].order != self.before;
            }
        }
        sifted
    }

    /// Finds the order of one lane's part of a column.
    fn part(&mut self, around: &Around, at: (usize, usize), slots: &mut [u32], drift: bool) -> u64 {
        let part = &mut self.parts[at.0][at.1];
        let few = slots.len() <= gains::MOST;
        if !(few && self.keeps && part.holds == Some(around.sides)) {
            part.holds = Some(around.sides);
            slots.clone_into(&mut part.slots);
            part.order.clear();
            part.order.extend(0..slots.len() as u32);
            if few {
                part.gains.load(&mut self.scratch, around.net, around.place, slots);
            }
        }
        part.order.clone_into(&mut self.before);
        let gained = if few {
            let gains = &part.gains;
            passes(&mut part.order, &self.before, drift, |item| {
                let row = gains.of(item as usize);
                move |other| i64::from(row[other as usize])
            })
        } else {
            self.merged.load(around.net, around.place, slots);
            let merged = &self.merged;
            passes(&mut part.order, &self.before, drift, |item| move |other| merged.gain(item, other))
        };
        for (slot, number) in slots.iter_mut().zip(&part.order) {
            *slot = part.slots[*number as usize];
        }
        gained
    }
}

/// Moves every item, one after the other, where it crosses least, until nothing gets better. `gains` tells of an item
/// what is gained when it goes below another that it is above.
fn passes<G: Fn(u32) -> i64>(order: &mut [u32], items: &[u32], drift: bool, gains: impl Fn(u32) -> G) -> u64 {
    let mut gained = 0;
    for _ in 0..PASSES {
        let before = gained;
        for item in items {
            gained += settle(order, *item, drift, gains(*item));
        }
        if gained == before {
            break;
        }
    }
    gained
}

/// Moves one item where it crosses least.
fn settle(order: &mut [u32], item: u32, drift: bool, gain: impl Fn(u32) -> i64) -> u64 {
    let Some(at) = order.iter().position(|i| *i == item) else { return 0 };
    let (mut best, mut to) = (0_i64, at);
    let least = i64::from(!drift);
    let mut sum = 0;
    for i in (at.saturating_sub(REACH)..at).rev() {
        sum -= gain(order[i]);
        if sum >= best + least {
            (best, to) = (sum, i);
        }
    }
    sum = 0;
    for (i, other) in order.iter().enumerate().skip(at + 1).take(REACH) {
        sum += gain(*other);
        if sum >= best + least {
            (best, to) = (sum, i);
        }
    }
    if to < at {
        order.copy_within(to..at, to + 1);
    } else {
        order.copy_within(at + 1..=to, at);
    }
    order[to] = item;
    best.unsigned_abs()
}

/// The edges of a column that is too large for a table: each pair is worked out when it is asked for.
#[derive(Default)]
struct Merged {
    /// Places of the neighbours, sorted, per slot of the column and side.
    ends: Vec<u32>,
    spans: Vec<[Range<usize>; 2]>,
}

impl Merged {
    fn load(&mut self, net: &Net, place: &[u32], column: &[u32]) {
        self.ends.clear();
        self.spans.clear();
        for &slot in column {
            let start = self.ends.len();
            self.ends.extend(net.left(slot).iter().map(|s| place[*s as usize]));
            let middle = self.ends.len();
            self.ends.extend(net.right(slot).iter().map(|s| place[*s as usize]));
            let end = self.ends.len();
            self.ends[start..middle].sort_unstable();
            self.ends[middle..end].sort_unstable();
            self.spans.push([start..middle, middle..end]);
        }
    }

    /// How many crossings fall away when `a`, now above `b`, goes below it.
    fn gain(&self, a: u32, b: u32) -> i64 {
        let (a, b) = (&self.spans[a as usize], &self.spans[b as usize]);
        let side = |s: usize| gain(&self.ends[a[s].clone()], &self.ends[b[s].clone()]);
        side(0) + side(1)
    }
}

/// Crossings of `a` above `b` less those of `b` above `a`; both sorted.
fn gain(a: &[u32], b: &[u32]) -> i64 {
    let (Some(last_a), Some(last_b)) = (a.last(), b.last()) else { return 0 };
    let all = || (a.len() * b.len()) as i64;
    if *last_a < b[0] {
        return -all();
    }
    if *last_b < a[0] {
        return all();
    }
    let (mut less, mut not_more, mut gain) = (0, 0, 0);
    for x in a {
        while b.get(less).is_some_and(|y| y < x) {
            less += 1;
        }
        not_more = not_more.max(less);
        while b.get(not_more).is_some_and(|y| y == x) {
            not_more += 1;
        }
        gain += less as i64 - (b.len() - not_more) as i64;
    }
    gain
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn crossings(above: &[u32], below: &[u32]) -> i64 {
        let pairs = above.iter().flat_map(|a| below.iter().map(move |b| (a, b)));
        pairs.filter(|(a, b)| a > b).count() as i64
    }

    proptest! {
        #[test]
        fn the_gain_is_what_counting_says(
            mut a in proptest::collection::vec(0..9_u32, 0..12),
            mut b in proptest::collection::vec(0..9_u32, 0..12),
        ) {
            a.sort_unstable();
            b.sort_unstable();
            prop_assert_eq!(gain(&a, &b), crossings(&a, &b) - crossings(&b, &a));
        }
    }
}
