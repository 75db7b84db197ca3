//! Leaving the terminal behind: for the engine, which outlives who started it.

use std::io;

/// Leaves the terminal: a session of its own, deaf to hang-up and Ctrl+C of the terminal it came from. A file that
/// may not grow (`ulimit -f`) is an error to tell of, not a death.
pub fn detach() {
    // Fails only for a group leader, which then has a session or group of its own already.
    let _ = rustix::process::setsid();
    for signal in [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGPIPE, libc::SIGXFSZ] {
        // SAFETY: ignoring a signal installs no handler and cannot fail for these.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
}

/// Closes standard output, so that who waits for its end goes on; what is printed later goes nowhere.
pub fn close_stdout() {
    let open = || -> io::Result<()> {
        let null = std::fs::File::options().write(true).open("/dev/null")?;
        Ok(rustix::stdio::dup2_stdout(&null)?)
    };
    if let Err(error) = open() {
        tracing::warn!(%error, "standard output could not be closed");
    }
}

/// Closes whatever a parent left open, but the three standard streams: what is another's terminal or connection must
/// neither be held open nor be at hand. To be called first of all, before anything is opened.
pub fn close_inherited() {
    // SAFETY: no value of this process owns a descriptor above 2 yet. A kernel without it (before 5.9) says ENOSYS.
    unsafe { libc::close_range(3, libc::c_uint::MAX, 0) };
}
