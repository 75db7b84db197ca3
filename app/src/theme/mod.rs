//! How the window looks: colours, type and spaces as data. No other file names a colour.

mod fonts;
mod style;
mod terminal;
mod tokens;

use egui::Color32;

pub use fonts::{Face, add as add_face, faces, family_mono, family_strong};
pub use style::install;
pub use tokens::{DARK, DARK_SAFE, LIGHT, LIGHT_SAFE};

use crate::scene::Tone;

/// The colours of one theme.
#[derive(Debug, Clone, PartialEq)]
pub struct Theme {
    /// Whether the ground is dark.
    pub dark: bool,
    /// Behind the graph.
    pub canvas: Color32,
    /// Behind the panels.
    pub panel: Color32,
    /// Cards, buttons and fields.
    pub raised: Color32,
    /// Thin lines between things.
    pub line: Color32,
    /// Lines that bound a card.
    pub strong: Color32,
    /// What is read first.
    pub text: Color32,
    /// What is read second.
    pub dim: Color32,
    /// What is read last.
    pub faint: Color32,
    /// Primary buttons and the selection.
    pub ink: Color32,
    /// Text on ink.
    pub on_ink: Color32,
    /// Over everything below a dialogue.
    pub veil: Color32,
    tints: [Tint; 6],
}

/// The two shades of a status.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tint {
    /// For marks and lines.
    pub mark: Color32,
    /// For words; at least 4.5 : 1 against cards and panels.
    pub text: Color32,
}

fn safe_colors() -> egui::Id {
    egui::Id::new("safe colours")
}

impl Theme {
    /// The theme in force.
    pub fn of(ctx: &egui::Context) -> &'static Self {
        let dark = ctx.theme() == egui::Theme::Dark;
        match (dark, ctx.data(|d| d.get_temp(safe_colors())).unwrap_or(false)) {
            (true, false) => &DARK,
            (false, false) => &LIGHT,
            (true, true) => &DARK_SAFE,
            (false, true) => &LIGHT_SAFE,
        }
    }

    /// Whether the statuses have colours that nearly everybody can tell apart.
    pub fn set_safe_colors(ctx: &egui::Context, on: bool) {
        ctx.data_mut(|d| d.insert_temp(safe_colors(), on));
    }

    /// One of the eight colours of a terminal, as text.
    pub fn ansi(&self, color: u8) -> Color32 {
        match color {
            0 => self.faint,
            1 => self.tint(Tone::Failed).text,
            2 => self.tint(Tone::Done).text,
            3 => self.tint(Tone::Running).text,
            4 | 6 => self.tint(Tone::Ready).text,
            5 => self.tint(Tone::Review).text,
            _ => self.text,
        }
    }

    /// The shades of a status.
    pub fn tint(&self, tone: Tone) -> Tint {
        self.tints[tone as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ratio of the contrast of two colours, as WCAG 2 has it.
    fn contrast(a: Color32, b: Color32) -> f32 {
        let light = |c: Color32| {
            let [r, g, b, _] = egui::Rgba::from(c).to_array();
            0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05
        };
        let (a, b) = (light(a), light(b));
        a.max(b) / a.min(b)
    }

    #[test]
    fn words_and_marks_can_be_read_on_every_ground() {
        assert!((contrast(Color32::WHITE, Color32::BLACK) - 21.0).abs() < 0.1);
        for theme in [&DARK, &LIGHT, &DARK_SAFE, &LIGHT_SAFE] {
            assert!(contrast(theme.ink, theme.on_ink) >= 4.5);
            for ground in [theme.canvas, theme.panel, theme.raised] {
                for words in [theme.text, theme.dim, theme.faint] {
                    assert!(contrast(words, ground) >= 4.5, "{words:?} on {ground:?}");
                }
                for tone in Tone::ALL {
                    let Tint { mark, text } = theme.tint(tone);
                    assert!(contrast(text, ground) >= 4.5, "{tone:?} in words on {ground:?}");
                    assert!(contrast(mark, ground) >= 3.0, "{tone:?} as a mark on {ground:?}");
                }
            }
        }
    }
}
