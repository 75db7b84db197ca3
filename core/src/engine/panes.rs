//! The engine and the panes of the mprocs session: who may be one, what is started there, what is started without.

use std::time::{Duration, Instant};

use chrono::Utc;
use serde_json::json;

use super::broker::Caller;
use super::core::Engine;
use super::ends::End;
use super::event::ClientId;
use super::fill::StartError;
use super::protocol::{EngineMessage, Fault};
use super::run::Run;
use crate::executor::mprocs::{
    Health, NO_START, Overdue, PaneHears, PaneMap, PaneName, PaneSays, Room, START_WITHIN, health, is_below,
};
use crate::id::{Digest, RunId, StepId};
use crate::log::Draft;
use crate::model::{Actor, Outcome, Step};
use crate::workspace::ErrorClass;
use crate::wrapper::{Job, SpawnEvent, at_work, monotonic};

/// Its name in `--executor` and in `status.json`.
pub(super) const MPROCS: &str = "mprocs";
/// The name of a pane's doings in the log.
const PANE: &str = "mprocs.pane";
/// Panes that lost their engine come back to the next one within this.
const PANES_COME: Duration = Duration::from_secs(2);
/// The panes of a session that was just opened, or that lost their engine, are all there within this.
const ALL_PANES_COME: Duration = Duration::from_secs(20);
/// How long a step waits for its own pane to come back, before it takes a slot.
const OWN_PANE_COMES: Duration = Duration::from_secs(1);
/// A wrapper that began in time shows by its lock within this.
const BEGUN_BY_THEN: Duration = Duration::from_millis(100);

impl Engine {
    /// A pane says something. It counts only where the process tree tells that it is one.
    pub(super) fn pane_says(&mut self, client: ClientId, says: PaneSays) {
        if let Err(why) = self.check_pane(client) {
            let target = match &says {
                PaneSays::Waiting { pane } => pane.to_string(),
                _ => String::new(),
            };
            return self.turn_pane_down(client, &target, why);
        }
        match says {
            PaneSays::Waiting { pane } => {
                self.panes.waits(client, pane);
                self.deal();
            }
            PaneSays::Redeem { ticket } => self.redeem(client, &ticket),
            PaneSays::Event { event } => self.pane_tells(client, *event),
        }
    }

    fn check_pane(&self, client: ClientId) -> Result<(), &'static str> {
        let Some(known) = self.clients.get(&client) else { return Err("nobody knows this connection") };
        match &known.caller {
            Caller::Step(_) => Err("a process of a step is no pane"),
            Caller::Unknown => Err("the process that asks cannot be seen from here"),
            Caller::Outside if is_below(&self.workspace().paths, &known.above) => Ok(()),
            Caller::Outside => Err("the process that asks is not below the mprocs of this project's session"),
        }
    }

    fn turn_pane_down(&mut self, client: ClientId, target: &str, why: impl Into<String>) {
        let fault = Fault::new(ErrorClass::Denied, "NOT_A_PANE", why)
            .hint("panes are started by `seqctl mprocs open`, and by nobody else");
        self.turn_down(client, Actor::System, PANE, target, fault);
    }

    fn redeem(&mut self, client: ClientId, ticket: &str) {
        match self.panes.redeem(client, ticket, monotonic()) {
            Ok((job, start_by)) => {
                let start_by_ms = u64::try_from(start_by.as_millis()).unwrap_or(u64::MAX);
                let job = PaneHears::Job { job: Box::new(job), start_by_ms };
                self.say(client, &EngineMessage::Pane(job));
            }
            Err(refusal) => self.turn_pane_down(client, "ticket", refusal.to_string()),
        }
    }

    fn pane_tells(&mut self, client: ClientId, event: SpawnEvent) {
        if let SpawnEvent::TooLate { key } = &event
            && self.active.get(&key.step_id).is_none_or(|active| active.stopping.is_none())
        {
            if !self.panes.too_late(client, key, monotonic()) {
                self.turn_pane_down(client, "event", "this attempt was not late");
            }
            return;
        }
        if self.panes.told(client, &event) {
            self.spawned(event);
        } else {
            self.turn_pane_down(client, "event", "this attempt is not the one the pane was given");
        }
    }

    /// Another user tried to connect, which only somebody who may enter our folder can.
    pub(super) fn stranger(&mut self, uid: u32) {
        let mut draft = Draft::new(Actor::System, "engine.connect", "").with("uid", json!(uid));
        draft.result = Outcome::Denied;
        draft.error = Some(format!("a connection of another user (uid {uid}) was refused"));
        self.tell(draft, Vec::new());
    }

    /// Has an attempt started in a pane.
    pub(super) fn start_in_pane(&mut self, job: Job) {
        self.panes.start(job, monotonic());
    }

    /// Gives tickets to panes that wait.
    pub(super) fn deal(&mut self) {
        let young = self.panes.is_anyone_left() && self.began.elapsed() < OWN_PANE_COMES;
        let map = if young { PaneMap::read(&self.workspace().paths).ok() } else { None };
        let may_come = |step: &StepId| map.as_ref().is_some_and(|map| map.has_own(step));
        for (client, pane, step, ticket) in self.panes.offer(ticket, may_come) {
            self.note_in_map(&step, &pane);
            self.say(client, &EngineMessage::Pane(PaneHears::Ticket { ticket }));
        }
    }

    fn note_in_map(&self, step: &StepId, pane: &PaneName) {
        if matches!(pane, PaneName::Step(_)) {
            return;
        }
        let paths = &self.workspace().paths;
        let noted = PaneMap::read(paths).and_then(|mut map| match map.note(step, pane) {
            true => map.write(paths).map(drop),
            false => Ok(()),
        });
        if let Err(error) = noted {
            tracing::warn!(%step, %error, "the map of panes does not show where the step is");
        }
    }

    /// A connection ended. Where it was a pane with an attempt, that one shows its end by its lock from now on.
    pub(super) fn pane_gone(&mut self, client: ClientId) {
        let Some(key) = self.panes.gone(client) else { return };
        if self.is_current(&key) {
            self.follow_lock(&key.step_id);
        }
    }

    /// Which executor starts a step: what was asked for, else the session where it is up and has room.
    pub(super) fn executor_for(&self, step: &Step, asked: Option<&str>) -> Result<&'static str, StartError> {
        match asked {
            Some("direct") if !step.interactive => return Ok(self.executor.name()),
            Some("direct") => {
                return Err(StartError::Session(
                    "an interactive step has its terminal in a pane of mprocs".into(),
                ));
            }
            _ => {}
        }
        let state = health(&self.workspace().paths);
        let needs = asked == Some(MPROCS) || step.interactive;
        if needs {
            return match state {
                Health::Up(_) => Ok(MPROCS),
                Health::Absent => Err(StartError::Session("no mprocs session is up".into())),
                Health::Dead(_) => {
                    Err(StartError::Session("the mprocs session has ended without a word".into()))
                }
            };
        }
        let room = || match self.room(&step.id) {
            Room::Free => true,
            Room::Busy => false,
            Room::Nobody => self.panes_may_come(),
        };
        Ok(if matches!(state, Health::Up(_)) && room() { MPROCS } else { self.executor.name() })
    }

    /// What is about to be started takes what waits before others do.
    fn room(&self, step: &StepId) -> Room {
        let starting = self.launches.iter().filter(|job| job.executor == MPROCS);
        self.panes.room(step, starting.map(|job| &job.step_id))
    }

    fn panes_may_come(&self) -> bool {
        self.began.elapsed() < PANES_COME
    }

    /// Finds out whether panes may still come that somebody may have to wait for.
    pub(super) fn look_for_panes(&mut self) {
        let asked =
            |run: &Run| run.opened.control.options().is_some_and(|o| o.executor.as_deref() == Some(MPROCS));
        let needed = self.runs.values().any(asked) || (!self.runs.is_empty() && self.world.has_interactive);
        let session = needed.then(|| health(&self.workspace().paths).up()).flatten();
        let missing = session.filter(|session| self.panes.len() < session.panes);
        self.panes.may_come_until = missing.and_then(|session| {
            let age = (Utc::now() - session.started_at).to_std().unwrap_or_default();
            let left = ALL_PANES_COME.checked_sub(age.min(self.began.elapsed()))?;
            Some(Instant::now() + left)
        });
    }

    /// Whether a step that has to run in a pane waits until one is there and free. Orchestrators that wait for their
    /// children keep theirs, so where only they are at work nothing is waited for.
    pub(super) fn waits_for_pane(&self, step: &Step, run: &RunId) -> bool {
        let options = self.runs.get(run).and_then(|r| r.opened.control.options());
        let asked = options.and_then(|o| o.executor.as_deref());
        if (asked != Some(MPROCS) && !step.interactive) || asked == Some("direct") {
            return false;
        }
        let someone_works = || self.active.keys().any(|id| !self.waiting().contains(id));
        let may_come = self.panes.may_come_until.is_some();
        match self.room(&step.id) {
            Room::Free => false,
            Room::Busy => may_come || someone_works(),
            Room::Nobody => may_come,
        }
    }

    /// Whether there is such an executor, and can be used now.
    pub(super) fn check_executor(&self, asked: Option<&str>) -> Result<(), Fault> {
        match asked {
            None | Some("auto" | "direct") => Ok(()),
            Some(MPROCS) => self.require_session(),
            Some(other) => {
                let message = format!("there is no executor `{other}`");
                Err(Fault::new(ErrorClass::Environment, "NO_EXECUTOR", message)
                    .hint("use auto, direct or mprocs"))
            }
        }
    }

    /// `--executor mprocs` needs a session.
    pub(super) fn require_session(&self) -> Result<(), Fault> {
        let why = match health(&self.workspace().paths) {
            Health::Up(_) => return Ok(()),
            Health::Absent => "no mprocs session of this project is up",
            Health::Dead(_) => "the mprocs session of this project has ended without a word",
        };
        Err(Fault::new(ErrorClass::Environment, "MPROCS_NO_SESSION", why)
            .hint("`seqctl mprocs open` opens one (--headless: in the background); or use --executor auto"))
    }

    /// What is known of the session is brought in line with what is so, and that is on record.
    pub(super) fn mend_session(&mut self) {
        if let Some(done) = PaneMap::mend(&self.workspace().paths) {
            self.tell(Draft::new(Actor::System, "reconcile", MPROCS).with(MPROCS, done), Vec::new());
        }
    }

    /// An attempt that the engine before this one may have handed to a pane: it is waited for as long as it may take.
    pub(super) fn may_begin_in_a_pane(&mut self, step: &StepId) -> bool {
        let session = health(&self.workspace().paths) != Health::Absent;
        if session {
            self.undecided.push((step.clone(), monotonic() + START_WITHIN + BEGUN_BY_THEN));
        }
        session
    }

    /// What became of the attempts that a pane might have begun.
    fn decide(&mut self) {
        let now = monotonic();
        let (due, rest) = std::mem::take(&mut self.undecided).into_iter().partition(|(_, at)| now >= *at);
        self.undecided = rest;
        let due: Vec<(StepId, Duration)> = due;
        for (step, _) in due {
            let Some(active) = self.active.get(&step) else { continue };
            let (run, attempt) = (active.run.clone(), active.attempt);
            let stopping = active.stopping.is_some();
            if self.lives(&step) {
                self.follow_lock(&step);
                if stopping {
                    self.signal(&step);
                }
            } else if self.never_began(&step) {
                self.put_back(&step);
            } else {
                let end = self.find_end(&step);
                self.over(&step, &run, attempt, end);
            }
        }
    }

    pub(super) fn next_pane_deadline(&self) -> Option<Instant> {
        let undecided = self.undecided.iter().map(|(_, at)| *at);
        let next = self.panes.next_deadline().into_iter().chain(undecided).min();
        let next = next.map(|at| Instant::now() + at.saturating_sub(monotonic()));
        let own = self.began + OWN_PANE_COMES;
        let own = (self.panes.is_anyone_left() && own > Instant::now()).then_some(own);
        let come = self.panes.may_come_until.filter(|at| *at > Instant::now());
        next.into_iter().chain(own).chain(come).min()
    }

    /// Attempts that no pane has begun in time will not begin any more.
    pub(super) fn give_up_on_panes(&mut self) {
        self.decide();
        self.deal();
        let busy = std::cell::OnceCell::new();
        let pid = |client| self.clients.get(&client).and_then(|client| client.pid);
        let is_busy = |pid| busy.get_or_init(at_work).contains(&pid);
        let calm = self.calm;
        let at_work = |client: Option<ClientId>| !calm || client.and_then(pid).is_some_and(is_busy);
        for overdue in self.panes.overdue(monotonic(), at_work) {
            if self.is_current(&overdue.job.key()) {
                self.give_up(overdue);
            }
        }
    }

    fn give_up(&mut self, overdue: Overdue) {
        let Overdue { mut job, why, waited, handed_over } = overdue;
        let step = job.step_id.clone();
        if handed_over && self.lives(&step) {
            return self.follow_lock(&step);
        }
        if handed_over && !self.never_began(&step) {
            let end = self.find_end(&step);
            return self.over(&step, &job.run_id, job.attempt, end);
        }
        let options = self.runs.get(&job.run_id).and_then(|r| r.opened.control.options());
        let asked = options.is_some_and(|o| o.executor.as_deref() == Some(MPROCS));
        if !asked && !job.terminal {
            // Nobody asked for mprocs, so nothing fails for its sake.
            job.executor = self.executor.name().to_owned();
            self.launches.push(job);
            self.flush_launches();
            return;
        }
        let reason = format!("{NO_START}: mprocs did not start it within {} ms: {why}", waited.as_millis());
        self.over(&step, &job.run_id, job.attempt, End::failed(reason));
    }
}

/// 256 random bits, in hex; `None` where the system has none to give.
fn ticket() -> Option<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).ok()?;
    Some(Digest::of([bytes.as_slice()]).as_str().to_owned())
}
