//! What is not faded: what was found, the critical path, or the selection with what comes before and after it.

use std::collections::HashSet;
use std::sync::{Arc, Weak};

use egui::{Align2, Label, Rect, RichText, Stroke, StrokeKind, Ui, vec2};

use super::{Canvas, Paint, View};
use crate::scene::Scene;
use crate::state::State;

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

impl Paint<'_> {
    /// Says what is lit up where that is the critical path: how much of it is left, from where to where.
    pub(super) fn caption(&self, ui: &mut Ui, state: &State) {
        if let Some(played) = &state.played {
            let at = state.local(played.time()).format("%H:%M:%S");
            return self.title(ui, format!("A past run, as it was at {at}  \u{b7}  P shows the present"));
        }
        let Some(way) = self.lit.filter(|_| self.lit_by == Lit::Critical) else { return };
        let ends = |from: bool| {
            let x = |n: &&usize| self.scene.plan.rect(**n).center().x;
            let order = |a: &&usize, b: &&usize| x(a).total_cmp(&x(b));
            let n = if from { way.iter().min_by(order) } else { way.iter().max_by(order) };
            n.map_or("", |n| self.scene.nodes[*n].name.as_str())
        };
        let says = match way.len() {
            0 => "Critical path: everything is done".to_owned(),
            1 => format!("Critical path: only {} is left", ends(true)),
            n => format!("Critical path: {n} left, from {} to {}", ends(true), ends(false)),
        };
        self.title(ui, says);
    }

    /// A sentence above the drawing.
    fn title(&self, ui: &mut Ui, says: String) {
        let galley = self.galley(&says, self.body(12.0), (self.view.width() - 60.0).max(60.0));
        let at = self.view.center_top() + vec2(0.0, 14.0);
        let place = Align2::CENTER_TOP.anchor_size(at, galley.size() + vec2(24.0, 12.0));
        let line = Stroke::new(1.0, self.theme.strong);
        self.painter.rect(place, 14.0, self.theme.panel, line, StrokeKind::Inside);
        let words = Rect::from_center_size(place.center(), galley.size() + vec2(2.0, 0.0));
        let text = RichText::new(says).size(12.0).color(self.theme.text);
        ui.put(words, Label::new(text).truncate());
    }
}
