//! How the engine comes back: started by a wrapper or by the spawner, as any client starts it.

use std::fs;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{PidfdFlags, pidfd_open};

use crate::wrapper::Respawn;

/// Most engines in a row that the spawner brings back although each died within …
const MOST_DEATHS: u32 = 5;
/// … this time of its start.
const SOON: Duration = Duration::from_secs(30);
/// How long an engine may take to die that has closed its end of the spawner's socket.
const DYING: Duration = Duration::from_secs(5);
/// Tells an engine, and so its spawner, how many died like that before it.
const DEATHS: &str = "THREADOS_ENGINE_DEATHS";

/// Starts the engine again where none lives. Failure is no matter of the step: the next client starts it too.
pub(super) fn bring_back(respawn: &Respawn) {
    if let Some(command) = engine(respawn) {
        spawn(command);
    }
}

/// The engine of a spawner, as far as that has to bring it back.
#[derive(Debug, Default)]
pub(super) struct Engine {
    /// Its process: that it is gone, and its lock free, shows here. Its end of a socket may be closed before.
    process: Option<OwnedFd>,
    began: Option<Instant>,
    /// What becomes it again, where it is wanted.
    pub again: Option<Respawn>,
}

impl Engine {
    /// Called by the spawner as it begins: its parent is the engine.
    pub(super) fn of_this_spawner() -> Self {
        let parent = rustix::process::getppid();
        let process = parent.and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
        Self { process, began: Some(Instant::now()), again: None }
    }

    pub(super) fn take(&mut self) -> Self {
        std::mem::take(self)
    }

    /// Starts it again if it is wanted and has died; not for ever where each dies at once.
    pub(super) fn bring_back(&self) {
        let Some(respawn) = self.again.as_ref().filter(|_| self.has_died()) else { return };
        let soon = self.began.is_some_and(|began| began.elapsed() < SOON);
        let before = std::env::var(DEATHS).ok().and_then(|n| n.parse::<u32>().ok()).filter(|_| soon);
        let deaths = before.unwrap_or_default() + u32::from(soon);
        if let Some(mut command) = engine(respawn).filter(|_| deaths <= MOST_DEATHS) {
            command.env(DEATHS, deaths.to_string());
            spawn(command);
        }
    }

    /// Waits for its death; one that only let go of its spawner lives on.
    fn has_died(&self) -> bool {
        let Some(process) = &self.process else { return false };
        let mut fds = [PollFd::new(process, PollFlags::IN)];
        let wait = Timespec::try_from(DYING).ok();
        poll(&mut fds, wait.as_ref()).is_ok_and(|ready| ready > 0)
    }
}

/// Starts it and waits for its word, which it says when its own spawner would bring it back: until then nobody would.
fn spawn(mut command: Command) {
    command.stdout(Stdio::piped());
    for _ in 0..MOST_DEATHS {
        let mut word = String::new();
        let heard = command.spawn().and_then(|mut child| {
            child.stdout.take().map_or(Ok(0), |mut out| out.read_to_string(&mut word))?;
            // Without a word it is dead. With one, it is nobody's child soon.
            if word.is_empty() { child.wait().map(drop) } else { Ok(()) }
        });
        match heard {
            Ok(()) if word.is_empty() => {}
            Ok(()) => return,
            Err(error) => return tracing::warn!(%error, "the engine could not be started again"),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_that_dies_before_its_first_word_is_started_once_more() {
        let dir = tempfile::tempdir().unwrap();
        let tries = dir.path().join("tries");
        let script = "echo x >> \"$0\"; [ $(wc -l < \"$0\") -ge 3 ] && echo ready";
        let argv = ["/bin/sh", "-c", script, tries.to_str().unwrap()].map(str::to_owned).to_vec();
        let engine_lock = dir.path().join("engine.lock");
        bring_back(&Respawn { argv, engine_lock, bells: None, detached: true });
        assert_eq!(fs::read_to_string(tries).unwrap(), "x\nx\nx\n");
    }
}
