//! The audit log: what was asked for, by whom, and what came of it.

use egui::{Color32, Label, ScrollArea, TextStyle, Ui};
use threados_core::model::Outcome;

use super::widget::{mono, quiet};
use crate::link::AuditRow;
use crate::scene::Tone;
use crate::state::State;
use crate::theme::Theme;

/// In less than that an entry takes two lines.
const NARROW: f32 = 460.0;

/// Shows it, the newest below.
pub fn show(ui: &mut Ui, state: &State) {
    if state.audit.is_empty() {
        return quiet(ui, "Nothing was asked for yet.");
    }
    let height = ui.text_style_height(&TextStyle::Monospace);
    ui.spacing_mut().item_spacing.y = 3.0;
    if ui.available_width() < NARROW {
        let area = ScrollArea::vertical().auto_shrink(false).stick_to_bottom(true);
        area.show_rows(ui, 2.0 * height + 3.0, state.audit.len(), |ui, rows| {
            state.audit[rows].iter().for_each(|row| narrow(ui, row, state));
        });
        return;
    }
    let names =
        format!("{:>6}  {:<14}  {:<12} {:<16} {:<7} {}", "", "when", "who", "asked for", "came", "about");
    ui.label(mono(names).color(Theme::of(ui.ctx()).faint));
    let area = ScrollArea::both().auto_shrink(false).stick_to_bottom(true);
    area.show_rows(ui, height, state.audit.len(), |ui, rows| {
        for row in &state.audit[rows] {
            let (result, color) = result(ui, row);
            // Columns by width: the face is monospaced.
            let text = format!(
                "{:>6}  {}  {:<12} {:<16} {:<7} {}",
                row.seq,
                state.local(row.at).format(TIME),
                row.actor,
                row.action,
                result,
                what(row)
            );
            ui.add(Label::new(mono(text).color(color)).extend());
        }
    });
}

const TIME: &str = "%m-%d %H:%M:%S";

/// When and how it came out; below, who asked for what.
fn narrow(ui: &mut Ui, row: &AuditRow, state: &State) {
    let (result, color) = result(ui, row);
    let when = format!("{:>4}  {}  {result}", row.seq, state.local(row.at).format(TIME));
    ui.add(Label::new(mono(when).color(color)).truncate());
    let asked = format!("{:6}{} {} {}", "", row.actor, row.action, what(row));
    ui.add(Label::new(mono(asked).color(color)).truncate());
}

fn what(row: &AuditRow) -> String {
    let error = row.error.as_deref().map(|e| format!("  {e}")).unwrap_or_default();
    format!("{}{error}", row.target)
}

fn result(ui: &Ui, row: &AuditRow) -> (&'static str, Color32) {
    let theme = Theme::of(ui.ctx());
    match row.result {
        Outcome::Success => ("ok", theme.dim),
        Outcome::Denied => ("denied", theme.tint(Tone::Failed).text),
        Outcome::Error => ("error", theme.tint(Tone::Failed).text),
    }
}
