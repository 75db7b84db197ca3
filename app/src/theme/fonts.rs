//! The typefaces, compiled in so that the window looks the same everywhere.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily};

const INTER: &[u8] = include_bytes!("../../../assets/fonts/Inter-Regular.otf");
const INTER_STRONG: &[u8] = include_bytes!("../../../assets/fonts/Inter-SemiBold.otf");
const MONO: &[u8] = include_bytes!("../../../assets/fonts/JetBrainsMono-Regular.ttf");

/// The family of names and titles.
pub fn family_strong() -> FontFamily {
    FontFamily::Name("strong".into())
}

/// The family of commands, logs and numbers.
pub fn family_mono() -> FontFamily {
    FontFamily::Monospace
}

/// What egui brings along stays behind ours, for signs that ours lack.
pub(super) fn definitions() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let faces = [("inter", INTER), ("inter-strong", INTER_STRONG), ("jetbrains-mono", MONO)];
    for (name, bytes) in faces {
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    let fallback = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    let with = |first: &str| std::iter::once(first.to_owned()).chain(fallback.iter().cloned()).collect();
    fonts.families.insert(FontFamily::Proportional, with("inter"));
    fonts.families.insert(family_strong(), with("inter-strong"));
    let mono = fonts.families.entry(FontFamily::Monospace).or_default();
    mono.insert(0, "jetbrains-mono".to_owned());
    fonts
}
