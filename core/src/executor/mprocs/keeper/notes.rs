//! How steps stand, as somebody who follows the log tells the keeper: one line a change, the last one counts.

use std::io::{self, ErrorKind, Read as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use super::super::PaneNote;

/// The keeper's end.
pub(super) struct Notes {
    stream: UnixStream,
    incoming: Vec<u8>,
}

impl Notes {
    pub fn new(stream: UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self { stream, incoming: Vec::new() })
    }

    /// What was told last, where something was.
    ///
    /// # Errors
    /// Where nobody tells anything any more.
    pub fn latest(&mut self) -> io::Result<Option<Vec<PaneNote>>> {
        let mut chunk = [0; 4096];
        loop {
            match self.stream.read(&mut chunk) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(n) => self.incoming.extend_from_slice(&chunk[..n]),
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        let Some(end) = self.incoming.iter().rposition(|b| *b == b'\n') else { return Ok(None) };
        let lines: Vec<u8> = self.incoming.drain(..=end).collect();
        let last = lines[..end].rsplit(|b| *b == b'\n').next().unwrap_or_default();
        serde_json::from_slice(last).map(Some).map_err(io::Error::other)
    }
}

impl AsFd for Notes {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
