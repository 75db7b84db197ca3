//! Orchestrators and their children: what an orchestrator may run, whose slot is free while it waits, and what
//! becomes of its children when it ends.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::broker::{Asker, Caller};
use super::core::Engine;
use super::protocol::Fault;
use super::run::{Opened, Run, Scope};
use crate::grammar::{Control, StepStop};
use crate::id::{RunId, StepId};
use crate::log::Draft;
use crate::model::{Actor, Fact, Phase};
use crate::policy::not_own;
use crate::workspace::DoorError;

impl Engine {
    /// Whether an asker may run, stop and reset a step: a person every one, an orchestrator what it spawned.
    fn reaches(&self, asker: &Asker, id: &StepId) -> bool {
        asker.step.as_ref().is_none_or(|lead| self.world.is_spawned_by(id, lead))
    }

    /// Refuses an orchestrator what is not about its own children alone.
    pub(super) fn check_reach(
        &self,
        asker: &Asker,
        control: &Control,
        ids: impl IntoIterator<Item = StepId>,
    ) -> Result<(), Fault> {
        let Some(lead) = &asker.step else { return Ok(()) };
        match ids.into_iter().find(|id| self.world.sequence().has(id.as_str()) && !self.reaches(asker, id)) {
            Some(id) => Err(Fault::from(&DoorError::from(not_own(control.name(), id.as_str(), lead)))),
            None => Ok(()),
        }
    }

    /// The steps a control names: they are judged before anything else is said about them.
    pub(super) fn named(&self, control: &Control) -> Vec<StepId> {
        let mut named: Vec<StepId> = control.options().and_then(|o| o.from.clone()).into_iter().collect();
        match control {
            Control::RunStep(run) => named.push(run.id.clone()),
            Control::Restart(run) => named.push(run.id.clone()),
            Control::RunGroup(run) => {
                named.extend(self.world.sequence().members(&run.group).map(|s| s.id.clone()));
            }
            Control::Stop(stop) => named.extend(stop.ids.iter().cloned()),
            Control::RunAll(_) | Control::RunRunnable(_) => {}
        }
        named
    }

    /// What FAILED within the reach of an orchestrator; `None` for a person, who means all that did.
    pub(super) fn failed_within(&self, asker: &Asker) -> Option<Vec<StepId>> {
        asker.step.as_ref()?;
        let steps = self.world.sequence().steps.iter().map(|s| &s.id);
        Some(
            steps
                .filter(|id| self.world.phase(id) == Phase::Failed && self.reaches(asker, id))
                .cloned()
                .collect(),
        )
    }

    /// What `stop` means: all that runs, within the reach of who asks.
    pub(super) fn stop_targets(&self, asker: &Asker, asked: &StepStop) -> Vec<StepId> {
        if !asked.all {
            return asked.ids.clone();
        }
        let all: BTreeSet<StepId> = self.active.keys().chain(self.retries.steps()).cloned().collect();
        all.into_iter().filter(|id| self.reaches(asker, id)).collect()
    }

    /// The runs that `stop --all` ends: every one, for an orchestrator its own and those of its children.
    pub(super) fn stop_runs(&self, asker: &Asker) -> Vec<RunId> {
        let reached = |run: &Run| match (&asker.step, &run.opened.by) {
            (None, _) => true,
            (Some(lead), Some(by)) => by == lead || self.world.is_spawned_by(by, lead),
            (Some(_), None) => false,
        };
        self.runs.values().filter(|run| !run.stopping && reached(run)).map(|run| run.id.clone()).collect()
    }

    /// Orchestrators that wait in a blocking run of theirs: they hold no slot. A run that is over counts no more,
    /// so that its orchestrator has its slot back before anything else can take it.
    pub(super) fn waiting(&self) -> HashSet<StepId> {
        let waits = |client: &super::core::Client| {
            let (Caller::Step(key), Some(run)) = (&client.caller, &client.watching) else { return None };
            let own = self.runs.get(run).is_some_and(|r| r.opened.by.as_ref() == Some(&key.step_id));
            (own && self.is_current(key) && !self.is_over(run)).then(|| key.step_id.clone())
        };
        self.clients.values().filter_map(waits).collect()
    }

    /// How many children of each orchestrator run: `max_fanout` bounds them.
    pub(super) fn fanouts(&self) -> HashMap<StepId, u32> {
        let mut fanouts = HashMap::new();
        if self.runs.values().any(|r| r.opened.by.is_some()) {
            for lead in self.active.keys().filter_map(|id| self.world.step(id)?.spawned_by.as_ref()) {
                *fanouts.entry(lead.clone()).or_default() += 1;
            }
        }
        fanouts
    }

    /// An orchestrator has ended: nothing more of its runs starts, and its children that run are stopped.
    pub(super) fn end_children(&mut self, lead: &StepId) {
        let reason = format!("stopped: orchestrator {lead} ended");
        let ours = |opened: &Opened| opened.by.as_ref() == Some(lead);
        let runs: Vec<RunId> =
            self.runs.values().filter(|r| !r.stopping && ours(&r.opened)).map(|r| r.id.clone()).collect();
        for id in runs {
            if let Some(run) = self.runs.get_mut(&id) {
                run.stopping = true;
            }
            let draft = Draft::new(Actor::System, "run.stop", id.as_str()).run(id.clone());
            self.tell(draft.with("reason", reason.as_str()), Vec::new());
        }
        let mut busy: Vec<StepId> = self.active.keys().chain(self.retries.steps()).cloned().collect();
        busy.retain(|id| self.world.is_spawned_by(id, lead));
        for child in &busy {
            self.stop_step(child, &reason, false);
            self.give_up_retry(child, &reason);
        }
    }

    /// After a start of the engine: orchestrators that ended while nobody could see to their children.
    pub(super) fn end_orphaned_children(&mut self) {
        let gone = |id: &StepId| !self.active.contains_key(id);
        let leads: BTreeSet<StepId> =
            self.runs.values().filter_map(|r| r.opened.by.clone()).filter(gone).collect();
        for lead in leads {
            self.end_children(&lead);
        }
    }
}

impl Opened {
    /// Whether the run may start a step. `all` is what nobody has spawned, or, asked for by an orchestrator, what
    /// that one has: children start only when their orchestrator, or a person by name, runs them.
    pub(super) fn covers(&self, step: &crate::model::Step) -> bool {
        match &self.scope {
            Scope::All => step.spawned_by == self.by,
            Scope::Steps(ids) => ids.contains(&step.id),
        }
    }
}

/// The steps that facts are about.
pub(super) fn touched(facts: &[Fact]) -> impl Iterator<Item = StepId> + '_ {
    facts.iter().filter_map(|fact| match fact {
        Fact::Step(fact) => Some(fact.step.clone()),
        Fact::Gate(fact) => Some(StepId::from(&crate::id::NodeId::from(&fact.gate))),
        _ => None,
    })
}
