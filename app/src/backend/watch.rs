//! Tells how everything stands, at once when it changes.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use threados_core::engine::protocol::Fault;
use threados_core::engine::{list_runs, look};
use threados_core::id::RunId;
use threados_core::log::{Changes, Entry, Filter, Watch, tail};
use threados_core::model::Phase;
use threados_core::workspace::{ErrorClass, FileProblem, validate};

use super::refine::Refiner;
use super::{Shared, checks, place, proposals};
use crate::link::{AuditRow, Found, Update};
use crate::scene::Scene;
use threados_core::plain::plain;

/// How often it is looked whether the window is still there, and at steps whose wrapper may be gone.
const TICK: Duration = Duration::from_secs(1);

/// At least so long between two scenes: a run of many short steps must not keep a core busy with pictures.
const PACE: Duration = Duration::from_millis(40);

/// How long another writer is waited for before the log is told of an edit by hand at the next look.
const AT_ONCE: Duration = Duration::from_millis(100);

/// How many runs are listed.
const RUNS: usize = 200;

/// The largest file of which a line is shown, in bytes.
const LARGEST: u64 = 16 << 20;

/// How many entries of the log are shown.
const ENTRIES: usize = 500;

pub(super) fn run(shared: &Shared) {
    let place = place(shared.workspace.root());
    let refiner = Refiner::new(shared.out.clone());
    let mut eyes = Eyes {
        shared,
        place,
        scene: None,
        fault: None,
        told: Vec::new(),
        listed: None,
        untold: false,
        refiner,
    };
    loop {
        match Watch::new(&shared.workspace.paths) {
            Ok(watch) => eyes.follow(watch),
            Err(error) => eyes.trouble(Some(Fault::new(
                ErrorClass::Environment,
                "WATCH",
                format!("the project cannot be watched: {error}"),
            ))),
        }
        if shared.is_over() {
            return;
        }
        thread::sleep(TICK);
    }
}

struct Eyes<'a> {
    shared: &'a Shared,
    place: String,
    scene: Option<Arc<Scene>>,
    fault: Option<Fault>,
    /// Every scene that the window may still have. It is dropped here: that of a large one takes longer than a frame.
    told: Vec<Arc<Scene>>,
    /// The runs that went on when all were listed last, and when their folder had changed.
    listed: Option<(Vec<RunId>, Option<SystemTime>)>,
    /// The log could not be told yet of an edit by hand.
    untold: bool,
    refiner: Refiner,
}

impl Eyes<'_> {
    fn follow(&mut self, mut watch: Watch) {
        let mut changed = Changes::ALL;
        loop {
            let begun = Instant::now();
            self.told.retain(|scene| Arc::strong_count(scene) > 1);
            if changed.any() || self.runs() {
                self.look();
            }
            if changed.sequence || changed.policy {
                self.problems();
            }
            if changed.sequence || changed.policy || self.untold {
                self.tell_of_hands();
            }
            if changed.log {
                self.audit();
                self.runs_kept();
                proposals::tell(self.shared);
            }
            if self.shared.is_over() {
                return;
            }
            thread::sleep(PACE.saturating_sub(begun.elapsed()));
            match watch.wait(Some(TICK)) {
                Ok(changes) => changed = changes,
                Err(_) => return,
            }
        }
    }

    fn runs(&self) -> bool {
        let scene = self.scene.as_ref();
        scene.is_some_and(|s| s.snapshot.state.steps.values().any(|s| s.phase == Phase::Running))
    }

    /// A file that is broken changes nothing: what was shown stays, and the fault is told.
    fn look(&mut self) {
        match look(&self.shared.workspace) {
            Ok(snapshot) => {
                let looks = checks::of(&self.shared.workspace.paths, &snapshot);
                let scene = Scene::of(&self.place, Arc::new(snapshot), self.scene.as_deref());
                let scene = scene.with_looks(&looks);
                self.shared.set_latest(&scene.snapshot);
                if self.scene.as_ref().is_none_or(|before| scene.differs(before)) {
                    let scene = Arc::new(scene);
                    self.scene = Some(Arc::clone(&scene));
                    self.told.push(Arc::clone(&scene));
                    self.refiner.take(&scene.plan);
                    self.shared.out.tell(Update::Scene(scene));
                }
                self.trouble(None);
            }
            Err(error) => self.trouble(Some((&error).into())),
        }
    }

    fn trouble(&mut self, fault: Option<Fault>) {
        if fault != self.fault {
            self.fault.clone_from(&fault);
            self.shared.out.tell(Update::Trouble(fault));
        }
    }

    /// Whoever follows a project has the log told of what a hand has changed.
    fn tell_of_hands(&mut self) {
        let mut workspace = self.shared.workspace.clone();
        (workspace.lock_timeout, workspace.stays) = (AT_ONCE, true);
        let told = workspace.tell_of_hands();
        self.untold = told.is_err_and(|error| error.class() == ErrorClass::Environment);
    }

    fn problems(&self) {
        if let Ok(problems) = validate(&self.shared.workspace.paths) {
            let root = self.shared.workspace.root();
            self.shared.out.tell(Update::Problems(problems.into_iter().map(|p| found(root, p)).collect()));
        }
    }

    /// Only when a run began or ended, which one may do between two looks: every record is read.
    fn runs_kept(&mut self) {
        let Some(scene) = &self.scene else { return };
        let state = &scene.snapshot.state;
        let open: Vec<RunId> = state.runs.keys().cloned().collect();
        let folder = fs::metadata(&self.shared.workspace.paths.runs).and_then(|m| m.modified()).ok();
        let known = Some((open, folder));
        if self.listed == known {
            return;
        }
        if let Ok(mut runs) = list_runs(&self.shared.workspace.paths, &scene.snapshot) {
            runs.truncate(RUNS);
            self.shared.out.tell(Update::Runs(runs.into()));
            self.listed = known;
        }
    }

    fn audit(&self) {
        let filter = Filter { limit: Some(ENTRIES), ..Filter::default() };
        if let Ok(entries) = tail(&self.shared.workspace.paths, &filter) {
            self.shared.out.tell(Update::Audit(entries.into_iter().map(row).collect()));
        }
    }
}

/// A fault with the line it stands in.
fn found(root: &Path, fault: FileProblem) -> Found {
    let file = root.join(fault.file.as_ref());
    let line = (fault.problem.line as usize).checked_sub(1);
    // What is larger than a sequence may be is refused unread; then its text helps nobody.
    let small = std::fs::metadata(&file).is_ok_and(|meta| meta.len() <= LARGEST);
    let text = line.filter(|_| small).and_then(|n| {
        let bytes = std::fs::read(&file).ok()?;
        String::from_utf8_lossy(&bytes).lines().nth(n).map(|line| line.chars().take(400).collect::<String>())
    });
    Found { fault, text: text.map(|t| plain(&t)).unwrap_or_default() }
}

fn row(entry: Entry) -> AuditRow {
    AuditRow {
        seq: entry.seq,
        at: entry.timestamp,
        actor: entry.actor,
        action: entry.action,
        target: entry.target,
        result: entry.result,
        error: entry.error,
    }
}
