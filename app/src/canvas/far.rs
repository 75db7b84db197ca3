//! Nodes from afar: a box with a mark and a name, then a coloured rectangle in one mesh.

use egui::{Align2, Mesh, Pos2, Rect, Shape, Stroke, StrokeKind, vec2};

use super::Paint;
use super::marks::mark;
use crate::scene::{Form, Tone};

impl Paint<'_> {
    /// Boxes with mark and name.
    pub(super) fn boxes(&self, nodes: &[usize]) {
        for n in nodes {
            let (node, rect) = (&self.scene.nodes[*n], self.node_rect(*n));
            let faded = self.is_faded(*n);
            let tint = self.theme.tint(node.tone);
            let ground = self.fade(self.theme.raised, faded);
            let color = self.fade(tint.mark, faded);
            let width = if self.is_chosen(*n) { 2.0 } else { 1.0 };
            let line = if self.is_chosen(*n) { self.theme.ink } else { color };
            let r = 6.0 * self.camera.zoom / 0.45;
            if node.form == Form::Gate {
                self.painter.add(Shape::convex_polygon(diamond(rect), ground, Stroke::new(width, line)));
                mark(self.painter, rect.center(), r * 0.8, node.tone, color, ground);
                continue;
            }
            self.painter.rect(rect, r, ground, Stroke::new(width, line), StrokeKind::Inside);
            let at = rect.left_center() + vec2(r * 2.0, 0.0);
            mark(self.painter, at, r * 0.85, node.tone, color, ground);
            let size = (26.0 * self.camera.zoom).clamp(7.0, 12.0);
            let room = rect.width() - r * 4.2;
            let text = self.fade(self.theme.text, faded);
            let left = egui::pos2(at.x + r * 1.5, rect.center().y);
            self.text(&node.name, self.strong(size), room, left, Align2::LEFT_CENTER, text);
        }
    }

    /// Coloured rectangles. What burns is painted last and never smaller than can be seen.
    pub(super) fn node_mesh(&self, nodes: &[usize], mesh: &mut Mesh) {
        let loud = |tone| matches!(tone, Tone::Failed | Tone::Review | Tone::Running);
        let (mut later, mut selected) = (Vec::new(), None);
        for n in nodes {
            let node = &self.scene.nodes[*n];
            if self.selected == Some(*n) {
                selected = Some(*n);
            } else if loud(node.tone) {
                later.push(*n);
            } else {
                self.quad(*n, 1.5, mesh);
            }
        }
        later.sort_by_key(|n| std::cmp::Reverse(self.scene.nodes[*n].tone as u8 % 4));
        later.iter().for_each(|n| self.quad(*n, 5.0, mesh));
        if let Some(n) = selected {
            let rect = at_least(self.node_rect(n), 7.0).expand(2.5);
            mesh.add_colored_rect(rect, self.theme.ink);
            self.quad(n, 7.0, mesh);
        }
    }

    fn quad(&self, n: usize, least: f32, mesh: &mut Mesh) {
        let node = &self.scene.nodes[n];
        let color = self.fade(self.theme.tint(node.tone).mark, self.is_faded(n));
        let rect = at_least(self.node_rect(n), least);
        if node.form == Form::Gate {
            let base = mesh.vertices.len();
            diamond(rect).into_iter().for_each(|p| mesh.colored_vertex(p, color));
            if let Ok(base) = u32::try_from(base) {
                mesh.add_triangle(base, base + 1, base + 2);
                mesh.add_triangle(base, base + 2, base + 3);
            }
        } else {
            mesh.add_colored_rect(rect, color);
        }
    }
}

fn at_least(rect: Rect, size: f32) -> Rect {
    Rect::from_center_size(rect.center(), rect.size().max(vec2(size, size)))
}

/// The corners of a diamond in a rectangle.
pub(super) fn diamond(rect: Rect) -> Vec<Pos2> {
    vec![rect.center_top(), rect.right_center(), rect.center_bottom(), rect.left_center()]
}
