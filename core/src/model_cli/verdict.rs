//! Whether an agent's attempt succeeded: its result and its exit code together.

use chrono::{DateTime, Utc};

use super::stream::first_line;
use super::{Finished, Limit, gemini};
use crate::model::{ResultForm, StepStatus};

/// How an agent's process ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exit {
    /// By itself.
    Code(i32),
    /// By this signal.
    Signal(String),
    /// It was ended because it did not end by itself after its result.
    AfterResult,
}

/// What follows for the step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// DONE, NEEDS_REVIEW or FAILED; READY where a limit has to pass first.
    pub status: StepStatus,
    /// Why, where it is not obvious.
    pub reason: Option<String>,
    /// The limit that has to pass.
    pub limit: Option<Limit>,
}

/// Longest part of an agent's words in a reason, in characters.
const LONGEST: usize = 300;

/// Judges an attempt of a program that prints events. Where it gave no result, its last words say why.
pub fn judge(
    form: ResultForm,
    exit: &Exit,
    finished: &Finished,
    last_words: Option<&str>,
    review: bool,
    now: DateTime<Utc>,
) -> Verdict {
    let failed = |reason: String| Verdict { status: StepStatus::Failed, reason: Some(reason), limit: None };
    let how = how(form, exit);
    let Some(outcome) = &finished.outcome else {
        if is_rate_limit(form, exit) {
            return waits("its API answered HTTP 429", Limit { until: None });
        }
        let said = last_words.map(|said| format!(": {}", first_line(said, LONGEST))).unwrap_or_default();
        return failed(format!("{how}, without a result{said}"));
    };
    if let Some(limit) = outcome.limit(now) {
        return waits(&first_line(&outcome.text, LONGEST), limit);
    }
    match (outcome.is_error, exit) {
        (true, Exit::Code(0) | Exit::AfterResult) => failed(first_line(&outcome.text, LONGEST)),
        (true, _) => failed(format!("{} ({how})", first_line(&outcome.text, LONGEST))),
        (false, Exit::Code(0) | Exit::AfterResult) => {
            let status = if review { StepStatus::NeedsReview } else { StepStatus::Done };
            Verdict { status, reason: None, limit: None }
        }
        (false, _) => failed(format!("{how}, although its result says success")),
    }
}

fn waits(why: &str, limit: Limit) -> Verdict {
    Verdict { status: StepStatus::Ready, reason: Some(why.to_owned()), limit: Some(limit) }
}

fn how(form: ResultForm, exit: &Exit) -> String {
    match exit {
        Exit::Code(code) => match meaning(form, *code) {
            Some(meaning) => format!("exit code {code}: {meaning}"),
            None => format!("exit code {code}"),
        },
        Exit::Signal(name) => format!("killed by signal {name}"),
        Exit::AfterResult => "ended".to_owned(),
    }
}

fn meaning(form: ResultForm, code: i32) -> Option<String> {
    match (form, code) {
        (ResultForm::GeminiJson, code) => gemini::exit_code(code),
        (ResultForm::CodexJsonl, 2) => Some("it does not accept its arguments".to_owned()),
        _ => None,
    }
}

/// The one status that its exit code alone tells.
fn is_rate_limit(form: ResultForm, exit: &Exit) -> bool {
    form == ResultForm::GeminiJson && *exit == Exit::Code(429 % 256)
}
