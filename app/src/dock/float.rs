//! Panels that float over the others, each in a window of its own.

use serde::{Deserialize, Serialize};

use super::{Dock, Pane, Place, Side};

/// Where a window is at first, and how large.
pub const FIRST: [f32; 4] = [160.0, 140.0, 420.0, 300.0];
/// How far each stands from the one before.
const APART: f32 = 28.0;

/// A panel that floats.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Float {
    /// Which.
    pub pane: Pane,
    /// Its left and its upper side; how wide and how high the panel in it is.
    pub at: [f32; 4],
    /// A panel that was in the same place: it goes back there.
    pub beside: Option<Pane>,
}

impl Dock {
    /// The panels that float.
    pub fn floating(&self) -> &[Float] {
        &self.floating
    }

    /// Whether a panel floats.
    pub fn floats(&self, pane: Pane) -> bool {
        self.floating.iter().any(|f| f.pane == pane)
    }

    /// Takes a panel out of its place; to there, if it is said where.
    pub(super) fn float(&mut self, pane: Pane, to: Option<[f32; 2]>) {
        if let Some(float) = self.floating.iter_mut().find(|f| f.pane == pane) {
            [float.at[0], float.at[1]] = to.unwrap_or([float.at[0], float.at[1]]);
            return;
        }
        let beside = self.stack(pane).and_then(|s| s.panes.iter().copied().find(|p| *p != pane));
        self.take_out(pane);
        let off = APART * self.floating.len() as f32;
        let [x, y, w, h] = FIRST;
        let [x, y] = to.unwrap_or([x + off, y + off]);
        self.floating.push(Float { pane, at: [x, y, w, h], beside });
    }

    /// Notes where a floating panel is now.
    pub(super) fn drift(&mut self, pane: Pane, at: [f32; 4]) {
        self.floating.iter_mut().filter(|f| f.pane == pane).for_each(|f| f.at = at);
    }

    /// Puts a floating panel back to those it was with, or to the edge where it usually is.
    pub(super) fn back(&mut self, pane: Pane) {
        let Some(float) = self.floating.iter().copied().find(|f| f.pane == pane) else { return };
        let usual = Self::default().find(pane).map_or(Side::Right, |(side, _)| side);
        let beside = float.beside.filter(|p| self.find(*p).is_some());
        self.put(pane, beside.map_or(Place::Own(usual, None), Place::With));
    }
}

impl Float {
    /// In bounds that a screen can have.
    pub(super) fn sane(mut self) -> Option<Self> {
        let [x, y, w, h] = self.at;
        let all_finite = self.at.iter().all(|v| v.is_finite());
        self.at = [x.clamp(0.0, 8000.0), y.clamp(0.0, 8000.0), w.clamp(120.0, 4000.0), h.clamp(90.0, 4000.0)];
        all_finite.then_some(self)
    }
}
