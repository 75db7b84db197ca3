//! Makes something new: a form, what would come of it, and the one button that does it.

mod form;

use egui::{Align, ComboBox, Grid, Key, Layout, Modifiers, RichText, ScrollArea, TextEdit, Ui};
use threados_core::action::Action;
use threados_core::engine::protocol::Fault;
use threados_core::grammar::{Command, parse_line};
use threados_core::thread_template::ThreadTemplate;
use threados_core::workspace::Request;

use self::form::{Form, Kind, Make, Slot};
use super::diff;
use super::inspector::{copyable, said};
use super::widget::{modal, primary, steady, switch};
use crate::command::Cmd;
use crate::draft::{Draft, Made};
use crate::link::Wish;
use crate::scene::Scene;
use crate::state::State;
use crate::theme::Theme;
use crate::window::Do;

/// The names of the fields, the gap, and the fields: as wide as the dialogue.
const NAMES: f32 = 116.0;
const GAP: f32 = 14.0;
const WIDTH: f32 = 510.0;

/// How many ids are offered to choose from.
const OFFERED: usize = 200;

/// The dialogue in which something is made.
#[derive(Debug, Default)]
pub struct Composer {
    form: Option<Form>,
    /// A command whose template is not read yet.
    waits: Option<Cmd>,
    fresh: bool,
    /// What it began with.
    first: Option<Form>,
}

impl Composer {
    /// Opens the form of a command.
    pub fn open(&mut self, cmd: Cmd) {
        *self = Self { waits: Some(cmd), fresh: true, ..Self::default() };
    }

    /// Opens the form of a template.
    pub fn open_template(&mut self, template: &ThreadTemplate) {
        let form = Some(Form::template(template, ""));
        *self = Self { first: form.clone(), form, fresh: true, ..Self::default() };
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.form.is_some() || self.waits.is_some()
    }

    /// Shows it while it is open.
    pub fn show(&mut self, ui: &Ui, state: &State, wanted: &mut Vec<Do>) {
        if let Some(form) = self.waits.and_then(|cmd| Form::of(cmd, state)) {
            (self.first, self.form, self.waits) = (Some(form.clone()), Some(form), None);
        }
        let (Some(form), true) = (&mut self.form, state.question.is_none()) else { return };
        let draft = form.draft();
        let came = state.previewed(&draft);
        let mut done = false;
        let fresh = std::mem::take(&mut self.fresh);
        let height = (ui.ctx().content_rect().height() - 120.0).max(240.0);
        let modal = modal(ui.ctx(), "compose").show(ui.ctx(), |ui| {
            ui.set_width(NAMES + GAP + WIDTH);
            ui.set_max_height(height);
            ui.heading(form.title.as_str());
            ui.label(RichText::new(form.about.as_str()).color(Theme::of(ui.ctx()).dim));
            slots(ui, form, state.scene.as_deref(), fresh, height * 0.5);
            outcome(ui, (form, &draft), came, height * 0.36, wanted);
            done = steady(ui, "compose", |ui| buttons(ui, form, came, wanted));
        });
        if form.is_begun() {
            wanted.push(Do::Draft(draft));
        }
        let escape = ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape));
        // A click beside it takes away nothing that was typed.
        let beside = modal.should_close() && self.first == self.form;
        if done || escape || beside {
            *self = Self::default();
        }
    }
}

fn slots(ui: &mut Ui, form: &mut Form, scene: Option<&Scene>, fresh: bool, height: f32) {
    let agent = form.make == Make::Step && form.slots.get(2).is_some_and(|s| s.text != "shell");
    let is_step = form.make == Make::Step;
    let skipped = |label: &str| is_step && ((label == "Command" && agent) || (label == "Prompt" && !agent));
    let hidden: Vec<bool> = form.slots.iter().map(|s| skipped(&s.label)).collect();
    ScrollArea::vertical().id_salt("slots").max_height(height).auto_shrink([false, true]).show(ui, |ui| {
        Grid::new("slots").num_columns(2).min_col_width(NAMES).spacing([GAP, 10.0]).show(ui, |ui| {
            for (i, slot) in form.slots.iter_mut().enumerate().filter(|(i, _)| !hidden[*i]) {
                let faint = Theme::of(ui.ctx()).faint;
                let label = ui.label(RichText::new(slot.label.as_str()).size(12.0).color(faint));
                let label = label.on_hover_text(slot.hint.as_str());
                input(ui, slot, scene, label.id, fresh && i == 0);
                ui.end_row();
            }
        });
    });
}

fn input(ui: &mut Ui, slot: &mut Slot, scene: Option<&Scene>, label: egui::Id, focus: bool) {
    let padding = egui::Margin::symmetric(8, 6);
    let hint = slot.hint.clone();
    match &slot.kind {
        Kind::Switch => {
            let mut on = slot.text == "true";
            if switch(ui, &slot.label, &hint, &mut on) {
                slot.text = on.to_string();
            }
        }
        Kind::Choice(words) => {
            let combo = ComboBox::from_id_salt(slot.label.as_str()).selected_text(slot.text.as_str());
            let combo = combo.width(WIDTH).show_ui(ui, |ui| {
                for word in words {
                    ui.selectable_value(&mut slot.text, word.clone(), word.as_str());
                }
            });
            combo.response.labelled_by(label);
        }
        Kind::Long => {
            let edit = TextEdit::multiline(&mut slot.text).hint_text(hint).margin(padding).desired_rows(3);
            ui.add(edit.desired_width(WIDTH)).labelled_by(label);
        }
        Kind::Ids => {
            ui.horizontal(|ui| {
                let edit = TextEdit::singleline(&mut slot.text)
                    .hint_text(hint)
                    .margin(padding)
                    .desired_width(WIDTH - 57.0);
                ui.add(edit.code_editor()).labelled_by(label);
                ui.menu_button("Add", |ui| offer(ui, slot, scene));
            });
        }
        Kind::Line | Kind::Argv => {
            let edit =
                TextEdit::singleline(&mut slot.text).hint_text(hint).margin(padding).desired_width(WIDTH);
            let edit = if slot.kind == Kind::Argv { edit.code_editor() } else { edit };
            let field = ui.add(edit).labelled_by(label);
            if focus {
                field.request_focus();
            }
        }
    }
}

/// The steps and gates there are.
fn offer(ui: &mut Ui, slot: &mut Slot, scene: Option<&Scene>) {
    ScrollArea::vertical().max_height(300.0).show(ui, |ui| {
        for node in scene.iter().flat_map(|s| s.nodes.iter()).take(OFFERED) {
            let chosen = slot.text.split([',', ' ']).any(|w| w == node.id.as_str());
            if !chosen && ui.button(node.id.as_str()).clicked() {
                let comma = if slot.text.trim().is_empty() { "" } else { ", " };
                slot.text = format!("{}{comma}{}", slot.text.trim(), node.id);
            }
        }
    });
}

/// What would come of it, or why it cannot be done and what helps.
fn outcome(
    ui: &mut Ui,
    (form, draft): (&Form, &Draft),
    came: Option<&Result<Made, Fault>>,
    height: f32,
    wanted: &mut Vec<Do>,
) {
    let theme = Theme::of(ui.ctx());
    match came {
        None => {
            drop(ui.label(RichText::new(if form.is_begun() { "\u{2026}" } else { "" }).color(theme.faint)))
        }
        Some(Err(fault)) => {
            said(ui, fault);
            if let Some((line, wish)) = fault.hint.as_deref().and_then(mend) {
                let button = ui.button(line);
                if button.on_hover_text("Do this, and try again").clicked() {
                    wanted.push(Do::Wish(wish));
                }
            }
        }
        Some(Ok(made)) => {
            let (added, removed) = diff::counts(&made.diff);
            let ids: Vec<&str> = made.changed.iter().map(|id| id.as_str()).collect();
            let text = format!("+{added} \u{2212}{removed} lines \u{b7} {}", ids.join(", "));
            ui.add(egui::Label::new(RichText::new(text).size(12.0).color(theme.dim)).truncate());
            if !made.diff.is_empty() {
                diff::show(ui, "preview", &made.diff, (height - 90.0).max(60.0));
            }
            let line = match draft {
                Draft::Lines(_) => made.wish.line(),
                Draft::Template { .. } => draft.line(),
            };
            ScrollArea::vertical().id_salt("lines").max_height(70.0).show(ui, |ui| copyable(ui, &line));
        }
    }
}

/// The line that a hint ends with, where it only lists a program.
pub fn mend(hint: &str) -> Option<(String, Wish)> {
    let line = &hint[hint.find("seqctl policy allow ")?..];
    match parse_line(line).ok()? {
        Command::Change(action @ Action::PolicyAllow(_)) => {
            Some((line.to_owned(), Wish::Change(Request::user(vec![action]))))
        }
        _ => None,
    }
}

fn buttons(ui: &mut Ui, form: &Form, came: Option<&Result<Made, Fault>>, wanted: &mut Vec<Do>) -> bool {
    let made = came.and_then(|c| c.as_ref().ok());
    let mut done = false;
    let row = egui::vec2(ui.available_width(), 32.0);
    ui.allocate_ui_with_layout(row, Layout::right_to_left(Align::Center), |ui| {
        let enter = ui.input_mut(|i| i.consume_key(Modifiers::COMMAND, Key::Enter));
        let clicked = primary(ui, form.verb, made.is_some()).on_hover_text("Ctrl Enter").clicked();
        if let Some(made) = made.filter(|_| clicked || enter) {
            wanted.push(Do::Wish(made.wish.clone()));
            done = true;
        }
        done |= ui.button("Cancel").clicked();
    });
    done
}

/// The menu of all that can be made.
pub fn menu(ui: &mut Ui, state: &State, wanted: &mut Vec<Do>) {
    let named = crate::command::COMMANDS.iter().filter(|e| matches!(e.cmd, Cmd::New(_)));
    for entry in named {
        let button = ui.add_enabled(entry.cmd.is_available(state), egui::Button::new(entry.label));
        if button.on_hover_text(entry.tooltip).clicked() {
            wanted.push(Do::Cmd(entry.cmd));
        }
    }
    let own = |t: &&ThreadTemplate| {
        !threados_core::thread_template::BUILTIN.iter().any(|(name, _)| *name == t.name)
    };
    for template in state.templates.iter().filter(own) {
        if ui.button(format!("New {}", template.name)).on_hover_text(&template.description).clicked() {
            wanted.push(Do::Template(template.name.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::mend;

    #[test]
    fn only_what_a_hint_allows_is_offered_as_a_mend() {
        assert!(mend("to allow it, run: seqctl policy allow sh").is_some());
        assert!(mend("run: seqctl policy mode power").is_none());
        assert!(mend("look there").is_none());
    }
}
