//! How many crossings fall away when two neighbours of a column change places, for all pairs at once.

use super::net::Net;

/// A column of more slots than this is too large for a table of its pairs.
pub(super) const MOST: usize = 640;

/// The table, kept from column to column.
///
/// For one slot, a row over the places of a neighbouring column says how many of its edges end above less how many end
/// below each place; another slot's entry is then a sum over its few edges, instead of a merge of both.
#[derive(Default)]
pub(super) struct Gains {
    size: usize,
    pairs: Vec<i32>,
    ends: [Ends; 2],
    row: Vec<i32>,
}

/// Where the edges of the column end on one side, slot by slot.
#[derive(Default)]
struct Ends {
    first: Vec<u32>,
    at: Vec<u32>,
    places: usize,
}

impl Gains {
    /// Works the table of a column out; `place` says where each slot stands in its own column.
    pub fn load(&mut self, net: &Net, place: &[u32], column: &[u32]) {
        let n = column.len();
        self.size = n;
        self.pairs.clear();
        self.pairs.resize(n * n, 0);
        self.ends[0].load(column, place, |slot| net.left(slot));
        self.ends[1].load(column, place, |slot| net.right(slot));
        for side in 0..2 {
            for item in 0..n {
                self.add(side, item);
            }
        }
        for a in 0..n {
            for b in a + 1..n {
                self.pairs[b * n + a] = -self.pairs[a * n + b];
            }
        }
    }

    /// What is gained by each other slot that an item, now above it, goes below; by the slots' numbers in the column.
    pub fn of(&self, item: usize) -> &[i32] {
        &self.pairs[item * self.size..(item + 1) * self.size]
    }

    /// Adds what one side says of the pairs of an item and those after it.
    fn add(&mut self, side: usize, item: usize) {
        let ends = &self.ends[side];
        let own = ends.of(item);
        if own.is_empty() {
            return;
        }
        // Per place: edges of the item that end below it less those that end above.
        self.row.clear();
        let mut level = own.len() as i32;
        for end in own {
            let end = *end as usize;
            self.row.resize(self.row.len().max(end), level);
            level -= 1;
            match self.row.get_mut(end) {
                Some(at) => *at -= 1,
                None => self.row.push(level),
            }
            level -= 1;
        }
        self.row.resize(ends.places, level);
        let pairs = &mut self.pairs[item * self.size + item + 1..(item + 1) * self.size];
        for (pair, span) in pairs.iter_mut().zip(ends.first[item + 1..].windows(2)) {
            let others = &ends.at[span[0] as usize..span[1] as usize];
            *pair += others.iter().map(|end| self.row[*end as usize]).sum::<i32>();
        }
    }
}

impl Ends {
    fn load<'n>(&mut self, column: &[u32], place: &[u32], ends: impl Fn(u32) -> &'n [u32]) {
        self.first.clear();
        self.at.clear();
        for slot in column {
            let start = self.at.len();
            self.first.push(start as u32);
            self.at.extend(ends(*slot).iter().map(|end| place[*end as usize]));
            // Most have one or two.
            match &mut self.at[start..] {
                [] | [_] => {}
                [one, other] => (*one, *other) = ((*one).min(*other), (*one).max(*other)),
                more => more.sort_unstable(),
            }
        }
        self.first.push(self.at.len() as u32);
        self.places = self.at.iter().map(|end| *end as usize + 1).max().unwrap_or_default();
    }

    fn of(&self, item: usize) -> &[u32] {
        &self.at[self.first[item] as usize..self.first[item + 1] as usize]
    }
}
