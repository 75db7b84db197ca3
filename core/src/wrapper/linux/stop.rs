//! Ending a step from another process: the wrapper is asked, or, where it is dead, done without.

use std::fs;
use std::path::Path;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::lease::liveness;
use super::procs::{self, Process};
use crate::wrapper::lock::stop_file;
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
    lay_down(lock_file, request)?;
    let told = tell(lock_file, &holder)?;
    if told == StopOutcome::NotRunning {
        // It ended meanwhile; a request to nobody must not meet a later attempt.
        let _ = fs::remove_file(stop_file(lock_file));
    }
    Ok(told)
}

fn lay_down(lock_file: &Path, request: &StopRequest) -> Result<(), WrapperError> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let path = stop_file(lock_file);
    let unique = format!("stop.{}.{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let temporary = lock_file.with_added_extension(unique);
    let text = serde_json::to_vec(request).map_err(WrapperError::json("the stop request"))?;
    fs::write(&temporary, text).and_then(|()| fs::rename(&temporary, &path)).map_err(|e| {
        let _ = fs::remove_file(&temporary);
        WrapperError::file("write", &path)(e)
    })
}

fn tell(lock_file: &Path, holder: &Holder) -> Result<StopOutcome, WrapperError> {
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
    match pidfd_send_signal(&fd, Signal::TERM) {
        Ok(()) => Ok(StopOutcome::Told),
        Err(rustix::io::Errno::SRCH) => Ok(StopOutcome::NotRunning),
        Err(e) => Err(WrapperError::system("cannot signal the wrapper of the step")(e)),
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
    let Liveness::Free(holder) = liveness(lock_file)? else { return Ok(0) };
    let deadline = Instant::now() + SWEEPING;
    let mut ended = std::collections::BTreeSet::new();
    if let Some(holder) = holder {
        loop {
            let left = leftovers(&holder);
            let mine: Vec<&Process> = left.iter().filter(|p| procs::signal(p, Signal::KILL)).collect();
            if mine.is_empty() || Instant::now() > deadline {
                break;
            }
            ended.extend(mine.iter().map(|p| (p.pid, p.started)));
            thread::sleep(PAUSE);
        }
    }
    let _ = fs::remove_file(stop_file(lock_file));
    let _ = fs::remove_file(lock_file);
    Ok(ended.len())
}

fn leftovers(holder: &Holder) -> Vec<Process> {
    let all = procs::all();
    // The wrapper was the leader of its session; another process of that pid means another session.
    let session_is_ours = all.iter().all(|p| p.pid != holder.pid || p.started == holder.started);
    let leader_is_ours = |group: &crate::wrapper::ChildGroup| {
        all.iter().any(|p| p.pid == group.pgid && p.started == group.started)
    };
    let group = holder.child.filter(leader_is_ours).map(|g| g.pgid);
    let marks = [
        format!("THREADOS_RUN_ID={}", holder.key.run_id),
        format!("THREADOS_STEP_ID={}", holder.key.step_id),
    ];
    let me = process::id();
    all.iter()
        .filter(|p| p.pid != me && !p.zombie && p.started >= holder.started)
        .filter(|p| {
            Some(p.group) == group
                || (session_is_ours && p.session == holder.pid)
                || procs::has_env(p.pid, &marks)
        })
        .copied()
        .collect()
}
