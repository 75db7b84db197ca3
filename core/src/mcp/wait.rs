//! Following a run to its end.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::look::Wait;
use super::reads::{not_found, run_id};
use super::server::Desk;
use crate::engine::protocol::{ClientMessage, EngineMessage, Fault};
use crate::engine::{Connection, list_runs, look};
use crate::id::RunId;
use crate::view;
use crate::workspace::{DoorError, ErrorClass};

/// The longest wait.
const LONGEST: u64 = 300;

/// Waits until a run has ended or the time is up, and tells how it stands. An orchestrator that waits for a run of its
/// own holds no slot meanwhile, as in a blocking `seqctl run`.
pub(super) fn wait(desk: &Desk, asked: &Wait) -> Result<Value, Fault> {
    if !(1..=LONGEST).contains(&asked.seconds) {
        let message = format!("seconds {} is out of range: 1 to {LONGEST}", asked.seconds);
        return Err(Fault::new(ErrorClass::Usage, "USAGE", message));
    }
    let run = run_id(&asked.run)?;
    let until = Instant::now() + Duration::from_secs(asked.seconds);
    if let Some(connection) = Connection::existing(&desk.workspace.paths)? {
        follow(connection, &run, until)?;
    }
    stands(desk, &run)
}

/// Hears of a run until it has ended, the engine is gone or the time is up.
fn follow(mut engine: Connection, run: &RunId, until: Instant) -> Result<(), Fault> {
    let lost = |e: std::io::Error| Fault::new(ErrorClass::Environment, "ENGINE", e.to_string());
    if engine.say(&ClientMessage::Attach { run: run.clone() }).is_err() {
        return Ok(());
    }
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        engine.hear_for(left).map_err(lost)?;
        match engine.hear() {
            Ok(Some(EngineMessage::RunEnded { .. } | EngineMessage::Refused { .. }) | None) => return Ok(()),
            Ok(Some(_)) => {}
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return Ok(()),
            Err(e) => return Err(lost(e)),
        }
    }
}

/// The run, and how its steps stand now.
fn stands(desk: &Desk, run: &RunId) -> Result<Value, Fault> {
    let fault = |error: DoorError| Fault::from(&error);
    let snapshot = look(&desk.workspace).map_err(fault)?;
    let runs = list_runs(&desk.workspace.paths, &snapshot).map_err(fault)?;
    let found = runs.iter().find(|r| r.id == *run).ok_or_else(|| not_found("run", run.as_str()))?;
    let summary =
        view::status(snapshot.sequence(), snapshot.revision(), &snapshot.state, &snapshot.statuses()).summary;
    Ok(json!({ "run": view::run_line(found), "ended": !found.open, "summary": summary }))
}
