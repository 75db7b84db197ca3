//! The question before what destroys work.

use egui::{Align, Key, Layout, RichText, ScrollArea, Ui};

use super::diff;
use super::widget::{modal, mono, primary};
use crate::state::State;
use crate::theme::Theme;
use crate::window::Do;
use crate::words;

/// The dialogue.
#[derive(Debug, Default)]
pub struct Dialog;

impl Dialog {
    /// Shows it while something waits for a yes. Enter is yes, Escape no.
    pub fn show(&mut self, ui: &Ui, state: &State, wanted: &mut Vec<Do>) {
        let Some(question) = &state.question else { return };
        let theme = Theme::of(ui.ctx());
        let modal = modal(ui.ctx(), "question").show(ui.ctx(), |ui| {
            ui.set_width(460.0);
            ui.heading(words::question(&question.wish));
            ScrollArea::vertical().id_salt("lines").max_height(96.0).show(ui, |ui| {
                ui.label(mono(question.wish.line()));
            });
            if !question.about.is_empty() {
                about(ui, &question.about);
            }
            ui.add_space(4.0);
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if primary(ui, "Yes, do it", true).clicked() {
                    wanted.push(Do::Answer(true));
                }
                if ui.button("Cancel").clicked() {
                    wanted.push(Do::Answer(false));
                }
                ui.label(RichText::new("Enter \u{b7} Esc").size(11.0).color(theme.faint));
            });
        });
        let (yes, no) = ui.input(|i| (i.key_pressed(Key::Enter), i.key_pressed(Key::Escape)));
        if wanted.iter().any(|w| matches!(w, Do::Answer(_))) {
            return;
        }
        if no || modal.should_close() {
            wanted.push(Do::Answer(false));
        } else if yes {
            wanted.push(Do::Answer(true));
        }
    }
}

/// A sentence, or a diff.
fn about(ui: &mut Ui, text: &str) {
    if text.starts_with("--- ") {
        return diff::show(ui, "question", text, 240.0);
    }
    ScrollArea::vertical().max_height(240.0).show(ui, |ui| {
        ui.label(RichText::new(text).color(Theme::of(ui.ctx()).dim));
    });
}
