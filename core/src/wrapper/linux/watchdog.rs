//! Watchdogs: commands that look at a running step from time to time, from within its wrapper.
//!
//! They live here and not in the engine so that a step is watched also while no engine lives. Whatever a check does, it
//! costs the watched step nothing but its end: a check has a time limit and a cap on what is kept of its output, and
//! what it leaves behind is ended.

use std::fs;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use chrono::{SecondsFormat, Utc};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitStatus};
use serde_json::Value;

use super::capture::LogFile;
use super::child::{self, Pipes};
use super::{agent, attempt, procs, signals};
use crate::model::StepStatus;
use crate::wrapper::sandbox;
use crate::wrapper::{Job, StepRecord, Stream, Watchdog, WrapperError, attempts, outputs, planted};

/// Most bytes kept of each stream of one check, so that one flood does not use up the log of all.
const KEPT_PER_CHECK: u64 = 256 << 10;
/// Between two tries to end a check that hangs.
const SWEEP_EVERY: Duration = Duration::from_millis(10);
/// What does not die even of SIGKILL (a dead network disk) is waited for this long.
const UNKILLABLE: Duration = Duration::from_secs(1);
/// Reads of one stream in one turn, and of one check's end: a flood never keeps the loop from the step.
const READS: usize = 8;

/// All watchdogs of one step.
pub(super) struct Watchdogs<'j> {
    watched: &'j Job,
    guards: Vec<Guard<'j>>,
    over: bool,
}

/// One watchdog.
struct Guard<'j> {
    job: &'j Job,
    every: Duration,
    due: Instant,
    logs: [LogFile; 2],
    checks: u32,
    running: Option<Check>,
    record: StepRecord,
    started: Instant,
    /// Why it stopped the step, if it did.
    barked: Option<String>,
}

/// One look at the step.
struct Check {
    pid: Pid,
    began: Instant,
    until: Option<Instant>,
    pipes: [Option<OwnedFd>; 2],
    printed: [u64; 2],
    /// Its last line of output has not ended.
    open_line: bool,
    exit: Option<WaitStatus>,
    hung: bool,
}

impl<'j> Watchdogs<'j> {
    /// Makes the folders and logs of a step's watchdogs. The first check is one interval away.
    ///
    /// # Errors
    /// [`WrapperError::File`].
    pub(super) fn new(watched: &'j Job) -> Result<Self, WrapperError> {
        let guards = watched.watchdogs.iter().map(Guard::new).collect::<Result<_, _>>()?;
        Ok(Self { watched, guards, over: false })
    }

    /// When the next of them has something to do.
    pub(super) fn next(&self) -> Option<Instant> {
        self.guards.iter().filter_map(Guard::next).min()
    }

    /// The pipes to wait for.
    pub(super) fn pipes(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        let checks = self.guards.iter().filter_map(|g| g.running.as_ref());
        checks.flat_map(|c| c.pipes.iter().flatten().map(AsFd::as_fd))
    }

    /// Takes what running checks have printed.
    pub(super) fn pull(&mut self, buffer: &mut [u8]) {
        for guard in &mut self.guards {
            guard.pull(buffer);
        }
    }

    /// A process of ours ended; one of a check is noted.
    pub(super) fn reaped(&mut self, pid: Pid, status: WaitStatus) {
        let checks = self.guards.iter_mut().filter_map(|g| g.running.as_mut());
        for check in checks.filter(|c| c.pid == pid) {
            check.exit = Some(status);
        }
    }

    /// Starts the checks that are due and judges those that are over; the reason to stop the step, if there is one.
    pub(super) fn tick(&mut self, now: Instant, buffer: &mut [u8]) -> Option<String> {
        self.guards.iter_mut().find_map(|guard| {
            guard.barked = guard.tick(now, buffer).err();
            guard.barked.is_some().then(|| format!("watchdog {}", guard.job.step_id))
        })
    }

    /// The step ends: so do they.
    pub(super) fn end(&mut self, buffer: &mut [u8]) {
        if !std::mem::replace(&mut self.over, true) {
            for guard in &mut self.guards {
                guard.cut_short(buffer);
            }
        }
    }

    /// Completes their logs and writes their records.
    pub(super) fn finish(mut self, buffer: &mut [u8]) {
        self.end(buffer);
        for guard in self.guards {
            guard.finish(self.watched.step_id.as_str(), buffer);
        }
    }
}

impl<'j> Guard<'j> {
    fn new(watchdog: &'j Watchdog) -> Result<Self, WrapperError> {
        let job = &watchdog.check;
        attempts::make_room(&job.step_dir, job.attempt)?;
        for (name, content) in &job.files {
            let path = job.step_dir.join(name);
            fs::write(&path, content).map_err(WrapperError::file("write", &path))?;
        }
        let log = |stream: Stream| {
            let path = job.step_dir.join(stream.file_name());
            LogFile::create(&path, job.max_log_bytes).map_err(WrapperError::file("create", &path))
        };
        let now = Instant::now();
        let every = Duration::from_millis(watchdog.interval_ms.max(1));
        Ok(Self {
            job,
            every,
            due: now.checked_add(every).unwrap_or(now + Duration::from_secs(86_400)),
            logs: [log(Stream::Stdout)?, log(Stream::Stderr)?],
            checks: 0,
            running: None,
            record: attempt::blank(job),
            started: now,
            barked: None,
        })
    }

    fn next(&self) -> Option<Instant> {
        match &self.running {
            None => Some(self.due),
            Some(check) if check.exit.is_some() => Some(Instant::now()),
            Some(check) if check.hung => Some(Instant::now() + SWEEP_EVERY),
            Some(check) => check.until,
        }
    }

    fn pull(&mut self, buffer: &mut [u8]) {
        let Some(check) = &mut self.running else { return };
        for index in 0..2 {
            for _ in 0..READS {
                let Some(pipe) = &check.pipes[index] else { break };
                match rustix::io::read(pipe, &mut *buffer) {
                    Ok(n) if n > 0 => {
                        let before = check.printed[index];
                        check.printed[index] += n as u64;
                        if index == 1 && before == 0 {
                            self.logs[1].take(format!("[check {}]\n", self.checks).as_bytes());
                        }
                        let room = KEPT_PER_CHECK.saturating_sub(before).min(n as u64);
                        self.logs[index].take(&buffer[..room as usize]);
                        if let (0, Some(last)) = (index, buffer[..room as usize].last()) {
                            check.open_line = *last != b'\n';
                        }
                    }
                    Err(Errno::AGAIN | Errno::INTR) => break,
                    Ok(_) | Err(_) => check.pipes[index] = None,
                }
            }
        }
    }

    /// The error is why the step has to stop.
    fn tick(&mut self, now: Instant, buffer: &mut [u8]) -> Result<(), String> {
        match &mut self.running {
            None if now >= self.due => self.start(now),
            None => Ok(()),
            Some(check) if check.exit.is_some() => self.judge(now, buffer),
            Some(check) => match check.until {
                Some(at) if now >= at + UNKILLABLE => self.judge(now, buffer),
                Some(at) if now >= at => {
                    check.hung = true;
                    sweep(self.job, Some(check.pid));
                    Ok(())
                }
                _ => Ok(()),
            },
        }
    }

    fn start(&mut self, now: Instant) -> Result<(), String> {
        self.checks += 1;
        let at = Utc::now().to_rfc3339_opts(SecondsFormat::Millis, true);
        self.logs[0].take(format!("[check {} at {at}]\n", self.checks).as_bytes());
        if let Some(path) = &self.job.output_file {
            // What an earlier check said is said already.
            let _ = fs::remove_file(path);
        }
        let started = Pipes::new().map_err(|e| e.to_string()).and_then(|pipes| {
            let (pid, _) = child::spawn(self.job, pipes.write, None)?;
            Ok((pid, pipes.read))
        });
        let (pid, [out, err]) = started.map_err(|why| self.not_started(&why))?;
        let until = self.job.timeout_ms.and_then(|ms| now.checked_add(Duration::from_millis(ms)));
        self.running = Some(Check {
            pid,
            began: now,
            until,
            pipes: [Some(out), Some(err)],
            printed: [0; 2],
            open_line: false,
            exit: None,
            hung: false,
        });
        Ok(())
    }

    /// A check is over: exit 0 lets the step go on.
    fn judge(&mut self, now: Instant, buffer: &mut [u8]) -> Result<(), String> {
        self.pull(buffer);
        let Some(mut check) = self.running.take() else { return Ok(()) };
        sweep(self.job, None);
        self.record.exit_code = check.exit.and_then(|e| e.exit_status());
        let verdict = verdict(&check, self.job.timeout_ms).and_then(|()| self.asked_to_stop());
        let word = verdict.as_ref().err().map_or("exit code 0", String::as_str).to_owned();
        self.end_line(&mut check, &word, now);
        // Checks that were missed meanwhile are left out: they never overlap and never pile up.
        while self.due <= now {
            self.due += self.every
                * u32::try_from((now - self.due).as_nanos() / self.every.as_nanos() + 1).unwrap_or(1);
        }
        verdict.map_err(|why| format!("check {}: {why}", self.checks))
    }

    /// A check that does not choose its exit code, as that of an agent, writes `stop=why` to `$THREADOS_OUTPUT`.
    fn asked_to_stop(&self) -> Result<(), String> {
        let Some(path) = &self.job.output_file else { return Ok(()) };
        let said = outputs::read(path).map_err(|e| e.to_string())?;
        match said.get("stop") {
            None | Some(Value::Bool(false) | Value::Null) => Ok(()),
            Some(Value::String(why)) => {
                let why = agent::redactor(self.job).redact(why.trim()).chars().take(200).collect::<String>();
                Err(format!("stop: {why}"))
            }
            Some(_) => Err("stop".to_owned()),
        }
    }

    fn end_line(&mut self, check: &mut Check, word: &str, now: Instant) {
        for (index, printed) in check.printed.iter().enumerate() {
            let cut = printed.saturating_sub(KEPT_PER_CHECK);
            if cut > 0 {
                self.logs[index].take(format!("\n[… {cut} bytes cut …]\n").as_bytes());
            }
        }
        if std::mem::take(&mut check.open_line) {
            self.logs[0].take(b"\n");
        }
        let took = now.saturating_duration_since(check.began).as_millis();
        self.logs[0].take(format!("[check {}: {word}, {took} ms]\n", self.checks).as_bytes());
    }

    fn not_started(&mut self, why: &str) -> String {
        self.logs[0].take(format!("[check {}: could not be started: {why}]\n", self.checks).as_bytes());
        format!("check {}: could not be started: {why}", self.checks)
    }

    fn cut_short(&mut self, buffer: &mut [u8]) {
        self.pull(buffer);
        let Some(mut check) = self.running.take() else { return };
        sweep(self.job, check.exit.is_none().then_some(check.pid));
        self.end_line(&mut check, "ended with the step", Instant::now());
    }

    fn finish(mut self, watched: &str, buffer: &mut [u8]) {
        let [out, err] = self.logs.map(|log| log.finish(buffer));
        planted::forget_planted(&self.job.step_dir);
        if let Some(plan) = &self.job.sandbox {
            // What it may find is the watched step's as well, which tells.
            sandbox::tidy(plan, &self.job.step_dir);
        }
        let record = &mut self.record;
        (record.stdout_bytes, record.stderr_bytes) = (out.total, err.total);
        record.truncated_bytes = out.missing + err.missing;
        record.status = StepStatus::Done;
        record.reason = Some(match self.barked {
            Some(why) => format!("stopped {watched}: {why}"),
            None => format!("watched {watched}: {} checks", self.checks),
        });
        record.ended_at = attempt::now();
        record.duration_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        // Its logs are there; a record that cannot be written is no reason to fail the step.
        if let Err(error) = record.write(&self.job.step_dir) {
            tracing::warn!(%error, "the record of a watchdog could not be written");
        }
    }
}

fn verdict(check: &Check, limit_ms: Option<u64>) -> Result<(), String> {
    let status = check.exit;
    if check.hung {
        return Err(format!("no answer within {} ms", limit_ms.unwrap_or_default()));
    }
    match (status.and_then(WaitStatus::exit_status), status.and_then(WaitStatus::terminating_signal)) {
        (Some(0), _) => Ok(()),
        (Some(code), _) => Err(format!("exit code {code}")),
        (None, Some(signal)) => Err(format!("killed by signal {}", signals::name(signal))),
        (None, None) => Err("its end could not be seen".to_owned()),
    }
}

/// Kills what is left of a check: its process and all below it, and whatever of it has moved to us.
fn sweep(job: &Job, pid: Option<Pid>) {
    if let Some(pid) = pid {
        let number = pid.as_raw_nonzero().get().cast_unsigned();
        let below = procs::descendants(number);
        for process in procs::look(number).iter().chain(&below) {
            procs::signal(process, Signal::KILL);
        }
    }
    let marks = [format!("THREADOS_RUN_ID={}", job.run_id), format!("THREADOS_STEP_ID={}", job.step_id)];
    let ours = procs::descendants(std::process::id());
    for process in ours.iter().filter(|p| !p.zombie && procs::has_env(p.pid, &marks)) {
        procs::signal(process, Signal::KILL);
    }
}
