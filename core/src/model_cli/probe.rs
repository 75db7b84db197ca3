//! Whether a program is installed, and which version of it.

use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::stream::first_line;

/// Most bytes of an answer that are read.
const MOST: u64 = 16 << 10;
const PAUSE: Duration = Duration::from_millis(10);

/// What asking a program came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Probe {
    /// Where it is; `None` where it is not installed.
    pub path: Option<PathBuf>,
    /// The first line that `--version` printed; `None` where it did not answer in time.
    pub version: Option<String>,
}

/// Looks for a program in `search` (the form of `PATH`), and asks it for its version; it gets at most `limit`.
pub fn probe(program: &str, search: &OsStr, limit: Duration) -> Probe {
    let Some(path) = find(program, search) else { return Probe::default() };
    let version = version(&path, search, limit);
    Probe { path: Some(path), version }
}

/// Where a program is, in `search` (the form of `PATH`).
pub fn find(program: &str, search: &OsStr) -> Option<PathBuf> {
    if program.contains('/') {
        return is_program(Path::new(program)).then(|| PathBuf::from(program));
    }
    std::env::split_paths(search).map(|dir| dir.join(program)).find(|path| is_program(path))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

fn version(path: &Path, search: &OsStr, limit: Duration) -> Option<String> {
    let mut command = Command::new(path);
    command.arg("--version").env("PATH", search);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    own_group(&mut command);
    let mut child = command.spawn().ok()?;
    let stdout = child.stdout.take()?;
    let (send, answer) = mpsc::channel();
    // Something it leaves behind may hold the pipe open: nobody waits for this thread.
    thread::spawn(move || {
        let mut text = Vec::new();
        let read = stdout.take(MOST).read_to_end(&mut text);
        drop(send.send(read.map(|_| text)));
    });
    let ended = wait(&mut child, limit);
    end_group(&mut child);
    if !ended {
        return None;
    }
    let text = answer.recv_timeout(limit).ok()?.ok()?;
    Some(first_line(&String::from_utf8_lossy(&text), 80)).filter(|line| !line.is_empty())
}

fn wait(child: &mut Child, limit: Duration) -> bool {
    let start = Instant::now();
    while start.elapsed() < limit {
        match child.try_wait() {
            Ok(None) => thread::sleep(PAUSE),
            Ok(Some(_)) => return true,
            Err(_) => return false,
        }
    }
    false
}

#[cfg(unix)]
fn own_group(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(not(unix))]
fn own_group(_command: &mut Command) {}

/// Ends it with all that it started.
fn end_group(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        // An empty group is no error.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.kill();
    let _ = child.wait();
}
