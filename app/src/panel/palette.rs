//! Every command, and every step and gate, by name.

use egui::{Id, Key, Modifiers, RichText, ScrollArea, TextEdit, Ui};
use threados_core::id::NodeId;

use super::widget::{key, modal, named_field};
use crate::command::{Cmd, commands};
use crate::state::State;
use crate::theme::Theme;
use crate::window::Do;

/// What stands in the field while nothing is typed.
const HINT: &str = "What do you want to do?";

/// How many lines are offered.
const MOST: usize = 50;

/// The palette.
#[derive(Debug, Default)]
pub struct Palette {
    open: bool,
    fresh: bool,
    query: String,
    chosen: usize,
}

/// One line of it.
enum Line {
    Cmd(Cmd),
    Go(NodeId, String),
}

impl Palette {
    /// Opens it.
    pub fn open(&mut self) {
        *self = Self { open: true, fresh: true, ..Self::default() };
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Shows it while it is open.
    pub fn show(&mut self, ui: &Ui, state: &State, wanted: &mut Vec<Do>) {
        if !self.open {
            return;
        }
        let (up, down, enter, escape) = ui.input_mut(|i| {
            let mut hit = |key| i.consume_key(Modifiers::NONE, key);
            (hit(Key::ArrowUp), hit(Key::ArrowDown), hit(Key::Enter), hit(Key::Escape))
        });
        let (mut lines, mut done) = (Vec::new(), None);
        let modal = modal(ui.ctx(), "palette").show(ui.ctx(), |ui| {
            ui.set_width(520.0);
            // What is typed comes first: the keys are about what is offered for it.
            self.field(ui);
            lines = self.lines(state);
            let last = lines.len().saturating_sub(1);
            self.chosen = match (up, down) {
                (true, _) => self.chosen.saturating_sub(1),
                (_, true) => self.chosen + 1,
                _ => self.chosen,
            }
            .min(last);
            let clicked = self.list(ui, state, &lines, up || down);
            done = clicked.or(enter.then_some(self.chosen));
        });
        if let Some(line) = done.and_then(|n| lines.get(n)) {
            wanted.push(match line {
                Line::Cmd(cmd) => Do::Cmd(*cmd),
                Line::Go(id, _) => Do::Go(id.clone()),
            });
        }
        self.open = done.is_none() && !escape && !modal.should_close();
    }

    fn field(&mut self, ui: &mut Ui) {
        let id = Id::new("palette query");
        let fresh = std::mem::take(&mut self.fresh);
        if fresh {
            // Before it is shown: what is typed already is for it.
            ui.memory_mut(|m| m.request_focus(id));
        }
        let field = TextEdit::singleline(&mut self.query)
            .id(id)
            .hint_text(HINT)
            .margin(egui::Margin::symmetric(10, 8))
            .desired_width(f32::INFINITY);
        let field = ui.add(field);
        named_field(&field, HINT, &self.query);
        if fresh {
            // Again: what opens with it is no place for the focus in its first moment.
            field.request_focus();
        }
        if field.changed() {
            self.chosen = 0;
        }
    }

    fn list(&self, ui: &mut Ui, state: &State, lines: &[Line], moved: bool) -> Option<usize> {
        let theme = Theme::of(ui.ctx());
        let mut clicked = None;
        if lines.is_empty() {
            ui.label(RichText::new("No command and no step is called that.").color(theme.dim));
        }
        ScrollArea::vertical().max_height(364.0).min_scrolled_height(364.0).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            for (i, line) in lines.iter().enumerate() {
                let (label, about) = match line {
                    Line::Cmd(cmd) => (cmd.entry().label.to_owned(), about(ui, *cmd, state)),
                    Line::Go(id, name) => (format!("Go to {name}"), id.to_string()),
                };
                let text = RichText::new(label);
                let button = egui::Button::selectable(i == self.chosen, text)
                    .min_size(egui::vec2(ui.available_width(), 28.0))
                    .right_text(RichText::new(about).size(11.5).color(theme.faint));
                let button = ui.add(button);
                if i == self.chosen && moved {
                    button.scroll_to_me(None);
                }
                if button.clicked() {
                    clicked = Some(i);
                }
            }
        });
        clicked
    }

    /// What can be done now and matches what was typed: words in any order.
    fn lines(&self, state: &State) -> Vec<Line> {
        let query = self.query.to_lowercase();
        let words: Vec<&str> = query.split_whitespace().collect();
        let hit = |text: &str| {
            let text = text.to_lowercase();
            words.iter().all(|w| text.contains(w))
        };
        let commands = commands()
            .filter(|e| e.cmd != Cmd::Palette && e.cmd.is_available(state))
            .filter(|e| hit(e.label) || hit(e.tooltip))
            .map(|e| Line::Cmd(e.cmd));
        let nodes = state.scene.iter().flat_map(|s| s.nodes.iter()).filter(|_| !words.is_empty());
        let nodes = nodes
            .filter(|n| hit(&format!("go to {} {}", n.name, n.id)))
            .map(|n| Line::Go(n.id.clone(), n.name.clone()));
        commands.chain(nodes).take(MOST).collect()
    }
}

fn about(ui: &Ui, cmd: Cmd, state: &State) -> String {
    match (cmd.entry().key, cmd.wish(state)) {
        (Some(shortcut), _) => key(ui.ctx(), &shortcut),
        (None, Some(wish)) => wish.line(),
        (None, None) => String::new(),
    }
}
