//! What the selected step prints: live, with its colours, searched as one types.

use egui::text::LayoutJob;
use egui::{FontId, Label, RichText, ScrollArea, TextEdit, TextFormat, TextStyle, Ui};
use threados_core::id::NodeId;

use super::widget::{mono, quiet};
use crate::ansi::Line;
use crate::scene::Tone;
use crate::state::State;
use crate::theme::{Theme, family_mono};

/// The tab of logs.
#[derive(Debug, Default)]
pub struct Logs {
    stderr: bool,
    about: Option<NodeId>,
    query: String,
}

impl Logs {
    /// Shows it.
    pub fn show(&mut self, ui: &mut Ui, state: &State) {
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
        let theme = Theme::of(ui.ctx());
        let lines = |stderr: bool| if stderr { &output.stderr } else { &output.stdout };
        let query = self.query.trim().to_lowercase();
        let found: Option<Vec<usize>> = (!query.is_empty()).then(|| {
            let all = lines(self.stderr).iter().enumerate();
            all.filter(|(_, line)| line.text.to_lowercase().contains(&query)).map(|(i, _)| i).collect()
        });
        ui.horizontal_wrapped(|ui| {
            let count = |name: &str, n: usize| format!("{name} {n}");
            ui.selectable_value(&mut self.stderr, false, count("stdout", output.stdout.len()));
            ui.selectable_value(&mut self.stderr, true, count("stderr", output.stderr.len()));
            let search = TextEdit::singleline(&mut self.query)
                .hint_text("Search the log")
                .margin(egui::Margin::symmetric(8, 5))
                .desired_width(180.0);
            let search = ui.add(search);
            search.widget_info(|| {
                egui::WidgetInfo::labeled(egui::WidgetType::TextEdit, true, "Search the log")
            });
            if let Some(found) = &found {
                let lines =
                    if found.len() == 1 { "1 line".to_owned() } else { format!("{} lines", found.len()) };
                ui.label(RichText::new(lines).size(12.0).color(theme.dim));
            }
            ui.label(mono(run.as_str()).color(theme.faint));
            if output.cut {
                ui.label(
                    RichText::new("the end of it; `seqctl logs` shows all").size(11.0).color(theme.faint),
                );
            }
        });
        let lines = lines(self.stderr);
        let rows = found.as_ref().map_or(lines.len(), Vec::len);
        if rows == 0 {
            return quiet(
                ui,
                match (found.is_some(), self.stderr) {
                    (true, _) => "No line says that.",
                    (false, true) => "Nothing on standard error.",
                    (false, false) => "Nothing on standard output.",
                },
            );
        }
        let height = ui.text_style_height(&TextStyle::Monospace);
        ui.spacing_mut().item_spacing.y = 3.0;
        let area = ScrollArea::both().auto_shrink(false).stick_to_bottom(found.is_none());
        area.show_rows(ui, height, rows, |ui, shown| {
            for row in shown {
                let i = found.as_ref().map_or(row, |found| found[row]);
                ui.add(Label::new(job(&lines[i], theme)).extend());
            }
        });
    }
}

fn job(line: &Line, theme: &Theme) -> LayoutJob {
    let mut job = LayoutJob::default();
    for (text, ink) in line.parts() {
        let color = match (ink.color, ink.bold) {
            (Some(color), _) => theme.ansi(color),
            (None, true) => theme.text,
            (None, false) => theme.dim,
        };
        job.append(text, 0.0, TextFormat::simple(FontId::new(11.5, family_mono()), color));
    }
    job
}
