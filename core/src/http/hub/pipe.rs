//! What one listener is sent. Who tells writes into the socket itself: a frame costs a call of the system and no turn of
//! another thread. What the socket does not take waits in a queue, and the listener's task sends it when there is room.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use chrono::Utc;
use tokio::io::Interest;
use tokio::sync::Notify;

use super::chunk::{Chunk, END};
use crate::http::seats::{Call, Seat};
use crate::http::wire::Wire;

/// What a listener is told that was too slow.
pub(super) const LAGGED: &[u8] =
    b"event: lagged\ndata: {\"message\":\"too slow; connect again with Last-Event-ID\"}\n\n";

/// Writes what the socket takes right now.
type Send = Box<dyn Fn(&[u8]) -> io::Result<usize> + std::marker::Send>;

/// The way to one listener.
pub(super) struct Pipe {
    inner: Mutex<Inner>,
    /// There is something to do for the listener's task.
    changed: Notify,
    chunked: bool,
}

#[derive(Default)]
struct Inner {
    waiting: VecDeque<Bytes>,
    /// The first of them were there before anything was told, and do not count.
    free: usize,
    /// Bytes that wait. They are shared with other listeners, and still: what nobody reads must not be kept for long.
    bytes: usize,
    /// `None` before the head of the answer is sent, and when the listener has left.
    send: Option<Send>,
    /// Nothing more is told; what waits is sent, then it ends.
    ended: bool,
    gone: bool,
}

impl Pipe {
    /// With what is to be sent first.
    pub fn new(first: &[Chunk], chunked: bool) -> Arc<Self> {
        let waiting: VecDeque<Bytes> = first.iter().map(|chunk| chunk.wire(chunked)).collect();
        Arc::new(Self {
            inner: Mutex::new(Inner { free: waiting.len(), waiting, ..Inner::default() }),
            changed: Notify::new(),
            chunked,
        })
    }

    /// Whether nothing can be told any more.
    pub fn is_over(&self) -> bool {
        let inner = self.lock();
        inner.gone || inner.ended
    }

    /// Sends a chunk, or has it wait behind what waits; `most` are the frames and bytes that may. Whether the listener
    /// can be told of the next one.
    pub fn tell(&self, chunk: &Chunk, most: (usize, usize)) -> bool {
        let mut inner = self.lock();
        if inner.gone || inner.ended {
            return false;
        }
        let bytes = chunk.wire(self.chunked);
        // One frame always fits, however large it is.
        let frames = inner.waiting.len() - inner.free;
        if frames >= most.0 || (inner.bytes > 0 && inner.bytes + bytes.len() > most.1) {
            self.end_in(&mut inner, Some(LAGGED));
            return false;
        }
        let waited = !inner.waiting.is_empty();
        inner.bytes += bytes.len();
        inner.waiting.push_back(bytes);
        if !waited && !inner.flush() {
            // The task waits until there is room, or sees that the listener has left.
            self.changed.notify_one();
        }
        !inner.gone
    }

    /// From now on it is sent over this connection, the head of the answer first.
    fn open(&self, wire: Arc<impl Wire>) {
        let mut inner = self.lock();
        inner.waiting.push_front(head(self.chunked));
        inner.free += 1;
        inner.send = Some(Box::new(move |bytes| wire.try_write(bytes)));
    }

    /// The stream ends when all that waits is sent.
    pub fn end(&self) {
        self.end_in(&mut self.lock(), None);
    }

    fn end_in(&self, inner: &mut Inner, word: Option<&'static [u8]>) {
        if !std::mem::replace(&mut inner.ended, true) {
            let word = word.map(|word| Chunk::of(&[word]).wire(self.chunked));
            let end = self.chunked.then(|| Bytes::from_static(END));
            for last in word.into_iter().chain(end) {
                inner.bytes += last.len();
                inner.waiting.push_back(last);
            }
        }
        self.changed.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Sends what the socket takes; whether nothing waits any more.
    fn flush(&mut self) -> bool {
        let Some(send) = &self.send else { return false };
        while let Some(next) = self.waiting.front_mut() {
            match send(next) {
                Ok(n) if n > 0 => {
                    self.bytes -= if self.free == 0 { n } else { 0 };
                    drop(next.split_to(n));
                    if next.is_empty() {
                        self.waiting.pop_front();
                        self.free = self.free.saturating_sub(1);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(_) | Err(_) => {
                    self.gone = true;
                    return false;
                }
            }
        }
        true
    }
}

/// A stream that is to be sent over a connection.
pub(in crate::http) struct Listening(Arc<Pipe>);

/// Whatever becomes of the task, its socket is not kept open by who tells.
impl Drop for Listening {
    fn drop(&mut self) {
        let mut inner = self.0.lock();
        (inner.gone, inner.send) = (true, None);
        inner.waiting.clear();
    }
}

impl Listening {
    /// Of a pipe that others tell.
    pub(super) fn of(pipe: Arc<Pipe>) -> Self {
        Self(pipe)
    }

    /// Sends the head of the answer, then all that is told, until the listener leaves or the stream ends; `grace` is the
    /// time it then has to take what waits.
    pub async fn serve<W: Wire>(self, wire: W, seat: &Seat, grace: Duration) {
        let wire = Arc::new(wire);
        self.0.open(Arc::clone(&wire));
        let pass_on = async {
            self.pass_on(&*wire, true).await;
            // One that reads no more is not waited for.
            drop(tokio::time::timeout(grace, self.pass_on(&*wire, false)).await);
        };
        let called = async {
            loop {
                match seat.called().await {
                    Call::Close => return,
                    Call::Leave => self.0.end(),
                    Call::Stream(_) => {}
                }
            }
        };
        tokio::select! {
            () = pass_on => {}
            () = called => {}
        }
    }

    /// Sends what waits as there is room for it, until the listener has left or has all; with `lasting` only until the
    /// stream has ended.
    async fn pass_on(&self, wire: &impl Wire, lasting: bool) {
        loop {
            let (idle, over) = {
                let mut inner = self.0.lock();
                let idle = inner.flush();
                (idle, inner.gone || (inner.ended && (idle || lasting)))
            };
            if over {
                return;
            }
            let interest = if idle { Interest::READABLE } else { Interest::READABLE | Interest::WRITABLE };
            tokio::select! {
                () = self.0.changed.notified() => {}
                ready = wire.ready(interest) => match ready {
                    Ok(ready) if ready.is_readable() && has_left(wire) => return,
                    Ok(_) => {}
                    Err(_) => return,
                }
            }
        }
    }
}

/// Whether a client says no more. What it still says is not listened to.
fn has_left(wire: &impl Wire) -> bool {
    match wire.try_read(&mut [0; 512]) {
        Ok(n) => n == 0,
        Err(error) => error.kind() != io::ErrorKind::WouldBlock,
    }
}

/// The head of the answer.
fn head(chunked: bool) -> Bytes {
    let coding = if chunked { "transfer-encoding: chunked" } else { "connection: close" };
    let date = Utc::now().format("%a, %d %b %Y %H:%M:%S GMT");
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-store\r\n{coding}\r\ndate: {date}\r\n\r\n"
    )
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A socket that takes so many bytes and no more.
    fn opened(pipe: &Pipe, room: usize) -> Arc<Mutex<(Vec<u8>, usize)>> {
        let socket = Arc::new(Mutex::new((Vec::new(), room)));
        let taking = Arc::clone(&socket);
        pipe.lock().send = Some(Box::new(move |bytes| {
            let (taken, room) = &mut *taking.lock().unwrap();
            let n = bytes.len().min(*room);
            *room -= n;
            taken.extend_from_slice(&bytes[..n]);
            if n == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(n) }
        }));
        socket
    }

    fn text(socket: &Arc<Mutex<(Vec<u8>, usize)>>) -> String {
        String::from_utf8(socket.lock().unwrap().0.clone()).unwrap()
    }

    #[test]
    fn what_a_socket_does_not_take_waits_in_order_and_is_sent_whole() {
        let pipe = Pipe::new(&[Chunk::of(&[b"first"])], false);
        assert!(pipe.tell(&Chunk::of(&[b"second"]), (9, 99)), "it waits for the connection");
        let socket = opened(&pipe, 7);
        assert!(!pipe.lock().flush());
        assert!(pipe.tell(&Chunk::of(&[b"third"]), (9, 99)));
        assert_eq!(text(&socket), "firstse");
        socket.lock().unwrap().1 = 99;
        assert!(pipe.lock().flush());
        assert_eq!(text(&socket), "firstsecondthird");
        assert!(pipe.tell(&Chunk::of(&[b"fourth"]), (9, 99)));
        assert_eq!(text(&socket), "firstsecondthirdfourth", "nothing waits, so it is sent at once");
        assert_eq!(pipe.lock().bytes, 0);
    }

    #[test]
    fn a_listener_holds_so_many_bytes_and_is_let_go_with_a_last_word() {
        let pipe = Pipe::new(&[Chunk::of(&[&[b'x'; 5000]])], false);
        let frame = Chunk::of(&[&[b'y'; 400]]);
        let most = (100, 1000);
        assert_eq!([(); 4].map(|()| pipe.tell(&frame, most)), [true, true, false, false]);
        let socket = opened(&pipe, 9000);
        assert!(pipe.lock().flush());
        let text = text(&socket);
        assert_eq!(text.len(), 5000 + 2 * 400 + LAGGED.len());
        assert!(text.ends_with(std::str::from_utf8(LAGGED).unwrap()));
    }

    #[test]
    fn a_listener_holds_so_many_frames_and_one_of_any_size() {
        let pipe = Pipe::new(&[], true);
        let frame = Chunk::of(&[&[b'y'; 4000]]);
        assert_eq!([(); 3].map(|()| pipe.tell(&frame, (2, 1000))), [true, false, false]);
        let pipe = Pipe::new(&[], true);
        assert_eq!([(); 3].map(|()| pipe.tell(&frame, (2, 9000))), [true, true, false]);
    }

    #[test]
    fn the_socket_is_let_go_with_the_task() {
        let pipe = Pipe::new(&[], true);
        let socket = opened(&pipe, 99);
        drop(Listening(Arc::clone(&pipe)));
        assert_eq!(Arc::strong_count(&socket), 1);
        assert!(!pipe.tell(&Chunk::of(&[b"x"]), (9, 99)));
    }
}
