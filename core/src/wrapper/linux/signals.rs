//! Signals as data: blocked and read from a descriptor, never handled behind the program's back.

use std::io;
use std::mem::{MaybeUninit, offset_of};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

/// What a wrapper and the spawner react to. HUP, INT and QUIT are in it so that a terminal's end is no end.
const WATCHED: [libc::c_int; 5] = [libc::SIGCHLD, libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGQUIT];

/// The signals of this process, from now on until it is dropped (which restores the mask).
pub(super) struct Signals {
    fd: OwnedFd,
    before: libc::sigset_t,
}

/// What arrived since the last look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Arrived {
    /// A child changed.
    pub child: bool,
    /// SIGTERM or SIGINT.
    pub stop: bool,
    /// What came with a SIGTERM that was sent with a word.
    pub word: Option<u64>,
    /// SIGHUP.
    pub hangup: bool,
    /// SIGWINCH, where it is watched.
    pub resized: bool,
}

impl Signals {
    /// Blocks the watched signals for this thread, and so for the whole of a single-threaded process.
    pub(super) fn watch() -> io::Result<Self> {
        Self::watch_also(&[])
    }

    /// As [`Self::watch`], with further signals.
    pub(super) fn watch_also(more: &[libc::c_int]) -> io::Result<Self> {
        let all = [&WATCHED, more].concat();
        let set = set_of(&all);
        let mut before = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: both sets are valid for the call, and `before` is written by it where it succeeds.
        let code = unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, before.as_mut_ptr()) };
        if code != 0 {
            return Err(io::Error::from_raw_os_error(code));
        }
        for signal in all {
            // A parent may have left it ignored (`nohup`, a shell's `&`); an ignored SIGCHLD would lose exit codes.
            // SAFETY: SIG_DFL runs no code of ours, and the signal is blocked by now.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
        // SAFETY: the set is valid; a new descriptor is asked for.
        let fd = unsafe { libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: `fd` was just made and is owned by nobody else; `before` was written above.
        Ok(unsafe { Self { fd: OwnedFd::from_raw_fd(fd), before: before.assume_init() } })
    }

    /// Takes what has arrived; never blocks.
    pub(super) fn take(&self) -> Arrived {
        const SIZE: usize = size_of::<libc::signalfd_siginfo>();
        let mut arrived = Arrived::default();
        let mut buffer = [0u8; SIZE * 8];
        while let Ok(n) = rustix::io::read(&self.fd, &mut buffer) {
            for info in buffer[..n].chunks_exact(SIZE) {
                match number(info, offset_of!(libc::signalfd_siginfo, ssi_signo)) {
                    libc::SIGCHLD => arrived.child = true,
                    libc::SIGTERM | libc::SIGINT => {
                        arrived.stop = true;
                        arrived.word = word(info).or(arrived.word);
                    }
                    libc::SIGHUP => arrived.hangup = true,
                    libc::SIGWINCH => arrived.resized = true,
                    _ => {}
                }
            }
            if n < buffer.len() {
                break;
            }
        }
        arrived
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        // SAFETY: `before` is the mask the kernel handed out.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.before, std::ptr::null_mut()) };
    }
}

fn number(info: &[u8], at: usize) -> libc::c_int {
    info.get(at..).and_then(|b| b.first_chunk()).map_or(0, |b| libc::c_int::from_ne_bytes(*b))
}

/// The word of a signal that was queued.
fn word(info: &[u8]) -> Option<u64> {
    if number(info, offset_of!(libc::signalfd_siginfo, ssi_code)) != libc::SI_QUEUE {
        return None;
    }
    let at = offset_of!(libc::signalfd_siginfo, ssi_ptr);
    info.get(at..)?.first_chunk().map(|b| u64::from_ne_bytes(*b))
}

/// What the kernel is told of a queued signal: as `siginfo_t` begins where `sigqueue` fills it.
#[repr(C)]
struct Queued {
    signo: libc::c_int,
    errno: libc::c_int,
    code: libc::c_int,
    pad: libc::c_int,
    pid: libc::pid_t,
    uid: libc::uid_t,
    word: u64,
    rest: [u64; 12],
}

/// Sends SIGTERM with a word to a process: it needs no room on a disk.
pub(super) fn send_word(process: BorrowedFd<'_>, word: u64) -> io::Result<()> {
    let info = Queued {
        signo: libc::SIGTERM,
        errno: 0,
        code: libc::SI_QUEUE,
        pad: 0,
        pid: std::process::id().cast_signed(),
        uid: rustix::process::getuid().as_raw(),
        word,
        rest: [0; 12],
    };
    const { assert!(size_of::<Queued>() == size_of::<libc::siginfo_t>()) };
    // SAFETY: `info` is as large as the kernel reads, and lives through the call.
    let sent = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            process.as_raw_fd(),
            libc::SIGTERM,
            std::ptr::from_ref(&info),
            0,
        )
    };
    if sent == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn set_of(signals: &[libc::c_int]) -> libc::sigset_t {
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigemptyset writes the whole set; sigaddset gets valid signal numbers.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for signal in signals {
            libc::sigaddset(set.as_mut_ptr(), *signal);
        }
        set.assume_init()
    }
}

/// A write to a pipe whose reader is gone becomes an error. Steps get SIGPIPE back at its default.
pub(super) fn ignore_broken_pipes() {
    // SAFETY: no code of ours runs on the signal.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
}

/// The name of a signal, for people: `SIGSEGV`.
pub(super) fn name(signal: i32) -> String {
    const NAMES: [&str; 31] = [
        "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
        "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ",
        "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
    ];
    let index = usize::try_from(signal - 1).unwrap_or(usize::MAX);
    NAMES.get(index).map_or_else(|| format!("signal {signal}"), |name| format!("SIG{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_have_the_names_people_know() {
        assert_eq!(
            [libc::SIGHUP, libc::SIGKILL, libc::SIGSEGV, libc::SIGTERM, libc::SIGSYS].map(name),
            ["SIGHUP", "SIGKILL", "SIGSEGV", "SIGTERM", "SIGSYS"]
        );
        assert_eq!(name(40), "signal 40");
    }
}
