//! What is typed into the window, as a terminal sends it.

use egui::{Event, Key, Modifiers};
use threados_core::executor::mprocs;

/// Keys that have a name for terminals.
const NAMED: &[(Key, &str)] = &[
    (Key::Enter, "Enter"),
    (Key::Tab, "Tab"),
    (Key::Backspace, "BS"),
    (Key::Escape, "Esc"),
    (Key::ArrowUp, "Up"),
    (Key::ArrowDown, "Down"),
    (Key::ArrowRight, "Right"),
    (Key::ArrowLeft, "Left"),
    (Key::Home, "Home"),
    (Key::End, "End"),
    (Key::Insert, "Insert"),
    (Key::Delete, "Del"),
    (Key::PageUp, "PageUp"),
    (Key::PageDown, "PageDown"),
    (Key::F1, "F1"),
    (Key::F2, "F2"),
    (Key::F3, "F3"),
    (Key::F4, "F4"),
    (Key::F5, "F5"),
    (Key::F6, "F6"),
    (Key::F7, "F7"),
    (Key::F8, "F8"),
    (Key::F9, "F9"),
    (Key::F10, "F10"),
    (Key::F11, "F11"),
    (Key::F12, "F12"),
];

/// What gives the keys back to the window: Ctrl+], as on a terminal.
pub fn leaves(event: &Event) -> bool {
    let Event::Key { key: Key::CloseBracket, pressed: true, modifiers, .. } = event else { return false };
    modifiers.ctrl || modifiers.command
}

/// What an event types; nothing where it types nothing. `held` are the modifiers that are down.
pub fn bytes(event: &Event, held: Modifiers) -> Vec<u8> {
    match event {
        // With Alt the key says it, too.
        Event::Text(text) if !held.alt => text.clone().into_bytes(),
        Event::Paste(text) => text.replace('\n', "\r").into_bytes(),
        // The window is told of these instead of their keys.
        Event::Copy => vec![0x03],
        Event::Cut => vec![0x18],
        Event::Key { key, pressed: true, modifiers, .. } => of_key(*key, *modifiers).unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn of_key(key: Key, modifiers: Modifiers) -> Option<Vec<u8>> {
    if (key, modifiers.shift) == (Key::Tab, true) {
        return Some(b"\x1b[Z".to_vec());
    }
    let named = NAMED.iter().find(|(of, _)| *of == key).map(|(_, name)| (*name).to_owned());
    let control = modifiers.ctrl || modifiers.command;
    let name = match named {
        Some(name) => name,
        // Without Ctrl and Alt the text says it.
        None if control || modifiers.alt => key.symbol_or_name().to_lowercase(),
        None => return None,
    };
    let (c, m) = (if control { "C-" } else { "" }, if modifiers.alt { "M-" } else { "" });
    mprocs::Key::parse(&format!("<{c}{m}{name}>")).ok().map(|key| key.bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(key: Key, modifiers: Modifiers) -> Event {
        Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers }
    }

    #[test]
    fn keys_are_sent_as_a_terminal_sends_them() {
        let table: &[(Event, Modifiers, &[u8])] = &[
            (Event::Text("\u{e9}".into()), Modifiers::NONE, "\u{e9}".as_bytes()),
            (press(Key::Enter, Modifiers::NONE), Modifiers::NONE, b"\r"),
            (press(Key::ArrowUp, Modifiers::NONE), Modifiers::NONE, b"\x1b[A"),
            (press(Key::Tab, Modifiers::SHIFT), Modifiers::SHIFT, b"\x1b[Z"),
            (press(Key::A, Modifiers::NONE), Modifiers::NONE, b""),
            (press(Key::D, Modifiers::CTRL), Modifiers::CTRL, &[4]),
            (press(Key::X, Modifiers::ALT), Modifiers::ALT, b"\x1bx"),
            (Event::Text("x".into()), Modifiers::ALT, b""),
            (Event::Copy, Modifiers::CTRL, &[3]),
            (Event::Paste("a\nb".into()), Modifiers::CTRL, b"a\rb"),
        ];
        for (event, held, expected) in table {
            assert_eq!(bytes(event, *held), *expected, "{event:?}");
        }
        assert!(leaves(&press(Key::CloseBracket, Modifiers::CTRL)));
        assert!(!leaves(&press(Key::CloseBracket, Modifiers::NONE)));
    }
}
