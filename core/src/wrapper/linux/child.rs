//! The one place where a step's process is started. What confines a step belongs here.

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::process::Pid;

use super::exec::{Program, posix_spawn};
use super::terminal::Terminal;
use crate::store::regular;
use crate::wrapper::sandbox::{self, Level};
use crate::wrapper::{Job, WrapperError};

/// What a step without a prompt reads.
const NOTHING: &str = "/dev/null";

/// The pipes of one step, made ahead of its job.
pub(super) struct Pipes {
    /// What the wrapper reads, never blocking.
    pub read: [OwnedFd; 2],
    /// What the step writes to.
    pub write: [OwnedFd; 2],
}

impl Pipes {
    /// Makes both.
    ///
    /// # Errors
    /// [`WrapperError::System`].
    pub(super) fn new() -> Result<Self, WrapperError> {
        let pipe = || -> io::Result<(OwnedFd, OwnedFd)> {
            let (read, write) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
            // Not at creation: the step's end must block.
            rustix::fs::fcntl_setfl(&read, rustix::fs::OFlags::NONBLOCK)?;
            Ok((read, write))
        };
        let both = || Ok((pipe()?, pipe()?));
        let (out, err) = both().map_err(WrapperError::system::<io::Error>("cannot make the step's pipes"))?;
        Ok(Self { read: [out.0, err.0], write: [out.1, err.1] })
    }
}

/// The process that was started, and where a helper around the step tells how the step really ended.
pub(super) type Started = (Pid, Option<OwnedFd>);

/// Starts the step in its own process group with three descriptors, the job's environment and nothing else of
/// ours, confined as its plan says. One with a terminal leads a session on it. The error is the reason the step
/// failed, with what to do.
pub(super) fn spawn(job: &Job, write: [OwnedFd; 2], terminal: Option<&Terminal>) -> Result<Started, String> {
    keep_descriptors_private();
    let input = match &job.stdin {
        Some(input) => regular::open(input).map_err(|e| (e, input.as_path())),
        None => File::open(NOTHING).map_err(|e| (e, Path::new(NOTHING))),
    };
    let input = input.map_err(|(e, path)| format!("cannot read its input {}: {e}", path.display()))?;
    let [out, err] = write;
    let mut descriptors = vec![input.into(), out, err];
    let start = |job: &Job, descriptors: &[OwnedFd], blocked: &[libc::c_int]| {
        let program = Program::of(job, terminal.map(Terminal::name));
        posix_spawn(&program, descriptors, blocked).map_err(|e| explain(job, &e))
    };
    let Some(plan) = &job.sandbox else { return Ok((start(job, &descriptors, &[])?, None)) };
    sandbox::prepare(plan)?;
    match plan.level {
        Level::Bubblewrap => {
            // Inside it would only be told by an exit code.
            fs::metadata(&job.program).map_err(|e| explain(job, &e))?;
            let (truth, tell) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)
                .map_err(|e| format!("no pipe for the helper in its sandbox: {e}"))?;
            // The first descriptor after the standard ones: where the helper writes.
            descriptors.push(tell);
            let job = sandbox::wrapped(job, plan, &mut descriptors)?;
            Ok((start(&job, &lifted(&descriptors)?, &MEANT_FOR_THE_STEP)?, Some(truth)))
        }
        Level::Landlock => {
            let job = with_tmp(job, &plan.tmp);
            let path = terminal.map(Terminal::path);
            Ok((sandbox::confined(plan, path.as_deref(), || start(&job, &descriptors, &[]))?, None))
        }
        Level::None => Err("its plan names no level that could hold it".to_owned()),
    }
}

/// The same files under numbers above all that they get in the child, so that none takes the place of another.
fn lifted(descriptors: &[OwnedFd]) -> Result<Vec<OwnedFd>, String> {
    let least = i32::try_from(descriptors.len()).unwrap_or(i32::MAX);
    let lift = |fd: &OwnedFd| rustix::io::fcntl_dupfd_cloexec(fd, least);
    descriptors.iter().map(lift).collect::<Result<_, _>>().map_err(|e| format!("too many open files: {e}"))
}

/// What a step may handle, and what must not end the processes that bubblewrap keeps around it.
const MEANT_FOR_THE_STEP: [libc::c_int; 6] =
    [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGQUIT, libc::SIGUSR1, libc::SIGUSR2];

/// The job with its own folder for temporary files.
fn with_tmp(job: &Job, tmp: &Path) -> Job {
    let mut job = job.clone();
    job.env.retain(|(name, _)| name != "TMPDIR");
    job.env.push(("TMPDIR".to_owned(), tmp.to_string_lossy().into_owned()));
    job
}

/// Marks whatever a parent may have left open close-on-exec, so that a step inherits 0, 1 and 2 only.
fn keep_descriptors_private() {
    let flags = libc::CLOSE_RANGE_CLOEXEC.cast_signed();
    // SAFETY: sets a flag on descriptors and touches no memory. A kernel without it (before 5.11) says ENOSYS, and
    // then all descriptors of ours are close-on-exec from their creation anyway.
    unsafe { libc::close_range(3, libc::c_uint::MAX, flags) };
}

/// Says why a program could not be started: the system's code alone does not tell which path it means.
fn explain(job: &Job, error: &io::Error) -> String {
    let (program, cwd) = (job.program.display(), job.cwd.display());
    match fs::metadata(&job.cwd) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            return format!("working directory {cwd} does not exist: create it or correct the step's cwd");
        }
        Err(e) => return format!("working directory {cwd} cannot be entered: {e}"),
        Ok(meta) if !meta.is_dir() => return format!("working directory {cwd} is not a folder"),
        Ok(_) => {}
    }
    match error.raw_os_error() {
        Some(libc::ENOENT) if job.program.exists() => match interpreter(&job.program) {
            Some(name) => format!("{program} asks for the interpreter {name}, which does not exist"),
            None => format!("{program} needs a loader or library that does not exist"),
        },
        Some(libc::ENOENT) => format!("program {program} does not exist: install it or correct the command"),
        Some(libc::EACCES) => {
            format!("{program} or the folder {cwd} may not be used: permission denied (chmod +x?)")
        }
        Some(libc::ENOEXEC) => {
            format!("{program} is not a program: a script needs a first line like #!/bin/sh")
        }
        Some(libc::EINVAL) => "its arguments or environment hold a NUL byte: remove it".to_owned(),
        Some(libc::E2BIG) => {
            "its arguments and environment are too long: pass large data in a file".to_owned()
        }
        Some(libc::EAGAIN) => "no further process may be started (limit reached): try again later".to_owned(),
        _ => format!("{program} could not be started: {error}"),
    }
}

fn interpreter(program: &Path) -> Option<String> {
    let mut start = [0; 256];
    let read = io::Read::read(&mut File::open(program).ok()?, &mut start).ok()?;
    let line = start[..read].strip_prefix(b"#!")?.split(|b| *b == b'\n').next()?;
    String::from_utf8_lossy(line).split_whitespace().next().map(str::to_owned)
}
