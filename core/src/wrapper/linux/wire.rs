//! Between engine, spawner and wrappers.
//!
//! Jobs go down a stream as frames (length, then JSON) that only the spawner reads, and what it does at the engine's end. Events come up a second socket
//! that keeps message bounds, so that any number of wrappers can write to it at once; they need no spawner for it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::net::{SendFlags, send};
use serde::{Deserialize, Serialize};

use crate::wrapper::{AttemptKey, Job, Respawn, SpawnEvent, StepRecord, WrapperError};

/// Largest event that travels as one packet; the kernel's own limit is about 200 KiB.
pub(super) const MAX_PACKET: usize = 64 << 10;

/// What really travels: a record too large for one packet stays in its file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "wire", rename_all = "snake_case")]
pub(super) enum WireEvent {
    Whole { event: SpawnEvent },
    EndedOnDisk { key: AttemptKey, step_dir: PathBuf },
}

/// What the spawner does when its engine is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AtTheEnd {
    /// Starts this engine, for nobody else would.
    pub bring_back: Option<Respawn>,
}

/// A frame around the JSON text of a job or of [`AtTheEnd`].
pub(super) fn frame(value: &impl Serialize) -> Result<Vec<u8>, WrapperError> {
    let mut bytes = vec![0; 4];
    serde_json::to_writer(&mut bytes, value).map_err(WrapperError::json("the job"))?;
    let length = u32::try_from(bytes.len() - 4).map_err(|_| WrapperError::System {
        what: "cannot launch a job of more than 4 GiB",
        source: io::Error::from(io::ErrorKind::InvalidInput),
    })?;
    bytes[..4].copy_from_slice(&length.to_le_bytes());
    Ok(bytes)
}

/// The length of the first whole frame in `bytes`, head included.
pub(super) fn first_frame(bytes: &[u8]) -> Option<usize> {
    let head = bytes.first_chunk::<4>()?;
    let end = 4 + u32::from_le_bytes(*head) as usize;
    (bytes.len() >= end).then_some(end)
}

/// A wrapper's way to the engine. That the engine is gone is no error: the record on disk is the truth.
pub(super) struct Outbox {
    socket: Option<OwnedFd>,
    waiting: Option<Vec<u8>>,
}

impl Outbox {
    /// To an engine.
    pub(super) fn to(socket: OwnedFd) -> Self {
        Self { socket: Some(socket), waiting: None }
    }

    /// Sends without blocking; what the engine has no room for waits for [`Self::flush`].
    pub(super) fn post(&mut self, event: SpawnEvent) {
        self.waiting = serde_json::to_vec(&WireEvent::Whole { event }).ok();
        self.flush();
    }

    /// The end to wait for until it can be written to, while something waits.
    pub(super) fn blocked(&self) -> Option<BorrowedFd<'_>> {
        self.waiting.as_ref().and(self.socket.as_ref()).map(AsFd::as_fd)
    }

    /// Sends what waits, if there is room.
    pub(super) fn flush(&mut self) {
        let (Some(socket), Some(bytes)) = (&self.socket, &self.waiting) else { return };
        match send(socket, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
            Err(Errno::AGAIN | Errno::INTR | Errno::NOBUFS) => {}
            Err(_) => self.socket = None,
            Ok(_) => self.waiting = None,
        }
    }

    /// Sends the last word of an attempt, waiting for room. Returns whether the engine is there.
    pub(super) fn close(self, event: SpawnEvent) -> bool {
        self.last_word(&WireEvent::Whole { event })
    }

    /// As [`Self::close`], with a record; one too large for a packet is left to its file.
    pub(super) fn close_with(self, record: StepRecord, job: &Job) -> bool {
        if fits(&record) {
            return self.close(SpawnEvent::Ended { key: job.key(), record: Box::new(record) });
        }
        self.last_word(&WireEvent::EndedOnDisk { key: job.key(), step_dir: job.step_dir.clone() })
    }

    fn last_word(mut self, event: &WireEvent) -> bool {
        self.drain();
        self.waiting = serde_json::to_vec(event).ok();
        self.drain();
        self.socket.is_some()
    }

    fn drain(&mut self) {
        self.flush();
        while let Some(socket) = self.blocked() {
            // A failed wait is told by the next send.
            let _ = poll(&mut [PollFd::from_borrowed_fd(socket, PollFlags::OUT)], None);
            self.flush();
        }
    }
}

fn fits(record: &StepRecord) -> bool {
    serde_json::to_vec(record).is_ok_and(|text| text.len() < MAX_PACKET / 2)
}
