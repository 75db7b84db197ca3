//! Order within the columns: few crossings. Lanes stay apart.
//!
//! Sweeps of weighted medians bring what belongs together near each other; then each slot is tried at every place of
//! its column (sifting), with the columns on both sides as they are, until nothing gets better. Then the order is kicked and
//! sifted again, turn by turn, and of each turn what got better anywhere is kept. Two threads do so from a start each.

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
use net::Net;
use search::Search;

use crate::join::join;

/// Sorts the columns of `slots`. The order of the file is where it starts and what decides between equals.
pub(super) fn arrange(slots: &mut Slots, effort: Effort, stop: &AtomicBool) {
    let net = Net::new(slots);
    let file = std::mem::take(&mut slots.columns);
    slots.columns = match effort {
        Effort::First => Search::new(&net, &slots.lane, file, stop).first().columns(),
        Effort::Full => best(&net, &slots.lane, &file, stop),
    };
}

/// The best of two starts, each in a thread of its own.
fn best(net: &Net, lanes: &[u32], file: &[Vec<u32>], stop: &AtomicBool) -> Vec<Vec<u32>> {
    let mut as_in_file = Search::new(net, lanes, file.to_vec(), stop);
    // Many plans are as good as can be as they are: a thread would only be waited for.
    if as_in_file.crossings() == 0 {
        return as_in_file.columns();
    }
    let walked = || Search::new(net, lanes, start::walked(net, lanes, file), stop).settle().improve();
    let (walked, mut best) = join(true, walked, || as_in_file.settle().improve());
    best.take(net, &walked.columns);
    best.columns
}
