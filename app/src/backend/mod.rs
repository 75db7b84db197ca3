//! Everything that waits: files, processes, threads. The rest of the window only draws.
//!
//! A thread for each: one tells how everything stands, one draws it well, one does what is asked, one tells about what is
//! inspected, one tells what would come of what is typed, one has the mprocs session, one answers what is said, one finds
//! letters that are missing. Each sends
//! immutable values over one channel and wakes the window; no frame ever waits for them.

mod checks;
pub mod desktop;
mod detail;
mod door;
mod drafts;
mod inspect;
pub mod letters;
pub mod memory;
mod panes;
mod proposals;
mod refine;
mod talk;
mod watch;
mod work;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::thread;

use threados_core::engine::protocol::Fault;
use threados_core::store::Paths;
use threados_core::store::outer::find_program;
use threados_core::store::paths::PathsError;
use threados_core::workspace::{DoorError, ErrorClass, InitOptions, Snapshot, Workspace, demo};

use crate::draft::Draft;
use crate::link::{Far, Link, Update};

/// Wakes the window; called after each update.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// The threads that serve a window; they end after it is dropped.
#[derive(Debug)]
pub struct Backend {
    over: Arc<AtomicBool>,
    door: door::Door,
}

impl Backend {
    /// Begins to serve a project. `engine` is a command line that becomes its engine.
    pub fn start(workspace: Workspace, engine: Vec<String>, wake: Wake) -> (Self, Link) {
        Self::with_fonts(workspace, engine, wake, letters::folders())
    }

    /// The same with the typefaces below these folders.
    pub fn with_fonts(
        workspace: Workspace,
        engine: Vec<String>,
        wake: Wake,
        fonts: Vec<PathBuf>,
    ) -> (Self, Link) {
        let (link, Far { asks, updates }) = Link::pair();
        let over = Arc::new(AtomicBool::new(false));
        let door = door::Door::default();
        let (to_inspect, inspected) = channel();
        let (to_draft, drafted) = channel();
        let (to_panes, of_panes) = channel();
        let (to_talk, said) = channel();
        let (letters, missing) = letters::Letters::new();
        let (to_window, waker) = (updates.clone(), Arc::clone(&wake));
        let out = Out { updates, wake, letters };
        let shared = Shared {
            workspace,
            engine,
            latest: Arc::default(),
            out,
            to_inspect,
            to_draft,
            to_panes,
            to_talk,
            hush: Arc::default(),
            door: door.clone(),
            over: Arc::clone(&over),
        };
        let (watcher, inspector, drafter, talker) =
            (shared.clone(), shared.clone(), shared.clone(), shared.clone());
        let pane_looker = shared.clone();
        thread::spawn(move || watch::run(&watcher));
        thread::spawn(move || inspect::run(&inspector, &inspected));
        thread::spawn(move || drafts::run(&drafter, &drafted));
        thread::spawn(move || panes::run(&pane_looker, &of_panes));
        thread::spawn(move || talk::run(&talker, &said));
        // It has no end of the line at which it listens, so it ends with the others.
        let found = move |face| {
            let there = to_window.send(Update::Letters(face)).is_ok();
            if there {
                waker();
            }
            there
        };
        thread::spawn(move || letters::run(found, &missing, &fonts));
        thread::spawn(move || work::run(&shared, &asks));
        (Self { over, door }, link)
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        self.door.close();
    }
}

/// What every thread has at hand.
#[derive(Clone)]
struct Shared {
    workspace: Workspace,
    engine: Vec<String>,
    latest: Arc<RwLock<Option<Arc<Snapshot>>>>,
    out: Out,
    to_inspect: Sender<inspect::Input>,
    to_draft: Sender<Draft>,
    to_panes: panes::ToPanes,
    to_talk: Sender<talk::Said>,
    /// Whether what is thought about is no longer wanted.
    hush: Arc<AtomicBool>,
    door: door::Door,
    over: Arc<AtomicBool>,
}

impl Shared {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    fn latest(&self) -> Option<Arc<Snapshot>> {
        self.latest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_latest(&self, snapshot: &Arc<Snapshot>) {
        *self.latest.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(snapshot));
        self.inspect(inspect::Input::Changed);
        self.panes(panes::Input::Changed);
    }

    fn inspect(&self, input: inspect::Input) {
        // It ends only when the window does.
        drop(self.to_inspect.send(input));
    }
}

/// The way to the window.
#[derive(Clone)]
struct Out {
    updates: Sender<Update>,
    wake: Wake,
    letters: letters::Letters,
}

impl Out {
    /// Whether the window is still there.
    fn tell(&self, update: Update) -> bool {
        self.letters.look(&update);
        let there = self.updates.send(update).is_ok();
        if there {
            (self.wake)();
        }
        there
    }
}

/// The project in a folder that is named, or around the working directory.
///
/// # Errors
/// [`DoorError::Paths`] where there is none.
pub fn open(root: Option<&Path>) -> Result<Workspace, DoorError> {
    let paths = match root {
        Some(root) => {
            let paths = Paths::new(root)?;
            if !paths.threados.is_dir() {
                return Err(PathsError::NotFound { from: root.to_owned() }.into());
            }
            paths
        }
        None => {
            let here = std::env::current_dir();
            Paths::find(&here.map_err(|source| DoorError::Read { path: ".".into(), source })?)?
        }
    };
    let mut workspace = Workspace::new(paths);
    workspace.own_binary = seqctl();
    Ok(workspace)
}

/// This program's file, where it is `seqctl`, too.
static ITSELF: OnceLock<PathBuf> = OnceLock::new();

/// Says that this program is `seqctl`, too.
pub fn be_seqctl_too() {
    let own = std::env::current_exe().ok();
    own.into_iter().for_each(|own| drop(ITSELF.set(own)));
}

/// The program that steps may always call: `seqctl` next to this one, else as the shell finds it, else this one.
fn seqctl() -> Option<PathBuf> {
    let beside = std::env::current_exe().ok().map(|own| own.with_file_name("seqctl"));
    let other = beside.filter(|file| file.is_file()).or_else(|| find_program("seqctl"));
    other.or_else(|| ITSELF.get().cloned())
}

/// Makes a project whose files these will be; what comes of it is told when it is there.
pub fn create(paths: Paths, wake: Wake) -> Receiver<Result<Workspace, Fault>> {
    let (tell, told) = channel();
    thread::spawn(move || {
        let made = Workspace::init_at(paths, &InitOptions::default()).map_err(|e| Fault::from(&e));
        let made = made.map(|mut workspace| {
            workspace.own_binary = seqctl();
            workspace
        });
        // A window that is gone needs no word.
        drop(tell.send(made));
        wake();
    });
    told
}

/// Makes the project of the demo, in a fresh folder.
///
/// # Errors
/// A [`Fault`] where it cannot be made.
pub fn demo() -> Result<Workspace, Fault> {
    let folder = demo::fresh_folder().map_err(|e| {
        let message = format!("cannot make a folder in {}: {e}", std::env::temp_dir().display());
        Fault::new(ErrorClass::Environment, "IO", message).hint("TMPDIR names another place")
    })?;
    let made = Paths::new(&folder).map_err(DoorError::from).and_then(|paths| demo::make(paths, seqctl()));
    made.map_err(|e| Fault::from(&e))
}

/// Refuses a window inside a step: what is done in it is done as a person.
///
/// # Errors
/// A [`Fault`] that says what works there.
pub fn refuse_steps(workspace: &Workspace) -> Result<(), Fault> {
    let said = std::env::var_os("THREADOS_ACTOR").is_some_and(|a| a == "orchestrator");
    if !said && threados_core::engine::inside(&workspace.paths).is_none() {
        return Ok(());
    }
    let message = "the window is a person's, so it is not opened inside a step";
    let fault = Fault::new(ErrorClass::Denied, "POLICY_DENIED", message);
    Err(fault.hint("`seqctl` works inside a step, with the rights of that step"))
}

/// Folders as people write them: below the home folder with `~`.
fn place(root: &Path) -> String {
    let home = std::env::var_os("HOME").filter(|h| !h.is_empty());
    match home.and_then(|home| root.strip_prefix(home).ok().map(Path::to_owned)) {
        Some(rest) if rest.as_os_str().is_empty() => "~".to_owned(),
        Some(rest) => format!("~/{}", rest.display()),
        None => root.display().to_string(),
    }
}

/// How many steps run: what a person who closes the window is told.
pub fn running(workspace: &Workspace) -> usize {
    let phases = threados_core::engine::look(workspace).map(|s| s.state);
    let is_running = |s: &&threados_core::model::StepState| s.phase == threados_core::model::Phase::Running;
    phases.map_or(0, |state| state.steps.values().filter(is_running).count())
}
