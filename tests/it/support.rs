//! A project in a temporary folder, and `seqctl` to work on it.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use threados_tests::kernel::WITHOUT_LANDLOCK;

use crate::watch::Watch;

/// How long a test waits for something that has to happen.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Names the file an instrumented process writes its profile to.
const PROFILE: &str = "LLVM_PROFILE_FILE";

/// A project of its own: own HOME, own sockets, own state; gone with the test, its processes too.
pub struct Project {
    dir: TempDir,
    _watch: Watch,
    /// Where programs are looked for.
    path: String,
    /// Further variables of the environment.
    vars: Vec<(String, String)>,
    /// The program under test.
    seqctl: PathBuf,
}

/// What a command line came to.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The one JSON object on standard output.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("no single JSON object: {e}\n{self:#?}"))
    }
}

impl Project {
    /// A folder that is no project yet.
    pub fn empty() -> Self {
        let dir = tempfile::Builder::new().prefix("tos").tempdir().unwrap();
        for folder in ["home", "run", "ours", "p"] {
            fs::create_dir(dir.path().join(folder)).unwrap();
        }
        let seqctl = PathBuf::from(env!("CARGO_BIN_EXE_seqctl-under-test"));
        std::os::unix::fs::symlink(&seqctl, dir.path().join("ours/seqctl")).unwrap();
        let path = format!("/usr/local/bin:/usr/bin:/bin:{}", dir.path().join("ours").display());
        let watch = Watch::over(dir.path());
        Self { dir, _watch: watch, path, vars: Vec::new(), seqctl }
    }

    /// Lets every user run `seqctl`, also where the folder that it was built in is shut to others.
    pub fn open_to_others(&mut self) {
        use std::os::unix::fs::PermissionsExt as _;
        let is_shut = |place: &Path| place.metadata().unwrap().permissions().mode() & 0o005 != 0o005;
        if self.seqctl.ancestors().any(is_shut) {
            let own = self.dir.path().join("ours/seqctl");
            fs::remove_file(&own).unwrap();
            fs::copy(&self.seqctl, &own).unwrap();
            self.seqctl = own;
        }
    }

    /// A project whose policy lists the programs that tests use.
    pub fn new() -> Self {
        let project = Self::empty();
        project.ok("init");
        for program in ["sh", "true", "false", "sleep", "cat", "echo"] {
            project.ok(&format!("policy allow {program}"));
        }
        project
    }

    /// Makes a folder beside the project the first in which programs are looked for.
    pub fn add_to_path(&mut self, name: &str) -> PathBuf {
        let folder = self.dir.path().join(name);
        fs::create_dir_all(&folder).unwrap();
        self.path = format!("{}:{}", folder.display(), self.path);
        folder
    }

    /// Sets a variable where `seqctl` is started.
    pub fn export(&mut self, name: &str, value: &str) {
        self.vars.push((name.to_owned(), value.to_owned()));
    }

    /// The project root.
    pub fn root(&self) -> PathBuf {
        self.dir.path().join("p")
    }

    /// A file below `.threados`.
    pub fn path(&self, file: &str) -> PathBuf {
        self.root().join(".threados").join(file)
    }

    /// The text of a file below `.threados`.
    #[track_caller]
    pub fn read(&self, file: &str) -> String {
        let path = self.path(file);
        fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
    }

    /// Writes a file below the root, as a hand would.
    #[track_caller]
    pub fn write(&self, file: &str, text: &str) {
        let path = self.root().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// `seqctl` with these words, not yet started.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.seqctl);
        command
            .args(args)
            .current_dir(self.root())
            .env_clear()
            .env("PATH", &self.path)
            .env("HOME", self.dir.path().join("home"))
            .env("XDG_RUNTIME_DIR", self.dir.path().join("run"))
            .env("XDG_STATE_HOME", self.dir.path().join("home/state"))
            // Landlock, unless the tests are started with a bubblewrap to run them all in, or without anything.
            .env("THREADOS_BWRAP_PATH", std::env::var_os("THREADOS_BWRAP_PATH").unwrap_or_default())
            .env(WITHOUT_LANDLOCK, std::env::var_os(WITHOUT_LANDLOCK).unwrap_or_default())
            .envs(profile())
            .envs(self.vars.clone())
            .stdin(Stdio::null());
        command
    }

    /// Runs a command line to its end.
    #[track_caller]
    pub fn run(&self, line: &str) -> Ran {
        let words = shlex::split(line).unwrap();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        Ran::of(self.command(&words).output().unwrap())
    }

    /// Runs a command line that has to succeed, and gives its standard output.
    #[track_caller]
    pub fn ok(&self, line: &str) -> String {
        let ran = self.run(line);
        assert_eq!(ran.code, 0, "seqctl {line}\n{ran:#?}");
        ran.stdout
    }

    /// Runs a command line that has to end with this exit code.
    #[track_caller]
    pub fn exits(&self, code: i32, line: &str) -> Ran {
        let ran = self.run(line);
        assert_eq!(ran.code, code, "seqctl {line}\n{ran:#?}");
        ran
    }

    /// Runs a command line with `--json`, whatever its exit code.
    #[track_caller]
    pub fn json(&self, line: &str) -> Value {
        let (before, after) = match line.split_once(" -- ") {
            Some((before, after)) => (before, format!(" -- {after}")),
            None => (line, String::new()),
        };
        self.run(&format!("{before} --json{after}")).json()
    }

    /// Starts a command line and goes on.
    pub fn start(&self, line: &str) -> Child {
        let words = shlex::split(line).unwrap();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.command(&words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// The status word of a step or gate.
    #[track_caller]
    pub fn status(&self, id: &str) -> String {
        let all = self.json("status");
        let find = |list: &str| {
            let found = all[list].as_array()?.iter().find(|n| n["id"] == id)?;
            found["status"].as_str().map(str::to_owned)
        };
        find("steps").or_else(|| find("gates")).unwrap_or_else(|| panic!("no step or gate {id} in {all:#}"))
    }

    /// The reason of a step or gate; empty where it has none.
    #[track_caller]
    pub fn reason(&self, id: &str) -> String {
        let all = self.json("status");
        let both =
            ["steps", "gates"].iter().flat_map(|l| all[*l].as_array().unwrap().clone()).collect::<Vec<_>>();
        let found = both.iter().find(|n| n["id"] == id).unwrap_or_else(|| panic!("no {id} in {all:#}"));
        found["reason"].as_str().unwrap_or_default().to_owned()
    }

    /// Waits until a step or gate has this status.
    #[track_caller]
    pub fn wait_for(&self, id: &str, status: &str) {
        wait(&format!("{id} to be {status}"), || self.status(id) == status);
    }

    /// The entries of the log, in order. One that is just being written is not there yet.
    pub fn log(&self) -> Vec<Value> {
        objects(&self.path("audit.log"))
    }

    /// The entries of one action.
    pub fn entries(&self, action: &str) -> Vec<Value> {
        self.log().into_iter().filter(|e| e["action"] == action).collect()
    }

    /// The processes that belong to this project: they carry its root in their environment or command line.
    pub fn processes(&self) -> Vec<u32> {
        belonging(self.dir.path())
    }

    /// The process of the engine, where one serves the project.
    pub fn engine(&self) -> Option<u32> {
        self.processes().into_iter().find(|pid| {
            let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            line.split(|b| *b == 0).nth(1) == Some(b"engine")
        })
    }

    /// The wrappers that live, by step.
    pub fn wrapper(&self, step: &str) -> Option<u32> {
        let locks = fs::read_dir(self.path("state/wrappers")).ok()?.flatten();
        let lock =
            locks.into_iter().find(|l| l.file_name().to_string_lossy().ends_with(&format!(".{step}")))?;
        let holder: Value = serde_json::from_slice(&fs::read(lock.path()).ok()?).ok()?;
        holder["pid"].as_u64().and_then(|pid| u32::try_from(pid).ok())
    }

    /// The wrapper of a step that runs, once it has named itself: a step is `RUNNING` a moment before.
    pub fn named_wrapper(&self, step: &str) -> u32 {
        wait("the wrapper to name itself", || self.wrapper(step).is_some());
        self.wrapper(step).unwrap()
    }
}

/// Where a run of the tests for coverage wants the profiles of our own processes; nothing in every other run. They
/// are thousands, so they add to a few files beside the one of the tests.
fn profile() -> Option<(&'static str, PathBuf)> {
    let tests = PathBuf::from(std::env::var_os(PROFILE)?);
    Some((PROFILE, tests.with_file_name("product-%4m.profraw")))
}

/// A process that is killed leaves no profile: under coverage, what ends by itself is waited for.
fn let_end(p: &Project) {
    let until = Instant::now() + Duration::from_secs(2);
    while std::env::var_os(PROFILE).is_some() && !p.processes().is_empty() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(10));
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let_end(self);
        for _ in 0..50 {
            let pids = self.processes();
            if pids.is_empty() {
                return;
            }
            for pid in pids {
                kill(pid, "KILL");
            }
        }
    }
}

/// The processes that carry a folder in their environment or command line.
pub fn belonging(folder: &Path) -> Vec<u32> {
    let mark = folder.to_string_lossy();
    let own = std::process::id();
    let pids = fs::read_dir("/proc").unwrap().flatten().filter_map(|e| e.file_name().to_str()?.parse().ok());
    pids.filter(|pid| *pid != own && belongs(*pid, &mark)).collect()
}

fn belongs(pid: u32, mark: &str) -> bool {
    let has = |file: &str| {
        let bytes = fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
        bytes.windows(mark.len()).any(|w| w == mark.as_bytes())
    };
    has("environ") || has("cmdline")
}

/// The JSON objects of a file, one a line. A last line without its end is still being written: of what another process
/// appends, a reader may see a part.
pub fn objects(file: &Path) -> Vec<Value> {
    let bytes = fs::read(file).unwrap_or_default();
    let whole = bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n"));
    whole.map(|line| serde_json::from_slice(line).unwrap()).collect()
}

/// Sends a signal, as `kill -NAME` does.
pub fn kill(pid: u32, signal: &str) {
    let sent =
        Command::new("kill").args([&format!("-{signal}"), &pid.to_string()]).stderr(Stdio::null()).status();
    drop(sent);
}

/// Whether a process lives (a zombie does not).
pub fn lives(pid: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}

/// Waits for something that has to happen; a test that waits in vain says for what.
#[track_caller]
pub fn wait(what: &str, happened: impl FnMut() -> bool) {
    wait_at_most(PATIENCE, what, happened);
}

/// As [`wait`], for what takes longer by itself.
#[track_caller]
pub fn wait_at_most(patience: Duration, what: &str, mut happened: impl FnMut() -> bool) {
    let start = Instant::now();
    while !happened() {
        assert!(start.elapsed() < patience, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Holds a promise of time to the best of a few tries: others on the machine may hold up any one of them.
#[track_caller]
pub fn within(limit: Duration, take: impl FnMut() -> Duration) {
    let mut shortest = Duration::MAX;
    let mut tries = std::iter::repeat_with(take).take(5).inspect(|took| shortest = shortest.min(*took));
    let kept = tries.any(|took| took < limit);
    drop(tries);
    assert!(kept, "it took {shortest:?} at best, not {limit:?}");
}

/// Ends a child and gives what it printed.
pub fn finish(child: Child) -> Ran {
    Ran::of(child.wait_with_output().unwrap())
}

/// A file in a folder, with this text, executable.
pub fn script(folder: &Path, name: &str, text: &str) -> PathBuf {
    use std::os::unix::fs::PermissionsExt as _;
    let path = folder.join(name);
    let mut file = fs::File::create(&path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}
