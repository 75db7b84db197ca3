//! What holds a step or gate, where the waiting begins, and what frees it: a click where that is harmless, else the line.

use egui::{RichText, Ui, WidgetInfo, WidgetType};
use threados_core::action::Action;
use threados_core::dag::{Hold, Why};
use threados_core::grammar::{Command, Control, RunOptions, StepRestart, parse_line};
use threados_core::id::NodeId;

use super::{change, copyable};
use crate::link::Wish;
use crate::panel::widget::{hint, link, section};
use crate::scene::{Node, Scene, Tone};
use crate::state::State;
use crate::theme::Theme;
use crate::window::Do;
use crate::words;

/// How many places farther away are named where the waiting begins.
const MOST: usize = 4;

/// Shows it.
pub(super) fn show(ui: &mut Ui, scene: &Scene, node: &Node, state: &State, wanted: &mut Vec<Do>) {
    let Some(why) = state.why_selected() else { return in_short(ui, node) };
    if why.holds.is_empty() {
        ui.add_space(4.0);
        return;
    }
    ui.add_space(8.0);
    ui.scope(|ui| holds(ui, scene, node, why, wanted));
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

fn holds(ui: &mut Ui, scene: &Scene, node: &Node, why: &Why, wanted: &mut Vec<Do>) {
    heading(ui, node);
    ui.spacing_mut().item_spacing.y = 5.0;
    for hold in &why.holds {
        let text = words::hold(hold, |id| scene.name_of(id));
        match held_by(hold) {
            Some(id) => {
                let root = why.roots.iter().find(|root| root.id == id);
                go(ui, text, &id, "Show it", root.and_then(|root| root.free.as_deref()), wanted);
            }
            None => drop(ui.label(text)),
        }
    }
    // Where the waiting begins, where that is farther away.
    let direct: Vec<NodeId> = why.holds.iter().filter_map(held_by).collect();
    let roots = why.roots.iter().filter(|r| r.id != why.id && !direct.contains(&r.id));
    for root in roots.take(MOST) {
        let free = root.free.as_deref();
        let about = free.unwrap_or("only time helps");
        go(ui, format!("\u{2192} {}", root.cause), &root.id, about, free, wanted);
    }
    line(ui, why);
}

/// A line that leads to a step or gate, with the button that frees it.
fn go(ui: &mut Ui, text: String, id: &NodeId, about: &str, free: Option<&str>, wanted: &mut Vec<Do>) {
    let color = Theme::of(ui.ctx()).text;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().interact_size.y = 22.0;
        ui.spacing_mut().button_padding.y = 2.0;
        if link(ui, RichText::new(text).color(color)).on_hover_text(about).clicked() {
            wanted.push(Do::Go(id.clone()));
        }
        if let Some((label, wish)) = free.and_then(way) {
            let button = ui.button(RichText::new(label).size(12.0));
            let name = format!("{label} {id}");
            button.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, name.as_str()));
            if hint(button, |_| wish.in_short()).clicked() {
                wanted.push(Do::Wish(wish));
            }
        }
    });
}

/// What frees it with a click: a yes at a gate, or once more what failed. Work is accepted where it was looked at.
fn way(free: &str) -> Option<(&'static str, Wish)> {
    match parse_line(free).ok()? {
        Command::Change(action @ Action::GateApprove(_)) => Some(("Approve", change(action))),
        Command::Control(Control::Restart(StepRestart { id, options })) => {
            let options = RunOptions { detach: true, ..options };
            Some(("Restart", Wish::Control(Control::Restart(StepRestart { id, options }))))
        }
        _ => None,
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
fn line(ui: &mut Ui, why: &Why) {
    let own = why.roots.iter().find(|r| r.id == why.id).and_then(|r| r.free.as_deref());
    own.into_iter().for_each(|line| copyable(ui, line));
}
