//! Crossings between two columns, counted with an accumulator tree (Barth, Juenger and Mutzel, "Simple and Efficient
//! Bilayer Cross Counting", 2002).

use super::net::Net;

/// What counting needs, kept from gap to gap.
#[derive(Default)]
pub(super) struct Counter {
    ends: Vec<(u32, u32)>,
    tree: Vec<u64>,
}

impl Counter {
    /// The crossings of the edges from a column of so many slots, which `place` has the places of, to the one on its
    /// right.
    pub fn gap(&mut self, net: &Net, place: &[u32], slots: usize, right: &[u32]) -> u64 {
        self.tree.clear();
        self.tree.resize(slots + 1, 0);
        let (mut seen, mut crossings) = (0, 0);
        for &slot in right {
            self.ends.clear();
            self.ends.extend(net.left(slot).map(|(s, edges)| (place[s as usize], edges)));
            for (place, edges) in &self.ends {
                crossings += u64::from(*edges) * (seen - prefix(&self.tree, *place));
            }
            for (place, edges) in &self.ends {
                add(&mut self.tree, *place, u64::from(*edges));
                seen += u64::from(*edges);
            }
        }
        crossings
    }
}

/// How much is counted at places up to this one.
fn prefix(tree: &[u64], place: u32) -> u64 {
    let mut i = place as usize + 1;
    let mut sum = 0;
    while i > 0 {
        sum += tree[i];
        i &= i - 1;
    }
    sum
}

fn add(tree: &mut [u64], place: u32, count: u64) {
    let mut i = place as usize + 1;
    while let Some(counter) = tree.get_mut(i) {
        *counter += count;
        i += i & i.wrapping_neg();
    }
}
