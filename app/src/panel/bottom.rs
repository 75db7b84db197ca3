//! The panel below: the latest run over time, logs of the selection, what is wrong, what was done, the panes of
//! mprocs.

use egui::{Label, RichText, ScrollArea, TextStyle, Ui};
use threados_core::model::Outcome;
use threados_core::wrapper::TerminalSize;

use super::logs::Logs;
use super::terminal::Terminal;
use super::timeline::Timeline;
use super::widget::{mono, quiet, tab};
use super::{problems, runs};
use crate::link::AuditRow;
use crate::scene::Tone;
use crate::state::State;
use crate::theme::Theme;
use crate::window::Do;

/// The panel below.
#[derive(Debug)]
pub struct Bottom {
    /// Whether it is shown.
    pub open: bool,
    tab: Tab,
    logs: Logs,
    timeline: Timeline,
    terminal: Terminal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    Timeline,
    Logs,
    Problems,
    Runs,
    Audit,
    Terminal,
}

impl Default for Bottom {
    fn default() -> Self {
        Self {
            open: true,
            tab: Tab::Timeline,
            logs: Logs::default(),
            timeline: Timeline::default(),
            terminal: Terminal::default(),
        }
    }
}

impl Bottom {
    /// Opens it with the logs.
    pub fn show_logs(&mut self) {
        (self.open, self.tab) = (true, Tab::Logs);
    }

    /// Opens it with the panes of mprocs.
    pub fn show_terminal(&mut self) {
        (self.open, self.tab) = (true, Tab::Terminal);
    }

    /// The same, with what is typed going there.
    pub fn answer(&mut self) {
        self.show_terminal();
        self.terminal.take_keys();
    }

    /// The size in which the panes were shown since the last call; `None` where they were not.
    pub fn panes(&mut self) -> Option<TerminalSize> {
        self.terminal.shown()
    }

    /// Shows it.
    pub fn show(&mut self, ui: &mut Ui, state: &State, wanted: &mut Vec<Do>) {
        // A panel is as high as what is in it, and stays so.
        ui.set_min_height(ui.available_height());
        let problems = state.problems.len() + state.scene.as_ref().map_or(0, |s| s.counts.of(Tone::Failed));
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 22.0;
            let named = if problems > 0 { format!("Problems {problems}") } else { "Problems".to_owned() };
            let tabs = [
                (Tab::Timeline, "Timeline"),
                (Tab::Logs, "Logs"),
                (Tab::Problems, &named),
                (Tab::Runs, "Runs"),
                (Tab::Audit, "Audit"),
                (Tab::Terminal, "Terminal"),
            ];
            for (which, label) in tabs {
                if tab(ui, label, self.tab == which) {
                    self.tab = which;
                }
            }
        });
        let line = Theme::of(ui.ctx()).line;
        ui.painter().hline(ui.max_rect().x_range().expand(16.0), ui.cursor().top() - 8.0, (1.0, line));
        match self.tab {
            Tab::Timeline => self.timeline.show(ui, state, wanted),
            Tab::Logs => self.logs.show(ui, state),
            Tab::Problems => problems::show(ui, state, wanted),
            Tab::Runs => runs::show(ui, state, wanted),
            Tab::Audit => audit(ui, state),
            Tab::Terminal => self.terminal.show(ui, state, wanted),
        }
    }
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
