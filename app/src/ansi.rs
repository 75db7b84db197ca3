//! What a step prints, with the colours it asked for and without anything else a terminal would obey.

use threados_core::plain::{bare, plain};

/// How a stretch of a line is to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ink {
    /// One of the eight colours of a terminal; `None` is the usual one.
    pub color: Option<u8>,
    /// Whether it stands out.
    pub bold: bool,
}

/// A line that was printed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// What it says.
    pub text: String,
    /// From which byte on it looks how; empty where nothing was asked for.
    pub inks: Vec<(usize, Ink)>,
}

impl From<&str> for Line {
    fn from(raw: &str) -> Self {
        Self::read(raw)
    }
}

impl Line {
    /// Reads a line as it was printed. Of one that was overwritten, what stood there last.
    pub fn read(raw: &str) -> Self {
        let last = raw.split('\r').rev().find(|part| !plain(part).is_empty()).unwrap_or_default();
        let mut line = Self::default();
        let mut ink = Ink::default();
        let mut rest = last;
        while let Some(at) = rest.find("\u{1b}[") {
            line.text += &bare(&rest[..at]);
            let after = &rest[at + 2..];
            let end = after.find(|c: char| !c.is_ascii_digit() && c != ';').unwrap_or(after.len());
            if after[end..].starts_with('m') {
                ink = ink.after(&after[..end]);
                line.inks.push((line.text.len(), ink));
                rest = &after[end + 1..];
            } else {
                // Another command: nothing of it is shown.
                let skipped = after.find(|c: char| ('@'..='~').contains(&c)).map_or(after.len(), |i| i + 1);
                rest = &after[skipped..];
            }
        }
        line.text += &bare(rest);
        line.text.truncate(line.text.trim_end().len());
        let end = line.text.len();
        line.inks.retain(|(at, _)| *at < end);
        line
    }

    /// Its stretches, in order.
    pub fn parts(&self) -> impl Iterator<Item = (&str, Ink)> {
        let first = self.inks.first().map_or(self.text.len(), |(at, _)| *at);
        let ends = self.inks.iter().skip(1).map(|(at, _)| *at).chain([self.text.len()]);
        let parts = self.inks.iter().zip(ends).map(|((from, ink), to)| (&self.text[*from..to], *ink));
        std::iter::once((&self.text[..first], Ink::default()))
            .chain(parts)
            .filter(|(text, _)| !text.is_empty())
    }
}

impl Ink {
    /// After a `Select Graphic Rendition` with these parameters (ECMA-48, 8.3.117).
    fn after(self, parameters: &str) -> Self {
        let mut ink = self;
        let mut codes = parameters.split(';').map(|p| p.parse::<u8>().unwrap_or(0));
        while let Some(code) = codes.next() {
            match code {
                0 => ink = Self::default(),
                1 => ink.bold = true,
                22 => ink.bold = false,
                30..=37 => ink.color = Some(code - 30),
                90..=97 => ink.color = Some(code - 90),
                39 => ink.color = None,
                // A colour of a larger palette: the first sixteen are ours, the others look as usual.
                38 => {
                    let index = if codes.next() == Some(5) {
                        codes.next()
                    } else {
                        codes.by_ref().take(3).last().and(None)
                    };
                    ink.color = index.filter(|i| *i < 16).map(|i| i % 8);
                }
                48 => {
                    let skipped = if codes.next() == Some(5) { 1 } else { 3 };
                    codes.by_ref().take(skipped).for_each(drop);
                }
                _ => {}
            }
        }
        ink
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(raw: &str) -> Vec<(String, Option<u8>, bool)> {
        let line = Line::read(raw);
        line.parts().map(|(text, ink)| (text.to_owned(), ink.color, ink.bold)).collect()
    }

    fn part(text: &str, color: Option<u8>, bold: bool) -> (String, Option<u8>, bool) {
        (text.to_owned(), color, bold)
    }

    #[test]
    fn colours_stay_and_nothing_else_of_a_terminal() {
        assert_eq!(shown("plain"), [part("plain", None, false)]);
        assert_eq!(
            shown("a \u{1b}[1;31mred\u{1b}[0m b"),
            [part("a ", None, false), part("red", Some(1), true), part(" b", None, false)]
        );
        assert_eq!(
            shown("\u{1b}[38;5;10mok\u{1b}[2J\u{1b}[39m!"),
            [part("ok", Some(2), false), part("!", None, false)]
        );
        assert_eq!(shown("\u{1b}[38;2;1;2;3mx"), [part("x", None, false)]);
        assert_eq!(shown("10 %\r\u{1b}[32m100 %\r"), [part("100 %", Some(2), false)]);
        assert_eq!(shown("\u{1b}]0;title\u{7}t\u{1b}["), [part("t", None, false)]);
        assert!(shown("\u{1b}[31m").is_empty());
    }
}
