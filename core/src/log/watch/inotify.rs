//! Changes as the Linux kernel tells them.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;

use super::{Changes, Watch};
use crate::store::Paths;

/// Becomes readable when something was made in a folder, or moved into it.
pub(super) fn made(folder: &Path) -> io::Result<OwnedFd> {
    let fd = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
    inotify::add_watch(&fd, folder, WatchFlags::CREATE | WatchFlags::MOVED_TO)?;
    Ok(fd)
}

/// As [`made`], and when a file in it grows.
pub(super) fn grown(folder: &Path) -> io::Result<OwnedFd> {
    let fd = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
    let flags = WatchFlags::MODIFY | WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::ONLYDIR;
    inotify::add_watch(&fd, folder, flags)?;
    Ok(fd)
}

/// A watch on the folder, not on the files: those come and go by rename.
#[derive(Debug)]
pub(super) struct Inotify {
    fd: OwnedFd,
    folder: PathBuf,
    /// The folder was deleted or moved; it is looked for until it is there again.
    gone: bool,
}

impl Inotify {
    pub(super) fn new(paths: &Paths) -> io::Result<Self> {
        let fd = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
        let mut watch = Self { fd, folder: paths.threados.clone(), gone: true };
        watch.arm()?;
        Ok(watch)
    }

    fn arm(&mut self) -> io::Result<()> {
        let flags = WatchFlags::MODIFY
            | WatchFlags::CREATE
            | WatchFlags::DELETE
            | WatchFlags::MOVED_FROM
            | WatchFlags::MOVED_TO
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVE_SELF
            | WatchFlags::ONLYDIR
            | WatchFlags::DONT_FOLLOW;
        inotify::add_watch(&self.fd, &self.folder, flags)?;
        self.gone = false;
        Ok(())
    }

    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    pub(super) fn changes(&mut self) -> io::Result<Changes> {
        let mut changes = Changes::default();
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = Reader::new(self.fd.as_fd(), &mut buffer);
        loop {
            match reader.next() {
                Ok(event) => {
                    let events = event.events();
                    let lost = ReadFlags::QUEUE_OVERFLOW | ReadFlags::IGNORED | ReadFlags::MOVE_SELF;
                    if events.intersects(lost) {
                        changes = Changes::ALL;
                    }
                    // A folder that was moved is still watched under its new name, which is not ours.
                    self.gone |= events.intersects(ReadFlags::IGNORED | ReadFlags::MOVE_SELF);
                    if let Some(name) = event.file_name() {
                        changes.add_name(name.to_bytes());
                    }
                }
                Err(Errno::AGAIN) => break,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        if self.gone && self.arm().is_ok() {
            changes = Changes::ALL;
        }
        Ok(changes)
    }

    pub(super) fn wait(&mut self, timeout: Option<Duration>) -> io::Result<Changes> {
        let deadline = timeout.map(|t| Instant::now() + t);
        loop {
            let changes = self.changes()?;
            let left = deadline.map(|d| d.saturating_duration_since(Instant::now()));
            if changes.any() || left == Some(Duration::ZERO) {
                return Ok(changes);
            }
            let most = if self.gone { Some(Watch::POLL) } else { None };
            let wait = [left, most].into_iter().flatten().min();
            let wait = wait.map(Timespec::try_from).transpose().map_err(io::Error::other)?;
            match rustix::event::poll(&mut [PollFd::new(&self.fd, PollFlags::IN)], wait.as_ref()) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
