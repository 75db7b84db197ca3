//! The loop around a running step: its streams, its end, its time, and the end of whatever it leaves behind.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process_group, wait};

use super::bell::Bell;
use super::capture::{BUFFER, Captured, Tap};
use super::lease::Lease;
use super::procs;
use super::signals::{Arrived, Signals};
use super::verdict::Cause;
use super::watchdog::Watchdogs;
use super::wire::Outbox;
use crate::model_cli::Finished;
use crate::wrapper::{Echo, Job, Stream};

/// After the step's own exit, helpers may still finish: until their output pauses this long …
const LEAK_QUIET: Duration = Duration::from_millis(200);
/// … but no longer than this in all.
const LEAK_MOST: Duration = Duration::from_millis(1000);
/// What outlives the step gets this long after SIGTERM.
const SURVIVOR_GRACE: Duration = Duration::from_millis(500);
/// A step that ends sooner is not announced: its end says it all, and two messages would cost it more than one.
const ANNOUNCE_AFTER: Duration = Duration::from_millis(3);
/// Between two sweeps with SIGKILL.
const SWEEP_EVERY: Duration = Duration::from_millis(10);
/// What we may not signal (it changed its user) is given up after this.
const REFUSED_MOST: Duration = Duration::from_secs(1);
/// Reads at the very end: what is still in a pipe that somebody outside keeps open.
const LAST_READS: usize = 64;

/// The reason of an interactive step whose terminal is gone.
const PANE_GONE: &str = "mprocs_exited: the terminal of this interactive step is gone";

/// How far the end of a step has come.
#[derive(Debug, Clone, Copy)]
enum Phase {
    Running,
    /// The step itself has exited; something of it may still finish.
    Leaking {
        exited: Instant,
        quiet: Instant,
    },
    /// SIGTERM was sent.
    Terminating {
        until: Instant,
    },
    /// SIGKILL is sent until nothing is left.
    Killing {
        since: Instant,
    },
}

/// How a step ended.
pub(super) struct End {
    /// How its process ended.
    pub exit: Option<WaitStatus>,
    /// Why the wrapper ended it, if it did.
    pub cause: Option<Cause>,
    /// Both streams.
    pub streams: [Captured; 2],
    /// What an agent's events came to.
    pub finished: Option<Finished>,
    /// Processes that we may not signal and that are still there.
    pub refused: Vec<u32>,
}

/// What the loop needs of its wrapper.
pub(super) struct Surroundings<'a, 'e> {
    pub signals: &'a Signals,
    pub lease: &'a Lease,
    pub outbox: &'a mut Outbox,
    pub echo: Option<Echo<'e>>,
    /// Where processes of the step ask for an engine.
    pub bell: Option<Bell<'a>>,
    /// What looks at the step while it runs.
    pub watchdogs: Watchdogs<'a>,
    /// What makes the step known to others once it has lived a little.
    pub announce: &'a mut dyn FnMut(&mut Outbox),
    /// What ends with the pane whose terminal the step uses.
    pub link: Option<BorrowedFd<'a>>,
}

/// Supervises `child` until nothing of it is left.
///
/// # Errors
/// What `poll` says; then the step is left as it is.
pub(super) fn supervise<'a>(
    job: &'a Job,
    child: Pid,
    taps: [Tap; 2],
    around: Surroundings<'a, '_>,
) -> io::Result<End> {
    let start = Instant::now();
    let mut supervisor = Supervisor {
        child,
        taps,
        buffer: vec![0; BUFFER],
        around,
        timeout: job.timeout_ms.and_then(|ms| Some((ms, start.checked_add(Duration::from_millis(ms))?))),
        grace: Duration::from_millis(job.stop_grace_ms),
        leak: job.leak_ms.map_or(LEAK_QUIET, Duration::from_millis).min(LEAK_MOST),
        over: None,
        announce_at: Some(start + ANNOUNCE_AFTER),
        phase: Phase::Running,
        exit: None,
        alone: false,
        cause: None,
        refused: Vec::new(),
    };
    while !supervisor.tick(Instant::now()) {
        supervisor.turn()?;
    }
    Ok(supervisor.end())
}

struct Supervisor<'a, 'e> {
    child: Pid,
    taps: [Tap; 2],
    buffer: Vec<u8>,
    around: Surroundings<'a, 'e>,
    timeout: Option<(u64, Instant)>,
    grace: Duration,
    leak: Duration,
    /// An agent gave its result: after how many events, and when it is ended unless it does so itself.
    over: Option<(u64, Instant)>,
    announce_at: Option<Instant>,
    phase: Phase,
    exit: Option<WaitStatus>,
    /// We have no child left. As a subreaper we inherit every orphan, so then nothing of the step is left.
    alone: bool,
    cause: Option<Cause>,
    refused: Vec<u32>,
}

impl Supervisor<'_, '_> {
    /// Waits for the next thing to happen and takes it in.
    fn turn(&mut self) -> io::Result<()> {
        let (signals, streams, outbox) = self.wait()?;
        for (index, ready) in streams.into_iter().enumerate() {
            if ready {
                self.pull(index);
            }
        }
        self.around.watchdogs.pull(&mut self.buffer);
        if outbox {
            self.around.outbox.flush();
        }
        if let Some(bell) = &self.around.bell {
            bell.answer();
        }
        if signals {
            let arrived = self.around.signals.take();
            // The end first: a step that has exited by itself was not stopped.
            if arrived.child {
                self.reap();
            }
            self.on_stop(arrived);
        }
        Ok(())
    }

    fn wait(&self) -> io::Result<(bool, [bool; 2], bool)> {
        let signals = PollFd::new(self.around.signals, PollFlags::IN);
        let mut fds = vec![signals];
        let mut places = [0; 3];
        let pipes = self.taps.iter().map(|tap| (tap.pipe(), PollFlags::IN));
        for (place, (fd, flags)) in pipes.chain([(self.around.outbox.blocked(), PollFlags::OUT)]).enumerate()
        {
            if let Some(fd) = fd {
                places[place] = fds.len();
                fds.push(PollFd::from_borrowed_fd(fd, flags));
            }
        }
        // Nothing is asked for: an end shows whatever is asked.
        fds.extend(self.around.link.map(|link| PollFd::from_borrowed_fd(link, PollFlags::empty())));
        fds.extend(self.around.bell.iter().map(|bell| PollFd::new(bell, PollFlags::IN)));
        fds.extend(self.around.watchdogs.pipes().map(|pipe| PollFd::from_borrowed_fd(pipe, PollFlags::IN)));
        let timeout = self.next_timer().map(|at| at.saturating_duration_since(Instant::now()));
        let timeout = timeout.and_then(|t| Timespec::try_from(t).ok());
        match poll(&mut fds, timeout.as_ref()) {
            Err(Errno::INTR) | Ok(0) => return Ok((false, [false; 2], false)),
            Err(e) => return Err(e.into()),
            Ok(_) => {}
        }
        let ready = |place: usize| place > 0 && !fds[place].revents().is_empty();
        Ok((!fds[0].revents().is_empty(), [ready(places[0]), ready(places[1])], ready(places[2])))
    }

    fn next_timer(&self) -> Option<Instant> {
        let phase = match self.phase {
            Phase::Running => {
                let over = self.over.map(|(_, at)| at);
                let timeout = self.timeout.map(|(_, at)| at);
                [timeout, over, self.around.watchdogs.next()].into_iter().flatten().min()
            }
            Phase::Leaking { exited, quiet } => Some((quiet + self.leak).min(exited + LEAK_MOST)),
            Phase::Terminating { until } => Some(until),
            Phase::Killing { .. } => Some(Instant::now() + SWEEP_EVERY),
        };
        [phase, self.announce_at].into_iter().flatten().min()
    }

    fn pull(&mut self, index: usize) -> usize {
        let (read, shown) = self.taps[index].pull(&mut self.buffer);
        if read == 0 {
            return 0;
        }
        if let Phase::Leaking { quiet, .. } = &mut self.phase {
            *quiet = Instant::now();
        }
        if let Some(echo) = &mut self.around.echo
            && !shown.is_empty()
        {
            echo(if index == 0 { Stream::Stdout } else { Stream::Stderr }, shown);
        }
        if index == 0 {
            self.note_result();
        }
        read
    }

    /// From an agent's result on, it has its grace to end by itself; each further event gives it again.
    fn note_result(&mut self) {
        match (self.taps[0].over(), self.over) {
            (Some(events), Some((before, _))) if before == events => {}
            (Some(events), _) => self.over = Some((events, Instant::now() + self.grace)),
            (None, _) => self.over = None,
        }
    }

    fn reap(&mut self) {
        loop {
            match wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) if pid == self.child => self.exit = Some(status),
                Ok(Some((pid, status))) => self.around.watchdogs.reaped(pid, status),
                Err(Errno::INTR) => {}
                Ok(None) => return,
                Err(_) => {
                    self.alone = true;
                    return;
                }
            }
        }
    }

    fn on_stop(&mut self, arrived: Arrived) {
        let Some(request) = self.around.lease.take_request(arrived) else { return };
        let again = matches!(self.phase, Phase::Terminating { .. } | Phase::Killing { .. });
        if self.exit.is_none() && self.cause.is_none() {
            self.cause = Some(Cause::Stopped(request.reason));
        }
        if request.kill_now {
            self.kill(Instant::now());
        } else if !again {
            self.terminate(request.grace_ms.map_or(self.grace, Duration::from_millis));
        }
    }

    /// Moves on in time; `true` when nothing of the step is left.
    fn tick(&mut self, now: Instant) -> bool {
        let gone = self.exit.is_some() && self.alone;
        self.look_at_the_pane();
        if self.announce_at.is_some_and(|at| now >= at) {
            self.announce_at = None;
            (self.around.announce)(self.around.outbox);
        }
        self.watch(now);
        match self.phase {
            Phase::Running if gone && self.streams_ended() => return true,
            Phase::Running if self.exit.is_some() => self.phase = Phase::Leaking { exited: now, quiet: now },
            Phase::Running => {
                if let Some((ms, at)) = self.timeout
                    && now >= at
                {
                    self.cause = Some(Cause::Timeout(ms));
                    self.terminate(self.grace);
                } else if self.over.is_some_and(|(_, at)| now >= at) {
                    self.cause = Some(Cause::AfterResult);
                    self.terminate(self.grace);
                }
            }
            Phase::Leaking { .. } if gone && self.streams_ended() => return true,
            Phase::Leaking { exited, quiet } if now >= (quiet + self.leak).min(exited + LEAK_MOST) => {
                if gone {
                    return true;
                }
                self.terminate(SURVIVOR_GRACE.min(self.grace));
            }
            Phase::Leaking { .. } => {}
            Phase::Terminating { .. } | Phase::Killing { .. } if gone => return true,
            Phase::Terminating { until } if now >= until => self.kill(now),
            Phase::Terminating { .. } => {}
            Phase::Killing { since } => {
                self.sweep();
                return !self.refused.is_empty() && now > since + REFUSED_MOST;
            }
        }
        false
    }

    /// An interactive step whose terminal is gone can be neither seen nor answered.
    fn look_at_the_pane(&mut self) {
        let Some(link) = self.around.link else { return };
        let mut fds = [PollFd::from_borrowed_fd(link, PollFlags::empty())];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        if !matches!(poll(&mut fds, Some(&now)), Ok(1..)) {
            return;
        }
        self.around.link = None;
        if self.exit.is_none() && matches!(self.phase, Phase::Running) {
            self.cause = Some(Cause::Stopped(PANE_GONE.to_owned()));
            self.terminate(self.grace);
        }
    }

    /// Has the watchdogs look; they end as the step does.
    fn watch(&mut self, now: Instant) {
        if self.exit.is_some() || !matches!(self.phase, Phase::Running) {
            self.around.watchdogs.end(&mut self.buffer);
        } else if let Some(reason) = self.around.watchdogs.tick(now, &mut self.buffer) {
            self.cause = Some(Cause::Stopped(reason));
            self.terminate(self.grace);
        }
    }

    fn streams_ended(&self) -> bool {
        self.taps.iter().all(|tap| tap.pipe().is_none())
    }

    fn terminate(&mut self, grace: Duration) {
        let group = self.signal_group(Signal::TERM);
        for process in procs::descendants(std::process::id()) {
            if Some(process.group) != group {
                procs::signal(&process, Signal::TERM);
            }
            // A stopped process does not see SIGTERM until it goes on.
            procs::signal(&process, Signal::CONT);
        }
        let now = Instant::now();
        let until = now.checked_add(grace).unwrap_or(now + Duration::from_secs(3600));
        self.phase = Phase::Terminating { until };
    }

    fn kill(&mut self, now: Instant) {
        self.phase = Phase::Killing { since: now };
        self.sweep();
    }

    /// Kills whatever is below us. New children may appear while we look: the loop comes back until none is left.
    fn sweep(&mut self) {
        self.signal_group(Signal::KILL);
        let left = procs::descendants(std::process::id());
        let living: Vec<_> = left.iter().filter(|p| !p.zombie).collect();
        let refused =
            living.iter().filter(|p| !procs::signal(p, Signal::KILL)).map(|p| p.pid).collect::<Vec<_>>();
        self.refused = if refused.len() == living.len() { refused } else { Vec::new() };
        self.reap();
    }

    /// Signals the step's group and names it. Once its leader is reaped, the number may be somebody else's.
    fn signal_group(&self, signal: Signal) -> Option<u32> {
        if self.exit.is_some() {
            return None;
        }
        // An empty group is no error: its end is on its way.
        let _ = kill_process_group(self.child, signal);
        Some(self.child.as_raw_nonzero().get().cast_unsigned())
    }

    fn end(mut self) -> End {
        for index in 0..self.taps.len() {
            for _ in 0..LAST_READS {
                if self.pull(index) == 0 {
                    break;
                }
            }
        }
        let buffer = &mut self.buffer;
        self.around.watchdogs.finish(buffer);
        let [(stdout, finished), (stderr, _)] = self.taps.map(|tap| tap.finish(buffer));
        let streams = [stdout, stderr];
        End { exit: self.exit, cause: self.cause, streams, finished, refused: self.refused }
    }
}
