//! What was painted and has not changed since: it is shown again, not painted again.

use std::sync::{Arc, Weak};

use egui::{Mesh, Pos2, Rect};

use super::Paint;
use super::lit::Lit;
use crate::scene::Scene;
use crate::theme::Theme;

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
        let made = Made {
            scene: Arc::downgrade(paint.scene),
            theme: paint.theme,
            selected: paint.selected,
            lit: paint.lit_by,
            at,
            looks,
            pixels: paint.painter.pixels_per_point(),
        };
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
