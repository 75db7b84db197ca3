//! The process that owns mprocs' terminal: it drains it always, remembers what stands on it, and ends with mprocs.

mod client;
mod list;
mod notes;
mod serve;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::{Duration, Instant};

use chrono::Utc;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

pub use self::client::Denied;
use self::list::List;
use self::notes::Notes;
use self::serve::Keeper;
use super::config::TITLE;
use super::control::{choose, listens};
use super::session::take_lock;
use super::{Files, Layout, MprocsError, PaneMap, SessionState, VERSION, find};
use crate::id::Digest;
use crate::store::{Paths, atomic};
use crate::wrapper::{Terminal, TerminalSize, ended, started};

/// How long mprocs may take to draw its list.
const DRAWS_WITHIN: Duration = Duration::from_secs(30);
/// How much of what mprocs printed an error shows.
const SAID_SHOWN: usize = 400;

/// What a session is opened with.
#[derive(Debug, Clone)]
pub struct Keep {
    /// The project.
    pub paths: Paths,
    /// Its panes.
    pub layout: Layout,
    /// The command line that becomes a pane, without its name.
    pub pane: Vec<String>,
    /// The size of its screen until somebody looks at it.
    pub size: TerminalSize,
    /// Its control port, where one was asked for: 0 is a free one.
    pub port: Option<u16>,
}

/// Opens a session and keeps it until mprocs ends; `ready` is called as soon as it is up, `denied` with whoever is
/// not let in. From `notes` come lines that each tell how all steps in panes stand: a JSON list of [`super::PaneNote`].
///
/// # Errors
/// [`MprocsError`] where it cannot be opened; nothing is left of it then.
pub fn keep(
    asked: &Keep,
    notes: Option<UnixStream>,
    ready: impl FnOnce(&SessionState),
    denied: impl Fn(Denied),
) -> Result<(), MprocsError> {
    let files = Files::of(&asked.paths);
    let Some(lock) = take_lock(&files).map_err(MprocsError::io("lock the session"))? else {
        return Err(MprocsError::Other("another session of this project is up or just opens".into()));
    };
    // What an earlier one left names nothing any more.
    forget(&files);
    let program = find()?;
    let port = asked.port.map(choose).transpose()?;
    let yaml = asked.layout.to_yaml(&asked.pane, &asked.paths.root, port)?;
    write(&files.config, yaml.as_bytes())?;
    let listener = listen(asked, &files)?;
    let terminal = Terminal::open().map_err(system)?;
    terminal.resize(asked.size);
    let argv = ["mprocs".to_owned(), "--config".to_owned(), text(&files.config)];
    let pid = terminal.start(&program, &argv, &environment(), &asked.paths.root).map_err(system)?;
    let list = List::new(&asked.layout);
    let notes = notes.map(Notes::new).transpose().map_err(MprocsError::io("listen to the log"))?;
    let mut keeper = Keeper::new(pid, terminal, listener, asked.size, list, notes);
    let opened = wait_until_drawn(&mut keeper)
        .and_then(|()| wait_for_port(&keeper, port))
        .and_then(|()| note(asked, &files, pid, port, &yaml));
    match opened {
        Ok(state) => {
            ready(&state);
            keeper.serve(&asked.paths.wrappers, &denied);
        }
        Err(error) => {
            keeper.end();
            forget(&files);
            return Err(error);
        }
    }
    forget(&files);
    drop(lock);
    // Who closed it finds nothing of it, and may open the next.
    keeper.tell_closed();
    Ok(())
}

/// The files that say that a session is up.
fn note(
    asked: &Keep,
    files: &Files,
    pid: u32,
    port: Option<u16>,
    yaml: &str,
) -> Result<SessionState, MprocsError> {
    let config_hash = Digest::of([yaml.as_bytes(), &pid.to_le_bytes()]).as_str().to_owned();
    PaneMap::new(config_hash.clone(), &asked.layout).write(&asked.paths)?;
    let state = SessionState {
        pid,
        started: started(pid).unwrap_or_default(),
        keeper: std::process::id(),
        port,
        config_hash,
        started_at: Utc::now(),
        version: VERSION.to_owned(),
        panes: asked.layout.panes().len(),
    };
    let text = serde_json::to_vec_pretty(&state).map_err(MprocsError::io("write the session's state"))?;
    write(&files.state, &text)?;
    Ok(state)
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), MprocsError> {
    atomic::write_unsynced(path, bytes, atomic::PRIVATE).map_err(|e| MprocsError::Other(e.to_string()))
}

fn forget(files: &Files) {
    for file in [&files.state, &files.map, &files.config, &files.socket] {
        // What is not there needs no removal.
        let _ = fs::remove_file(file);
    }
}

fn listen(asked: &Keep, files: &Files) -> Result<UnixListener, MprocsError> {
    let open = || -> std::io::Result<UnixListener> {
        asked.paths.ensure_runtime_dir().map_err(std::io::Error::other)?;
        let listener = UnixListener::bind(&files.socket)?;
        fs::set_permissions(&files.socket, fs::Permissions::from_mode(0o600))?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    };
    open().map_err(MprocsError::io("open the session's socket"))
}

fn system(error: crate::wrapper::WrapperError) -> MprocsError {
    MprocsError::Io { what: "open the session's terminal", source: std::io::Error::other(error) }
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Ours, but for what would have mprocs write a log of its own into the project, and what is of one step alone.
fn environment() -> Vec<(String, String)> {
    let not_passed = ["TERM", "MPROCS_LOG", "MPROCS_LOG_FILE", "THREADOS_TOKEN"];
    let own = std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)));
    let mut all: Vec<_> = own.filter(|(name, _)| !not_passed.contains(&name.as_str())).collect();
    all.push(("TERM".to_owned(), "xterm-256color".to_owned()));
    all.push(("MPROCS_LOG".to_owned(), "off".to_owned()));
    all
}

/// With its port taken, mprocs stays alive and blank; and somebody else may have been faster.
fn wait_for_port(keeper: &Keeper, port: Option<u16>) -> Result<(), MprocsError> {
    let Some(port) = port else { return Ok(()) };
    let start = Instant::now();
    while !listens(keeper.pid(), port) {
        if start.elapsed() > DRAWS_WITHIN {
            return Err(MprocsError::PortTaken(port));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

/// mprocs is up when it has drawn the head of its list: it says nothing else, and its exit codes are wrong.
fn wait_until_drawn(keeper: &mut Keeper) -> Result<(), MprocsError> {
    let start = Instant::now();
    loop {
        let open = keeper.drain();
        let said = keeper.text();
        if said.contains(TITLE) {
            return Ok(());
        }
        let said: String =
            said.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SAID_SHOWN).collect();
        if !open {
            let code = ended(keeper.pid()).unwrap_or(-1);
            return Err(MprocsError::EndedAtOnce { code, said });
        }
        if start.elapsed() > DRAWS_WITHIN {
            return Err(MprocsError::Blank { within: DRAWS_WITHIN, said });
        }
        let mut fds = [PollFd::from_borrowed_fd(keeper.terminal(), PollFlags::IN)];
        let pause = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };
        // Whatever comes of it, the terminal is looked at again.
        let _ = poll(&mut fds, Some(&pause));
    }
}
