//! The best of two orders, column by column: what is better on the left in one and on the right in the other is better in
//! both parts of what comes of them. Dynamic programming over the columns finds the best way from one to the other.

use super::count::Counter;
use super::net::Net;
use super::search::number;

/// The columns in an order, and how many crossings it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Order {
    pub crossings: u64,
    pub columns: Vec<Vec<u32>>,
}

/// Of each column the order of `a` or that of `b`, so that the fewest crossings are left: never more than either has.
pub(super) fn combine(net: &Net, a: &[Vec<u32>], b: &[Vec<u32>]) -> Order {
    let mut place = vec![0; a.iter().map(Vec::len).sum()];
    let mut counter = Counter::default();
    let mut least = [0, 0];
    // Per column and choice there: the choice in the column before it.
    let mut from = vec![[0, 0]; a.len()];
    for c in 1..a.len() {
        let mut gaps = [[0; 2]; 2];
        // Where both have a column in the same order, there is nothing to be counted twice.
        let same = (a[c - 1] == b[c - 1], a[c] == b[c]);
        for (l, left) in [&a[c - 1], &b[c - 1]].into_iter().enumerate() {
            if l == 1 && same.0 {
                gaps[1] = gaps[0];
                continue;
            }
            number(&mut place, left);
            gaps[l][0] = counter.gap(net, &place, left.len(), &a[c]);
            gaps[l][1] = if same.1 { gaps[l][0] } else { counter.gap(net, &place, left.len(), &b[c]) };
        }
        let over = |l: usize, r: usize| least[l] + gaps[l][r];
        from[c] = [0, 1].map(|r| usize::from(over(1, r) < over(0, r)));
        least = [over(from[c][0], 0), over(from[c][1], 1)];
    }
    let mut choice = usize::from(least[1] < least[0]);
    let crossings = least[choice];
    let mut columns = vec![Vec::new(); a.len()];
    for c in (0..a.len()).rev() {
        columns[c] = [a, b][choice][c].clone();
        choice = from[c][choice];
    }
    Order { crossings, columns }
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
        let crossings = |order: &[Vec<u32>]| combine(&net, order, order).crossings;
        assert_eq!((crossings(&left), crossings(&right)), (1, 1));
        let both = combine(&net, &left, &right);
        assert_eq!((both.crossings, crossings(&both.columns)), (0, 0));
    }
}
