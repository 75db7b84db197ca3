//! Collects the faults of a file and finds their places in one sweep.

use crate::model::Problem;

/// Faults named at most; what is above is only counted.
pub const MAX_FAULTS: usize = 1000;

/// The faults of a file, each with the byte it stands at.
#[derive(Debug, Default)]
pub struct Faults {
    found: Vec<(usize, Problem)>,
    more: usize,
}

impl Faults {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Counts a fault for which there is no room.
    pub fn count_one(&mut self) {
        self.more += 1;
    }

    /// Whether there are so many that further ones are only counted.
    pub fn is_full(&self) -> bool {
        self.found.len() >= MAX_FAULTS
    }

    /// Adds a fault at a byte of the text.
    pub fn add(&mut self, offset: usize, problem: Problem) {
        if self.is_full() {
            self.more += 1;
        } else {
            self.found.push((offset, problem));
        }
    }

    /// Adds those that were found elsewhere in the same file.
    pub fn append(&mut self, others: Self) {
        for (offset, problem) in others.found {
            self.add(offset, problem);
        }
        self.more += others.more;
    }

    /// The faults in the order of the text, each with line and column.
    pub fn finish(mut self, text: &str) -> Vec<Problem> {
        self.found.sort_by_key(|(offset, _)| *offset);
        let mut sweep = Sweep { text, offset: 0, line: 1, column: 1 };
        let mut out: Vec<_> = Vec::with_capacity(self.found.len() + 1);
        for (offset, problem) in self.found {
            sweep.advance(offset);
            out.push(problem.at(sweep.line, sweep.column));
        }
        if self.more > 0 {
            let message = format!("{} more faults are not listed", self.more);
            out.push(Problem::new("MORE_FAULTS", "", message).hint("mend those above first"));
        }
        out
    }
}

struct Sweep<'t> {
    text: &'t str,
    offset: usize,
    line: u32,
    column: u32,
}

impl Sweep<'_> {
    fn advance(&mut self, to: usize) {
        for c in self.text[self.offset..to.max(self.offset)].chars() {
            match c {
                '\n' => (self.line, self.column) = (self.line + 1, 1),
                super::node::BOM => {}
                _ => self.column += 1,
            }
        }
        self.offset = to.max(self.offset);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let text = "\u{feff}a: ä\r\n  b: c\n";
        let mut faults = Faults::default();
        for offset in [text.find('c').unwrap(), text.find('ä').unwrap(), 0] {
            faults.add(offset, Problem::new("X", "", "x"));
        }
        let places: Vec<_> = faults.finish(text).iter().map(|p| (p.line, p.column)).collect();
        assert_eq!(places, [(1, 1), (1, 4), (2, 6)]);
    }

    #[test]
    fn a_flood_of_faults_is_counted_not_kept() {
        let mut faults = Faults::default();
        for _ in 0..MAX_FAULTS + 7 {
            faults.add(0, Problem::new("X", "", "x"));
        }
        let out = faults.finish("");
        assert_eq!(out.len(), MAX_FAULTS + 1);
        assert!(out[MAX_FAULTS].message.starts_with("7 more"), "{:?}", out[MAX_FAULTS]);
    }
}
