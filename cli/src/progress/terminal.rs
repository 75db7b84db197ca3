//! The live picture: what has ended scrolls by, what runs stays below, redrawn in place.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use chrono::Utc;
use threados_core::id::StepId;
use threados_core::model::StepStatus;
use threados_core::plain::{last_lines, plain};

use super::style::{self, Style, Tone, fit, since, took};
use super::{Board, Event, EventKind, Running, Show, name};
use crate::output::print;

/// At most ten times a second.
const MIN_REDRAW: Duration = Duration::from_millis(100);

/// How often what runs is asked for its last line.
const LOOK: Duration = Duration::from_millis(250);

/// Columns below which only the counts are shown.
const LEAST_COLUMNS: usize = 12;

/// Most running steps shown by name.
const MOST_LINES: usize = 12;

const HIDE_CURSOR: &str = "\u{1b}[?25l";
const SHOW_CURSOR: &str = "\u{1b}[?25h";
const CLEAR_BELOW: &str = "\u{1b}[J";
/// Terminals that know it show all of a frame at once; the others pass over it.
const BEGIN_FRAME: &str = "\u{1b}[?2026h";
const END_FRAME: &str = "\u{1b}[?2026l";

/// Draws on a terminal.
pub struct Terminal {
    style: Style,
    /// Lines that are to scroll by.
    pending: String,
    /// The columns of each line of the live part as it stands on the screen, and the lines.
    drawn: (Vec<usize>, String),
    drawn_at: Option<Instant>,
    hidden: bool,
    tails: HashMap<StepId, Tail>,
}

/// The last line of a step's output, and how long its logs were when it was read.
#[derive(Default)]
struct Tail {
    lengths: [u64; 2],
    line: String,
}

/// One line of the live part: as it looks, and how many columns it takes.
struct Line {
    text: String,
    columns: usize,
}

impl Terminal {
    pub fn new(style: Style) -> Self {
        Self {
            style,
            pending: String::new(),
            drawn: Default::default(),
            drawn_at: None,
            hidden: false,
            tails: HashMap::new(),
        }
    }

    fn draw(&mut self, board: &Board) {
        let (columns, rows) = size();
        let live = self.live(board, columns, rows);
        let text: String = live.iter().map(|l| format!("{}\n", l.text)).collect();
        if self.pending.is_empty() && text == self.drawn.1 {
            return;
        }
        let mut frame = BEGIN_FRAME.to_owned();
        if !self.hidden {
            frame += HIDE_CURSOR;
            self.hidden = true;
        }
        frame += &self.rewind(columns);
        frame += &std::mem::take(&mut self.pending);
        frame += &text;
        frame += END_FRAME;
        print(&frame);
        self.drawn = (live.iter().map(|l| l.columns).collect(), text);
        self.drawn_at = Some(Instant::now());
    }

    /// Goes back to where the live part begins and clears it. A line that no longer fits since the window was
    /// made narrower takes several rows.
    fn rewind(&self, columns: usize) -> String {
        let rows: usize = self.drawn.0.iter().map(|width| width.div_ceil(columns).max(1)).sum();
        let up = if rows > 0 { format!("\u{1b}[{rows}A") } else { String::new() };
        format!("{up}\r{CLEAR_BELOW}")
    }

    fn live(&mut self, board: &Board, columns: usize, rows: usize) -> Vec<Line> {
        let room = columns.saturating_sub(1);
        let running = board.running();
        let most = rows.saturating_sub(4).clamp(1, MOST_LINES);
        let shown = match running.len() {
            _ if room < LEAST_COLUMNS => 0,
            n if n > most => most - 1,
            n => n,
        };
        let widest = running.iter().take(shown).map(|r| shown_name(r).len()).max().unwrap_or(0);
        let names = widest.min(room / 3);
        let mut lines: Vec<Line> =
            running.iter().take(shown).map(|r| self.running_line(board, r, names, room)).collect();
        if running.len() > shown && room >= LEAST_COLUMNS {
            let text =
                fit(&format!("  and {} more running", running.len() - shown), room, self.style.unicode);
            lines.push(self.line(&text, Tone::Dim));
        }
        lines.push(self.total(board, room));
        lines
    }

    fn line(&self, text: &str, tone: Tone) -> Line {
        Line { columns: style::width(text), text: self.style.paint(tone, text) }
    }

    fn running_line(&mut self, board: &Board, running: &Running, names: usize, room: usize) -> Line {
        let (mark, tone) = self.style.mark(StepStatus::Running);
        let now = Utc::now();
        let ms = u64::try_from((now - running.since).num_milliseconds()).unwrap_or(0);
        let name = fit(&shown_name(running), names.max(1), self.style.unicode);
        let again = if running.attempt > 1 { format!(" try {}", running.attempt) } else { String::new() };
        let head = format!("{name:names$}  {:>6}{again}", since(ms));
        let head = fit(&head, room.saturating_sub(2), self.style.unicode);
        let left = room.saturating_sub(4 + style::width(&head));
        let style = self.style;
        let tail = fit(self.tail(board, running), left, style.unicode);
        let gap = if tail.is_empty() { "" } else { "  " };
        Line {
            columns: 2 + style::width(&head) + gap.len() + style::width(&tail),
            text: format!(
                "{} {head}{gap}{}",
                self.style.paint(tone, mark),
                self.style.paint(Tone::Dim, &tail)
            ),
        }
    }

    /// The last line of what a step printed, read again only where there is more of it.
    fn tail(&mut self, board: &Board, running: &Running) -> &str {
        let logs = ["stdout.log", "stderr.log"].map(|file| running.dir.join(file));
        let lengths = [0, 1].map(|i: usize| std::fs::metadata(&logs[i]).map_or(0, |m| m.len()));
        let tail = self.tails.entry(running.step.clone()).or_default();
        let newer = (0..2).rev().find(|i| lengths[*i] != tail.lengths[*i] && lengths[*i] > 0);
        if let Some(which) = newer {
            let lines = last_lines(&logs[which], 1).unwrap_or_default();
            tail.line = lines.first().map(|line| board.redact(line)).unwrap_or_default();
        }
        if lengths == [0, 0] {
            tail.line.clear();
        }
        tail.lengths = lengths;
        &tail.line
    }

    fn total(&self, board: &Board, room: usize) -> Line {
        let counts = board.counts();
        let ms = u64::try_from((Utc::now() - board.started_at).num_milliseconds()).unwrap_or(0);
        let mut words = vec![format!("{}/{} done", counts.done, counts.total)];
        let others = [
            (counts.failed, "failed"),
            (counts.review, "to review"),
            (counts.running, "running"),
            (counts.waiting, "waiting"),
        ];
        words.extend(others.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
        words.push(since(ms));
        let text = words.join(", ");
        let bar = room.saturating_sub(style::width(&text) + 4).min(40);
        if bar < 5 {
            return self.line(&fit(&text, room, self.style.unicode), Tone::Bold);
        }
        Line {
            columns: bar + 2 + style::width(&text),
            text: format!("{}  {text}", self.style.bar(bar, &counts)),
        }
    }

    fn scroll(&mut self, text: &str) {
        self.pending += text;
        self.pending.push('\n');
    }

    fn draw_soon(&mut self, board: &Board) {
        if self.due_in().is_zero() {
            self.draw(board);
        }
    }

    fn due_in(&self) -> Duration {
        self.drawn_at.map_or(Duration::ZERO, |at| MIN_REDRAW.saturating_sub(at.elapsed()))
    }
}

impl Show for Terminal {
    fn begin(&mut self, board: &Board) {
        let about = format!("run {}, sandbox {}", board.run, board.sandbox.level);
        let about = self.style.paint(Tone::Dim, &about);
        self.scroll(&about);
        self.draw(board);
    }

    fn happened(&mut self, event: &Event, board: &Board) {
        self.tails.remove(&event.step);
        if let EventKind::Ended { status, reason, duration_ms, again, .. } = &event.kind {
            let (mark, tone) = if *again { ("~", Tone::Yellow) } else { self.style.mark(*status) };
            let took = duration_ms.map(took).unwrap_or_default();
            let widest = board.steps.iter().map(|s| s.as_str().len()).max().unwrap_or(0).min(24);
            let reason = plain(reason.as_deref().unwrap_or_default());
            let step = name(&event.step, event.lead.as_ref());
            let text = format!("{step:widest$}  {took:>6}  {reason}");
            let text = format!("{} {}", self.style.paint(tone, mark), text.trim_end());
            self.scroll(&text);
        }
        self.draw_soon(board);
    }

    fn notice(&mut self, text: &str, board: &Board) {
        let text = self.style.paint(Tone::Yellow, text);
        self.scroll(&text);
        self.draw(board);
    }

    fn tick(&mut self, board: &Board) {
        self.draw_soon(board);
    }

    fn patience(&self, board: &Board) -> Option<Duration> {
        let regular = if board.own_running().is_empty() { Duration::from_secs(1) } else { LOOK };
        Some(if self.pending.is_empty() { regular } else { self.due_in() })
    }

    fn end(&mut self) {
        let (columns, _) = size();
        let mut last = self.rewind(columns) + &std::mem::take(&mut self.pending);
        self.drawn = Default::default();
        if std::mem::take(&mut self.hidden) {
            last += SHOW_CURSOR;
        }
        print(&last);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if self.hidden || !self.pending.is_empty() {
            self.end();
        }
    }
}

fn shown_name(running: &Running) -> String {
    name(&running.step, running.lead.as_ref())
}

/// Columns and rows of the terminal.
pub fn size() -> (usize, usize) {
    #[cfg(unix)]
    if let Ok(size) = rustix::termios::tcgetwinsize(std::io::stdout())
        && size.ws_col > 0
        && size.ws_row > 0
    {
        return (usize::from(size.ws_col), usize::from(size.ws_row));
    }
    (80, 24)
}
