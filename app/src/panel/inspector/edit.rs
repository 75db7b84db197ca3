//! Every field of a step, to edit: what is typed is read and rehearsed at once, and saved as one line.

use std::collections::BTreeMap;

use egui::{Align, Button, ComboBox, Grid, Key, Label, Layout, RichText, ScrollArea, TextEdit, Ui};
use threados_core::engine::protocol::Fault;
use threados_core::id::NodeId;
use threados_core::model::Step;

use crate::draft::{Draft, Made, read};
use crate::panel::widget::{hint, mono, primary, row_height, settle, switch};
use crate::scene::Tone;
use crate::state::State;
use crate::step_fields::{FIELDS, Field, Form};
use crate::theme::Theme;
use crate::window::Do;
use crate::words;

/// What is typed and not saved yet.
#[derive(Debug, Default)]
pub struct Editor {
    about: Option<NodeId>,
    typed: BTreeMap<usize, String>,
    /// What the grammar has to say to single fields.
    faults: BTreeMap<usize, Fault>,
    touched: Option<usize>,
    /// Whether it is to be saved as soon as it is known to be good.
    saves: bool,
    /// The same of other steps, for when they are looked at again.
    kept: BTreeMap<NodeId, BTreeMap<usize, String>>,
}

impl Editor {
    /// Whether something is typed that is not saved.
    pub fn is_dirty(&self) -> bool {
        !self.typed.is_empty()
    }

    /// Takes up what was typed about this step, and forgets what is saved by now.
    pub fn follow(&mut self, step: &Step, state: &State) {
        if self.about != state.selected {
            let mut kept = std::mem::take(&mut self.kept);
            let typed = std::mem::take(&mut self.typed);
            kept.extend(self.about.take().filter(|_| !typed.is_empty()).map(|about| (about, typed)));
            let about = state.selected.clone();
            let typed = about.as_ref().and_then(|about| kept.remove(about)).unwrap_or_default();
            *self = Self { about, typed, kept, ..Self::default() };
            self.check(step);
        }
        self.settle(step);
    }

    /// Shows the fields.
    pub fn show(&mut self, ui: &mut Ui, step: &Step, state: &State, wanted: &mut Vec<Do>) {
        let draft = self.draft(step);
        let came = draft.as_ref().and_then(|d| state.previewed(d));
        let refused = came.and_then(|c| c.as_ref().err());
        self.buttons(ui, came, wanted);
        ScrollArea::vertical().id_salt("edit").auto_shrink(false).show(ui, |ui| {
            Grid::new("edit").num_columns(2).spacing([12.0, 8.0]).show(ui, |ui| {
                for (i, field) in FIELDS.iter().enumerate() {
                    self.field(ui, i, field, step, refused);
                }
            });
            settle(ui, "edit");
            let line = draft.as_ref().map(Draft::line).unwrap_or_default();
            if !line.is_empty() {
                copyable(ui, &line);
            }
        });
        if let Some(draft) = draft.filter(|_| self.faults.is_empty()) {
            wanted.push(Do::Draft(draft));
        }
    }

    fn field(&mut self, ui: &mut Ui, i: usize, field: &Field, step: &Step, refused: Option<&Fault>) {
        let theme = Theme::of(ui.ctx());
        let current = (field.get)(step);
        let mut text = self.typed.get(&i).unwrap_or(&current).clone();
        let color = if self.typed.contains_key(&i) { theme.text } else { theme.faint };
        let label = ui.label(RichText::new(field.label).size(12.0).color(color)).on_hover_text(field.hint);
        let before = text.clone();
        let cell = ui.with_layout(Layout::top_down(Align::Min), |ui| {
            self.saves |= input(ui, field, &mut text, label.id);
            let semantic = refused.filter(|_| self.faults.is_empty() && self.touched == Some(i));
            if let Some(fault) = self.faults.get(&i).or(semantic) {
                said(ui, fault);
            }
        });
        row_height(ui, "edit", cell.response.rect.height());
        ui.end_row();
        if text != before {
            (self.touched, self.saves) = (Some(i), false);
            self.typed.insert(i, text);
            self.check(step);
        }
    }

    /// What was saved, or typed back to what it was, is no edit any more.
    fn settle(&mut self, step: &Step) {
        let before = self.typed.len();
        self.typed.retain(|i, text| (FIELDS[*i].get)(step) != *text);
        if self.typed.len() != before {
            self.check(step);
        }
    }

    fn check(&mut self, step: &Step) {
        let fault = |(i, text): (&usize, &String)| {
            let field = &FIELDS[*i];
            if field.form == Form::Argv && text.trim().is_empty() {
                let fault =
                    Fault::new(threados_core::workspace::ErrorClass::Usage, "USAGE", "it needs a program");
                return Some((*i, fault.hint("for a prompt in its place, name an agent as the model")));
            }
            // Retries and their wait go together.
            let line = format!("step edit {}{}", step.id, field.words(text));
            read(&[line]).err().map(|fault| (*i, fault))
        };
        self.faults = self.typed.iter().filter_map(fault).collect();
    }

    fn draft(&self, step: &Step) -> Option<Draft> {
        if self.typed.is_empty() {
            return None;
        }
        let words = |argv: bool| {
            let fields = self.typed.iter().map(|(i, text)| (&FIELDS[*i], text));
            let fields = fields.filter(move |(f, _)| (f.form == Form::Argv) == argv);
            fields.map(|(f, text)| f.words(text)).collect::<String>()
        };
        Some(Draft::Lines(vec![format!("step edit {}{}{}", step.id, words(false), words(true))]))
    }

    fn buttons(&mut self, ui: &mut Ui, came: Option<&Result<Made, Fault>>, wanted: &mut Vec<Do>) {
        ui.horizontal(|ui| {
            let made = came.and_then(|c| c.as_ref().ok()).filter(|_| self.faults.is_empty());
            let n = self.typed.len();
            let label = match n {
                0 => "Save".to_owned(),
                1 => "Save 1 change".to_owned(),
                n => format!("Save {n} changes"),
            };
            let button = primary(ui, &label, made.is_some());
            // What Enter was pressed for waits for its rehearsal, not for one more look.
            let saves = std::mem::take(&mut self.saves) && self.faults.is_empty() && n > 0;
            self.saves = saves && came.is_none();
            if let Some(made) = made
                && (hint(button, |_| format!("{}\n(Enter)", made.wish.line())).clicked() || saves)
            {
                wanted.push(Do::Wish(made.wish.clone()));
            }
            let revert = ui.add_enabled(n > 0, Button::new("Revert"));
            if revert.on_hover_text("Forget what was typed").clicked() {
                self.typed.clear();
                self.faults.clear();
            }
        });
    }
}

/// Lets a field be typed; whether Enter asks to have it saved.
fn input(ui: &mut Ui, field: &Field, text: &mut String, label: egui::Id) -> bool {
    // What appears above while one types must not take the cursor away.
    let id = ui.make_persistent_id(("field", field.label));
    let width = ui.available_width().max(120.0);
    let padding = egui::Margin::symmetric(8, 6);
    match field.form {
        Form::Switch => {
            let mut on = text == "true";
            if switch(ui, field.label, field.hint, &mut on) {
                *text = on.to_string();
            }
        }
        Form::Choice(words) => {
            let combo = ComboBox::from_id_salt(field.flag).selected_text(choice(field, text)).width(width);
            let combo = combo.show_ui(ui, |ui| {
                for word in words {
                    ui.selectable_value(text, (*word).to_owned(), choice(field, word));
                }
            });
            combo.response.labelled_by(label);
        }
        Form::Lines => {
            let rows = text.lines().count().clamp(1, 6);
            let edit = TextEdit::multiline(text).id(id).margin(padding).code_editor().desired_rows(rows);
            ui.add(edit.hint_text(field.hint).desired_width(width)).labelled_by(label);
        }
        Form::Line | Form::Ids | Form::Argv => {
            let edit =
                TextEdit::singleline(text).id(id).margin(padding).hint_text(field.hint).desired_width(width);
            let edit = if field.form == Form::Argv { edit.code_editor() } else { edit };
            let edit = ui.add(edit).labelled_by(label);
            return edit.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
        }
    }
    false
}

/// A word to choose, with what it stands for where it is a letter.
fn choice(field: &Field, word: &str) -> String {
    match word.parse() {
        _ if word.is_empty() => field.hint.to_owned(),
        Ok(kind) => format!("{word}  \u{b7}  {}", words::thread(kind)),
        Err(_) => word.to_owned(),
    }
}

/// What is wrong with a field, and the mend.
pub fn said(ui: &mut Ui, fault: &Fault) {
    let theme = Theme::of(ui.ctx());
    let text = RichText::new(&fault.message).size(11.5).color(theme.tint(Tone::Failed).text);
    ui.add(Label::new(text).wrap());
    if let Some(hint) = &fault.hint {
        ui.add(Label::new(RichText::new(hint).size(11.5).color(theme.dim)).wrap());
    }
}

/// A line to learn from; a click copies it.
pub fn copyable(ui: &mut Ui, line: &str) {
    let theme = Theme::of(ui.ctx());
    let label = Button::new(mono(line).color(theme.faint)).frame(false).wrap();
    if ui.add(label).on_hover_text("Click to copy the line").clicked() {
        ui.ctx().copy_text(line.to_owned());
    }
}
