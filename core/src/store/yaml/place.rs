//! Lines and columns of a text as splicing needs them, and a set of edits of it.

use std::ops::Range;

use super::node::{Ref, Tree};

/// Replacements of parts of a text, applied in one pass.
#[derive(Debug, Default)]
pub struct Edits {
    list: Vec<(Range<usize>, String)>,
}

impl Edits {
    /// Replaces a part of the text. Insertions at one place keep the order in which they are given.
    pub fn replace(&mut self, range: Range<usize>, with: impl Into<String>) {
        self.list.push((range, with.into()));
    }

    /// The text with all edits; `None` where two of them overlap.
    pub fn apply(self, text: &str) -> Option<String> {
        self.apply_within(text, 0..text.len())
    }

    /// A part of the text with all edits, which must lie in that part.
    pub fn apply_within(mut self, text: &str, part: Range<usize>) -> Option<String> {
        self.list.sort_by_key(|(range, _)| (range.start, range.end));
        let added: usize = self.list.iter().map(|(_, with)| with.len()).sum();
        let mut out = String::with_capacity(part.len() + added);
        let mut at = part.start;
        for (range, with) in &self.list {
            out.push_str(text.get(at..range.start)?);
            out.push_str(with);
            at = range.end;
        }
        out.push_str(text.get(at..part.end)?);
        Some(out)
    }
}

/// First byte of the line that a byte lies in.
pub fn line_start(text: &str, at: usize) -> usize {
    let before = &text.as_bytes()[..at];
    before.iter().rposition(|b| *b == b'\n').map_or(0, |newline| newline + 1)
}

/// The byte after the line that a byte lies in, its line end included.
pub fn line_end(text: &str, at: usize) -> usize {
    let after = &text.as_bytes()[at..];
    after.iter().position(|b| *b == b'\n').map_or(text.len(), |newline| at + newline + 1)
}

/// Column of a byte, from 0, where only spaces and signs of one byte stand before it.
pub fn column(text: &str, at: usize) -> usize {
    let before = &text[line_start(text, at)..at];
    before.strip_prefix(super::node::BOM).unwrap_or(before).len()
}

/// Whether nothing but spaces stands before a byte in its line.
pub fn leads_line(text: &str, at: usize) -> bool {
    let before = &text[line_start(text, at)..at];
    before.strip_prefix(super::node::BOM).unwrap_or(before).bytes().all(|b| b == b' ')
}

/// The line end of a text: of its first line, `\n` where there is none.
pub fn eol(text: &str) -> &'static str {
    match text.find('\n') {
        Some(at) if text[..at].ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// End of the line that a byte lies in, before its line end.
pub fn content_end(text: &str, at: usize) -> usize {
    let line = &text[at..line_end(text, at)];
    at + line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line)).len()
}

/// The whole lines from `start` to `end`.
pub fn lines(text: &str, start: usize, end: usize) -> Range<usize> {
    line_start(text, start)..line_end(text, end)
}

/// Joins ranges of whole lines that touch, and keeps the end of the text as it was.
pub fn joined(text: &str, ranges: impl IntoIterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    ranges.into_iter().for_each(|range| join(&mut out, 0, range));
    end_as_before(text, &mut out);
    out
}

/// Adds whole lines to the ranges from an index on: to the last one where they touch it.
pub fn join(ranges: &mut Vec<Range<usize>>, from: usize, range: Range<usize>) {
    match ranges[from..].last_mut() {
        Some(last) if last.end >= range.start => last.end = last.end.max(range.end),
        _ => ranges.push(range),
    }
}

/// At the end of a text that has no last line end, the line end before the last lines goes with them, so that the text
/// keeps ending without one.
pub fn end_as_before(text: &str, ranges: &mut [Range<usize>]) {
    if let Some(last) = ranges.last_mut()
        && last.end == text.len()
        && !text.ends_with('\n')
        && last.start > 0
    {
        last.start = content_end(text, line_start(text, last.start - 1));
    }
}

/// Writes lines below the line that a byte lies in.
pub fn insert_below(text: &str, at: usize, body: &str, edits: &mut Edits) {
    let at = content_end(text, at);
    edits.replace(at..at, format!("{}{body}", eol(text)));
}

/// Rank of a key in the order in which keys are written; keys of one's own come last.
pub fn rank(order: &[&str], key: &str) -> usize {
    order.iter().position(|known| *known == key).unwrap_or(order.len())
}

/// The entry of a mapping below which a new key belongs: the last one that comes before it in the usual order.
pub fn anchor(
    tree: &Tree,
    map: Ref,
    order: &[&str],
    key: &str,
    usable: impl Fn(&str) -> bool,
) -> Option<(Ref, Ref)> {
    let new = rank(order, key);
    let before = |at: usize| at < new || new == order.len();
    let entries = tree.entries(map).filter(|(k, _)| usable(tree.scalar(*k)));
    entries
        .filter(|(k, _)| before(rank(order, tree.scalar(*k))))
        .max_by_key(|(k, _)| rank(order, tree.scalar(*k)))
}

/// Where the dash of each item of a block sequence stands; `before` is where the key in front of it ends.
pub fn dashes(tree: &Tree, seq: Ref, before: usize) -> Vec<(usize, Ref)> {
    let mut at = before;
    tree.items(seq)
        .map(|item| {
            let dash = super::full::skip(tree.text(), at, b":");
            at = tree.end(item);
            (dash, item)
        })
        .collect()
}
