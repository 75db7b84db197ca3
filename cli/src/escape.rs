//! What a step printed, made safe for the user's terminal: colours pass, everything else that steers it does not.

use crate::paint::Style;

/// Lets text, line ends, tabs and colour sequences through; drops every other control. State is kept between
/// chunks, so that a sequence cut by a chunk's end is seen whole.
#[derive(Debug, Default)]
pub struct EscapeFilter {
    state: State,
    held: Vec<u8>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    #[default]
    Text,
    /// After ESC.
    Escape,
    /// Within `ESC [ …`.
    Csi,
    /// Within a string (OSC, DCS, APC, PM, SOS), which BEL or ST ends.
    Str,
    /// After an ESC within a string.
    StrEnd,
    /// After `ESC (` and the like: one more byte belongs to it.
    Charset,
}

/// A colour sequence that is longer than this is none.
const MAX_CSI: usize = 64;

impl EscapeFilter {
    /// Appends to `out` what of `bytes` may be shown.
    pub fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        for &byte in bytes {
            self.byte(byte, out);
        }
    }

    fn byte(&mut self, byte: u8, out: &mut Vec<u8>) {
        self.state = match (self.state, byte) {
            (State::Str, 0x1b) => State::StrEnd,
            (State::Str, 0x07) => State::Text,
            (State::Str, _) => State::Str,
            (State::StrEnd, b'\\') => State::Text,
            (State::StrEnd, _) => State::Str,
            (_, 0x1b) => State::Escape,
            (State::Escape, b'[') => {
                self.held.clear();
                State::Csi
            }
            (State::Escape, b']' | b'P' | b'X' | b'^' | b'_') => State::Str,
            (State::Escape, b'(' | b')' | b'*' | b'+' | b'-' | b'.' | b'/' | b'#' | b'%' | b' ') => {
                State::Charset
            }
            (State::Escape | State::Charset, _) => State::Text,
            (State::Csi, 0x40..=0x7e) => self.csi(byte, out),
            (State::Csi, 0x20..=0x3f) if self.held.len() < MAX_CSI => {
                self.held.push(byte);
                State::Csi
            }
            (State::Csi, 0x20..=0x3f) => State::Csi,
            (State::Csi | State::Text, b'\n' | b'\t') => {
                out.push(byte);
                State::Text
            }
            // A carriage return lets progress bars overwrite their own line, and no more.
            (State::Text, b'\r') => {
                out.push(byte);
                State::Text
            }
            (State::Text, 0x20..=0x7e | 0x80..) => {
                out.push(byte);
                State::Text
            }
            (State::Text | State::Csi, _) => State::Text,
        };
    }

    fn csi(&mut self, last: u8, out: &mut Vec<u8>) -> State {
        let plain = self.held.iter().all(|b| b.is_ascii_digit() || b";:".contains(b));
        if last == b'm' && plain {
            out.extend_from_slice(b"\x1b[");
            out.extend_from_slice(&self.held);
            out.push(last);
        }
        State::Text
    }
}

/// A text as we painted it, without what else steers a terminal: no other colours, which could hide something, and no
/// carriage return, which could overwrite it.
pub fn own_colours(text: &str) -> String {
    let mut filtered = Vec::with_capacity(text.len());
    EscapeFilter::default().push(text.as_bytes(), &mut filtered);
    let filtered = String::from_utf8_lossy(&filtered).replace("\r\n", "\n").replace('\r', "\u{fffd}");
    let mut parts = filtered.split("\x1b[");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (code, rest) = part.split_once('m').unwrap_or(("", part));
        if Style::is_own(code) {
            out += &format!("\x1b[{code}m");
        }
        out += rest;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filtered(text: &str) -> String {
        let whole = {
            let mut out = Vec::new();
            EscapeFilter::default().push(text.as_bytes(), &mut out);
            out
        };
        let (mut filter, mut by_byte) = (EscapeFilter::default(), Vec::new());
        text.bytes().for_each(|b| filter.push(&[b], &mut by_byte));
        assert_eq!(whole, by_byte, "chunks change nothing");
        String::from_utf8(whole).unwrap()
    }

    #[test]
    fn of_our_own_text_only_our_own_colours_pass() {
        let painted = format!("{}: \x1b[8mhidden\x1b[0m a\rb\r\n", Style::Red.paint("x", true));
        assert_eq!(own_colours(&painted), "\x1b[31mx\x1b[0m: hidden\x1b[0m a\u{fffd}b\n");
    }

    #[test]
    fn colours_and_text_pass() {
        let text = "plain\tä 漢\r\n\x1b[1;31mred\x1b[0m \x1b[38:5:3mx\x1b[m\n";
        assert_eq!(filtered(text), text);
    }

    #[test]
    fn what_steers_the_terminal_is_dropped() {
        for (text, left) in [
            ("a\x1b[2Jb\x1b[Hc", "abc"),
            ("a\x1b]0;title\x07b", "ab"),
            ("a\x1b]52;c;ZXZpbA==\x1b\\b", "ab"),
            ("a\x1bP+q\x1bb\x1b\\b", "ab"),
            ("a\x1b[?1049hb\x1b[>4;1mc", "abc"),
            ("a\x1bcb\x1b(0c", "abc"),
            ("a\x07\x08\x0e\x7fb", "ab"),
            ("a\x1b[31\nb", "a\nb"),
        ] {
            assert_eq!(filtered(text), left, "{text:?}");
        }
    }
}
