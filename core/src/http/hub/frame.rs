//! What goes over a stream: each event formatted once, as bytes that all listeners share.

use axum::body::Bytes;
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

use super::chunk::Chunk;
use super::picture::Picture;
use crate::http::shapes::{Answer, StatusBody};
use crate::id::{Revision, RunId};
use crate::log::Entry;
use crate::model::{Actor, Outcome};
use crate::view::{GateLine, StepLine, status};
use crate::workspace::Snapshot;

/// Something that happened to steps, gates or the definition.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::http) struct Event<'a> {
    /// Number of its entry in the log; the id of the event.
    pub seq: u64,
    /// When.
    #[schemars(with = "String")]
    pub at: DateTime<Utc>,
    /// What, as the log has it: `step.start`, `gate.approve`, …
    pub action: &'a str,
    /// Who.
    pub actor: Actor,
    /// What it was about.
    pub target: &'a str,
    /// In which run.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub run_id: Option<&'a RunId>,
    /// The revision that holds; absent in events of the past, where nobody knows it any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub revision: Option<&'a Revision>,
    /// Every step that stands otherwise than before, as in the status. Empty in events of the past: a snapshot follows.
    pub steps: Vec<StepLine<'a>>,
    /// Every gate that does.
    pub gates: Vec<GateLine<'a>>,
    /// Steps and gates that are no more.
    pub gone: Vec<String>,
}

impl<'a> Event<'a> {
    /// Of an entry that has just been taken in.
    pub fn of(entry: &'a Entry, revision: &'a Revision) -> Self {
        Self { revision: Some(revision), ..Self::bare(entry) }
    }

    /// Of an entry long ago; `None` where it told nothing of steps, gates or the definition.
    pub fn of_the_past(entry: &'a Entry) -> Option<Self> {
        (entry.result == Outcome::Success && !entry.facts().is_empty()).then(|| Self::bare(entry))
    }

    fn bare(entry: &'a Entry) -> Self {
        Self {
            seq: entry.seq,
            at: entry.timestamp,
            action: &entry.action,
            actor: entry.actor,
            target: &entry.target,
            run_id: entry.run_id.as_ref(),
            revision: None,
            steps: Vec::new(),
            gates: Vec::new(),
            gone: Vec::new(),
        }
    }

    /// As bytes.
    pub(super) fn frame(&self) -> Chunk {
        frame(Some(self.seq), "transition", &serde_json::to_vec(self).unwrap_or_default())
    }
}

/// How everything stands, as the first event of a stream.
pub(super) fn snapshot_frame(picture: &Picture) -> Chunk {
    frame(Some(picture.seq), "snapshot", &status_bytes(picture))
}

/// The faults of a file, or that there are none any more. It is no entry of the log, so it has no id.
pub(super) fn problems_frame(picture: &Picture) -> Chunk {
    let data = serde_json::json!({ "problems": picture.problems });
    frame(None, "problems", data.to_string().as_bytes())
}

/// What nobody reads: it keeps a quiet stream alive, and finds out whether somebody is there.
pub(super) fn comment() -> Chunk {
    Chunk::of(&[b":\n\n"])
}

/// The answer of `GET /api/status`.
pub(super) fn status_bytes(picture: &Picture) -> Bytes {
    let body = StatusBody { report: picture.report(), seq: picture.seq, problems: &picture.problems };
    answer(body)
}

/// The same of a snapshot.
pub(super) fn status_of(snapshot: &Snapshot) -> Bytes {
    let (sequence, revision) = (snapshot.sequence(), snapshot.revision());
    let report = status(sequence, revision, &snapshot.state, &snapshot.statuses());
    answer(StatusBody { report, seq: snapshot.position.seq, problems: &[] })
}

fn answer(body: StatusBody) -> Bytes {
    on_a_page(&serde_json::to_vec(&Answer { ok: true, command: "status", body }).unwrap_or_default())
}

/// The same bytes from the start of a page on. They are sent over and over, and from just behind the start of one some
/// processors copy half as fast.
fn on_a_page(bytes: &[u8]) -> Bytes {
    const PAGE: usize = 4096;
    let mut space: Vec<u8> = Vec::with_capacity(bytes.len() + PAGE);
    let front = space.as_ptr().align_offset(PAGE).min(PAGE);
    space.resize(front, 0);
    space.extend_from_slice(bytes);
    Bytes::from(space).slice(front..)
}

/// An event as the format has it; JSON has no line end in it.
fn frame(id: Option<u64>, event: &str, data: &[u8]) -> Chunk {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    let name = format!("event: {event}\ndata: ");
    Chunk::of(&[id.as_bytes(), name.as_bytes(), data, b"\n\n"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_on_a_page_are_the_same_bytes() {
        for size in [0, 1, 4095, 100_000] {
            let bytes: Vec<u8> = (0..size).map(|i| i as u8).collect();
            let placed = on_a_page(&bytes);
            assert_eq!(placed, bytes);
            assert!(size == 0 || placed.as_ptr().align_offset(4096) == 0);
        }
    }
}
