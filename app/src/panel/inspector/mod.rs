//! The panel on the right: all about the selection, and what can be done with it.

mod decide;
mod edit;
mod left;
mod overview;
mod prompt;
mod why;

use egui::{Align, Label, Layout, RichText, ScrollArea, Ui};
use threados_core::action::Action;
use threados_core::workspace::Request;

use super::fields;
use super::widget::{chip, command, mono, section, status_chip, steady, tab};
use crate::command::Cmd;
use crate::link::Wish;
use crate::scene::{Node, Scene, Tone};
use crate::state::State;
use crate::theme::{Theme, family_strong};
use crate::window::Do;
use crate::words;

pub use edit::{copyable, said};

/// How many lines of output are shown here; all that is kept is in the panel below.
const LINES: usize = 14;
/// How much of a line is shown here.
const LONGEST: usize = 400;

/// The inspector.
#[derive(Debug)]
pub struct Inspector {
    page: Page,
    editor: edit::Editor,
    prompt: prompt::PromptEditor,
    decision: decide::Decision,
}

/// What of a step is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Page {
    About,
    Edit,
    Prompt,
    Result,
    History,
}

const PAGES: [(Page, &str); 5] = [
    (Page::About, "About"),
    (Page::Edit, "Edit"),
    (Page::Prompt, "Prompt"),
    (Page::Result, "Result"),
    (Page::History, "History"),
];

impl Default for Inspector {
    fn default() -> Self {
        Self {
            page: Page::About,
            editor: edit::Editor::default(),
            prompt: prompt::PromptEditor::default(),
            decision: decide::Decision::default(),
        }
    }
}

impl Inspector {
    /// Shows the fields, to edit.
    pub fn edit(&mut self) {
        self.page = Page::Edit;
    }

    /// Shows where the reason is typed with which work is sent back.
    pub fn ask_reason(&mut self) {
        self.page = Page::About;
        self.decision.ask_reason();
    }

    /// Shows it.
    pub fn show(&mut self, ui: &mut Ui, state: &State, wanted: &mut Vec<Do>) {
        ui.take_available_width();
        let (Some(scene), Some(n)) = (&state.scene, state.selected_index()) else {
            return overview::show(ui, state, wanted);
        };
        let node = &scene.nodes[n];
        title(ui, node);
        match (scene.step(n), scene.gate(n)) {
            (Some(step), _) => {
                chips(ui, node, &[words::thread(step.kind), step.model.as_str()]);
                self.editor.follow(step, state);
                self.tabs(ui);
                match self.page {
                    Page::About => self.step(ui, scene, n, state, wanted),
                    Page::Edit => self.editor.show(ui, step, state, wanted),
                    Page::Prompt => self.prompt.show(ui, step, state, wanted),
                    Page::Result => left::result(ui, state),
                    Page::History => left::history(ui, state, wanted),
                }
            }
            (_, Some(gate)) => {
                ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                    chips(ui, node, &["gate"]);
                    why::show(ui, scene, node, state, wanted);
                    steady(ui, "decide", |ui| self.decision.gate(ui, scene, node, state, wanted));
                    ui.add_space(4.0);
                    fields::gate(ui, gate, scene, n, state, wanted);
                    ui.add_space(4.0);
                    steady(ui, "remove", |ui| command(ui, Cmd::Remove, false, state, wanted));
                });
            }
            _ => {}
        }
    }

    fn tabs(&mut self, ui: &mut Ui) {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 14.0;
            for (page, label) in PAGES {
                let name = if page == Page::Edit && self.editor.is_dirty() { "Edit \u{2022}" } else { label };
                if tab(ui, name, self.page == page) {
                    self.page = page;
                }
            }
        });
        let line = Theme::of(ui.ctx()).line;
        ui.painter().hline(ui.max_rect().x_range().expand(16.0), ui.cursor().top() - 8.0, (1.0, line));
    }

    fn step(&mut self, ui: &mut Ui, scene: &Scene, n: usize, state: &State, wanted: &mut Vec<Do>) {
        let (node, Some(step)) = (&scene.nodes[n], scene.step(n)) else { return };
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            why::show(ui, scene, node, state, wanted);
            if node.tone == Tone::Review {
                steady(ui, "review", |ui| self.decision.review(ui, node, state, wanted));
            }
            steady(ui, "actions", |ui| actions(ui, node, state, wanted));
            // Of what failed the last words come before what is known of it anyway.
            let failed = node.tone == Tone::Failed;
            if failed {
                output(ui, state);
            }
            ui.add_space(4.0);
            fields::step(ui, step, scene, state, wanted);
            if !failed {
                output(ui, state);
            }
        });
    }
}

fn chips(ui: &mut Ui, node: &Node, words: &[&str]) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        status_chip(ui, node.tone, node.status);
        words.iter().for_each(|word| chip(ui, word));
    });
}

/// What can be done with the step: first what starts and stops it, then what changes it.
fn actions(ui: &mut Ui, node: &Node, state: &State, wanted: &mut Vec<Do>) {
    ui.horizontal_wrapped(|ui| {
        for cmd in [Cmd::Run, Cmd::Stop, Cmd::Restart, Cmd::RunFrom, Cmd::RunAnyway] {
            // Of two that come to the same the simpler one is offered.
            let offered = match cmd {
                Cmd::Restart => node.tone != Tone::Failed,
                Cmd::RunFrom => matches!(node.tone, Tone::Done | Tone::Failed),
                _ => true,
            };
            if cmd.is_available(state) && offered {
                command(ui, cmd, cmd == Cmd::Run, state, wanted);
            }
        }
        ui.menu_button("\u{2026}", |ui| {
            for cmd in [Cmd::Restart, Cmd::RunFrom, Cmd::Reset, Cmd::Clone, Cmd::Remove] {
                command(ui, cmd, false, state, wanted);
            }
        })
        .response
        .widget_info(|| egui::WidgetInfo::labeled(egui::WidgetType::Button, true, "More actions"));
    });
}

fn change(action: Action) -> Wish {
    Wish::Change(Request::user(vec![action]))
}

fn title(ui: &mut Ui, node: &Node) {
    let theme = Theme::of(ui.ctx());
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if node.name != node.id.as_str() {
                ui.label(mono(node.id.as_str()).color(theme.faint));
            }
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                let name = RichText::new(&node.name).size(16.0).family(family_strong());
                ui.add(Label::new(name).truncate());
            });
        });
    });
}

/// The last lines it printed.
fn output(ui: &mut Ui, state: &State) {
    let theme = Theme::of(ui.ctx());
    let Some(output) = state.output_selected().filter(|o| o.run.is_some()) else { return };
    ui.add_space(6.0);
    section(ui, "Last output");
    let frame = egui::Frame::new().fill(theme.canvas).corner_radius(8).inner_margin(10);
    frame.show(ui, |ui| {
        ui.take_available_width();
        ui.spacing_mut().item_spacing.y = 3.0;
        let (lines, color) = match (output.stderr.is_empty(), output.stdout.is_empty()) {
            (false, _) => (&output.stderr, theme.tint(Tone::Failed).text),
            (_, false) => (&output.stdout, theme.dim),
            _ => {
                ui.label(mono("it has printed nothing").color(theme.faint));
                return;
            }
        };
        for line in &lines[lines.len().saturating_sub(LINES)..] {
            // What is wrong often stands at the end of a long line.
            let (end, _) = line.text.char_indices().nth(LONGEST).unwrap_or((line.text.len(), ' '));
            ui.add(Label::new(mono(&line.text[..end]).color(color)).wrap());
        }
    });
}
