//! The steps of a long file, read by two threads.

use super::Reader;
use crate::join::{is_at_hand, join};

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
        if !steps || length < self.halved_from || self.is_half && !is_at_hand() {
            return None;
        }
        let from = (self.at + length / 2..until).find(|at| self.text.is_char_boundary(*at))?;
        let item = format!("\n{:indent$}- ", "");
        self.text.get(from..until)?.find(&item).map(|found| from + found + 1)
    }

    fn halves(&mut self, next: usize, indent: usize, middle: usize, until: usize) -> Option<usize> {
        let (text, depth, halved_from) = (self.text, self.depth, self.halved_from);
        let rest = || {
            let half = Reader::new(text, middle);
            let mut half =
                Reader { at: middle + indent, depth, in_steps: true, is_half: true, halved_from, ..half };
            let next = half.items(indent, indent, until)?;
            Some((half.build, next, half.at, half.line))
        };
        let was_half = std::mem::replace(&mut self.is_half, true);
        let (rest, next) = join(true, rest, || self.items(next, indent, middle));
        self.is_half = was_half;
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
    let reader = Reader { halved_from: 8, ..Reader::new(text, 0) };
    super::whole(text, reader).map(|(tree, _)| tree)
}
