//! `GET /api/health`, `GET /api/openapi.json`.

use std::sync::OnceLock;

use axum::body::Bytes;
use axum::response::Response;
use hyper::StatusCode;

use super::answer::{json, ok};
use super::openapi;
use super::shapes::Health;

/// That we live; the one thing that needs no token.
pub(super) async fn health() -> Response {
    ok("health", Health { version: env!("CARGO_PKG_VERSION") })
}

/// The document, made once.
pub(super) async fn document() -> Response {
    static DOCUMENT: OnceLock<Bytes> = OnceLock::new();
    let bytes = DOCUMENT.get_or_init(|| serde_json::to_vec(&openapi::document()).unwrap_or_default().into());
    json(StatusCode::OK, bytes.clone())
}
