//! The links as the search for a good order reads them.

use crate::layout::csr::Csr;
use crate::layout::slots::Slots;

/// Per slot its neighbours on both sides, each as often as an edge leads there.
pub(super) struct Net {
    left: Csr,
    right: Csr,
}

impl Net {
    pub fn new(slots: &Slots) -> Self {
        let n = slots.lane.len();
        let ends = || slots.links.iter().map(|l| (l.from as usize, l.to as usize));
        Self { left: Csr::new(n, ends().map(|(from, to)| (to, from))), right: Csr::new(n, ends()) }
    }

    /// The neighbours of a slot on the left.
    pub fn left(&self, slot: u32) -> &[u32] {
        self.left.row(slot as usize)
    }

    /// The neighbours of a slot on the right.
    pub fn right(&self, slot: u32) -> &[u32] {
        self.right.row(slot as usize)
    }

    /// Whether a slot has a neighbour on one side.
    pub fn has(&self, slot: u32, left: bool) -> bool {
        !if left { self.left(slot) } else { self.right(slot) }.is_empty()
    }
}
