//! Answers: the objects of the command line, with the status that fits.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use hyper::{StatusCode, header};
use serde::Serialize;

use super::shapes::{Answer, ErrorAnswer, ErrorBody};
use crate::engine::protocol::Fault;
use crate::policy::Redactor;
use crate::view::redact;
use crate::workspace::{DoorError, ErrorClass};

/// Why a request was not answered as asked.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub status: StatusCode,
    pub fault: Fault,
}

impl Failure {
    /// With a status of its own.
    pub fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        let class = ErrorClass::Usage;
        Self { status, fault: Fault::new(class, code, message) }
    }

    /// The request is not what the route takes.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "USAGE", message)
    }

    /// Something of ours broke.
    pub fn internal(what: &str) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", format!("the server failed: {what}"))
    }

    /// Adds what to do.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.fault.hint = Some(hint.into());
        self
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self { status: status_of(&fault), fault }
    }
}

impl From<DoorError> for Failure {
    fn from(error: DoorError) -> Self {
        Fault::from(&error).into()
    }
}

/// What a step needs and does not find on this machine, or in this project.
const UNMET: &[&str] = &[
    "NO_SUCH_PROGRAM",
    "NO_SUCH_FOLDER",
    "NO_REPOSITORY",
    "NO_COMMIT",
    "SUBMODULES",
    "UNKNOWN_MODEL",
    "PROMPT_NOT_PASSED",
];

/// The status that fits an exit code of the command line.
fn status_of(fault: &Fault) -> StatusCode {
    match fault.exit {
        2 => StatusCode::BAD_REQUEST,
        3 => StatusCode::UNPROCESSABLE_ENTITY,
        4 => StatusCode::NOT_FOUND,
        5 => StatusCode::FORBIDDEN,
        6 => StatusCode::PRECONDITION_REQUIRED,
        7 => StatusCode::CONFLICT,
        // Nothing of ours broke: what a step needs is not there.
        _ if UNMET.contains(&fault.code.as_str()) => StatusCode::CONFLICT,
        _ if fault.code.starts_with("MPROCS_") => StatusCode::SERVICE_UNAVAILABLE,
        // A word of the request, as any other.
        _ if fault.code == "NO_EXECUTOR" => StatusCode::BAD_REQUEST,
        _ if matches!(fault.code.as_str(), "LOCK_TIMEOUT" | "ENGINE") => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let redactor = Redactor::default();
        let hide = |text: String| redactor.redact(&text).into_owned();
        let mut fault = self.fault;
        redact(&mut fault.details, &redactor);
        fault.hint = fault.hint.map(hide);
        fault.message = hide(fault.message);
        let error = ErrorBody::from(fault);
        json(self.status, serde_json::to_vec(&ErrorAnswer { ok: false, error }).unwrap_or_default())
    }
}

/// A good answer.
pub(super) fn ok<T: Serialize>(command: &'static str, body: T) -> Response {
    with_status(StatusCode::OK, command, body)
}

/// A good answer with another status.
pub(super) fn with_status<T: Serialize>(status: StatusCode, command: &'static str, body: T) -> Response {
    match serde_json::to_vec(&Answer { ok: true, command, body }) {
        Ok(bytes) => json(status, bytes),
        Err(error) => Failure::internal(&error.to_string()).into_response(),
    }
}

/// JSON that is made already.
pub(super) fn json(status: StatusCode, bytes: impl Into<Body>) -> Response {
    let mut response = Response::new(bytes.into());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// A refusal after which the connection is not used any more: its request may not have been read whole.
pub(super) fn last(failure: Failure) -> Response {
    let mut response = failure.into_response();
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
