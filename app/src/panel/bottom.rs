//! The panel below: the latest run over time, logs of the selection, what is wrong, what was done.

use egui::{Label, RichText, ScrollArea, TextStyle, Ui};
use threados_core::id::NodeId;
use threados_core::model::Outcome;

use super::timeline::Timeline;
use super::widget::{mono, tab};
use crate::canvas::marks;
use crate::link::AuditRow;
use crate::scene::{Scene, Tone};
use crate::state::State;
use crate::theme::Theme;
use crate::window::Do;

/// The panel below.
#[derive(Debug)]
pub struct Bottom {
    /// Whether it is shown.
    pub open: bool,
    tab: Tab,
    stderr: bool,
    about: Option<NodeId>,
    timeline: Timeline,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    Timeline,
    Logs,
    Problems,
    Audit,
}

impl Default for Bottom {
    fn default() -> Self {
        Self { open: true, tab: Tab::Timeline, stderr: false, about: None, timeline: Timeline::default() }
    }
}

impl Bottom {
    /// Opens it with the logs.
    pub fn show_logs(&mut self) {
        (self.open, self.tab) = (true, Tab::Logs);
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
                (Tab::Audit, "Audit"),
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
            Tab::Logs => self.logs(ui, state),
            Tab::Problems => problems_list(ui, state, wanted),
            Tab::Audit => audit(ui, state),
        }
    }

    fn logs(&mut self, ui: &mut Ui, state: &State) {
        let Some(output) = state.output_selected() else {
            return quiet(ui, "Select a step to see what it prints.");
        };
        if self.about != output.step && output.run.is_some() {
            self.about.clone_from(&output.step);
            // Of what failed the reason is looked for.
            let node = state.scene.as_ref().zip(state.selected_index()).map(|(s, n)| s.nodes[n].tone);
            self.stderr = node == Some(Tone::Failed) && !output.stderr.is_empty();
        }
        let Some(run) = &output.run else { return quiet(ui, "It has not run yet, so there is no log.") };
        ui.horizontal(|ui| {
            let count = |name: &str, n: usize| format!("{name} {n}");
            ui.selectable_value(&mut self.stderr, false, count("stdout", output.stdout.len()));
            ui.selectable_value(&mut self.stderr, true, count("stderr", output.stderr.len()));
            ui.label(mono(run.as_str()).color(Theme::of(ui.ctx()).faint));
            if output.cut {
                ui.label(RichText::new("the end of it; `seqctl logs` shows all").size(11.0));
            }
        });
        let lines = if self.stderr { &output.stderr } else { &output.stdout };
        if lines.is_empty() {
            return quiet(
                ui,
                if self.stderr { "Nothing on standard error." } else { "Nothing on standard output." },
            );
        }
        let height = ui.text_style_height(&TextStyle::Monospace);
        ui.spacing_mut().item_spacing.y = 3.0;
        let area = ScrollArea::both().auto_shrink(false).stick_to_bottom(true);
        area.show_rows(ui, height, lines.len(), |ui, rows| {
            for line in &lines[rows] {
                ui.add(Label::new(mono(line.as_str())).extend());
            }
        });
    }
}

fn quiet(ui: &mut Ui, text: &str) {
    ui.label(RichText::new(text).color(Theme::of(ui.ctx()).faint));
    ui.take_available_space();
}

fn problems_list(ui: &mut Ui, state: &State, wanted: &mut Vec<Do>) {
    let theme = Theme::of(ui.ctx());
    let none: &[crate::scene::Node] = &[];
    let nodes = state.scene.as_deref().map_or(none, |s: &Scene| s.nodes.as_slice());
    let failed: Vec<_> = nodes.iter().filter(|n| n.tone == Tone::Failed).collect();
    if state.problems.is_empty() && failed.is_empty() {
        return quiet(ui, "Nothing is wrong: the files are valid and no step failed.");
    }
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 5.0;
        for found in state.problems.iter() {
            let p = &found.problem;
            ui.horizontal_wrapped(|ui| {
                marks::inline(ui, Tone::Failed, theme.tint(Tone::Failed).mark, theme.panel);
                ui.label(mono(format!("{}:{}:{}", found.file, p.line, p.column)).color(theme.dim));
                ui.label(&p.message);
                if let Some(hint) = &p.hint {
                    ui.label(RichText::new(hint).color(theme.dim));
                }
            });
        }
        for node in failed {
            ui.horizontal(|ui| {
                marks::inline(ui, node.tone, theme.tint(node.tone).mark, theme.panel);
                if ui.link(&node.name).on_hover_text("Show it").clicked() {
                    wanted.push(Do::Go(node.id.clone()));
                }
                ui.label(RichText::new(&node.says).color(theme.tint(node.tone).text));
            });
        }
    });
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
