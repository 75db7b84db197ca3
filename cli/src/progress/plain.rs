//! A line for everything that happens: `12:03:04 build DONE 2.1s`.

use chrono::{DateTime, Local, Utc};
use threados_core::plain::plain;

use super::style::{count, fit, took};
use super::summary::words;
use super::{Board, Event, EventKind, Show, name};
use crate::output::print;

/// Most columns of a command.
const MOST_COLUMNS: usize = 80;

/// Prints lines.
pub struct Plain;

impl Show for Plain {
    fn begin(&mut self, board: &Board) {
        let steps = count(board.steps.len(), "step");
        line(board.started_at, &format!("run {}: {steps}, sandbox {}", board.run, board.sandbox));
    }

    fn happened(&mut self, event: &Event, _board: &Board) {
        line(event.at, &text(event));
    }

    fn notice(&mut self, text: &str, _board: &Board) {
        line(Utc::now(), text);
    }
}

fn line(at: DateTime<Utc>, text: &str) {
    print(&format!("{} {text}\n", at.with_timezone(&Local).format("%H:%M:%S")));
}

/// An event in words, without its time.
fn text(event: &Event) -> String {
    let step = name(&event.step, event.lead.as_ref());
    match &event.kind {
        EventKind::Started { command } => {
            let attempt =
                if event.attempt > 1 { format!(" (attempt {})", event.attempt) } else { String::new() };
            let command = fit(&plain(&words(command)), MOST_COLUMNS, false);
            format!("{step} RUNNING{attempt} {command}").trim_end().to_owned()
        }
        EventKind::Ended { status, reason, duration_ms, .. } => {
            let took = duration_ms.map(|ms| format!(" {}", took(ms))).unwrap_or_default();
            let reason = reason.as_deref().map(|r| format!(" {}", plain(r))).unwrap_or_default();
            format!("{step} {status}{took}{reason}")
        }
    }
}

#[cfg(test)]
mod tests {
    use threados_core::model::StepStatus;

    use super::*;

    fn event(attempt: u32, kind: EventKind) -> Event {
        Event { at: Utc::now(), step: "build".parse().unwrap(), lead: None, attempt, kind }
    }

    #[test]
    fn a_line_says_what_how_long_and_why() {
        let ended = |status, reason: Option<&str>, duration_ms| EventKind::Ended {
            status,
            reason: reason.map(str::to_owned),
            duration_ms,
            exit_code: None,
            again: false,
        };
        let started = EventKind::Started { command: vec!["cargo".into(), "build".into()] };
        assert_eq!(text(&event(1, started.clone())), "build RUNNING cargo build");
        assert_eq!(text(&event(2, started)), "build RUNNING (attempt 2) cargo build");
        assert_eq!(text(&event(1, ended(StepStatus::Done, None, Some(2_140)))), "build DONE 2.1s");
        assert_eq!(
            text(&event(1, ended(StepStatus::Failed, Some("exit code 3"), Some(90)))),
            "build FAILED 0.0s exit code 3"
        );
        assert_eq!(
            text(&event(1, ended(StepStatus::Failed, Some("policy: no\u{1b}[2J"), None))),
            "build FAILED policy: no"
        );
        let child =
            Event { lead: Some("lead".parse().unwrap()), ..event(1, ended(StepStatus::Done, None, None)) };
        assert_eq!(text(&child), "lead > build DONE");
    }
}
