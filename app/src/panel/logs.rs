//! What the selected step prints: live, with its colours, searched as one types.

use std::sync::Arc;

use egui::scroll_area::ScrollAreaOutput;
use egui::text::LayoutJob;
use egui::{FontId, Label, RichText, ScrollArea, TextEdit, TextFormat, TextStyle, Ui};
use threados_core::id::NodeId;

use super::widget::{mono, quiet};
use crate::ansi::Line;
use crate::link::Output;
use crate::scene::Tone;
use crate::state::State;
use crate::theme::{Theme, family_mono};

/// Between two lines.
const GAP: f32 = 3.0;

/// The tab of logs.
#[derive(Debug, Default)]
pub struct Logs {
    stderr: bool,
    about: Option<NodeId>,
    query: String,
    /// What is read in the middle: only the end of a long log is known, and it moves on while more is printed.
    held: Option<Arc<Output>>,
    /// Whether one looks elsewhere than at the end.
    away: bool,
}

impl Logs {
    /// Shows it.
    pub fn show(&mut self, ui: &mut Ui, state: &State) {
        let Some(live) = state.output_selected() else {
            return quiet(ui, "Select a step to see what it prints.");
        };
        if self.about != live.step && live.run.is_some() {
            self.about.clone_from(&live.step);
            // Of what failed the reason is looked for.
            let node = state.scene.as_ref().zip(state.selected_index()).map(|(s, n)| s.nodes[n].tone);
            self.stderr = node == Some(Tone::Failed) && !live.stderr.is_empty();
        }
        if live.run.is_none() {
            return quiet(ui, "It has not run yet, so there is no log.");
        }
        self.held.take_if(|held| (&held.step, &held.run) != (&live.step, &live.run));
        let output = self.held.clone().unwrap_or_else(|| Arc::clone(&state.output));
        let query = self.query.trim().to_lowercase();
        let found: Option<Vec<usize>> = (!query.is_empty()).then(|| {
            let all = self.lines(&output).iter().enumerate();
            all.filter(|(_, line)| line.text.to_lowercase().contains(&query)).map(|(i, _)| i).collect()
        });
        let to_end = ui.horizontal_wrapped(|ui| self.head(ui, &output, found.as_deref())).inner;
        let lines = self.lines(&output);
        let rows = found.as_ref().map_or(lines.len(), Vec::len);
        if rows == 0 {
            self.held = None;
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
        ui.spacing_mut().item_spacing.y = GAP;
        let theme = Theme::of(ui.ctx());
        // Each log by itself: how far one has read in one says nothing about another.
        let name = (&output.step, &output.run, self.stderr);
        let area = ScrollArea::both().id_salt(name).auto_shrink(false);
        let mut area = area.stick_to_bottom(found.is_none());
        if to_end {
            area = area.vertical_scroll_offset(rows as f32 * (height + GAP) - ui.available_height());
        }
        let shown = area.show_rows(ui, height, rows, |ui, shown| {
            for row in shown {
                let i = found.as_ref().map_or(row, |found| found[row]);
                ui.add(Label::new(job(&lines[i], theme)).extend());
            }
        });
        self.away = is_away(&shown) && !to_end;
        if !self.away || found.is_some() {
            self.held = None;
        } else if live.cut && self.held.is_none() {
            self.held = Some(output);
        }
    }

    fn lines<'a>(&self, output: &'a Output) -> &'a [Line] {
        if self.stderr { &output.stderr } else { &output.stdout }
    }

    /// Which stream, the search, and what is known of what is shown; whether to go to its end.
    fn head(&mut self, ui: &mut Ui, output: &Output, found: Option<&[usize]>) -> bool {
        let theme = Theme::of(ui.ctx());
        let count = |name: &str, n: usize| format!("{name} {n}");
        ui.selectable_value(&mut self.stderr, false, count("stdout", output.stdout.len()));
        ui.selectable_value(&mut self.stderr, true, count("stderr", output.stderr.len()));
        let search = TextEdit::singleline(&mut self.query)
            .hint_text("Search the log")
            .margin(egui::Margin::symmetric(8, 5))
            .desired_width(180.0);
        let search = ui.add(search);
        search.widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::TextEdit, true, "Search the log"));
        if let Some(found) = found {
            let lines = if found.len() == 1 { "1 line".to_owned() } else { format!("{} lines", found.len()) };
            ui.label(RichText::new(lines).size(12.0).color(theme.dim));
        }
        let lines = self.lines(output);
        if !lines.is_empty() && ui.button("Copy").on_hover_text("Copy the lines shown here").clicked() {
            let all = || (0..lines.len()).collect();
            let shown: Vec<usize> = found.map_or_else(all, <[usize]>::to_vec);
            let text: Vec<&str> = shown.iter().map(|i| lines[*i].text.as_str()).collect();
            ui.ctx().copy_text(text.join("\n"));
        }
        let to_end = self.away && found.is_none() && {
            let about =
                if self.held.is_some() { "It stands still while you read; go on with it" } else { "" };
            let button = ui.button("To the end");
            if about.is_empty() { button } else { button.on_hover_text(about) }.clicked()
        };
        if let Some(run) = &output.run {
            ui.label(mono(run.as_str()).color(theme.faint));
        }
        if output.cut {
            ui.label(RichText::new("the end of it; `seqctl logs` shows all").size(11.0).color(theme.faint));
        }
        to_end
    }
}

/// Whether what is seen is not the end.
fn is_away<R>(shown: &ScrollAreaOutput<R>) -> bool {
    shown.state.offset.y + shown.inner_rect.height() < shown.content_size.y - 1.0
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
