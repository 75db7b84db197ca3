//! Order within the columns: few crossings. Lanes stay apart.
//!
//! Sweeps of weighted medians bring what belongs together near each other; then each slot is tried at every place of
//! its column (sifting), with the columns on both sides as they are, until nothing gets better. Then the order is kicked and
//! sifted again, turn by turn, and of each turn what got better anywhere is kept. Two threads share several starts.

mod combine;
mod count;
mod gains;
mod kick;
mod net;
mod search;
mod sift;
mod start;

use std::sync::atomic::AtomicBool;

use super::Effort;
use super::slots::Slots;
use combine::combine;
use net::Net;
use search::Search;

/// A graph of up to so many slots has the most starts; each doubling halves them, down to one for each thread.
const SMALL: usize = 100;
const STARTS: usize = 6;

/// Sorts the columns of `slots`. The order of the file is where it starts and what decides between equals.
pub(super) fn arrange(slots: &mut Slots, effort: Effort, stop: &AtomicBool) {
    let net = Net::new(slots);
    let file = std::mem::take(&mut slots.columns);
    slots.columns = match effort {
        Effort::First => Search::new(&net, &slots.lane, file, stop).first(),
        Effort::Full => best(&net, &slots.lane, &file, stop),
    };
}

/// The best of several starts, which two threads share.
fn best(net: &Net, lanes: &[u32], file: &[Vec<u32>], stop: &AtomicBool) -> Vec<Vec<u32>> {
    let starts = (STARTS * SMALL / lanes.len().max(1)).clamp(2, STARTS);
    let share = |odd: usize| {
        let mine = (0..starts).filter(|i| i % 2 == odd);
        let settled = mine.map(|i| {
            let mut search = Search::new(net, lanes, start::order(i, net, lanes, file), stop);
            (search.settle(), search)
        });
        // The first of equals.
        settled.min_by_key(|(crossings, _)| *crossings).map(|(_, search)| search.improve())
    };
    let (one, other) = std::thread::scope(|scope| {
        let other = scope.spawn(|| share(1));
        (share(0), other.join().ok().flatten())
    });
    match (one, other) {
        (Some(one), Some(other)) => combine(net, &one.columns, &other.columns).columns,
        (one, other) => one.or(other).map_or_else(|| file.to_vec(), |order| order.columns),
    }
}
