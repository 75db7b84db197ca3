//! The picture of a run that goes on: folded from the entries of the log, shown by whoever shows it.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde_json::Value;
use threados_core::engine::SKIPPED;
use threados_core::grammar::Control;
use threados_core::id::{RunId, StepId};
use threados_core::log::{Entry, fold};
use threados_core::model::{Outcome, Phase, Sequence, State, StepStatus};
use threados_core::workspace::{Snapshot, Workspace};
use threados_core::wrapper::sandbox::Confinement;

/// How many steps of a run stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    pub total: usize,
    pub done: usize,
    pub failed: usize,
    pub review: usize,
    pub running: usize,
    /// Neither running nor ended.
    pub waiting: usize,
}

/// One thing that happened in the run.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub at: DateTime<Utc>,
    pub step: StepId,
    /// The step of the run that added it and runs it, where it is not of the run itself.
    pub lead: Option<StepId>,
    pub attempt: u32,
    pub kind: EventKind,
}

/// A step as it is shown: `inspect > look` where `inspect` leads it.
pub fn name(step: &StepId, lead: Option<&StepId>) -> String {
    lead.map_or_else(|| step.to_string(), |lead| format!("{lead} > {step}"))
}

/// What happened to a step.
#[derive(Debug, Clone, PartialEq)]
pub enum EventKind {
    /// An attempt began.
    Started { command: Vec<String> },
    /// An attempt ended.
    Ended {
        status: StepStatus,
        reason: Option<String>,
        duration_ms: Option<u64>,
        exit_code: Option<i32>,
        /// It will be tried again.
        again: bool,
    },
}

impl EventKind {
    /// Whether the run had something to do about the step: it began, or was skipped.
    pub fn is_work(&self) -> bool {
        match self {
            Self::Started { .. } => true,
            Self::Ended { status, reason, .. } => {
                *status == StepStatus::Done && reason.as_deref() == Some(SKIPPED)
            }
        }
    }
}

/// A step that runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Running {
    pub step: StepId,
    /// As in [`Event::lead`].
    pub lead: Option<StepId>,
    pub attempt: u32,
    pub since: DateTime<Utc>,
    /// The folder of its attempt.
    pub dir: PathBuf,
}

/// The picture of a run.
#[derive(Debug)]
pub struct Board {
    pub run: RunId,
    /// The level of confinement its steps get.
    pub sandbox: Confinement,
    pub started_at: DateTime<Utc>,
    /// The steps it is about, in file order.
    pub steps: Vec<StepId>,
    /// The latest entry that was taken in.
    pub seen: u64,
    known: HashSet<StepId>,
    /// Runs that steps of this one have begun, and by whom.
    below: HashMap<RunId, StepId>,
    state: State,
    workspace: Workspace,
}

impl Board {
    /// The picture from what is so as the run begins, asked for by a person or, in a step, by that step. `before` is what was so before it was asked for.
    pub fn new(
        run: RunId,
        sandbox: Confinement,
        control: &Control,
        by: Option<&StepId>,
        before: &Snapshot,
        now: Snapshot,
        workspace: &Workspace,
    ) -> Self {
        let steps = scope(control, by, before, &run, now.sequence(), &now.state);
        // Entries up to the position are in the state; those since the question was asked are still to be shown.
        let seen = before.position.seq;
        let workspace = workspace.clone();
        let known = steps.iter().cloned().collect();
        let (state, below) = (now.state, HashMap::new());
        Self { run, sandbox, started_at: Utc::now(), steps, seen, known, below, state, workspace }
    }

    /// Looks at the project again: other runs and people work on it too, and their entries are not told to us.
    pub fn refresh(&mut self, now: Snapshot) {
        self.state = now.state;
    }

    /// Takes in an entry of the log. `None` where there is nothing to show.
    pub fn take(&mut self, entry: &Entry) -> Option<Event> {
        if entry.seq <= self.seen {
            return None;
        }
        self.note_run_below(entry);
        let of = entry.run_id.as_ref()?;
        let lead = self.below.get(of).cloned();
        if lead.is_none() && *of != self.run {
            return None;
        }
        self.seen = entry.seq;
        fold(&mut self.state, entry);
        let step: StepId = entry.target.parse().ok()?;
        let kind = kind(entry, self.state.steps.get(&step).is_some_and(|s| s.not_before.is_some()))?;
        if lead.is_none() && self.known.insert(step.clone()) {
            // It was added while the run goes on.
            self.steps.push(step.clone());
        }
        let attempt = entry.payload.get("attempt").and_then(Value::as_u64).unwrap_or(1);
        let attempt = u32::try_from(attempt).unwrap_or(u32::MAX);
        Some(Event { at: entry.timestamp, step, lead, attempt, kind })
    }

    /// A step of this run, or one below it, has begun a run of its own.
    fn note_run_below(&mut self, entry: &Entry) {
        let by = entry.payload.get("by").and_then(Value::as_str).and_then(|by| by.parse::<StepId>().ok());
        let (Some(run), Some(by)) = (&entry.run_id, by) else { return };
        let begins = entry.action.starts_with("run.") || entry.action == "step.restart";
        if !begins || entry.result != Outcome::Success {
            return;
        }
        let of = self.state.steps.get(&by).and_then(|state| state.run_id.as_ref());
        if of.is_some_and(|of| *of == self.run || self.below.contains_key(of)) {
            self.below.insert(run.clone(), by);
        }
    }

    /// How many steps stand where.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts { total: self.steps.len(), ..Counts::default() };
        for id in &self.steps {
            let slot = match self.state.phase(id.as_str()) {
                Phase::Done => &mut counts.done,
                Phase::Failed => &mut counts.failed,
                Phase::NeedsReview => &mut counts.review,
                Phase::Running => &mut counts.running,
                Phase::Idle => &mut counts.waiting,
            };
            *slot += 1;
        }
        counts
    }

    /// What runs, the longest first.
    pub fn running(&self) -> Vec<Running> {
        let own = self.steps.iter().filter_map(|id| self.runs(id, None));
        let mut running: Vec<Running> = own.chain(self.children()).collect();
        running.sort_by_key(|r| r.since);
        running
    }

    /// What runs below this run.
    fn children(&self) -> impl Iterator<Item = Running> + '_ {
        let busy = self.state.steps.iter().filter(|(_, state)| state.phase == Phase::Running);
        let busy = busy.filter(|_| !self.below.is_empty());
        busy.filter_map(|(id, state)| self.runs(id, Some(self.below.get(state.run_id.as_ref()?)?)))
    }

    /// Text without secrets.
    pub fn redact(&self, text: &str) -> String {
        self.workspace.redactor().redact(text).into_owned()
    }

    fn runs(&self, id: &StepId, lead: Option<&StepId>) -> Option<Running> {
        let state = self.state.steps.get(id).filter(|s| s.phase == Phase::Running)?;
        let dir = self.workspace.paths.run_step(state.run_id.as_ref()?, id);
        let since = state.started_at.unwrap_or(self.started_at);
        Some(Running { step: id.clone(), lead: lead.cloned(), attempt: state.attempt, since, dir })
    }

    /// Steps of this very run that run now.
    pub fn own_running(&self) -> Vec<&str> {
        self.running_of(|run| *run == self.run)
    }

    /// Steps of this run that another one has started and that run now.
    pub fn others_running(&self) -> Vec<&str> {
        self.running_of(|run| *run != self.run)
    }

    fn running_of(&self, is_meant: impl Fn(&RunId) -> bool) -> Vec<&str> {
        let meant = |id: &&StepId| {
            let state = self.state.steps.get(*id).filter(|s| s.phase == Phase::Running);
            state.and_then(|s| s.run_id.as_ref()).is_some_and(&is_meant)
        };
        self.steps.iter().filter(meant).map(StepId::as_str).collect()
    }
}

fn kind(entry: &Entry, again: bool) -> Option<EventKind> {
    let payload = &entry.payload;
    match entry.action.as_str() {
        "step.start" if entry.result == Outcome::Success => {
            let words = payload.get("command").and_then(Value::as_array);
            let command = words.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
            Some(EventKind::Started { command })
        }
        "step.end" => Some(EventKind::Ended {
            status: payload
                .get("status")
                .and_then(Value::as_str)
                .and_then(status)
                .unwrap_or(StepStatus::Failed),
            reason: payload.get("reason").and_then(Value::as_str).map(str::to_owned),
            duration_ms: payload.get("duration_ms").and_then(Value::as_u64),
            exit_code: entry.facts().into_iter().find_map(exit_code),
            again,
        }),
        _ => None,
    }
}

fn exit_code(fact: threados_core::model::Fact) -> Option<i32> {
    match fact {
        threados_core::model::Fact::Step(fact) => fact.exit_code,
        _ => None,
    }
}

fn status(word: &str) -> Option<StepStatus> {
    serde_json::from_value(Value::from(word)).ok()
}

/// The steps a run is about, as the engine counts them.
fn scope(
    control: &Control,
    by: Option<&StepId>,
    before: &Snapshot,
    run: &RunId,
    sequence: &Sequence,
    state: &State,
) -> Vec<StepId> {
    let ids = |wanted: &dyn Fn(usize, &StepId) -> bool| {
        let steps = sequence.steps.iter().enumerate();
        steps.filter(|(i, s)| wanted(*i, &s.id)).map(|(_, s)| s.id.clone()).collect()
    };
    match control {
        Control::RunStep(asked) => vec![asked.id.clone()],
        Control::Restart(asked) => vec![asked.id.clone()],
        Control::RunGroup(asked) => ids(&|i, _| sequence.steps[i].group_id.as_ref() == Some(&asked.group)),
        Control::RunRunnable(_) => {
            let views = before.statuses().steps;
            let was_ready = |id: &StepId| {
                let place = before.sequence().steps.iter().position(|s| s.id == *id);
                place.is_some_and(|i| views[i].status == StepStatus::Ready)
            };
            let is_ours = |id: &StepId| state.steps.get(id).is_some_and(|s| s.run_id.as_ref() == Some(run));
            ids(&|i, id| (was_ready(id) && sequence.steps[i].spawned_by.as_ref() == by) || is_ours(id))
        }
        Control::RunAll(_) | Control::Stop(_) => ids(&|i, _| {
            let step = &sequence.steps[i];
            step.watchdog_for.is_none() && step.spawned_by.as_ref() == by
        }),
    }
}
