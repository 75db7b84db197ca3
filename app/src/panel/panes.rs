//! What stands in each of the panels that can be put anywhere.

use egui::{Frame, Label, Margin, RichText, ScrollArea, TextStyle, Ui};
use threados_core::model::Outcome;
use threados_core::wrapper::TerminalSize;

use super::logs::Logs;
use super::terminal::Terminal;
use super::timeline::Timeline;
use super::widget::{mono, quiet};
use super::{Chat, Inspector, problems, runs};
use crate::dock::{Pane, Stack};
use crate::link::AuditRow;
use crate::scene::Tone;
use crate::state::State;
use crate::theme::Theme;
use crate::window::Do;

/// The panels, each with what is its own.
#[derive(Debug, Default)]
pub struct Panes {
    /// All about the selection.
    pub inspector: Inspector,
    /// Say what is to be done.
    pub chat: Chat,
    logs: Logs,
    timeline: Timeline,
    terminal: Terminal,
}

impl Panes {
    /// Has what is typed go to the panes of mprocs.
    pub fn answer(&mut self) {
        self.terminal.take_keys();
    }

    /// The size in which mprocs was shown since the last call; `None` where it was not.
    pub fn shown(&mut self) -> Option<TerminalSize> {
        self.terminal.shown()
    }

    /// Shows one.
    pub fn show(&mut self, pane: Pane, ui: &mut Ui, state: &State, wanted: &mut Vec<Do>) {
        let margin = match pane {
            Pane::Inspector | Pane::Chat => Margin { left: 16, right: 16, top: 12, bottom: 14 },
            _ => Margin { left: 16, right: 16, top: 8, bottom: 0 },
        };
        Frame::new().inner_margin(margin).show(ui, |ui| match pane {
            Pane::Inspector => self.inspector.show(ui, state, wanted),
            Pane::Chat => self.chat.show(ui, state, wanted),
            Pane::Timeline => self.timeline.show(ui, state, wanted),
            Pane::Logs => self.logs.show(ui, state),
            Pane::Problems => problems::show(ui, state, wanted),
            Pane::Runs => runs::show(ui, state, wanted),
            Pane::Audit => audit(ui, state),
            Pane::Terminal => self.terminal.show(ui, state, wanted),
        });
    }
}

/// What the tab of a panel says: its name, and how much there needs a look.
pub fn label(pane: Pane, state: &State) -> String {
    let n = match pane {
        Pane::Problems => {
            state.problems.len() + state.scene.as_ref().map_or(0, |s| s.counts.of(Tone::Failed))
        }
        Pane::Chat => state.waiting().len(),
        _ => 0,
    };
    if n > 0 { format!("{} {n}", pane.name()) } else { pane.name().to_owned() }
}

/// How high a place is that needs no more: the chat before anything was said leaves its room to its neighbours.
pub fn fixed(stack: &Stack, state: &State) -> Option<f32> {
    let quiet = state.talk.turns.is_empty() && state.waiting().is_empty();
    (stack.panes == [Pane::Chat] && quiet).then_some(super::chat::QUIET)
}

fn audit(ui: &mut Ui, state: &State) {
    if state.audit.is_empty() {
        return quiet(ui, "Nothing was asked for yet.");
    }
    let height = ui.text_style_height(&TextStyle::Monospace);
    ui.spacing_mut().item_spacing.y = 3.0;
    let area = ScrollArea::both().auto_shrink(false).stick_to_bottom(true);
    area.show_rows(ui, height, state.audit.len(), |ui, rows| {
        for row in &state.audit[rows] {
            ui.add(Label::new(audit_line(ui, row)).extend());
        }
    });
}

/// Columns by width: the face is monospaced.
fn audit_line(ui: &Ui, row: &AuditRow) -> RichText {
    let theme = Theme::of(ui.ctx());
    let (result, color) = match row.result {
        Outcome::Success => ("ok", theme.dim),
        Outcome::Denied => ("denied", theme.tint(Tone::Failed).text),
        Outcome::Error => ("error", theme.tint(Tone::Failed).text),
    };
    let error = row.error.as_deref().map(|e| format!("  {e}")).unwrap_or_default();
    mono(format!(
        "{:>6}  {}  {:<12} {:<16} {:<7} {}{error}",
        row.seq,
        row.at.format("%m-%d %H:%M:%S"),
        row.actor,
        row.action,
        result,
        row.target,
    ))
    .color(color)
}
