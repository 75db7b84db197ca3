//! The six thread types as small pictures: what a template would make, before anything is there.

use egui::{
    Align2, FontId, Painter, Pos2, Rect, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, WidgetType, pos2,
    vec2,
};

use crate::theme::{Theme, family_strong};

/// Template, name, what it is for.
const CARDS: [(&str, &str, &str); 6] = [
    ("base", "Base", "One step"),
    ("parallel", "Parallel", "Workers at once, and a merge"),
    ("chained", "Chained", "Phases, and gates where you decide"),
    ("fusion", "Fusion", "Candidates, and the best of them"),
    ("orchestrated", "Orchestrated", "A step that adds and runs others"),
    ("long-autonomy", "Long autonomy", "A long step, and what watches it"),
];

/// The size of a card, and the gap between two.
const CARD: Vec2 = vec2(216.0, 128.0);
const GAP: f32 = 14.0;

/// Shows six cards, as many in a row as fit, at most three; the template of the one that was clicked.
pub fn cards(ui: &mut Ui) -> Option<&'static str> {
    let mut chosen = None;
    let columns = columns(ui.available_width());
    egui::Grid::new("threads").spacing([GAP, GAP]).show(ui, |ui| {
        for (i, (template, name, about)) in CARDS.into_iter().enumerate() {
            if card(ui, template, name, about) {
                chosen = Some(template);
            }
            if (i + 1).is_multiple_of(columns) {
                ui.end_row();
            }
        }
    });
    chosen
}

/// How many cards stand side by side in a width.
fn columns(width: f32) -> usize {
    (1..=3).rev().find(|n| wide(*n) <= width).unwrap_or(1)
}

/// How wide so many cards are together.
fn wide(columns: usize) -> f32 {
    columns as f32 * (CARD.x + GAP) - GAP
}

/// How wide the cards are together where there is so much room.
pub fn width(room: f32) -> f32 {
    wide(columns(room))
}

fn card(ui: &mut Ui, template: &str, name: &str, about: &str) -> bool {
    let theme = Theme::of(ui.ctx());
    let (rect, response) = ui.allocate_exact_size(CARD, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, format!("New {name} thread")));
    let line = if response.hovered() || response.has_focus() { theme.text } else { theme.strong };
    let painter = ui.painter();
    painter.rect(rect, 9.0, theme.raised, Stroke::new(1.2, line), StrokeKind::Inside);
    picture(
        painter,
        template,
        Rect::from_center_size(rect.center() - vec2(0.0, 20.0), vec2(150.0, 52.0)),
        theme,
    );
    let title = FontId::new(13.0, family_strong());
    painter.text(rect.left_bottom() + vec2(14.0, -42.0), Align2::LEFT_TOP, name, title, theme.text);
    let small = FontId::new(11.0, egui::FontFamily::Proportional);
    painter.text(rect.left_bottom() + vec2(14.0, -23.0), Align2::LEFT_TOP, about, small, theme.dim);
    response.on_hover_text(format!("seqctl template apply {template}")).clicked()
}

fn picture(painter: &Painter, template: &str, rect: Rect, theme: &Theme) {
    let pen = Stroke::new(1.4, theme.dim);
    let at = |x: f32, y: f32| pos2(rect.left() + x * rect.width(), rect.top() + y * rect.height());
    let bar = |p: Pos2, w: f32| {
        painter.rect_stroke(Rect::from_center_size(p, vec2(w, 11.0)), 3.0, pen, StrokeKind::Middle)
    };
    let step = |p: Pos2| bar(p, 26.0);
    let join =
        |from: Pos2, to: Pos2| painter.line_segment([from + vec2(14.0, 0.0), to - vec2(14.0, 0.0)], pen);
    let gate = |p: Pos2| {
        let d = 8.0;
        let points = vec![p - vec2(0.0, d), p + vec2(d, 0.0), p + vec2(0.0, d), p - vec2(d, 0.0)];
        painter.add(egui::Shape::closed_line(points, pen));
    };
    let rows = [at(0.25, 0.1), at(0.25, 0.5), at(0.25, 0.9)];
    match template {
        "base" => drop(step(at(0.5, 0.5))),
        "parallel" | "fusion" => {
            let end = at(0.75, 0.5);
            for row in rows {
                step(row);
                join(row, end);
            }
            if template == "parallel" {
                step(end);
            } else {
                let funnel = vec![
                    end + vec2(-12.0, -13.0),
                    end + vec2(12.0, -6.0),
                    end + vec2(12.0, 6.0),
                    end + vec2(-12.0, 13.0),
                ];
                painter.add(egui::Shape::closed_line(funnel, pen));
            }
        }
        "chained" => {
            let (a, g, b) = (at(0.12, 0.5), at(0.5, 0.5), at(0.88, 0.5));
            step(a);
            gate(g);
            step(b);
            painter.line_segment([a + vec2(14.0, 0.0), g - vec2(8.0, 0.0)], pen);
            painter.line_segment([g + vec2(8.0, 0.0), b - vec2(14.0, 0.0)], pen);
        }
        "orchestrated" => {
            let lead = at(0.2, 0.5);
            step(lead);
            for y in [0.1, 0.5, 0.9] {
                let child = at(0.78, y);
                step(child);
                join(lead, child);
            }
        }
        _ => {
            bar(at(0.5, 0.3), 110.0);
            step(at(0.28, 0.85));
            painter.line_segment([at(0.28, 0.42), at(0.28, 0.73)], pen);
        }
    }
}
