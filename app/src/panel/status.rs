//! The bar below: how many stand how.

use egui::{Align, Layout, RichText, Ui};

use crate::canvas::marks;
use crate::scene::Tone;
use crate::state::State;
use crate::theme::Theme;
use crate::words;

/// Shows it.
pub fn show(ui: &mut Ui, state: &State) {
    let theme = Theme::of(ui.ctx());
    let Some(scene) = &state.scene else { return };
    let small = |text: String| RichText::new(text).size(12.0).color(theme.dim);
    ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
        for tone in [Tone::Running, Tone::Review, Tone::Failed, Tone::Ready, Tone::Waiting, Tone::Done] {
            let n = scene.counts.of(tone);
            if n > 0 {
                ui.spacing_mut().item_spacing.x = 5.0;
                marks::inline(ui, tone, theme.tint(tone).mark, theme.panel);
                let word = if tone == Tone::Review { "for you" } else { tone.word() };
                ui.label(small(format!("{n} {word}")));
                ui.add_space(10.0);
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let plural = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
            let counts = &scene.counts;
            let mut text = plural(counts.steps, "step");
            if counts.gates > 0 {
                text += &format!(", {}", plural(counts.gates, "gate"));
            }
            ui.label(small(text));
            if let Some(spent) = words::spent(scene.spent) {
                ui.add_space(10.0);
                ui.label(small(spent))
                    .on_hover_text("What the models of all steps have cost so far\nseqctl budget show");
            }
            if let Some(served) = &state.served {
                ui.add_space(10.0);
                ui.label(small(format!("HTTP API at {}", served.address)));
            }
        });
    });
}
