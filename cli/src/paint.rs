//! Colours, marks and lengths of time for people.

use threados_core::model::{GateStatus, StepStatus};

/// How a piece of text is shown where colours are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    #[default]
    Plain,
    Bold,
    Dim,
    Red,
    Green,
    Yellow,
    Blue,
    Cyan,
}

impl Style {
    const ALL: [Self; 8] =
        [Self::Plain, Self::Bold, Self::Dim, Self::Red, Self::Green, Self::Yellow, Self::Blue, Self::Cyan];

    /// Whether a colour sequence is one that we paint with, or the end of one.
    pub fn is_own(code: &str) -> bool {
        code == "0" || (!code.is_empty() && Self::ALL.iter().any(|style| style.code() == code))
    }

    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Red => "31",
            Self::Green => "32",
            Self::Yellow => "33",
            Self::Blue => "34",
            Self::Cyan => "36",
        }
    }

    /// The text in this style, where colours are wanted.
    pub fn paint(self, text: &str, colours: bool) -> String {
        if !colours || self == Self::Plain || text.is_empty() {
            return text.to_owned();
        }
        format!("\x1b[{}m{text}\x1b[0m", self.code())
    }
}

/// Mark and colour of a step's status.
pub fn step(status: StepStatus) -> (&'static str, Style) {
    match status {
        StepStatus::Ready => ("○", Style::Cyan),
        StepStatus::Running => ("●", Style::Blue),
        StepStatus::NeedsReview => ("?", Style::Yellow),
        StepStatus::Done => ("✓", Style::Green),
        StepStatus::Failed => ("✗", Style::Red),
        StepStatus::Blocked => ("·", Style::Dim),
    }
}

/// Mark and colour of a gate's status; `due` is that only a decision is missing.
pub fn gate(status: GateStatus, due: bool) -> (&'static str, Style) {
    match status {
        GateStatus::Approved => ("◆", Style::Green),
        GateStatus::Blocked => ("◆", Style::Red),
        GateStatus::Pending if due => ("◇", Style::Yellow),
        GateStatus::Pending => ("◇", Style::Dim),
    }
}

/// A length of time as people read it: `340 ms`, `2.1 s`, `1m05s`, `2h03m`.
pub fn span(ms: u64) -> String {
    let seconds = ms / 1000;
    match ms {
        0..1000 => format!("{ms} ms"),
        1000..60_000 => format!("{seconds}.{} s", ms % 1000 / 100),
        60_000..3_600_000 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
    }
}

/// The length of time between two moments; nothing where the clock went back.
pub fn between(from: chrono::DateTime<chrono::Utc>, to: chrono::DateTime<chrono::Utc>) -> String {
    span(u64::try_from((to - from).num_milliseconds()).unwrap_or(0))
}

/// A moment as people read it, in UTC.
pub fn moment(at: chrono::DateTime<chrono::Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_naturally() {
        let shown = [0, 999, 1000, 59_999, 60_000, 3_599_999, 3_600_000].map(span);
        assert_eq!(shown, ["0 ms", "999 ms", "1.0 s", "59.9 s", "1m00s", "59m59s", "1h00m"]);
    }

    #[test]
    fn nothing_is_painted_without_colours() {
        assert_eq!(Style::Red.paint("x", false), "x");
        assert_eq!(Style::Red.paint("x", true), "\x1b[31mx\x1b[0m");
    }
}
