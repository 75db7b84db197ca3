use std::io::BufRead as _;
use std::process::Stdio;

use super::*;

const SHORT: Duration = Duration::from_millis(30);
const LONG: Duration = Duration::from_secs(20);

fn place() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state/lock");
    (dir, path)
}

#[test]
fn one_holder_at_a_time_and_the_folder_is_made() {
    let (_dir, path) = place();
    let guard = ProjectLock::acquire(&path, SHORT).unwrap();
    assert!(ProjectLock::try_acquire(&path).unwrap().is_none());
    drop(guard);
    assert!(ProjectLock::try_acquire(&path).unwrap().is_some());
}

#[test]
fn a_timeout_says_how_long_and_who() {
    let (_dir, path) = place();
    let _guard = ProjectLock::acquire(&path, SHORT).unwrap();
    let error = ProjectLock::acquire(&path, SHORT).unwrap_err();
    let LockError::Timeout { waited, holder, .. } = &error else { panic!("{error}") };
    assert!(*waited >= SHORT);
    if cfg!(target_os = "linux") {
        assert_eq!(*holder, Some(std::process::id()), "{error}");
    }
}

/// The kernel gives its table in pieces, and a lock that goes moves all after it.
#[cfg(target_os = "linux")]
#[test]
fn the_holder_is_found_however_many_locks_come_and_go() {
    let (_dir, path) = place();
    let _guard = ProjectLock::acquire(&path, SHORT).unwrap();
    let done = std::sync::atomic::AtomicBool::new(false);
    let (dirs, mut found) = (place(), [None; 500]);
    std::thread::scope(|scope| {
        for n in 0..4 {
            let (done, path) = (&done, dirs.1.with_file_name(n.to_string()));
            scope.spawn(move || {
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    drop(ProjectLock::acquire(&path, LONG).unwrap());
                }
            });
        }
        found.fill_with(|| holder(&path));
        done.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    assert_eq!(found, [Some(std::process::id()); 500]);
}

#[test]
fn a_waiter_gets_it_as_soon_as_it_is_free() {
    let (_dir, path) = place();
    let guard = ProjectLock::acquire(&path, SHORT).unwrap();
    let waiter = std::thread::spawn({
        let path = path.clone();
        move || ProjectLock::acquire(&path, LONG).map(drop)
    });
    drop(guard);
    waiter.join().unwrap().unwrap();
}

#[test]
fn a_waiter_given_up_on_does_not_keep_the_lock() {
    let (_dir, path) = place();
    let guard = ProjectLock::acquire(&path, SHORT).unwrap();
    assert!(ProjectLock::acquire(&path, SHORT).is_err());
    drop(guard);
    // The abandoned thread may get it first, but lets it go at once.
    ProjectLock::acquire(&path, LONG).unwrap();
}

#[test]
fn a_folder_made_anew_meanwhile_is_noticed() {
    let (_dir, path) = place();
    let old = ProjectLock::acquire(&path, SHORT).unwrap();
    let (started, wait) = mpsc::channel();
    let waiter = std::thread::spawn({
        let path = path.clone();
        move || {
            let file = open_or_make(&path).unwrap();
            started.send(()).unwrap();
            drop(file);
            ProjectLock::acquire(&path, LONG).unwrap()
        }
    });
    wait.recv().unwrap();
    std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    drop(old);
    let got = waiter.join().unwrap();
    assert!(is_current(&got.file, &path).unwrap());
    assert!(ProjectLock::try_acquire(&path).unwrap().is_none(), "everybody meets at the new file");
}

#[test]
fn many_threads_exclude_each_other() {
    let (_dir, path) = place();
    let counter = path.with_file_name("counter");
    drop(ProjectLock::acquire(&path, SHORT).unwrap());
    std::fs::write(&counter, "0").unwrap();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let _guard = ProjectLock::acquire(&path, LONG).unwrap();
                    let n: u32 = std::fs::read_to_string(&counter).unwrap().parse().unwrap();
                    std::fs::write(&counter, (n + 1).to_string()).unwrap();
                }
            });
        }
    });
    assert_eq!(std::fs::read_to_string(&counter).unwrap(), "400");
}

/// Does something only when run again by [`a_lock_dies_with_its_holder`].
#[test]
fn child_holds_the_lock() {
    let Some(path) = std::env::var_os("THREADOS_TEST_FILE").map(PathBuf::from) else { return };
    let _guard = ProjectLock::acquire(&path, LONG).unwrap();
    std::io::Write::write_all(&mut std::io::stdout(), b"HELD\n").unwrap();
    std::io::stdin().lines().next();
}

#[test]
fn a_lock_dies_with_its_holder() {
    let (_dir, path) = place();
    let mut command = crate::store::testing::child("store::lock::tests::child_holds_the_lock");
    command.env("THREADOS_TEST_FILE", &path).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = std::io::BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|l| l.unwrap().ends_with("HELD")));
    assert!(ProjectLock::try_acquire(&path).unwrap().is_none());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(ProjectLock::try_acquire(&path).unwrap().is_some());
}
