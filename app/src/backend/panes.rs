//! The mprocs session: opened and closed for the window, looked at while its tab is shown, typed into.

use std::num::NonZeroU16;
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use threados_core::engine::protocol::Fault;
use threados_core::engine::{OpenSession, SessionDoor};
use threados_core::executor::mprocs::{Attached, MprocsError, Session, SessionState, health};
use threados_core::model::Actor;
use threados_core::workspace::ErrorClass;
use threados_core::wrapper::TerminalSize;

use super::{Shared, work};
use crate::link::{PaneAsk, Update};
use crate::terminal::Picture;

/// How often the window is shown a screen that changes all the time.
const PACE: Duration = Duration::from_millis(30);

/// What comes in.
pub(super) enum Input {
    /// The window wants something.
    Ask(PaneAsk),
    /// Something in the project changed, or the session has ended.
    Changed,
    /// The window is gone.
    Over,
}

pub(super) fn run(shared: &Shared, inbox: &Receiver<Input>) {
    let mut panes = Panes { shared, known: None, size: None, view: None };
    for input in inbox {
        match input {
            Input::Ask(PaneAsk::Type(bytes)) => {
                panes.type_bytes(&bytes);
                continue;
            }
            Input::Ask(PaneAsk::Look(size)) => panes.size = size,
            Input::Ask(ask) => carry_out(shared.clone(), ask),
            Input::Changed => {}
            Input::Over => return,
        }
        panes.update();
    }
}

/// To open and to close takes seconds, in which others may type.
fn carry_out(shared: Shared, ask: PaneAsk) {
    thread::spawn(move || {
        let door = SessionDoor { workspace: &shared.workspace, actor: Actor::User, confirmed: true };
        let (line, done) = match ask {
            PaneAsk::Open => ("mprocs open --headless".to_owned(), open(&shared, door)),
            PaneAsk::Close => {
                ("mprocs close".to_owned(), door.close().map(|()| "mprocs is closed".to_owned()))
            }
            PaneAsk::Show(step) => {
                let shown = door.select(&step).map(|_| format!("{step} is shown in the terminal"));
                (format!("mprocs select {step}"), shown)
            }
            PaneAsk::Look(_) | PaneAsk::Type(_) => return,
        };
        match done {
            Ok(what) => drop(shared.out.tell(Update::Done { what })),
            Err(fault) => work::refuse(&shared, line, fault),
        }
        shared.panes(Input::Changed);
    });
}

fn open(shared: &Shared, door: SessionDoor<'_>) -> Result<String, Fault> {
    let seqctl = shared.workspace.own_binary.as_ref().ok_or_else(|| {
        let why = "mprocs is opened by `seqctl`, which is not beside this program and not on PATH";
        Fault::new(ErrorClass::Environment, "NO_SEQCTL", why).hint("install it, then try again")
    })?;
    let root = shared.workspace.root().to_string_lossy().into_owned();
    let keeper = [seqctl.to_string_lossy().into_owned()].into_iter();
    let keeper = keeper.chain(["mprocs", "keep", "--root", &root].map(str::to_owned)).collect::<Vec<_>>();
    let (state, new) = door.open(&OpenSession::default(), &keeper)?;
    Ok(format!("{} is open{}", state.version, if new { "" } else { " already" }))
}

struct Panes<'a> {
    shared: &'a Shared,
    /// The session that the window knows of.
    known: Option<SessionState>,
    /// The size of the tab, while it is shown.
    size: Option<TerminalSize>,
    view: Option<View>,
}

impl Panes<'_> {
    /// Brings the view in line with what is so and what is wanted.
    fn update(&mut self) {
        let now = health(&self.shared.workspace.paths).up();
        if now != self.known {
            self.view = None;
            self.known.clone_from(&now);
            self.shared.out.tell(Update::Session(now.map(Arc::new)));
        }
        let Some(size) = self.size.filter(|_| self.known.is_some()) else { return self.view = None };
        match &mut self.view {
            Some(view) if view.is_over() => self.view = None,
            Some(view) => view.resize(size),
            None => match View::open(self.shared, size) {
                Ok(view) => self.view = Some(view),
                // It may just end; what is so then is told as a change.
                Err(error) => {
                    let fault = Fault::new(ErrorClass::Environment, "MPROCS", error.to_string());
                    let fault = fault.hint("close mprocs and open it again: its steps go on");
                    work::refuse(self.shared, "the terminal".to_owned(), fault);
                }
            },
        }
    }

    fn type_bytes(&mut self, bytes: &[u8]) {
        // Where it has ended, its end is told already.
        let _ = self.view.as_mut().map(|view| view.attached.type_bytes(bytes));
    }
}

/// A look at the session, as a terminal has one.
struct View {
    attached: Attached,
    size: TerminalSize,
    seen: Arc<Mutex<vt100::Parser>>,
    follower: thread::JoinHandle<()>,
}

impl View {
    fn open(shared: &Shared, size: TerminalSize) -> Result<Self, MprocsError> {
        let attached = Session::connect(&shared.workspace.paths)?.attach(size)?;
        let io = |source| MprocsError::Io { what: "look at the session", source };
        let (rows, cols) = cells(size);
        let seen = Arc::new(Mutex::new(vt100::Parser::new(rows, cols, 0)));
        let (reads, parser, shared) = (attached.try_clone().map_err(io)?, Arc::clone(&seen), shared.clone());
        let follower = thread::spawn(move || {
            follow(reads, &parser, |picture| shared.out.tell(Update::Picture(Arc::new(picture))));
            shared.panes(Input::Changed);
        });
        Ok(Self { attached, size, seen, follower })
    }

    fn is_over(&self) -> bool {
        self.follower.is_finished()
    }

    fn resize(&mut self, size: TerminalSize) {
        if self.size == size {
            return;
        }
        self.size = size;
        let (rows, cols) = cells(size);
        lock(&self.seen).set_size(rows, cols);
        // Where it has ended, its end is told already.
        let _ = self.attached.resize(size);
    }
}

impl Drop for View {
    fn drop(&mut self) {
        self.attached.leave();
    }
}

/// Shows what is drawn until nothing is any more: the first change at once, a flood in pictures a person can see.
fn follow(mut attached: Attached, seen: &Mutex<vt100::Parser>, show: impl Fn(Picture) -> bool) {
    let mut buffer = vec![0; 16 << 10];
    let mut shown: Option<Instant> = None;
    let mut changed = false;
    loop {
        let left = shown.map_or(Duration::ZERO, |at| PACE.saturating_sub(at.elapsed()));
        if changed && left.is_zero() {
            let picture = Picture::of(lock(seen).screen());
            if !show(picture) {
                return;
            }
            (shown, changed) = (Some(Instant::now()), false);
        }
        match attached.read_within(&mut buffer, changed.then(|| left.max(Duration::from_millis(1)))) {
            Ok(Some(n)) if n > 0 => {
                lock(seen).process(&buffer[..n]);
                changed = true;
            }
            Ok(None) => {}
            Ok(Some(_)) | Err(_) => return,
        }
    }
}

fn lock(seen: &Mutex<vt100::Parser>) -> MutexGuard<'_, vt100::Parser> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

fn cells(size: TerminalSize) -> (NonZeroU16, NonZeroU16) {
    let cells = |n: u16| NonZeroU16::new(n).unwrap_or(NonZeroU16::MIN);
    (cells(size.rows), cells(size.cols))
}

impl Shared {
    /// Tells the thread of the session something.
    pub(super) fn panes(&self, input: Input) {
        // It ends only when the window does.
        drop(self.to_panes.send(input));
    }
}

/// The way to it.
pub(super) type ToPanes = Sender<Input>;
