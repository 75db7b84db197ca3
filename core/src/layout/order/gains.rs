//! How many crossings fall away when two neighbours of a column change places, for all pairs at once.

use super::net::Net;

/// A column of more slots than this is too large for a table of its pairs.
pub(super) const MOST: usize = 640;

/// The table of a lane's part of a column. It holds as long as the columns on both sides stay as they are, in whatever order
/// its own slots are brought.
///
/// For one slot, a row over the places of a neighbouring column says how many of its edges end above less how many end
/// below each place; another slot's entry is then a sum over its few edges, instead of a merge of both.
#[derive(Default)]
pub(super) struct Gains {
    size: usize,
    pairs: Vec<i32>,
}

/// What working a table out needs, kept from table to table.
#[derive(Default)]
pub(super) struct Scratch {
    ends: [Ends; 2],
    row: Vec<i32>,
}

/// Where the edges of the column end on one side, slot by slot.
#[derive(Default)]
struct Ends {
    first: Vec<u32>,
    at: Vec<u32>,
    /// Whose each is.
    of: Vec<u32>,
    places: usize,
}

impl Gains {
    /// Works the table of a column out; `place` says where each slot stands in its own column.
    pub fn load(&mut self, scratch: &mut Scratch, net: &Net, place: &[u32], column: &[u32]) {
        let n = column.len();
        self.size = n;
        self.pairs.clear();
        self.pairs.resize(n * n, 0);
        scratch.ends[0].load(column, place, |slot| net.left(slot));
        scratch.ends[1].load(column, place, |slot| net.right(slot));
        for side in 0..2 {
            for item in 0..n {
                self.add(scratch, side, item);
            }
        }
        for a in 0..n {
            for b in a + 1..n {
                self.pairs[b * n + a] = -self.pairs[a * n + b];
            }
        }
    }

    /// What is gained by each other slot that an item, now above it, goes below; by the slots' numbers in the part as it
    /// was loaded.
    pub fn of(&self, item: usize) -> &[i32] {
        &self.pairs[item * self.size..(item + 1) * self.size]
    }

    /// Adds what one side says of the pairs of an item and those after it.
    fn add(&mut self, scratch: &mut Scratch, side: usize, item: usize) {
        let Scratch { ends, row } = scratch;
        let ends = &ends[side];
        let others = ends.first[item + 1] as usize..;
        let others = ends.of[others.clone()].iter().zip(&ends.at[others]);
        let pairs = &mut self.pairs[item * self.size..(item + 1) * self.size];
        let above = |own: u32, end: u32| i32::from(own > end) - i32::from(own < end);
        match ends.of_item(item) {
            [] => {}
            // Most have one or two.
            [own] => others.for_each(|(of, end)| pairs[*of as usize] += above(*own, *end)),
            [one, two] => others.for_each(|(of, end)| {
                pairs[*of as usize] += above(*one, *end) + above(*two, *end);
            }),
            own => {
                level(row, own, ends.places);
                others.for_each(|(of, end)| pairs[*of as usize] += row[*end as usize]);
            }
        }
    }
}

/// Per place: how many of these ends are below it less how many are above.
fn level(row: &mut Vec<i32>, ends: &[u32], places: usize) {
    row.clear();
    let mut level = ends.len() as i32;
    for end in ends {
        let end = *end as usize;
        row.resize(row.len().max(end), level);
        level -= 1;
        match row.get_mut(end) {
            Some(at) => *at -= 1,
            None => row.push(level),
        }
        level -= 1;
    }
    row.resize(places, level);
}

impl Ends {
    fn load<'n>(&mut self, column: &[u32], place: &[u32], ends: impl Fn(u32) -> &'n [u32]) {
        self.first.clear();
        self.at.clear();
        self.of.clear();
        for (item, slot) in column.iter().enumerate() {
            let start = self.at.len();
            self.first.push(start as u32);
            self.at.extend(ends(*slot).iter().map(|end| place[*end as usize]));
            self.of.resize(self.at.len(), item as u32);
            match &mut self.at[start..] {
                [] | [_] => {}
                [one, other] => (*one, *other) = ((*one).min(*other), (*one).max(*other)),
                more => more.sort_unstable(),
            }
        }
        self.first.push(self.at.len() as u32);
        self.places = self.at.iter().map(|end| *end as usize + 1).max().unwrap_or_default();
    }

    fn of_item(&self, item: usize) -> &[u32] {
        &self.at[self.first[item] as usize..self.first[item + 1] as usize]
    }
}
