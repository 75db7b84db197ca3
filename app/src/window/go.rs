//! Where a person goes in the sequence: to a node, to its neighbour, to what needs them.

use threados_core::id::{GroupId, NodeId};

use super::Window;
use crate::dock::{Change, Pane};
use crate::scene::{Scene, Tone};

impl Window {
    pub(super) fn fold(&mut self, group: GroupId) {
        self.folds.turn(group);
        self.state.scene = self.state.scene.take().map(|scene| self.folds.of(scene));
    }

    /// Marks what is not marked yet; a single one that is is taken out.
    pub(super) fn mark(&mut self, scene: &Scene, nodes: &[usize]) {
        let before = self.state.selected.take().filter(|_| self.state.marked.is_empty());
        self.state.marked.extend(before);
        for n in nodes {
            let id = &scene.nodes[*n].id;
            if !self.state.marked.insert(id.clone()) && nodes.len() == 1 {
                self.state.marked.remove(id);
            }
        }
        if self.state.marked.len() == 1 {
            self.state.selected = self.state.marked.pop_first();
        }
    }

    /// Marks all that is shown; all that was found while something is searched.
    pub(super) fn mark_all(&mut self) {
        let Some(scene) = self.state.scene.clone() else { return };
        let hits = Some(&self.state.search.hits).filter(|hits| !hits.is_empty());
        self.state.marked = hits.map_or_else(
            || scene.nodes.iter().map(|n| n.id.clone()).collect(),
            |hits| hits.iter().map(|n| scene.nodes[*n].id.clone()).collect(),
        );
        self.state.selected = None;
        if self.state.marked.len() == 1 {
            self.state.selected = self.state.marked.pop_first();
        }
    }

    pub(super) fn go(&mut self, id: NodeId) {
        self.state.marked.clear();
        self.state.selected = Some(id);
        self.reveal();
    }

    pub(super) fn reveal(&mut self) {
        if let (Some(scene), Some(n)) = (&self.state.scene, self.state.selected_index()) {
            self.canvas.reveal(scene, n, self.state.animate);
        }
    }

    pub(super) fn select(&mut self, n: usize) {
        let id = self.state.scene.as_ref().and_then(|s| s.nodes.get(n)).map(|n| n.id.clone());
        id.into_iter().for_each(|id| self.go(id));
    }

    /// To the nearest node in a direction; without a selection to the first.
    pub(super) fn step_aside(&mut self, dx: f32, dy: f32) {
        let Some(scene) = self.state.scene.clone() else { return };
        let next = match self.state.selected_index() {
            Some(n) => scene.plan.neighbour(n, dx, dy),
            None => (!scene.nodes.is_empty()).then_some(0),
        };
        next.into_iter().for_each(|n| self.select(n));
    }

    pub(super) fn next_for_me(&mut self) {
        let Some(scene) = self.state.scene.clone() else { return };
        let all: Vec<usize> =
            (0..scene.nodes.len()).filter(|n| scene.nodes[*n].tone == Tone::Review).collect();
        let from = self.state.selected_index().map_or(0, |n| n + 1);
        let next = all.iter().find(|n| **n >= from).or(all.first());
        next.into_iter().for_each(|n| self.select(*n));
        // A proposal waits in the chat.
        if !self.state.waiting().is_empty() {
            self.settings.dock.take(Change::Show(Pane::Chat));
        }
    }
}
