//! The list of keys.

use egui::{Grid, Key, RichText, ScrollArea, Ui, vec2};

use super::widget::{key, modal};
use crate::command::COMMANDS;
use crate::theme::{Theme, family_mono};

/// What a hand does.
const HAND: &str = "Wheel: zoom to the pointer \u{b7} drag: pan \u{b7} double click: edit, or fold a group \u{b7} Shift and drag: mark";

/// As wide as the longest sentence.
const WIDTH: f32 = 690.0;

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
        let room = ui.ctx().content_rect().size() - vec2(64.0, 150.0);
        let modal = modal(ui.ctx(), "keys").show(ui.ctx(), |ui| {
            ui.set_width(room.x.min(WIDTH));
            ui.heading("Keys");
            let area = ScrollArea::both().max_height(room.y.max(120.0)).auto_shrink([false, true]);
            area.show(ui, |ui| {
                ui.spacing_mut().interact_size.y = 18.0;
                Grid::new("keys").num_columns(3).spacing([20.0, 5.0]).show(ui, |ui| {
                    for entry in COMMANDS {
                        let Some(shortcut) = entry.key else { continue };
                        let shortcut = key(ui.ctx(), &shortcut);
                        ui.label(RichText::new(shortcut).family(family_mono()).size(11.5));
                        ui.label(entry.label);
                        ui.label(RichText::new(entry.tooltip).color(theme.dim));
                        ui.end_row();
                    }
                });
            });
            ui.add_space(4.0);
            ui.label(RichText::new(HAND).color(theme.dim));
        });
        if modal.should_close() || ui.input(|i| i.key_pressed(Key::Escape)) {
            self.open = false;
        }
    }
}
