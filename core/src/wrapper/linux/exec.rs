//! posix_spawn: starts a program without copying this process's page table.
//!
//! Called directly because the standard library hands our signal mask on, and a step must get an empty one: SIGTERM
//! blocked from birth could never end it.

use std::ffi::{CString, OsStr};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;

use rustix::process::Pid;

use crate::wrapper::Job;

/// What is started.
#[derive(Clone, Copy)]
pub(super) struct Program<'a> {
    pub program: &'a Path,
    pub argv: &'a [String],
    /// Its whole environment.
    pub env: &'a [(String, String)],
    pub cwd: &'a Path,
    /// The terminal whose session it leads, instead of the first three descriptors.
    pub terminal: Option<&'a CString>,
}

impl<'a> Program<'a> {
    /// The program of a job.
    pub(super) fn of(job: &'a Job, terminal: Option<&'a CString>) -> Self {
        Self { program: &job.program, argv: &job.argv, env: &job.env, cwd: &job.cwd, terminal }
    }
}

/// Starts a program with these descriptors as 0, 1, 2 and so on, in a process group of its own, every signal
/// at its default and none blocked but `blocked`.
///
/// # Errors
/// What the system says, also of the `chdir` and the `exec` themselves; `InvalidInput` for a NUL byte.
pub(super) fn posix_spawn(
    job: &Program<'_>,
    descriptors: &[OwnedFd],
    blocked: &[libc::c_int],
) -> io::Result<Pid> {
    let program = text(job.program.as_os_str())?;
    let argv = texts(job.argv.iter().map(String::as_str))?;
    let env: Vec<String> = job.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let env = texts(env.iter().map(String::as_str))?;
    let actions = Actions::new(descriptors, job.terminal, &text(job.cwd.as_os_str())?)?;
    let attributes = Attributes::new(blocked, job.terminal.is_some())?;
    let mut pid = 0;
    // SAFETY: every pointer is valid for the call: the program and both lists are NUL-terminated and outlive it,
    // the lists end in null, actions and attributes are initialised.
    check(unsafe {
        libc::posix_spawn(
            &raw mut pid,
            program.as_ptr(),
            &raw const actions.0,
            &raw const attributes.0,
            pointers(&argv).as_ptr(),
            pointers(&env).as_ptr(),
        )
    })?;
    Pid::from_raw(pid).ok_or_else(|| io::Error::other("no pid"))
}

fn check(code: libc::c_int) -> io::Result<()> {
    if code == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(code)) }
}

fn text(text: &OsStr) -> io::Result<CString> {
    CString::new(text.as_bytes()).map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))
}

fn texts<'a>(list: impl Iterator<Item = &'a str>) -> io::Result<Vec<CString>> {
    list.map(|item| text(OsStr::new(item))).collect()
}

/// The list as C wants it; `posix_spawn` writes to none of it, whatever its signature says.
fn pointers(list: &[CString]) -> Vec<*mut libc::c_char> {
    list.iter().map(|item| item.as_ptr().cast_mut()).chain([ptr::null_mut()]).collect()
}

struct Actions(libc::posix_spawn_file_actions_t);

impl Actions {
    fn new(descriptors: &[OwnedFd], terminal: Option<&CString>, cwd: &CString) -> io::Result<Self> {
        let mut raw = MaybeUninit::uninit();
        // SAFETY: initialises what it is given.
        check(unsafe { libc::posix_spawn_file_actions_init(raw.as_mut_ptr()) })?;
        // SAFETY: initialised above; from here on dropped with this value.
        let mut actions = Self(unsafe { raw.assume_init() });
        let taken = if terminal.is_some() { 3 } else { 0 };
        if let Some(terminal) = terminal {
            // The first terminal that the leader of a session opens becomes that of the session.
            // SAFETY: the actions are initialised, and the path is copied.
            check(unsafe {
                libc::posix_spawn_file_actions_addopen(
                    &raw mut actions.0,
                    0,
                    terminal.as_ptr(),
                    libc::O_RDWR,
                    0,
                )
            })?;
            for target in 1..3 {
                // SAFETY: as above; 0 is open by then.
                check(unsafe { libc::posix_spawn_file_actions_adddup2(&raw mut actions.0, 0, target) })?;
            }
        }
        for (fd, target) in descriptors.iter().zip(0..).skip(taken) {
            // SAFETY: the actions are initialised and the descriptor is open until the spawn.
            check(unsafe {
                libc::posix_spawn_file_actions_adddup2(&raw mut actions.0, fd.as_raw_fd(), target)
            })?;
        }
        // SAFETY: as above; the path is copied.
        check(unsafe { libc::posix_spawn_file_actions_addchdir_np(&raw mut actions.0, cwd.as_ptr()) })?;
        Ok(actions)
    }
}

impl Drop for Actions {
    fn drop(&mut self) {
        // SAFETY: initialised, and used no more.
        unsafe { libc::posix_spawn_file_actions_destroy(&raw mut self.0) };
    }
}

/// glibc's number since 2.26, which is musl's too; missing in `libc`.
const POSIX_SPAWN_SETSID: libc::c_int = 0x80;

struct Attributes(libc::posix_spawnattr_t);

impl Attributes {
    fn new(blocked: &[libc::c_int], leads: bool) -> io::Result<Self> {
        let mut raw = MaybeUninit::uninit();
        // Who leads a session leads a group, too.
        let place = if leads { POSIX_SPAWN_SETSID } else { libc::POSIX_SPAWN_SETPGROUP };
        let flags = place | libc::POSIX_SPAWN_SETSIGDEF | libc::POSIX_SPAWN_SETSIGMASK;
        // SAFETY: the attributes are initialised by the first call and only then changed; both sets are written
        // before they are read, and are copied.
        unsafe {
            check(libc::posix_spawnattr_init(raw.as_mut_ptr()))?;
            let mut attributes = Self(raw.assume_init());
            let (mut none, mut all) = (MaybeUninit::uninit(), MaybeUninit::uninit());
            libc::sigemptyset(none.as_mut_ptr());
            for signal in blocked {
                libc::sigaddset(none.as_mut_ptr(), *signal);
            }
            libc::sigfillset(all.as_mut_ptr());
            let this = &raw mut attributes.0;
            check(libc::posix_spawnattr_setsigmask(this, none.as_ptr()))?;
            check(libc::posix_spawnattr_setsigdefault(this, all.as_ptr()))?;
            check(libc::posix_spawnattr_setpgroup(this, 0))?;
            // The flags are small numbers; the C type is a short.
            check(libc::posix_spawnattr_setflags(this, flags as libc::c_short))?;
            Ok(attributes)
        }
    }
}

impl Drop for Attributes {
    fn drop(&mut self) {
        // SAFETY: initialised, and used no more.
        unsafe { libc::posix_spawnattr_destroy(&raw mut self.0) };
    }
}
