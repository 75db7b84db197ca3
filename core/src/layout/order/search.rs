//! From an order to a better one.

use std::sync::atomic::{AtomicBool, Ordering};

use super::combine::Order;
use super::count::Counter;
use super::kick::kick;
use super::net::Net;
use super::sift::{Around, Sifted, Sifter};

/// Sweeps of a first order.
const FIRST: usize = 4;

/// Fewest and most sweeps of a full search; between them as many as keep their number times the slots near `EFFORT`.
const SWEEPS: (usize, usize) = (8, 24);
const EFFORT: usize = 120_000;

/// Most rounds of sifting, and how many slots all of them together may try, in slots times their column.
const ROUNDS: usize = 40;
const TRIALS: usize = 60_000_000;

/// How many turns of kicking and sifting may follow, and how many slots they may try, in slots times their column.
const MOST_TURNS: usize = 16;
const TURNS: usize = 4_000_000;
/// Rounds of sifting in a turn, and how many turns may be in vain.
const TURN_ROUNDS: usize = 6;
const IN_VAIN: usize = 12;

pub(super) struct Search<'a> {
    net: &'a Net,
    lanes: &'a [u32],
    columns: Vec<Vec<u32>>,
    /// Per slot: its place in its column.
    place: Vec<u32>,
    ends: Vec<u32>,
    keyed: Vec<(u32, f32, u32)>,
    counter: Counter,
    sifter: Sifter,
    stop: &'a AtomicBool,
}

impl<'a> Search<'a> {
    pub fn new(net: &'a Net, lanes: &'a [u32], columns: Vec<Vec<u32>>, stop: &'a AtomicBool) -> Self {
        let mut place = vec![0; lanes.len()];
        columns.iter().for_each(|column| number(&mut place, column));
        let sifter = Sifter::new(&columns);
        Self {
            net,
            lanes,
            columns,
            place,
            ends: Vec::new(),
            keyed: Vec::new(),
            counter: Counter::default(),
            sifter,
            stop,
        }
    }

    /// The order so far.
    pub fn columns(self) -> Vec<Vec<u32>> {
        self.columns
    }

    /// A few sweeps.
    pub fn first(mut self) -> Self {
        self.sweeps(FIRST);
        self
    }

    /// Sweeps, then sifts as long as it pays.
    pub fn settle(mut self) -> Self {
        let sweeps = (EFFORT / self.lanes.len().max(1)).clamp(SWEEPS.0, SWEEPS.1);
        let left = self.sweeps(sweeps);
        self.sift(left, ROUNDS.min(TRIALS / self.cost()));
        self
    }

    /// Kicks and sifts by turns, as often as is worth it. Of each turn what got better anywhere is kept.
    pub fn improve(mut self) -> Order {
        let mut best = Order::new(self.net, self.columns.clone());
        let mut idle = 0;
        for turn in 0..(TURNS / self.cost()).min(MOST_TURNS) {
            if best.crossings() == 0 || idle > IN_VAIN || self.is_over() {
                break;
            }
            kick(&mut self.columns, self.lanes, turn);
            self.columns.iter().for_each(|column| number(&mut self.place, column));
            self.sift(best.crossings(), TURN_ROUNDS);
            idle = if best.take(self.net, &self.columns) { 0 } else { idle + 1 };
            self.columns.clone_from(&best.columns);
        }
        best
    }

    /// How much it costs to try every slot at every place of its column.
    fn cost(&self) -> usize {
        self.columns.iter().map(|c| c.len().pow(2)).sum::<usize>().max(1)
    }

    fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Sifts until little gets better, measured by how many crossings there are about.
    fn sift(&mut self, mut left: u64, rounds: usize) {
        let mut idle = 0;
        self.sifter.forget();
        // Per column: how often it has changed, and what of it and its neighbours was known when it was sifted last.
        let n = self.columns.len();
        let mut changes = vec![0_u32; n];
        let mut known: Vec<Option<[u32; 3]>> = vec![None; n];
        for round in 0..rounds {
            let mut gained = 0;
            let drift = round % 4 >= 2;
            for i in 0..n {
                let c = if round % 2 == 0 { i } else { n - 1 - i };
                let around = |changes: &[u32]| {
                    let at = |c: usize| changes.get(c).copied().unwrap_or_default();
                    [at(c.wrapping_sub(1)), at(c), at(c + 1)]
                };
                if !drift && known[c] == Some(around(&changes)) {
                    continue;
                }
                let [left, _, right] = around(&changes);
                let sifted = self.sift_column(c, [left, right], drift);
                changes[c] += u32::from(sifted.changed);
                gained += sifted.gained;
                let settled = sifted.gained == 0 && !(drift && sifted.changed);
                known[c] = settled.then(|| around(&changes));
            }
            left = left.saturating_sub(gained);
            // The last few cost as much as the first many.
            idle = if gained * 400 <= left { idle + 1 } else { 0 };
            if idle > 2 || self.is_over() {
                break;
            }
        }
    }

    fn sift_column(&mut self, c: usize, sides: [u32; 2], drift: bool) -> Sifted {
        let column = &mut self.columns[c];
        let around = Around { net: self.net, place: &self.place, lanes: self.lanes, sides };
        let sifted = self.sifter.sift(&around, c, column, drift);
        if sifted.changed {
            number(&mut self.place, column);
        }
        sifted
    }

    /// Sweeps to and fro; keeps the best order and returns its crossings.
    fn sweeps(&mut self, most: usize) -> u64 {
        let mut best = (self.crossings(), self.columns.clone());
        let mut idle = 0;
        for sweep in 0..most {
            if best.0 == 0 || idle > 4 || self.is_over() {
                break;
            }
            self.sweep(sweep % 2 == 0, sweep % 4 >= 2);
            let crossings = self.crossings();
            idle += 1;
            if crossings < best.0 {
                idle = 0;
                best = (crossings, self.columns.clone());
            }
        }
        self.columns = best.1;
        self.columns.iter().for_each(|column| number(&mut self.place, column));
        best.0
    }

    fn sweep(&mut self, rightwards: bool, means: bool) {
        let n = self.columns.len();
        for i in 0..n {
            let c = if rightwards { i } else { n - 1 - i };
            let mut column = std::mem::take(&mut self.columns[c]);
            self.keyed.clear();
            for &slot in &column {
                if let Some(key) = self.key(slot, rightwards, means) {
                    self.keyed.push((self.lanes[slot as usize], key, slot));
                }
            }
            self.keyed.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
            // What nothing pulls stays where it is.
            let mut sorted = self.keyed.iter();
            for slot in &mut column {
                if self.net.has(*slot, rightwards)
                    && let Some(next) = sorted.next()
                {
                    *slot = next.2;
                }
            }
            number(&mut self.place, &column);
            self.columns[c] = column;
        }
    }

    /// Where the neighbours on one side would have a slot; `None` where it has none there.
    fn key(&mut self, slot: u32, left: bool, mean: bool) -> Option<f32> {
        self.neighbours(slot, left);
        let p = &self.ends;
        if mean && !p.is_empty() {
            return Some(p.iter().map(|x| *x as f32).sum::<f32>() / p.len() as f32);
        }
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

    /// Puts the sorted places of a slot's neighbours on one side into `ends`.
    fn neighbours(&mut self, slot: u32, left: bool) {
        self.ends.clear();
        let place = &self.place;
        if left {
            self.ends.extend(self.net.left(slot).iter().map(|s| place[*s as usize]));
        } else {
            self.ends.extend(self.net.right(slot).iter().map(|s| place[*s as usize]));
        }
        self.ends.sort_unstable();
    }

    /// How many crossings there are.
    pub fn crossings(&mut self) -> u64 {
        let gaps = self.columns.windows(2);
        gaps.map(|pair| self.counter.gap(self.net, &self.place, pair[0].len(), &pair[1])).sum()
    }
}

pub(super) fn number(place: &mut [u32], column: &[u32]) {
    for (i, slot) in column.iter().enumerate() {
        place[*slot as usize] = i as u32;
    }
}
