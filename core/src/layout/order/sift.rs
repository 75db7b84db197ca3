//! Sifting one column: each slot goes where it crosses least, the columns on both sides as they are.

use std::ops::Range;

use super::net::Net;

/// Farther than so many places from where it is a slot is not tried.
const REACH: usize = 160;

/// Passes over a column until it is taken as it is.
const PASSES: usize = 4;

/// What sifting a column needs, kept from column to column.
#[derive(Default)]
pub(super) struct Sifter {
    /// Places of the neighbours with the numbers of edges, sorted, per slot of the column and side.
    ends: Vec<(u32, u32)>,
    spans: Vec<[Range<usize>; 2]>,
    /// Where each of the column is now; indices of `spans`.
    order: Vec<u32>,
}

impl Sifter {
    /// Sifts a column; by how many crossings it got better. With `drift` what may as well stand elsewhere goes there:
    /// that leads out of orders in which no single move helps.
    pub fn sift(&mut self, net: &Net, place: &[u32], lanes: &[u32], column: &mut [u32], drift: bool) -> u64 {
        self.load(net, place, column);
        let mut gained = 0;
        for _ in 0..PASSES {
            let before = gained;
            for item in 0..column.len() as u32 {
                gained += self.settle(item, drift, |a, b| {
                    lanes[column[a as usize] as usize] == lanes[column[b as usize] as usize]
                });
            }
            if gained == before {
                break;
            }
        }
        if gained > 0 || drift {
            let sorted: Vec<u32> = self.order.iter().map(|i| column[*i as usize]).collect();
            column.copy_from_slice(&sorted);
        }
        gained
    }

    fn load(&mut self, net: &Net, place: &[u32], column: &[u32]) {
        self.ends.clear();
        self.spans.clear();
        for &slot in column {
            let start = self.ends.len();
            self.ends.extend(net.left(slot).map(|(s, w)| (place[s as usize], w)));
            let middle = self.ends.len();
            self.ends.extend(net.right(slot).map(|(s, w)| (place[s as usize], w)));
            let end = self.ends.len();
            self.ends[start..middle].sort_unstable();
            self.ends[middle..end].sort_unstable();
            self.spans.push([start..middle, middle..end]);
        }
        self.order.clear();
        self.order.extend(0..column.len() as u32);
    }

    /// Moves one item where it crosses least.
    fn settle(&mut self, item: u32, drift: bool, together: impl Fn(u32, u32) -> bool) -> u64 {
        let Some(at) = self.order.iter().position(|i| *i == item) else { return 0 };
        let (mut best, mut to) = (0_i64, at);
        let least = i64::from(!drift);
        let mut sum = 0;
        for i in (at.saturating_sub(REACH)..at).rev() {
            let other = self.order[i];
            if !together(item, other) {
                break;
            }
            sum += self.gain(other, item);
            if sum >= best + least {
                (best, to) = (sum, i);
            }
        }
        sum = 0;
        for i in at + 1..(at + 1 + REACH).min(self.order.len()) {
            let other = self.order[i];
            if !together(item, other) {
                break;
            }
            sum += self.gain(item, other);
            if sum >= best + least {
                (best, to) = (sum, i);
            }
        }
        if to < at {
            self.order[to..=at].rotate_right(1);
        } else {
            self.order[at..=to].rotate_left(1);
        }
        best.unsigned_abs()
    }

    /// How many crossings fall away when `a`, now above `b`, goes below it.
    fn gain(&self, a: u32, b: u32) -> i64 {
        let (a, b) = (&self.spans[a as usize], &self.spans[b as usize]);
        let side = |s: usize| gain(&self.ends[a[s].clone()], &self.ends[b[s].clone()]);
        side(0) + side(1)
    }
}

/// Crossings of `a` above `b` less those of `b` above `a`; both sorted.
fn gain(a: &[(u32, u32)], b: &[(u32, u32)]) -> i64 {
    let (Some(last_a), Some(last_b)) = (a.last(), b.last()) else { return 0 };
    if last_a.0 <= b[0].0 || last_b.0 <= a[0].0 {
        let sum = |e: &[(u32, u32)]| e.iter().map(|e| i64::from(e.1)).sum::<i64>();
        if last_a.0 < b[0].0 {
            return -(sum(a) * sum(b));
        }
        if last_b.0 < a[0].0 {
            return sum(a) * sum(b);
        }
    }
    let (mut below, mut same) = (0, 0);
    let total: i64 = b.iter().map(|e| i64::from(e.1)).sum();
    let mut gain = 0;
    for (x, w) in a {
        while below < b.len() && b[below].0 < *x {
            below += 1;
        }
        same = same.max(below);
        while same < b.len() && b[same].0 == *x {
            same += 1;
        }
        let less: i64 = b[..below].iter().map(|e| i64::from(e.1)).sum();
        let equal: i64 = b[below..same].iter().map(|e| i64::from(e.1)).sum();
        gain += i64::from(*w) * (less - (total - less - equal));
    }
    gain
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn crossings(above: &[(u32, u32)], below: &[(u32, u32)]) -> i64 {
        let pairs = above.iter().flat_map(|a| below.iter().map(move |b| (a, b)));
        pairs.filter(|(a, b)| a.0 > b.0).map(|(a, b)| i64::from(a.1 * b.1)).sum()
    }

    proptest! {
        #[test]
        fn the_gain_is_what_counting_says(
            mut a in proptest::collection::vec((0..9_u32, 1..4_u32), 0..6),
            mut b in proptest::collection::vec((0..9_u32, 1..4_u32), 0..6),
        ) {
            a.sort_unstable();
            b.sort_unstable();
            prop_assert_eq!(gain(&a, &b), crossings(&a, &b) - crossings(&b, &a));
        }
    }
}
