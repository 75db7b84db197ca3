//! What an attempt left behind: its summary, what it changed, its files; and the attempts before.

use egui::{RichText, ScrollArea, Ui};
use threados_core::model::StepStatus;
use threados_core::wrapper::sandbox::Level;

use crate::canvas::marks;
use crate::detail::{Attempt, Detail};
use crate::panel::diff;
use crate::panel::widget::{link, mono, section};
use crate::scene::Tone;
use crate::state::State;
use crate::theme::Theme;
use crate::window::Do;
use crate::words;

/// What it changed and left behind.
pub fn result(ui: &mut Ui, state: &State) {
    let Some(detail) = state.detail_selected() else { return };
    let theme = Theme::of(ui.ctx());
    let Some(run) = &detail.run else {
        ui.label(RichText::new("It has not run yet, so it has left nothing.").color(theme.faint));
        return;
    };
    ScrollArea::vertical().id_salt("result").auto_shrink(false).show(ui, |ui| {
        ui.label(mono(run.as_str()).color(theme.faint));
        if let Some(level) = detail.sandbox {
            ui.label(RichText::new(held(level)).size(12.0).color(theme.dim));
        }
        if let Some(summary) = &detail.summary {
            section(ui, "Summary");
            ui.label(summary.trim_end());
        }
        changes(ui, detail);
        files(ui, detail);
    });
}

fn held(level: Level) -> String {
    match level {
        Level::None => "Sandbox: none, nothing held it".to_owned(),
        level => format!("Sandbox: {level}"),
    }
}

fn changes(ui: &mut Ui, detail: &Detail) {
    let theme = Theme::of(ui.ctx());
    section(ui, "What it changed");
    match &detail.diff {
        Some(patch) => {
            let (added, removed) = diff::counts(patch);
            ui.label(
                RichText::new(format!("{added} lines more, {removed} less")).size(12.0).color(theme.dim),
            );
            diff::show(ui, "patch", patch, 420.0);
        }
        None => drop(
            ui.label(
                RichText::new("No diff was kept. Keep its diff, in Edit, keeps one of the next run.")
                    .color(theme.faint),
            ),
        ),
    }
    for note in &detail.notes {
        ui.label(RichText::new(note).size(12.0).color(theme.dim));
    }
}

fn files(ui: &mut Ui, detail: &Detail) {
    let theme = Theme::of(ui.ctx());
    section(ui, "Artifacts");
    if detail.artifacts.is_empty() {
        ui.label(RichText::new("No files were kept.").color(theme.faint));
        return;
    }
    for (name, bytes) in &detail.artifacts {
        ui.horizontal(|ui| {
            let path = format!("{}/artifacts/{name}", detail.folder);
            if link(ui, mono(name.as_str()))
                .on_hover_text(format!("{path}\nClick to copy the path"))
                .clicked()
            {
                ui.ctx().copy_text(path);
            }
            ui.label(mono(size(*bytes)).color(theme.faint));
        });
    }
}

/// The attempts, the newest first. One that is clicked is looked at.
pub fn history(ui: &mut Ui, state: &State, wanted: &mut Vec<Do>) {
    let Some(detail) = state.detail_selected() else { return };
    let theme = Theme::of(ui.ctx());
    if detail.history.is_empty() {
        ui.label(RichText::new("It has no ended attempt yet.").color(theme.faint));
        return;
    }
    ScrollArea::vertical().id_salt("attempts").auto_shrink(false).show(ui, |ui| {
        for attempt in &detail.history {
            one(ui, attempt, detail.run.as_ref() == Some(&attempt.run), state, wanted);
        }
    });
}

fn one(ui: &mut Ui, attempt: &Attempt, shown: bool, state: &State, wanted: &mut Vec<Do>) {
    let theme = Theme::of(ui.ctx());
    let tone = match attempt.status {
        StepStatus::Done => Tone::Done,
        StepStatus::NeedsReview => Tone::Review,
        StepStatus::Failed => Tone::Failed,
        _ => Tone::Ready,
    };
    ui.horizontal(|ui| {
        marks::inline(ui, tone, theme.tint(tone).mark, theme.panel);
        let when = state.local(attempt.at).format("%m-%d %H:%M:%S").to_string();
        let named = ui.selectable_label(shown, mono(when));
        if named.on_hover_text(format!("{}\nShow what this run left behind", attempt.run)).clicked() {
            wanted.push(Do::Look(Some(attempt.run.clone())));
        }
        ui.label(mono(words::millis(attempt.took_ms)).color(theme.dim));
        if attempt.attempt > 1 {
            ui.label(mono(format!("try {}", attempt.attempt)).color(theme.dim));
        }
        let reason = attempt.reason.as_deref().unwrap_or(tone.word());
        ui.add(egui::Label::new(RichText::new(reason).color(theme.tint(tone).text)).truncate());
    });
}

/// A size as a person says it.
fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{:.1} KiB", bytes as f64 / 1024.0),
        _ => format!("{:.1} MiB", bytes as f64 / 1_048_576.0),
    }
}
