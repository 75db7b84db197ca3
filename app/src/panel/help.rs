//! The list of keys.

use egui::{Grid, Key, RichText, Ui};

use super::widget::modal;
use crate::command::COMMANDS;
use crate::theme::{Theme, family_mono};

/// The sheet.
#[derive(Debug, Default)]
pub struct Help {
    open: bool,
}

impl Help {
    /// Opens it.
    pub fn open(&mut self) {
        self.open = true;
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Shows it while it is open.
    pub fn show(&mut self, ui: &Ui) {
        if !self.open {
            return;
        }
        let theme = Theme::of(ui.ctx());
        let modal = modal(ui.ctx(), "keys").show(ui.ctx(), |ui| {
            ui.heading("Keys");
            Grid::new("keys").num_columns(3).spacing([20.0, 5.0]).show(ui, |ui| {
                for entry in COMMANDS {
                    let Some(key) = entry.key else { continue };
                    let key = ui.ctx().format_shortcut(&key);
                    ui.label(RichText::new(key).family(family_mono()).size(11.5));
                    ui.label(entry.label);
                    ui.label(RichText::new(entry.tooltip).color(theme.dim));
                    ui.end_row();
                }
            });
            ui.label(
                RichText::new("Wheel: zoom to the pointer \u{b7} drag: pan \u{b7} double click: show")
                    .color(theme.dim),
            );
        });
        if modal.should_close() || ui.input(|i| i.key_pressed(Key::Escape)) {
            self.open = false;
        }
    }
}
