//! `POST /mcp`: the Model Context Protocol over streamable HTTP, behind the checks of every route.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use hyper::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, TRANSFER_ENCODING};
use hyper::{Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt as _;

use super::answer::Failure;
use super::app::Shared;
use super::body;
use super::chat::seat;
use super::guard::Caller;

/// Where it is mounted.
pub(super) const PATH: &str = "/mcp";

/// Answers one message.
pub(super) async fn mcp(
    State(app): State<Shared>,
    Extension(caller): Extension<Caller>,
    request: Request<Body>,
) -> Result<Response, Failure> {
    if let Caller::Step { id, .. } = caller {
        let why = format!("step `{id}` speaks MCP by `seqctl mcp`, which knows what it may");
        return Err(Failure::new(StatusCode::FORBIDDEN, "POLICY_DENIED", why)
            .hint("start `seqctl mcp` inside the step, or use POST /api/step and its like"));
    }
    let _seat = seat(&app)?;
    let (mut head, sent) = request.into_parts();
    let message = body::object(Request::from_parts(head.clone(), sent), &app.limits).await?;
    let bytes = serde_json::to_vec(&message).unwrap_or_default();
    // What goes on is another body than what came, and is always answered with JSON.
    head.headers.remove(TRANSFER_ENCODING);
    head.headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
    head.headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
    let service = app.mcp.clone();
    let answered = service.oneshot(Request::from_parts(head, Body::from(bytes))).await;
    let response = answered.unwrap_or_else(|never| match never {}).map(Body::new);
    if response.status().is_client_error() || response.status().is_server_error() {
        return Err(refused(&app, response).await);
    }
    Ok(response)
}

/// A refusal of the protocol as our own error object.
async fn refused(app: &Shared, response: Response) -> Failure {
    let status = response.status();
    let is_json = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    let text = body::whole(Request::new(response.into_body()), &app.limits).await.unwrap_or_default();
    let said: Value = serde_json::from_slice(&text).unwrap_or_default();
    let words = match said["error"]["message"].as_str() {
        Some(message) if is_json => message.to_owned(),
        _ => String::from_utf8_lossy(&text).trim().to_owned(),
    };
    Failure::new(status, "MCP", words)
        .hint("POST one message of JSON-RPC 2.0, as the Model Context Protocol has it")
}
