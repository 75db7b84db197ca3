//! Telling when the files of a project change, without asking over and over.

#[cfg(target_os = "linux")]
mod inotify;
mod poll;

use std::io;
#[cfg(unix)]
use std::os::fd::OwnedFd;
#[cfg(unix)]
use std::path::Path;
use std::time::Duration;

use crate::store::Paths;

/// Which files may have changed. More than did may be named, never fewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Changes {
    /// `audit.log`: appended to, rotated, deleted.
    pub log: bool,
    /// `sequence.yaml`.
    pub sequence: bool,
    /// `policy.yaml`.
    pub policy: bool,
}

impl Changes {
    /// All of them.
    pub const ALL: Self = Self { log: true, sequence: true, policy: true };

    /// Whether anything changed.
    pub fn any(self) -> bool {
        self.log || self.sequence || self.policy
    }

    #[cfg(any(target_os = "linux", test))]
    fn add_name(&mut self, name: &[u8]) {
        match name {
            b"audit.log" => self.log = true,
            b"sequence.yaml" => self.sequence = true,
            b"policy.yaml" => self.policy = true,
            _ => {}
        }
    }
}

/// What becomes readable when something was made in a folder.
///
/// # Errors
/// Where the kernel has no more watches to give, and on platforms where it cannot tell.
#[cfg(unix)]
pub fn watch_made(folder: &Path) -> io::Result<OwnedFd> {
    #[cfg(target_os = "linux")]
    {
        inotify::made(folder)
    }
    #[cfg(not(target_os = "linux"))]
    {
        Err(io::Error::new(
            io::ErrorKind::Unsupported,
            format!("{} cannot be watched here", folder.display()),
        ))
    }
}

/// What becomes readable when a file in a folder grows, or is made there; [`drain`] makes it wait for the next time.
///
/// # Errors
/// As [`watch_made`].
#[cfg(unix)]
pub fn watch_grown(folder: &Path) -> io::Result<OwnedFd> {
    #[cfg(target_os = "linux")]
    {
        inotify::grown(folder)
    }
    #[cfg(not(target_os = "linux"))]
    {
        watch_made(folder)
    }
}

/// Takes what a watch of [`watch_made`] or [`watch_grown`] has told so far. Never blocks.
#[cfg(unix)]
pub fn drain(watch: &OwnedFd) {
    let mut told = [0; 4096];
    while rustix::io::read(watch, &mut told[..]).is_ok_and(|n| n > 0) {}
}

/// Watches `.threados`. On Linux the kernel tells (inotify); elsewhere, and where the kernel has no more watches
/// to give, the files are looked at every 250 ms.
#[derive(Debug)]
pub struct Watch {
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    #[cfg(target_os = "linux")]
    Inotify(inotify::Inotify),
    Poll(poll::Poll),
}

impl Watch {
    /// Begins to watch: what changes from now on is told.
    ///
    /// # Errors
    /// Where `.threados` cannot be watched and cannot be looked at either.
    pub fn new(paths: &Paths) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        match inotify::Inotify::new(paths) {
            Ok(inotify) => return Ok(Self { kind: Kind::Inotify(inotify) }),
            Err(error) => tracing::warn!(%error, "cannot be told of changes, so looks every 250 ms"),
        }
        Ok(Self::polling(paths))
    }

    /// Watches by looking every 250 ms: for file systems that tell nothing of other machines' changes.
    pub fn polling(paths: &Paths) -> Self {
        Self { kind: Kind::Poll(poll::Poll::new(paths)) }
    }

    /// What has changed since the last call. Returns at once.
    ///
    /// # Errors
    /// What the system says.
    pub fn changes(&mut self) -> io::Result<Changes> {
        match &mut self.kind {
            #[cfg(target_os = "linux")]
            Kind::Inotify(inotify) => inotify.changes(),
            Kind::Poll(poll) => Ok(poll.changes()),
        }
    }

    /// Waits for a change, at most `timeout` (`None`: for ever); nothing has changed where that passed.
    ///
    /// # Errors
    /// What the system says.
    pub fn wait(&mut self, timeout: Option<Duration>) -> io::Result<Changes> {
        match &mut self.kind {
            #[cfg(target_os = "linux")]
            Kind::Inotify(inotify) => inotify.wait(timeout),
            Kind::Poll(poll) => Ok(poll.wait(timeout)),
        }
    }

    /// The descriptor that becomes readable when there is something to ask [`Watch::changes`] for, for an event
    /// loop. `None`: ask every [`Watch::POLL`] instead.
    #[cfg(unix)]
    pub fn descriptor(&self) -> Option<std::os::fd::BorrowedFd<'_>> {
        match &self.kind {
            #[cfg(target_os = "linux")]
            Kind::Inotify(inotify) => Some(inotify.descriptor()),
            Kind::Poll(_) => None,
        }
    }

    /// How often to ask where there is no descriptor.
    pub const POLL: Duration = Duration::from_millis(250);
}

#[cfg(test)]
mod tests;
