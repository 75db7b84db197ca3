//! The process of a terminal pane: it forks a wrapper for one attempt after the other and sees what they print.
//!
//! The wrapper is a process of its own, in its own session and without the terminal: whatever becomes of the pane,
//! the attempt goes on and leaves its record.

use std::collections::HashSet;
use std::fs::File;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType, recv, socketpair};
use rustix::pipe::PipeFlags;
use rustix::process::{Pid, Signal, WaitOptions, wait, waitpid};

use super::again::bring_back;
use super::attempt::{Wrapper, recorded};
use super::client::decode;
use super::signals::{Signals, ignore_broken_pipes};
use super::spawner::{leave, refused};
use super::terminal::Terminal;
use super::wire::{MAX_PACKET, Outbox};
use super::{lease, procs};
use crate::wrapper::{AttemptKey, Job, Judge, PaneSignals, SpawnEvent, Stream, WrapperError};

/// How much of what a step prints may wait for its pane; what finds no room is not shown (the log has it).
const ECHO_PIPE: usize = 256 << 10;
/// Tries to end what a killed wrapper left.
const SWEEPS: u32 = 200;
const SWEEP_EVERY: Duration = Duration::from_millis(5);

/// Makes this process one that shows steps. It must have one thread.
pub struct PaneHost {
    signals: Signals,
    judge: Judge,
}

impl PaneHost {
    /// From now on signals are read, and what a killed wrapper leaves behind comes to this process.
    ///
    /// # Errors
    /// [`WrapperError::System`].
    pub fn new(judge: Judge) -> Result<Self, WrapperError> {
        rustix::process::set_child_subreaper(Some(rustix::process::getpid()))
            .map_err(WrapperError::system("cannot become the one who inherits a step's orphans"))?;
        ignore_broken_pipes();
        let signals = Signals::watch_also(&[libc::SIGWINCH])
            .map_err(WrapperError::system::<std::io::Error>("cannot watch signals"))?;
        Ok(Self { signals, judge })
    }

    /// Takes what has arrived; never blocks.
    pub fn take(&self) -> PaneSignals {
        let a = self.signals.take();
        PaneSignals { child: a.child, stop: a.stop, hangup: a.hangup, resized: a.resized }
    }

    /// Forks the wrapper of an attempt. It begins only before `start_by` (see [`monotonic`]): who waited for it in
    /// vain may then be sure that it never will.
    ///
    /// # Errors
    /// [`WrapperError::System`].
    pub fn start(&self, job: &Job, start_by: Duration) -> Result<PaneAttempt, WrapperError> {
        let system = "cannot make what connects a pane with a wrapper";
        let (events, theirs) =
            socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)
                .map_err(WrapperError::system(system))?;
        let (echo, shown) = rustix::pipe::pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)
            .map_err(WrapperError::system(system))?;
        // A narrower pipe shows less of a flood and loses nothing.
        let _ = rustix::pipe::fcntl_setpipe_size(&shown, ECHO_PIPE);
        let terminal = if job.terminal { Some(Terminal::open()?) } else { None };
        // SAFETY: this process has one thread, so the child is a whole copy with no lock held by a missing thread.
        match unsafe { libc::fork() } {
            -1 => Err(WrapperError::system("no process for the step's wrapper")(
                std::io::Error::last_os_error(),
            )),
            0 => become_wrapper(self.judge, job, start_by, theirs, shown, terminal),
            pid => Ok(PaneAttempt {
                job: job.clone(),
                pid: Pid::from_raw(pid),
                events,
                echo: Some(echo),
                terminal,
                over: false,
            }),
        }
    }
}

impl AsFd for PaneHost {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.signals.as_fd()
    }
}

/// Time since an arbitrary point, the same for every process of this machine.
pub fn monotonic() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or_default())
}

/// An attempt that a wrapper of this pane carries out.
pub struct PaneAttempt {
    job: Job,
    pid: Option<Pid>,
    events: OwnedFd,
    echo: Option<OwnedFd>,
    terminal: Option<Terminal>,
    over: bool,
}

impl PaneAttempt {
    /// Which attempt.
    pub fn key(&self) -> AttemptKey {
        self.job.key()
    }

    /// Readable when there may be an event.
    pub fn events(&self) -> BorrowedFd<'_> {
        self.events.as_fd()
    }

    /// Readable when the step has printed something; `None` at its end.
    pub fn echo(&self) -> Option<BorrowedFd<'_>> {
        self.echo.as_ref().map(AsFd::as_fd)
    }

    /// The terminal of an interactive step.
    pub fn terminal(&self) -> Option<&Terminal> {
        self.terminal.as_ref()
    }

    /// What the step has printed, as raw bytes; 0 where nothing waits.
    pub fn pull(&mut self, buffer: &mut [u8]) -> usize {
        let Some(echo) = &self.echo else { return 0 };
        match rustix::io::read(echo, buffer) {
            Ok(n) if n > 0 => n,
            Err(Errno::AGAIN | Errno::INTR) => 0,
            Ok(_) | Err(_) => {
                self.echo = None;
                0
            }
        }
    }

    /// The next event of the wrapper, `None` where there is none now. After the one that ends the attempt there is
    /// no more.
    pub fn next_event(&mut self) -> Option<SpawnEvent> {
        if self.over {
            return None;
        }
        let mut packet = [MaybeUninit::uninit(); 2 * MAX_PACKET];
        let event = match recv(&self.events, &mut packet[..], RecvFlags::DONTWAIT) {
            Err(Errno::AGAIN | Errno::INTR) => return None,
            Ok(((packet, _), n)) if n > 0 => decode(packet).ok(),
            // It is gone without a last word.
            Ok(_) | Err(_) => Some(self.lost()),
        };
        if event.as_ref().is_some_and(|event| !matches!(event, SpawnEvent::Started { .. })) {
            self.over = true;
            self.reap();
        }
        event
    }

    /// Starts the engine again where nobody waits for the run and none lives.
    pub fn bring_engine_back(&self) {
        if let Some(respawn) = self.job.respawn.as_ref().filter(|r| r.detached) {
            bring_back(respawn);
        }
    }

    fn reap(&self) {
        if let Some(pid) = self.pid {
            // It ends right after its last word.
            let _ = waitpid(Some(pid), WaitOptions::empty());
        }
    }

    /// Ends what a killed wrapper left: as a subreaper this process has inherited it.
    fn lost(&self) -> SpawnEvent {
        self.reap();
        for _ in 0..SWEEPS {
            while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
            let left = procs::descendants(std::process::id());
            if left.iter().filter(|p| !p.zombie && procs::signal(p, Signal::KILL)).count() == 0 {
                break;
            }
            std::thread::sleep(SWEEP_EVERY);
        }
        let key = self.key();
        let _ = std::fs::remove_file(lease::stop_file(&self.job.lock_file));
        if matches!(lease::liveness(&self.job.lock_file), Ok(crate::wrapper::Liveness::Free(_))) {
            let _ = std::fs::remove_file(&self.job.lock_file);
        }
        match recorded(&self.job.step_dir, &key) {
            Some(record) => SpawnEvent::Ended { key, record: Box::new(record) },
            None => SpawnEvent::Lost { key },
        }
    }
}

/// In the fork: leaves the terminal and runs the attempt to its end.
fn become_wrapper(
    judge: Judge,
    job: &Job,
    start_by: Duration,
    events: OwnedFd,
    shown: OwnedFd,
    terminal: Option<Terminal>,
) -> ! {
    // A fork never leads a group, so this cannot fail.
    let _ = rustix::process::setsid();
    let mut kept = HashSet::from([events.as_raw_fd(), shown.as_raw_fd()]);
    kept.extend(terminal.as_ref().map(Terminal::number));
    let code = match forget_others(&kept).and_then(|()| Signals::watch()) {
        Ok(signals) => wrap(signals, judge, job, start_by, events, &shown, terminal),
        Err(_) => 8,
    };
    leave(code)
}

/// Lets go of the pane's terminal and connections: they must end with the pane.
fn forget_others(kept: &HashSet<RawFd>) -> std::io::Result<()> {
    let null = File::options().read(true).write(true).open("/dev/null")?;
    for standard in 0..3 {
        // SAFETY: replaces a standard descriptor, which no value of this process owns.
        if unsafe { libc::dup2(null.as_raw_fd(), standard) } < 0 {
            return Err(std::io::Error::last_os_error());
        }
    }
    let open: Vec<RawFd> = std::fs::read_dir("/proc/self/fd")?
        .flatten()
        .filter_map(|e| e.file_name().to_str()?.parse().ok())
        .filter(|fd| *fd > 2 && *fd != null.as_raw_fd() && !kept.contains(fd))
        .collect();
    for fd in open {
        // SAFETY: values that own these belong to the pane's code, which never runs again in this copy.
        unsafe { libc::close(fd) };
    }
    std::env::set_current_dir("/")
}

fn wrap(
    signals: Signals,
    judge: Judge,
    job: &Job,
    start_by: Duration,
    events: OwnedFd,
    shown: &OwnedFd,
    terminal: Option<Terminal>,
) -> i32 {
    let mut hidden = 0_u64;
    let mut echo = |_: Stream, bytes: &[u8]| show(shown, bytes, &mut hidden);
    let Ok(link) = events.try_clone() else { return 8 };
    let mut outbox = Outbox::to(events);
    let wrapper = Wrapper::new(signals, judge, None).map(|w| w.in_pane(start_by, terminal, link));
    let heard = match wrapper.and_then(|mut wrapper| wrapper.run(job, &mut outbox, Some(&mut echo))) {
        Ok(record) => outbox.close_with(record, job),
        Err(error) => outbox.close(refused(job, &error)),
    };
    if let (false, Some(respawn)) = (heard, job.respawn.as_ref().filter(|r| r.detached)) {
        bring_back(respawn);
    }
    0
}

/// Shows what there is room for; never waits, for a step is never held up by who looks at it.
fn show(shown: &OwnedFd, bytes: &[u8], hidden: &mut u64) {
    if *hidden > 0 {
        let mark = format!("\n[… {hidden} bytes not shown here, the log has them …]\n");
        if rustix::io::write(shown, mark.as_bytes()).is_err() {
            *hidden += bytes.len() as u64;
            return;
        }
        *hidden = 0;
    }
    let written = rustix::io::write(shown, bytes).unwrap_or(0);
    *hidden += (bytes.len() - written) as u64;
}
