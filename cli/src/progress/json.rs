//! One JSON object for everything that happens, as it happens (NDJSON); the last line is the result.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::{Board, Event, EventKind, Show};
use crate::output::print;

/// Prints JSON lines.
pub struct Stream;

impl Show for Stream {
    fn begin(&mut self, board: &Board) {
        say(&json!({
            "event": "run.start", "at": time(board.started_at), "run_id": board.run, "sandbox": board.sandbox.level,
            "steps": board.steps,
        }));
    }

    /// Steps that an orchestrator runs are of its own run, not of this one.
    fn happened(&mut self, event: &Event, board: &Board) {
        if event.lead.is_none() {
            say(&object(event, board));
        }
    }

    fn notice(&mut self, text: &str, board: &Board) {
        say(&json!({ "event": "notice", "at": time(Utc::now()), "run_id": board.run, "message": text }));
    }
}

fn say(value: &Value) {
    print(&format!("{value}\n"));
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

fn object(event: &Event, board: &Board) -> Value {
    let mut out =
        json!({ "at": time(event.at), "run_id": board.run, "step": event.step, "attempt": event.attempt });
    match &event.kind {
        EventKind::Started { command } => {
            out["event"] = json!("step.start");
            out["command"] = json!(command);
        }
        EventKind::Ended { status, reason, duration_ms, exit_code, again } => {
            out["event"] = json!("step.end");
            out["status"] = json!(status);
            out["again"] = json!(again);
            let more = [
                ("reason", json!(reason)),
                ("duration_ms", json!(duration_ms)),
                ("exit_code", json!(exit_code)),
            ];
            for (key, value) in more.into_iter().filter(|(_, v)| !v.is_null()) {
                out[key] = value;
            }
        }
    }
    out
}
