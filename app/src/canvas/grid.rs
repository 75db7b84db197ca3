//! The dots that lie below everything at reading distance, and go along with the drawing.

use std::sync::Arc;

use egui::{Color32, Mesh, Pos2, Rect, Vec2, pos2};

use super::Paint;

/// How far they are apart, in points of the drawing.
const STEP: f32 = 24.0;

/// How large one is, in points of the screen.
const DOT: f32 = 1.4;

/// The dots as they were painted, moved since.
#[derive(Debug, Default)]
pub(super) struct Grid {
    made: Option<Made>,
    /// Where the first of them that is seen stands.
    first: Pos2,
    mesh: Arc<Mesh>,
}

/// Everything that they depend on but where they stand.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Made {
    view: Rect,
    /// In points of the screen.
    step: f32,
    pixels: f32,
    color: Color32,
}

impl Grid {
    /// A dot at each crossing of the grid.
    pub(super) fn mesh(&mut self, paint: &Paint) -> Arc<Mesh> {
        let made = Made {
            view: paint.view,
            step: STEP * paint.camera.zoom,
            pixels: paint.painter.pixels_per_point(),
            color: paint.theme.line,
        };
        let first = made.first(paint.at(Pos2::ZERO));
        if self.made != Some(made) {
            *self = Self { made: Some(made), first, mesh: Arc::new(made.mesh(first)) };
        } else if self.first != first {
            // By whole pixels, so that none of them changes its size.
            let by = made.snapped(first) - made.snapped(self.first);
            Arc::make_mut(&mut self.mesh).translate(by);
            self.first = first;
        }
        Arc::clone(&self.mesh)
    }
}

impl Made {
    /// The first dot that is seen, where the drawing begins there.
    fn first(self, origin: Pos2) -> Pos2 {
        let of = |low: f32, origin: f32| low + (origin - low).rem_euclid(self.step);
        pos2(of(self.view.left(), origin.x), of(self.view.top(), origin.y))
    }

    /// On a whole pixel: between two some dots would be larger and fainter than others.
    fn snapped(self, at: Pos2) -> Pos2 {
        let snap = |v: f32| (v * self.pixels).round() / self.pixels;
        pos2(snap(at.x), snap(at.y))
    }

    /// With a row and a column more at each side, for when the first one comes to stand elsewhere.
    fn mesh(self, first: Pos2) -> Mesh {
        let steps = |low: f32, high: f32| {
            (0..).map(move |i| low + i as f32 * self.step).take_while(move |v| *v < high)
        };
        let end = self.view.max + Vec2::splat(self.step);
        let size = Vec2::splat((DOT * self.pixels).round() / self.pixels);
        let columns: Vec<f32> = steps(first.x - self.step, end.x).collect();
        let mut mesh = Mesh::default();
        for y in steps(first.y - self.step, end.y) {
            for x in &columns {
                mesh.add_colored_rect(Rect::from_min_size(self.snapped(pos2(*x, y)), size), self.color);
            }
        }
        mesh
    }
}
