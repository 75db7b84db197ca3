//! The steps of a long file, read by two threads.

use super::Reader;
use crate::join::{is_at_hand, join};

/// A text is read in so many parts, or up to twice as many.
const PARTS: usize = 4;

/// So many values may stand in any part: one that is made of more than its length allows is not read to its end.
pub(super) const FEW: usize = 1000;

impl Reader<'_> {
    /// The items of a list that begin before a place of the text, where what stands here is indented by `next`. Of a long
    /// list of steps another thread reads those that this one has not come to.
    pub(super) fn items(&mut self, next: usize, indent: usize, until: usize) -> Option<usize> {
        match self.middle(indent, until) {
            Some(middle) => self.halves(next, indent, middle, until),
            None => self.each_item(next, indent, until),
        }
    }

    /// Where the second half of them begins, if they are read for the first time: the start of a line that looks like an
    /// item, and is one if whoever has read all before it comes to stand there.
    fn middle(&self, indent: usize, until: usize) -> Option<usize> {
        let length = until.saturating_sub(self.at);
        let steps = self.depth == 2 && self.in_steps && self.known.is_none();
        if !steps || length < self.halved_from || self.half && !is_at_hand() {
            return None;
        }
        let from = (self.at + length / 2..until).find(|at| self.text.is_char_boundary(*at))?;
        let item = format!("\n{:indent$}- ", "");
        self.text.get(from..until)?.find(&item).map(|found| from + found + 1)
    }

    fn halves(&mut self, next: usize, indent: usize, middle: usize, until: usize) -> Option<usize> {
        let (text, depth) = (self.text, self.depth);
        let halved_from = self.halved_from.max(if self.half { 0 } else { (until - self.at) / PARTS });
        let rest = || {
            let half = Reader { at: middle + indent, half: true, ..Reader::new(text, middle..until) };
            let mut half = Reader { depth, in_steps: true, halved_from, ..half };
            let next = half.items(indent, indent, until)?;
            Some((half.build, next, half.at, half.line))
        };
        let was = (self.half, self.halved_from);
        (self.half, self.halved_from) = (true, halved_from);
        let (rest, next) = join(true, rest, || self.items(next, indent, middle));
        (self.half, self.halved_from) = was;
        let next = next?;
        if next != indent || self.line != middle || !self.at_dash() {
            // The list has ended before.
            return self.each_item(next, indent, until);
        }
        let (build, next, at, line) = rest?;
        self.build.append(build);
        (self.at, self.line) = (at, line);
        self.room()?;
        Some(next)
    }
}

/// Reads a text as a long one is read, whatever its length.
#[cfg(test)]
pub(in crate::store::yaml) fn read(text: &super::Text) -> Option<super::Tree> {
    let reader = Reader { halved_from: 8, ..Reader::new(text, 0..text.len()) };
    super::whole(text, reader).map(|(tree, _)| tree)
}
