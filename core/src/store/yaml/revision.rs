//! The digest of a file's definition: its text without the outputs.

use super::document::Document;
use super::node::Tree;
use super::output::is_output;
use super::outputs::{cuts, nodes};
use crate::id::{Digest, Revision};

impl Document {
    /// The digest of the text without the outputs of steps and gates: two files that differ only in those have
    /// the same one. Costs one pass over the text, once.
    pub fn revision(&self) -> Revision {
        self.revision.get_or_init(|| of(&self.tree)).clone()
    }
}

/// That of a file with this tree.
pub(super) fn of(tree: &Tree) -> Revision {
    let text = tree.text();
    let all = || nodes(tree, "steps").chain(nodes(tree, "gates"));
    let mut ranges = Vec::with_capacity(all().count());
    for node in all() {
        cuts(tree, node, is_output, &mut ranges);
    }
    if !ranges.is_sorted_by_key(|range| range.start) {
        ranges.sort_by_key(|range| range.start);
    }
    let mut at = 0;
    let end = text.len()..text.len();
    Digest::of(ranges.into_iter().chain([end]).map(|range| {
        let kept = text.get(at..range.start).unwrap_or_default();
        at = range.end;
        kept.as_bytes()
    }))
}
