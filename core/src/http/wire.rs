//! The socket of a connection, and whether all that was written is on its way.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf, Ready};
use tokio::net::{TcpStream, UnixStream};

/// A socket.
pub(super) trait Wire: AsyncRead + AsyncWrite + Unpin + Send + Sync + 'static {
    /// Writes what there is room for; from any thread.
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize>;
    /// Reads what is there.
    fn try_read(&self, bytes: &mut [u8]) -> io::Result<usize>;
    /// Waits for one of these.
    fn ready(&self, interest: Interest) -> impl Future<Output = io::Result<Ready>> + Send;
}

macro_rules! wires {
    ($($socket:ty),*) => {
        $(impl Wire for $socket {
            fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
                self.try_write(bytes)
            }

            fn try_read(&self, bytes: &mut [u8]) -> io::Result<usize> {
                self.try_read(bytes)
            }

            fn ready(&self, interest: Interest) -> impl Future<Output = io::Result<Ready>> + Send {
                self.ready(interest)
            }
        })*
    };
}

wires!(TcpStream, UnixStream);

/// A socket that tells whether the connection has given it all it has.
pub(super) struct Flushing<W> {
    pub wire: W,
    flushed: Arc<AtomicBool>,
}

impl<W: Wire> Flushing<W> {
    /// The socket, and what tells.
    pub fn new(wire: W) -> (Self, Arc<AtomicBool>) {
        let flushed = Arc::new(AtomicBool::new(true));
        (Self { wire, flushed: Arc::clone(&flushed) }, flushed)
    }

    fn wrote(&self, wrote: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        self.flushed.store(false, Ordering::Relaxed);
        wrote
    }
}

impl<W: Wire> AsyncRead for Flushing<W> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_read(cx, buf)
    }
}

impl<W: Wire> AsyncWrite for Flushing<W> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.wire).poll_write(cx, buf);
        self.wrote(wrote)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.wire).poll_write_vectored(cx, bufs);
        self.wrote(wrote)
    }

    fn is_write_vectored(&self) -> bool {
        self.wire.is_write_vectored()
    }

    /// A connection flushes when it has written all that it has.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.wire).poll_flush(cx);
        if flushed.is_ready() {
            self.flushed.store(true, Ordering::Relaxed);
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_shutdown(cx)
    }
}
