//! The panel on the right: all about the selection, and what can be done with it.

use egui::{Align, Label, Layout, RichText, ScrollArea, TextEdit, Ui};
use threados_core::action::{Action, GateApprove, GateBlock, StepReject};
use threados_core::dag::{Hold, Why};
use threados_core::id::{GateId, NodeId, StepId};
use threados_core::workspace::Request;

use super::fields;
use super::widget::{chip, command, mono, section, status_chip, wish};
use crate::command::Cmd;
use crate::link::Wish;
use crate::scene::{Form, Node, Scene, Tone};
use crate::state::State;
use crate::theme::{Theme, family_strong};
use crate::window::Do;
use crate::words;

/// How many lines of output are shown here; all that is kept is in the panel below.
const LINES: usize = 14;

/// The inspector.
#[derive(Debug)]
pub struct Inspector {
    /// Whether it is shown.
    pub open: bool,
    reason: String,
    about: Option<NodeId>,
}

impl Default for Inspector {
    fn default() -> Self {
        Self { open: true, reason: String::new(), about: None }
    }
}

impl Inspector {
    /// Shows it.
    pub fn show(&mut self, ui: &mut Ui, state: &State, wanted: &mut Vec<Do>) {
        if self.about != state.selected {
            self.about.clone_from(&state.selected);
            self.reason.clear();
        }
        ui.take_available_width();
        let (Some(scene), Some(n)) = (&state.scene, state.selected_index()) else {
            return nothing_selected(ui);
        };
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let node = &scene.nodes[n];
            title(ui, node);
            if node.form == Form::Gate {
                self.gate(ui, node, state, wanted);
            } else {
                self.step(ui, scene, n, state, wanted);
            }
        });
    }

    fn step(&mut self, ui: &mut Ui, scene: &Scene, n: usize, state: &State, wanted: &mut Vec<Do>) {
        let (node, Some(step)) = (&scene.nodes[n], scene.step(n)) else { return };
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            status_chip(ui, node.tone, node.status);
            chip(ui, step.kind.as_str());
            chip(ui, step.model.as_str());
        });
        why(ui, node, state, wanted);
        ui.horizontal_wrapped(|ui| {
            for cmd in [Cmd::Run, Cmd::Stop, Cmd::Restart] {
                // Of two that come to the same the simpler one is offered.
                let offered = cmd != Cmd::Restart || node.tone == Tone::Done;
                if cmd.is_available(state) && offered {
                    command(ui, cmd, cmd == Cmd::Run, state, wanted);
                }
            }
        });
        if node.tone == Tone::Review {
            self.review(ui, node, state, wanted);
        }
        ui.add_space(4.0);
        fields::step(ui, step, scene, state, wanted);
        output(ui, state);
    }

    fn review(&mut self, ui: &mut Ui, node: &Node, state: &State, wanted: &mut Vec<Do>) {
        self.reason_field(ui, "Reason, to send it back");
        ui.horizontal_wrapped(|ui| {
            command(ui, Cmd::Accept, true, state, wanted);
            let reason = self.reason.trim().to_owned();
            if reason.is_empty() {
                return;
            }
            let id = StepId::from(&node.id);
            for (label, rework) in [("Send back", true), ("Reject", false)] {
                let reject = StepReject { id: id.clone(), reason: reason.clone(), rework };
                wish(ui, label, false, change(reject.into()), wanted);
            }
        });
    }

    fn gate(&mut self, ui: &mut Ui, node: &Node, state: &State, wanted: &mut Vec<Do>) {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 6.0;
            status_chip(ui, node.tone, node.status);
            chip(ui, "gate");
        });
        why(ui, node, state, wanted);
        self.reason_field(ui, "Reason (optional)");
        let (id, reason) = (GateId::from(&node.id), Some(self.reason.trim().to_owned()));
        let reason = reason.filter(|r| !r.is_empty());
        ui.horizontal_wrapped(|ui| {
            if node.tone != Tone::Done {
                let early = node.tone == Tone::Waiting;
                let approve = GateApprove { id: id.clone(), reason: reason.clone(), early };
                let label = if early { "Approve early" } else { "Approve" };
                wish(ui, label, !early, change(approve.into()), wanted);
            }
            if node.tone != Tone::Failed {
                let block = GateBlock { id: id.clone(), reason: reason.clone(), rework: None };
                wish(ui, "Block", false, change(block.into()), wanted);
            }
        });
        ui.add_space(4.0);
        if let Some(gate) = state.scene.as_ref().and_then(|s| s.gate(state.selected_index()?)) {
            fields::gate(ui, gate, state, wanted);
        }
    }

    fn reason_field(&mut self, ui: &mut Ui, hint: &str) {
        let field = TextEdit::singleline(&mut self.reason).hint_text(hint).desired_width(f32::INFINITY);
        ui.add(field);
    }
}

fn change(action: Action) -> Wish {
    Wish::Change(Request::user(vec![action]))
}

fn nothing_selected(ui: &mut Ui) {
    let theme = Theme::of(ui.ctx());
    ui.label(RichText::new("Nothing is selected").family(family_strong()).color(theme.dim));
    let text = "Click a step or a gate to see what it does, why it waits, and what it prints. \
                The arrow keys go from step to step.";
    ui.label(RichText::new(text).color(theme.faint));
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
    let Some(why) = state.why_selected() else { return };
    if why.holds.is_empty() {
        ui.add_space(4.0);
        return;
    }
    ui.add_space(8.0);
    ui.scope(|ui| holds(ui, node, why, wanted));
    ui.add_space(6.0);
}

fn holds(ui: &mut Ui, node: &Node, why: &Why, wanted: &mut Vec<Do>) {
    section(ui, if node.tone == Tone::Failed { "Why it failed" } else { "What it waits for" });
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
            ui.add(Label::new(mono(line.as_str()).color(color)).truncate());
        }
    });
}
