//! The typefaces, compiled in so that the window looks the same everywhere.

use std::sync::Arc;

use egui::epaint::text::{FontInsert, FontPriority, InsertFontFamily};
use egui::{Context, FontData, FontDefinitions, FontFamily};

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

/// A typeface of the system, for letters that ours lack.
#[derive(Clone, PartialEq, Eq)]
pub struct Face {
    /// Its file.
    pub name: String,
    /// What stands in the file.
    pub bytes: &'static [u8],
    /// Which of those in the file.
    pub index: u32,
}

impl std::fmt::Debug for Face {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Face").field("name", &self.name).field("index", &self.index).finish_non_exhaustive()
    }
}

/// Takes letters from this typeface, too, where those before it lack them.
pub fn add(ctx: &Context, face: &Face) {
    let families = [FontFamily::Proportional, family_strong(), family_mono()];
    let last = |family| InsertFontFamily { family, priority: FontPriority::Lowest };
    let data = FontData { index: face.index, ..FontData::from_static(face.bytes) };
    ctx.add_font(FontInsert::new(&face.name, data, families.map(last).into()));
}

/// The typefaces compiled in. What egui brings along stays behind ours, for signs that ours lack.
pub fn faces() -> FontDefinitions {
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
