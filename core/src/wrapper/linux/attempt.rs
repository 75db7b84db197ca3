//! One attempt from its job to its record.

use std::borrow::Cow;
use std::fs;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::time::{Duration, Instant};

use chrono::{DateTime, SubsecRound, Utc};
use rustix::io::Errno;
use rustix::process::{Pid, WaitOptions};

use super::bell::Bell;
use super::capture::{LogFile, Tap};
use super::child::{self, Pipes};
use super::lease::Lease;
use super::pane::monotonic;
use super::signals::{self, Signals};
use super::supervise::{End, Surroundings, supervise};
use super::terminal::Terminal;
use super::tree::Tree;
use super::verdict::Exit;
use super::watchdog::Watchdogs;
use super::wire::Outbox;
use super::{agent, artifacts, procs, verdict};
use crate::model::StepStatus;
use crate::wrapper::record::FILE_NAME;
use crate::wrapper::sandbox::{self, Level};
use crate::wrapper::{
    ChildGroup, Echo, Holder, Job, Judge, SpawnEvent, StepRecord, Stream, WrapperError, attempts, outputs,
    planted,
};

/// What a process needs to be a wrapper; made before its job is known.
pub(super) struct Wrapper {
    signals: Signals,
    /// Made ahead of the next job.
    pipes: Option<Pipes>,
    /// Start of this process, for the lock file.
    started: u64,
    judge: Judge,
    /// Open until this wrapper is known by its own lock.
    starting: Option<OwnedFd>,
    /// The same file, held while this wrapper waits for another job.
    again: Option<fs::File>,
    /// Where it was forked by the process of a pane.
    pane: Option<InPane>,
}

/// What a wrapper knows of the pane it shows its step in.
struct InPane {
    /// It may not begin later, by [`monotonic`].
    start_by: Duration,
    /// Of an interactive step: its terminal, and what ends with the pane.
    terminal: Option<Terminal>,
    link: OwnedFd,
}

impl Wrapper {
    /// Makes this process a wrapper: orphans of its step come to it, signals are read, not suffered.
    ///
    /// # Errors
    /// [`WrapperError::System`].
    pub(super) fn new(
        signals: Signals,
        judge: Judge,
        starting: Option<OwnedFd>,
    ) -> Result<Self, WrapperError> {
        // The address only says "yes": any pid but none switches it on.
        rustix::process::set_child_subreaper(Some(rustix::process::getpid()))
            .map_err(WrapperError::system("cannot become the one who inherits the step's orphans"))?;
        let started = procs::look(std::process::id()).map_or(0, |p| p.started);
        let again = starting.as_ref().and_then(reopen);
        Ok(Self { signals, pipes: Some(Pipes::new()?), started, judge, starting, again, pane: None })
    }

    /// Its step is shown in a pane, to which `link` leads: it begins before `start_by` or not at all.
    pub(super) fn in_pane(mut self, start_by: Duration, terminal: Option<Terminal>, link: OwnedFd) -> Self {
        self.pane = Some(InPane { start_by, terminal, link });
        self
    }

    /// Runs the attempt to its end, writes its record and lets its lock go. What the engine should know goes to
    /// `outbox`, but for the end.
    ///
    /// # Errors
    /// What kept the attempt from beginning: then it has no record.
    pub(super) fn run(
        &mut self,
        job: &Job,
        outbox: &mut Outbox,
        echo: Option<Echo<'_>>,
    ) -> Result<StepRecord, WrapperError> {
        if self.is_given_up() {
            return Err(WrapperError::GivenUp);
        }
        let lease = Lease::take(&job.lock_file)?;
        // Asked again: whoever gives this wrapper up looks at its lock only afterwards.
        if self.is_given_up() {
            lease.release();
            return Err(WrapperError::GivenUp);
        }
        // Asked under the lock: who finds it free after that time knows that nothing will begin.
        if self.pane.as_ref().is_some_and(|pane| monotonic() > pane.start_by) {
            lease.release();
            return Err(WrapperError::TooLate);
        }
        self.starting = None;
        if let Some(again) = &self.again {
            // What is not held needs no letting go.
            let _ = again.unlock();
        }
        let done = self.run_leased(job, &lease, outbox, echo);
        lease.release();
        done
    }

    /// Gets ready for another job: whether this process is as good as new, with nothing left of the last step.
    pub(super) fn renew(&mut self) -> bool {
        let childless = matches!(rustix::process::wait(WaitOptions::NOHANG), Err(Errno::CHILD));
        let announced = self.again.as_ref().is_some_and(|again| again.try_lock_shared().is_ok());
        self.pipes = if childless && announced { Pipes::new().ok() } else { None };
        self.pipes.is_some()
    }

    /// Whether the engine has stopped to wait for this wrapper, and may have the step started by another.
    fn is_given_up(&self) -> bool {
        let links = |fd: BorrowedFd<'_>| rustix::fs::fstat(fd).map(|stat| stat.st_nlink);
        let file = self.again.as_ref().map(AsFd::as_fd).or(self.starting.as_ref().map(AsFd::as_fd));
        file.is_some_and(|file| links(file) == Ok(0))
    }

    /// What git makes ready for the step. It may take a while, so that the step can be stopped already.
    fn tree<'j>(&self, job: &'j Job, lease: &Lease) -> Result<Option<Tree<'j>>, String> {
        if job.git.is_none() {
            return Ok(None);
        }
        let holder = Holder {
            key: job.key(),
            step_dir: job.step_dir.clone(),
            pid: std::process::id(),
            started: self.started,
            child: None,
        };
        if let Err(error) = lease.name(&holder) {
            tracing::warn!(%error, "the lock file does not name its wrapper");
        }
        Tree::prepare(job, &self.signals, lease)
    }

    fn run_leased(
        &mut self,
        job: &Job,
        lease: &Lease,
        outbox: &mut Outbox,
        echo: Option<Echo<'_>>,
    ) -> Result<StepRecord, WrapperError> {
        attempts::make_room(&job.step_dir, job.attempt)?;
        for (name, content) in &job.files {
            let path = job.step_dir.join(name);
            fs::write(&path, content).map_err(WrapperError::file("write", &path))?;
        }
        let pipes = match self.pipes.take() {
            Some(pipes) => pipes,
            None => Pipes::new()?,
        };
        let [stdout, stderr] = pipes.read;
        let pane = self.pane.take();
        let terminal = pane.as_ref().and_then(|pane| pane.terminal.as_ref());
        let stdout = match terminal {
            Some(terminal) => terminal.output().map_err(WrapperError::system("no way to hear a terminal"))?,
            None => stdout,
        };
        let taps = [tap(job, Stream::Stdout, stdout)?, tap(job, Stream::Stderr, stderr)?];
        let watchdogs = Watchdogs::new(job)?;
        let bell = Bell::of(job);
        let mut record = blank(job);
        let start = Instant::now();
        let tree = self.tree(job, lease);
        let started = tree.as_ref().map_err(Clone::clone).and_then(|tree| {
            let given = tree.as_ref().map_or(Cow::Borrowed(job), Tree::given);
            child::spawn(&given, pipes.write, terminal)
        });
        match started {
            Err(reason) => {
                watchdogs.finish(&mut [0; 64]);
                record.reason = Some(reason);
            }
            Ok((pid, truth)) => {
                let number = pid.as_raw_nonzero().get().cast_unsigned();
                record.pid = Some(number);
                let mut announce = |outbox: &mut Outbox| {
                    // A lock without a name only keeps others from stopping the step: no reason to fail it.
                    if let Err(error) = lease.name(&holder(job, pid, self.started)) {
                        tracing::warn!(%error, "the lock file does not name its wrapper");
                    }
                    outbox.post(SpawnEvent::Started {
                        key: job.key(),
                        pid: number,
                        started_at: record.started_at,
                    });
                };
                let signals = &self.signals;
                let link = pane.as_ref().filter(|p| p.terminal.is_some()).map(|p| p.link.as_fd());
                let announce = &mut announce;
                let around = Surroundings { signals, lease, outbox, echo, bell, watchdogs, announce, link };
                let end = supervise(job, pid, taps, around)
                    .map_err(WrapperError::system("cannot wait for the step"))?;
                let exit = truth.and_then(verdict::told).or_else(|| end.exit.map(Exit::from));
                let planted = planted::remove(&job.step_dir);
                conclude(job, &mut record, end, exit);
                if let Some(said) = planted {
                    add_reason(&mut record, &said);
                }
            }
        }
        if let Some(plan) = &job.sandbox {
            for said in sandbox::tidy(plan, &job.step_dir) {
                add_reason(&mut record, &said);
            }
        }
        (self.judge)(job, &mut record);
        record.ended_at = now();
        record.duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        if let Ok(Some(tree)) = tree {
            tree.conclude(&mut record, &self.signals);
        }
        let text = record.text()?;
        let left = lease.leave(&text, &job.step_dir.join(FILE_NAME));
        // Where runs lie on another file system, the record is a file of its own.
        if let Err(error) = left.or_else(|_| record.write(&job.step_dir)) {
            // The engine still hears of the end; without an engine the step will show as an orphan.
            add_reason(&mut record, &error.to_string());
        }
        Ok(record)
    }
}

/// The file behind a descriptor, with a lock of its own.
fn reopen(fd: &OwnedFd) -> Option<fs::File> {
    fs::File::open(format!("/proc/self/fd/{}", fd.as_raw_fd())).ok()
}

fn tap(job: &Job, stream: Stream, pipe: OwnedFd) -> Result<Tap, WrapperError> {
    let path = job.step_dir.join(stream.file_name());
    let log = LogFile::create(&path, job.max_log_bytes).map_err(WrapperError::file("create", &path))?;
    let translator = if stream == Stream::Stdout { agent::Translator::new(job)? } else { None };
    Ok(Tap::new(pipe, log, translator))
}

fn holder(job: &Job, child: Pid, started: u64) -> Holder {
    let pgid = child.as_raw_nonzero().get().cast_unsigned();
    let child = procs::look(pgid).map(|p| ChildGroup { pgid, started: p.started });
    Holder { key: job.key(), step_dir: job.step_dir.clone(), pid: std::process::id(), started, child }
}

pub(super) fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

/// The record of an attempt that has just begun.
pub(super) fn blank(job: &Job) -> StepRecord {
    let started_at = now();
    StepRecord {
        run_id: job.run_id.clone(),
        step_id: job.step_id.clone(),
        attempt: job.attempt,
        status: StepStatus::Failed,
        reason: None,
        model: job.model.clone(),
        executor: job.executor.clone(),
        sandbox: job.sandbox.as_ref().map_or(Level::None, |plan| plan.level),
        command: job.shown_command.clone(),
        cwd: job.cwd.to_string_lossy().into_owned(),
        pid: None,
        started_at,
        ended_at: started_at,
        duration_ms: 0,
        exit_code: None,
        signal: None,
        stdout_bytes: 0,
        stderr_bytes: 0,
        truncated_bytes: 0,
        artifacts: Vec::new(),
        outputs: std::collections::BTreeMap::new(),
        usage: None,
        worktree: None,
        diff_notes: Vec::new(),
        session_id: None,
        resumable: false,
        limit: None,
    }
}

fn conclude(job: &Job, record: &mut StepRecord, end: End, exit: Option<Exit>) {
    (record.status, record.reason) = verdict::of(exit, end.cause.as_ref(), job.review);
    record.exit_code = exit.and_then(Exit::code);
    record.signal = exit.and_then(Exit::signal).map(signals::name);
    if let (Some(agent), Some(finished)) = (&job.agent, &end.finished) {
        agent::conclude(job, agent, record, (exit, end.cause.as_ref()), finished);
    }
    let [stdout, stderr] = end.streams;
    (record.stdout_bytes, record.stderr_bytes) = (stdout.total, stderr.total);
    record.truncated_bytes = stdout.missing + stderr.missing;
    for error in [stdout.error, stderr.error].into_iter().flatten() {
        add_reason(record, &error);
    }
    if !end.refused.is_empty() {
        add_reason(record, &format!("processes {:?} are another user's and were left", end.refused));
    }
    if let Err(error) = take_results(job, record) {
        if record.status != StepStatus::Failed {
            (record.status, record.reason) = (StepStatus::Failed, None);
        }
        add_reason(record, &error.to_string());
    }
}

/// Outputs are read whatever the end, so that a failed step can say why; artifacts are kept after success.
fn take_results(job: &Job, record: &mut StepRecord) -> Result<(), WrapperError> {
    if let Some(path) = &job.output_file {
        record.outputs = outputs::read(path)?;
    }
    if !matches!(record.status, StepStatus::Failed | StepStatus::Ready) {
        record.artifacts = artifacts::keep(&job.artifacts, &job.cwd, &job.step_dir.join(ARTIFACTS))?;
    }
    Ok(())
}

const ARTIFACTS: &str = "artifacts";

fn add_reason(record: &mut StepRecord, more: &str) {
    record.reason = Some(match record.reason.take() {
        Some(reason) => format!("{reason}; {more}"),
        None => more.to_owned(),
    });
}

/// Whether the folder holds the record of this very attempt.
pub(super) fn recorded(step_dir: &Path, key: &crate::wrapper::AttemptKey) -> Option<StepRecord> {
    let record = StepRecord::read(step_dir).ok().flatten()?;
    let same = record.run_id == key.run_id && record.step_id == key.step_id && record.attempt == key.attempt;
    same.then_some(record)
}
