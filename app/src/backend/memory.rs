//! The file in which the window remembers how it looks: `$XDG_STATE_HOME/threados/window.json`.

use std::fs;
use std::path::{Path, PathBuf};

use threados_core::store::atomic;
use threados_core::store::paths::Outside;

use crate::memory::Settings;

/// Where it stands; `None` without a home.
pub fn file() -> Option<PathBuf> {
    Outside::from_env().state_home.map(|home| home.join("threados").join("window.json"))
}

/// What it says; what it does not, or not readably, is as usual.
pub fn load(file: Option<&Path>) -> Settings {
    let text = file.and_then(|file| fs::read(file).ok());
    let settings: Option<Settings> = text.and_then(|text| serde_json::from_slice(&text).ok());
    settings.unwrap_or_default().sane()
}

/// Writes it. That a window looks otherwise the next time is no reason to disturb anybody.
pub(super) fn save(file: &Path, settings: &Settings) {
    let (Some(folder), Ok(text)) = (file.parent(), serde_json::to_vec_pretty(settings)) else { return };
    drop(fs::create_dir_all(folder));
    drop(atomic::write_unsynced(file, &text, atomic::PRIVATE));
}
