//! One connection: its timeouts, its place, its end.

use std::convert::Infallible;
use std::future::{Future as _, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use hyper::body::Incoming;
use hyper::header::{ALLOW, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tower::ServiceExt as _;

use super::answer::{json, last};
use super::app::Shared;
use super::guard::{self, Caller};
use super::routes;
use super::seats::{Call, Seat, Taken};
use super::status;
use super::wire::{Flushing, Wire};

/// Most headers of a request, and most bytes of its head. More is 431.
const MOST_HEADERS: usize = 64;
const MOST_HEAD_BYTES: usize = 32 << 10;

/// What every connection needs.
#[derive(Clone)]
pub(super) struct Connections {
    pub app: Shared,
    pub router: Router,
}

impl Connections {
    /// Serves a connection to its end.
    pub async fn serve(self, wire: impl Wire, taken: Taken) {
        let Self { app, router } = self;
        let (limits, seat) = (&app.limits, &taken.seat);
        let service = service_fn(|request| answer(&app, &router, seat, request));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(limits.header)
            .max_headers(MOST_HEADERS)
            .max_buf_size(MOST_HEAD_BYTES);
        let (wire, flushed) = Flushing::new(wire);
        let mut connection = http.serve_connection(TokioIo::new(wire), service);
        let call = tokio::select! {
            // How a client breaks off is its own affair.
            _ = &mut connection => return,
            call = seat.called() => call,
        };
        match call {
            Call::Close => {}
            Call::Leave => {
                Pin::new(&mut connection).graceful_shutdown();
                drop(tokio::time::timeout(limits.grace, connection).await);
            }
            Call::Stream(listening) => {
                // Answers before this one may still be on their way.
                let sent = poll_fn(|cx| match Pin::new(&mut connection).poll(cx) {
                    Poll::Ready(_) => Poll::Ready(false),
                    Poll::Pending if flushed.load(Ordering::Relaxed) => Poll::Ready(true),
                    Poll::Pending => Poll::Pending,
                });
                if tokio::time::timeout(limits.grace, sent).await == Ok(true) {
                    let wire = connection.into_parts().io.into_inner().wire;
                    listening.serve(wire, seat, limits.grace).await;
                }
            }
        }
    }
}

async fn answer(
    app: &Shared,
    router: &Router,
    seat: &Arc<Seat>,
    mut request: Request<Incoming>,
) -> Result<Response, Infallible> {
    let caller = match guard::check(app, &request) {
        Ok(caller) => caller,
        Err(failure) => return Ok(named(last(failure), request.uri().path())),
    };
    if caller != Caller::Anybody {
        seat.settle();
    }
    // The answer that is asked for most, at hand most often: no route is looked for.
    if request.method() == Method::GET
        && request.uri().path() == status::PATH
        && let Some(bytes) = app.hub.status_at_hand()
    {
        seat.answered();
        return Ok(json(StatusCode::OK, bytes));
    }
    request.extensions_mut().insert(caller);
    request.extensions_mut().insert(Arc::clone(seat));
    let path = request.uri().clone();
    let answered = router.clone().oneshot(request.map(Body::new)).await;
    seat.answered();
    let response = answered.unwrap_or_else(|never| match never {}).into_response();
    Ok(named(response, path.path()))
}

/// A refusal of a method names those that are not refused.
fn named(mut response: Response, path: &str) -> Response {
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static(routes::allowed(path)));
    }
    response
}

/// Tells a client for whom there is no place; it is not waited for.
pub(super) fn turn_away(wire: &impl Wire) {
    const BODY: &str = r#"{"ok":false,"error":{"code":"TOO_MANY_CONNECTIONS","message":"too many connections are open; close one","hint":"try again later"}}"#;
    let head = "HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/json\r\nretry-after: 1\r\nconnection: close";
    let text = format!("{head}\r\ncontent-length: {}\r\n\r\n{BODY}", BODY.len());
    // A client that is gone needs no word.
    drop(wire.try_write(text.as_bytes()));
}
