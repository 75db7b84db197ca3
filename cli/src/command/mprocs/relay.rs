//! The session on the user's own terminal: a view that may come and go.

use std::io::{self, IsTerminal as _, Read as _};
use std::os::fd::AsFd as _;
use std::os::unix::net::UnixStream;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use serde_json::json;
use signal_hook::consts::{SIGHUP, SIGTERM, SIGWINCH};
use threados_core::executor::mprocs::{Attached, Session};
use threados_core::workspace::{ErrorClass, Workspace};
use threados_core::wrapper::TerminalSize;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::Report;

/// Ctrl+], as terminals send it and as those of the kitty protocol do: leaves, and leaves mprocs open.
const LEAVE: [&[u8]; 2] = [b"\x1d", b"\x1b[93;5"];
/// Whatever mprocs asked of the terminal: keyboard, mouse, pasting, cursor, colours, screen.
const RESET: &[u8] = b"\x1b[<u\x1b[>4;0m\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?2004l\
\x1b[?25h\x1b[0m\x1b[?1049l";

/// A session is looked at on a terminal.
pub fn check_terminal() -> Result<(), Failure> {
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        return Ok(());
    }
    Err(Failure::new(ErrorClass::Environment, "NO_TERMINAL", "there is no terminal to show mprocs on")
        .hint("`seqctl mprocs open --headless` leaves it in the background"))
}

/// How a view ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The user left it.
    Left,
    /// mprocs has ended.
    Session,
    /// The terminal is gone.
    Terminal,
}

/// Shows the session until it ends, the user leaves it, or the terminal is gone.
pub fn relay(workspace: &Workspace, context: &Context) -> Result<Report, Failure> {
    let session = Session::connect(&workspace.paths)
        .map_err(|e| Failure::new(ErrorClass::Environment, e.code(), e.to_string()).hint(e.hint()))?;
    let attached =
        session.attach(size()).map_err(|e| Failure::new(ErrorClass::Environment, e.code(), e.to_string()))?;
    let raw = Raw::enter().map_err(|e| Failure::io("use the terminal", &e.into()))?;
    let end = View { attached, signals: signals().map_err(|e| Failure::io("watch the terminal", &e))? }.run();
    drop(raw);
    let text = match end {
        End::Session => "mprocs has ended; steps that run go on (`seqctl status`)\n",
        End::Left => {
            "mprocs goes on in the background: `seqctl mprocs open` shows it, `seqctl mprocs close` ends it\n"
        }
        End::Terminal => return Ok(Report::printed(0)),
    };
    let text = if context.global.quiet { "" } else { text };
    Ok(Report::new(json!({ "closed": end == End::Session }), text))
}

fn size() -> TerminalSize {
    let size = tcgetwinsize(io::stdout()).ok().filter(|s| s.ws_col > 0);
    size.map_or(TerminalSize { cols: 80, rows: 24 }, |s| TerminalSize { cols: s.ws_col, rows: s.ws_row })
}

/// The terminal as it is typed, from now on until this is dropped.
struct Raw(Termios);

impl Raw {
    fn enter() -> rustix::io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(io::stdin(), OptionalActions::Now, &raw)?;
        Ok(Self(before))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing any more.
        let _ = put(RESET);
        let _ = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
    }
}

/// A byte for every signal: of a new size, and of the end.
fn signals() -> io::Result<[UnixStream; 2]> {
    let of = |numbers: &[i32]| -> io::Result<UnixStream> {
        let (read, write) = UnixStream::pair()?;
        read.set_nonblocking(true)?;
        for number in numbers {
            signal_hook::low_level::pipe::register(*number, write.try_clone()?)?;
        }
        Ok(read)
    };
    Ok([of(&[SIGWINCH])?, of(&[SIGHUP, SIGTERM])?])
}

struct View {
    attached: Attached,
    signals: [UnixStream; 2],
}

impl View {
    fn run(mut self) -> End {
        let mut buffer = vec![0; 16 << 10];
        loop {
            let [typed, drawn, resized, ended] = match self.wait() {
                Ok(ready) => ready,
                Err(rustix::io::Errno::INTR) => continue,
                Err(_) => return End::Terminal,
            };
            if ended {
                return End::Terminal;
            }
            if resized {
                while matches!(self.signals[0].read(&mut buffer), Ok(1..)) {}
                if self.attached.resize(size()).is_err() {
                    return End::Session;
                }
            }
            if drawn {
                match self.attached.read(&mut buffer) {
                    Ok(n) if n > 0 => {
                        if put(&buffer[..n]).is_err() {
                            return End::Terminal;
                        }
                    }
                    _ => return End::Session,
                }
            }
            if typed && let Some(end) = self.type_on(&mut buffer) {
                return end;
            }
        }
    }

    fn type_on(&mut self, buffer: &mut [u8]) -> Option<End> {
        match rustix::io::read(rustix::stdio::stdin(), &mut *buffer) {
            Ok(n) if n > 0 => {
                let typed = &buffer[..n];
                if LEAVE.iter().any(|leave| typed.windows(leave.len()).any(|w| w == *leave)) {
                    return Some(End::Left);
                }
                self.attached.type_bytes(typed).err().map(|_| End::Session)
            }
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => None,
            Ok(_) | Err(_) => Some(End::Terminal),
        }
    }

    fn wait(&self) -> rustix::io::Result<[bool; 4]> {
        let mut fds = [
            PollFd::from_borrowed_fd(rustix::stdio::stdin(), PollFlags::IN),
            PollFd::from_borrowed_fd(self.attached.as_fd(), PollFlags::IN),
            PollFd::new(&self.signals[0], PollFlags::IN),
            PollFd::new(&self.signals[1], PollFlags::IN),
        ];
        poll(&mut fds, None)?;
        Ok(fds.map(|fd| !fd.revents().is_empty()))
    }
}

/// Draws, waiting for room.
fn put(bytes: &[u8]) -> rustix::io::Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        match rustix::io::write(rustix::stdio::stdout(), rest) {
            Ok(n) => rest = &rest[n..],
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::AGAIN) => {
                let mut fds = [PollFd::from_borrowed_fd(rustix::stdio::stdout(), PollFlags::OUT)];
                // Whatever comes of it, the next write tells.
                let _ = poll(&mut fds, None);
            }
            Err(e) => return Err(e),
        }
    }
    Ok(())
}
