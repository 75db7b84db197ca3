//! Reading a body: JSON alone, of limited size, in limited time.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use hyper::body::Body as _;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE};
use hyper::{Request, StatusCode};
use serde_json::{Map, Value};

use super::answer::Failure;
use super::seats::Seat;
use super::server::Limits;

/// The object in a body.
///
/// # Errors
/// A [`Failure`] of 400, 408, 413 or 415.
pub(super) async fn object(request: Request<Body>, limits: &Limits) -> Result<Map<String, Value>, Failure> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        // A page of another site could send any other kind without asking first.
        return Err(Failure::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "NOT_JSON",
            "the body has to be application/json",
        ));
    }
    let bytes = whole(request, limits).await?;
    let value = serde_json::from_slice(&bytes).map_err(|e| {
        Failure::new(StatusCode::BAD_REQUEST, "BAD_JSON", format!("the body is no JSON object: {e}"))
    })?;
    match value {
        Value::Object(map) => Ok(map),
        _ => Err(Failure::new(StatusCode::BAD_REQUEST, "BAD_JSON", "the body has to be a JSON object")),
    }
}

/// All bytes of a body.
///
/// # Errors
/// A [`Failure`] of 400, 408 or 413.
pub(super) async fn whole(request: Request<Body>, limits: &Limits) -> Result<Vec<u8>, Failure> {
    let said = request.headers().get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if said.is_some_and(|said| said > limits.body_bytes as u64) {
        return Err(too_large(limits));
    }
    // Who was slow with the head has less time for the body.
    let waited = request.extensions().get::<Arc<Seat>>().map_or(Duration::ZERO, |seat| seat.waited());
    let time = limits.body.min(limits.request.saturating_sub(waited));
    let read = tokio::time::timeout(time, bytes(request.into_body(), limits)).await;
    let late = |_| Failure::new(StatusCode::REQUEST_TIMEOUT, "TOO_SLOW", "the body took too long to come");
    read.map_err(late)?
}

async fn bytes(mut body: Body, limits: &Limits) -> Result<Vec<u8>, Failure> {
    let mut all = Vec::new();
    loop {
        let frame = std::future::poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await;
        let Some(frame) = frame else { return Ok(all) };
        let frame = frame.map_err(|e| Failure::usage(format!("the body broke off: {e}")))?;
        if let Ok(data) = frame.into_data() {
            if all.len() + data.len() > limits.body_bytes {
                return Err(too_large(limits));
            }
            all.extend_from_slice(&data);
        }
    }
}

fn too_large(limits: &Limits) -> Failure {
    let message = format!("the body is larger than {} bytes", limits.body_bytes);
    Failure::new(StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE", message)
}
