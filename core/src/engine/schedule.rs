//! Which steps start now: those of the frontier that a run wants, in file order, as long as there are slots.

use std::collections::HashSet;
use std::time::Instant;

use super::core::Engine;
use super::run::{Run, Scope};
use crate::dag::Node;
use crate::id::{RunId, StepId};
use crate::model::{Phase, Step};

impl Engine {
    /// Starts what may start, also what may because another step was skipped or could not start.
    pub(super) fn schedule(&mut self) {
        self.look_for_panes();
        while self.start_some() {}
    }

    /// Whether one of those it began is over already.
    fn start_some(&mut self) -> bool {
        if self.runs.is_empty() || !self.can_log() {
            return false;
        }
        let Ok(policy) = &self.world.policy else { return false };
        if self.world.policy_stands_at().is_some() {
            return false;
        }
        let waiting = self.waiting();
        let running = u32::try_from(self.active.len() - waiting.len()).unwrap_or(u32::MAX);
        let free = policy.free_slots(running, None, 0) as usize;
        if free == 0 {
            return false;
        }
        let mut over = false;
        for (step, run) in self.picks(free, policy.max_fanout, &waiting) {
            // Those before it may have taken the pane that it was picked for.
            if self.world.step(&step).is_some_and(|of| self.waits_for_pane(of, &run)) {
                continue;
            }
            over |= self.begin(&step, &run);
        }
        over
    }

    fn picks(&self, free: usize, max_fanout: u32, waiting: &HashSet<StepId>) -> Vec<(StepId, RunId)> {
        let mut fanouts = self.fanouts();
        let mut room: Vec<(&RunId, usize)> = self
            .runs
            .values()
            .filter(|r| !r.stopping)
            .map(|r| {
                let running = r.active.iter().filter(|id| !waiting.contains(*id)).count();
                (&r.id, r.max_concurrent().map_or(usize::MAX, |n| (n as usize).saturating_sub(running)))
            })
            .collect();
        let mut picks = Vec::new();
        for node in self.candidates() {
            if picks.len() == free {
                break;
            }
            let Some(step) = self.world.step_at(node) else { continue };
            if self.active.contains_key(&step.id) || self.is_held(&step.id) {
                continue;
            }
            let owner = self.owner(&step.id);
            let taker = room.iter_mut().find(|(id, left)| {
                *left > 0
                    && owner.is_none_or(|o| o == *id)
                    && self.wants(id, step)
                    && !self.waits_for_pane(step, id)
            });
            if let Some((run, left)) = taker {
                let by = self.runs.get(*run).and_then(|r| r.opened.by.as_ref());
                if let (Some(_), Some(lead)) = (by, &step.spawned_by) {
                    let fanout = fanouts.entry(lead.clone()).or_default();
                    if *fanout >= max_fanout {
                        continue;
                    }
                    *fanout += 1;
                }
                *left -= 1;
                picks.push((step.id.clone(), (*run).clone()));
            }
        }
        picks
    }

    /// Forced steps first, then the frontier: all of it where a run has everything in scope, else only what the
    /// runs have left.
    fn candidates(&self) -> Box<dyn Iterator<Item = Node> + '_> {
        let forced =
            self.runs.values().flat_map(|r| r.forced.iter()).filter(|id| self.world.phase(id) == Phase::Idle);
        let forced = forced.filter_map(|id| self.world.node(id));
        if self.runs.values().any(|r| r.opened.scope == Scope::All) {
            return Box::new(forced.chain(self.world.frontier.ready()));
        }
        let left = self.runs.values().flat_map(|r| r.left.iter()).filter_map(|id| self.world.node(id));
        let mut left: Vec<Node> = left.filter(|n| self.world.frontier.is_ready(*n)).collect();
        left.sort_unstable();
        left.dedup();
        Box::new(forced.chain(left))
    }

    /// The run a step belongs to although others want it too: the one that restarts it, or, for a next attempt, the
    /// run of the last one, which counts them.
    fn owner(&self, step: &StepId) -> Option<&RunId> {
        let restarts =
            |r: &&Run| !r.stopping && r.opened.restart.as_ref() == Some(step) && r.left.contains(step);
        if let Some(run) = self.runs.values().find(restarts) {
            return Some(&run.id);
        }
        let state = self.world.state.steps.get(step).filter(|s| s.not_before.is_some())?;
        state.run_id.as_ref().filter(|id| self.runs.get(*id).is_some_and(|r| !r.stopping))
    }

    fn wants(&self, run: &RunId, step: &Step) -> bool {
        self.runs.get(run).is_some_and(|r| match &r.opened.scope {
            Scope::All => r.opened.covers(step),
            Scope::Steps(_) => r.left.contains(&step.id),
        })
    }

    /// It waits for its next attempt, or for its old run to be over.
    fn is_held(&self, step: &StepId) -> bool {
        let until = self.world.state.steps.get(step).and_then(|s| s.not_before);
        until.is_some_and(|at| !self.retries.is_over(step, at)) || self.restarts.contains_key(step)
    }

    /// When something may start although nothing happens until then.
    pub(super) fn next_start(&self) -> Option<Instant> {
        let retry = self.retries.next().filter(|_| !self.runs.is_empty());
        retry.into_iter().chain(self.world.policy_stands_at()).min()
    }

    /// Whether a run still has something that may start by itself.
    pub(super) fn has_more(&self, run: &RunId) -> bool {
        let Some(run) = self.runs.get(run) else { return false };
        if run.stopping {
            return false;
        }
        if self.restarts.values().any(|r| *r == run.id) {
            return true;
        }
        let may_start = |node: Node| {
            let step = self.world.step_at(node);
            step.is_some_and(|s| run.opened.covers(s) && !self.active.contains_key(&s.id))
        };
        let forced = run.forced.iter().any(|id| self.world.phase(id) == Phase::Idle);
        forced
            || match &run.opened.scope {
                Scope::All => self.world.frontier.ready().any(may_start),
                Scope::Steps(_) => run
                    .left
                    .iter()
                    .filter_map(|id| self.world.node(id))
                    .any(|n| self.world.frontier.is_ready(n) && may_start(n)),
            }
    }
}
