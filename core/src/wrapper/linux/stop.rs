//! Ending a step from another process: the wrapper is asked, or, where it is dead, done without.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::lease::liveness;
use super::lease::{stop_file, stop_word};
use super::procs::{self, Process};
use super::signals::send_word;
use crate::id::{RunId, StepId};
use crate::wrapper::{Holder, Liveness, StopOutcome, StopRequest, WrapperError};

/// How long a lock may be held without a name: the wrapper is just starting its step.
const NAMING: Duration = Duration::from_secs(2);
/// How long a sweep tries to end what a dead wrapper left.
const SWEEPING: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(2);

/// Asks the wrapper behind a lock to end its step, and returns at once; [`super::wait_free`] tells when nothing of
/// the step is left. No pid is trusted: the lock must be held and the recorded process be the very one.
///
/// # Errors
/// [`WrapperError::File`], [`WrapperError::Unnamed`] for a wrapper that does not get to its start,
/// [`WrapperError::System`] where it may not be signalled.
pub fn stop(lock_file: &Path, request: &StopRequest) -> Result<StopOutcome, WrapperError> {
    let deadline = Instant::now() + NAMING;
    let holder = loop {
        match liveness(lock_file)? {
            Liveness::Live(Some(holder))
                if procs::look(holder.pid).is_some_and(|p| p.started == holder.started) =>
            {
                break holder;
            }
            Liveness::Live(_) if Instant::now() < deadline => thread::sleep(PAUSE),
            Liveness::Live(_) => return Err(WrapperError::Unnamed(lock_file.to_owned())),
            Liveness::Free(_) | Liveness::Absent => return Ok(StopOutcome::NotRunning),
        }
    };
    // On a full disk there is no room for the request: then the signal itself says which attempt is meant.
    let laid = lay_down(lock_file, request);
    let word = laid.is_err().then(|| stop_word(&holder.key, request.kill_now));
    let told = tell(lock_file, &holder, word)?;
    if told == StopOutcome::NotRunning {
        // It ended meanwhile; a request to nobody must not meet a later attempt.
        let _ = fs::remove_file(stop_file(lock_file));
    }
    Ok(told)
}

fn lay_down(lock_file: &Path, request: &StopRequest) -> Result<(), WrapperError> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let path = stop_file(lock_file);
    let mut temporary = path.clone().into_os_string();
    temporary.push(format!(".{}.{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    let text = serde_json::to_vec(request).map_err(WrapperError::json("the stop request"))?;
    fs::write(&temporary, text).and_then(|()| fs::rename(&temporary, &path)).map_err(|e| {
        let _ = fs::remove_file(&temporary);
        WrapperError::file("write", &path)(e)
    })
}

/// Signals the very wrapper that holds a lock.
fn tell(lock_file: &Path, holder: &Holder, word: Option<u64>) -> Result<StopOutcome, WrapperError> {
    let Some(pid) = i32::try_from(holder.pid).ok().and_then(Pid::from_raw) else {
        return Ok(StopOutcome::NotRunning);
    };
    let Ok(fd) = pidfd_open(pid, PidfdFlags::empty()) else { return Ok(StopOutcome::NotRunning) };
    // The descriptor pins one process; only now can it be told whether it is the one.
    let is_holder = matches!(liveness(lock_file)?, Liveness::Live(Some(now)) if now == *holder)
        && procs::look(holder.pid).is_some_and(|p| p.started == holder.started);
    if !is_holder {
        return Ok(StopOutcome::NotRunning);
    }
    let sent = match word {
        Some(word) => send_word(fd.as_fd(), word),
        None => pidfd_send_signal(&fd, Signal::TERM).map_err(Into::into),
    };
    match sent {
        Ok(()) => Ok(StopOutcome::Told),
        Err(e) if e.raw_os_error() == Some(libc::ESRCH) => Ok(StopOutcome::NotRunning),
        Err(e) => Err(WrapperError::system::<io::Error>("cannot signal the wrapper of the step")(e)),
    }
}

/// Ends what a wrapper that died without a record left behind, and removes its lock: the recorded process group,
/// where its leader or the wrapper's session proves it to be that one, and every process that still carries the
/// attempt's `THREADOS_RUN_ID` and `THREADOS_STEP_ID`. Returns how many processes were found. A process that left
/// the session *and* wrote over its environment is not found: only a cgroup or pid namespace could.
///
/// Does nothing where the lock is held or absent.
///
/// # Errors
/// [`WrapperError::File`].
pub fn sweep_orphan(lock_file: &Path) -> Result<usize, WrapperError> {
    let Liveness::Free(_) = liveness(lock_file)? else { return Ok(0) };
    let ended = end_orphan(lock_file)?;
    let _ = fs::remove_file(stop_file(lock_file));
    let _ = fs::remove_file(lock_file);
    Ok(ended)
}

/// As [`sweep_orphan`], but the lock stays for the engine, which tells the log of what it finds there.
///
/// # Errors
/// [`WrapperError::File`].
pub fn end_orphan(lock_file: &Path) -> Result<usize, WrapperError> {
    let Liveness::Free(holder) = liveness(lock_file)? else { return Ok(0) };
    let deadline = Instant::now() + SWEEPING;
    let mut ended = BTreeSet::new();
    loop {
        let left = leftovers(lock_file, holder.as_ref());
        let mine: Vec<&Process> = left.iter().filter(|p| procs::signal(p, Signal::KILL)).collect();
        if mine.is_empty() || Instant::now() > deadline {
            break;
        }
        ended.extend(mine.iter().map(|p| (p.pid, p.started)));
        thread::sleep(PAUSE);
    }
    Ok(ended.len())
}

/// The processes of an attempt: by what its wrapper wrote down, and by their environment.
fn leftovers(lock_file: &Path, holder: Option<&Holder>) -> Vec<Process> {
    let all = procs::all();
    let is = |pid: u32, started: u64| all.iter().any(|p| p.pid == pid && p.started == started);
    let born = holder.map_or(0, |h| h.started);
    // The wrapper was the leader of its session; another process of that pid means another session.
    let session =
        holder.filter(|h| is(h.pid, h.started) || all.iter().all(|p| p.pid != h.pid)).map(|h| h.pid);
    let group = holder.and_then(|h| h.child).filter(|g| is(g.pgid, g.started)).map(|g| g.pgid);
    let marks = marks(lock_file);
    let marked = |p: &Process| marks.iter().flatten().any(|marks| procs::has_env(p.pid, marks));
    let me = process::id();
    all.iter()
        .filter(|p| p.pid != me && !p.zombie && p.started >= born)
        .filter(|p| Some(p.group) == group || Some(p.session) == session || marked(p))
        .copied()
        .collect()
}

/// What the environment of a step's processes holds, and that of its watchdogs' checks. The lock file's own name tells, `<run>.<step>`: its content is
/// not there yet where the wrapper died right after its start.
fn marks(lock_file: &Path) -> Option<[[String; 2]; 2]> {
    let (run, step) = lock_file.file_name()?.to_str()?.split_once('.')?;
    let (run, step) = (RunId::new(run).ok()?, StepId::new(step).ok()?);
    let of = |name: &str| [format!("THREADOS_RUN_ID={run}"), format!("{name}={step}")];
    Some([of("THREADOS_STEP_ID"), of("THREADOS_WATCH_STEP")])
}
