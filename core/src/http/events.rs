//! Server-sent events in the OpenAPI document: each by its name, with the schema of the JSON in its data.

use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Value, json};

use super::hub::Event;
use super::shapes::{Answer, ErrorAnswer, ProblemShape, StatusBody, TalkShape};

/// The events of `GET /api/status/stream`.
pub(super) fn status(generator: &mut SchemaGenerator) -> (&'static str, Value) {
    let snapshot = data::<Answer<StatusBody<'static>>>(generator);
    let transition = data::<Event<'static>>(generator);
    let (problems, lagged) = (data::<Problems>(generator), data::<Lagged>(generator));
    stream(&[
        counted(event("snapshot", "How everything stands, as GET /api/status tells it", &snapshot)),
        counted(event("transition", "Something happened; its id is what Last-Event-ID takes", &transition)),
        event("problems", "The faults of a hand edit; none any more where the list is empty", &problems),
        event("lagged", "The reader was too slow; the stream ends", &lagged),
    ])
}

/// The events of `POST /api/chat`.
pub(super) fn talk(generator: &mut SchemaGenerator) -> (&'static str, Value) {
    let (text, answer) = (data::<Piece>(generator), data::<TalkShape>(generator));
    let error = data::<ErrorAnswer>(generator);
    stream(&[
        event("text", "A piece of the message, as it comes", &text),
        event("answer", "The object of `seqctl chat --json`; the last event", &answer),
        event("error", "Why nothing could be answered; the last event", &error),
    ])
}

/// The faults that stand in `sequence.yaml` now.
#[derive(Debug, Serialize, JsonSchema)]
struct Problems {
    problems: Vec<ProblemShape>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Lagged {
    /// What to do.
    message: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Piece {
    /// Goes behind the pieces before it.
    text: String,
}

fn data<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().into()
}

fn stream(events: &[Value]) -> (&'static str, Value) {
    ("text/event-stream", json!({ "description": "One event of the stream", "oneOf": events }))
}

fn event(name: &str, what: &str, data: &Value) -> Value {
    let data = json!({ "type": "string", "contentMediaType": "application/json", "contentSchema": data });
    json!({
        "type": "object",
        "description": what,
        "properties": { "event": { "type": "string", "const": name }, "data": data },
        "required": ["event", "data"],
        "additionalProperties": false,
    })
}

/// An event that has an id: the number of its entry in the log.
fn counted(mut event: Value) -> Value {
    event["properties"]["id"] = json!({ "type": "string", "pattern": "^[0-9]+$" });
    event["required"] = json!(["id", "event", "data"]);
    event
}
