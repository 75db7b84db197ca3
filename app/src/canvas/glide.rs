//! From one drawing to the next: nodes go over to their new places, so that eyes can follow them, and the camera stays
//! with what it looked at.

use std::collections::HashMap;
use std::sync::Arc;

use egui::{Pos2, Rect, Vec2};

use super::camera::{Camera, MOVE};
use crate::scene::Scene;

/// More nodes than this do not move one by one.
const MOST: usize = 2_000;

/// A move from one drawing to the next.
#[derive(Debug, Default)]
pub(super) struct Glide {
    shown: Option<Arc<Scene>>,
    /// Per node that moves: from where it comes, as seen from where it goes.
    ways: HashMap<usize, Vec2>,
    done: f32,
}

/// What has become of the drawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Came {
    /// Nothing.
    Same,
    /// The same graph, drawn anew.
    Redrawn,
    /// Another graph.
    Other,
}

impl Glide {
    /// Takes in what is shown from now on. Of another drawing the camera shows what it showed before.
    pub fn take(
        &mut self,
        scene: &Arc<Scene>,
        camera: &mut Camera,
        view: Rect,
        selected: Option<usize>,
    ) -> Came {
        let before = self.shown.replace(Arc::clone(scene));
        let Some(before) = before.filter(|b| !Arc::ptr_eq(&b.plan, &scene.plan)) else { return Came::Same };
        let part = camera.seen(view);
        let mut seen = before.plan.nodes_in(part);
        seen.retain(|n| before.plan.rect(*n).intersects(part));
        let both = |n: &usize| {
            let (was, now) = (*n, scene.find(&before.nodes[*n].id)?);
            Some((now, before.plan.rect(was).center(), scene.plan.rect(now).center()))
        };
        let moved: Vec<(usize, Pos2, Pos2)> = seen.iter().filter_map(both).collect();
        let anchor = moved.iter().find(|m| Some(m.0) == selected).or_else(|| {
            let far = |m: &(usize, Pos2, Pos2)| (m.1 - camera.center).length_sq();
            moved.iter().min_by(|a, b| far(a).total_cmp(&far(b)))
        });
        let shift = anchor.map_or(Vec2::ZERO, |(_, was, now)| *now - *was);
        camera.shift(shift);
        self.ways.clear();
        if moved.len() <= MOST {
            self.ways.extend(moved.iter().map(|(n, was, now)| (*n, *was - *now + shift)));
            self.ways.retain(|_, way| *way != Vec2::ZERO);
        }
        self.done = 0.0;
        if before.plan.request() == scene.plan.request() { Came::Redrawn } else { Came::Other }
    }

    /// Nothing moves.
    pub fn end(&mut self) {
        self.ways.clear();
    }

    /// Goes on with the move; whether it is still under way.
    pub fn advance(&mut self, seconds: f32) -> bool {
        self.done = (self.done + seconds / MOVE).min(1.0);
        if self.done >= 1.0 {
            self.end();
        }
        self.is_under_way()
    }

    pub fn is_under_way(&self) -> bool {
        !self.ways.is_empty()
    }

    /// How much of the way lies behind, from 0 to 1.
    pub fn progress(&self) -> f32 {
        if self.is_under_way() { 1.0 - (1.0 - self.done).powi(3) } else { 1.0 }
    }

    /// How far a node is from its place.
    pub fn off(&self, node: usize) -> Vec2 {
        self.ways.get(&node).map_or(Vec2::ZERO, |way| *way * (1.0 - self.progress()))
    }
}
