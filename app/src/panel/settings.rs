//! How a person likes the window.

use egui::{Key, RichText, Slider, Ui};

use super::copyable;
use super::widget::{modal, section, slider, switch};
use crate::command::Cmd;
use crate::memory::Settings;
use crate::state::State;
use crate::theme::Theme;
use crate::window::Do;

/// The sheet.
#[derive(Debug, Default)]
pub struct SettingsSheet {
    open: bool,
    scale: Option<f32>,
}

impl SettingsSheet {
    /// Opens it.
    pub fn open(&mut self) {
        self.open = true;
    }

    /// Whether it is open.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Shows it while it is open.
    pub fn show(&mut self, ui: &Ui, settings: &mut Settings, state: &State, wanted: &mut Vec<Do>) {
        if !self.open {
            return;
        }
        let mut done = false;
        let modal = modal(ui.ctx(), "settings").show(ui.ctx(), |ui| {
            ui.set_width(360.0);
            ui.heading("Settings");
            ui.add_space(4.0);
            section(ui, "Theme");
            ui.horizontal(|ui| {
                for (dark, name) in [(None, "As the desktop"), (Some(true), "Dark"), (Some(false), "Light")] {
                    ui.selectable_value(&mut settings.dark, dark, name);
                }
            });
            ui.add_space(6.0);
            section(ui, "Scale");
            // While it is dragged the slider must not move under the pointer.
            let mut scale = self.scale.unwrap_or(settings.scale);
            let at = scale;
            ui.horizontal(|ui| {
                let rail = Slider::new(&mut scale, 0.6..=3.0).step_by(0.05).show_value(false);
                let slider = slider(ui, rail, "Scale", at);
                self.scale = slider.dragged().then_some(scale);
                if !slider.dragged() {
                    settings.scale = scale;
                }
                ui.label(format!("{:.0} %", scale * 100.0));
            });
            ui.add_space(6.0);
            section(ui, "Seeing");
            switch(ui, "Animation", "What runs pulses and flows", &mut settings.animate);
            switch(
                ui,
                "Safe colours",
                "Colours that nearly everybody can tell apart",
                &mut settings.safe_colors,
            );
            let faint = Theme::of(ui.ctx()).faint;
            ui.label(RichText::new("Remembered for you, not for the project.").size(11.5).color(faint));
            programs(ui, state, wanted);
            ui.add_space(8.0);
            done = ui.button("Close").clicked();
        });
        if done || modal.should_close() || ui.input(|i| i.key_pressed(Key::Escape)) {
            self.open = false;
        }
    }
}

/// The door for programs: off until it is opened here, and gone with the window.
fn programs(ui: &mut Ui, state: &State, wanted: &mut Vec<Do>) {
    ui.add_space(6.0);
    section(ui, "Programs");
    let mut on = state.served.is_some();
    let about = "Programs here may look and propose; you confirm";
    if switch(ui, "HTTP API", about, &mut on) {
        wanted.push(Do::Cmd(Cmd::Serve));
    }
    let faint = Theme::of(ui.ctx()).faint;
    let small = |text: &str| RichText::new(text).size(11.5).color(faint);
    let Some(served) = &state.served else {
        ui.label(small("As seqctl serve does it, while this window is open."));
        return;
    };
    ui.label(small("Only who knows the token is let in. Everything is in the audit log."));
    copyable(ui, &served.address);
    copyable(
        ui,
        &format!(
            "curl -H \"Authorization: Bearer $(cat {})\" {}/api/status",
            served.token_file, served.address
        ),
    );
}
