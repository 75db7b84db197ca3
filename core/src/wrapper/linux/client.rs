//! The engine's end of the spawner: one descriptor to wait for, nothing that blocks.

use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socketpair};

use super::wire::{AtTheEnd, MAX_PACKET, WireEvent, frame};
use crate::wrapper::{Job, Respawn, SMALL_PAGES, SpawnEvent, StepRecord, WrapperError};

/// How long wrappers of an earlier spawner may take to their lock.
const OUTWAIT: Duration = Duration::from_secs(5);

/// The spawner process of an engine. Dropping it ends the spawner, never a wrapper.
///
/// Its descriptor ([`AsFd`], [`AsRawFd`]) is readable whenever [`Self::try_recv`] has something to do, which also
/// sends launches that found no room before: an engine waits for it and calls `try_recv` until it is `None`.
#[derive(Debug)]
pub struct Spawner {
    process: Child,
    control: UnixStream,
    events: OwnedFd,
    both: OwnedFd,
    /// Launches the socket had no room for, as bytes.
    outgoing: Vec<u8>,
    state: Link,
    packet: Vec<u8>,
}

/// What is known of the other end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    Up,
    /// Gone, and not told yet.
    Broken,
    Down,
}

impl Spawner {
    /// Starts a spawner: `argv` is a command line that ends in [`super::spawner_main`], its program an absolute
    /// path. Safe at any time, also with threads.
    ///
    /// The spawner and every wrapper that has not come to its own lock yet hold `starting`. So when this returns, no
    /// wrapper of an earlier spawner is on its way any more: what has no lock does not run and never will.
    ///
    /// # Errors
    /// [`WrapperError::System`], [`WrapperError::File`] for the lock.
    pub fn exec(argv: &[OsString], starting: &Path) -> Result<Self, WrapperError> {
        let lock = outwait(starting).map_err(WrapperError::file("lock", starting))?;
        Self::start(argv, lock)
            .map_err(WrapperError::system::<io::Error>("cannot start the spawner of steps"))
    }

    fn start(argv: &[OsString], lock: File) -> io::Result<Self> {
        let (program, arguments) = argv.split_first().ok_or(io::ErrorKind::InvalidInput)?;
        let (control, theirs) = UnixStream::pair()?;
        control.set_nonblocking(true)?;
        let (events, their_events) =
            socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?;
        let both = epoll::create(CreateFlags::CLOEXEC)?;
        epoll::add(&both, &events, EventData::new_u64(0), EventFlags::IN)?;
        epoll::add(&both, &control, EventData::new_u64(1), EventFlags::IN)?;
        // By way of the standard descriptors: so no other descriptor has to survive the exec.
        let process = Command::new(program)
            .args(arguments)
            .env(SMALL_PAGES.0, SMALL_PAGES.1)
            .stdin(OwnedFd::from(theirs))
            .stdout(their_events)
            .stderr(lock)
            .spawn()?;
        let packet = vec![0; 2 * MAX_PACKET];
        Ok(Self { process, control, events, both, outgoing: Vec::new(), state: Link::Up, packet })
    }

    /// The spawner's process.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Hands a job over. Never blocks, however many: what the socket has no room for is sent by [`Self::try_recv`].
    ///
    /// # Errors
    /// [`WrapperError::Json`] for a path that is not UTF-8, [`WrapperError::System`] where the spawner is gone: then
    /// nothing was started, and a new spawner is needed.
    pub fn launch(&mut self, job: &Job) -> Result<(), WrapperError> {
        let frame = frame(job)?;
        self.hand_over(&frame);
        match self.state {
            Link::Up => Ok(()),
            Link::Broken | Link::Down => Err(WrapperError::System {
                what: "the spawner of steps is gone: start another",
                source: io::ErrorKind::BrokenPipe.into(),
            }),
        }
    }

    /// Whether the spawner starts the engine again when it dies: of a run that nobody follows, nothing may be under way
    /// whose end would. A spawner that is gone does nothing; the next one has to be told.
    ///
    /// # Errors
    /// [`WrapperError::Json`] for a path that is not UTF-8.
    pub fn bring_back(&mut self, engine: Option<&Respawn>) -> Result<(), WrapperError> {
        let frame = frame(&AtTheEnd { bring_back: engine.cloned() })?;
        self.hand_over(&frame);
        Ok(())
    }

    fn hand_over(&mut self, frame: &[u8]) {
        if self.state == Link::Up {
            self.outgoing.extend_from_slice(frame);
            self.flush();
        }
    }

    /// The next event, `None` where none is there yet. Never blocks.
    ///
    /// # Errors
    /// Where an event cannot be read; the next call goes on with the one after.
    pub fn try_recv(&mut self) -> Result<Option<SpawnEvent>, WrapperError> {
        if self.state == Link::Up && !self.outgoing.is_empty() {
            self.flush();
        }
        match recv(&self.events, &mut self.packet[..], RecvFlags::DONTWAIT) {
            Ok((0, _)) => {
                // The last wrapper is gone with the spawner: nothing comes any more.
                let _ = epoll::delete(&self.both, &self.events);
                self.break_off();
            }
            Ok((n, _)) => return decode(&self.packet[..n]).map(Some),
            Err(Errno::AGAIN | Errno::INTR) => self.look_for_the_end(),
            Err(e) => return Err(WrapperError::system("cannot hear from the wrappers")(e)),
        }
        if self.state == Link::Broken {
            self.state = Link::Down;
            return Ok(Some(SpawnEvent::SpawnerGone));
        }
        Ok(None)
    }

    /// The spawner never writes to the control stream: what can be read there is its end.
    fn look_for_the_end(&mut self) {
        if self.state == Link::Up
            && !matches!(recv(&self.control, &mut [0_u8; 1][..], RecvFlags::DONTWAIT), Err(Errno::AGAIN))
        {
            self.break_off();
        }
    }

    fn break_off(&mut self) {
        if self.state == Link::Up {
            self.state = Link::Broken;
            self.outgoing = Vec::new();
            let _ = epoll::delete(&self.both, &self.control);
            let _ = self.process.try_wait();
        }
    }

    fn flush(&mut self) {
        let had = self.outgoing.len();
        let mut sent = 0;
        while sent < self.outgoing.len() {
            match send(&self.control, &self.outgoing[sent..], SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
                Ok(n) => sent += n,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => break,
                Err(_) => return self.break_off(),
            }
        }
        self.outgoing.drain(..sent);
        let wanted = if self.outgoing.is_empty() { EventFlags::IN } else { EventFlags::IN | EventFlags::OUT };
        if !self.outgoing.is_empty() || sent < had {
            let _ = epoll::modify(&self.both, &self.control, EventData::new_u64(1), wanted);
        }
    }
}

impl AsFd for Spawner {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.both.as_fd()
    }
}

impl AsRawFd for Spawner {
    fn as_raw_fd(&self) -> RawFd {
        self.both.as_raw_fd()
    }
}

impl Drop for Spawner {
    fn drop(&mut self) {
        // Its end follows the sockets'; one that has ended already leaves no zombie.
        let _ = self.control.shutdown(std::net::Shutdown::Both);
        let _ = self.process.try_wait();
    }
}

/// Takes the lock of the spawner. One that is stuck, or wrappers that do not get to their lock, are not waited for for
/// ever: their file is taken away, and without it no wrapper begins.
fn outwait(path: &Path) -> io::Result<File> {
    let open = || File::options().create(true).truncate(false).write(true).open(path);
    let deadline = Instant::now() + OUTWAIT;
    let mut file = open()?;
    loop {
        match file.try_lock() {
            // From now on shared: by the spawner, and by wrappers that wait for another job.
            Ok(()) => return file.lock_shared().map(|()| file),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(1))
            }
            Err(TryLockError::WouldBlock) => {
                fs::remove_file(path)?;
                file = open()?;
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

pub(super) fn decode(packet: &[u8]) -> Result<SpawnEvent, WrapperError> {
    match serde_json::from_slice(packet).map_err(WrapperError::json("a wrapper's event"))? {
        WireEvent::Whole { event } => Ok(event),
        WireEvent::EndedOnDisk { key, step_dir } => Ok(match on_disk(&step_dir) {
            Some(record) => SpawnEvent::Ended { key, record: Box::new(record) },
            None => SpawnEvent::Lost { key },
        }),
    }
}

fn on_disk(step_dir: &Path) -> Option<StepRecord> {
    StepRecord::read(step_dir).ok().flatten()
}
