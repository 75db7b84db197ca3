//! The small single-threaded process that forks wrappers.
//!
//! It is started by exec, so it is small whatever its engine holds, and it does next to nothing, so that a fork of
//! it is cheap. A wrapper whose step is over, with nothing of it left, waits for the next job: most steps cost no
//! fork. One spare is always forked ahead, so that the fork is not on the way from one step's end to the next
//! one's start. As a subreaper it inherits what a killed wrapper leaves behind. It lives exactly as long
//! as its engine; wrappers do not need it. The last thing it does is to start the engine again, where it was told so.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::SocketType;
use rustix::net::sockopt::socket_type;
use rustix::pipe::PipeFlags;
use rustix::process::{Signal, WaitOptions, wait};
use serde::Deserialize;

use super::again::{Engine, bring_back};
use super::attempt::{Wrapper, recorded};
use super::lease::stop_file;
use super::procs;
use super::signals::{Signals, ignore_broken_pipes};
use super::wire::{AtTheEnd, Outbox, first_frame};
use crate::id::{RunId, StepId};
use crate::wrapper::{AttemptKey, Job, Judge, SpawnEvent, WrapperError};

/// While leftovers of a killed wrapper are being ended.
const SWEEP_EVERY: Duration = Duration::from_millis(10);

/// What the spawner remembers of a job it handed out.
#[derive(Debug, Deserialize)]
struct Note {
    run_id: RunId,
    step_id: StepId,
    attempt: u32,
    step_dir: PathBuf,
    lock_file: PathBuf,
}

impl Note {
    fn key(&self) -> AttemptKey {
        AttemptKey { run_id: self.run_id.clone(), step_id: self.step_id.clone(), attempt: self.attempt }
    }
}

/// Most wrappers that wait for another job; what is idle beyond that ends.
const MOST_IDLE: usize = 8;

/// A wrapper at work.
struct Busy {
    note: Note,
    /// The way to its next job.
    job: File,
}

/// A wrapper that waits for its job.
struct Spare {
    pid: i32,
    job: File,
}

struct SpawnerProcess {
    /// Taken, and so closed, in every fork.
    control: Option<File>,
    events: OwnedFd,
    /// The lock that says wrappers may be on their way; each fork has a share in it.
    starting: Option<OwnedFd>,
    signals: Signals,
    judge: Judge,
    engine: Engine,
    incoming: Vec<u8>,
    spare: Option<Spare>,
    /// Wrappers that have served before.
    idle: Vec<Spare>,
    running: HashMap<i32, Busy>,
    lost: Vec<Note>,
    /// Where wrappers say, by their pid, that they are idle again.
    freed: File,
    free: OwnedFd,
}

/// Becomes the spawner of the engine at the other end of standard input and output, and never returns: the whole
/// of a hidden command, called first thing in `main`, before any thread. `judge` looks at every attempt's end.
///
/// The exit code is 0 when the engine is gone, 2 where standard input is no engine, 8 where the system refuses.
pub fn spawner_main(judge: Judge) -> ! {
    let code = match SpawnerProcess::new(judge) {
        Ok(mut spawner) => match spawner.serve() {
            Ok(()) => {
                let engine = spawner.engine.take();
                // A new engine waits for what this process holds.
                drop(spawner);
                engine.bring_back();
                0
            }
            Err(_) => 8,
        },
        Err(_) => 2,
    };
    leave(code)
}

/// Ends this process without running what a parent registered for its own end.
pub(super) fn leave(code: i32) -> ! {
    // SAFETY: ends the process; nothing of it is used again.
    unsafe { libc::_exit(code) }
}

impl SpawnerProcess {
    fn new(judge: Judge) -> io::Result<Self> {
        let (stdin, stdout) = (io::stdin(), io::stdout());
        if socket_type(&stdin)? != SocketType::STREAM || socket_type(&stdout)? != SocketType::SEQPACKET {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        // SAFETY: closes what the engine's parents left open. This process has opened nothing above 2 yet, and no
        // value of it owns a descriptor there.
        unsafe { libc::close_range(3, libc::c_uint::MAX, 0) };
        let control = rustix::io::fcntl_dupfd_cloexec(&stdin, 3)?;
        let events = rustix::io::fcntl_dupfd_cloexec(&stdout, 3)?;
        let starting = rustix::io::fcntl_dupfd_cloexec(io::stderr(), 3)?;
        let null = File::options().read(true).write(true).open("/dev/null")?;
        // Stderr too: a terminal or pipe held open here would keep its reader waiting after the engine's end.
        for standard in 0..3 {
            // SAFETY: replaces a standard descriptor, which no value of this process owns.
            if unsafe { libc::dup2(null.as_raw_fd(), standard) } < 0 {
                return Err(io::Error::last_os_error());
            }
        }
        // Fails only where it leads its session already, which is as good.
        let _ = rustix::process::setsid();
        std::env::set_current_dir("/")?;
        rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
        ignore_broken_pipes();
        let (freed, free) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
        Ok(Self {
            control: Some(control.into()),
            events,
            starting: Some(starting),
            signals: Signals::watch()?,
            judge,
            engine: Engine::of_this_spawner(),
            incoming: Vec::new(),
            spare: None,
            idle: Vec::new(),
            running: HashMap::new(),
            lost: Vec::new(),
            freed: freed.into(),
            free,
        })
    }

    /// Serves until the engine is gone.
    fn serve(&mut self) -> io::Result<()> {
        loop {
            if self.spare.is_none() {
                // Without one, the next job tries again and says why it cannot.
                self.spare = self.fork_spare().ok();
            }
            let Some(control) = &self.control else { return Ok(()) };
            let mut fds = [
                PollFd::new(control, PollFlags::IN),
                PollFd::new(&self.signals, PollFlags::IN),
                PollFd::new(&self.freed, PollFlags::IN),
            ];
            let pause = Timespec::try_from(SWEEP_EVERY).ok().filter(|_| !self.lost.is_empty());
            match poll(&mut fds, pause.as_ref()) {
                Err(Errno::INTR) => continue,
                result => result?,
            };
            let [jobs, signals, freed] = fds.map(|fd| !fd.revents().is_empty());
            if freed {
                self.take_back()?;
            }
            if signals && self.signals.take().child {
                self.reap();
            }
            if !self.lost.is_empty() {
                self.end_leftovers();
            }
            if jobs && !self.receive()? {
                return Ok(());
            }
        }
    }

    /// Reads what the engine sent; `false` at its end.
    fn receive(&mut self) -> io::Result<bool> {
        let mut chunk = [0; 16 << 10];
        let Some(control) = &mut self.control else { return Ok(false) };
        match control.read(&mut chunk) {
            Ok(0) => return Ok(false),
            Ok(n) => self.incoming.extend_from_slice(&chunk[..n]),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => return Ok(true),
            Err(e) if e.kind() == io::ErrorKind::ConnectionReset => return Ok(false),
            Err(e) => return Err(e),
        }
        while let Some(end) = first_frame(&self.incoming) {
            let frame: Vec<u8> = self.incoming.drain(..end).collect();
            match serde_json::from_slice::<Note>(&frame[4..]) {
                Ok(note) => self.launch(&frame, note),
                // What is neither comes from no engine of ours.
                Err(_) => self.engine.again = serde_json::from_slice::<AtTheEnd>(&frame[4..])?.bring_back,
            }
        }
        Ok(true)
    }

    fn launch(&mut self, frame: &[u8], note: Note) {
        // Further tries are for wrappers that were killed while they waited.
        for _ in 0..MOST_IDLE + 2 {
            let waiting = self.idle.pop().or_else(|| self.spare.take());
            let spare = match waiting.map_or_else(|| self.fork_spare(), Ok) {
                Ok(spare) => spare,
                Err(e) => {
                    let reason =
                        format!("no process for the step's wrapper: {e} (end others or try again later)");
                    return self.tell(SpawnEvent::Refused { key: note.key(), reason });
                }
            };
            let Spare { pid, mut job } = spare;
            if job.write_all(frame).is_ok() {
                self.running.insert(pid, Busy { note, job });
                break;
            }
        }
    }

    /// Wrappers are idle again; those beyond the limit end, for nobody holds the way to their next job any more.
    fn take_back(&mut self) -> io::Result<()> {
        let mut pids = [0; 64 * size_of::<i32>()];
        let n = self.freed.read(&mut pids)?;
        for pid in pids[..n]
            .chunks_exact(size_of::<i32>())
            .filter_map(|b| Some(i32::from_ne_bytes(*b.first_chunk()?)))
        {
            if let Some(Busy { job, .. }) = self.running.remove(&pid)
                && self.idle.len() < MOST_IDLE
            {
                self.idle.push(Spare { pid, job });
            }
        }
        Ok(())
    }

    fn tell(&self, event: SpawnEvent) {
        if let Ok(events) = self.events.try_clone() {
            Outbox::to(events).close(event);
        }
    }

    fn fork_spare(&mut self) -> io::Result<Spare> {
        let (read, write) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC)?;
        // SAFETY: this process has one thread, so the child is a whole copy with no lock held by a missing thread.
        match unsafe { libc::fork() } {
            -1 => Err(io::Error::last_os_error()),
            0 => {
                drop((write, self.control.take()));
                self.become_wrapper(read.into())
            }
            pid => Ok(Spare { pid, job: write.into() }),
        }
    }

    /// In the fork: waits for a job, runs it, tells its end.
    fn become_wrapper(&mut self, job: File) -> ! {
        // A fork never leads a group, so this cannot fail.
        let _ = rustix::process::setsid();
        // The spawner's own bookkeeping is not this process's.
        self.running.clear();
        self.idle.clear();
        self.incoming = Vec::new();
        let starting = self.starting.take();
        let code = match Signals::watch() {
            Ok(signals) => wrap(signals, self.judge, job, starting, &self.events, &self.free),
            Err(_) => 8,
        };
        leave(code)
    }

    fn reap(&mut self) {
        while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
            let pid = pid.as_raw_nonzero().get();
            if self.spare.as_ref().is_some_and(|spare| spare.pid == pid) {
                self.spare = None;
            }
            self.idle.retain(|idle| idle.pid != pid);
            if let Some(Busy { note, .. }) = self.running.remove(&pid)
                && status.exit_status() != Some(0)
            {
                self.lost.push(note);
            }
        }
    }

    /// Ends what lost wrappers left: every child that is no wrapper came to us from one. Their end is told when
    /// none is left.
    fn end_leftovers(&mut self) {
        let me = std::process::id();
        let waiting = || self.idle.iter().chain(&self.spare).map(|s| &s.pid);
        let wrappers = || self.running.keys().chain(waiting());
        let below = procs::descendants(me);
        let strays: Vec<u32> = below
            .iter()
            .filter(|p| p.parent == me && !wrappers().any(|pid| pid.cast_unsigned() == p.pid))
            .map(|p| p.pid)
            .collect();
        let mut left = false;
        for root in strays {
            let stray = below.iter().filter(|p| p.pid == root && !p.zombie).copied();
            for process in stray.chain(procs::descendants(root)) {
                // What we may not signal is not waited for.
                left |= procs::signal(&process, Signal::KILL) && !process.zombie;
            }
        }
        self.reap();
        if !left {
            for note in std::mem::take(&mut self.lost) {
                self.tell_loss(&note);
            }
        }
    }

    fn tell_loss(&self, note: &Note) {
        let key = note.key();
        let _ = fs::remove_file(stop_file(&note.lock_file));
        let _ = fs::remove_file(&note.lock_file);
        // Killed between its record and its last word: the record counts.
        match recorded(&note.step_dir, &key) {
            Some(record) => self.tell(SpawnEvent::Ended { key, record: Box::new(record) }),
            None => self.tell(SpawnEvent::Lost { key }),
        }
    }
}

/// The life of a wrapper, one step after the other; returns its exit code, 0 where the engine was told or is gone.
fn wrap(
    signals: Signals,
    judge: Judge,
    mut jobs: File,
    starting: Option<OwnedFd>,
    events: &OwnedFd,
    free: &OwnedFd,
) -> i32 {
    // Made while there is no hurry.
    let mut wrapper = Wrapper::new(signals, judge, starting);
    loop {
        let job = match read_job(&mut jobs) {
            Ok(Some(job)) => job,
            Ok(None) => return 0,
            Err(_) => return 8,
        };
        let Ok(events) = events.try_clone() else { return 8 };
        let mut outbox = Outbox::to(events);
        let (heard, sound) = match wrapper.as_mut().map(|wrapper| wrapper.run(&job, &mut outbox, None)) {
            Ok(Ok(record)) => (outbox.close_with(record, &job), true),
            Ok(Err(error)) => (outbox.close(refused(&job, &error)), false),
            Err(error) => (outbox.close(refused(&job, error)), false),
        };
        if let (false, Some(respawn)) = (heard, job.respawn.as_ref().filter(|r| r.detached)) {
            bring_back(respawn);
        }
        // Only after the engine was told: what dies before that is lost to the spawner, and told by it.
        let again = heard && sound && wrapper.as_mut().is_ok_and(Wrapper::renew);
        if !again || rustix::io::write(free, &std::process::id().to_ne_bytes()).is_err() {
            return 0;
        }
    }
}

pub(super) fn refused(job: &Job, error: &WrapperError) -> SpawnEvent {
    match error {
        WrapperError::TooLate => SpawnEvent::TooLate { key: job.key() },
        _ => SpawnEvent::Refused { key: job.key(), reason: error.to_string() },
    }
}

/// Waits for the job; `None` where the spawner ended without one.
fn read_job(pipe: &mut File) -> Result<Option<Job>, WrapperError> {
    let mut head = [0; 4];
    if pipe.read_exact(&mut head).is_err() {
        return Ok(None);
    }
    let mut text = vec![0; u32::from_le_bytes(head) as usize];
    pipe.read_exact(&mut text).map_err(WrapperError::system("cannot read the job"))?;
    serde_json::from_slice(&text).map(Some).map_err(WrapperError::json("the job"))
}
