//! The prompt of a step, to edit.

use std::collections::BTreeMap;

use egui::{Key, Modifiers, RichText, ScrollArea, TextEdit, Ui};
use threados_core::action::PromptSet;
use threados_core::id::NodeId;
use threados_core::model::Step;

use super::change;
use crate::panel::widget::{primary, section};
use crate::state::State;
use crate::theme::Theme;
use crate::window::Do;

/// What is typed and not saved yet.
#[derive(Debug, Default)]
pub struct PromptEditor {
    about: Option<NodeId>,
    typed: Option<String>,
    /// The same of other steps, for when they are looked at again.
    kept: BTreeMap<NodeId, String>,
}

impl PromptEditor {
    /// Shows it.
    pub fn show(&mut self, ui: &mut Ui, step: &Step, state: &State, wanted: &mut Vec<Do>) {
        if self.about != state.selected {
            self.kept.extend(self.about.take().zip(self.typed.take()));
            self.about.clone_from(&state.selected);
            self.typed = self.about.as_ref().and_then(|about| self.kept.remove(about));
        }
        let Some(detail) = state.detail_selected() else { return };
        if self.typed.as_ref().is_some_and(|t| *t == detail.prompt) {
            self.typed = None;
        }
        let theme = Theme::of(ui.ctx());
        let mut text = self.typed.as_ref().unwrap_or(&detail.prompt).clone();
        ui.horizontal(|ui| {
            let save = PromptSet { id: step.id.clone(), text: Some(text.clone()), file: None };
            let wish = change(save.into());
            let button = primary(ui, "Save prompt", self.typed.is_some());
            let line = format!("seqctl prompt set {} --file \u{2026}\n(Ctrl S)", step.id);
            let saves = self.typed.is_some() && ui.input_mut(|i| i.consume_key(Modifiers::COMMAND, Key::S));
            if button.on_hover_text(line).clicked() || saves {
                wanted.push(Do::Wish(wish));
            }
            if self.typed.is_some() && ui.button("Revert").clicked() {
                self.typed = None;
            }
        });
        let what = match step.model.is_shell() {
            true if !step.command.is_empty() => "It has a command, so this text is not used.",
            true => "A script for sh.",
            false => "What the agent is told. {{ inputs }} becomes what the steps before it came to.",
        };
        ui.label(RichText::new(what).size(11.5).color(theme.faint));
        ScrollArea::vertical().id_salt("prompt").auto_shrink(false).show(ui, |ui| {
            let name = ui.label(RichText::new("Prompt").size(11.0).color(theme.faint));
            let edit = TextEdit::multiline(&mut text).code_editor().desired_rows(18);
            let edit = ui.add(edit.desired_width(f32::INFINITY)).labelled_by(name.id);
            if edit.changed() {
                self.typed = Some(text);
            }
            if let Some(sent) = &detail.sent {
                section(ui, "As it was sent in that run");
                ui.label(super::mono(sent.as_str()).color(theme.dim));
            }
        });
    }
}
