//! What was painted and has not changed since: it is shown again, not painted again.

use std::sync::{Arc, Weak};

use egui::{Mesh, Pos2, Rect};

use super::Paint;
use super::grid::Grid;
use super::lit::Lit;
use crate::scene::Scene;
use crate::theme::Theme;

/// How many times as wide and high as the view the part is that is painted ahead of one that moves.
const AHEAD: f32 = 1.25;

/// All that is kept from frame to frame.
#[derive(Debug, Default)]
pub(super) struct Keeps {
    /// All that is seen from afar.
    pub far: Kept,
    /// The map.
    pub map: Kept,
    /// The edges at reading distance.
    pub edges: Along,
    /// The dots below them.
    pub grid: Grid,
}

/// A mesh, and what it was made of.
#[derive(Debug, Default)]
pub(super) struct Kept(Option<(Made, Arc<Mesh>)>);

/// Everything that a mesh of nodes and edges seen from afar depends on.
#[derive(Debug)]
struct Made {
    /// Not to be kept alive: it is only compared.
    scene: Weak<Scene>,
    theme: &'static Theme,
    selected: Option<usize>,
    lit: Lit,
    at: Rect,
    looks: Option<(Pos2, f32)>,
    pixels: f32,
}

impl Made {
    fn of(paint: &Paint, at: Rect, looks: Option<(Pos2, f32)>) -> Self {
        Self {
            scene: Arc::downgrade(paint.scene),
            theme: paint.theme,
            selected: paint.selected,
            lit: paint.lit_by,
            at,
            looks,
            pixels: paint.painter.pixels_per_point(),
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        Weak::ptr_eq(&self.scene, &other.scene)
            && std::ptr::eq(self.theme, other.theme)
            && (self.selected, self.lit, self.at, self.looks)
                == (other.selected, other.lit, other.at, other.looks)
            && self.pixels == other.pixels
    }
}

impl Kept {
    /// The mesh of what is at this place of the screen; `looks` is where the camera looks, where that matters.
    pub(super) fn mesh(
        &mut self,
        paint: &Paint,
        at: Rect,
        looks: Option<(Pos2, f32)>,
        make: impl FnOnce() -> Mesh,
    ) -> Arc<Mesh> {
        let made = Made::of(paint, at, looks);
        match &self.0 {
            // While nodes go over to other places each frame is another one.
            Some((before, mesh)) if before.is_same(&made) && !paint.glide.is_under_way() => Arc::clone(mesh),
            _ => {
                let mesh = Arc::new(make());
                self.0 = (!paint.glide.is_under_way()).then(|| (made, Arc::clone(&mesh)));
                mesh
            }
        }
    }
}

/// A mesh that goes along with the view while that moves at one zoom.
#[derive(Debug, Default)]
pub(super) struct Along(Option<Painted>);

/// Such a mesh, and what it was made of.
#[derive(Debug)]
struct Painted {
    made: Made,
    /// The part of the drawing that is in it.
    part: Rect,
    /// Where the middle of that part is on the screen.
    middle: Pos2,
    mesh: Arc<Mesh>,
}

impl Along {
    /// The mesh of what is seen, made of a part of the drawing by `make`. Of what has just become another one no more
    /// than that is made: it may be yet another one in the next frame.
    pub(super) fn mesh(&mut self, paint: &Paint, make: impl FnOnce(Rect) -> Mesh) -> Arc<Mesh> {
        let made = Made::of(paint, Rect::ZERO, Some((Pos2::ZERO, paint.camera.zoom)));
        let seen = paint.camera.seen(paint.view);
        let before = self.0.take().filter(|before| before.made.is_same(&made));
        let painted = match before {
            Some(before) if before.part.contains_rect(seen) => before.moved(paint),
            before => {
                let part = if before.is_some() { seen.scale_from_center(AHEAD) } else { seen };
                Painted { made, part, middle: paint.at(part.center()), mesh: Arc::new(make(part)) }
            }
        };
        let mesh = Arc::clone(&painted.mesh);
        // While nodes go over to other places each frame is another one.
        self.0 = (!paint.glide.is_under_way()).then_some(painted);
        mesh
    }
}

impl Painted {
    fn moved(mut self, paint: &Paint) -> Self {
        let middle = paint.at(self.part.center());
        if middle != self.middle {
            Arc::make_mut(&mut self.mesh).translate(middle - self.middle);
            self.middle = middle;
        }
        self
    }
}
