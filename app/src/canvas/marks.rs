//! The marks of the statuses: each has its own form, so that nothing depends on colour alone.

use egui::epaint::{CircleShape, PathShape, PathStroke};
use egui::{Color32, Painter, Pos2, Shape, Stroke, pos2, vec2};

use crate::scene::Tone;

/// Paints a mark of radius `r`; `ground` is what lies below it.
pub fn mark(painter: &Painter, at: Pos2, r: f32, tone: Tone, color: Color32, ground: Color32) {
    let pen = Stroke::new((r * 0.28).max(1.0), color);
    let cut = Stroke::new((r * 0.28).max(1.0), ground);
    match tone {
        Tone::Ready => painter.add(CircleShape::stroke(at, r * 0.78, pen)),
        Tone::Running => painter.add(CircleShape::filled(at, r * 0.82, color)),
        Tone::Done => {
            painter.add(CircleShape::filled(at, r, color));
            let tick = [at + vec2(-0.45, 0.02) * r, at + vec2(-0.1, 0.38) * r, at + vec2(0.48, -0.34) * r];
            painter.add(Shape::line(tick.to_vec(), cut))
        }
        Tone::Failed => {
            painter.add(CircleShape::filled(at, r, color));
            let d = r * 0.36;
            painter.add(Shape::line_segment([at + vec2(-d, -d), at + vec2(d, d)], cut));
            painter.add(Shape::line_segment([at + vec2(d, -d), at + vec2(-d, d)], cut))
        }
        Tone::Review => {
            painter.add(CircleShape::stroke(at - vec2(0.0, r * 0.42), r * 0.42, pen));
            painter.add(arc(at + vec2(0.0, r * 0.95), r * 0.78, std::f32::consts::PI, pen))
        }
        Tone::Waiting => {
            let body = egui::Rect::from_center_size(at + vec2(0.0, r * 0.3), vec2(r * 1.25, r * 0.95));
            painter.rect_filled(body, r * 0.2, color);
            painter.add(arc(at - vec2(0.0, r * 0.15), r * 0.42, std::f32::consts::PI, pen))
        }
    };
}

/// A mark as it stands in a line of text, in a square of its own.
pub fn inline(ui: &mut egui::Ui, tone: Tone, color: Color32, ground: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(14.0, 14.0), egui::Sense::hover());
    mark(ui.painter(), rect.center(), 5.5, tone, color, ground);
}

/// The upper arc of a circle over this angle.
fn arc(center: Pos2, r: f32, angle: f32, pen: Stroke) -> Shape {
    let point = |i: u8| {
        let a = std::f32::consts::PI + angle * f32::from(i) / 8.0;
        pos2(center.x + r * a.cos(), center.y + r * a.sin())
    };
    Shape::Path(PathShape {
        points: (0..=8).map(point).collect(),
        closed: false,
        fill: Color32::TRANSPARENT,
        stroke: PathStroke::from(pen),
    })
}
