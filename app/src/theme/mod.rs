//! How the window looks: colours, type and spaces as data. No other file names a colour.

mod fonts;
mod style;
mod tokens;

use egui::Color32;

pub use fonts::{family_mono, family_strong};
pub use style::install;
pub use tokens::{DARK, LIGHT};

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

impl Theme {
    /// The theme in force.
    pub fn of(ctx: &egui::Context) -> &'static Self {
        if ctx.theme() == egui::Theme::Dark { &DARK } else { &LIGHT }
    }

    /// The shades of a status.
    pub fn tint(&self, tone: Tone) -> Tint {
        self.tints[tone as usize]
    }
}
