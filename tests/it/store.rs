//! Many writers, killed writers, and a system that does not do as it should: nothing is lost, nothing is torn.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use threados_core::log::verify;
use threados_core::store::Paths;
use threados_core::store::lock::ProjectLock;
use threados_core::store::paths::Outside;

use crate::full_disk::limited;
use crate::support::{Project, finish};

fn paths(p: &Project) -> Paths {
    let state = p.root().with_file_name("home").join("state");
    let outside =
        Outside::from_vars(|name| (name == "XDG_STATE_HOME").then(|| state.clone().into_os_string()));
    Paths::with_outside(&p.root(), &outside).unwrap()
}

#[track_caller]
fn assert_chain(p: &Project) {
    assert_eq!(verify(&paths(p)).unwrap().broken, None);
}

/// Nothing temporary is left in any folder that is written to.
#[track_caller]
fn assert_swept(p: &Project) {
    for folder in ["", "prompts", "history", "state"] {
        let items = fs::read_dir(p.path(folder)).unwrap();
        let names = items.map(|item| item.unwrap().file_name().to_string_lossy().into_owned());
        let left: Vec<_> = names.filter(|n| n.ends_with(".staged") || n.ends_with(".threados-tmp")).collect();
        assert_eq!(left, Vec::<String>::new(), "in `{folder}`");
    }
}

/// The ids of the steps in the file.
fn ids(p: &Project) -> Vec<String> {
    let status = p.json("status");
    status["steps"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap().to_owned()).collect()
}

/// Every file that a change may touch, but for the lock.
fn picture(p: &Project) -> Vec<(String, Vec<u8>)> {
    let files = ["sequence.yaml", "policy.yaml", "audit.log"];
    files.iter().map(|file| ((*file).to_owned(), fs::read(p.path(file)).unwrap())).collect()
}

/// A number that a longer run may raise.
fn scale(variable: &str, usual: usize) -> usize {
    std::env::var(variable).ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

/// Each addition is a process of its own. `THREADOS_TEST_ADDS=50` makes it 1,600, which takes minutes without
/// optimisation.
#[test]
fn thirty_two_writers_at_once_lose_nothing() {
    const WRITERS: usize = 32;
    let each = scale("THREADOS_TEST_ADDS", 10);
    let p = Project::new();
    let before = p.log().len();
    let add = |writer: usize| {
        for step in 0..each {
            let id = format!("w{writer}-{step}");
            let out =
                p.command(&["step", "add", &id, "--lock-timeout", "120000", "--", "true"]).output().unwrap();
            assert!(out.status.success(), "{id}: {}", String::from_utf8_lossy(&out.stderr));
        }
    };
    let add = &add;
    std::thread::scope(|scope| (0..WRITERS).for_each(|writer| drop(scope.spawn(move || add(writer)))));
    let found: BTreeSet<String> = ids(&p).into_iter().collect();
    assert_eq!(found.len(), WRITERS * each);
    assert_eq!(p.log().len() - before, WRITERS * each);
    assert_chain(&p);
    assert_swept(&p);
}

/// A writer that adds steps, one process each, and notes what was acknowledged.
#[derive(Default)]
struct Writer {
    child: Mutex<Option<Child>>,
    acknowledged: Mutex<Vec<String>>,
    tried: AtomicUsize,
    /// What refused a change, in its own words.
    refused: Mutex<Option<String>>,
}

impl Writer {
    fn work(&self, p: &Project, name: usize, enough: &AtomicBool, killed: &AtomicUsize) {
        while !enough.load(Ordering::Relaxed) {
            let id = format!("w{name}-{}", self.tried.fetch_add(1, Ordering::Relaxed));
            let mut command = p.command(&[
                "step",
                "add",
                &id,
                "--lock-timeout",
                "60000",
                "--prompt-text",
                "work",
                "--",
                "true",
            ]);
            *self.child.lock().unwrap() =
                Some(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
            let status = loop {
                if let Some(status) = self.child.lock().unwrap().as_mut().unwrap().try_wait().unwrap() {
                    break status;
                }
                std::thread::sleep(Duration::from_millis(1));
            };
            match (status.success(), status.signal()) {
                (true, _) => self.acknowledged.lock().unwrap().push(id),
                (_, Some(9)) => drop(killed.fetch_add(1, Ordering::Relaxed)),
                _ => {
                    let said = finish(self.child.lock().unwrap().take().unwrap()).stderr;
                    *self.refused.lock().unwrap() = Some(format!("{id}: {status}: {said}"));
                    enough.store(true, Ordering::Relaxed);
                }
            }
        }
    }
}

/// `THREADOS_TEST_KILLS` makes it longer.
#[test]
fn five_hundred_kills_lose_and_double_nothing() {
    let wanted = scale("THREADOS_TEST_KILLS", 500);
    let p = Project::new();
    let (enough, killed) = (AtomicBool::new(false), AtomicUsize::new(0));
    let writers: Vec<Writer> = (0..4).map(|_| Writer::default()).collect();
    // At any moment of a change of four at once, also where changes take long; without a bound, one change that was
    // held up by the disk would make the test take hours.
    let begun = Instant::now();
    p.ok("step add first -- true");
    let most = u64::try_from(begun.elapsed().as_micros()).unwrap().clamp(15_000, 50_000) * 10;
    std::thread::scope(|scope| {
        for (name, writer) in writers.iter().enumerate() {
            let (p, enough, killed) = (&p, &enough, &killed);
            scope.spawn(move || writer.work(p, name, enough, killed));
        }
        let done = || writers.iter().map(|w| w.acknowledged.lock().unwrap().len()).sum::<usize>();
        let (mut seed, mut rounds) = (0x9e37_79b9_u64, 0);
        while killed.load(Ordering::Relaxed) < wanted && !enough.load(Ordering::Relaxed) {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            std::thread::sleep(Duration::from_micros((seed >> 33) % most));
            for writer in &writers {
                if let Some(child) = writer.child.lock().unwrap().as_mut() {
                    // One that has just ended needs no kill.
                    drop(child.kill());
                }
            }
            // Now and then one gets to its end, however slow the machine has become.
            rounds += 1;
            let before = done();
            while rounds % 5 == 0 && done() == before && !enough.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        enough.store(true, Ordering::Relaxed);
    });
    let refused: Vec<String> = writers.iter().filter_map(|w| w.refused.lock().unwrap().clone()).collect();
    assert_eq!(refused, Vec::<String>::new());
    p.ok("step add last -- true");
    assert_swept(&p);
    assert_chain(&p);

    let found = ids(&p);
    let once: BTreeSet<&String> = found.iter().collect();
    assert_eq!(once.len(), found.len(), "none is doubled");
    let acknowledged: Vec<String> =
        writers.iter().flat_map(|w| w.acknowledged.lock().unwrap().clone()).collect();
    let lost: Vec<_> = acknowledged.iter().filter(|id| !once.contains(id)).collect();
    assert_eq!(lost, Vec::<&String>::new(), "of {} acknowledged", acknowledged.len());
    assert!(acknowledged.len() > 20, "work was done between the kills: {}", acknowledged.len());
    // The log and the file tell the same.
    let told: BTreeSet<String> =
        p.entries("step.add").iter().map(|e| e["target"].as_str().unwrap().to_owned()).collect();
    assert_eq!(told.iter().collect::<BTreeSet<_>>(), once);
    for id in found.iter().filter(|id| id.starts_with('w')) {
        assert_eq!(p.read(&format!("prompts/{id}.md")), "work\n");
    }
}

#[test]
fn a_writer_that_waits_in_vain_has_changed_nothing() {
    let p = Project::new();
    let before = picture(&p);
    let guard = ProjectLock::acquire(&paths(&p).lock, Duration::ZERO).unwrap();
    let start = Instant::now();
    let failed = p.exits(8, "step add a --lock-timeout 100 --json -- true").json();
    assert_eq!(failed["error"]["code"], "LOCK_TIMEOUT");
    assert!(start.elapsed() < Duration::from_secs(9), "not the default of ten seconds");
    assert_eq!(picture(&p), before);
    drop(guard);
    p.ok("step add a -- true");
}

#[test]
fn a_full_disk_leaves_every_file_as_it_was() {
    let p = Project::new();
    // First the log has no room, then the sequence itself.
    for padding in [0, 30_000] {
        let text = p.read("sequence.yaml") + &format!("# {}\n", "x".repeat(padding));
        p.write(".threados/sequence.yaml", &text);
        p.ok("step add known -- true");
        let before = picture(&p);
        let out = limited(&p, 4, "step add a --json -- true");
        assert_eq!(out.status.code(), Some(8), "{out:?}");
        let told: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
        assert!(told["error"]["message"].as_str().unwrap().contains("File too large"), "{told}");
        assert_eq!(picture(&p), before);
        assert_swept(&p);
        p.ok("step add a -- true");
        assert_chain(&p);
        p.ok("step rm a --yes");
        p.ok("step rm known --yes");
    }
}

/// A folder in which nothing can be made, while this lives.
struct ReadOnly(std::path::PathBuf, bool);

impl ReadOnly {
    fn new(folder: &Path) -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        // Permissions do not bind root, the immutable mark does.
        let marked = Command::new("chattr").arg("+i").arg(folder).stderr(Stdio::null()).status();
        let marked = marked.is_ok_and(|s| s.success());
        if !marked {
            fs::set_permissions(folder, fs::Permissions::from_mode(0o555)).unwrap();
        }
        Self(folder.to_owned(), marked)
    }
}

impl Drop for ReadOnly {
    fn drop(&mut self) {
        use std::os::unix::fs::PermissionsExt as _;
        if self.1 {
            drop(Command::new("chattr").arg("-i").arg(&self.0).status());
        } else {
            drop(fs::set_permissions(&self.0, fs::Permissions::from_mode(0o755)));
        }
    }
}

#[test]
fn a_read_only_folder_is_told_and_left_alone() {
    let p = Project::new();
    let (sequence, entries) = (p.read("sequence.yaml"), p.log().len());
    let read_only = ReadOnly::new(&p.path(""));
    let failed = p.exits(8, "step add a --json -- true").json();
    let message = failed["error"]["message"].as_str().unwrap();
    assert!(message.contains("sequence.yaml"), "{message}");
    p.ok("status");
    drop(read_only);
    assert_eq!(p.read("sequence.yaml"), sequence);
    let log = p.log();
    assert_eq!(log.len(), entries + 1, "the attempt is in the log");
    assert_eq!(
        (log[entries]["action"].as_str(), log[entries]["result"].as_str()),
        (Some("step.add"), Some("error"))
    );
    assert_swept(&p);
}

#[test]
fn a_folder_in_which_no_project_can_be_made_is_told() {
    let p = Project::empty();
    let read_only = ReadOnly::new(&p.root());
    let refused = p.exits(8, "init").stderr;
    drop(read_only);
    assert!(refused.contains("cannot make the folder") && refused.contains(".threados"), "{refused}");
    assert!(refused.contains("hint: let your user write"), "{refused}");
}

#[test]
fn a_file_where_a_folder_is_to_be_is_told() {
    let p = Project::new();
    fs::remove_dir_all(p.path("prompts")).unwrap();
    fs::write(p.path("prompts"), "").unwrap();
    let before = p.read("sequence.yaml");
    let failed = p.exits(8, "step add a --json --prompt-text x -- true").json();
    assert!(failed["error"]["message"].as_str().unwrap().contains("prompts"), "{failed}");
    assert_eq!(p.read("sequence.yaml"), before);
}

#[test]
fn a_number_that_the_file_may_not_hold_is_refused_and_changes_nothing() {
    let p = Project::new();
    p.ok("step add a -- true");
    let before = p.read("sequence.yaml");
    for (line, field, most) in [
        ("step edit a --timeout 18446744073709551615", "timeout_ms", "2592000000"),
        ("step edit a --retry 1 --retry-backoff 3600001", "backoff_ms", "3600000"),
        ("step add w --watchdog-for a --watchdog-interval 86400001 -- true", "interval_ms", "86400000"),
    ] {
        let failed = p.exits(2, line);
        assert!(failed.stderr.contains(field) && failed.stderr.contains(most), "{failed:#?}");
        assert_eq!(p.read("sequence.yaml"), before, "{line}");
    }
    p.ok("validate");
}

#[test]
fn a_symlinked_project_folder_is_refused() {
    let p = Project::new();
    let elsewhere = p.root().with_file_name("elsewhere");
    fs::rename(p.path(""), &elsewhere).unwrap();
    std::os::unix::fs::symlink(&elsewhere, p.root().join(".threados")).unwrap();
    let before = fs::read(elsewhere.join("sequence.yaml")).unwrap();
    for line in ["step add a --json -- true", "status --json"] {
        assert_eq!(p.exits(8, line).json()["error"]["code"], "SYMLINKED_PROJECT", "{line}");
    }
    assert_eq!(fs::read(elsewhere.join("sequence.yaml")).unwrap(), before);
}

#[test]
fn permissions_of_the_sequence_are_kept() {
    use std::os::unix::fs::PermissionsExt as _;
    let p = Project::new();
    fs::set_permissions(p.path("sequence.yaml"), fs::Permissions::from_mode(0o640)).unwrap();
    p.ok("step add a -- true");
    assert_eq!(fs::metadata(p.path("sequence.yaml")).unwrap().permissions().mode() & 0o777, 0o640);
}
