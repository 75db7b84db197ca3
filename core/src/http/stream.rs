//! `GET /api/status/stream`: a snapshot, then every transition as it happens.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use hyper::Version;
use hyper::header::HeaderMap;

use super::answer::Failure;
use super::app::{Shared, in_turn};
use super::seats::{Call, Seat};

/// Begins a stream. Its answer is sent past the HTTP server: whoever tells writes into the socket.
pub(super) async fn stream(
    State(app): State<Shared>,
    Extension(seat): Extension<Arc<Seat>>,
    version: Version,
    headers: HeaderMap,
) -> Result<Infallible, Failure> {
    let since = match headers.get("last-event-id") {
        None => None,
        Some(id) => {
            let id = id.to_str().ok().filter(|id| !id.is_empty()).and_then(|id| id.parse::<u64>().ok());
            Some(id.ok_or_else(|| Failure::usage("Last-Event-ID has to be the id of an event: a number"))?)
        }
    };
    let chunked = version >= Version::HTTP_11;
    let listening = in_turn(&app, move |app| app.hub.listen(since, app.limits.streams, chunked)).await?;
    seat.call(Call::Stream(listening));
    std::future::pending().await
}
