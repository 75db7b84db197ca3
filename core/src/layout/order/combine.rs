//! The best of two orders, column by column: what is better on the left in one and on the right in the other is better in
//! both parts of what comes of them. Dynamic programming over the columns finds the best way from one to the other.

use super::count::Counter;
use super::net::Net;
use super::search::number;

/// The columns in an order, and how many crossings it has before each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Order {
    pub columns: Vec<Vec<u32>>,
    gaps: Vec<u64>,
}

impl Order {
    /// Counts the crossings of an order.
    pub fn new(net: &Net, columns: Vec<Vec<u32>>) -> Self {
        let mut place = vec![0; columns.iter().map(Vec::len).sum()];
        let mut counter = Counter::default();
        let mut gaps = vec![0; columns.len().min(1)];
        gaps.extend(columns.windows(2).map(|pair| {
            number(&mut place, &pair[0]);
            counter.gap(net, &place, pair[0].len(), &pair[1])
        }));
        Self { columns, gaps }
    }

    /// All crossings.
    pub fn crossings(&self) -> u64 {
        self.gaps.iter().sum()
    }

    /// Takes columns of another order over, so that the fewest crossings are left: never more than either has. Whether
    /// that are fewer than before.
    pub fn take(&mut self, net: &Net, other: &[Vec<u32>]) -> bool {
        let own = &self.columns;
        let mut place = vec![0; own.iter().map(Vec::len).sum()];
        let mut counter = Counter::default();
        // Per column: the crossings before it, by whose the one before and whose it itself is.
        let mut gaps = vec![[[0; 2]; 2]; own.len()];
        let mut least = [0, 0];
        // Per column and whose it is: whose the one before it is.
        let mut from = vec![[0, 0]; own.len()];
        let mut same = own.first() == other.first();
        for c in 1..own.len() {
            let before = std::mem::replace(&mut same, own[c] == other[c]);
            let mut count = |left: &[u32], right: &[u32]| {
                number(&mut place, left);
                counter.gap(net, &place, left.len(), right)
            };
            // Where both have a column in the same order, there is nothing to be counted twice.
            let known = self.gaps[c];
            gaps[c] = match (before, same) {
                (true, true) => [[known; 2]; 2],
                (true, false) => [[known, count(&other[c - 1], &other[c])]; 2],
                (false, true) => [[known; 2], [count(&other[c - 1], &other[c]); 2]],
                (false, false) => [
                    [known, count(&own[c - 1], &other[c])],
                    [count(&other[c - 1], &own[c]), count(&other[c - 1], &other[c])],
                ],
            };
            let over = |l: usize, r: usize| least[l] + gaps[c][l][r];
            from[c] = [0, 1].map(|r| usize::from(over(1, r) < over(0, r)));
            least = [over(from[c][0], 0), over(from[c][1], 1)];
        }
        let fewer = least[0].min(least[1]) < self.crossings();
        let mut whose = usize::from(least[1] < least[0]);
        for c in (0..other.len()).rev() {
            let before = from[c][whose];
            if whose == 1 {
                self.columns[c].clone_from(&other[c]);
            }
            self.gaps[c] = gaps[c][before][whose];
            whose = before;
        }
        fewer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::slots::Slots;
    use crate::layout::{Effort, Request, rank, units::Units};
    use std::sync::atomic::AtomicBool;

    #[test]
    fn the_best_parts_of_two_orders_come_together() {
        // Two knots, one after the other; each order unties one of them.
        let text = "a; b; c: a; d: b; e: c d; f: e; g: e; h: f; i: g";
        let request = Request::of(&crate::dag::testing::sequence(text));
        let units = Units::new(&request);
        let ranks = rank::ranks(&units, Effort::Full, &AtomicBool::new(false));
        let slots = Slots::new(&units, &ranks);
        let net = Net::new(&slots);
        let straight = slots.columns.clone();
        let flipped = |columns: std::ops::Range<usize>| {
            let mut order = straight.clone();
            order[columns].iter_mut().for_each(|c| c.reverse());
            order
        };
        let (left, right) = (flipped(0..1), flipped(4..5));
        let counted = |order: &[Vec<u32>]| Order::new(&net, order.to_vec());
        let crossings = |order: &[Vec<u32>]| counted(order).crossings();
        assert_eq!((crossings(&left), crossings(&right)), (1, 1));
        let mut both = counted(&left);
        assert!(both.take(&net, &right));
        assert_eq!((both.crossings(), crossings(&both.columns)), (0, 0));
    }
}
