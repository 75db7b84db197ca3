//! The links as the search for a good order reads them.

use crate::layout::csr::Csr;
use crate::layout::slots::Slots;

/// Per slot its neighbours on both sides, with how many edges lead there.
pub(super) struct Net {
    left: Csr,
    right: Csr,
    ends: Vec<(u32, u32, u32)>,
}

impl Net {
    pub fn new(slots: &Slots) -> Self {
        let ends: Vec<(u32, u32, u32)> = slots.links.iter().map(|l| (l.from, l.to, l.edges)).collect();
        let n = slots.lane.len();
        let left = Csr::new(n, ends.iter().enumerate().map(|(i, e)| (e.1 as usize, i)));
        let right = Csr::new(n, ends.iter().enumerate().map(|(i, e)| (e.0 as usize, i)));
        Self { left, right, ends }
    }

    /// The neighbours of a slot on the left, with the number of edges.
    pub fn left(&self, slot: u32) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.left.row(slot as usize).iter().map(|l| (self.ends[*l as usize].0, self.ends[*l as usize].2))
    }

    /// The neighbours of a slot on the right, with the number of edges.
    pub fn right(&self, slot: u32) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.right.row(slot as usize).iter().map(|l| (self.ends[*l as usize].1, self.ends[*l as usize].2))
    }

    /// Whether a slot has a neighbour on one side.
    pub fn has(&self, slot: u32, left: bool) -> bool {
        let links = if left { &self.left } else { &self.right };
        !links.row(slot as usize).is_empty()
    }
}
