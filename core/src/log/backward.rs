//! Reading a file from its end, and finding an entry in it without reading it all.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};

use super::cursor::Position;
use super::entry::{Link, hash_of};
use super::files::{At, read_exact_at};
use crate::id::Digest;

const BLOCK: u64 = 32 << 10;

/// The lines of a file, last first. Bytes after the last newline are not given.
pub(super) struct Backward<'a> {
    file: &'a File,
    /// Bytes before this are still unread.
    start: u64,
    /// What is read and not yet given: it begins at `start`.
    held: Vec<u8>,
    /// Bytes at the front of `held` known to hold no newline are not searched twice.
    searched: usize,
}

/// One line with its newline, and where it ends.
pub(super) struct Found {
    pub(super) line: Vec<u8>,
    pub(super) end: u64,
}

impl<'a> Backward<'a> {
    pub(super) fn new(file: &'a File) -> io::Result<Self> {
        let start = file.metadata()?.len();
        let mut lines = Self { file, start, held: Vec::new(), searched: 0 };
        lines.drop_unended()?;
        Ok(lines)
    }

    pub(super) fn next(&mut self) -> io::Result<Option<Found>> {
        if self.held.is_empty() && !self.fill()? {
            return Ok(None);
        }
        loop {
            // The last byte is the line's own newline.
            let body = &self.held[..self.held.len() - 1];
            let from_end = body.len().saturating_sub(self.searched);
            if let Some(at) = body[..from_end].iter().rposition(|c| *c == b'\n') {
                return Ok(Some(self.give(at + 1)));
            }
            self.searched = body.len();
            if !self.fill()? {
                return Ok(Some(self.give(0)));
            }
        }
    }

    fn give(&mut self, at: usize) -> Found {
        let end = self.start + self.held.len() as u64;
        self.searched = 0;
        Found { line: self.held.split_off(at), end }
    }

    fn fill(&mut self) -> io::Result<bool> {
        let n = self.start.min(BLOCK);
        if n == 0 {
            return Ok(false);
        }
        self.start -= n;
        let mut block = vec![0; usize::try_from(n).unwrap_or(0)];
        read_exact_at(self.file, &mut block, self.start)?;
        block.append(&mut self.held);
        self.held = block;
        Ok(true)
    }

    fn drop_unended(&mut self) -> io::Result<()> {
        while self.fill()? {
            if let Some(at) = self.held.iter().rposition(|c| *c == b'\n') {
                self.held.truncate(at + 1);
                return Ok(());
            }
            self.held.clear();
        }
        Ok(())
    }
}

/// The position after the last whole entry of a file.
pub(super) fn last_entry(file: &File) -> io::Result<Option<Position>> {
    let mut lines = Backward::new(file)?;
    while let Some(found) = lines.next()? {
        if let Some(position) = position_of(&found.line, found.end) {
            return Ok(Some(position));
        }
    }
    Ok(None)
}

/// The position after the last entry of a file whose number is at most `seq`, by bisection: numbers only grow.
pub(super) fn find(file: &File, seq: u64) -> io::Result<Option<Position>> {
    let (mut low, mut high) = (0, file.metadata()?.len());
    let mut best = None;
    while low < high {
        let middle = low + (high - low) / 2;
        match entry_from(file, middle, high)? {
            Some(position) if position.seq <= seq => {
                low = position.offset;
                best = Some(position);
            }
            _ => high = middle,
        }
    }
    Ok(best)
}

/// The first entry whose line begins at or after `offset` and before `limit`.
fn entry_from(file: &File, offset: u64, limit: u64) -> io::Result<Option<Position>> {
    let from = offset.saturating_sub(1);
    let mut reader = BufReader::with_capacity(4096, At { file, offset: from });
    let mut line = Vec::new();
    let mut at = from;
    if offset > 0 {
        // To the end of the line that `offset` is in; none of it where a line begins just there.
        at += reader.read_until(b'\n', &mut line)? as u64;
    }
    while at < limit {
        line.clear();
        let n = reader.read_until(b'\n', &mut line)? as u64;
        if n == 0 || !line.ends_with(b"\n") {
            return Ok(None);
        }
        at += n;
        if let Some(position) = position_of(&line, at) {
            return Ok(Some(position));
        }
    }
    Ok(None)
}

fn position_of(line: &[u8], end: u64) -> Option<Position> {
    let seq = Link::parse(line)?.seq;
    Some(Position { seq, hash: Digest::from_text(hash_of(line)?), offset: end })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn lines_of(content: &[u8]) -> Vec<(Vec<u8>, u64)> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        let mut backward = Backward::new(&file).unwrap();
        std::iter::from_fn(|| backward.next().unwrap()).map(|f| (f.line, f.end)).collect()
    }

    proptest::proptest! {
        #[test]
        fn lines_come_as_a_forward_reader_has_them(
            lines in proptest::collection::vec("[a-z]{0,40}", 0..30),
            long in 0usize..3,
            rest in "[a-z]{0,5}",
        ) {
            let mut lines = lines;
            lines.push("x".repeat(long * 40_000));
            let mut expected = Vec::new();
            let mut end = 0;
            for line in &lines {
                end += line.len() as u64 + 1;
                expected.push((format!("{line}\n").into_bytes(), end));
            }
            expected.reverse();
            let content = lines.iter().map(|l| format!("{l}\n")).collect::<String>() + &rest;
            proptest::prop_assert_eq!(lines_of(content.as_bytes()), expected);
        }
    }

    #[test]
    fn a_file_without_a_newline_has_no_lines() {
        assert!(lines_of(b"").is_empty());
        assert!(lines_of(&[b'x'; 100_000]).is_empty());
    }
}
