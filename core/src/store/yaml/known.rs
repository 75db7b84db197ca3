//! What stays of an older text that is changed: its steps are taken over where they stand again.

use super::node::{Kind, Ref, Tree};

/// Says which of the old steps, if any, is to stand at a place.
pub(super) type From<'t> = &'t (dyn Fn(usize) -> Option<usize> + Sync);

/// The steps of an older text.
pub(super) struct Known<'t> {
    pub tree: &'t Tree,
    /// Where the dash of each step stands, and its mapping.
    pub steps: Vec<(usize, Ref)>,
    /// Column of the dashes.
    pub indent: usize,
    pub from: From<'t>,
}

impl<'t> Known<'t> {
    /// `None` where the old text is not in the plain style, so that a part of it may mean something else alone.
    pub fn of(tree: &'t Tree, from: From<'t>) -> Option<Self> {
        let (_, list) = tree.entry(tree.root(), "steps").filter(|_| tree.is_plain())?;
        if tree.kind(list) != Kind::BlockSeq {
            return None;
        }
        let text = tree.text();
        let dash = |item: Ref| Some((text[..tree.start(item)].rfind('-')?, item));
        let mut steps = Vec::with_capacity(tree.items(list).count());
        for item in tree.items(list) {
            steps.push(dash(item)?);
        }
        let indent = super::place::column(text, steps.first()?.0);
        Some(Self { tree, steps, indent, from })
    }
}
