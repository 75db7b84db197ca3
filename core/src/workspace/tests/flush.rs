//! Statuses in `sequence.yaml`, whoever else is at it.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use crate::model::Phase;
use crate::store::lock::ProjectLock;
use crate::workspace::testing::Bed;
use crate::workspace::{Session, Workspace};

/// The staged copy of the sequence, as soon as it is there.
fn staged(bed: &Bed) -> PathBuf {
    let start = Instant::now();
    loop {
        let found = fs::read_dir(&bed.workspace.paths.threados).unwrap().map(|entry| entry.unwrap().path());
        let mut found = found.filter(|path| path.extension().is_some_and(|e| e == "staged"));
        if let Some(path) = found.next() {
            return path;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "nothing is staged");
        thread::yield_now();
    }
}

/// Flushes while another holds the lock, who does something to the staged copy before letting it go.
fn flush_beside(bed: &Bed, other: impl FnOnce(PathBuf)) {
    let guard = ProjectLock::try_acquire(&bed.workspace.paths.lock).unwrap().unwrap();
    let workspace = bed.workspace.clone();
    let flush = thread::spawn(move || workspace.flush_outputs());
    other(staged(bed));
    drop(guard);
    flush.join().unwrap().unwrap();
}

#[test]
fn a_staged_copy_taken_for_a_killed_writers_is_made_anew() {
    let bed = Bed::new();
    bed.ok("step add a -- true");
    bed.tell("a", Phase::Done);
    flush_beside(&bed, |staged| fs::remove_file(staged).unwrap());
    assert!(bed.read("sequence.yaml").contains("status: DONE"), "{}", bed.read("sequence.yaml"));
}

#[test]
fn a_change_made_meanwhile_stays_and_gets_the_statuses_too() {
    let bed = Bed::new();
    bed.ok("step add a -- true");
    bed.tell("a", Phase::Done);
    flush_beside(&bed, |_| bed.edit("sequence.yaml", |text| format!("# by hand\n{text}")));
    let text = bed.read("sequence.yaml");
    assert!(text.starts_with("# by hand\n") && text.contains("status: DONE"), "{text}");
}

#[test]
fn a_project_that_is_being_removed_gets_nothing_back() {
    let bed = Bed::new();
    let engine = Workspace { stays: true, ..bed.workspace.clone() };
    let flush_without_state = || {
        fs::remove_dir_all(&bed.workspace.paths.state_dir).unwrap();
        drop(engine.flush_outputs());
        assert!(Session::begin(&engine).is_err());
        assert!(!bed.workspace.paths.state_dir.exists());
    };
    bed.ok("step add a -- true");
    bed.tell("a", Phase::Done);
    flush_without_state();
    // The same with statuses that stand in the file already.
    bed.ok("step add b -- true");
    flush_without_state();
}
