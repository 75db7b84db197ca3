//! From how a step's process ended to the status of the step.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use rustix::process::WaitStatus;

use super::signals;
use crate::model::StepStatus;

/// The exit code that asks a person to look.
const ASKS_FOR_REVIEW: i32 = 42;

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    /// By itself, with this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

impl Exit {
    /// Its exit code, where it ended by itself.
    pub(super) fn code(self) -> Option<i32> {
        if let Self::Code(code) = self { Some(code) } else { None }
    }

    /// The signal that ended it.
    pub(super) fn signal(self) -> Option<i32> {
        if let Self::Signal(signal) = self { Some(signal) } else { None }
    }
}

impl From<WaitStatus> for Exit {
    fn from(status: WaitStatus) -> Self {
        status.terminating_signal().map_or(Self::Code(status.exit_status().unwrap_or(0)), Self::Signal)
    }
}

/// What a helper around the step told; `None` where it was ended before it could.
pub(super) fn told(pipe: OwnedFd) -> Option<Exit> {
    let mut raw = [0; 4];
    // Nothing of the step is left, so this does not wait.
    let read = File::from(pipe).read(&mut raw).ok()?;
    let status = ExitStatus::from_raw(i32::from_ne_bytes(raw));
    let exit = status.signal().map(Exit::Signal).or_else(|| status.code().map(Exit::Code));
    exit.filter(|_| read == raw.len())
}

/// Why a wrapper ended its step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cause {
    /// It took longer than this, in milliseconds.
    Timeout(u64),
    /// It had given its result, and did not end by itself.
    AfterResult,
    /// Somebody asked for it, for this reason.
    Stopped(String),
}

/// The status, and why where it is not obvious.
pub(super) fn of(exit: Option<Exit>, cause: Option<&Cause>, review: bool) -> (StepStatus, Option<String>) {
    let failed = |reason: String| (StepStatus::Failed, Some(reason));
    match (cause, exit.and_then(Exit::code), exit.and_then(Exit::signal)) {
        (Some(Cause::Timeout(ms)), _, _) => failed(format!("timeout after {ms} ms")),
        (Some(Cause::Stopped(reason)), _, _) => failed(reason.clone()),
        (Some(Cause::AfterResult), _, _) => failed("ended after its result".to_owned()),
        (None, Some(0), _) if review => (StepStatus::NeedsReview, None),
        (None, Some(0), _) => (StepStatus::Done, None),
        (None, Some(ASKS_FOR_REVIEW), _) => (StepStatus::NeedsReview, Some("exit code 42".to_owned())),
        (None, Some(code), _) => failed(format!("exit code {code}")),
        (None, None, Some(signal)) => failed(format!("killed by signal {}", signals::name(signal))),
        (None, None, None) => failed("its end could not be seen".to_owned()),
    }
}
