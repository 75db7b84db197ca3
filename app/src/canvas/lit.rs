//! What is not faded: what was found, the critical path, or the selection with what comes before and after it.

use std::collections::HashSet;
use std::sync::{Arc, Weak};

use super::{Canvas, View};
use crate::scene::Scene;

/// What is not faded, by where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lit {
    /// Everything.
    All,
    /// What this search found.
    Found(u64),
    /// The critical path.
    Critical,
    /// This node, and what comes before and after it.
    Kin(usize),
}

/// Where that comes from, see [`Canvas::lit`].
pub(super) fn lit_by(view: &View) -> Lit {
    match (view.found, view.selected) {
        (Some(_), _) => Lit::Found(view.state.search.round),
        (None, Some(selected)) => Lit::Kin(selected),
        (None, None) if view.state.critical => Lit::Critical,
        (None, None) => Lit::All,
    }
}

impl Canvas {
    pub(super) fn light(&mut self, view: &View) {
        let is_fresh = |of: &Weak<Scene>| std::ptr::eq(of.as_ptr(), Arc::as_ptr(view.scene));
        if view.state.critical && !self.critical.as_ref().is_some_and(|(of, _)| is_fresh(of)) {
            let way = view.scene.critical().into_iter().collect();
            self.critical = Some((Arc::downgrade(view.scene), way));
        }
    }

    /// What is not faded, where anything is.
    pub(super) fn lit(&mut self, view: &View) -> Option<&HashSet<usize>> {
        if view.state.critical && view.selected.is_none() {
            return self.critical.as_ref().map(|(_, way)| way);
        }
        self.kin(view)
    }

    /// The selection with what comes before and after it, worked out once.
    fn kin(&mut self, view: &View) -> Option<&HashSet<usize>> {
        let selected = view.selected?;
        let fresh = self
            .kin
            .as_ref()
            .is_some_and(|(plan, node, _)| *node == selected && Arc::ptr_eq(plan, &view.scene.plan));
        if !fresh {
            self.kin = Some((Arc::clone(&view.scene.plan), selected, view.scene.plan.kin(selected)));
        }
        self.kin.as_ref().map(|(_, _, kin)| kin)
    }
}
