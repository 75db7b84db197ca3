//! What the window remembers from one time to the next: how it looks, no more. It is a person's, not the project's.

use serde::{Deserialize, Serialize};

use crate::dock::{self, Dock};

/// How a person likes the window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Dark, light, or as the desktop has it (`None`).
    pub dark: Option<bool>,
    /// How large everything is drawn; 1 is as the screen wants it.
    pub scale: f32,
    /// Whether what lives moves.
    pub animate: bool,
    /// Colours that nearly everybody can tell apart.
    pub safe_colors: bool,
    /// Whether the map is shown where not all of the sequence is seen.
    pub map: bool,
    /// Size of the window, in points.
    pub size: [f32; 2],
    /// Where the panels stand.
    #[serde(deserialize_with = "dock::lenient")]
    pub dock: Dock,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            dark: None,
            scale: 1.0,
            animate: true,
            safe_colors: false,
            map: true,
            size: [1600.0, 1000.0],
            dock: Dock::default(),
        }
    }
}

impl Settings {
    /// With every figure in its bounds: the file may be anybody's.
    #[must_use]
    pub fn sane(mut self) -> Self {
        let within = |value: &mut f32, low: f32, high: f32, usual: f32| {
            *value = if value.is_finite() { value.clamp(low, high) } else { usual };
        };
        within(&mut self.scale, 0.6, 3.0, 1.0);
        within(&mut self.size[0], 860.0, 8000.0, 1600.0);
        within(&mut self.size[1], 480.0, 5000.0, 1000.0);
        self.dock = self.dock.sane();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::{Dock, Settings};

    #[test]
    fn a_file_of_nonsense_still_opens_a_window() {
        let text =
            r#"{"scale": 1e30, "size": [0, 9], "dark": true, "dock": {"left": 7}, "of_another_version": 1}"#;
        let read: Settings = serde_json::from_str(text).unwrap();
        let sane = read.sane();
        assert_eq!((sane.scale, sane.size, sane.dark), (3.0, [860.0, 480.0], Some(true)));
        assert_eq!(sane.dock, Dock::default());
        assert_eq!(Settings::default().sane(), Settings::default());
    }
}
