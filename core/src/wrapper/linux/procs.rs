//! Processes as `/proc` shows them, and signals that cannot hit the wrong one.

use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::Read;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// One process, as of one look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Process {
    pub pid: u32,
    pub parent: u32,
    pub group: u32,
    pub session: u32,
    /// Start in clock ticks since boot; with the pid it names a process for good.
    pub started: u64,
    /// Dead, waiting for its parent.
    pub zombie: bool,
    /// It runs, or waits for a processor or for the system to be done with it (a disk, memory): it is not asleep.
    pub at_work: bool,
}

/// One process; `None` where there is none of this pid.
pub(super) fn look(pid: u32) -> Option<Process> {
    // One read: the kernel hands out the line at once, and it is far shorter than this.
    let mut line = [0; 1024];
    let read = File::open(format!("/proc/{pid}/stat")).and_then(|mut file| file.read(&mut line)).ok()?;
    parse(pid, &String::from_utf8_lossy(&line[..read]))
}

/// When a process started, in clock ticks since boot; with the pid it names a process for good. `None` where there
/// is none, or only its remains.
pub fn started(pid: u32) -> Option<u64> {
    look(pid).filter(|p| !p.zombie).map(|p| p.started)
}

fn parse(pid: u32, stat: &str) -> Option<Process> {
    // The name in parentheses may hold anything, also `) R 1`.
    let mut fields = stat.get(stat.rfind(')')? + 1..)?.split_ascii_whitespace();
    let state = fields.next()?;
    let mut number = || fields.next()?.parse::<u32>().ok();
    let (parent, group, session) = (number()?, number()?, number()?);
    let started = fields.nth(15)?.parse().ok()?;
    let (zombie, at_work) = (matches!(state, "Z" | "X"), matches!(state, "R" | "D"));
    Some(Process { pid, parent, group, session, started, zombie, at_work })
}

/// Who is not asleep now, or has a child that is not.
pub fn at_work() -> HashSet<u32> {
    all().into_iter().filter(|p| p.at_work).flat_map(|p| [p.pid, p.parent]).collect()
}

/// Every process there is.
pub(super) fn all() -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries.flatten().filter_map(|e| look(e.file_name().to_str()?.parse().ok()?)).collect()
}

/// Everything below `root`, whatever group or session it moved to.
pub(super) fn descendants(root: u32) -> Vec<Process> {
    let mut children: HashMap<u32, Vec<Process>> = HashMap::new();
    for process in all() {
        children.entry(process.parent).or_default().push(process);
    }
    let mut found = Vec::new();
    let mut open = vec![root];
    while let Some(parent) = open.pop() {
        for child in children.remove(&parent).unwrap_or_default() {
            open.push(child.pid);
            found.push(child);
        }
    }
    found
}

/// Whether the environment of a process holds all of these entries (`NAME=value`), as far as we may see it.
pub(super) fn has_env(pid: u32, wanted: &[String]) -> bool {
    let Ok(environ) = fs::read(format!("/proc/{pid}/environ")) else { return false };
    wanted.iter().all(|entry| environ.split(|b| *b == 0).any(|e| e == entry.as_bytes()))
}

/// Signals the very process that was seen; `false` where it may not be signalled. One that is gone counts as
/// signalled.
pub(super) fn signal(process: &Process, signal: Signal) -> bool {
    let Some(pid) = i32::try_from(process.pid).ok().and_then(Pid::from_raw) else { return true };
    let Ok(fd) = pidfd_open(pid, PidfdFlags::empty()) else { return true };
    // The descriptor pins the process; now it can be compared without a race.
    match look(process.pid) {
        Some(now) if now.started == process.started => {
            pidfd_send_signal(&fd, signal) != Err(rustix::io::Errno::PERM)
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_full_of_parentheses_does_not_confuse() {
        let stat = "7 (a) R 1 (b)) S 3 4 5 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 8765 0 0";
        let expected =
            Process { pid: 7, parent: 3, group: 4, session: 5, started: 8765, zombie: false, at_work: false };
        assert_eq!(parse(7, stat), Some(expected));
        assert_eq!(parse(7, "7 (a"), None);
    }

    #[test]
    fn we_find_ourselves_and_our_children() {
        let me = std::process::id();
        let mut child = std::process::Command::new("sleep").arg("60").env("MARK", "here").spawn().unwrap();
        let seen = look(child.id()).unwrap();
        assert_eq!(seen.parent, me);
        assert!(descendants(me).iter().any(|p| (p.pid, p.started) == (seen.pid, seen.started)));
        assert!(signal(&seen, Signal::KILL));
        child.wait().unwrap();
        assert_eq!(look(child.id()), None);
    }

    #[test]
    fn a_process_of_another_start_time_is_not_signalled() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let seen = look(child.id()).unwrap();
        signal(&Process { started: seen.started + 1, ..seen }, Signal::KILL);
        assert!(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
