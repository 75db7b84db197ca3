//! A step whose program prints events: they are kept as they are in `events.jsonl`, and become readable text on the
//! way into `stdout.log`; at the end they say how it went.

use std::fs;

use chrono::Utc;

use super::capture::{Captured, LogFile};
use super::signals;
use super::verdict::{self, Cause};
use crate::model::{ResultForm, Usage};
use crate::model_cli::{self, Exit, Finished, Reader};
use crate::plain::last_lines;
use crate::policy::Redactor;
use crate::policy::redact::is_secret_name;
use crate::wrapper::{AgentJob, Job, StepRecord, Stream, WrapperError};

/// The raw events, in the attempt's folder.
const EVENTS: &str = "events.jsonl";
/// The agent's last words, in the attempt's folder.
const SUMMARY: &str = "summary.md";

/// Stands between a stream of events and its log.
pub(super) struct Translator {
    reader: Reader,
    raw: LogFile,
    /// The readable text of the latest bytes.
    text: Vec<u8>,
}

impl Translator {
    /// The translator of an agent's standard output; `None` where it prints text.
    ///
    /// # Errors
    /// [`WrapperError::File`].
    pub(super) fn new(job: &Job) -> Result<Option<Self>, WrapperError> {
        let Some(reader) = job.agent.as_ref().and_then(|agent| Reader::new(agent.result)) else {
            return Ok(None);
        };
        let path = job.step_dir.join(EVENTS);
        let raw = LogFile::create(&path, job.max_log_bytes).map_err(WrapperError::file("create", &path))?;
        Ok(Some(Self { reader, raw, text: Vec::new() }))
    }

    /// Takes in what was printed and gives what a person should read.
    pub(super) fn take(&mut self, bytes: &[u8]) -> &[u8] {
        self.raw.take(bytes);
        self.text.clear();
        self.text.shrink_to(64 << 10);
        self.reader.feed(bytes, &mut self.text);
        &self.text
    }

    /// How many events were read, once the one that ends the stream is among them.
    pub(super) fn over(&self) -> Option<u64> {
        self.reader.is_over().then(|| self.reader.events())
    }

    /// The stream has ended: completes both logs. What counts as printed is the raw stream.
    pub(super) fn finish(mut self, mut log: LogFile, buffer: &mut [u8]) -> (Captured, Finished) {
        self.text.clear();
        let finished = self.reader.finish(&mut self.text);
        log.take(&self.text);
        let (raw, text) = (self.raw.finish(buffer), log.finish(buffer));
        (Captured { error: raw.error.or(text.error), ..raw }, finished)
    }
}

/// Judges an attempt by what its events came to.
pub(super) fn conclude(
    job: &Job,
    agent: &AgentJob,
    record: &mut StepRecord,
    (exit, cause): (Option<verdict::Exit>, Option<&Cause>),
    finished: &Finished,
) {
    let hidden = redactor(job);
    if let Some(outcome) = &finished.outcome {
        record.usage = outcome.usage.map(|usage| spent(agent, finished, &usage));
        let summary = hidden.redact(outcome.text.trim());
        if !summary.is_empty()
            && let Err(error) = fs::write(job.step_dir.join(SUMMARY), format!("{summary}\n"))
        {
            tracing::warn!(%error, "the summary could not be written");
        }
    }
    if let Some(exit) = exit_of(exit, cause) {
        let said = if finished.outcome.is_none() { last_words(job) } else { None };
        let verdict =
            model_cli::judge(agent.result, &exit, finished, said.as_deref(), job.review, Utc::now());
        record.status = verdict.status;
        record.reason = verdict.reason.map(|reason| hidden.redact(&reason).into_owned());
        record.limit = verdict.limit;
    }
    record.session_id = finished.session.clone().or_else(|| agent.session.clone());
    // A session in which nothing happened is not worth going on with, unless an earlier attempt worked in it.
    let earlier = record.limit.is_some() && agent.session.is_some();
    record.resumable = record.session_id.is_some() && (finished.worked || earlier);
}

/// The last line of what it printed for people.
fn last_words(job: &Job) -> Option<String> {
    last_lines(&job.step_dir.join(Stream::Stderr.file_name()), 1).ok()?.pop()
}

/// How the program ended, where that decides: not where the wrapper ended it for another reason.
fn exit_of(exit: Option<verdict::Exit>, cause: Option<&Cause>) -> Option<Exit> {
    match (cause, exit) {
        (None, Some(verdict::Exit::Code(code))) => Some(Exit::Code(code)),
        (None, Some(verdict::Exit::Signal(signal))) => Some(Exit::Signal(signals::name(signal))),
        (Some(Cause::AfterResult), _) => Some(Exit::AfterResult),
        _ => None,
    }
}

/// Codex counts what its whole session spent, also in earlier attempts.
fn spent(agent: &AgentJob, finished: &Finished, usage: &Usage) -> Usage {
    let same = agent.session.is_some() && agent.session == finished.session;
    if same && agent.result == ResultForm::CodexJsonl { usage.without(&agent.spent_before) } else { *usage }
}

/// Hides what the record of this step must not show: the policy's patterns, where it is an agent's, and the step's own
/// secrets.
pub(super) fn redactor(job: &Job) -> Redactor {
    let secrets: Vec<String> =
        job.env.iter().filter(|(name, _)| is_secret_name(name)).map(|(_, value)| value.clone()).collect();
    // The patterns were checked when the policy was read.
    let patterns = job.agent.as_ref().map_or(&[][..], |agent| &agent.redact);
    Redactor::new(patterns, &secrets).or_else(|_| Redactor::new(&[], &secrets)).unwrap_or_default()
}
