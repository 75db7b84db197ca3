//! Keywords in a few short texts. A searcher for all of them finds them faster, and costs more to make than such texts
//! cost to look through.

use std::sync::OnceLock;

/// The keywords by their first byte.
struct ByFirst {
    /// Where those of a byte begin in `words`; the next entry is where they end.
    starts: [u16; 257],
    words: Vec<(&'static [u8], u64)>,
}

static WORDS: OnceLock<ByFirst> = OnceLock::new();

/// The rules that are due for a text.
pub(super) fn due(text: &[u8]) -> u64 {
    let by_first = WORDS.get_or_init(ByFirst::new);
    (0..text.len()).fold(0, |due, at| due | by_first.due_at(&text[at..]))
}

impl ByFirst {
    fn new() -> Self {
        let mut words: Vec<_> = super::keywords().map(|(word, bits)| (word.as_bytes(), bits)).collect();
        words.sort_unstable();
        let mut starts = [0; 257];
        for (word, _) in &words {
            let first = word.first().copied().unwrap_or_default();
            starts[usize::from(first) + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        Self { starts, words }
    }

    /// The rules of the keywords that a text begins with, in any case.
    fn due_at(&self, text: &[u8]) -> u64 {
        let first = usize::from(text[0].to_ascii_lowercase());
        let (start, end) = (usize::from(self.starts[first]), usize::from(self.starts[first + 1]));
        let here = self.words[start..end]
            .iter()
            .filter(|(word, _)| text.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word)));
        here.fold(0, |due, (_, bits)| due | bits)
    }
}
