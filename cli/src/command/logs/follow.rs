//! A log as it grows: the kernel tells of new bytes, the wrapper's lock of the end.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec};
use threados_core::engine::look_in_force;
use threados_core::id::StepId;
use threados_core::log::{drain, watch_grown};
use threados_core::model::Phase;
use threados_core::store::regular;
use threados_core::workspace::Workspace;
use threados_core::wrapper::{Liveness, liveness, wait_free};

use super::Shown;

/// How long a step that was just started is given to make its files; then it is looked for again.
const START: Duration = Duration::from_millis(50);

/// Reads a log to its end, or to the end of its step.
pub struct Tail {
    workspace: Workspace,
    step: StepId,
    lock: PathBuf,
    folder: PathBuf,
    path: PathBuf,
    file: Option<File>,
    follow: bool,
    watch: Option<OwnedFd>,
    end: Option<OwnedFd>,
}

impl Tail {
    pub fn new(workspace: &Workspace, shown: &Shown, follow: bool) -> Self {
        Self {
            lock: workspace.paths.wrapper_lock(&shown.run, &shown.runner),
            workspace: workspace.clone(),
            step: shown.runner.clone(),
            folder: shown.folder.clone(),
            path: shown.file.clone(),
            file: None,
            follow,
            watch: None,
            end: None,
        }
    }

    /// The next bytes; none where the log is at its end and, when followed, the step too.
    pub fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.follow && self.watch.is_none() {
                // Before the file is read: what is appended in between is told.
                self.watch = watch_grown(&self.folder).ok();
            }
            // Looked at before the last bytes are read, so that none is missed.
            let over = !self.follow || self.is_over();
            let n = self.some(buffer)?;
            if n > 0 || over {
                return Ok(n);
            }
            self.wait()?;
        }
    }

    fn some(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.file.is_none() {
            self.file = match regular::open(&self.path) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(0),
                opened => Some(opened?),
            };
        }
        self.file.as_mut().map_or(Ok(0), |file| file.read(buffer))
    }

    fn is_over(&self) -> bool {
        if matches!(liveness(&self.lock), Ok(Liveness::Live(_))) {
            return false;
        }
        // No lock: it ended, or is only about to begin. The log knows.
        let read = look_in_force(&self.workspace);
        !read.is_ok_and(|read| read.snapshot.state.phase(self.step.as_str()) == Phase::Running)
    }

    /// Waits for more bytes or for the end.
    fn wait(&mut self) -> io::Result<()> {
        let (Some(watch), Ok(Liveness::Live(_))) = (&self.watch, liveness(&self.lock)) else {
            // It is about to begin, or its end about to be told: short moments, at most some tens of milliseconds.
            thread::sleep(START);
            return Ok(());
        };
        if self.end.is_none() {
            self.end = Some(end_of(&self.lock)?);
        }
        let Some(end) = &self.end else { return Ok(()) };
        let forever: Option<&Timespec> = None;
        let mut fds = [PollFd::new(watch, PollFlags::IN), PollFd::new(end, PollFlags::IN)];
        match rustix::event::poll(&mut fds, forever) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        if !fds[1].revents().is_empty() {
            self.end = None;
        }
        drain(watch);
        Ok(())
    }
}

/// A descriptor that becomes readable when the lock is let go.
fn end_of(lock: &Path) -> io::Result<OwnedFd> {
    let (read, write) = io::pipe()?;
    let lock = lock.to_owned();
    thread::spawn(move || {
        if let Err(error) = wait_free(&lock) {
            tracing::warn!(%error, "cannot wait for the end of the step");
        }
        // Closing it is the message.
        drop(write);
    });
    Ok(read.into())
}
