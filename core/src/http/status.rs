//! `GET /api/status`.

use axum::extract::State;
use axum::response::Response;
use hyper::StatusCode;

use super::answer::{Failure, json};
use super::app::{Shared, in_turn};

/// Where it is.
pub(super) const PATH: &str = "/api/status";

/// How everything stands: bytes at hand while the files are those they were made of.
pub(super) async fn status(State(app): State<Shared>) -> Result<Response, Failure> {
    let bytes = match app.hub.status_at_hand() {
        Some(bytes) => bytes,
        None => in_turn(&app, |app| app.hub.status()).await?,
    };
    Ok(json(StatusCode::OK, bytes))
}
