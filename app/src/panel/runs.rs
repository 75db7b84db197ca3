//! Every run that is kept: how it came out, when, how long; a click looks at its logs.

use egui::{Grid, RichText, ScrollArea, Ui};
use threados_core::engine::RunEntry;
use threados_core::engine::protocol::RunState;
use threados_core::grammar::{Command, to_line};

use super::widget::{mono, no_run_yet};
use crate::canvas::marks;
use crate::scene::Tone;
use crate::state::State;
use crate::theme::Theme;
use crate::window::Do;
use crate::words;

/// In less than that a run's columns find no room side by side.
const NARROW: f32 = 340.0;

/// Shows them, the newest first.
pub fn show(ui: &mut Ui, state: &State, wanted: &mut Vec<Do>) {
    if state.runs.is_empty() {
        return no_run_yet(ui, "No run yet. Each is kept here, with how it came out.", state, wanted);
    }
    if ui.available_width() < NARROW {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            for run in state.runs.iter() {
                ui.push_id(&run.id, |ui| narrow(ui, run, state, wanted));
                ui.add_space(6.0);
            }
        });
        return;
    }
    ScrollArea::both().auto_shrink(false).show(ui, |ui| {
        Grid::new("runs").num_columns(5).spacing([18.0, 5.0]).show(ui, |ui| {
            for run in state.runs.iter() {
                outcome(ui, run);
                name(ui, run, state, wanted);
                told(ui, run);
                ui.end_row();
            }
        });
    });
}

/// One below the other, where side by side they would be cut.
fn narrow(ui: &mut Ui, run: &RunEntry, state: &State, wanted: &mut Vec<Do>) {
    ui.spacing_mut().item_spacing.y = 2.0;
    ui.spacing_mut().interact_size.y = 20.0;
    outcome(ui, run);
    // Below the word, not below the mark.
    ui.horizontal(|ui| {
        ui.add_space(10.0);
        name(ui, run, state, wanted);
    });
    ui.horizontal_wrapped(|ui| {
        ui.add_space(22.0);
        told(ui, run);
    });
}

fn outcome(ui: &mut Ui, run: &RunEntry) {
    let theme = Theme::of(ui.ctx());
    let record = run.record.as_ref();
    let (tone, word) = match record.map(|r| r.state) {
        _ if run.open => (Tone::Running, "running"),
        Some(RunState::Done) => (Tone::Done, "done"),
        Some(RunState::Failed) => (Tone::Failed, "failed"),
        Some(RunState::Waiting) => (Tone::Review, "waits for you"),
        Some(RunState::Stopped) => (Tone::Failed, "stopped"),
        Some(RunState::Running) | None => (Tone::Waiting, "no record"),
    };
    ui.horizontal(|ui| {
        marks::inline(ui, tone, theme.tint(tone).mark, theme.panel);
        ui.label(RichText::new(word).color(theme.tint(tone).text));
    });
}

fn name(ui: &mut Ui, run: &RunEntry, state: &State, wanted: &mut Vec<Do>) {
    let shown = state.run.as_ref() == Some(&run.id);
    let name = ui.selectable_label(shown, mono(run.id.as_str()));
    if name.on_hover_text("Show what the selected step printed in this run").clicked() {
        wanted.push(Do::Look(Some(run.id.clone()).filter(|_| !shown)));
    }
}

/// What was asked for, how long it took, and how the steps stand.
fn told(ui: &mut Ui, run: &RunEntry) {
    let theme = Theme::of(ui.ctx());
    let Some(record) = run.record.as_ref() else { return };
    ui.label(mono(to_line(&Command::Control(record.control.clone()))).color(theme.dim));
    ui.label(mono(record.duration_ms.map(words::millis).unwrap_or_default()).color(theme.dim));
    let counts: Vec<String> = record
        .counts
        .iter()
        .filter(|(_, n)| **n > 0)
        .map(|(status, n)| format!("{n} {}", status.as_str().to_lowercase().replace('_', " ")))
        .collect();
    ui.label(RichText::new(counts.join(" \u{b7} ")).size(12.0).color(theme.dim));
}
