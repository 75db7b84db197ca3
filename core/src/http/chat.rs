//! `POST /api/chat`: a sentence becomes a checked proposal, told as it comes (server-sent events).

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use hyper::body::Frame;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use hyper::{Request, StatusCode};
use serde_json::{Map, Value, json};
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::answer::Failure;
use super::app::{App, Shared, aside};
use super::body;
use super::guard::Caller;
use super::shapes::ErrorAnswer;
use crate::chat::{self, Chat, Ear, History, Provider};
use crate::engine::protocol::Fault;
use crate::model::Actor;
use crate::view::redact;

/// Longest text that is taken, in bytes, and most turns of before.
const LONGEST: usize = 16 << 10;
const MOST_TURNS: usize = 50;

/// A place among those who talk at once; given back when dropped.
pub(super) fn seat(app: &Shared) -> Result<OwnedSemaphorePermit, Failure> {
    Arc::clone(&app.talks).try_acquire_owned().map_err(|_| {
        Failure::new(
            StatusCode::TOO_MANY_REQUESTS,
            "TOO_MANY_TALKS",
            "too many chats and tools are under way",
        )
        .hint("try again when one of them has ended")
    })
}

/// What is said.
struct Said {
    text: String,
    provider: Option<Provider>,
    history: History,
}

/// `POST /api/chat`.
pub(super) async fn chat(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    if let Caller::Step { id, .. } = caller {
        let why = format!("step `{id}` proposes nothing: what it may do, it does at once");
        return Err(Failure::new(StatusCode::FORBIDDEN, "POLICY_DENIED", why)
            .hint("use POST /api/step, /api/run and their like"));
    }
    let said = said(body::object(request, &app.limits).await?)?;
    let wanted = said.provider;
    let provider = aside(&app, move |app| settle(app, wanted)).await?;
    let seat = seat(&app)?;
    let (send, events) = channel(64);
    let talking = Arc::clone(&app);
    // It ends by itself, or as soon as nobody hears it.
    tokio::task::spawn_blocking(move || {
        talk(&talking, &said, provider, &send);
        drop(seat);
    });
    let mut response = Response::new(Body::new(Events(events)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// `{message, provider?, history?: [{text, message}]}`.
fn said(fields: Map<String, Value>) -> Result<Said, Failure> {
    let mut said = Said { text: String::new(), provider: None, history: History::default() };
    for (field, value) in fields {
        match (field.as_str(), value) {
            ("message", Value::String(text)) => said.text = text,
            ("provider", Value::String(word)) => said.provider = Some(word.parse().map_err(Failure::usage)?),
            ("history", turns @ Value::Array(_)) => {
                let turns = serde_json::from_value(turns);
                said.history =
                    turns.map_err(|e| Failure::usage(format!("`history` is not as it has to be: {e}")))?;
            }
            ("message" | "provider", _) => return Err(Failure::usage(format!("`{field}` has to be text"))),
            ("history", _) => return Err(Failure::usage("`history` has to be a list of {text, message}")),
            _ => return Err(Failure::usage(format!("there is no field `{field}`"))),
        }
    }
    if said.text.trim().is_empty() || said.text.len() > LONGEST {
        return Err(Failure::usage(format!("`message` has to be a text of 1 to {LONGEST} bytes")));
    }
    if said.history.0.len() > MOST_TURNS {
        return Err(Failure::usage(format!("`history` has at most {MOST_TURNS} turns")));
    }
    // A program says what was said before: nobody knows whether a person did.
    said.history.0.iter_mut().for_each(|turn| turn.saw_output = true);
    Ok(said)
}

/// Who answers. A program cannot have a model asked that the project does not name: it costs, and it sends data out.
fn settle(app: &App, wanted: Option<Provider>) -> Result<Provider, Failure> {
    if let Some(wanted) = wanted.filter(|wanted| !wanted.is_model()) {
        return Ok(wanted);
    }
    let default = chat::default_provider(&app.workspace).map_err(|e| Failure::from(Fault::from(&e)))?;
    match wanted {
        None => Ok(default),
        Some(wanted) if wanted == default => Ok(wanted),
        Some(wanted) => {
            let why = format!("the provider {wanted} is not the one that policy.yaml names");
            Err(Failure::new(StatusCode::FORBIDDEN, "POLICY_DENIED", why)
                .hint(format!("a person sets `chat: {{provider: {wanted}}}` in .threados/policy.yaml")))
        }
    }
}

fn talk(app: &App, said: &Said, provider: Provider, send: &Sender<Bytes>) {
    let redactor = app.workspace.redactor();
    let tell = |event: &str, mut data: Value| {
        redact(&mut data, redactor);
        // A client that is gone hears nothing.
        drop(send.blocking_send(format!("event: {event}\ndata: {data}\n\n").into()));
    };
    let talk = Chat {
        workspace: &app.workspace,
        engine: &app.engine,
        provider,
        actor: Actor::Orchestrator,
        hold: false,
    };
    let mut hear = |piece: &str| tell("text", json!({ "text": piece }));
    let mut ear = Ear { hear: &mut hear, cancelled: &|| send.is_closed() };
    let answered = chat::ask(&talk, &said.text, &said.history, &mut ear);
    match answered {
        Ok(response) => {
            let mut data = serde_json::to_value(&response).unwrap_or_default();
            data["ok"] = json!(response.understood);
            data["command"] = json!("chat");
            tell("answer", data);
        }
        Err(error) => {
            let error = ErrorAnswer { ok: false, error: Fault::from(&error).into() };
            tell("error", serde_json::to_value(error).unwrap_or_default());
        }
    }
}

/// The events as they come.
struct Events(Receiver<Bytes>);

impl hyper::body::Body for Events {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0.poll_recv(cx).map(|piece| piece.map(|piece| Ok(Frame::data(piece))))
    }
}

/// The body of a request, for the document.
pub(super) fn body() -> Value {
    let turn = json!({
        "type": "object",
        "properties": { "text": { "type": "string" }, "message": { "type": "string" } },
        "required": ["text", "message"],
    });
    json!({
        "type": "object",
        "properties": {
            "message": { "type": "string", "minLength": 1, "description": "What is wanted, in a sentence" },
            "provider": { "type": "string", "enum": ["builtin", "claude", "codex", "gemini", "openai-compatible"], "description": "builtin, or the one that policy.yaml names" },
            "history": { "type": "array", "items": turn, "description": "What was said before, the oldest first" },
        },
        "required": ["message"],
        "additionalProperties": false,
    })
}
