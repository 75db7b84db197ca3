//! The client's side: finds the engine, starts it where there is none, talks to it.

use std::ffi::OsString;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::protocol::{ClientMessage, EngineMessage, Fault};
use crate::id::StepId;
use crate::store::Paths;
use crate::store::paths::PathsError;
use crate::workspace::{ErrorClass, let_hand_finish};
use crate::wrapper::{Standing, call_engine, standing};

/// How long a client tries to reach an engine that comes or goes.
const PATIENCE: Duration = Duration::from_secs(10);

/// So many engines in a row that end without a word are no accident.
const DEATHS: u32 = 8;

/// How long an engine that a wrapper was asked for may take to be there.
const CALL_AGAIN: Duration = Duration::from_millis(500);

/// Pause between tries while another engine ends.
const PAUSE: Duration = Duration::from_millis(10);

/// Where the engine of a project listens.
///
/// # Errors
/// [`PathsError`] where the folder of sockets is not ours.
pub fn socket_path(paths: &Paths) -> Result<PathBuf, PathsError> {
    Ok(paths.ensure_runtime_dir()?.join("engine.sock"))
}

/// The step of this project that this process is in, by the process tree. Where the sandbox of a step hides what tells
/// it, the step is known by its folder, which is mounted, or by the environment. The engine sees the tree and asks
/// neither.
pub fn inside(paths: &Paths) -> Option<StepId> {
    match standing(&paths.wrappers, std::process::id()) {
        Standing::Inside(inside) => Some(inside.holder.key.step_id),
        Standing::Outside { .. } | Standing::Unknown => {
            if std::fs::File::open(&paths.engine_lock).is_ok() {
                return None;
            }
            mounted(paths).or_else(|| {
                given(paths)?;
                StepId::new(&std::env::var("THREADOS_STEP_ID").ok()?).ok()
            })
        }
    }
}

/// A connection to the engine of a project.
#[derive(Debug)]
pub struct Connection {
    write: UnixStream,
    read: BufReader<UnixStream>,
}

impl Connection {
    /// Connects to the engine if one serves the project.
    ///
    /// # Errors
    /// A [`Fault`] where the socket's folder cannot be had.
    pub fn existing(paths: &Paths) -> Result<Option<Self>, Fault> {
        let connect = |path: &PathBuf| UnixStream::connect(path).and_then(Self::over).ok();
        match (sockets(paths).iter().find_map(connect), socket_path(paths)) {
            (Some(connection), _) => Ok(Some(connection)),
            // In a step's sandbox the folder may be out of reach; there the engine is only called for.
            (None, Err(error)) if inside(paths).is_none() => Err(environment(error.to_string())),
            (None, _) => Ok(None),
        }
    }

    /// Connects to the engine and says the first thing; starts it with this command line where there is none. An
    /// engine that took the connection and died before it could be told anything is none.
    ///
    /// # Errors
    /// A [`Fault`] where it cannot be started.
    pub fn open(paths: &Paths, engine: &[String], first: &[&ClientMessage]) -> Result<Self, Fault> {
        if first.iter().any(|message| message.is_judged()) {
            let_hand_finish(paths);
        }
        let start = Instant::now();
        let mut deaths = 0;
        let mut called: Option<Instant> = None;
        loop {
            if let Some(connection) = Self::told(paths, first)? {
                return Ok(connection);
            }
            match inside(paths) {
                Some(_) if called.is_none_or(|at| at.elapsed() > CALL_AGAIN) => {
                    // Where no wrapper listens, an engine may still come by itself.
                    let _ = sockets(paths).iter().filter_map(|socket| socket.parent()).any(call_engine);
                    called = Some(Instant::now());
                }
                Some(_) => {}
                None => deaths += u32::from(start_engine(engine)? == Start::Died),
            }
            if deaths >= DEATHS {
                return Err(environment("the engine ends as soon as it is started".into()));
            }
            if let Some(connection) = Self::told(paths, first)? {
                return Ok(connection);
            }
            if start.elapsed() > PATIENCE {
                return Err(environment("the engine was started, but cannot be reached".into())
                    .hint("`seqctl doctor` looks at what keeps it"));
            }
            // Another engine holds the lock and is just coming or going.
            std::thread::sleep(PAUSE);
        }
    }

    /// A connection to a living engine that has been told this.
    fn told(paths: &Paths, first: &[&ClientMessage]) -> Result<Option<Self>, Fault> {
        let Some(mut connection) = Self::existing(paths)? else { return Ok(None) };
        Ok(first.iter().try_for_each(|message| connection.say(message)).is_ok().then_some(connection))
    }

    fn over(stream: UnixStream) -> io::Result<Self> {
        let mut connection = Self { write: stream.try_clone()?, read: BufReader::new(stream) };
        if let Ok(token) = std::env::var("THREADOS_TOKEN")
            && !token.is_empty()
        {
            connection.say(&ClientMessage::Token { token })?;
        }
        Ok(connection)
    }

    /// Says something.
    ///
    /// # Errors
    /// What the system says; the engine is gone then.
    pub fn say(&mut self, message: &ClientMessage) -> io::Result<()> {
        let mut line = serde_json::to_vec(message)?;
        line.push(b'\n');
        self.write.write_all(&line)
    }

    /// What the engine says next; `None` where it is gone.
    ///
    /// # Errors
    /// What the system says, or a line that is no message.
    pub fn hear(&mut self) -> io::Result<Option<EngineMessage>> {
        let mut line = String::new();
        if self.read.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        Ok(Some(serde_json::from_str(&line)?))
    }

    /// Lets the next [`Connection::hear`] wait no longer than this: it is an error then, of a kind that says so.
    ///
    /// # Errors
    /// What the system says.
    pub fn hear_for(&self, longest: Duration) -> io::Result<()> {
        self.read.get_ref().set_read_timeout(Some(longest))
    }

    /// A second handle to say something while another thread hears.
    ///
    /// # Errors
    /// What the system says.
    pub fn speaker(&self) -> io::Result<Speaker> {
        self.write.try_clone().map(Speaker)
    }
}

/// Where an engine may listen. One that was started elsewhere may be where our own environment does not point to.
fn sockets(paths: &Paths) -> Vec<PathBuf> {
    let noted = std::fs::read(&paths.engine_lock).unwrap_or_default();
    let noted = Some(PathBuf::from(OsString::from_vec(noted))).filter(|path| path.is_absolute());
    let mut all: Vec<PathBuf> =
        [socket_path(paths).ok(), noted, given(paths)].into_iter().flatten().collect();
    all.dedup();
    if all.len() < 2 {
        // In a step's own file system the folder of the sockets is mounted, whatever the environment says.
        let folder = mounts().into_iter().filter(|m| m.file_name() == paths.runtime_dir.file_name());
        all.extend(folder.map(|m| m.join("engine.sock")));
    }
    all
}

/// The step whose folder is mounted by itself, as in a file system of its own.
pub(super) fn mounted(paths: &Paths) -> Option<StepId> {
    mounts().iter().find_map(|mount| {
        let mut names = mount.strip_prefix(&paths.runs).ok()?.iter();
        let (_run, step) = (names.next()?, names.next()?.to_str()?);
        StepId::new(step).ok().filter(|_| names.next().is_none())
    })
}

/// Where something is mounted here, by the kernel's table, which writes blanks as numbers.
fn mounts() -> Vec<PathBuf> {
    let table = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let plain = |place: &str| {
        [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
            .iter()
            .fold(place.to_owned(), |text, (code, blank)| text.replace(code, blank))
    };
    table.lines().filter_map(|line| line.split(' ').nth(4)).map(|place| plain(place).into()).collect()
}

/// The socket a step was given, where the step is one of this project.
fn given(paths: &Paths) -> Option<PathBuf> {
    let root = PathBuf::from(std::env::var_os("THREADOS_ROOT")?).canonicalize().ok()?;
    (root == paths.root).then(|| std::env::var_os("THREADOS_SOCKET"))?.map(PathBuf::from)
}

/// The saying half of a connection.
#[derive(Debug)]
pub struct Speaker(UnixStream);

impl Speaker {
    /// Says something.
    ///
    /// # Errors
    /// What the system says; the engine is gone then.
    pub fn say(&mut self, message: &ClientMessage) -> io::Result<()> {
        let mut line = serde_json::to_vec(message)?;
        line.push(b'\n');
        self.0.write_all(&line)
    }
}

/// What became of an engine that was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    /// It serves, or another one does.
    Served,
    /// It ended without a word.
    Died,
}

/// Starts an engine and waits until it can be reached or says that another one serves the project.
fn start_engine(argv: &[String]) -> Result<Start, Fault> {
    let Some((program, arguments)) = argv.split_first() else {
        return Err(environment("no command line for the engine is known".into()));
    };
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let mut child = child.map_err(|e| environment(format!("cannot start the engine {program}: {e}")))?;
    let mut word = String::new();
    if let Some(mut out) = child.stdout.take() {
        // It closes its standard output as soon as it serves, or ends.
        out.read_to_string(&mut word).map_err(|e| environment(format!("the engine did not start: {e}")))?;
    }
    match word.trim() {
        "ready" => Ok(Start::Served),
        "taken" => {
            drop(child.wait());
            Ok(Start::Served)
        }
        other => {
            drop(child.wait());
            serde_json::from_str::<Fault>(other).map_or(Ok(Start::Died), Err)
        }
    }
}

fn environment(message: String) -> Fault {
    Fault::new(ErrorClass::Environment, "ENGINE", message)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;
    use std::thread;

    use super::*;
    use crate::store::paths::Outside;

    #[test]
    fn an_engine_that_dies_before_it_is_told_anything_is_not_the_end() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join(".threados/state")).unwrap();
        let paths = Paths::with_outside(dir.path(), &Outside::below(dir.path())).unwrap();
        let listener = UnixListener::bind(socket_path(&paths).unwrap()).unwrap();
        let engine = thread::spawn(move || {
            drop(listener.accept().unwrap());
            let (next, _) = listener.accept().unwrap();
            BufReader::new(next).lines().next().unwrap().unwrap()
        });
        // More than a socket takes before somebody reads.
        let first = ClientMessage::Token { token: "x".repeat(1 << 20) };
        let connection = Connection::open(&paths, &["/bin/true".to_owned()], &[&first]);
        assert!(connection.is_ok(), "{connection:?}");
        assert_eq!(engine.join().unwrap(), serde_json::to_string(&first).unwrap());
    }
}
