//! One connection to the keeper: lines in, an answer or the whole picture out.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;

use super::super::wire::{Answer, Ask};
use crate::id::StepId;
use crate::wrapper::{Peer, Standing, peer_user};

/// Most bytes that may wait for a view; one that takes less is let go.
const MOST_WAITING: usize = 4 << 20;
/// Longest line a client may send.
const LONGEST_LINE: usize = 1 << 20;

/// Who was not let in to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denied {
    /// The step it belongs to, where it belongs to one.
    pub step: Option<StepId>,
    /// Who it is, in words.
    pub why: String,
}

/// A connection.
pub(super) struct Client {
    stream: UnixStream,
    incoming: Vec<u8>,
    outgoing: VecDeque<u8>,
    /// It gets whatever is drawn.
    pub view: bool,
    /// It waits for the end of mprocs.
    pub closing: bool,
    pub gone: bool,
}

impl Client {
    /// A new one, of our own user and of no step: who types here types into every pane.
    ///
    /// # Errors
    /// Who was turned away.
    pub fn new(stream: UnixStream, wrappers: &Path) -> Result<Self, Denied> {
        let denied = |step, why: String| Denied { step, why };
        let ours = rustix::process::geteuid().as_raw();
        match peer_user(stream.as_fd()) {
            Some(user) if user == ours => {}
            Some(user) => return Err(denied(None, format!("another user (uid {user})"))),
            None => return Err(denied(None, "a process of which nothing is known".to_owned())),
        }
        match Peer::of(stream.as_fd()).map(|peer| peer.standing(wrappers)) {
            Some(Standing::Outside { .. }) => {}
            Some(Standing::Inside(inside)) => {
                let step = inside.holder.key.step_id;
                let why = format!("a process of step `{step}`");
                return Err(denied(Some(step), why));
            }
            Some(Standing::Unknown) | None => {
                return Err(denied(None, "a process that cannot be seen from here".to_owned()));
            }
        }
        stream.set_nonblocking(true).map_err(|e| denied(None, e.to_string()))?;
        Ok(Self {
            stream,
            incoming: Vec::new(),
            outgoing: VecDeque::new(),
            view: false,
            closing: false,
            gone: false,
        })
    }

    /// What it asks for next.
    pub fn hear(&mut self) -> Vec<Ask> {
        let mut chunk = [0; 4096];
        loop {
            match self.stream.read(&mut chunk) {
                Ok(n) if n > 0 => self.incoming.extend_from_slice(&chunk[..n]),
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Ok(_) | Err(_) => {
                    self.gone = true;
                    break;
                }
            }
        }
        let mut asked = Vec::new();
        while let Some(end) = self.incoming.iter().position(|b| *b == b'\n') {
            let line: Vec<u8> = self.incoming.drain(..=end).collect();
            match serde_json::from_slice(&line) {
                Ok(ask) => asked.push(ask),
                Err(_) => self.gone = true,
            }
        }
        self.gone |= self.incoming.len() > LONGEST_LINE;
        asked
    }

    /// Answers; a view gets the picture alone.
    pub fn answer(&mut self, answer: &Answer) {
        if self.view {
            return;
        }
        if let Ok(mut line) = serde_json::to_vec(answer) {
            line.push(b'\n');
            self.send(&line);
        }
    }

    /// Sends what there is room for; the rest waits.
    pub fn send(&mut self, bytes: &[u8]) {
        self.outgoing.extend(bytes);
        self.gone |= self.outgoing.len() > MOST_WAITING;
        self.flush();
    }

    pub fn flush(&mut self) {
        while !self.outgoing.is_empty() {
            let (first, _) = self.outgoing.as_slices();
            match self.stream.write(first) {
                Ok(n) if n > 0 => drop(self.outgoing.drain(..n)),
                Err(e) if e.kind() == ErrorKind::WouldBlock => return,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Ok(_) | Err(_) => {
                    self.gone = true;
                    return;
                }
            }
        }
    }

    /// Whether it has to be waited for until it takes more.
    pub fn is_full(&self) -> bool {
        !self.outgoing.is_empty()
    }
}

impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
