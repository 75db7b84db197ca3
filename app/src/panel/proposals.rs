//! What programs and chats ask for, as cards: what would change, and the yes or no that only a person can give.

use egui::{Frame, Label, Margin, RichText, ScrollArea, Stroke, Ui};
use threados_core::proposal::{ProposedAction, Record, Standing};

use super::widget::{mono, primary, section, steady};
use super::{diff, said};
use crate::scene::Tone;
use crate::state::State;
use crate::theme::{Theme, family_strong};
use crate::window::Do;
use crate::words;

/// Those that wait.
pub fn waiting(state: &State) -> Vec<&Record> {
    let now = (state.now)();
    state.proposals.iter().filter(|r| r.standing(now) == Standing::Waiting).collect()
}

/// Shows a card for each that waits.
pub fn show(ui: &mut Ui, state: &State, wanted: &mut Vec<Do>) {
    section(ui, "Proposals");
    ScrollArea::vertical().id_salt("proposals").auto_shrink(false).show(ui, |ui| {
        for record in waiting(state) {
            card(ui, record, state, wanted);
        }
    });
}

fn card(ui: &mut Ui, record: &Record, state: &State, wanted: &mut Vec<Do>) {
    let theme = Theme::of(ui.ctx());
    let line = Stroke::new(1.2, theme.tint(Tone::Review).mark);
    let frame = Frame::new().fill(theme.raised).stroke(line).corner_radius(9).inner_margin(Margin::same(12));
    frame.show(ui, |ui| {
        ui.take_available_width();
        let n = record.actions.len();
        let title = format!("{n} change{} from {}", if n == 1 { "" } else { "s" }, record.asker.source);
        ui.label(RichText::new(title).family(family_strong()));
        let left = words::span(record.lapses_at() - (state.now)());
        let about = if record.context.saw_output {
            format!("It had read what steps printed. Lapses in {left}.")
        } else {
            format!("Lapses in {left}.")
        };
        ui.label(RichText::new(about).size(11.5).color(theme.faint));
        record.actions.iter().for_each(|action| one(ui, action));
        for rejected in &record.rejected {
            ui.add(Label::new(mono(rejected.command.as_str()).strikethrough().color(theme.faint)).wrap());
            said(ui, &rejected.error);
        }
        if !record.sequence_diff.is_empty() {
            ui.collapsing("Diff", |ui| diff::show(ui, record.id.as_str(), &record.sequence_diff, 200.0));
        }
        steady(ui, record.id.as_str(), |ui| buttons(ui, record, wanted));
    });
}

fn one(ui: &mut Ui, action: &ProposedAction) {
    let theme = Theme::of(ui.ctx());
    let color = if action.destructive { theme.tint(Tone::Failed).text } else { theme.tint(Tone::Done).text };
    let sign = if action.destructive { "!" } else { "+" };
    let line = action.command.strip_prefix("seqctl ").unwrap_or(&action.command);
    let label = ui.add(Label::new(mono(format!("{sign} {line}")).color(color)).wrap());
    let undo = if action.reversible { "Undo brings it back." } else { "It cannot be undone." };
    label.on_hover_text(format!("{}\n{undo}\n\n{}", action.description, action.dry_run_result));
}

/// What destroys work is asked for twice, in two acts.
fn buttons(ui: &mut Ui, record: &Record, wanted: &mut Vec<Do>) {
    let again = record.confirmation.given > 0;
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
        if ui.button("Discard").clicked() {
            wanted.push(Do::Judge { id: id(), yes: false, run: false });
        }
    });
    if again {
        let dim = Theme::of(ui.ctx()).dim;
        ui.label(RichText::new("It destroys work or changes what is allowed: once more, please.").color(dim));
    }
}
