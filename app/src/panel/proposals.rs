//! What programs and chats ask for, as cards: what would change, and the yes or no that only a person can give.

use egui::{Frame, Label, Margin, RichText, Stroke, Ui};
use threados_core::chat::ChatResponse;
use threados_core::engine::protocol::Fault;
use threados_core::proposal::{ProposedAction, Record, Rejected, Source, Standing};

use super::widget::{mono, primary, steady};
use super::{diff, said};
use crate::scene::Tone;
use crate::state::State;
use crate::theme::{Theme, family_strong};
use crate::window::Do;
use crate::words;

/// A proposal that is kept: with its buttons while it waits, then with what became of it.
pub fn kept(ui: &mut Ui, record: &Record, state: &State, wanted: &mut Vec<Do>) {
    let now = (state.now)();
    let standing = record.standing(now);
    card(ui, standing, |ui| {
        let from = match record.asker.source {
            Source::Chat => String::new(),
            source => format!(" from {source}"),
        };
        head(ui, &record.actions, &record.rejected, &from, standing);
        if standing == Standing::Waiting {
            let left = record.lapses_at() - now;
            // The buttons go with it.
            ui.ctx().request_repaint_after(left.to_std().unwrap_or_default());
            let read = if record.context.saw_output { "It had read what steps printed. " } else { "" };
            faint(ui, format!("{read}Lapses in {}.", words::span(left)));
        }
        body(ui, record.id.as_str(), &record.actions, &record.rejected, &record.sequence_diff);
        outcome(ui, standing, record.failed.as_ref());
        if standing == Standing::Waiting {
            steady(ui, record.id.as_str(), |ui| buttons(ui, record, wanted));
        }
    });
}

/// A proposal of the chat that waits for nobody: it was applied at once, or can never be.
pub fn settled(ui: &mut Ui, n: usize, response: &ChatResponse) {
    let Some(standing) = response.state else { return };
    card(ui, standing, |ui| {
        head(ui, &response.actions, &response.rejected, "", standing);
        let name = format!("answer {n}");
        body(ui, &name, &response.actions, &response.rejected, &response.sequence_diff);
        let applied = response.applied.as_ref();
        outcome(ui, standing, applied.and_then(|a| a.error()));
    });
}

fn card(ui: &mut Ui, standing: Standing, add: impl FnOnce(&mut Ui)) {
    let theme = Theme::of(ui.ctx());
    let line = match standing {
        Standing::Waiting => Stroke::new(1.2, theme.tint(Tone::Review).mark),
        _ => Stroke::new(1.2, theme.strong),
    };
    let frame = Frame::new().fill(theme.raised).stroke(line).corner_radius(9).inner_margin(Margin::same(12));
    frame.show(ui, |ui| {
        ui.take_available_width();
        add(ui);
    });
}

fn head(ui: &mut Ui, actions: &[ProposedAction], rejected: &[Rejected], from: &str, standing: Standing) {
    let theme = Theme::of(ui.ctx());
    let n = actions.len() + rejected.len();
    let title = format!("{n} change{}{from}", if n == 1 { "" } else { "s" });
    ui.horizontal(|ui| {
        ui.label(RichText::new(title).family(family_strong()));
        let (word, color) = match standing {
            Standing::Waiting => ("waits for your yes", theme.tint(Tone::Review).text),
            Standing::Applied => ("applied", theme.tint(Tone::Done).text),
            Standing::Failed | Standing::Rejected => ("cannot be done", theme.tint(Tone::Failed).text),
            Standing::Used => ("confirmed", theme.dim),
            Standing::Discarded => ("discarded", theme.dim),
            Standing::Lapsed => ("lapsed", theme.dim),
        };
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.label(RichText::new(word).size(11.5).color(color));
        });
    });
}

fn body(ui: &mut Ui, name: &str, actions: &[ProposedAction], rejected: &[Rejected], changes: &str) {
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 4.0;
        actions.iter().for_each(|action| one(ui, action));
    });
    for rejected in rejected {
        let faint = Theme::of(ui.ctx()).faint;
        ui.add(Label::new(mono(rejected.command.as_str()).strikethrough().color(faint)).wrap());
        said(ui, &rejected.error);
    }
    if !changes.is_empty() {
        let (more, less) = diff::counts(changes);
        egui::CollapsingHeader::new(format!("Diff  +{more} \u{2212}{less}"))
            .id_salt(name)
            .show(ui, |ui| diff::show(ui, name, changes, 200.0));
    }
}

/// A line on the shade of what it does: makes, destroys, or only runs.
fn one(ui: &mut Ui, action: &ProposedAction) {
    let theme = Theme::of(ui.ctx());
    let line = action.command.strip_prefix("seqctl ").unwrap_or(&action.command);
    let runs = ["run ", "stop", "restart "].iter().any(|word| line.starts_with(word));
    let (sign, tone) = match (action.destructive, runs) {
        (true, _) => ("!", Some(Tone::Failed)),
        (false, true) => ("\u{25b8}", None),
        (false, false) => ("+", Some(Tone::Done)),
    };
    let (color, ground) = match tone {
        Some(tone) => (theme.tint(tone).text, theme.panel.lerp_to_gamma(theme.tint(tone).mark, 0.12)),
        None => (theme.text, theme.panel),
    };
    let frame = Frame::new().fill(ground).corner_radius(4).inner_margin(Margin::symmetric(8, 4));
    let shown = frame.show(ui, |ui| {
        ui.take_available_width();
        ui.add(Label::new(mono(format!("{sign} {line}")).color(color)).wrap());
    });
    action.notes().for_each(|note| faint(ui, format!("Note: {note}")));
    let undo = if action.reversible { "Undo brings it back." } else { "It cannot be undone." };
    shown.response.on_hover_text(format!("{}\n{undo}\n\n{}", action.description, action.dry_run_result));
}

fn outcome(ui: &mut Ui, standing: Standing, fault: Option<&Fault>) {
    if let Some(fault) = fault {
        said(ui, fault);
    }
    match standing {
        Standing::Lapsed => faint(ui, "Nobody answered in time. Say it again.".to_owned()),
        Standing::Used => faint(ui, "How it went on is not known; the audit log tells.".to_owned()),
        _ => {}
    }
}

/// What destroys work is asked for twice, in two acts.
fn buttons(ui: &mut Ui, record: &Record, wanted: &mut Vec<Do>) {
    let again = record.confirmation.given > 0;
    if again {
        let dim = Theme::of(ui.ctx()).dim;
        ui.label(RichText::new("It destroys work or changes what is allowed: once more, please.").color(dim));
    }
    ui.horizontal_wrapped(|ui| {
        let id = || record.id.clone();
        let apply = if again { "Yes, apply" } else { "Apply" };
        let hint = format!("seqctl confirm {}", record.id);
        if primary(ui, apply, true).on_hover_text(hint).clicked() {
            wanted.push(Do::Judge { id: id(), yes: true, run: false });
        }
        let run = if again { "Yes, apply & run" } else { "Apply & Run" };
        if ui.button(run).on_hover_text("Apply, then run until nothing is left that can start").clicked() {
            wanted.push(Do::Judge { id: id(), yes: true, run: true });
        }
        if ui.button("Discard").on_hover_text("Nothing of it is done").clicked() {
            wanted.push(Do::Judge { id: id(), yes: false, run: false });
        }
    });
}

fn faint(ui: &mut Ui, text: String) {
    ui.label(RichText::new(text).size(11.5).color(Theme::of(ui.ctx()).faint));
}
