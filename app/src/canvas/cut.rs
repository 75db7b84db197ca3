//! An edge that is pointed at: it says what it stands for, and is cut from its menu.

use egui::{Pos2, Rect, Vec2, pos2};
use threados_core::action::DepRm;
use threados_core::id::NodeId;
use threados_core::workspace::Request;

use super::{BOXES, Canvas};
use crate::link::Wish;
use crate::scene::Scene;

/// How near to an edge one points at it, in points of the screen.
const NEAR: f32 = 5.0;

impl Canvas {
    /// The edge at a place of the drawing, nearest first: what comes before, and what waits for it. Not from afar,
    /// where nobody can tell one from the next.
    pub(super) fn edge_at(&self, scene: &Scene, at: Pos2) -> Option<(usize, usize)> {
        if self.camera.zoom < BOXES {
            return None;
        }
        let near = NEAR / self.camera.zoom;
        let part = Rect::from_center_size(at, Vec2::splat(2.0 * near));
        let far = |edge: &usize| {
            let corners = &scene.plan.layout.edges[*edge];
            let piece = |pair: &[threados_core::layout::Point]| {
                Rect::from_two_pos(pos2(pair[0].x, pair[0].y), pos2(pair[1].x, pair[1].y)).distance_to_pos(at)
            };
            corners.windows(2).map(piece).fold(f32::INFINITY, f32::min)
        };
        let edges = scene.plan.edges_in(part).into_iter().map(|edge| (edge, far(&edge)));
        let nearest = edges.filter(|(_, far)| *far <= near).min_by(|a, b| a.1.total_cmp(&b.1));
        nearest.map(|(edge, _)| scene.plan.request().edges[edge])
    }
}

/// To have one node no longer wait for another.
pub(super) fn cut((before, after): &(NodeId, NodeId)) -> Wish {
    let cut = DepRm { id: after.clone(), depends_on: vec![before.clone()] };
    Wish::Change(Request::user(vec![cut.into()]))
}
