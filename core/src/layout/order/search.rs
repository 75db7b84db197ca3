//! From an order to a better one.

use std::sync::atomic::{AtomicBool, Ordering};

use super::net::Net;
use super::sift::Sifter;

/// Sweeps of a first order.
const FIRST: usize = 4;

/// Fewest and most sweeps of a full search; between them as many as keep their number times the slots near `EFFORT`.
const SWEEPS: (usize, usize) = (8, 24);
const EFFORT: usize = 120_000;

/// Most rounds of sifting, and how many slots all of them together may try, in slots times their column.
const ROUNDS: usize = 40;
const TRIALS: usize = 60_000_000;

/// How many turns of sweeping and sifting may follow, and how many slots they may try.
const MOST_TURNS: usize = 20;
const TURNS: usize = 250_000;

pub(super) struct Search<'a> {
    net: &'a Net,
    lanes: &'a [u32],
    columns: Vec<Vec<u32>>,
    /// Per slot: its place in its column.
    place: Vec<u32>,
    ends: Vec<(u32, u32)>,
    keyed: Vec<(u32, f32, u32)>,
    tree: Vec<u64>,
    stop: &'a AtomicBool,
}

impl<'a> Search<'a> {
    pub fn new(net: &'a Net, lanes: &'a [u32], columns: Vec<Vec<u32>>, stop: &'a AtomicBool) -> Self {
        let mut place = vec![0; lanes.len()];
        columns.iter().for_each(|column| number(&mut place, column));
        Self { net, lanes, columns, place, ends: Vec::new(), keyed: Vec::new(), tree: Vec::new(), stop }
    }

    /// A few sweeps.
    pub fn first(mut self) -> Vec<Vec<u32>> {
        self.sweeps(FIRST);
        self.columns
    }

    /// Sweeps and sifting by turns, as often as is worth it; with the crossings that are left.
    pub fn full(mut self) -> (u64, Vec<Vec<u32>>) {
        let sweeps = (EFFORT / self.lanes.len().max(1)).clamp(SWEEPS.0, SWEEPS.1);
        let left = self.sweeps(sweeps);
        let cost: usize = self.columns.iter().map(|c| c.len().pow(2)).sum();
        let left = self.settle(left, ROUNDS.min(TRIALS / cost.max(1)));
        let mut best = (left, self.columns.clone());
        let turns = (TURNS / cost.max(1)).min(MOST_TURNS);
        let mut idle = 0;
        for turn in 0..turns {
            if best.0 == 0 || idle > 8 || self.is_over() {
                break;
            }
            self.sweep(turn % 2 == 0, turn % 4 >= 2);
            let begun = self.crossings();
            let left = self.settle(begun, 6);
            idle += 1;
            if left < best.0 {
                idle = 0;
                best = (left, self.columns.clone());
            }
        }
        best
    }

    fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Sifts until little gets better; the crossings that are left.
    fn settle(&mut self, mut left: u64, rounds: usize) -> u64 {
        let mut sifter = Sifter::default();
        let mut idle = 0;
        for round in 0..rounds {
            let mut gained = 0;
            let n = self.columns.len();
            for i in 0..n {
                let c = if round % 2 == 0 { i } else { n - 1 - i };
                let column = &mut self.columns[c];
                let better = sifter.sift(self.net, &self.place, self.lanes, column, round % 4 >= 2);
                number(&mut self.place, column);
                gained += better;
            }
            left = left.saturating_sub(gained);
            // The last few cost as much as the first many.
            idle = if gained * 400 <= left { idle + 1 } else { 0 };
            if left == 0 || idle > 2 || self.is_over() {
                break;
            }
        }
        left
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
            let (sum, weight) =
                p.iter().fold((0.0, 0.0), |(s, w), (x, k)| (s + (x * k) as f32, w + *k as f32));
            return Some(sum / weight);
        }
        let m = p.len() / 2;
        let at = |i: usize| p[i].0 as f32;
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
            self.ends.extend(self.net.left(slot).map(|(s, w)| (place[s as usize], w)));
        } else {
            self.ends.extend(self.net.right(slot).map(|(s, w)| (place[s as usize], w)));
        }
        self.ends.sort_unstable();
    }

    /// All crossings between neighbouring columns, counted with an accumulator tree (Barth, Juenger and Mutzel,
    /// "Simple and Efficient Bilayer Cross Counting", 2002).
    fn crossings(&mut self) -> u64 {
        let mut crossings = 0;
        for c in 1..self.columns.len() {
            let places = self.columns[c - 1].len();
            self.tree.clear();
            self.tree.resize(places + 1, 0);
            let mut seen = 0;
            let column = std::mem::take(&mut self.columns[c]);
            for &slot in &column {
                self.neighbours(slot, true);
                for (place, edges) in &self.ends {
                    crossings += u64::from(*edges) * (seen - prefix(&self.tree, *place));
                }
                for (place, edges) in &self.ends {
                    add(&mut self.tree, *place, u64::from(*edges));
                    seen += u64::from(*edges);
                }
            }
            self.columns[c] = column;
        }
        crossings
    }
}

fn number(place: &mut [u32], column: &[u32]) {
    for (i, slot) in column.iter().enumerate() {
        place[*slot as usize] = i as u32;
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
