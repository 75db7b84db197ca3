//! A face's way to a session: open it, look at it, type, select, close.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::wire::{Answer, Ask};
use super::{Files, Health, Key, MprocsError, SessionState, health};
use crate::store::Paths;
use crate::wrapper::{SMALL_PAGES, TerminalSize};

/// How long the keeper may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens a session in the background, or finds the one that is up: whether it was opened. `keeper` is the command
/// line that becomes its keeper and says on its standard output how it went.
///
/// # Errors
/// What the keeper met.
pub fn open(paths: &Paths, keeper: &[String]) -> Result<(SessionState, bool), MprocsError> {
    if let Health::Up(state) = health(paths) {
        return Ok((state, false));
    }
    let (program, arguments) = keeper
        .split_first()
        .ok_or_else(|| MprocsError::Other("no command line of a keeper is known".into()))?;
    let mut child = Command::new(program)
        .args(arguments)
        // The panes have it from the keeper.
        .env(SMALL_PAGES.0, SMALL_PAGES.1)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(MprocsError::io("start the keeper of the session"))?;
    let mut word = String::new();
    if let Some(mut out) = child.stdout.take() {
        // It closes its standard output as soon as the session is up, or ends.
        out.read_to_string(&mut word).map_err(MprocsError::io("hear the keeper of the session"))?;
    }
    match health(paths) {
        Health::Up(state) => Ok((state, true)),
        _ => Err(match serde_json::from_str(&word) {
            Ok(word) => MprocsError::Keeper(word),
            Err(_) => MprocsError::Other("the keeper of the session ended without a word".into()),
        }),
    }
}

/// What stands on the screen of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screen {
    /// Its size.
    pub size: TerminalSize,
    /// Its text, a line a row.
    pub text: String,
    /// What draws it, colours and cursor and all, on an empty terminal of that size.
    pub formatted: String,
}

/// A connection to the session that is up.
#[derive(Debug)]
pub struct Session {
    stream: UnixStream,
    read: BufReader<UnixStream>,
}

impl Session {
    /// Connects to the keeper of the session that is up. mprocs itself is never connected to.
    ///
    /// # Errors
    /// [`MprocsError::NoSession`].
    pub fn connect(paths: &Paths) -> Result<Self, MprocsError> {
        let why = match health(paths) {
            Health::Up(_) => None,
            Health::Absent => return Err(MprocsError::NoSession { why: None }),
            Health::Dead(_) => Some("the last one ended without a word".to_owned()),
        };
        if why.is_some() {
            return Err(MprocsError::NoSession { why });
        }
        let connect = || -> io::Result<Self> {
            let stream = UnixStream::connect(Files::of(paths).socket)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            Ok(Self { read: BufReader::new(stream.try_clone()?), stream })
        };
        connect()
            .map_err(|e| MprocsError::NoSession { why: Some(format!("its keeper does not answer: {e}")) })
    }

    /// What stands on the screen now.
    ///
    /// # Errors
    /// Where the keeper is gone.
    pub fn screen(&mut self) -> Result<Screen, MprocsError> {
        match self.ask(&Ask::Screen)? {
            Answer::Screen { size, text, formatted } => Ok(Screen { size, text, formatted }),
            other => Err(unexpected(&other)),
        }
    }

    /// Shows the pane at this place of the list; `enter` has keys go to it.
    ///
    /// # Errors
    /// Where there is no such pane, or the keeper is gone.
    pub fn select(&mut self, index: usize, enter: bool) -> Result<(), MprocsError> {
        self.done(&Ask::Select { index, enter })
    }

    /// Types a key into the pane at this place, whatever is selected; it is selected then.
    ///
    /// # Errors
    /// As [`Self::select`].
    pub fn send_key(&mut self, index: usize, key: &Key) -> Result<(), MprocsError> {
        self.done(&Ask::SendKey { index, bytes: key.bytes().to_vec() })
    }

    /// Types into mprocs, as a keyboard would.
    ///
    /// # Errors
    /// Where the keeper is gone.
    pub fn type_bytes(&mut self, bytes: &[u8]) -> Result<(), MprocsError> {
        self.done(&Ask::Type { bytes: bytes.to_vec() })
    }

    /// Gives its terminal a size.
    ///
    /// # Errors
    /// Where the keeper is gone.
    pub fn resize(&mut self, size: TerminalSize) -> Result<(), MprocsError> {
        self.done(&Ask::Resize { size })
    }

    /// Ends the session: mprocs is asked to, and after this time made to. Steps that run go on, but interactive ones,
    /// which lose their terminal. Returns when mprocs is gone.
    ///
    /// # Errors
    /// Where the keeper is gone without having closed it.
    pub fn close(mut self, within: Duration) -> Result<(), MprocsError> {
        let within_ms = u64::try_from(within.as_millis()).unwrap_or(u64::MAX);
        self.stream
            .set_read_timeout(Some(within + PATIENCE))
            .map_err(MprocsError::io("wait for the keeper"))?;
        self.done(&Ask::Close { within_ms })
    }

    /// Becomes a view of the session: the screen as it is, then whatever is drawn.
    ///
    /// # Errors
    /// Where the keeper is gone.
    pub fn attach(mut self, size: TerminalSize) -> Result<Attached, MprocsError> {
        self.say(&Ask::Attach { size })?;
        self.stream.set_read_timeout(None).map_err(MprocsError::io("listen to the session"))?;
        Ok(Attached { stream: self.stream })
    }

    fn done(&mut self, ask: &Ask) -> Result<(), MprocsError> {
        match self.ask(ask)? {
            Answer::Done => Ok(()),
            other => Err(unexpected(&other)),
        }
    }

    fn say(&mut self, ask: &Ask) -> Result<(), MprocsError> {
        say(&self.stream, ask).map_err(MprocsError::io("speak to the keeper of the session"))
    }

    fn ask(&mut self, ask: &Ask) -> Result<Answer, MprocsError> {
        self.say(ask)?;
        let mut line = String::new();
        let read =
            self.read.read_line(&mut line).map_err(MprocsError::io("hear the keeper of the session"))?;
        if read == 0 {
            return Err(MprocsError::NoSession { why: Some("it has just ended".into()) });
        }
        serde_json::from_str(&line).map_err(MprocsError::io("understand the keeper of the session"))
    }
}

fn say(mut stream: &UnixStream, ask: &Ask) -> io::Result<()> {
    let mut line = serde_json::to_vec(ask)?;
    line.push(b'\n');
    stream.write_all(&line)
}

fn unexpected(answer: &Answer) -> MprocsError {
    MprocsError::Other(match answer {
        Answer::Refused { why } => why.clone(),
        _ => "the keeper of the session answers what was not asked".to_owned(),
    })
}

/// A view of a session.
#[derive(Debug)]
pub struct Attached {
    stream: UnixStream,
}

impl Attached {
    /// Reads what is drawn, waiting for it; 0 where the session has ended.
    ///
    /// # Errors
    /// What the system says.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buffer)
    }

    /// Types.
    ///
    /// # Errors
    /// What the system says; the session has ended then.
    pub fn type_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        say(&self.stream, &Ask::Type { bytes: bytes.to_vec() })
    }

    /// Gives the session's terminal the size of this view.
    ///
    /// # Errors
    /// As [`Self::type_bytes`].
    pub fn resize(&mut self, size: TerminalSize) -> io::Result<()> {
        say(&self.stream, &Ask::Resize { size })
    }
}

impl Attached {
    /// Reads as [`Self::read`] does, but waits no longer than this: `None` where nothing was drawn by then.
    ///
    /// # Errors
    /// What the system says.
    pub fn read_within(&mut self, buffer: &mut [u8], within: Option<Duration>) -> io::Result<Option<usize>> {
        self.stream.set_read_timeout(within)?;
        match self.stream.read(buffer) {
            Err(e) if matches!(e.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => Ok(None),
            read => read.map(Some),
        }
    }

    /// A second handle, for another thread.
    ///
    /// # Errors
    /// What the system says.
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(Self { stream: self.stream.try_clone()? })
    }

    /// Looks on no longer: who waits for what is drawn reads the end.
    pub fn leave(&self) {
        // A session that has ended is left already.
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
    }
}

impl AsFd for Attached {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

/// The lock of the keeper; `None` where another one holds it.
pub(super) fn take_lock(files: &Files) -> io::Result<Option<File>> {
    let file = File::options().create(true).truncate(false).write(true).open(&files.lock)?;
    for _ in 0..500 {
        // Whoever looks how the session stands holds it for an instant.
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(std::fs::TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(2)),
            Err(std::fs::TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(None)
}
