//! The panel on the right: all about the selection, and what can be done with it.

mod decide;
mod edit;
mod left;
mod overview;
mod prompt;

use egui::{Align, Label, Layout, RichText, ScrollArea, Ui};
use threados_core::action::Action;
use threados_core::dag::{Hold, Why};
use threados_core::id::NodeId;
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
                    why(ui, node, state, wanted);
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
            why(ui, node, state, wanted);
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

/// What holds it, where the waiting begins, and the line that frees it.
fn why(ui: &mut Ui, node: &Node, state: &State, wanted: &mut Vec<Do>) {
    let Some(why) = state.why_selected() else { return in_short(ui, node) };
    if why.holds.is_empty() {
        ui.add_space(4.0);
        return;
    }
    ui.add_space(8.0);
    ui.scope(|ui| holds(ui, node, why, wanted));
    ui.add_space(6.0);
}

/// What its card says, until all of it is known.
fn in_short(ui: &mut Ui, node: &Node) {
    if !matches!(node.tone, Tone::Waiting | Tone::Failed) {
        return;
    }
    ui.add_space(8.0);
    heading(ui, node);
    ui.label(&node.says);
    ui.add_space(6.0);
}

fn heading(ui: &mut Ui, node: &Node) {
    section(ui, if node.tone == Tone::Failed { "Why it failed" } else { "What it waits for" });
}

fn holds(ui: &mut Ui, node: &Node, why: &Why, wanted: &mut Vec<Do>) {
    heading(ui, node);
    ui.spacing_mut().item_spacing.y = 5.0;
    for hold in &why.holds {
        let text = words::hold(hold);
        match held_by(hold) {
            Some(id) => go(ui, text, &id, "Show it", wanted),
            None => drop(ui.label(text)),
        }
    }
    // Where the waiting begins, where that is farther away.
    let direct: Vec<NodeId> = why.holds.iter().filter_map(held_by).collect();
    let roots = why.roots.iter().filter(|r| r.id != why.id && !direct.contains(&r.id));
    for root in roots.take(4) {
        let free = root.free.as_deref().unwrap_or("only time helps");
        go(ui, format!("\u{2192} {}", root.cause), &root.id, free, wanted);
    }
    hint(ui, why);
}

/// A line that leads to a step or gate.
fn go(ui: &mut Ui, text: String, id: &NodeId, about: &str, wanted: &mut Vec<Do>) {
    let color = Theme::of(ui.ctx()).text;
    if ui.link(RichText::new(text).color(color)).on_hover_text(about).clicked() {
        wanted.push(Do::Go(id.clone()));
    }
}

/// The step or gate that holds another.
fn held_by(hold: &Hold) -> Option<NodeId> {
    match hold {
        Hold::Dependency { id, .. } => Some(id.into()),
        Hold::Gate { id, .. } => Some(id.into()),
        Hold::GroupFailed { member, .. } => Some(member.into()),
        Hold::Watchdog { of } => Some(of.into()),
        Hold::Orchestrator { lead, .. } => Some(lead.into()),
        _ => None,
    }
}

/// The line to type, where the node itself is what has to be freed.
fn hint(ui: &mut Ui, why: &Why) {
    let own = why.roots.iter().find(|r| r.id == why.id).and_then(|r| r.free.as_deref());
    if let Some(line) = own {
        let theme = Theme::of(ui.ctx());
        let label = Label::new(mono(line).color(theme.faint)).sense(egui::Sense::click());
        if ui.add(label).on_hover_text("Click to copy").clicked() {
            ui.ctx().copy_text(line.to_owned());
        }
    }
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
