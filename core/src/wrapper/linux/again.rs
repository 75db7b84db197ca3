//! How the engine comes back: started by a wrapper or by the spawner, as any client starts it.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::wrapper::Respawn;

/// Most engines in a row that the spawner brings back although each died within …
const MOST_DEATHS: u32 = 5;
/// … this time of its start.
const SOON: Duration = Duration::from_secs(30);
/// Tells an engine, and so its spawner, how many died like that before it.
const DEATHS: &str = "THREADOS_ENGINE_DEATHS";

/// Starts the engine again where none lives. Failure is no matter of the step: the next client starts it too.
pub(super) fn bring_back(respawn: &Respawn) {
    if let Some(command) = engine(respawn) {
        spawn(command);
    }
}

/// As [`bring_back`], by the spawner of an engine that lived so long; not for ever where each dies at once.
pub(super) fn bring_back_after(respawn: &Respawn, lived: Duration) {
    let soon = lived < SOON;
    let before = std::env::var(DEATHS).ok().and_then(|n| n.parse::<u32>().ok()).filter(|_| soon);
    let deaths = before.unwrap_or_default() + u32::from(soon);
    if let Some(mut command) = engine(respawn).filter(|_| deaths <= MOST_DEATHS) {
        command.env(DEATHS, deaths.to_string());
        spawn(command);
    }
}

fn spawn(mut command: Command) {
    if let Err(error) = command.spawn() {
        tracing::warn!(%error, "the engine could not be started again");
    }
}

/// As [`bring_back`] while the step goes on: the engine becomes a child of our own parent, for whatever is below
/// us is ended with the step.
pub(super) fn bring_back_outside(respawn: &Respawn) {
    let Some(mut command) = engine(respawn) else { return };
    let flags = libc::CLONE_PARENT | libc::SIGCHLD;
    // SAFETY: without a stack of its own and without shared memory this is a fork, and this process has one thread.
    match unsafe { libc::syscall(libc::SYS_clone, libc::c_long::from(flags), 0, 0, 0, 0) } {
        -1 => {
            tracing::warn!(error = %std::io::Error::last_os_error(), "the engine could not be started again")
        }
        0 => {
            let _ = command.exec();
            // SAFETY: ends the copy at once; nothing of the wrapper is to be torn down by it.
            unsafe { libc::_exit(8) }
        }
        _ => {}
    }
}

/// What becomes the engine; `None` where one lives.
fn engine(respawn: &Respawn) -> Option<Command> {
    let free = match fs::File::open(&respawn.engine_lock) {
        Ok(file) => file.try_lock_shared().is_ok(),
        Err(_) => true,
    };
    let (program, arguments) = respawn.argv.split_first().filter(|_| free)?;
    let mut command = Command::new(program);
    command.args(arguments).process_group(0);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Some(command)
}
