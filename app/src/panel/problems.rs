//! What is wrong: each fault of a file with its place and the text there, each step that failed with its reason.

use egui::{Label, RichText, ScrollArea, Ui};
use threados_core::id::NodeId;

use super::widget::{link, mono, quiet, rows};
use crate::canvas::marks;
use crate::link::Found;
use crate::scene::{Node, Scene, Tone};
use crate::state::State;
use crate::theme::Theme;
use crate::window::Do;

/// How many failed steps are listed.
const MOST: usize = 500;

/// Shows it.
pub fn show(ui: &mut Ui, state: &State, wanted: &mut Vec<Do>) {
    let none: &[Node] = &[];
    let nodes = state.scene.as_deref().map_or(none, |s: &Scene| &s.nodes);
    let failed: Vec<_> = nodes.iter().filter(|n| n.tone == Tone::Failed).take(MOST).collect();
    if state.problems.is_empty() && failed.is_empty() {
        return quiet(ui, "Nothing is wrong: the files are valid and no step failed.");
    }
    let theme = Theme::of(ui.ctx());
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 5.0;
        for found in state.problems.iter() {
            fault(ui, found, state, wanted);
        }
        let high = ui.spacing().interact_size.y;
        rows(ui, high, failed.len(), |ui, n| {
            let node = failed[n];
            ui.horizontal(|ui| {
                marks::inline(ui, node.tone, theme.tint(node.tone).mark, theme.panel);
                if link(ui, RichText::new(&node.name)).on_hover_text("Show it").clicked() {
                    wanted.push(Do::Go(node.id.clone()));
                }
                ui.label(RichText::new(&node.says).color(theme.tint(node.tone).text));
            });
        });
    });
}

fn fault(ui: &mut Ui, found: &Found, state: &State, wanted: &mut Vec<Do>) {
    let theme = Theme::of(ui.ctx());
    let p = &found.fault.problem;
    ui.horizontal_wrapped(|ui| {
        marks::inline(ui, Tone::Failed, theme.tint(Tone::Failed).mark, theme.panel);
        let place = format!("{}:{}:{}", found.fault.file, p.line, p.column);
        if link(ui, mono(place.as_str())).on_hover_text("Click to copy the place, for an editor").clicked() {
            ui.ctx().copy_text(place);
        }
        ui.label(&p.message);
        if let Some(hint) = &p.hint {
            ui.label(RichText::new(hint).color(theme.dim));
        }
        if let Some(id) = about(&p.path, state)
            && ui.button(format!("Show {id}")).clicked()
        {
            wanted.push(Do::Go(id));
        }
    });
    if !found.text.is_empty() {
        ui.horizontal(|ui| {
            ui.add_space(22.0);
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                ui.add(Label::new(mono(format!("{:>5} | {}", p.line, found.text)).color(theme.dim)).extend());
                let before = found.text.chars().count().min(p.column.saturating_sub(1) as usize);
                let caret = format!("{:>5} | {}^", "", " ".repeat(before));
                ui.add(Label::new(mono(caret).color(theme.tint(Tone::Failed).text)).extend());
            });
        });
    }
}

/// The step or gate that a path such as `steps[3].depends_on[0]` is about, where it is one that is shown.
fn about(path: &str, state: &State) -> Option<NodeId> {
    let sequence = state.scene.as_ref()?.snapshot.sequence();
    let (list, rest) = path.split_once('[')?;
    let index: usize = rest.split(']').next()?.parse().ok()?;
    match list {
        "steps" => sequence.steps.get(index).map(|s| (&s.id).into()),
        "gates" => sequence.gates.get(index).map(|g| (&g.id).into()),
        _ => None,
    }
}
