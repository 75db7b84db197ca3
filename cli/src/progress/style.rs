//! How things look: marks, colours, widths, times.

use threados_core::model::StepStatus;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::context::Context;
pub use crate::paint::Style as Tone;

/// What the terminal can show.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Whether it takes colours.
    pub colours: bool,
    /// Whether it shows more than ASCII.
    pub unicode: bool,
    /// Columns of the terminal; as many as one likes where there is none.
    pub columns: usize,
}

impl Style {
    /// What standard output can show.
    pub fn of(context: &Context) -> Self {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| {
            std::env::var(name).ok().filter(|value| !value.is_empty()).map(|v| v.to_ascii_uppercase())
        });
        let unicode = locale.is_some_and(|l| l.contains("UTF-8") || l.contains("UTF8"));
        let columns = if super::is_live() { super::size().0 } else { usize::MAX };
        Self { colours: context.colours(), unicode, columns }
    }

    /// Text in a colour.
    pub fn paint(self, tone: Tone, text: &str) -> String {
        tone.paint(text, self.colours)
    }

    /// The mark of a status, and its colour.
    pub fn mark(self, status: StepStatus) -> (&'static str, Tone) {
        let (mark, tone) = crate::paint::step(status);
        let plain = match status {
            StepStatus::Done => "+",
            StepStatus::Failed => "x",
            StepStatus::NeedsReview => "?",
            StepStatus::Running => ">",
            StepStatus::Ready | StepStatus::Blocked => ".",
        };
        (if self.unicode { mark } else { plain }, tone)
    }

    /// A bar of `width` columns: done, failed, running, and the rest of `total`.
    pub fn bar(self, width: usize, counts: &super::Counts) -> String {
        let total = counts.total.max(1);
        let (full, open) = if self.unicode { ("━", "─") } else { ("#", "-") };
        let mut out = String::new();
        let (mut drawn, mut upto) = (0, 0);
        let parts = [
            (counts.done, Tone::Green),
            (counts.failed, Tone::Red),
            (counts.review, Tone::Yellow),
            (counts.running, Tone::Blue),
        ];
        for (count, tone) in parts {
            upto += count;
            let end = (upto * width / total).min(width);
            let part = if tone == Tone::Blue && !self.colours { open } else { full };
            out += &self.paint(tone, &part.repeat(end - drawn));
            drawn = end;
        }
        out + &self.paint(Tone::Dim, &open.repeat(width - drawn))
    }
}

/// How long something took or takes: `0.3s`, `1m05s`, `2h03m`.
pub fn took(ms: u64) -> String {
    let s = ms / 1000;
    match s {
        0..60 => format!("{}.{}s", s, ms % 1000 / 100),
        60..3600 => format!("{}m{:02}s", s / 60, s % 60),
        _ => format!("{}h{:02}m", s / 3600, s % 3600 / 60),
    }
}

/// The same in whole seconds, for what is still going on.
pub fn since(ms: u64) -> String {
    if ms < 60_000 { format!("{}s", ms / 1000) } else { took(ms) }
}

/// Columns that a text without escape sequences takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// As much of a text as fits, the cut marked.
pub fn fit(text: &str, columns: usize, unicode: bool) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mark = if unicode { "…" } else { "~" };
    let mut left = columns.saturating_sub(1);
    let mut out = String::new();
    for c in text.chars() {
        let w = c.width().unwrap_or(0);
        if w > left {
            break;
        }
        left -= w;
        out.push(c);
    }
    if columns > 0 {
        out += mark;
    }
    out
}

/// `1 step`, `2 steps`.
pub fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::super::Counts;
    use super::*;

    const PLAIN: Style = Style { colours: false, unicode: false, columns: 80 };

    #[test]
    fn times_are_short() {
        assert_eq!([0, 349, 2_140, 59_999].map(took), ["0.0s", "0.3s", "2.1s", "59.9s"]);
        assert_eq!([60_000, 65_000, 7_380_000].map(took), ["1m00s", "1m05s", "2h03m"]);
        assert_eq!([999, 12_900, 65_000].map(since), ["0s", "12s", "1m05s"]);
    }

    #[test]
    fn what_does_not_fit_is_cut_at_a_column() {
        assert_eq!(fit("abcdef", 6, true), "abcdef");
        assert_eq!(fit("abcdef", 4, true), "abc…");
        assert_eq!(fit("漢字かな", 4, true), "漢…");
        assert_eq!(fit("abc", 1, false), "~");
        assert_eq!(fit("abc", 0, false), "");
    }

    #[test]
    fn the_bar_is_as_wide_as_it_should_be() {
        let counts = Counts { total: 4, done: 2, failed: 1, running: 1, ..Counts::default() };
        assert_eq!(PLAIN.bar(8, &counts), "######--");
        let none = Counts::default();
        assert_eq!(PLAIN.bar(5, &none), "-----");
        let all = Counts { total: 3, done: 3, ..Counts::default() };
        assert_eq!(PLAIN.bar(7, &all), "#######");
    }
}
