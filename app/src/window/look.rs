//! How the window looks: as a person likes it, remembered, and what its title says.

use std::path::PathBuf;

use egui::{ThemePreference, Ui, ViewportCommand};

use super::Window;
use crate::link::Ask;
use crate::memory::Settings;
use crate::scene::Tone;
use crate::theme::Theme;

impl Window {
    /// Looks as a person likes it, and remembers in this file what they change.
    pub fn remember_in(&mut self, file: Option<PathBuf>, settings: Settings, ctx: &egui::Context) {
        (self.state.animate, self.state.map) = (settings.animate, settings.map);
        (self.memory, self.settings) = (file, settings);
        look(ctx, &self.settings, self.state.desktop);
    }

    /// Takes over whether the desktop is dark.
    pub fn follow_desktop(&mut self, dark: Option<bool>, ctx: &egui::Context) {
        if self.state.desktop != dark {
            self.state.desktop = dark;
            look(ctx, &self.settings, dark);
        }
    }

    /// Takes over what was changed in how the window looks, and has it remembered.
    pub(super) fn remember(&mut self, ui: &Ui) {
        let mut now = self.settings.clone();
        let window = ui.ctx().content_rect().size() * now.scale;
        now.size = [window.x.round(), window.y.round()];
        if self.shown != now {
            if self.shown.dark != now.dark
                || self.shown.scale != now.scale
                || self.shown.safe_colors != now.safe_colors
            {
                look(ui.ctx(), &now, self.state.desktop);
            }
            if self.shown.animate != now.animate {
                self.state.animate = now.animate;
            }
            self.state.map = now.map;
            if let Some(file) = self.memory.clone().filter(|_| !ui.input(|i| i.pointer.any_down())) {
                self.link.ask(Ask::Remember(file, now.clone()));
            }
            self.shown = now.clone();
        }
        self.settings = now;
    }

    /// What needs a person shows in the title, too.
    pub(super) fn title(&mut self, ctx: &egui::Context) {
        let Some(scene) = &self.state.scene else { return };
        let title = match scene.counts.of(Tone::Review) + self.state.waiting().len() {
            0 => format!("{} \u{2013} ThreadOS", scene.name),
            n => format!("({n}) {} \u{2013} ThreadOS", scene.name),
        };
        if title != self.titled {
            self.titled.clone_from(&title);
            ctx.send_viewport_cmd(ViewportCommand::Title(title));
        }
    }
}

/// Has everything drawn as a person likes it; where they leave the theme to the desktop, as that has it.
pub fn look(ctx: &egui::Context, settings: &Settings, desktop: Option<bool>) {
    ctx.set_theme(match settings.dark.or(desktop) {
        None => ThemePreference::System,
        Some(true) => ThemePreference::Dark,
        Some(false) => ThemePreference::Light,
    });
    ctx.set_zoom_factor(settings.scale);
    Theme::set_safe_colors(ctx, settings.safe_colors);
}
