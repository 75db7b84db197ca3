//! The engine: the one process of a project that runs steps.
//!
//! One loop puts every source in line: clients, wrappers, the log, changed files, time. It owns the slots and all
//! transitions; wrappers own the processes. If it dies, wrappers go on, and the next engine adopts them.

mod acks;
mod adopt;
mod agents;
mod agreement;
mod broker;
mod children;
mod client;
mod compare;
mod confine;
mod control;
mod core;
mod deliver;
mod ears;
mod ends;
mod event;
mod fill;
mod given;
mod journal;
mod launch;
mod notify;
mod observe;
mod outside;
mod pane;
mod pane_notes;
mod panes;
mod pauses;
mod pen;
mod precheck;
mod prepare;
pub mod protocol;
mod reach;
mod reading;
mod report;
mod run;
mod runs;
mod schedule;
mod seat;
mod session;
mod stop;
mod story;
mod token;
mod told;
mod tree;
mod untold;
mod watch;
mod without;
mod world;

use std::ffi::OsString;
use std::io;

use tokio::sync::mpsc;

pub use agents::plan_call;
pub use client::{Connection, Speaker, inside, socket_path};
pub use compare::{Comparison, Field, FileDiff, Side, compare};
pub use confine::{check_sandbox, ground, network_of};
pub use fill::PROMPT;
pub use given::SKIPPED;
pub use observe::{is_served, look, look_in_force, observe};
pub use pane::{PaneError, PaneScreen, serve_pane};
pub use pane_notes::tell_of_panes;
pub use reach::be_called_seqctl;
pub use reading::read_by_engine;
pub use report::{Metrics, RunRecord};
pub use runs::{Pruned, RunEntry, list_runs, prune_refused, prune_runs};
pub use session::{OpenSession, SessionDoor};
pub use story::{ChangedFile, Changes, Story, Text, records};
pub use token::attempt_of_token;
pub use tree::check_worktree;
pub use untold::{catch_up, reconcile, submit};
pub use without::stop_without_engine;

use crate::executor::{Direct, Executor};
use crate::log::{Log, LogError};
use crate::store::paths::PathsError;
use crate::workspace::{DoorError, Session, Workspace};
use crate::wrapper::{Respawn, WrapperError};

/// What an engine needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    /// The project.
    pub workspace: Workspace,
    /// A command line that becomes the spawner of steps.
    pub spawner: Vec<OsString>,
    /// A command line that becomes the engine of this project: for wrappers of detached runs.
    pub engine: Vec<String>,
}

impl Config {
    /// What becomes this engine again.
    fn again(&self) -> Respawn {
        Respawn {
            argv: self.engine.clone(),
            engine_lock: self.workspace.paths.engine_lock.clone(),
            bells: None,
            detached: false,
        }
    }
}

/// Why an engine could not start, or had to end.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The project cannot be opened.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// The log cannot be opened.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The socket's folder cannot be had.
    #[error(transparent)]
    Paths(#[from] PathsError),
    /// Steps cannot be started.
    #[error(transparent)]
    Wrapper(#[from] WrapperError),
    /// It would be ended together with the step.
    #[error("a process of a step cannot be the engine: it would end with the step")]
    InsideStep,
    /// The system refused.
    #[error("cannot {what}: {source}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

impl EngineError {
    fn io(what: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, source }
    }
}

/// How serving came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Served {
    /// Nothing was left to do.
    Idle,
    /// Another engine serves this project.
    Taken,
}

/// Serves a project until nothing is left to do. `ready` is called as soon as clients can connect.
///
/// # Errors
/// [`EngineError`] where it cannot start; steps that run go on all the same.
pub fn serve(config: Config, ready: impl FnOnce()) -> Result<Served, EngineError> {
    if inside(&config.workspace.paths).is_some() {
        return Err(EngineError::InsideStep);
    }
    let Some(mut seat) = seat::Seat::take(&config.workspace.paths)? else { return Ok(Served::Taken) };
    seat.note(&socket_path(&config.workspace.paths)?)
        .map_err(EngineError::io("note where the engine listens"))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(EngineError::io("start the engine's runtime"))?;
    let result = runtime.block_on(run(config, seat, ready));
    // Threads that wait for locks of adopted steps may wait for ever.
    runtime.shutdown_background();
    result.map(|()| Served::Idle)
}

async fn run(mut config: Config, seat: seat::Seat, ready: impl FnOnce()) -> Result<(), EngineError> {
    let workspace = config.workspace.clone();
    let executor: Box<dyn Executor> =
        Box::new(Direct::new(config.spawner.clone(), workspace.paths.spawner_lock.clone(), config.again())?);
    let snapshot = Session::begin(&workspace)?.snapshot().clone();
    config.workspace.stays = true;
    let (events, inbox) = mpsc::unbounded_channel();
    let log = Log::open_at(&workspace.paths, workspace.log_redactor(), &snapshot.position)?;
    let journal = journal::Journal::new(log, events.clone());
    let world = world::World::new(&workspace, snapshot);
    let broker = broker::Broker {
        tokens: token::Tokens::open(&workspace.paths)
            .map_err(EngineError::io("keep the secret of the tokens"))?,
        socket: socket_path(&workspace.paths)?,
    };
    let door = ears::Door::open(broker.socket.clone(), seat)?;
    let mut engine = core::Engine::new(config, world, executor, journal, events, broker);
    engine.adopt();
    // Whoever started this one waits no longer than for its word.
    engine.be_brought_back();
    ready();
    core::serve(&mut engine, door, inbox).await
}
