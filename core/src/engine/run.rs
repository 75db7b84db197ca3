//! A run: what was asked for, and what has come of it so far.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::dag::{Node, Statuses};
use crate::grammar::Control;
use crate::id::{RunId, StepId};
use crate::model::{Sequence, StepStatus};

/// Which steps a run may start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Scope {
    /// Whatever is in the sequence, also what is added later.
    All,
    /// These.
    Steps(BTreeSet<StepId>),
}

/// What an open run is in the log: enough to go on with it after a crash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Opened {
    pub control: Control,
    pub scope: Scope,
    #[serde(default)]
    pub restart: Option<StepId>,
    /// The orchestrator that asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<StepId>,
}

impl Opened {
    /// Its steps by status; watchdogs belong to the steps they watch.
    pub fn count(&self, sequence: &Sequence, statuses: &Statuses) -> BTreeMap<StepStatus, usize> {
        let mut counts = BTreeMap::new();
        for (step, view) in sequence.steps.iter().zip(&statuses.steps) {
            if self.covers(step) && (self.scope != Scope::All || step.watchdog_for.is_none()) {
                *counts.entry(view.status).or_default() += 1;
            }
        }
        counts
    }
}

/// One finished or running attempt, for the run's metrics.
#[derive(Debug, Clone)]
pub(super) struct Attempted {
    pub step: StepId,
    pub started_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    pub failed: bool,
}

/// A run that goes on.
#[derive(Debug)]
pub(super) struct Run {
    pub id: RunId,
    pub opened: Opened,
    pub started_at: DateTime<Utc>,
    /// Steps of a limited scope that have not ended yet.
    pub left: BTreeSet<StepId>,
    /// Steps it has running now.
    pub active: BTreeSet<StepId>,
    /// Steps whose dependencies do not matter: `run step --force`.
    pub forced: BTreeSet<StepId>,
    /// Nothing new starts.
    pub stopping: bool,
    pub attempts: Vec<Attempted>,
    /// Number of the latest attempt of each step in this run.
    pub tries: BTreeMap<StepId, u32>,
    pub peak: usize,
    /// Attempts that ended at a limit of their model: in all, and since the last one that did not.
    pub waits: BTreeMap<StepId, (u32, u32)>,
}

impl Run {
    pub fn new(id: RunId, opened: Opened, started_at: DateTime<Utc>) -> Self {
        let left = match &opened.scope {
            Scope::All => BTreeSet::new(),
            Scope::Steps(ids) => ids.clone(),
        };
        let forced = match &opened.control {
            Control::RunStep(run) if run.force => BTreeSet::from([run.id.clone()]),
            _ => BTreeSet::new(),
        };
        Self {
            id,
            opened,
            started_at,
            left,
            active: BTreeSet::new(),
            forced,
            stopping: false,
            attempts: Vec::new(),
            tries: BTreeMap::new(),
            peak: 0,
            waits: BTreeMap::new(),
        }
    }

    pub fn max_concurrent(&self) -> Option<u32> {
        self.opened.control.options().and_then(|o| o.max_concurrent)
    }

    pub fn waits(&self) -> bool {
        self.opened.control.options().is_some_and(|o| o.wait)
    }

    pub fn is_detached(&self) -> bool {
        self.opened.control.options().is_some_and(|o| o.detach)
    }

    pub fn began(&mut self, step: &StepId, at: DateTime<Utc>) -> u32 {
        self.active.insert(step.clone());
        self.peak = self.peak.max(self.active.len());
        self.attempts.push(Attempted { step: step.clone(), started_at: at, ended_at: None, failed: false });
        let tries = self.tries.entry(step.clone()).or_default();
        *tries += 1;
        *tries
    }

    /// Its latest attempt never came to life, and does not count.
    pub fn never_began(&mut self, step: &StepId) {
        self.active.remove(step);
        if let Some(index) = self.attempts.iter().rposition(|a| a.step == *step) {
            self.attempts.remove(index);
        }
        if let Some(tries) = self.tries.get_mut(step) {
            *tries = tries.saturating_sub(1);
        }
        self.tries.retain(|_, tries| *tries > 0);
    }

    pub fn ended(&mut self, step: &StepId, at: DateTime<Utc>, failed: bool) {
        self.active.remove(step);
        if let Some(attempt) = self.attempts.iter_mut().rev().find(|a| a.step == *step) {
            attempt.ended_at = Some(at);
            attempt.failed = failed;
        }
    }
}

impl Run {
    /// An attempt ended, at a limit of its model or otherwise.
    pub fn waited(&mut self, step: &StepId, at_limit: bool) {
        if at_limit {
            let (all, row) = self.waits.entry(step.clone()).or_default();
            (*all, *row) = (*all + 1, *row + 1);
        } else if let Some((_, row)) = self.waits.get_mut(step) {
            *row = 0;
        }
    }
}

/// The ready steps a run with a limited scope may start, in file order.
pub(super) fn in_file_order(nodes: impl Iterator<Item = Node>) -> Vec<Node> {
    let mut nodes: Vec<Node> = nodes.collect();
    nodes.sort_unstable();
    nodes
}
