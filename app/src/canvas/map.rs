//! The map in the corner: all of the drawing, with what is seen of it. A drag moves the view.

use egui::accesskit::Role;
use egui::{Id, Mesh, Pos2, Rect, Sense, Shape, Stroke, StrokeKind, Ui, Vec2, vec2};

use super::Paint;
use super::dots::Dots;
use super::far::{ink, is_faint, loud, tone_of};
use super::kept::Kept;

/// The most room it takes, its distance from the corner, and the room around the drawing in it.
const SIZE: Vec2 = vec2(176.0, 110.0);
const APART: f32 = 14.0;
const MARGIN: f32 = 8.0;

/// More nodes than this are many in one dot of the map.
const FULL_OF: usize = 2_000;

/// In a small view it would hide more than it shows.
const LEAST_VIEW: Vec2 = vec2(560.0, 320.0);

impl Paint<'_> {
    /// Paints the map where not all of the drawing is seen; the place a person wants to look at.
    pub(super) fn map(&self, ui: &Ui, kept: &mut Kept) -> Option<Pos2> {
        let (bounds, seen) = (self.scene.plan.bounds(), self.camera.seen(self.view));
        let is_small = self.view.width() < LEAST_VIEW.x || self.view.height() < LEAST_VIEW.y;
        if is_small || !bounds.is_positive() || seen.contains_rect(bounds) {
            return None;
        }
        let inner = SIZE - Vec2::splat(2.0 * MARGIN);
        let scale = (inner.x / bounds.width()).min(inner.y / bounds.height());
        let size = bounds.size() * scale + Vec2::splat(2.0 * MARGIN);
        let frame = Rect::from_min_size(self.view.max - size - Vec2::splat(APART), size);
        let origin = frame.min + Vec2::splat(MARGIN);
        let place = |rect: Rect| {
            let min = origin + (rect.min - bounds.min) * scale;
            Rect::from_min_size(min, (rect.size() * scale).max(vec2(1.5, 1.5)))
        };
        self.painter.rect_filled(frame, 8.0, self.theme.panel);
        let inner = frame.shrink(MARGIN - 1.0);
        self.painter.add(Shape::mesh(kept.mesh(self, frame, None, || self.map_mesh(inner, place))));
        let window = place(seen.intersect(bounds)).expand(1.0);
        self.painter.rect_stroke(window, 3.0, Stroke::new(1.2, self.theme.dim), StrokeKind::Outside);
        self.painter.rect_stroke(frame, 8.0, Stroke::new(1.0, self.theme.line), StrokeKind::Inside);
        let response = ui.interact(frame, Id::new("map"), Sense::click_and_drag());
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.set_role(Role::ScrollView);
            node.set_label("Map");
        });
        let at = response.interact_pointer_pos().filter(|_| response.dragged() || response.clicked())?;
        Some(bounds.min + (at - origin) / scale)
    }

    /// What burns is painted last.
    fn map_mesh(&self, area: Rect, place: impl Fn(Rect) -> Rect) -> Mesh {
        let mut mesh = Mesh::default();
        let all = 0..self.scene.nodes.len();
        let (last, first): (Vec<usize>, Vec<usize>) = all.partition(|n| loud(self.scene.nodes[*n].tone));
        let mut dots = Dots::new(area, area.min);
        let is_full = self.scene.nodes.len() > FULL_OF;
        for n in first.into_iter().chain(last) {
            let (tone, faint, at) =
                (self.scene.nodes[n].tone, self.is_faded(n), place(self.scene.plan.rect(n)));
            if is_full {
                dots.paint(at, ink(tone, faint), |there| !faint || is_faint(there));
            } else {
                mesh.add_colored_rect(at, self.fade(self.theme.tint(tone).mark, faint));
            }
        }
        dots.fill(&mut mesh, |ink| self.fade(self.theme.tint(tone_of(ink)).mark, is_faint(ink)));
        mesh
    }
}
