//! Keys: which command each means, and what is none because it is typed.

use egui::{Event, Key, KeyboardShortcut, Modifiers, Ui};

use super::{Do, Window};
use crate::command::{COMMANDS, Cmd};
use crate::panel::has_keys;

impl Window {
    /// Keys; while something is typed only those that are no text and change none.
    pub(super) fn keys(&mut self, ui: &Ui, wanted: &mut Vec<Do>) {
        let ahead = std::mem::take(&mut self.ahead);
        if !ahead.is_empty() {
            // The field is there by now.
            ui.input_mut(|i| drop(i.events.splice(0..0, ahead)));
            return;
        }
        if self.is_asking() || has_keys(ui.ctx()) || self.docker.is_carrying() {
            return;
        }
        if self.canvas.is_held() && ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape)) {
            return self.canvas.give_up();
        }
        // The first Escape only leaves the field in which one types; by now it has.
        if std::mem::take(&mut self.typed) {
            ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape));
        }
        // To ask of each command whether it can be done costs more than most frames.
        if !ui.input(|i| i.events.iter().any(|event| matches!(event, Event::Key { pressed: true, .. }))) {
            return;
        }
        let typing = ui.ctx().text_edit_focused();
        let focused = ui.ctx().memory(|m| m.focused().is_some());
        let events = ui.input(|i| i.events.clone());
        for entry in COMMANDS {
            let Some(key) = entry.key else { continue };
            if typing && is_text(key) || focused && is_focus(key) {
                continue;
            }
            if entry.cmd.is_available(&self.state) && ui.input_mut(|i| i.consume_shortcut(&key)) {
                wanted.push(Do::Cmd(entry.cmd));
            }
        }
        // What is typed behind one that leads to a field is text, though the field is there from the next frame on.
        let leads = |w: &Do| matches!(w, Do::Cmd(Cmd::Chat | Cmd::Search | Cmd::Palette));
        if let Some(Do::Cmd(to)) = wanted.iter().find(|w| leads(w)).cloned() {
            wanted.retain(leads);
            self.ahead = behind(events, to.entry().key);
            ui.input_mut(|i| i.events.retain(|event| !is_typed(event)));
            ui.ctx().request_repaint();
        }
    }

    /// Whether a dialogue is open, which has the keys.
    pub(super) fn is_asking(&self) -> bool {
        self.state.question.is_some()
            || self.palette.is_open()
            || self.help.is_open()
            || self.composer.is_open()
            || self.sheet.is_open()
    }
}

/// What was typed behind a key, but the letter that it is itself.
fn behind(events: Vec<Event>, key: Option<KeyboardShortcut>) -> Vec<Event> {
    let Some(KeyboardShortcut { modifiers, logical_key }) = key else { return Vec::new() };
    let is_it = |event: &Event| {
        matches!(event, Event::Key { key, pressed: true, modifiers: held, .. }
            if *key == logical_key && held.matches_logically(modifiers))
    };
    let mut behind = events.into_iter().skip_while(|event| !is_it(event)).skip(1).peekable();
    let own = |event: &Event| matches!(event, Event::Text(text) if text == logical_key.symbol_or_name());
    if !modifiers.command {
        behind.next_if(own);
    }
    behind.filter(is_typed).collect()
}

fn is_typed(event: &Event) -> bool {
    matches!(event, Event::Text(_) | Event::Key { .. } | Event::Ime(_) | Event::Paste(_))
}

/// Whether a text field has a use of its own for a key.
fn is_text(KeyboardShortcut { modifiers, logical_key: key }: KeyboardShortcut) -> bool {
    match modifiers.command {
        true => matches!(key, Key::A | Key::Z),
        false => !matches!(key, Key::F1 | Key::F3),
    }
}

/// Whether a key moves the focus, or gives it up.
fn is_focus(KeyboardShortcut { modifiers, logical_key: key }: KeyboardShortcut) -> bool {
    let moves = [Key::ArrowLeft, Key::ArrowRight, Key::ArrowUp, Key::ArrowDown, Key::Escape];
    modifiers.is_none() && moves.contains(&key)
}
