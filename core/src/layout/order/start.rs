//! Orders to begin with.

use std::collections::VecDeque;

use super::kick::scatter;
use super::net::Net;

/// The order number `i`: the file's; as the nearest come by; as a walk as far as it leads comes by; those three from
/// below; then shuffled ones, the same in each run.
pub(super) fn order(i: usize, net: &Net, lanes: &[u32], file: &[Vec<u32>]) -> Vec<Vec<u32>> {
    let keys: Vec<u32> = match i {
        0 => return file.to_vec(),
        1 => walk(net, file, VecDeque::pop_front),
        2 => walk(net, file, VecDeque::pop_back),
        3 => file.iter().flat_map(|c| c.iter().enumerate()).fold(
            vec![0; lanes.len()],
            |mut keys, (at, slot)| {
                keys[*slot as usize] = u32::MAX - at as u32;
                keys
            },
        ),
        4 => walk(net, file, VecDeque::pop_front).into_iter().map(|k| u32::MAX - k).collect(),
        5 => walk(net, file, VecDeque::pop_back).into_iter().map(|k| u32::MAX - k).collect(),
        _ => (0..lanes.len() as u64).map(|slot| scatter(slot + ((i as u64) << 32)) as u32).collect(),
    };
    let mut columns = file.to_vec();
    columns.iter_mut().for_each(|c| c.sort_by_key(|s| (lanes[*s as usize], keys[*s as usize])));
    columns
}

/// Per slot when a walk along the links comes by.
fn walk(net: &Net, file: &[Vec<u32>], next: fn(&mut VecDeque<u32>) -> Option<u32>) -> Vec<u32> {
    let mut met = vec![u32::MAX; file.iter().map(Vec::len).sum()];
    let mut count = 0;
    let mut todo = VecDeque::new();
    for root in file.iter().flatten() {
        todo.push_back(*root);
        while let Some(slot) = next(&mut todo) {
            if met[slot as usize] == u32::MAX {
                met[slot as usize] = count;
                count += 1;
                todo.extend(net.left(slot).iter().chain(net.right(slot)));
            }
        }
    }
    met
}
