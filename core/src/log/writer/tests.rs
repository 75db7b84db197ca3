use std::borrow::Cow;
use std::process::Stdio;
use std::time::Duration;

use super::*;
use crate::log::testing::Project;
use crate::log::{Entries, Why, unredacted};
use crate::store::lock::ProjectLock;
use crate::store::paths::Outside;
use crate::store::testing;

fn actions(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|e| e.action.as_str()).collect()
}

fn all(p: &Project) -> Vec<Entry> {
    Entries::all(&p.paths).map(Result::unwrap).collect()
}

#[test]
fn entries_are_numbered_chained_and_read_back() {
    let p = Project::new();
    let written = p.append_all(&["a", "b", "c"]);
    assert_eq!(written.iter().map(|e| e.seq).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(written[0].prev.as_str(), "0".repeat(64));
    assert_eq!(written[2].prev, written[1].hash);
    assert_eq!(all(&p), written);
    let report = p.verify();
    assert_eq!((report.entries, report.broken), (3, None));
}

#[test]
fn what_others_appended_is_handed_over_first() {
    let p = Project::new();
    let (mut one, mut two) = (p.log(), p.log());
    p.append(&mut one, "a").unwrap();
    assert_eq!(actions(&p.append(&mut two, "b").unwrap()), ["a", "b"]);
    assert_eq!(actions(&one.catch_up(&p.lock()).unwrap()), ["b"]);
    assert_eq!(actions(&p.append(&mut one, "c").unwrap()), ["c"]);
    let mut late = Log::open_at(&p.paths, Arc::new(unredacted), &Position::origin()).unwrap();
    assert_eq!(actions(&p.append(&mut late, "d").unwrap()), ["a", "b", "c", "d"]);
}

#[test]
fn another_lock_is_refused() {
    let p = Project::new();
    let guard = ProjectLock::acquire(&p.paths.engine_lock, Duration::ZERO).unwrap();
    let error = p.log().append(&guard, &[]).unwrap_err();
    assert!(matches!(error, LogError::WrongLock { .. }), "{error}");
}

#[test]
fn secrets_are_not_written() {
    let p = Project::new();
    fn hide(text: &str) -> Cow<'_, str> {
        text.replace("s3cret", "***").into()
    }
    let mut log = Log::open(&p.paths, Arc::new(hide)).unwrap();
    let draft = Draft::new(Actor::User, "step.add", "x").with("argv", vec!["--password", "s3cret"]);
    let entries = log.append(&p.lock(), &[draft]).unwrap();
    assert_eq!(entries, all(&p), "what is returned is what is written");
    assert!(!String::from_utf8(p.bytes()).unwrap().contains("s3cret"));
}

/// What `kill -9` in the middle of an append leaves: the log cut anywhere in its last two lines.
#[test]
fn a_log_cut_at_any_byte_goes_on_with_a_valid_chain() {
    let p = Project::new();
    for action in ["a", "b", "c"] {
        p.append(&mut p.log(), action).unwrap();
    }
    let whole = p.bytes();
    let ends: Vec<usize> = (0..whole.len()).filter(|i| whole[*i] == b'\n').map(|i| i + 1).collect();
    for cut in ends[0]..whole.len() {
        p.set(&whole[..cut]);
        let kept = ends.iter().filter(|end| **end <= cut).count();
        let torn = cut - ends[kept - 1];

        let mended = p.log().mend(&p.lock()).unwrap();
        assert_eq!(mended.as_ref().map_or(0, |t| t.bytes), torn as u64, "cut at {cut}");
        assert_eq!(p.bytes(), whole[..ends[kept - 1]]);
        if let Some(saved) = mended.and_then(|t| t.saved) {
            assert_eq!(std::fs::read(saved).unwrap(), whole[ends[kept - 1]..cut]);
        }
        p.append(&mut p.log(), "d").unwrap();
        let report = p.verify();
        assert_eq!((report.entries, report.broken), (kept as u64 + 1, None), "cut at {cut}");
    }
}

#[test]
fn an_append_mends_by_itself_and_tells_of_it() {
    let p = Project::new();
    p.append_all(&["a"]);
    // Blocks that the file system had given but not yet written, as a power cut leaves them.
    p.damage(|log| log.extend_from_slice(b"{\"action\":\"b\"\0\0\0\n\0\0"));
    let entries = p.append_all(&["c"]);
    assert_eq!(actions(&entries), ["log.mend", "c"]);
    assert_eq!(entries[0].payload["bytes"], 19);
    assert_eq!(p.verify().broken, None);
}

#[test]
fn rotation_goes_on_in_a_new_file_with_the_old_head() {
    let p = Project::new().rotating_at(1000);
    let mut one = p.log();
    let mut two = p.log();
    for i in 0..20 {
        p.append(if i % 3 == 0 { &mut one } else { &mut two }, "step.add").unwrap();
    }
    assert!(p.rotated() >= 3, "{} rotated", p.rotated());
    let entries = all(&p);
    let seqs: Vec<u64> = entries.iter().map(|e| e.seq).collect();
    assert_eq!(seqs, (1..=entries.len() as u64).collect::<Vec<_>>());
    assert_eq!(entries.iter().filter(|e| e.action == "log.rotate").count(), p.rotated());
    let first_of_current = Entry::parse(p.bytes().split(|c| *c == b'\n').next().unwrap()).unwrap();
    assert_eq!(first_of_current.action, "log.rotate");
    let report = p.verify();
    assert_eq!((report.broken, report.files), (None, p.rotated() + 1));
}

#[test]
fn a_crash_between_the_two_halves_of_a_rotation_is_made_good() {
    let p = Project::new();
    p.append_all(&["a", "b"]);
    std::fs::rename(&p.paths.audit_log, files::rotated_path(&p.paths, 1)).unwrap();
    assert_eq!(actions(&p.append_all(&["c"])), ["log.rotate", "c"]);
    std::fs::rename(&p.paths.audit_log, files::rotated_path(&p.paths, 3)).unwrap();
    std::fs::write(&p.paths.audit_log, "").unwrap();
    assert_eq!(actions(&p.append_all(&["d"])), ["log.rotate", "d"]);
    assert_eq!(p.verify().broken, None);
    assert_eq!(all(&p).last().unwrap().seq, 6);
}

#[test]
fn a_deleted_log_is_begun_anew_after_the_last_known_entry() {
    let p = Project::new();
    let mut log = p.log();
    p.append(&mut log, "a").unwrap();
    p.append(&mut log, "b").unwrap();
    std::fs::remove_file(&p.paths.audit_log).unwrap();
    let entries = p.append(&mut log, "c").unwrap();
    assert_eq!(actions(&entries), ["log.restart", "c"]);
    assert_eq!(entries[0].seq, 3, "this handle still knows");

    std::fs::remove_file(&p.paths.audit_log).unwrap();
    p.log().append(&p.lock(), &[Draft::new(Actor::User, "d", "")]).unwrap();
    assert_eq!(
        all(&p)[0].seq,
        1,
        "nothing was noted yet: a note is made only at an open and each 100 entries"
    );
}

#[test]
fn a_deleted_log_goes_on_from_the_head_noted_outside() {
    let p = Project::new();
    p.append_many(150);
    std::fs::remove_file(&p.paths.audit_log).unwrap();
    let entries = p.append_all(&["c"]);
    assert_eq!(actions(&entries), ["log.restart", "c"]);
    assert!(entries[0].seq > 100, "{}", entries[0].seq);
    let report = p.verify();
    assert_eq!(report.restarts, [entries[0].seq]);

    std::fs::remove_file(&p.paths.audit_log).unwrap();
    Log::begin_project(&p.paths);
    assert_eq!(p.append_all(&["a"])[0].seq, 1, "a new project at the same root owes nothing to the old one");
    assert_eq!(p.verify().broken, None);
}

#[test]
fn a_log_cut_behind_our_back_is_told_and_shows() {
    let p = Project::new();
    let mut log = p.log();
    for action in ["a", "b", "c"] {
        p.append(&mut log, action).unwrap();
    }
    let end_of_first = p.bytes().iter().position(|c| *c == b'\n').unwrap() + 1;
    p.damage(|bytes| bytes.truncate(end_of_first));
    let entries = p.append(&mut log, "d").unwrap();
    assert_eq!(actions(&entries), ["log.restart", "d"]);
    assert_eq!(entries[0].seq, 4, "numbers are not given twice");
    assert_eq!(p.verify().broken.unwrap().why, Why::SeqGap { expected: 2 });
}

#[test]
fn a_log_saved_by_an_editor_is_the_same_log() {
    let p = Project::new();
    let mut log = p.log();
    p.append(&mut log, "a").unwrap();
    let copy = p.paths.audit_log.with_extension("copy");
    std::fs::copy(&p.paths.audit_log, &copy).unwrap();
    std::fs::rename(copy, &p.paths.audit_log).unwrap();
    assert_eq!(actions(&p.append(&mut log, "b").unwrap()), ["b"]);
    assert_eq!(p.verify().broken, None);
}

#[test]
fn a_sync_in_another_thread_covers_what_was_appended_before_it() {
    let p = Project::new();
    let mut log = p.log();
    log.append(&p.lock(), &vec![Draft::new(Actor::User, "a", ""); 120]).unwrap();
    let syncer = log.syncer().unwrap();
    assert!(
        heads::read(p.paths.outside_heads.as_deref()).is_empty(),
        "nothing is noted before it is durable"
    );
    std::thread::spawn(move || syncer.sync()).join().unwrap().unwrap();
    assert_eq!(heads::read(p.paths.outside_heads.as_deref()).len(), 1);
}

#[test]
fn threads_share_one_gapless_chain() {
    let p = Project::new().rotating_at(20_000);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut log = p.log();
                for _ in 0..50 {
                    log.append(&p.lock(), &[Draft::new(Actor::User, "step.add", "x")]).unwrap();
                }
            });
        }
    });
    assert_chain(&p, 400);
}

#[test]
fn processes_share_one_gapless_chain() {
    let p = Project::new();
    let spawn = |_| {
        let mut child = testing::child("log::writer::tests::child_appends");
        child.env("THREADOS_TEST_FILE", &p.paths.root).env("THREADOS_TEST_ROTATE", "20000");
        child.stdout(Stdio::null()).spawn().unwrap()
    };
    let children: Vec<_> = (0..4).map(spawn).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_chain(&p, 400);
}

fn assert_chain(p: &Project, appended: usize) {
    let report = p.verify();
    assert_eq!(report.broken, None);
    let entries = all(p);
    assert!(p.rotated() > 0, "rotation is part of it");
    assert_eq!(entries.len() as u64, report.entries);
    assert_eq!(entries.iter().filter(|e| e.action == "step.add").count(), appended);
}

/// The log of the parent's project, where this process is a child of another test.
fn child_log() -> Option<(Paths, Log)> {
    let root = PathBuf::from(std::env::var_os("THREADOS_TEST_FILE")?);
    let paths = Paths::with_outside(&root, &Outside::below(root.parent().unwrap())).unwrap();
    let log = Log::open(&paths, Arc::new(unredacted)).unwrap();
    Some((paths, log))
}

/// Does something only when run again, several at once, by [`processes_share_one_gapless_chain`].
#[test]
fn child_appends() {
    let Some((paths, log)) = child_log() else { return };
    let rotate = std::env::var("THREADOS_TEST_ROTATE").unwrap().parse().unwrap();
    let mut log = log.rotating_at(rotate);
    for _ in 0..100 {
        let guard = ProjectLock::acquire(&paths.lock, Duration::from_secs(60)).unwrap();
        log.append(&guard, &[Draft::new(Actor::User, "step.add", "x")]).unwrap();
    }
}

/// Does something only when run again by [`a_full_disk_cuts_back_a_short_append`] under a limit of 64 KiB on the size of files.
#[test]
fn child_appends_until_the_disk_is_full() {
    let Some((paths, mut log)) = child_log() else { return };
    let guard = ProjectLock::acquire(&paths.lock, Duration::from_secs(60)).unwrap();
    let draft = Draft::new(Actor::User, "step.add", "x").with("text", "x".repeat(10_000));
    let mut size = 0;
    let error = loop {
        match log.append(&guard, std::slice::from_ref(&draft)) {
            Ok(_) => size = std::fs::metadata(&paths.audit_log).unwrap().len(),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, LogError::Append { .. }), "{error}");
    assert!(size > 50_000);
    assert_eq!(std::fs::metadata(&paths.audit_log).unwrap().len(), size, "nothing of it stays");
    let small = Draft::new(Actor::User, "step.rm", "x");
    assert_eq!(actions(&log.append(&guard, &[small]).unwrap()), ["step.rm"], "and there is no gap");
}

#[cfg(unix)]
#[test]
fn a_full_disk_cuts_back_a_short_append() {
    let p = Project::new();
    let output = testing::limited("log::writer::tests::child_appends_until_the_disk_is_full", &p.paths.root);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("1 passed"), "{told}");
    let report = p.verify();
    assert_eq!((report.broken, report.torn), (None, 0));
    assert_eq!(all(&p).last().unwrap().action, "step.rm");
}

#[test]
fn a_log_that_cannot_be_written_says_so_and_changes_nothing() {
    let p = Project::new();
    let mut log = p.log();
    // A folder in its place: refused to root too, as a read-only folder is to others.
    std::fs::create_dir(&p.paths.audit_log).unwrap();
    let error = p.append(&mut log, "a").unwrap_err();
    assert!(error.to_string().contains("audit.log"), "{error}");
    std::fs::remove_dir(&p.paths.audit_log).unwrap();
    assert_eq!(p.append(&mut log, "a").unwrap()[0].seq, 1);
}
