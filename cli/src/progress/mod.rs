//! How a run is shown while it goes on: live on a terminal, as lines in a pipe, as JSON for programs.
//!
//! Everything shown is folded from the entries of the log; nothing here decides anything.

mod board;
mod json;
mod plain;
pub mod style;
pub mod summary;
mod terminal;

use std::time::Duration;

pub use board::{Board, Counts, Event, EventKind, Running, name};
pub use style::Style;
pub use terminal::size;

use crate::context::Context;

/// Shows a run that goes on.
pub trait Show {
    /// The run has begun.
    fn begin(&mut self, board: &Board);

    /// Something happened.
    fn happened(&mut self, event: &Event, board: &Board);

    /// Something the person should know at once: what a Ctrl+C ends, that the engine was started again.
    fn notice(&mut self, text: &str, board: &Board);

    /// Time passed, or the window changed.
    fn tick(&mut self, _board: &Board) {}

    /// How long it may be until the next tick; `None` for ever.
    fn patience(&self, _board: &Board) -> Option<Duration> {
        None
    }

    /// Nothing more will happen: leaves the screen as it should stay.
    fn end(&mut self) {}
}

/// Shows nothing.
struct Silent;

impl Show for Silent {
    fn begin(&mut self, _board: &Board) {}
    fn happened(&mut self, _event: &Event, _board: &Board) {}
    fn notice(&mut self, _text: &str, _board: &Board) {}
}

/// What fits: NDJSON where asked for, nothing with `--json` or `--quiet`, a live picture on a terminal, else lines.
pub fn choose(context: &Context, stream: bool) -> Box<dyn Show> {
    if stream {
        Box::new(json::Stream)
    } else if context.global.json || context.global.quiet {
        Box::new(Silent)
    } else if is_live() {
        Box::new(terminal::Terminal::new(Style::of(context)))
    } else {
        Box::new(plain::Plain)
    }
}

/// Whether standard output is a terminal that can be drawn on.
pub fn is_live() -> bool {
    use std::io::IsTerminal as _;
    std::io::stdout().is_terminal() && std::env::var_os("TERM").is_some_and(|t| !t.is_empty() && t != "dumb")
}
