//! Nodes from afar: a box with a mark and a name, then a coloured rectangle in one mesh.

use egui::{Align2, Mesh, Pos2, Rect, Shape, Stroke, StrokeKind, Vec2, vec2};
use threados_core::layout::Request;

use super::Paint;
use super::dots::Dots;
use super::marks::mark;
use crate::scene::{Form, Tone};

/// Narrower cards, in points of the screen, are dots.
const TINY: f32 = 2.0;

/// The least size of what is loud.
const LOUD: f32 = 5.0;

/// From here on an ink is faded.
const FAINT: u8 = 16;

impl Paint<'_> {
    /// The nodes and edges that are seen.
    pub(super) fn seen(&self) -> (Vec<usize>, Vec<usize>) {
        let part = self.camera.seen(self.view);
        let mut nodes = self.scene.plan.nodes_in(part);
        nodes.retain(|n| self.is_seen(*n, part));
        (nodes, self.scene.plan.edges_in(part))
    }

    /// All that is seen from afar.
    pub(super) fn far(&self) -> Mesh {
        let (nodes, edges) = self.seen();
        let mut mesh = Mesh::default();
        self.edge_mesh(&edges, &mut mesh);
        self.node_mesh(&nodes, &mut mesh);
        mesh
    }

    fn is_seen(&self, n: usize, part: Rect) -> bool {
        !self.scene.plan.is_hidden(n) && self.scene.plan.rect(n).expand(40.0).intersects(part)
    }

    /// Boxes with mark and name.
    pub(super) fn boxes(&self, nodes: &[usize]) {
        let lively = self.is_lively(nodes);
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
            if node.tone == Tone::Running {
                self.pulse(rect, r, 0.5, color, lively);
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
        if Request::CARD.0 * self.camera.zoom < TINY {
            return self.dot_mesh(nodes, mesh);
        }
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
        later.sort_by_key(|n| heat(self.scene.nodes[*n].tone));
        later.iter().for_each(|n| self.quad(*n, LOUD, mesh));
        selected.into_iter().for_each(|n| self.chosen_quad(n, mesh));
    }

    /// The same where cards are hardly larger than dots: as many quads as can be told apart.
    fn dot_mesh(&self, nodes: &[usize], mesh: &mut Mesh) {
        let anchor = self.at(Pos2::ZERO);
        let (mut quiet, mut burns) = (Dots::new(self.view, anchor), Dots::new(self.view, anchor));
        for n in nodes {
            let tone = self.scene.nodes[*n].tone;
            let ink = ink(tone, self.is_faded(*n));
            let rect = self.node_rect(*n);
            if loud(tone) {
                let over = |there| (!is_faint(ink), heat(tone)) >= (!is_faint(there), heat(tone_of(there)));
                burns.paint(Rect::from_center_size(rect.center(), Vec2::ZERO), ink, over);
            } else {
                quiet.paint(rect, ink, |there| !is_faint(ink) || is_faint(there));
            }
        }
        let color = |ink| self.fade(self.theme.tint(tone_of(ink)).mark, is_faint(ink));
        quiet.fill(mesh, color);
        let mut runs: Vec<(u8, Rect)> = burns.runs().collect();
        runs.sort_by_key(|(ink, _)| (!is_faint(*ink), heat(tone_of(*ink))));
        for (ink, run) in runs {
            let least = vec2(run.width() - run.height() + LOUD, LOUD);
            mesh.add_colored_rect(Rect::from_center_size(run.center(), least), color(ink));
        }
        let chosen = self.selected.filter(|n| !self.scene.plan.is_hidden(*n));
        chosen.into_iter().for_each(|n| self.chosen_quad(n, mesh));
    }

    fn chosen_quad(&self, n: usize, mesh: &mut Mesh) {
        let rect = at_least(self.node_rect(n), 7.0).expand(2.5);
        mesh.add_colored_rect(rect, self.theme.ink);
        self.quad(n, 7.0, mesh);
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

/// What is seen from everywhere.
pub(super) fn loud(tone: Tone) -> bool {
    matches!(tone, Tone::Failed | Tone::Review | Tone::Running)
}

/// What is painted over what, of what is loud.
fn heat(tone: Tone) -> u8 {
    match tone {
        Tone::Failed => 3,
        Tone::Running => 2,
        Tone::Review => 1,
        _ => 0,
    }
}

/// A tone, faded or not, as a number over 0.
pub(super) fn ink(tone: Tone, faint: bool) -> u8 {
    1 + tone as u8 + if faint { FAINT } else { 0 }
}

/// Whether that is a faded one.
pub(super) fn is_faint(ink: u8) -> bool {
    ink > FAINT
}

/// The tone of such a number.
pub(super) fn tone_of(ink: u8) -> Tone {
    let n = usize::from(ink) % usize::from(FAINT);
    Tone::ALL.get(n.saturating_sub(1)).copied().unwrap_or(Tone::Waiting)
}

fn at_least(rect: Rect, size: f32) -> Rect {
    Rect::from_center_size(rect.center(), rect.size().max(vec2(size, size)))
}

/// The corners of a diamond in a rectangle.
pub(super) fn diamond(rect: Rect) -> Vec<Pos2> {
    vec![rect.center_top(), rect.right_center(), rect.center_bottom(), rect.left_center()]
}
