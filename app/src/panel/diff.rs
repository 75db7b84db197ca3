//! A unified diff: lines told apart by sign and by shade.

use egui::{Frame, Label, Margin, ScrollArea, Ui};

use super::widget::mono;
use crate::scene::Tone;
use crate::theme::Theme;

/// How many lines are laid out; the rest is told by number.
const MOST: usize = 600;

/// Shows a diff, at most this high.
pub fn show(ui: &mut Ui, name: &str, text: &str, height: f32) {
    let theme = Theme::of(ui.ctx());
    let frame = Frame::new().fill(theme.canvas).corner_radius(8).inner_margin(Margin::symmetric(10, 8));
    frame.show(ui, |ui| {
        ui.take_available_width();
        let area = ScrollArea::both().id_salt(name).max_height(height).auto_shrink([false, true]);
        area.show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            let lines = text.lines().filter(|l| !l.starts_with("+++"));
            // The first place of a file needs no mark: nothing stands before it.
            let before = std::iter::once("").chain(lines.clone());
            let lines = lines.zip(before).filter(|(l, b)| !(l.starts_with("@@") && b.starts_with("---")));
            let lines = lines.map(|(line, _)| line);
            for line in lines.clone().take(MOST) {
                one(ui, line);
            }
            let more = lines.count().saturating_sub(MOST);
            if more > 0 {
                ui.label(mono(format!("\u{2026} {more} more lines")).color(theme.faint));
            }
        });
    });
}

fn one(ui: &mut Ui, line: &str) {
    let theme = Theme::of(ui.ctx());
    let (text, color) = match line.as_bytes().first() {
        Some(b'-') if line.starts_with("--- ") => (&line[4..], theme.faint),
        // What stands between two places is left out.
        Some(b'@') => ("\u{22ee}", theme.faint),
        Some(b'+') => (line, theme.tint(Tone::Done).text),
        Some(b'-') => (line, theme.tint(Tone::Failed).text),
        _ => (line, theme.dim),
    };
    ui.add(Label::new(mono(text).color(color)).extend());
}

/// How many lines a diff adds and removes.
pub fn counts(text: &str) -> (usize, usize) {
    let count =
        |sign: &str, head: &str| text.lines().filter(|l| l.starts_with(sign) && !l.starts_with(head)).count();
    (count("+", "+++"), count("-", "---"))
}
