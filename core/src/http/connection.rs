//! One connection: its timeouts, its place, its end.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse as _, Response};
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::answer::last;
use super::app::Shared;
use super::guard::{self, Caller};
use super::seats::{Seat, Taken};

/// Most headers of a request, and most bytes of its head. More is 431.
const MOST_HEADERS: usize = 64;
const MOST_HEAD_BYTES: usize = 32 << 10;

/// What every connection needs.
#[derive(Clone)]
pub(super) struct Connections {
    pub app: Shared,
    pub router: Router,
    pub stop: watch::Receiver<bool>,
}

impl Connections {
    /// Serves a connection to its end.
    pub async fn serve<I: AsyncRead + AsyncWrite + Unpin>(self, stream: I, taken: Taken) {
        let Self { app, router, mut stop } = self;
        let (limits, seat) = (app.limits.clone(), &taken.seat);
        let service =
            service_fn(|request| answer(Arc::clone(&app), router.clone(), Arc::clone(seat), request));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(limits.header)
            .max_headers(MOST_HEADERS)
            .max_buf_size(MOST_HEAD_BYTES);
        let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
        tokio::select! {
            // How a client breaks off is its own affair.
            _ = connection.as_mut() => return,
            () = seat.close.notified() => return,
            // Its stream ends with a last word; the connection ends with the stream.
            () = seat.hurry.notified() => {}
            _ = stop.wait_for(|stop| *stop) => {}
        }
        connection.as_mut().graceful_shutdown();
        drop(tokio::time::timeout(limits.grace, connection).await);
    }
}

async fn answer(
    app: Shared,
    router: Router,
    seat: Arc<Seat>,
    mut request: Request<Incoming>,
) -> Result<Response, Infallible> {
    let caller = match guard::check(&app, &request) {
        Ok(caller) => caller,
        Err(failure) => return Ok(last(failure)),
    };
    if caller != Caller::Anybody {
        seat.settle();
    }
    request.extensions_mut().insert(caller);
    request.extensions_mut().insert(Arc::clone(&seat));
    let answered = router.oneshot(request.map(Body::new)).await;
    seat.answered();
    Ok(answered.unwrap_or_else(|never| match never {}).into_response())
}

/// Tells a client for whom there is no place; it is not waited for.
pub(super) fn turn_away(write: impl Fn(&[u8]) -> io::Result<usize>) {
    const BODY: &str = r#"{"ok":false,"error":{"code":"TOO_MANY_CONNECTIONS","message":"too many connections are open; close one","hint":"try again later"}}"#;
    let head = "HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/json\r\nretry-after: 1\r\nconnection: close";
    let text = format!("{head}\r\ncontent-length: {}\r\n\r\n{BODY}", BODY.len());
    // A client that is gone needs no word.
    drop(write(text.as_bytes()));
}
