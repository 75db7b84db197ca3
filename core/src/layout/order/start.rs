//! An order to begin with, beside that of the file.

use std::collections::VecDeque;

use super::net::Net;

/// Every column in the order in which a walk along the links, the nearest first, comes by.
pub(super) fn walked(net: &Net, lanes: &[u32], file: &[Vec<u32>]) -> Vec<Vec<u32>> {
    let met = walk(net, file);
    let mut columns = file.to_vec();
    columns.iter_mut().for_each(|c| c.sort_by_key(|s| (lanes[*s as usize], met[*s as usize])));
    columns
}

/// Per slot when a walk along the links comes by.
fn walk(net: &Net, file: &[Vec<u32>]) -> Vec<u32> {
    let mut met = vec![u32::MAX; file.iter().map(Vec::len).sum()];
    let mut count = 0;
    let mut todo = VecDeque::new();
    for root in file.iter().flatten() {
        todo.push_back(*root);
        while let Some(slot) = todo.pop_front() {
            if met[slot as usize] == u32::MAX {
                met[slot as usize] = count;
                count += 1;
                todo.extend(net.left(slot).iter().chain(net.right(slot)));
            }
        }
    }
    met
}
