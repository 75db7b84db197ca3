//! The colours of a terminal in ours.

use egui::Color32;

use super::Theme;
use crate::terminal::{Look, Shade};

impl Theme {
    /// Letters and ground of a stretch of a terminal; `None`: the ground that is everywhere.
    pub fn stretch(&self, look: Look) -> (Color32, Option<Color32>) {
        let usual = if look.bold { self.text } else { self.dim };
        let ink = self.shade(look.ink).unwrap_or(usual);
        let ground = self.shade(look.ground);
        if look.inverse { (ground.unwrap_or(self.canvas), Some(ink)) } else { (ink, ground) }
    }

    fn shade(&self, shade: Shade) -> Option<Color32> {
        Some(match shade {
            Shade::Usual => return None,
            Shade::Index(index @ 0..16) => self.ansi(index % 8),
            // A cube of six steps a colour.
            Shade::Index(index @ 16..232) => {
                let part = |of: u8| match (index - 16) / of % 6 {
                    0 => 0,
                    step => 55 + 40 * step,
                };
                Color32::from_rgb(part(36), part(6), part(1))
            }
            // Greys; those near the dark ground stay near the ground in bright rooms, too.
            Shade::Index(index) => {
                let grey = 8 + 10 * (index - 232);
                Color32::from_gray(if self.dark { grey } else { 255 - grey })
            }
            Shade::Rgb(r, g, b) => Color32::from_rgb(r, g, b),
        })
    }
}
