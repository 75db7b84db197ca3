//! Edges: orthogonal with round corners, in the colour of where they come from.

use egui::epaint::Tessellator;
use egui::{Color32, Mesh, Pos2, Rect, Shape, Stroke, pos2, vec2};

use super::Paint;
use crate::scene::Tone;

/// How round a corner is, in points of the drawing.
const CORNER: f32 = 8.0;

/// Below this zoom only edges that say something are drawn; the others would be a grey veil over everything.
const VEIL: f32 = 0.06;

/// How far moving dots are apart, and how fast they go, in points of the drawing.
const DOTS: f32 = 26.0;
const SPEED: f32 = 34.0;

impl Paint<'_> {
    /// How an edge looks: the colour of its source, faint while that waits.
    fn edge_color(&self, edge: usize) -> (Color32, Tone) {
        let (from, to) = self.scene.plan.request().edges[edge];
        let tone = self.scene.nodes[from].tone;
        let color = match tone {
            Tone::Ready | Tone::Waiting => self.theme.strong,
            tone => self.theme.tint(tone).mark,
        };
        let color = self.fade(color, self.is_faded(from) || self.is_faded(to));
        // Edges come in as the nodes come to their places.
        (self.theme.canvas.lerp_to_gamma(color, self.glide.progress()), tone)
    }

    /// The edges of a part of the drawing as lines with arrows.
    pub(super) fn line_mesh(&self, part: Rect) -> Mesh {
        let options = self.painter.ctx().tessellation_options(|options| *options);
        // No letters are in it, which would need the size of their texture.
        let mut tessellator = Tessellator::new(self.painter.pixels_per_point(), options, [1, 1], Vec::new());
        let mut mesh = Mesh::default();
        let z = self.camera.zoom;
        for edge in self.scene.plan.edges_in(part) {
            let corners = &self.scene.plan.layout.edges[edge];
            let Some(last) = corners.last() else { continue };
            let (color, _) = self.edge_color(edge);
            let width = (1.5 * z).clamp(0.8, 2.0);
            tessellator
                .tessellate_shape(Shape::line(self.rounded(corners), Stroke::new(width, color)), &mut mesh);
            let tip = self.at(pos2(last.x, last.y));
            let back = vec2(-7.0, 4.0) * z;
            let head = vec![tip, tip + back, tip + vec2(back.x, -back.y)];
            tessellator.tessellate_shape(Shape::convex_polygon(head, color, Stroke::NONE), &mut mesh);
        }
        mesh
    }

    /// What moves along edges that something is about to come through.
    pub(super) fn flow(&self, edges: &[usize]) {
        for edge in edges.iter().filter(|_| self.animate) {
            let (color, tone) = self.edge_color(*edge);
            if tone == Tone::Running {
                self.dots(&self.scene.plan.layout.edges[*edge], color);
            }
        }
    }

    /// The edges as one mesh of straight pieces, for when corners are too small to be seen.
    pub(super) fn edge_mesh(&self, edges: &[usize], mesh: &mut Mesh) {
        // Whole pixels of the screen: a thinner line would fall between two and not be seen at all.
        let pixel = 1.0 / self.painter.pixels_per_point();
        let snap = |v: f32| (v / pixel).floor() * pixel;
        for edge in edges {
            let tone = self.scene.nodes[self.scene.plan.request().edges[*edge].0].tone;
            let quiet = matches!(tone, Tone::Ready | Tone::Waiting | Tone::Done);
            if quiet && self.camera.zoom < VEIL && !self.is_lit(*edge) {
                continue;
            }
            let (color, _) = self.edge_color(*edge);
            let color = if quiet { color.gamma_multiply(0.6) } else { color };
            for pair in self.scene.plan.layout.edges[*edge].windows(2) {
                let (a, b) = (self.at(pos2(pair[0].x, pair[0].y)), self.at(pos2(pair[1].x, pair[1].y)));
                let line = Rect::from_two_pos(a, b);
                let from = pos2(snap(line.left()), snap(line.top()));
                let piece = Rect::from_min_max(from, from + line.size().max(vec2(pixel, pixel)));
                if piece.intersects(self.view) {
                    mesh.add_colored_rect(piece, color);
                }
            }
        }
    }

    /// Whether an edge belongs to what is selected or was found.
    fn is_lit(&self, edge: usize) -> bool {
        let (from, to) = self.scene.plan.request().edges[edge];
        self.lit.is_some_and(|lit| lit.contains(&from) && lit.contains(&to))
    }

    fn rounded(&self, corners: &[threados_core::layout::Point]) -> Vec<Pos2> {
        let points: Vec<Pos2> = corners.iter().map(|p| self.at(pos2(p.x, p.y))).collect();
        let mut out = Vec::with_capacity(points.len() * 4);
        out.extend(points.first());
        for three in points.windows(3) {
            let [before, corner, after] = [three[0], three[1], three[2]];
            let (into, from) = (before - corner, after - corner);
            let r = (CORNER * self.camera.zoom).min(into.length() / 2.0).min(from.length() / 2.0);
            let (start, end) = (corner + into.normalized() * r, corner + from.normalized() * r);
            for i in 0..=4_u8 {
                let t = f32::from(i) / 4.0;
                let (a, b) = (start.lerp(corner, t), corner.lerp(end, t));
                out.push(a.lerp(b, t));
            }
        }
        out.extend(points.last());
        out
    }

    /// Dots that move along an edge which something is about to come through.
    fn dots(&self, corners: &[threados_core::layout::Point], color: Color32) {
        let mut next = (self.seconds * SPEED) % DOTS;
        let mut walked = 0.0;
        for pair in corners.windows(2) {
            let (a, b) = (pos2(pair[0].x, pair[0].y), pos2(pair[1].x, pair[1].y));
            let length = a.distance(b);
            while next < walked + length {
                let at = self.at(a.lerp(b, (next - walked) / length));
                if self.view.contains(at) {
                    self.painter.circle_filled(at, (2.6 * self.camera.zoom).max(1.2), color);
                }
                next += DOTS;
            }
            walked += length;
        }
    }
}
