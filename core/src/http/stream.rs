//! `GET /api/status/stream`: a snapshot, then every transition as it happens.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue};

use super::answer::Failure;
use super::app::{Shared, in_turn};
use super::seats::Seat;

/// Begins a stream.
pub(super) async fn stream(
    State(app): State<Shared>,
    Extension(seat): Extension<Arc<Seat>>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let since = match headers.get("last-event-id") {
        None => None,
        Some(id) => {
            let id = id.to_str().ok().filter(|id| !id.is_empty()).and_then(|id| id.parse::<u64>().ok());
            Some(id.ok_or_else(|| Failure::usage("Last-Event-ID has to be the id of an event: a number"))?)
        }
    };
    let body = in_turn(&app, move |app| app.hub.listen(since, app.limits.streams, seat)).await?;
    let mut response = Response::new(Body::new(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}
