//! The engine's loop and its parts' common state.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};

use super::broker::{Broker, Caller, Origin};
use super::ears::{ExecutorEar, WatchEar};
use super::event::{ClientId, Event};
use super::journal::Journal;
use super::notify::Notifier;
use super::panes::MPROCS;
use super::pauses::Pauses;
use super::pen::Start;
use super::protocol::{EngineMessage, Spoken};
use super::run::Run;
use super::world::World;
use super::{Config, EngineError};
use crate::executor::Executor;
use crate::executor::mprocs::Panes;
use crate::id::{RunId, StepId};
use crate::model::Mode;
use crate::workspace::Workspace;
use crate::wrapper::{Job, WrapperError};

/// How long transitions may wait until they stand in `sequence.yaml`.
const FLUSH_AFTER: Duration = Duration::from_millis(900);

/// How long an idle engine waits for another client before it ends.
const LINGER: Duration = Duration::from_millis(300);

/// An attempt that is under way.
#[derive(Debug)]
pub(super) struct Active {
    pub run: RunId,
    pub attempt: u32,
    pub lock_file: PathBuf,
    pub step_dir: PathBuf,
    /// Why it is being stopped.
    pub stopping: Option<String>,
    /// Kill it at once as soon as it can be reached.
    pub kill_now: bool,
    /// Whether its wrapper was told to end it, and if so whether at once.
    pub told: Option<bool>,
    /// Its end shows by its lock, not by an event of our executor.
    pub adopted: bool,
}

/// A connection.
pub(super) struct Client {
    pub send: UnboundedSender<String>,
    pub watching: Option<RunId>,
    pub caller: Caller,
    /// Its process, where it is in no step.
    pub pid: Option<u32>,
    /// The processes above that.
    pub above: Vec<u32>,
    /// What it shows as the token of its step.
    pub token: Option<String>,
    /// For whom it speaks, where that is somebody else.
    pub speaks_for: Option<Spoken>,
}

/// A client that waits until steps are gone.
pub(super) struct StopWaiter {
    pub client: ClientId,
    pub all: Vec<StepId>,
    pub runs: Vec<RunId>,
    pub left: Vec<StepId>,
}

/// A message that waits until what it acknowledges is durable, and, where it says so, stands in the file.
pub(super) struct Ack {
    pub after: u64,
    pub flushed: bool,
    pub to: ClientId,
    pub message: EngineMessage,
}

/// The one process of a project that runs steps.
pub(super) struct Engine {
    pub config: Config,
    pub world: World,
    pub executor: Box<dyn Executor>,
    pub panes: Panes,
    pub began: Instant,
    /// Attempts of the engine before this one that a pane may still begin, and until when.
    pub undecided: Vec<(StepId, Duration)>,
    pub journal: Journal,
    pub runs: BTreeMap<RunId, Run>,
    /// Per run that a step asked for: the run of that step.
    pub runs_above: HashMap<RunId, RunId>,
    pub active: HashMap<StepId, Active>,
    pub clients: HashMap<ClientId, Client>,
    pub events: UnboundedSender<Event>,
    pub broker: Broker,
    pub launches: Vec<Job>,
    /// Starts that are not written yet.
    pub starts: Vec<Start>,
    pub acks: Vec<Ack>,
    pub stop_waiters: Vec<StopWaiter>,
    /// Steps to run again, in these runs, once they have ended.
    pub restarts: HashMap<StepId, RunId>,
    /// Steps that wait for their next attempt.
    pub retries: Pauses,
    pub reconciled: Option<EngineMessage>,
    pub notifier: Notifier,
    /// What is wrong with the files, as those who watch were told: of the sequence, of the policy.
    pub faults: [Option<String>; 2],
    pub dirty_since: Option<Instant>,
    pub flush_now: bool,
    pub flushing: bool,
    /// It could not take a job; what it has to say is not to be waited for.
    executor_gone: bool,
    pub looking: bool,
    /// Something changed during the look; whether it was the policy.
    pub look_again: Option<bool>,
    /// When to look again because the last look was in vain.
    pub look_at: Option<Instant>,
    pub retry_log: Option<Instant>,
    /// The loop goes on because it is time to, not because anything was heard: nobody's word waits to be read.
    pub calm: bool,
    /// Why the log could not be made durable; it cannot be trusted any more.
    pub broken_log: Option<(String, Instant)>,
    next_client: ClientId,
    idle_since: Option<Instant>,
}

impl Engine {
    pub fn new(
        config: Config,
        world: World,
        executor: Box<dyn Executor>,
        journal: Journal,
        events: UnboundedSender<Event>,
        broker: Broker,
    ) -> Self {
        Self {
            config,
            world,
            executor,
            panes: Panes::default(),
            began: Instant::now(),
            undecided: Vec::new(),
            journal,
            runs: BTreeMap::new(),
            runs_above: HashMap::new(),
            active: HashMap::new(),
            clients: HashMap::new(),
            events,
            broker,
            launches: Vec::new(),
            starts: Vec::new(),
            acks: Vec::new(),
            stop_waiters: Vec::new(),
            restarts: HashMap::new(),
            retries: Pauses::default(),
            reconciled: None,
            notifier: Notifier::default(),
            faults: [None, None],
            dirty_since: None,
            flush_now: false,
            flushing: false,
            executor_gone: false,
            looking: false,
            look_again: None,
            look_at: None,
            retry_log: None,
            calm: false,
            broken_log: None,
            next_client: 1,
            idle_since: None,
        }
    }

    pub fn workspace(&self) -> &Workspace {
        &self.config.workspace
    }

    pub fn add_client(&mut self, send: UnboundedSender<String>) -> ClientId {
        let id = self.next_client;
        self.next_client += 1;
        let client = Client {
            send,
            watching: None,
            caller: Caller::Unknown,
            pid: None,
            above: Vec::new(),
            token: None,
            speaks_for: None,
        };
        self.clients.insert(id, client);
        id
    }

    pub fn say(&self, to: ClientId, message: &EngineMessage) {
        if let (Some(client), Ok(line)) = (self.clients.get(&to), serde_json::to_string(message)) {
            // A client that is gone hears nothing.
            drop(client.send.send(line));
        }
    }

    pub fn mode(&self) -> Mode {
        self.world.policy.as_ref().map_or(Mode::Safe, |p| p.mode)
    }

    /// After every event: start what may start, write what happened, end what is over.
    pub fn turn(&mut self) {
        self.give_up_on_panes();
        self.look_if_due();
        loop {
            // What has happened is told before it is weighed what may start by it, for which files are looked at.
            self.flush_journal();
            self.schedule();
            self.flush_journal();
            let ended = self.end_runs();
            if !ended {
                break;
            }
        }
        self.flush_outputs();
        self.send_acks();
        self.be_brought_back();
    }

    /// Starts what was put back in line although nothing new was written.
    pub fn flush_launches(&mut self) {
        if self.journal.is_empty() {
            self.launch();
        }
    }

    pub(super) fn launch(&mut self) {
        for job in std::mem::take(&mut self.launches) {
            if job.executor == MPROCS {
                self.start_in_pane(job);
                continue;
            }
            if let Err(error) = self.executor.start(&job) {
                if matches!(error, WrapperError::Json { .. }) {
                    self.not_handed_over(&job.step_id, &error.to_string());
                } else {
                    // It is gone, and says so next; its steps are put back then.
                    self.executor_gone = true;
                }
            }
        }
        self.deal();
    }

    fn flush_outputs(&mut self) {
        let due = self.dirty_since.is_some_and(|t| self.flush_now || t.elapsed() >= FLUSH_AFTER);
        if !due || !self.may_flush() {
            return;
        }
        self.flushing = true;
        self.flush_now = false;
        self.dirty_since = None;
        let (workspace, events) = (self.config.workspace.clone(), self.events.clone());
        tokio::task::spawn_blocking(move || {
            if let Err(error) = workspace.flush_outputs() {
                tracing::warn!(%error, "the statuses could not be written into sequence.yaml");
            }
            drop(events.send(Event::Flushed));
        });
    }

    /// What the log does not tell yet is not written into the file either.
    fn may_flush(&self) -> bool {
        !self.flushing && self.journal.is_empty()
    }

    /// The statuses are to stand in the file as soon as possible: a run ended.
    pub fn flush_soon(&mut self) {
        self.flush_now = true;
        self.dirty_since.get_or_insert_with(Instant::now);
    }

    /// When the loop has to look again although nothing happened.
    pub fn deadline(&self) -> Option<Instant> {
        let flush = self.dirty_since.filter(|_| self.may_flush()).map(|t| t + FLUSH_AFTER);
        let retry = self.next_start();
        let end = self.broken_log.as_ref().map(|(_, since)| *since + LINGER);
        [flush, retry, self.retry_log, self.look_at, end, self.next_pane_deadline()]
            .into_iter()
            .flatten()
            .min()
    }

    /// How long it has been idle.
    fn idle_for(&mut self, idle: bool) -> Option<Duration> {
        self.idle_since = idle.then(|| self.idle_since.unwrap_or_else(Instant::now));
        self.idle_since.map(|since| since.elapsed())
    }

    /// Whether nothing is left to do and nobody is left to serve.
    pub fn is_idle(&self) -> bool {
        self.runs.is_empty()
            && self.active.is_empty()
            && self.clients.is_empty()
            && self.journal.is_empty()
            && self.dirty_since.is_none()
            && !self.flushing
            && !self.looking
            && !self.notifier.is_busy()
    }
}

/// Serves until nothing is left to do.
pub(super) async fn serve(
    engine: &mut Engine,
    mut door: super::ears::Door,
    mut inbox: UnboundedReceiver<Event>,
) -> Result<(), EngineError> {
    let mut executor = ExecutorEar::new(engine)?;
    let mut watch = WatchEar::new(engine)?;
    // What was written since the project was read, and before this began to hear of it.
    engine.catch_up_now();
    engine.turn();
    loop {
        while std::mem::take(&mut engine.executor_gone) {
            engine.hear_executor(&mut executor)?;
            engine.turn();
        }
        if let Some((error, since)) = &engine.broken_log
            && since.elapsed() >= LINGER
        {
            return Err(EngineError::io("make the log durable")(std::io::Error::other(error.clone())));
        }
        let idle = engine.is_idle() && inbox.is_empty();
        let idle_for = engine.idle_for(idle);
        if idle_for.is_some_and(|t| t >= LINGER) && !door.close_unless_knocked(engine).await? {
            return Ok(());
        }
        let deadline = engine.deadline().into_iter().chain(idle.then(|| Instant::now() + LINGER)).min();
        tokio::select! {
            biased;
            ready = executor.ready() => { ready?; engine.hear_executor(&mut executor)?; }
            Some(event) = inbox.recv() => {
                if !door.is_ours() {
                    return Ok(());
                }
                engine.on(event);
                while let Ok(event) = inbox.try_recv() {
                    engine.on(event);
                }
            }
            stream = door.knock() => super::ears::welcome(engine, stream),
            ready = watch.ready() => ready?,
            () = super::ears::sleep_until(deadline) => engine.calm = true,
        }
        // What is done in a project that was removed would bring some of it back.
        if !door.is_ours() {
            return Ok(());
        }
        // A policy that a hand changed before a step ended counts for what follows, whichever is heard of first.
        engine.looked(watch.changes()?);
        engine.turn();
        engine.calm = false;
    }
}

impl Engine {
    fn on(&mut self, event: Event) {
        match event {
            Event::Known(client, Origin { caller, pid, above }) => {
                if let Some(client) = self.clients.get_mut(&client) {
                    (client.caller, client.pid, client.above) = (caller, pid, above);
                }
            }
            Event::Stranger(uid) => self.stranger(uid),
            Event::Answer(client, answer) => self.say(client, &answer),
            Event::Said(client, message) => self.heard(client, message),
            Event::Gone(client) => {
                self.clients.remove(&client);
                self.pane_gone(client);
            }
            Event::NotDurable(error) => self.not_durable(error),
            Event::Durable(number) => self.journal.durable = self.journal.durable.max(number),
            Event::Lock => {
                let flushed = self.flush_handed();
                self.took(flushed);
            }
            Event::Released(step) => self.released(&step),
            Event::Flushed => self.flushing = false,
            Event::Looked(how) => self.looked_at_last(how),
            Event::Notified { about, faults } => self.notified(&about, &faults),
        }
    }
}
