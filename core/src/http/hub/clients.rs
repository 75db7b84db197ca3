//! Those who listen. A frame is formatted once and shared; a queue that is full costs its listener the stream, nobody
//! else anything.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use axum::body::Bytes;
use hyper::body::{Body, Frame};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use crate::http::seats::Seat;

/// What a listener is told that was too slow.
const LAGGED: &[u8] =
    b"event: lagged\ndata: {\"message\":\"too slow; connect again with Last-Event-ID\"}\n\n";

/// All who listen.
pub(super) struct Clients {
    all: Vec<Client>,
    /// Most frames that wait for one, and most bytes of them.
    queue: (usize, usize),
}

/// The sending half of one.
struct Client {
    send: Sender<Bytes>,
    lagged: Arc<AtomicBool>,
    /// Bytes that wait for it. They are shared with the others, and still: what nobody reads must not be kept for long.
    waiting: Arc<AtomicUsize>,
    seat: Arc<Seat>,
}

impl Clients {
    /// Each with a queue of so many frames and so many bytes.
    pub fn new(queue: (usize, usize)) -> Self {
        Self { all: Vec::new(), queue }
    }

    /// How many are there; those that have left are forgotten.
    pub fn count(&mut self) -> usize {
        self.all.retain(|client| !client.send.is_closed());
        self.all.len()
    }

    /// One more, who gets these frames first.
    pub fn add(&mut self, first: Vec<Bytes>, seat: Arc<Seat>) -> Listening {
        let (send, live) = channel(self.queue.0);
        let (lagged, waiting) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        self.all.push(Client { send, lagged: Arc::clone(&lagged), waiting: Arc::clone(&waiting), seat });
        Listening { first: first.into(), live, lagged, waiting }
    }

    /// Tells everyone; never waits.
    pub fn tell(&mut self, frame: &Bytes) {
        let most = self.queue.1;
        self.all.retain(|client| {
            // One frame always fits, however large it is.
            let before = client.waiting.fetch_add(frame.len(), Ordering::Relaxed);
            if before > 0 && before + frame.len() > most {
                return client.let_go();
            }
            match client.send.try_send(frame.clone()) {
                Ok(()) => true,
                Err(TrySendError::Closed(_)) => false,
                Err(TrySendError::Full(_)) => client.let_go(),
            }
        });
    }

    /// Ends every stream.
    pub fn clear(&mut self) {
        self.all.clear();
    }
}

impl Client {
    /// Its stream ends with a last word.
    fn let_go(&self) -> bool {
        self.lagged.store(true, Ordering::Relaxed);
        self.seat.hurry.notify_one();
        false
    }
}

/// The body of a stream: what was missed, then what happens.
pub(in crate::http) struct Listening {
    first: VecDeque<Bytes>,
    live: Receiver<Bytes>,
    lagged: Arc<AtomicBool>,
    waiting: Arc<AtomicUsize>,
}

impl Body for Listening {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(frame) = self.first.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(frame))));
        }
        let next = match std::task::ready!(self.live.poll_recv(cx)) {
            Some(frame) => {
                self.waiting.fetch_sub(frame.len(), Ordering::Relaxed);
                Some(frame)
            }
            // What was queued before it overflowed has been told; the rest it has to ask for.
            None => self.lagged.swap(false, Ordering::Relaxed).then(|| Bytes::from_static(LAGGED)),
        };
        Poll::Ready(next.map(|frame| Ok(Frame::data(frame))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(listening: &mut Listening) -> Vec<usize> {
        let mut cx = Context::from_waker(std::task::Waker::noop());
        let mut sizes = Vec::new();
        while let Poll::Ready(Some(Ok(frame))) = Pin::new(&mut *listening).poll_frame(&mut cx) {
            sizes.push(frame.into_data().map_or(0, |data| data.len()));
        }
        sizes
    }

    #[test]
    fn a_listener_holds_so_many_bytes_and_is_let_go_with_a_last_word() {
        let mut clients = Clients::new((100, 1000));
        let mut slow = clients.add(vec![Bytes::from(vec![0; 5000])], Arc::default());
        let mut quick = clients.add(Vec::new(), Arc::default());
        let frame = Bytes::from(vec![0; 400]);
        for _ in 0..3 {
            clients.tell(&frame);
            assert_eq!(told(&mut quick), [400]);
        }
        assert_eq!(clients.count(), 1, "the slow one is gone");
        assert_eq!(told(&mut slow), [5000, 400, 400, LAGGED.len()]);
        let large = Bytes::from(vec![0; 4000]);
        clients.tell(&large);
        assert_eq!(told(&mut quick), [4000], "one frame fits, whatever its size");
    }
}
