//! The helper inside of bubblewrap: starts the step under the name it was called by, and tells how it really ended.
//!
//! bubblewrap knows a file but no `argv[0]`, and turns an end by a signal into an exit code. So it starts this helper,
//! which is our own program: `seqctl inside PROGRAM ARGV0 ARGUMENT…`. Signals meant for the step reach the step alone:
//! everything around it has them blocked.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::{FromRawFd as _, RawFd};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, ExitStatus};

use super::landlock;

/// Where the helper tells the step's wait status, as four bytes of this machine.
const TELL: RawFd = 3;

/// Becomes the helper, and never returns. Call it first thing in `main`, with what follows the hidden word.
pub fn inside_main(arguments: impl IntoIterator<Item = OsString>) -> ! {
    // SAFETY: the wrapper has put a pipe there for us alone. Where somebody calls this by hand there may be none:
    // then writing to it fails, and nothing else of this process uses the number.
    let mut tell = unsafe { File::from_raw_fd(TELL) };
    let code = match start(arguments) {
        Ok(status) => {
            // A wrapper that is gone needs no word.
            drop(tell.write_all(&status.into_raw().to_ne_bytes()));
            status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
        }
        Err(error) => {
            drop(io::stderr().write_all(format!("it could not be started: {error}\n").as_bytes()));
            127
        }
    };
    std::process::exit(code)
}

fn start(arguments: impl IntoIterator<Item = OsString>) -> io::Result<ExitStatus> {
    let mut arguments = arguments.into_iter();
    let (Some(program), Some(name)) = (arguments.next(), arguments.next()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    // What bubblewrap was given to mount is not for the step, and neither is our pipe.
    // SAFETY: sets a flag on descriptors and touches no memory.
    unsafe {
        libc::close_range(TELL.cast_unsigned(), libc::c_uint::MAX, libc::CLOSE_RANGE_CLOEXEC.cast_signed())
    };
    landlock::scope();
    let mut step = Command::new(program);
    step.arg0(name).args(arguments);
    // SAFETY: between fork and exec only the mask of this process is set, by calls that may be made there.
    unsafe { step.pre_exec(unblock_signals) };
    step.spawn()?.wait()
}

/// What is blocked in this helper is not for the step, and the standard library hands the mask on.
fn unblock_signals() -> io::Result<()> {
    let mut none = std::mem::MaybeUninit::uninit();
    // SAFETY: the set is made empty before it is read.
    let code = unsafe {
        libc::sigemptyset(none.as_mut_ptr());
        libc::sigprocmask(libc::SIG_SETMASK, none.as_ptr(), std::ptr::null_mut())
    };
    if code == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
