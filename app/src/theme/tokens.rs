//! The tokens of the themes: read from `assets/theme` while this is compiled, so that a fault there is one here.

use egui::Color32;

use super::{Theme, Tint};

const DARK_FILE: &[u8] = include_bytes!("../../../assets/theme/dark.txt");
const LIGHT_FILE: &[u8] = include_bytes!("../../../assets/theme/light.txt");

/// How much is seen through the veil below a dialogue, of 255.
const VEIL: (u8, u8) = (120, 60);

/// For dark rooms.
pub static DARK: Theme = theme(DARK_FILE, DARK_FILE, true);

/// For bright rooms.
pub static LIGHT: Theme = theme(LIGHT_FILE, LIGHT_FILE, false);

/// As [`DARK`], in colours that nearly everybody can tell apart.
pub static DARK_SAFE: Theme = theme(DARK_FILE, include_bytes!("../../../assets/theme/dark-safe.txt"), true);

/// As [`LIGHT`], in colours that nearly everybody can tell apart.
pub static LIGHT_SAFE: Theme =
    theme(LIGHT_FILE, include_bytes!("../../../assets/theme/light-safe.txt"), false);

/// A theme of a file of colours and one of statuses.
const fn theme(colors: &[u8], statuses: &[u8], dark: bool) -> Theme {
    Theme {
        dark,
        canvas: color(colors, b"canvas", 0),
        panel: color(colors, b"panel", 0),
        raised: color(colors, b"raised", 0),
        line: color(colors, b"line", 0),
        strong: color(colors, b"strong", 0),
        text: color(colors, b"text", 0),
        dim: color(colors, b"dim", 0),
        faint: color(colors, b"faint", 0),
        ink: color(colors, b"ink", 0),
        on_ink: color(colors, b"on-ink", 0),
        veil: Color32::from_black_alpha(if dark { VEIL.0 } else { VEIL.1 }),
        // In the order of `Tone`.
        tints: [
            tint(statuses, b"ready"),
            tint(statuses, b"running"),
            tint(statuses, b"review"),
            tint(statuses, b"done"),
            tint(statuses, b"failed"),
            tint(statuses, b"waiting"),
        ],
    }
}

const fn tint(file: &[u8], name: &[u8]) -> Tint {
    Tint { mark: color(file, name, 0), text: color(file, name, 1) }
}

/// The colour behind a name, or the one behind that. One that is missing is a fault while this is compiled.
const fn color(file: &[u8], name: &[u8], which: usize) -> Color32 {
    let mut at = 0;
    while !begins(file, at, name) {
        while file[at] != b'\n' {
            at += 1;
        }
        at += 1;
    }
    at += name.len();
    let mut skip = which;
    loop {
        while file[at] == b' ' {
            at += 1;
        }
        if skip == 0 {
            return Color32::from_rgb(byte(file, at), byte(file, at + 2), byte(file, at + 4));
        }
        skip -= 1;
        at += 6;
    }
}

/// Whether a line begins with this name.
const fn begins(file: &[u8], at: usize, name: &[u8]) -> bool {
    let mut i = 0;
    while i < name.len() {
        if file[at + i] != name[i] {
            return false;
        }
        i += 1;
    }
    file[at + i] == b' '
}

const fn byte(file: &[u8], at: usize) -> u8 {
    digit(file[at]) << 4 | digit(file[at + 1])
}

const fn digit(letter: u8) -> u8 {
    match letter {
        b'0'..=b'9' => letter - b'0',
        _ => {
            assert!(letter >= b'A' && letter <= b'F', "a colour has six digits from 0 to F");
            letter - b'A' + 10
        }
    }
}
