//! What a step may change: an orchestrator the steps it has spawned, and nothing else.
//!
//! Judged by what would be different afterwards, not by the name of the action, so that a new action cannot
//! reach further than it should.

use std::sync::Arc;

use super::DoorError;
use super::request::{Ask, Request};
use crate::action::{Action, ActionError, Edit};
use crate::dag::Dag;
use crate::id::StepId;
use crate::model::{Actor, Fact, Phase, Sequence, Step};
use crate::policy::{Denial, Place, Rule, check_reader, not_own};

/// Refuses a step that is no orchestrator, and whoever names what is not its own: before anything else is said
/// about it.
///
/// # Errors
/// [`DoorError::Denied`].
pub(super) fn check_named(request: &Request, before: &Sequence) -> Result<(), DoorError> {
    let Some(lead) = &request.step else { return Ok(()) };
    if !before.step(lead.as_str()).is_some_and(|s| s.orchestrator) {
        check_reader(request.name(), Actor::Orchestrator, None)?;
    }
    let Ask::Actions(actions) = &request.ask else { return Ok(()) };
    let makes = |action: &&Action| matches!(action, Action::StepAdd(_) | Action::StepClone(_));
    for action in actions.iter().filter(|a| !makes(a)) {
        if matches!(action, Action::SequenceReset(reset) if reset.all) {
            return Err(not_own(action.name(), lead.as_str(), lead).into());
        }
        let target = action.target();
        let alien = |id: &&str| before.has(id) && !before.is_spawned_by(id, lead);
        if let Some(id) = target.split(',').find(alien) {
            return Err(not_own(action.name(), id, lead).into());
        }
    }
    Ok(())
}

/// Refuses what the step that asks may not do.
///
/// # Errors
/// [`DoorError::Denied`], or [`DoorError::Action`] for a child that could never run.
pub(super) fn check(request: &Request, before: &Sequence, edit: &Edit) -> Result<(), DoorError> {
    let Some(lead) = &request.step else { return Ok(()) };
    let name = request.name();
    let reach = Reach { name, lead, before, after: &edit.sequence };
    // A status is what a run makes it, and a review is a person's.
    let decided = edit.facts.iter().any(|fact| match fact {
        Fact::Step(fact) => fact.phase != Phase::Idle,
        fact => matches!(fact, Fact::Gate(_)),
    });
    let is_review = matches!(name, "step.accept" | "step.reject");
    let gate = before.gates != edit.sequence.gates;
    if decided || is_review || gate {
        return Err(decision(name, lead).into());
    }
    for id in &edit.changed {
        reach.node(id.as_str())?;
    }
    for file in edit.prompts.keys() {
        reach.prompt(file)?;
    }
    // Its name, its limits, its budget, and whatever else it may come to have.
    let frame = Sequence {
        steps: before.steps.clone(),
        gates: before.gates.clone(),
        metadata: before.metadata.clone(),
        ..edit.sequence.clone()
    };
    if !edit.policy.is_empty() || frame != *before {
        return Err(decision(name, lead).into());
    }
    Ok(())
}

fn decision(name: &str, lead: &StepId) -> Denial {
    let message = format!(
        "`{name}` is refused: gates, limits, reviews and statuses are a person's to decide, not step `{lead}`'s"
    );
    let hint = "do it in the window or at a terminal of your own, outside any step";
    Denial::new(Rule::Actor, name, Place::BuiltIn, message, hint)
}

struct Reach<'a> {
    name: &'a str,
    lead: &'a StepId,
    before: &'a Sequence,
    after: &'a Sequence,
}

impl Reach<'_> {
    /// A step that differs has to be a child before and after, and may not draw others in.
    fn node(&self, id: &str) -> Result<(), DoorError> {
        for sequence in [self.before, self.after] {
            if sequence.gate(id).is_some() {
                return self.refuse(id);
            }
            if sequence.step(id).is_some() {
                self.own(sequence, id)?;
            }
        }
        self.after.step(id).map_or(Ok(()), |step| self.ties(step))
    }

    /// Its group, watch and candidates act on those they name; what it merely waits for, it reads.
    fn ties(&self, step: &Step) -> Result<(), DoorError> {
        let members = step.group_id.iter().flat_map(|group| self.after.members(group)).map(|s| &s.id);
        let tied = members.chain(&step.fusion_candidates).chain(&step.watchdog_for);
        for other in tied.filter(|id| self.after.step(id.as_str()).is_some()) {
            self.own(self.after, other.as_str())?;
        }
        let dag = Arc::new(Dag::new(self.after));
        let waits = dag.find(step.id.as_str()).map(|node| dag.ancestors(node)).unwrap_or_default();
        if waits.into_iter().any(|node| dag.id(node).as_str() == self.lead.as_str()) {
            let message = format!(
                "`{}` would wait for `{}`, its own orchestrator, and could not run before that has ended",
                step.id, self.lead
            );
            return Err(ActionError::Usage(message).into());
        }
        Ok(())
    }

    /// Several steps may share a prompt file.
    fn prompt(&self, file: &str) -> Result<(), DoorError> {
        let users = self.before.steps.iter().filter(|s| s.prompt_file.as_deref() == Some(file));
        users.map(|s| s.id.as_str()).try_for_each(|id| self.own(self.before, id))
    }

    fn own(&self, sequence: &Sequence, id: &str) -> Result<(), DoorError> {
        if sequence.is_spawned_by(id, self.lead) { Ok(()) } else { self.refuse(id) }
    }

    fn refuse(&self, id: &str) -> Result<(), DoorError> {
        Err(not_own(self.name, id, self.lead).into())
    }
}
