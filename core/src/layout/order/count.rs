//! Crossings between two columns, counted with an accumulator tree (Barth, Juenger and Mutzel, "Simple and Efficient
//! Bilayer Cross Counting", 2002).

use super::net::Net;

/// What counting needs, kept from gap to gap.
#[derive(Default)]
pub(super) struct Counter {
    tree: Vec<u32>,
}

impl Counter {
    /// The crossings of the edges from a column of so many slots, which `place` has the places of, to the one on its
    /// right.
    pub fn gap(&mut self, net: &Net, place: &[u32], slots: usize, right: &[u32]) -> u64 {
        self.tree.clear();
        self.tree.resize(slots + 1, 0);
        let (mut seen, mut crossings) = (0, 0_u64);
        for &slot in right {
            let ends = net.left(slot);
            for end in ends {
                crossings += u64::from(seen - prefix(&self.tree, place[*end as usize]));
            }
            for end in ends {
                add(&mut self.tree, place[*end as usize]);
            }
            seen += ends.len() as u32;
        }
        crossings
    }
}

/// How much is counted at places up to this one.
fn prefix(tree: &[u32], place: u32) -> u32 {
    let mut i = place as usize + 1;
    let mut sum = 0;
    while i > 0 {
        sum += tree[i];
        i &= i - 1;
    }
    sum
}

fn add(tree: &mut [u32], place: u32) {
    let mut i = place as usize + 1;
    while let Some(counter) = tree.get_mut(i) {
        *counter += 1;
        i += i & i.wrapping_neg();
    }
}
