//! `pane` (hidden): what mprocs runs for each step. Waits for work of the engine and shows it.

use std::collections::VecDeque;
use std::os::fd::{AsFd as _, BorrowedFd};

use clap::Args;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use threados_core::engine::{PaneScreen, serve_pane};
use threados_core::executor::mprocs::PaneName;
use threados_core::id::StepId;
use threados_core::plain::plain;
use threados_core::workspace::ErrorClass;
use threados_core::wrapper::{Job, SpawnEvent, TerminalSize, exit_code_is_the_truth};

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Report;

/// Most bytes that wait to be shown.
const MOST_WAITING: usize = 64 << 10;
/// Longest line that is shown whole.
const LONGEST_LINE: usize = 8 << 10;

/// Show steps in this terminal, as the engine hands them out
#[derive(Debug, Args)]
pub struct Pane {
    /// The step it is for
    #[arg(required_unless_present = "slot")]
    pub id: Option<StepId>,
    /// One for whichever step needs one
    #[arg(long, value_name = "N", conflicts_with = "id")]
    pub slot: Option<u32>,
}

pub fn run(args: &Pane, context: &Context) -> Result<Report, Failure> {
    let workspace = context.workspace()?;
    let name = match (&args.id, args.slot) {
        (Some(id), _) => PaneName::Step(id.clone()),
        (None, slot) => PaneName::Slot(slot.unwrap_or_default()),
    };
    let mut screen = Screen::new().ok_or_else(|| {
        Failure::new(ErrorClass::Environment, "NO_TERMINAL", "a pane needs a terminal")
            .hint("mprocs runs it: `seqctl mprocs open`")
    })?;
    let served = serve_pane(&workspace.paths, &name, exit_code_is_the_truth, &mut screen);
    screen.restore();
    served.map_err(|e| Failure::new(ErrorClass::Environment, "PANE", e.to_string()))?;
    Ok(Report::printed(0))
}

/// The terminal that mprocs gave us.
struct Screen {
    before: Termios,
    waiting: VecDeque<u8>,
    /// The beginning of a line that has not ended.
    line: Vec<u8>,
}

impl Screen {
    fn new() -> Option<Self> {
        let before = tcgetattr(std::io::stdin()).ok()?;
        let screen = Self { before, waiting: VecDeque::new(), line: Vec::new() };
        screen.set(false);
        let out = std::io::stdout();
        let flags = rustix::fs::fcntl_getfl(&out).ok()?;
        // Whoever looks on slowly holds up nothing.
        rustix::fs::fcntl_setfl(&out, flags | rustix::fs::OFlags::NONBLOCK).ok()?;
        Some(screen)
    }

    /// Keys are not shown and mean nothing by themselves; with a step at it the terminal is the step's alone.
    fn set(&self, interactive: bool) {
        let mut modes = self.before.clone();
        if interactive {
            modes.make_raw();
        } else {
            modes.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        }
        // A terminal that is gone is told of by the next read.
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &modes);
    }

    fn restore(&self) {
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &self.before);
    }

    fn say(&mut self, text: &str) {
        self.put(text.as_bytes());
        self.flush();
    }

    fn put(&mut self, bytes: &[u8]) {
        self.waiting.extend(bytes);
    }

    fn line(&mut self) {
        let line = plain(&String::from_utf8_lossy(&std::mem::take(&mut self.line)));
        self.put(line.as_bytes());
        self.put(b"\n");
    }
}

impl PaneScreen for Screen {
    fn terminal(&self) -> BorrowedFd<'_> {
        rustix::stdio::stdin()
    }

    fn size(&self) -> TerminalSize {
        let size = tcgetwinsize(std::io::stdin()).ok();
        size.map_or(TerminalSize { cols: 80, rows: 24 }, |s| TerminalSize { cols: s.ws_col, rows: s.ws_row })
    }

    fn typed(&mut self, buffer: &mut [u8]) -> Option<usize> {
        match rustix::io::read(rustix::stdio::stdin(), buffer) {
            Ok(n) if n > 0 => Some(n),
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Some(0),
            Ok(_) | Err(_) => None,
        }
    }

    fn show(&mut self, bytes: &[u8], interactive: bool) {
        if interactive {
            // mprocs is the terminal it draws on, and shows no more than a picture of that.
            self.put(bytes);
        } else {
            for byte in bytes {
                match byte {
                    b'\n' => self.line(),
                    byte => self.line.push(*byte),
                }
                if self.line.len() > LONGEST_LINE {
                    self.line();
                }
            }
        }
        self.flush();
    }

    fn lend(&mut self, interactive: bool) {
        self.set(interactive);
        if !interactive {
            // Whatever it did to the terminal: colours, cursor, screen, mouse and keys are ours again.
            self.say("\x1b[0m\x1b[?25h\x1b[?1049l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?2004l\x1b[?1l\r\n");
        }
    }

    fn waits(&mut self, name: &PaneName) {
        self.say(&format!("{name}: nothing runs here yet\n"));
    }

    fn begins(&mut self, job: &Job) {
        let command = plain(&job.shown_command.join(" "));
        self.say(&format!(
            "\x1b[1m▶ {} · attempt {} · RUNNING\x1b[0m  {command}\n",
            job.step_id, job.attempt
        ));
    }

    fn ends(&mut self, event: &SpawnEvent) {
        if !self.line.is_empty() {
            self.line();
        }
        let text = match event {
            SpawnEvent::Ended { key, record } => {
                let seconds = record.duration_ms as f64 / 1000.0;
                let why = record.reason.as_deref().map(|r| format!(": {}", plain(r))).unwrap_or_default();
                format!("{} · {}{why} · {seconds:.1} s", key.step_id, record.status)
            }
            SpawnEvent::Lost { key } => format!("{} · FAILED: its wrapper was killed", key.step_id),
            SpawnEvent::Refused { key, reason } => format!("{} · not started: {reason}", key.step_id),
            SpawnEvent::TooLate { key } => format!("{} · not started in time on a busy machine", key.step_id),
            SpawnEvent::Started { .. } | SpawnEvent::SpawnerGone => return,
        };
        self.say(&format!("\x1b[1m■ {text}\x1b[0m\n\n"));
    }

    fn is_full(&self) -> bool {
        self.waiting.len() > MOST_WAITING
    }

    fn flush(&mut self) {
        let out = std::io::stdout();
        while !self.waiting.is_empty() {
            let (first, _) = self.waiting.as_slices();
            match rustix::io::write(out.as_fd(), first) {
                Ok(n) if n > 0 => drop(self.waiting.drain(..n)),
                Err(rustix::io::Errno::INTR) => {}
                _ => return,
            }
        }
    }
}
