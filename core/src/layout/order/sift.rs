//! Sifting one column: each slot goes where it crosses least, the columns on both sides as they are.

use std::ops::Range;

use super::gains::{self, Gains};
use super::net::Net;

/// Farther than so many places from where it is a slot is not tried.
const REACH: usize = 160;

/// Passes over a column until it is taken as it is.
const PASSES: usize = 4;

/// What sifting a column needs, kept from column to column.
#[derive(Default)]
pub(super) struct Sifter {
    gains: Gains,
    merged: Merged,
    /// Where each of the column is now; their numbers in the column.
    order: Vec<u32>,
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
    /// Sifts a column. With `drift` what may as well stand elsewhere goes there: that leads out of orders in which no
    /// single move helps.
    pub fn sift(
        &mut self,
        net: &Net,
        place: &[u32],
        lanes: &[u32],
        column: &mut [u32],
        drift: bool,
    ) -> Sifted {
        let mut sifted = Sifted { gained: 0, changed: false };
        // Lanes stay apart.
        for part in column.chunk_by_mut(|a, b| lanes[*a as usize] == lanes[*b as usize]) {
            if part.len() > 1 {
                let gained = self.part(net, place, part, drift);
                let changed = self.order.iter().enumerate().any(|(i, item)| i as u32 != *item);
                if changed {
                    let sorted: Vec<u32> = self.order.iter().map(|i| part[*i as usize]).collect();
                    part.copy_from_slice(&sorted);
                }
                sifted.gained += gained;
                sifted.changed |= changed;
            }
        }
        sifted
    }

    /// Finds the order of one lane's part of a column.
    fn part(&mut self, net: &Net, place: &[u32], part: &[u32], drift: bool) -> u64 {
        self.order.clear();
        self.order.extend(0..part.len() as u32);
        let order = &mut self.order;
        if part.len() <= gains::MOST {
            self.gains.load(net, place, part);
            let gains = &self.gains;
            passes(order, drift, |item| {
                let row = gains.of(item as usize);
                move |other| i64::from(row[other as usize])
            })
        } else {
            self.merged.load(net, place, part);
            let merged = &self.merged;
            passes(order, drift, |item| move |other| merged.gain(item, other))
        }
    }
}

/// Moves every item where it crosses least, until nothing gets better. `gains` tells of an item what is gained when it goes
/// below another that it is above.
fn passes<G: Fn(u32) -> i64>(order: &mut [u32], drift: bool, gains: impl Fn(u32) -> G) -> u64 {
    let mut gained = 0;
    for _ in 0..PASSES {
        let before = gained;
        for item in 0..order.len() as u32 {
            gained += settle(order, item, drift, gains(item));
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
        order[to..=at].rotate_right(1);
    } else {
        order[at..=to].rotate_left(1);
    }
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
