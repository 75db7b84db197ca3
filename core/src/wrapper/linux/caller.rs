//! Which step a process belongs to, whatever its environment says: it stands below that step's wrapper.
//!
//! A wrapper is a subreaper, so no double fork, `setsid` or lost parent takes a process out from under it.

use std::fs;
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::lease::liveness;
use super::procs::{self, Process};
use crate::id::StepId;
use crate::wrapper::{Holder, Inside, Liveness, Standing};

/// How often a tree that changes while it is looked at is looked at anew.
const TRIES: u32 = 100;
/// How long a wrapper that runs its step already may take to say so in its lock file.
const NAMING: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_millis(1);

/// Where a process stands, by the locks in `wrappers` (`state/wrappers` of a project).
pub fn standing(wrappers: &Path, pid: u32) -> Standing {
    let Some(chain) = ancestors(pid) else { return Standing::Unknown };
    let mut found: Option<(usize, Inside)> = None;
    for inside in named(wrappers, &chain) {
        let place = chain.iter().position(|p| is(p, &inside.holder)).unwrap_or(usize::MAX);
        if found.as_ref().is_none_or(|(nearest, _)| place < *nearest) {
            found = Some((place, inside));
        }
    }
    match found {
        Some((_, inside)) => Standing::Inside(Box::new(inside)),
        None => Standing::Outside { above: chain.iter().map(|p| p.pid).collect() },
    }
}

/// The process at the other end of a socket, pinned so that no later one of its number is taken for it.
#[derive(Debug)]
pub struct Peer {
    pid: u32,
    pin: OwnedFd,
}

impl Peer {
    /// Who connected this socket; `None` where that process is gone already, or cannot be seen from here.
    pub fn of(socket: BorrowedFd<'_>) -> Option<Self> {
        // The pid is 0 where the process is in a namespace that cannot be seen from here.
        let pid = u32::try_from(credentials(socket)?.pid).ok().filter(|pid| *pid > 0)?;
        // Older kernels do not hand out a pin: then it is made now, an instant after the connection.
        let pin = peer_pidfd(socket)
            .or_else(|| pidfd_open(Pid::from_raw(pid.cast_signed())?, PidfdFlags::empty()).ok())?;
        Some(Self { pid, pin })
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Where it stands. One that ended while it was looked at is [`Standing::Unknown`].
    pub fn standing(&self, wrappers: &Path) -> Standing {
        let standing = standing(wrappers, self.pid);
        if self.lives() { standing } else { Standing::Unknown }
    }

    fn lives(&self) -> bool {
        let mut fds = [PollFd::new(&self.pin, PollFlags::IN)];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        matches!(poll(&mut fds, Some(&now)), Ok(0))
    }
}

/// The user whose process connected this socket.
pub fn peer_user(socket: BorrowedFd<'_>) -> Option<u32> {
    credentials(socket).map(|peer| peer.uid)
}

/// `SO_PEERCRED`: who connected, as the kernel noted it then.
fn credentials(socket: BorrowedFd<'_>) -> Option<libc::ucred> {
    // SAFETY: three numbers, for which zero is a value.
    let mut found: libc::ucred = unsafe { std::mem::zeroed() };
    // SAFETY: the option writes one `ucred`.
    unsafe { option(socket, libc::SO_PEERCRED, &mut found) }.then_some(found)
}

/// `SO_PEERPIDFD` (Linux 6.5): a descriptor of the very process that connected.
fn peer_pidfd(socket: BorrowedFd<'_>) -> Option<OwnedFd> {
    const SO_PEERPIDFD: libc::c_int = 77;
    if cfg!(not(any(target_arch = "x86_64", target_arch = "aarch64"))) {
        return None;
    }
    let mut fd: libc::c_int = -1;
    // SAFETY: the option writes one descriptor.
    let known = unsafe { option(socket, SO_PEERPIDFD, &mut fd) };
    // SAFETY: the descriptor was just made for us and is owned by nobody else.
    (known && fd >= 0).then(|| unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Reads an option of a socket; whether it is known here.
///
/// # Safety
/// The option must be one that writes a value of this very type.
unsafe fn option<T>(socket: BorrowedFd<'_>, name: libc::c_int, value: &mut T) -> bool {
    let Ok(mut size) = libc::socklen_t::try_from(size_of::<T>()) else { return false };
    let value = std::ptr::from_mut(value).cast();
    // SAFETY: the value is valid for writes of the size that is given.
    let code = unsafe { libc::getsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, name, value, &raw mut size) };
    code == 0
}

/// The processes above one, the nearest first. A link counts only if it stood while its upper end was looked at.
fn ancestors(pid: u32) -> Option<Vec<Process>> {
    'anew: for _ in 0..TRIES {
        let mut chain = Vec::new();
        let mut child = procs::look(pid)?;
        while child.parent != 0 {
            let parent = procs::look(child.parent);
            let now = procs::look(child.pid);
            if now.is_none_or(|now| now.started != child.started || now.parent != child.parent) {
                continue 'anew;
            }
            // A parent that is there and cannot be seen is another user's: none of ours is above it.
            let Some(parent) = parent else { break };
            chain.push(parent);
            child = parent;
        }
        return Some(chain);
    }
    None
}

fn is(process: &Process, holder: &Holder) -> bool {
    process.pid == holder.pid && process.started == holder.started
}

/// The steps whose wrappers are in the chain. A lock that nobody has put a name on yet may be of one of them.
fn named(wrappers: &Path, chain: &[Process]) -> Vec<Inside> {
    let deadline = Instant::now() + NAMING;
    let mut locks = locks(wrappers);
    loop {
        let mut found = Vec::new();
        locks.retain(|lock_file| {
            let text = fs::read(lock_file).unwrap_or_default();
            let holder = serde_json::from_slice::<Holder>(&text).ok();
            // It may have got its name since it was read: then it is read again.
            let Some(holder) = holder else { return matches!(liveness(lock_file), Ok(Liveness::Live(_))) };
            let meant = chain.iter().any(|p| is(p, &holder));
            if meant && matches!(liveness(lock_file), Ok(Liveness::Live(Some(now))) if now == holder) {
                found.push(Inside { holder, lock_file: lock_file.clone() });
            }
            false
        });
        if !found.is_empty() || locks.is_empty() || Instant::now() > deadline {
            return found;
        }
        thread::sleep(PAUSE);
    }
}

/// The lock files, `<run>.<step>`; requests to wrappers lie beside them and have another dot.
fn locks(wrappers: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(wrappers) else { return Vec::new() };
    let is_lock = |path: &PathBuf| {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        name.split_once('.').is_some_and(|(_, step)| StepId::new(step).is_ok())
    };
    entries.flatten().map(|e| e.path()).filter(is_lock).collect()
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd as _;
    use std::os::unix::net::UnixStream;
    use std::process::Command;

    use super::*;
    use crate::id::RunId;
    use crate::wrapper::AttemptKey;

    /// A held lock that names a process as the wrapper of step `lead`.
    fn held(folder: &Path, pid: u32, started: u64) -> fs::File {
        let run_id = RunId::new("20261122T204355Z-7f3a").unwrap();
        let key = AttemptKey { run_id, step_id: "lead".parse().unwrap(), attempt: 1 };
        let holder = Holder { key, step_dir: folder.into(), pid, started, child: None };
        let path = folder.join("20261122T204355Z-7f3a.lead");
        fs::write(&path, serde_json::to_vec(&holder).unwrap()).unwrap();
        let file = fs::File::open(path).unwrap();
        file.lock().unwrap();
        file
    }

    fn step(standing: &Standing) -> Option<&str> {
        match standing {
            Standing::Inside(inside) => Some(inside.holder.key.step_id.as_str()),
            _ => None,
        }
    }

    #[test]
    fn a_process_belongs_to_the_step_whose_wrapper_is_above_it() {
        let dir = tempfile::tempdir().unwrap();
        let me = procs::look(std::process::id()).unwrap();
        let lock = held(dir.path(), me.pid, me.started);
        let mut below = Command::new("sh").args(["-c", "sleep 60 & wait"]).spawn().unwrap();
        assert_eq!(step(&standing(dir.path(), below.id())), Some("lead"));
        assert!(matches!(standing(dir.path(), me.pid), Standing::Outside { .. }), "it is not below itself");
        // Closing alone would leave it with a child that another test has just forked.
        lock.unlock().unwrap();
        assert!(
            matches!(standing(dir.path(), below.id()), Standing::Outside { .. }),
            "nobody holds the lock"
        );
        below.kill().unwrap();
        below.wait().unwrap();
    }

    #[test]
    fn a_lock_that_gets_its_name_while_it_is_looked_at_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let me = procs::look(std::process::id()).unwrap();
        let lock = held(dir.path(), me.pid, me.started);
        let path = dir.path().join("20261122T204355Z-7f3a.lead");
        let name = fs::read(&path).unwrap();
        let mut below = Command::new("sleep").arg("60").spawn().unwrap();
        for moment in 0..2000 {
            fs::write(&path, "").unwrap();
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    (0..moment * 10).for_each(|_| std::hint::spin_loop());
                    fs::write(&path, &name).unwrap();
                });
                assert_eq!(step(&standing(dir.path(), below.id())), Some("lead"), "{moment}");
            });
        }
        below.kill().unwrap();
        below.wait().unwrap();
        drop(lock);
    }

    #[test]
    fn another_process_of_the_wrappers_number_is_not_the_wrapper() {
        let dir = tempfile::tempdir().unwrap();
        let me = procs::look(std::process::id()).unwrap();
        let _lock = held(dir.path(), me.pid, me.started + 1);
        let mut below = Command::new("sleep").arg("60").spawn().unwrap();
        assert!(matches!(standing(dir.path(), below.id()), Standing::Outside { .. }));
        below.kill().unwrap();
        below.wait().unwrap();
        assert_eq!(standing(dir.path(), below.id()), Standing::Unknown, "it is gone");
    }

    #[test]
    fn the_peer_of_a_socket_is_the_process_that_connected() {
        let dir = tempfile::tempdir().unwrap();
        let (ours, _theirs) = UnixStream::pair().unwrap();
        let peer = Peer::of(ours.as_fd()).unwrap();
        assert_eq!(peer.pid, std::process::id());
        assert!(matches!(peer.standing(dir.path()), Standing::Outside { above } if !above.is_empty()));
    }
}
