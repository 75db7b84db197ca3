//! Where nothing is selected: what needs a person, what broke, what runs, what may start, and how many wait for each.

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{Color32, FontId, RichText, ScrollArea, Sense, Ui, WidgetInfo, WidgetType, vec2};

use crate::canvas::marks::mark;
use crate::glance::PARTS;
use crate::panel::widget::section;
use crate::scene::{Scene, Tone};
use crate::state::State;
use crate::theme::{Theme, family_strong};
use crate::window::Do;

/// Height of a row.
const ROW: f32 = 38.0;

/// Shows it.
pub fn show(ui: &mut Ui, state: &State, wanted: &mut Vec<Do>) {
    let theme = Theme::of(ui.ctx());
    let help = "Click a step or a gate to see what it does, why it waits, and what it prints. \
                    The arrow keys go from step to step.";
    let Some(scene) = state.scene.as_ref().filter(|s| !s.nodes.is_empty()) else {
        let help = "Of a step or gate this panel tells what it does, why it waits, and what it prints.";
        ui.label(RichText::new(help).color(theme.faint));
        return;
    };
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        let parts = PARTS.iter().zip(scene.parts.iter());
        for ((tone, title), part) in parts.filter(|(_, part)| part.count > 0) {
            section(ui, &format!("{title} {}", part.count));
            for (n, wait) in &part.first {
                row(ui, scene, *n, *wait, state, wanted);
            }
            if part.count > part.first.len() {
                let more = format!("and {} more {}", part.count - part.first.len(), tone.word());
                ui.label(RichText::new(more).size(12.0).color(theme.faint));
            }
            ui.add_space(8.0);
        }
        if scene.parts.iter().all(|part| part.count == 0) {
            let waits = match state.waiting().len() {
                0 => "Nothing needs you".to_owned(),
                1 => "A proposal needs you".to_owned(),
                n => format!("{n} proposals need you"),
            };
            ui.label(RichText::new(waits).family(family_strong()).color(theme.dim));
        }
        ui.label(RichText::new(help).color(theme.faint));
    });
}

/// Its name and how many wait for it; below, why it is as it is.
fn row(ui: &mut Ui, scene: &Scene, n: usize, wait: usize, state: &State, wanted: &mut Vec<Do>) {
    let (theme, node) = (Theme::of(ui.ctx()), &scene.nodes[n]);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let says = node.line((state.now)());
    let holds = match wait {
        0 => String::new(),
        1 => "1 waits for it".to_owned(),
        n => format!("{n} wait for it"),
    };
    let name = format!("{}, {says}", node.name);
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, name.as_str()));
    let ground = if response.hovered() || response.has_focus() { theme.raised } else { theme.panel };
    ui.painter().rect_filled(rect.expand2(vec2(6.0, 0.0)), 6.0, ground);
    let tint = theme.tint(node.tone);
    mark(ui.painter(), rect.min + vec2(8.0, 12.0), 6.0, node.tone, tint.mark, ground);
    let strong = FontId::new(13.0, family_strong());
    let small = FontId::proportional(12.0);
    let holds = ui.painter().layout_no_wrap(holds, small.clone(), theme.faint);
    let room = rect.width() - 24.0;
    let line = |text: &str, font: FontId, color: Color32, room: f32| {
        let mut job = LayoutJob::single_section(text.to_owned(), TextFormat::simple(font, color));
        job.wrap = TextWrapping::truncate_at_width(room.max(20.0));
        ui.painter().layout_job(job)
    };
    let title = line(&node.name, strong, theme.text, room - holds.size().x - 8.0);
    let color = if node.tone == Tone::Ready { theme.dim } else { tint.text };
    let below = line(&says, small, color, room);
    let at = rect.min + vec2(24.0, 3.0);
    ui.painter().galley(at, title, theme.text);
    ui.painter().galley(egui::pos2(rect.right() - holds.size().x, at.y + 1.0), holds, theme.faint);
    ui.painter().galley(at + vec2(0.0, 17.0), below, color);
    if response.clicked() {
        wanted.push(Do::Go(node.id.clone()));
    }
}
