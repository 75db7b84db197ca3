//! The latest frames, for listeners that come back.

use std::collections::VecDeque;

use super::chunk::Chunk;

/// Most frames, and most bytes of them, that are kept.
const MOST: usize = 4096;
const MOST_BYTES: usize = 4 << 20;

/// The latest frames, without a gap.
#[derive(Debug, Default)]
pub(super) struct Ring {
    /// The entry before the first frame: who heard of it has missed nothing that is not here.
    since: u64,
    last: u64,
    frames: VecDeque<(u64, Chunk)>,
    bytes: usize,
}

impl Ring {
    /// An empty one that begins after this entry.
    pub fn after(seq: u64) -> Self {
        Self { since: seq, last: seq, ..Self::default() }
    }

    /// Adds a frame.
    pub fn push(&mut self, seq: u64, frame: Chunk) {
        self.last = seq;
        self.bytes += frame.len();
        self.frames.push_back((seq, frame));
        while self.frames.len() > MOST || self.bytes > MOST_BYTES {
            let Some((seq, frame)) = self.frames.pop_front() else { return };
            self.bytes -= frame.len();
            self.since = seq;
        }
    }

    /// The frames after an entry; `None` where older ones than these are needed, or the entry is not there yet.
    pub fn after_entry(&self, seq: u64) -> Option<Vec<Chunk>> {
        let known = (self.since..=self.last).contains(&seq);
        known.then(|| {
            let first = self.frames.partition_point(|(of, _)| *of <= seq);
            self.frames.iter().skip(first).map(|(_, frame)| frame.clone()).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(ring: &Ring, seq: u64) -> Option<String> {
        let all = ring.after_entry(seq)?;
        Some(all.iter().map(|f| String::from_utf8_lossy(f.events()).into_owned()).collect())
    }

    #[test]
    fn who_comes_back_gets_what_was_missed_or_is_told_to_look_elsewhere() {
        let mut ring = Ring::after(3);
        assert_eq!(texts(&ring, 3).as_deref(), Some(""));
        for (seq, text) in [(5, "a"), (6, "b"), (9, "c")] {
            ring.push(seq, Chunk::of(&[text.as_bytes()]));
        }
        assert_eq!(texts(&ring, 3).as_deref(), Some("abc"));
        assert_eq!(texts(&ring, 5).as_deref(), Some("bc"));
        assert_eq!(texts(&ring, 7).as_deref(), Some("c"));
        assert_eq!(texts(&ring, 9).as_deref(), Some(""));
        assert_eq!(texts(&ring, 2), None);
        assert_eq!(texts(&ring, 10), None);
    }

    #[test]
    fn the_oldest_go_first_and_are_known_to_be_gone() {
        let mut ring = Ring::after(0);
        for seq in 1..=(MOST as u64 + 10) {
            ring.push(seq, Chunk::of(&[b"x"]));
        }
        assert_eq!(texts(&ring, 9), None);
        assert_eq!(texts(&ring, 10).map(|t| t.len()), Some(MOST));
    }
}
