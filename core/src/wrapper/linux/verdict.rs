//! From how a step's process ended to the status of the step.

use rustix::process::WaitStatus;

use super::signals;
use crate::model::StepStatus;

/// The exit code that asks a person to look.
const ASKS_FOR_REVIEW: i32 = 42;

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
pub(super) fn of(
    exit: Option<WaitStatus>,
    cause: Option<&Cause>,
    review: bool,
) -> (StepStatus, Option<String>) {
    let failed = |reason: String| (StepStatus::Failed, Some(reason));
    match (cause, exit.and_then(WaitStatus::exit_status), exit.and_then(WaitStatus::terminating_signal)) {
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
