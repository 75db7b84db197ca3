//! The keeper's loop: mprocs' terminal, who looks at it, and the end.

use std::collections::VecDeque;
use std::num::NonZeroU16;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};

use super::super::config::{Press, ours};
use super::super::wire::{Answer, Ask};
use super::client::{Client, Denied};
use super::list::{List, Within};
use super::notes::Notes;
use crate::wrapper::{Terminal, TerminalSize, ended};

/// How long mprocs has to end after it was made to.
const MADE_TO: Duration = Duration::from_secs(1);
/// Reads before others have their turn.
const READS: usize = 64;
/// What draws into a terminal of its own: the other screen, with the mouse, as mprocs itself asks for it.
const BEGIN: &str = "\x1b[?1049h\x1b[2J\x1b[?1000h\x1b[?1002h\x1b[?1003h\x1b[?1006h";

/// How far an end that was asked for has come.
#[derive(Debug, Clone, Copy)]
enum Ending {
    /// It was asked to quit; at this time it is made to.
    Asked(Instant),
    /// It was made to quit; at this time it is killed.
    Made(Instant),
    Killed,
}

/// mprocs, its terminal and who looks at it.
pub(super) struct Keeper {
    pid: u32,
    terminal: Terminal,
    listener: UnixListener,
    /// The screen as mprocs has drawn it.
    drawn: vt100::Parser,
    /// The same with what is drawn on top, which is what others see.
    shown: vt100::Parser,
    within: Within,
    list: List,
    notes: Option<Notes>,
    size: TerminalSize,
    clients: Vec<Client>,
    typed: VecDeque<u8>,
    ending: Option<Ending>,
}

impl Keeper {
    pub fn new(
        pid: u32,
        terminal: Terminal,
        listener: UnixListener,
        size: TerminalSize,
        list: List,
        notes: Option<Notes>,
    ) -> Self {
        let (rows, cols) = cells(size);
        Self {
            pid,
            terminal,
            listener,
            drawn: vt100::Parser::new(rows, cols, 0),
            shown: vt100::Parser::new(rows, cols, 0),
            within: Within::default(),
            list,
            notes,
            size,
            clients: Vec::new(),
            typed: VecDeque::new(),
            ending: None,
        }
    }

    pub fn pid(&self) -> u32 {
        self.pid
    }

    pub fn terminal(&self) -> BorrowedFd<'_> {
        self.terminal.as_fd()
    }

    /// What stands on the screen, as text.
    pub fn text(&self) -> String {
        self.shown.screen().contents()
    }

    /// Takes what mprocs has drawn; `false` where it is gone.
    pub fn drain(&mut self) -> bool {
        let mut buffer = [0; 16 << 10];
        for _ in 0..READS {
            match self.terminal.read(&mut buffer) {
                None => return false,
                Some(0) => break,
                Some(n) => {
                    self.drawn.process(&buffer[..n]);
                    self.within.feed(&buffer[..n]);
                    self.show(&buffer[..n]);
                }
            }
        }
        self.draw_over();
        true
    }

    fn show(&mut self, bytes: &[u8]) {
        self.shown.process(bytes);
        for client in self.clients.iter_mut().filter(|c| c.view) {
            client.send(bytes);
        }
    }

    /// Draws on top of what mprocs has drawn; within a sequence of its own, later.
    fn draw_over(&mut self) {
        if self.within == Within::Nothing {
            let over = self.list.over(self.drawn.screen(), self.shown.screen());
            if !over.is_empty() {
                self.show(over.as_bytes());
            }
        }
    }

    /// Hears how steps stand.
    fn hear_notes(&mut self) {
        match self.notes.as_mut().map(Notes::latest) {
            Some(Ok(Some(notes))) => {
                self.list.note(notes);
                self.draw_over();
            }
            Some(Err(_)) => self.notes = None,
            Some(Ok(None)) | None => {}
        }
    }

    /// Serves until mprocs is gone.
    pub fn serve(&mut self, wrappers: &Path, denied: &dyn Fn(Denied)) {
        loop {
            self.flush_typed();
            let (drawn, noted, knocked, heard) = self.wait();
            if drawn && !self.drain() {
                break;
            }
            if noted {
                self.hear_notes();
            }
            if knocked {
                while let Ok((stream, _)) = self.listener.accept() {
                    match Client::new(stream, wrappers) {
                        Ok(client) => self.clients.push(client),
                        Err(who) => denied(who),
                    }
                }
            }
            for index in heard {
                self.clients[index].flush();
                for ask in self.clients[index].hear() {
                    self.asked(index, ask);
                }
            }
            self.clients.retain(|c| !c.gone);
            self.end_further();
        }
        self.end();
    }

    /// Tells who asked for the end that all is over.
    pub fn tell_closed(&mut self) {
        for client in self.clients.iter_mut().filter(|c| c.closing) {
            client.answer(&Answer::Done);
        }
    }

    /// Sees to it that mprocs is gone and taken off the system's list.
    pub fn end(&mut self) {
        let start = Instant::now();
        while ended(self.pid).is_none() {
            if start.elapsed() > MADE_TO {
                self.kill();
            }
            self.drain();
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn kill(&self) {
        if let Some(pid) = Pid::from_raw(self.pid.cast_signed()) {
            // It is our child and not waited for yet, so this is its number.
            let _ = kill_process(pid, Signal::KILL);
        }
    }

    fn wait(&self) -> (bool, bool, bool, Vec<usize>) {
        let out = if self.typed.is_empty() { PollFlags::IN } else { PollFlags::IN | PollFlags::OUT };
        let mut fds = vec![
            PollFd::from_borrowed_fd(self.terminal.as_fd(), out),
            PollFd::new(&self.listener, PollFlags::IN),
        ];
        for client in &self.clients {
            let flags = if client.is_full() { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
            fds.push(PollFd::new(client, flags));
        }
        fds.extend(self.notes.iter().map(|notes| PollFd::new(notes, PollFlags::IN)));
        let until = match self.ending {
            Some(Ending::Asked(at) | Ending::Made(at)) => Some(at.saturating_duration_since(Instant::now())),
            _ => None,
        };
        let until = until.and_then(|left| Timespec::try_from(left).ok());
        if poll(&mut fds, until.as_ref()).is_err() {
            return (false, false, false, Vec::new());
        }
        let ready = |i: usize| fds.get(i).is_some_and(|fd| !fd.revents().is_empty());
        let noted = ready(2 + self.clients.len());
        (ready(0), noted, ready(1), (0..self.clients.len()).filter(|i| ready(i + 2)).collect())
    }

    fn asked(&mut self, index: usize, ask: Ask) {
        let answer = match ask {
            Ask::Attach { size } => {
                self.resize(size);
                let picture = format!("{BEGIN}{}", self.shown.screen().state_formatted());
                self.clients[index].view = true;
                self.clients[index].send(picture.as_bytes());
                return;
            }
            Ask::Resize { size } => {
                self.resize(size);
                Answer::Done
            }
            Ask::Type { bytes } => {
                self.typed.extend(bytes);
                Answer::Done
            }
            Ask::Select { index: pane, .. } | Ask::SendKey { index: pane, .. } if pane >= self.list.len() => {
                Answer::Refused {
                    why: format!("there is no pane at place {pane}: there are {}", self.list.len()),
                }
            }
            Ask::Select { index: pane, enter } => {
                self.press(if enter { Press::Enter(pane) } else { Press::Select(pane) });
                Answer::Done
            }
            Ask::SendKey { index: pane, bytes } => {
                self.press(Press::Enter(pane));
                self.typed.extend(bytes);
                Answer::Done
            }
            Ask::Screen => {
                let screen = self.shown.screen();
                Answer::Screen {
                    size: self.size,
                    text: screen.contents(),
                    formatted: screen.state_formatted(),
                }
            }
            Ask::Close { within_ms } => {
                self.clients[index].closing = true;
                if self.ending.is_none() {
                    self.press(Press::Quit);
                    self.ending = Some(Ending::Asked(Instant::now() + Duration::from_millis(within_ms)));
                }
                return;
            }
        };
        self.clients[index].answer(&answer);
    }

    /// Presses a key of ours.
    fn press(&mut self, press: Press) {
        let mut key = [0; 4];
        self.typed.extend(ours(press).encode_utf8(&mut key).bytes());
    }

    fn flush_typed(&mut self) {
        while !self.typed.is_empty() {
            let (first, _) = self.typed.as_slices();
            match self.terminal.write(first) {
                0 => return,
                n => drop(self.typed.drain(..n)),
            }
        }
    }

    fn resize(&mut self, size: TerminalSize) {
        let (rows, cols) = cells(size);
        self.size = TerminalSize { cols: cols.get(), rows: rows.get() };
        self.terminal.resize(self.size);
        self.drawn.set_size(rows, cols);
        self.shown.set_size(rows, cols);
    }

    /// What does not quit when it is asked to is made to, then killed.
    fn end_further(&mut self) {
        let now = Instant::now();
        match self.ending {
            Some(Ending::Asked(at)) if now >= at => {
                self.press(Press::ForceQuit);
                self.ending = Some(Ending::Made(now + MADE_TO));
            }
            Some(Ending::Made(at)) if now >= at => {
                self.kill();
                self.ending = Some(Ending::Killed);
            }
            _ => {}
        }
    }
}

/// Rows and columns; a terminal has at least a few.
fn cells(size: TerminalSize) -> (NonZeroU16, NonZeroU16) {
    let least = |n: u16, least: u16| NonZeroU16::new(n.clamp(least, 1000)).unwrap_or(NonZeroU16::MIN);
    (least(size.rows, 5), least(size.cols, 20))
}
