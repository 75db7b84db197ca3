//! Tells how everything stands, at once when it changes.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use threados_core::engine::look;
use threados_core::engine::protocol::Fault;
use threados_core::log::{Changes, Entry, Filter, Watch, tail};
use threados_core::model::Phase;
use threados_core::workspace::{ErrorClass, validate};

use super::{Shared, place};
use crate::link::{AuditRow, Update};
use crate::scene::Scene;

/// How often it is looked whether the window is still there, and at steps whose wrapper may be gone.
const TICK: Duration = Duration::from_secs(1);

/// At least so long between two scenes: a run of many short steps must not keep a core busy with pictures.
const PACE: Duration = Duration::from_millis(40);

/// How many entries of the log are shown.
const ENTRIES: usize = 500;

pub(super) fn run(shared: &Shared) {
    let place = place(shared.workspace.root());
    let mut eyes = Eyes { shared, place, scene: None, fault: None };
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
}

impl Eyes<'_> {
    fn follow(&mut self, mut watch: Watch) {
        let mut changed = Changes::ALL;
        loop {
            let begun = Instant::now();
            if changed.any() || self.runs() {
                self.look();
            }
            if changed.sequence || changed.policy {
                self.problems();
            }
            if changed.log {
                self.audit();
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
                let scene = Scene::of(&self.place, Arc::new(snapshot), self.scene.as_deref());
                self.shared.set_latest(&scene.snapshot);
                if self.scene.as_ref().is_none_or(|before| scene.differs(before)) {
                    let scene = Arc::new(scene);
                    self.scene = Some(Arc::clone(&scene));
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

    fn problems(&self) {
        if let Ok(problems) = validate(&self.shared.workspace.paths) {
            self.shared.out.tell(Update::Problems(problems.into()));
        }
    }

    fn audit(&self) {
        let filter = Filter { limit: Some(ENTRIES), ..Filter::default() };
        if let Ok(entries) = tail(&self.shared.workspace.paths, &filter) {
            self.shared.out.tell(Update::Audit(entries.into_iter().map(row).collect()));
        }
    }
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
