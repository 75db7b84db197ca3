//! How a process of a step asks for an engine: a socket of the step's wrapper, beside the engine's own.
//!
//! What a step started itself would be confined as the step is, and be ended with it. A confined step can neither
//! signal its wrapper nor see it in `/proc`, but it reaches the folder of the sockets. Who rings gains nothing: an
//! engine is started where none lives, as any client of that user starts one.

use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use super::again::bring_back_outside;
use crate::id::Digest;
use crate::wrapper::{Job, Respawn};

/// Begins the names of these sockets. With it they are no longer than the name of the engine's socket, whose whole
/// path fits.
const PREFIX: &str = "b-";

/// The wrapper's end, there while it lives.
pub(super) struct Bell<'j> {
    socket: UnixDatagram,
    path: PathBuf,
    respawn: &'j Respawn,
}

impl<'j> Bell<'j> {
    /// Hangs it up for a job that may ask for an engine. Failure is no matter of the step: a client outside of steps
    /// starts the engine, too.
    pub(super) fn of(job: &'j Job) -> Option<Self> {
        let respawn = job.respawn.as_ref()?;
        // One for each step, whatever its run: so those of killed wrappers do not pile up.
        let name = Digest::of([job.step_id.as_str().as_bytes()]);
        let path = respawn.bells.as_ref()?.join(format!("{PREFIX}{}", &name.as_str()[..8]));
        let hang = || -> io::Result<UnixDatagram> {
            match fs::remove_file(&path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
                _ => {}
            }
            let socket = UnixDatagram::bind(&path)?;
            socket.set_nonblocking(true)?;
            Ok(socket)
        };
        match hang() {
            Ok(socket) => Some(Self { socket, path, respawn }),
            Err(error) => {
                tracing::warn!(%error, "processes of the step cannot ask for an engine");
                None
            }
        }
    }

    /// Somebody rang: starts the engine where none lives.
    pub(super) fn answer(&self) {
        let mut rang = false;
        while self.socket.recv(&mut [0; 1]).is_ok() {
            rang = true;
        }
        if rang {
            bring_back_outside(self.respawn);
        }
    }
}

impl AsFd for Bell<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Drop for Bell<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Asks a wrapper to start the engine outside of its step, where none lives; whether there is one to ask. Any wrapper
/// will do: the engine is the project's. It does so by itself, in its own time.
pub fn call_engine(folder: &Path) -> bool {
    let Ok(socket) = UnixDatagram::unbound() else { return false };
    // A full queue has calls enough in it.
    let rung = |path: PathBuf| match socket.set_nonblocking(true).and_then(|()| socket.send_to(&[1], path)) {
        Ok(_) => true,
        Err(e) => e.kind() == io::ErrorKind::WouldBlock,
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(|e| e.file_name().to_string_lossy().starts_with(PREFIX)).any(|e| rung(e.path()))
}
