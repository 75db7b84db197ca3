//! One call of git: nothing of the repository's own runs, it has a time limit, and it can be interrupted.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::store::outer::search_path;

/// Waits for at most this long or until something happened; `true` gives the call up.
pub type Pause<'p> = &'p mut dyn FnMut(Duration) -> bool;

/// Starts git so that it can touch no more than it has to.
pub trait Hold {
    /// Starts the command; it may write below these folders, the first of which is its own.
    ///
    /// # Errors
    /// What the system says.
    fn start(&self, command: &mut Command, writable: &[PathBuf]) -> io::Result<Child>;
}

/// How calls are made.
pub struct Means<'p> {
    /// What is done while git works.
    pub pause: Pause<'p>,
    /// What holds it.
    pub hold: &'p dyn Hold,
}

/// How long a killed git is waited for.
const REAPING: Duration = Duration::from_secs(1);
/// Between two looks at how much was printed.
const LOOK: Duration = Duration::from_millis(50);
/// Longest message of git that is passed on.
const MESSAGE: usize = 300;

/// Why git did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// It could not be started.
    #[error("git cannot be started: {0} (is it installed?)")]
    Start(io::Error),
    /// It refused.
    #[error("git {what} failed: {message}")]
    Failed {
        /// The subcommand.
        what: String,
        /// Its last word.
        message: String,
    },
    /// It took too long.
    #[error("git {what} took longer than {limit_ms} ms")]
    Late {
        /// The subcommand.
        what: String,
        /// The limit.
        limit_ms: u128,
    },
    /// It printed more than was asked for.
    #[error("git {0} printed too much")]
    TooMuch(String),
    /// The call was given up.
    #[error("interrupted")]
    Interrupted,
    /// A file of ours around the call.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl GitError {
    pub(super) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self + '_ {
        |source| Self::File { path: path.to_owned(), source }
    }
}

/// Settings that keep a repository from running anything, and from reaching out.
const QUIET: &[(&str, &str)] = &[
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.untrackedCache", "false"),
    ("core.alternateRefsCommand", "true"),
    ("core.pager", "cat"),
    ("protocol.allow", "never"),
    ("submodule.recurse", "false"),
    ("diff.ignoreSubmodules", "dirty"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("advice.addEmbeddedRepo", "false"),
    ("core.safecrlf", "false"),
];

/// What of our own environment git gets.
const PASSED: &[&str] = &["HOME", "XDG_CONFIG_HOME", "USER", "LOGNAME"];

/// How git is called in one work tree.
pub(super) struct Git<'p> {
    /// Where: the project root or a worktree.
    pub dir: PathBuf,
    /// Where what git prints is kept for a moment.
    pub scratch: PathBuf,
    pub index: Option<PathBuf>,
    pub objects: Option<PathBuf>,
    /// What it may write besides `scratch`.
    pub writable: Vec<PathBuf>,
    pub limit: Duration,
    filters: Vec<String>,
    means: Means<'p>,
    deadline: Instant,
}

impl<'p> Git<'p> {
    /// Calls in `dir` that together take at most `limit`; the filters that are configured there are switched off.
    pub fn new(dir: &Path, scratch: &Path, limit: Duration, means: Means<'p>) -> Result<Self, GitError> {
        fs::create_dir_all(scratch).map_err(GitError::file(scratch))?;
        let mut git = Self {
            dir: dir.to_owned(),
            scratch: scratch.to_owned(),
            index: None,
            objects: None,
            writable: Vec::new(),
            limit,
            filters: Vec::new(),
            means,
            deadline: Instant::now() + limit,
        };
        // Exit code 1 is: there are none.
        let (_, listed) =
            git.any(&["config", "--null", "--name-only", "--get-regexp", r"^filter\."], None)?;
        let keys = listed.split(|b| *b == 0).filter(|key| !key.is_empty());
        let mut names: Vec<String> = keys
            .filter_map(|key| {
                let key = String::from_utf8_lossy(key).into_owned();
                Some(key.rsplit_once('.')?.0.to_owned())
            })
            .collect();
        names.dedup();
        git.filters = names;
        Ok(git)
    }

    /// Gives the means back, for other calls.
    pub fn into_means(self) -> Means<'p> {
        self.means
    }

    /// Runs git, and gives what it printed.
    ///
    /// # Errors
    /// [`GitError`], also for an exit code other than 0.
    pub fn run(&mut self, args: &[&str], input: Option<&[u8]>) -> Result<Vec<u8>, GitError> {
        let (status, out) = self.any(args, input)?;
        if status.success() { Ok(out) } else { Err(self.failed(args)) }
    }

    /// Runs git, and gives what it printed as one line of text.
    pub fn line(&mut self, args: &[&str]) -> Result<String, GitError> {
        let out = self.run(args, None)?;
        Ok(String::from_utf8_lossy(&out).trim_end().to_owned())
    }

    /// Runs git whatever its exit code.
    pub fn any(&mut self, args: &[&str], input: Option<&[u8]>) -> Result<(ExitStatus, Vec<u8>), GitError> {
        let out = self.scratch.join("out");
        let status = self.print_to(args, input, &out, u64::MAX)?;
        let bytes = fs::read(&out).map_err(GitError::file(&out))?;
        Ok((status, bytes))
    }

    /// Runs git with its output in a file, at most about `max` bytes of it.
    pub fn print_to(
        &mut self,
        args: &[&str],
        input: Option<&[u8]>,
        out: &Path,
        max: u64,
    ) -> Result<ExitStatus, GitError> {
        let mut command = Command::new("git");
        command.args(args).current_dir(&self.dir).env_clear().envs(self.environment());
        command.stdin(self.input(input)?);
        command.stdout(File::create(out).map_err(GitError::file(out))?);
        let errors = self.scratch.join("err");
        command.stderr(File::create(&errors).map_err(GitError::file(&errors))?);
        let writable = [vec![self.scratch.clone()], self.writable.clone()].concat();
        let mut child = self.means.hold.start(&mut command, &writable).map_err(GitError::Start)?;
        match self.wait(&mut child, args[0], out, max) {
            Ok(status) => Ok(status),
            Err(error) => {
                reap(&mut child);
                Err(error)
            }
        }
    }

    fn wait(&mut self, child: &mut Child, what: &str, out: &Path, max: u64) -> Result<ExitStatus, GitError> {
        loop {
            if let Some(status) = child.try_wait().map_err(GitError::Start)? {
                return Ok(status);
            }
            let left = self.deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(GitError::Late { what: what.to_owned(), limit_ms: self.limit.as_millis() });
            }
            if fs::metadata(out).is_ok_and(|m| m.len() > max) {
                return Err(GitError::TooMuch(what.to_owned()));
            }
            if (self.means.pause)(left.min(LOOK)) {
                return Err(GitError::Interrupted);
            }
        }
    }

    /// Waits a little, where there is time left.
    pub fn rest(&mut self, what: &str, time: Duration) -> Result<(), GitError> {
        let until = Instant::now() + time;
        loop {
            let now = Instant::now();
            if now >= self.deadline {
                return Err(GitError::Late { what: what.to_owned(), limit_ms: self.limit.as_millis() });
            }
            if now >= until {
                return Ok(());
            }
            if (self.means.pause)(until - now) {
                return Err(GitError::Interrupted);
            }
        }
    }

    fn input(&self, input: Option<&[u8]>) -> Result<Stdio, GitError> {
        let Some(bytes) = input else { return Ok(Stdio::null()) };
        let path = self.scratch.join("in");
        let written = File::create(&path).and_then(|mut file| file.write_all(bytes));
        written.and_then(|()| File::open(&path)).map(Stdio::from).map_err(GitError::file(&path))
    }

    /// What git said last.
    pub fn failed(&self, args: &[&str]) -> GitError {
        let text = fs::read(self.scratch.join("err")).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let line = text.lines().rev().find(|l| !l.trim().is_empty()).unwrap_or("no reason given");
        let message = line.trim_start_matches("fatal: ").chars().filter(|c| !c.is_control()).take(MESSAGE);
        GitError::Failed { what: args[0].to_owned(), message: message.collect() }
    }

    fn environment(&self) -> Vec<(OsString, OsString)> {
        let mut env: Vec<(OsString, OsString)> =
            PASSED.iter().filter_map(|name| Some(((*name).into(), std::env::var_os(name)?))).collect();
        let mut set = |name: &str, value: OsString| env.push((name.into(), value));
        for (name, value) in [
            ("LC_ALL", "C"),
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_LITERAL_PATHSPECS", "0"),
        ] {
            set(name, value.into());
        }
        set("PATH", search_path());
        set("TMPDIR", self.scratch.clone().into());
        if let Some(index) = &self.index {
            set("GIT_INDEX_FILE", index.into());
        }
        if let Some(objects) = &self.objects {
            set("GIT_OBJECT_DIRECTORY", objects.into());
        }
        let quiet = QUIET.iter().map(|(key, value)| ((*key).to_owned(), *value));
        let filters = self.filters.iter().flat_map(|name| {
            [("clean", ""), ("smudge", ""), ("process", ""), ("required", "false")]
                .map(|(key, value)| (format!("{name}.{key}"), value))
        });
        let mut count = 0;
        for (key, value) in quiet.chain(filters) {
            set(&format!("GIT_CONFIG_KEY_{count}"), key.into());
            set(&format!("GIT_CONFIG_VALUE_{count}"), value.into());
            count += 1;
        }
        set("GIT_CONFIG_COUNT", count.to_string().into());
        env
    }
}

fn reap(child: &mut Child) {
    // One that has ended meanwhile is no error.
    let _ = child.kill();
    let deadline = Instant::now() + REAPING;
    while matches!(child.try_wait(), Ok(None)) && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(1));
    }
}
