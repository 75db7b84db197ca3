//! Order within the columns: few crossings, by weighted medians and swaps of neighbours. Lanes stay apart.

use super::slots::Slots;

/// Fewest and most sweeps; between them as many as keep their number times the slots near `EFFORT`.
const SWEEPS: (usize, usize) = (4, 24);
const EFFORT: usize = 12_000;
/// Up to this many slots each sweep is followed by swaps; above it only the best order is.
const FEW: usize = 500;

/// Sorts the columns of `slots`. The order of the file is where it starts and what decides between equals.
pub(super) fn arrange(slots: &mut Slots) {
    let mut work = Work::new(slots);
    let mut best = (work.crossings(slots), slots.columns.clone());
    let few = slots.lane.len() <= FEW;
    for sweep in 0..(EFFORT / slots.lane.len().max(1)).clamp(SWEEPS.0, SWEEPS.1) {
        if best.0 == 0 {
            break;
        }
        work.sweep(slots, sweep % 2 == 0);
        if few {
            work.transpose(slots, 4);
        }
        let crossings = work.crossings(slots);
        if crossings < best.0 {
            best = (crossings, slots.columns.clone());
        }
    }
    slots.columns = best.1;
    if best.0 > 0 && !few {
        slots.columns.iter().for_each(|column| work.number(column));
        work.transpose(slots, 1);
    }
}

struct Work {
    /// Per slot: its place in its column.
    place: Vec<u32>,
    scratch: Vec<u32>,
}

impl Work {
    fn new(slots: &Slots) -> Self {
        let mut work = Self { place: vec![0; slots.lane.len()], scratch: Vec::new() };
        slots.columns.iter().for_each(|column| work.number(column));
        work
    }

    fn number(&mut self, column: &[u32]) {
        for (i, slot) in column.iter().enumerate() {
            self.place[*slot as usize] = i as u32;
        }
    }

    fn sweep(&mut self, slots: &mut Slots, rightwards: bool) {
        let n = slots.columns.len();
        for i in 0..n {
            let c = if rightwards { i } else { n - 1 - i };
            let column = std::mem::take(&mut slots.columns[c]);
            let mut keyed: Vec<(u32, f32, u32)> = Vec::with_capacity(column.len());
            for (i, &slot) in column.iter().enumerate() {
                let key = self.median(slots, slot, rightwards).unwrap_or(i as f32);
                keyed.push((slots.lane[slot as usize], key, slot));
            }
            keyed.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
            let column: Vec<u32> = keyed.into_iter().map(|k| k.2).collect();
            self.number(&column);
            slots.columns[c] = column;
        }
    }

    /// The weighted median of the places of a slot's neighbours on one side; `None` where it has none there.
    fn median(&mut self, slots: &Slots, slot: u32, left: bool) -> Option<f32> {
        self.neighbours(slots, slot, left);
        let p = &self.scratch;
        let m = p.len() / 2;
        let at = |i: usize| p[i] as f32;
        match p.len() {
            0 => None,
            2 => Some(f32::midpoint(at(0), at(1))),
            n if n % 2 == 1 => Some(at(m)),
            n => {
                let (low, high) = (at(m - 1) - at(0), at(n - 1) - at(m));
                if low + high == 0.0 {
                    return Some(f32::midpoint(at(m - 1), at(m)));
                }
                Some((at(m - 1) * high + at(m) * low) / (low + high))
            }
        }
    }

    /// Puts the sorted places of a slot's neighbours on one side into `scratch`.
    fn neighbours(&mut self, slots: &Slots, slot: u32, left: bool) {
        self.scratch.clear();
        let links = if left { slots.arriving.row(slot as usize) } else { slots.leaving.row(slot as usize) };
        for link in links {
            let link = slots.links[*link as usize];
            let other = if left { link.from } else { link.to };
            self.scratch.push(self.place[other as usize]);
        }
        self.scratch.sort_unstable();
    }

    /// Swaps neighbours in a column while that undoes crossings.
    fn transpose(&mut self, slots: &mut Slots, passes: usize) {
        for _ in 0..passes {
            let mut better = false;
            for c in 0..slots.columns.len() {
                let mut column = std::mem::take(&mut slots.columns[c]);
                for i in 1..column.len() {
                    let (a, b) = (column[i - 1], column[i]);
                    if slots.lane[a as usize] == slots.lane[b as usize] && self.gain(slots, a, b) > 0 {
                        column.swap(i - 1, i);
                        self.place.swap(a as usize, b as usize);
                        better = true;
                    }
                }
                slots.columns[c] = column;
            }
            if !better {
                break;
            }
        }
    }

    /// How many crossings fall away when `a`, right above `b`, goes below it.
    fn gain(&mut self, slots: &Slots, a: u32, b: u32) -> i64 {
        let mut gain = 0;
        for left in [true, false] {
            self.neighbours(slots, a, left);
            let above = std::mem::take(&mut self.scratch);
            self.neighbours(slots, b, left);
            gain += inversions(&above, &self.scratch) - inversions(&self.scratch, &above);
        }
        gain
    }

    fn crossings(&mut self, slots: &Slots) -> u64 {
        slots.columns.windows(2).map(|pair| self.crossings_between(slots, pair[0].len(), &pair[1])).sum()
    }

    /// Crossings of the links that arrive in a column, counted with a Fenwick tree over the `places` before it.
    fn crossings_between(&mut self, slots: &Slots, places: usize, column: &[u32]) -> u64 {
        let mut tree = vec![0_u32; places + 1];
        let (mut seen, mut crossings) = (0, 0);
        for &slot in column {
            self.neighbours(slots, slot, true);
            crossings += self.scratch.iter().map(|p| seen - prefix(&tree, *p)).sum::<u64>();
            self.scratch.iter().for_each(|p| add(&mut tree, *p));
            seen += self.scratch.len() as u64;
        }
        crossings
    }
}

/// Pairs of an `a` and a `b`, both sorted, with `a > b`.
fn inversions(a: &[u32], b: &[u32]) -> i64 {
    let (mut below, mut count) = (0, 0);
    for x in a {
        while below < b.len() && b[below] < *x {
            below += 1;
        }
        count += below as i64;
    }
    count
}

/// How many of the counted places are at most `place`.
fn prefix(tree: &[u32], place: u32) -> u64 {
    let mut i = place as usize + 1;
    let mut sum = 0;
    while i > 0 {
        sum += u64::from(tree[i]);
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
