//! Pseudo-terminals that we own: of an interactive step, and of a program that draws on a whole screen.

use std::ffi::CString;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::path::{Path, PathBuf};

use rustix::process::Pid;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use super::exec::{Program, posix_spawn};
use crate::wrapper::{TerminalSize, WrapperError};

/// A pseudo-terminal: we hold the side that sees what is printed and types.
#[derive(Debug)]
pub struct Terminal {
    master: OwnedFd,
    name: CString,
}

impl Terminal {
    /// A new one, which never blocks us.
    ///
    /// # Errors
    /// [`WrapperError::System`].
    pub fn open() -> Result<Self, WrapperError> {
        let open = || -> rustix::io::Result<Self> {
            let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
            grantpt(&master)?;
            unlockpt(&master)?;
            rustix::fs::fcntl_setfl(&master, rustix::fs::OFlags::NONBLOCK)?;
            let name = ptsname(&master, Vec::new())?;
            Ok(Self { master, name })
        };
        open().map_err(WrapperError::system("no pseudo-terminal can be had"))
    }

    /// Gives it a size, of which its programs hear.
    pub fn resize(&self, size: TerminalSize) {
        let size = Winsize { ws_col: size.cols, ws_row: size.rows, ws_xpixel: 0, ws_ypixel: 0 };
        // One that nobody uses any more needs no size.
        let _ = tcsetwinsize(&self.master, size);
    }

    /// Types; how much there was room for.
    pub fn write(&self, bytes: &[u8]) -> usize {
        rustix::io::write(&self.master, bytes).unwrap_or(0)
    }

    /// Reads what was printed: 0 where nothing waits, `None` where nobody holds the other side any more.
    pub fn read(&self, buffer: &mut [u8]) -> Option<usize> {
        match rustix::io::read(&self.master, buffer) {
            Ok(n) if n > 0 => Some(n),
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Some(0),
            Ok(_) | Err(_) => None,
        }
    }

    /// Starts a program that leads a session on this terminal; its whole environment is `env`.
    ///
    /// # Errors
    /// [`WrapperError::System`].
    pub fn start(
        &self,
        program: &Path,
        argv: &[String],
        env: &[(String, String)],
        cwd: &Path,
    ) -> Result<u32, WrapperError> {
        let program = Program { program, argv, env, cwd, terminal: Some(&self.name) };
        let pid = posix_spawn(&program, &[], &[])
            .map_err(WrapperError::system::<std::io::Error>("cannot start the program on its terminal"))?;
        Ok(pid.as_raw_nonzero().get().cast_unsigned())
    }

    /// The file of its other side.
    pub fn path(&self) -> PathBuf {
        PathBuf::from(self.name.to_string_lossy().into_owned())
    }

    pub(super) fn name(&self) -> &CString {
        &self.name
    }

    pub(super) fn number(&self) -> RawFd {
        self.master.as_raw_fd()
    }

    /// A further handle to read what is printed.
    pub(super) fn output(&self) -> std::io::Result<OwnedFd> {
        self.master.try_clone()
    }
}

impl AsFd for Terminal {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.master.as_fd()
    }
}

/// Whether a child of ours has ended, and how: its exit code, or 128 and the signal. Takes it off the system's list.
pub fn ended(pid: u32) -> Option<i32> {
    let pid = Pid::from_raw(pid.cast_signed())?;
    match rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::NOHANG) {
        Ok(Some((_, status))) => {
            Some(status.exit_status().or_else(|| Some(128 + status.terminating_signal()?)).unwrap_or(1))
        }
        Ok(None) => None,
        Err(_) => Some(0),
    }
}
