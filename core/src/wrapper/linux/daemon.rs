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
