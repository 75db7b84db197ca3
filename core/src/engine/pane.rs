//! The process of a pane: waits for a ticket of the engine, has the attempt carried out, shows it, and waits again.

use std::io::{self, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::{RecvFlags, recv};

use super::client::socket_path;
use super::protocol::{ClientMessage, EngineMessage};
use crate::executor::mprocs::{Health, PaneHears, PaneName, PaneSays, health};
use crate::log::watch_made;
use crate::store::Paths;
use crate::store::paths::PathsError;
use crate::wrapper::{Job, Judge, PaneAttempt, PaneHost, SpawnEvent, TerminalSize, WrapperError};

/// How much is read at once.
const CHUNK: usize = 16 << 10;
/// How long until a pane looks for the engine again where the system watches no more folders for this user.
const AGAIN: Timespec = Timespec { tv_sec: 1, tv_nsec: 0 };
/// Reads of what a step printed, after its end.
const LAST_READS: usize = 64;

/// The terminal of a pane.
pub trait PaneScreen {
    /// What is to be read from and written to.
    fn terminal(&self) -> BorrowedFd<'_>;
    /// Its size.
    fn size(&self) -> TerminalSize;
    /// What is typed, as raw bytes; `None` where the terminal is gone.
    fn typed(&mut self, buffer: &mut [u8]) -> Option<usize>;
    /// Shows what a step printed. `interactive`: as it is, for the step has the terminal to itself.
    fn show(&mut self, bytes: &[u8], interactive: bool);
    /// From now on a step has the terminal to itself, or no more.
    fn lend(&mut self, interactive: bool);
    /// It waits for work, under this name.
    fn waits(&mut self, name: &PaneName);
    /// An attempt begins.
    fn begins(&mut self, job: &Job);
    /// An attempt is over, or did not begin.
    fn ends(&mut self, event: &SpawnEvent);
    /// Whether something waits to be shown; then nothing more is given to it.
    fn is_full(&self) -> bool;
    /// Shows what waits, as far as there is room.
    fn flush(&mut self);
}

/// Why a pane cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum PaneError {
    /// The folder of the sockets cannot be had.
    #[error(transparent)]
    Paths(#[from] PathsError),
    /// The process cannot be one that shows steps.
    #[error(transparent)]
    Wrapper(#[from] WrapperError),
    /// The system refused.
    #[error("cannot {what}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// The engine does not take this process for a pane.
    #[error("{0}")]
    Refused(String),
}

/// Serves as a pane until its terminal is gone or it is asked to end. Steps go on without it, but interactive ones.
/// The process must have one thread.
///
/// # Errors
/// [`PaneError`] where it cannot begin, or is refused.
pub fn serve_pane(
    paths: &Paths,
    name: &PaneName,
    judge: Judge,
    screen: &mut dyn PaneScreen,
) -> Result<(), PaneError> {
    let folder = paths.ensure_runtime_dir()?.to_owned();
    let host = PaneHost::new(judge)?;
    let (watch, link, attempt, refused) = (None, None, None, None);
    let noted = false;
    let mut pane = PaneProcess { paths, name, folder, host, noted, watch, link, attempt, screen, refused };
    pane.screen.waits(name);
    pane.connect();
    while pane.turn()? {}
    pane.refused.map_or(Ok(()), |why| Err(PaneError::Refused(why)))
}

struct PaneProcess<'a> {
    paths: &'a Paths,
    name: &'a PaneName,
    /// Where the engine's socket comes to be.
    folder: PathBuf,
    host: PaneHost,
    /// Whether the session is on record, by which the engine knows its panes: they begin sooner than that.
    noted: bool,
    /// Tells of what is made there, and before that of the session's record; only while there is no connection, for a user may have but few of these.
    watch: Option<OwnedFd>,
    link: Option<Link>,
    attempt: Option<PaneAttempt>,
    screen: &'a mut dyn PaneScreen,
    refused: Option<String>,
}

/// The connection to the engine.
struct Link {
    stream: UnixStream,
    incoming: Vec<u8>,
}

/// What is ready.
struct Ready {
    signals: bool,
    engine: bool,
    events: bool,
    echo: bool,
    terminal: bool,
}

impl PaneProcess<'_> {
    fn connect(&mut self) {
        if !self.noted {
            // Before the look: what is written after it is told.
            self.watch = watch_made(&self.paths.state_dir).ok();
            self.noted = matches!(health(self.paths), Health::Up(_));
            if !self.noted {
                return;
            }
        }
        // Before the try: an engine that comes after it makes its socket anew.
        self.watch = watch_made(&self.folder).ok();
        let connected = socket_path(self.paths).ok().and_then(|path| UnixStream::connect(path).ok());
        self.link = connected.map(|stream| Link { stream, incoming: Vec::new() });
        if self.link.is_some() {
            self.watch = None;
        }
        if self.attempt.is_none() {
            self.say(PaneSays::Waiting { pane: self.name.clone() });
        }
    }

    /// Waits for the next thing and takes it in; whether to go on.
    fn turn(&mut self) -> Result<bool, PaneError> {
        let ready = self.wait()?;
        if ready.signals {
            let arrived = self.host.take();
            if arrived.stop || arrived.hangup {
                return Ok(false);
            }
            if arrived.resized {
                self.resize();
            }
        }
        if ready.terminal {
            self.screen.flush();
            if !self.type_on() {
                return Ok(false);
            }
        }
        if ready.echo {
            self.show();
        }
        if ready.events {
            self.tell();
        }
        if ready.engine {
            self.hear_engine();
        }
        Ok(self.refused.is_none())
    }

    fn wait(&self) -> Result<Ready, PaneError> {
        let full = self.screen.is_full();
        let terminal = if full { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
        let link = self.link.as_ref().map(|link| link.stream.as_fd());
        let engine = link.or_else(|| self.watch.as_ref().map(OwnedFd::as_fd));
        let mut fds = vec![
            PollFd::new(&self.host, PollFlags::IN),
            PollFd::from_borrowed_fd(self.screen.terminal(), terminal),
        ];
        let events = self.attempt.as_ref().map(PaneAttempt::events);
        let echo = self.attempt.as_ref().and_then(PaneAttempt::echo).filter(|_| !full);
        for fd in [engine, events, echo].into_iter().flatten() {
            fds.push(PollFd::from_borrowed_fd(fd, PollFlags::IN));
        }
        let timeout = engine.is_none().then_some(AGAIN);
        let mut again = false;
        match poll(&mut fds, timeout.as_ref()) {
            Ok(n) => again = n == 0,
            Err(rustix::io::Errno::INTR) => fds.iter_mut().for_each(PollFd::clear_revents),
            Err(e) => return Err(PaneError::Io { what: "wait", source: e.into() }),
        }
        let mut ready = fds.iter().map(|fd| !fd.revents().is_empty());
        let mut next = |polled: bool| polled && ready.next().unwrap_or_default();
        Ok(Ready {
            signals: next(true),
            terminal: next(true),
            engine: next(engine.is_some()) || again,
            events: next(events.is_some()),
            echo: next(echo.is_some()),
        })
    }

    fn say(&mut self, says: PaneSays) {
        let Some(link) = &self.link else { return };
        let Ok(mut line) = serde_json::to_vec(&ClientMessage::Pane(says)) else { return };
        line.push(b'\n');
        if (&link.stream).write_all(&line).is_err() {
            self.link = None;
        }
    }

    fn hear_engine(&mut self) {
        let Some(link) = &mut self.link else {
            // Something was made in the folder of the sockets.
            return self.connect();
        };
        let mut chunk = [0; CHUNK];
        match recv(&link.stream, &mut chunk[..], RecvFlags::DONTWAIT) {
            Ok((n, _)) if n > 0 => link.incoming.extend_from_slice(&chunk[..n]),
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => return,
            Ok(_) | Err(_) => {
                self.link = None;
                return self.connect();
            }
        }
        while let Some(line) = self.link.as_mut().and_then(next_line) {
            match serde_json::from_slice(&line) {
                Ok(EngineMessage::Pane(PaneHears::Ticket { ticket })) => {
                    self.say(PaneSays::Redeem { ticket })
                }
                Ok(EngineMessage::Pane(PaneHears::Job { job, start_by_ms })) => self.start(&job, start_by_ms),
                Ok(EngineMessage::Refused { fault }) if self.attempt.is_none() => {
                    self.refused = Some(fault.message);
                }
                _ => {}
            }
        }
    }

    fn start(&mut self, job: &Job, start_by_ms: u64) {
        self.screen.begins(job);
        match self.host.start(job, Duration::from_millis(start_by_ms)) {
            Ok(attempt) => {
                self.attempt = Some(attempt);
                if job.terminal {
                    self.screen.lend(true);
                    self.resize();
                }
            }
            Err(error) => {
                let event = SpawnEvent::Refused { key: job.key(), reason: error.to_string() };
                self.over(event);
            }
        }
    }

    fn resize(&mut self) {
        if let Some(terminal) = self.attempt.as_ref().and_then(PaneAttempt::terminal) {
            terminal.resize(self.screen.size());
        }
    }

    /// Hands on what is typed to a step that has the terminal; `false` where the terminal is gone.
    fn type_on(&mut self) -> bool {
        let mut typed = [0; 1024];
        match self.screen.typed(&mut typed) {
            None => return false,
            Some(0) => {}
            Some(n) => {
                if let Some(terminal) = self.attempt.as_ref().and_then(PaneAttempt::terminal) {
                    terminal.write(&typed[..n]);
                }
            }
        }
        true
    }

    fn show(&mut self) {
        let Some(attempt) = &mut self.attempt else { return };
        let mut chunk = [0; CHUNK];
        let n = attempt.pull(&mut chunk);
        self.screen.show(&chunk[..n], attempt.terminal().is_some());
    }

    fn tell(&mut self) {
        while let Some(event) = self.attempt.as_mut().and_then(PaneAttempt::next_event) {
            match event {
                SpawnEvent::Started { .. } => self.say(PaneSays::Event { event: Box::new(event) }),
                over => {
                    self.over(over);
                    return;
                }
            }
        }
    }

    fn over(&mut self, event: SpawnEvent) {
        self.say(PaneSays::Event { event: Box::new(event.clone()) });
        let mut chunk = [0; CHUNK];
        for _ in 0..LAST_READS {
            let Some(attempt) = &mut self.attempt else { break };
            let n = attempt.pull(&mut chunk);
            if n == 0 {
                break;
            }
            self.screen.show(&chunk[..n], attempt.terminal().is_some());
        }
        if self.attempt.as_ref().is_some_and(|attempt| attempt.terminal().is_some()) {
            self.screen.lend(false);
        }
        if let (None, Some(attempt)) = (&self.link, &self.attempt) {
            attempt.bring_engine_back();
        }
        self.attempt = None;
        self.screen.ends(&event);
        self.say(PaneSays::Waiting { pane: self.name.clone() });
    }
}

fn next_line(link: &mut Link) -> Option<Vec<u8>> {
    let end = link.incoming.iter().position(|b| *b == b'\n')?;
    Some(link.incoming.drain(..=end).collect())
}
