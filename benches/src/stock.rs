//! The peer of the event stream: axum's stock events, each formatted for each listener.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use axum::Router;
use axum::response::Sse;
use axum::response::sse::Event;
use axum::routing::get;
use futures_core::Stream;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::plain::run_children;

type Listeners = Arc<Mutex<Vec<UnboundedSender<String>>>>;

/// What one listener hears: a greeting, then every end.
struct Ends(UnboundedReceiver<String>);

impl Stream for Ends {
    type Item = Result<Event, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(cx).map(|end| {
            end.map(|ended| {
                let data = serde_json::json!({ "action": "step.end", "ended_at": ended });
                Ok(Event::default().event("transition").data(data.to_string()))
            })
        })
    }
}

/// Serves; at a line of its input it runs so many children of this command line, one after the other, and tells of each
/// end.
pub fn serve(ends: usize, child: Vec<String>) {
    let listeners = Listeners::default();
    let telling = Arc::clone(&listeners);
    std::thread::spawn(move || {
        run_children(ends, &child, |ended| {
            for listener in telling.lock().expect("the listeners").iter() {
                // One that is gone needs no word.
                drop(listener.send(ended.to_owned()));
            }
        });
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let answer = move || {
            let listeners = Arc::clone(&listeners);
            async move {
                let (send, receive) = unbounded_channel();
                send.send("greeting".to_owned()).expect("the receiver is here");
                listeners.lock().expect("the listeners").push(send);
                Sse::new(Ends(receive))
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        println!("http://{}", listener.local_addr().expect("its address"));
        axum::serve(listener, Router::new().route("/", get(answer))).await.expect("to serve");
    });
}
