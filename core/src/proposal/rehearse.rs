//! The dry run of a proposal: line after line, each on what the ones before it would leave.

use std::collections::BTreeMap;

use super::record::NOTE;
use super::wanted::{Wanted, split};
use super::{Asker, Context, ProposedAction, Rejected};
use crate::action::{ActionError, nearest};
use crate::dag::Statuses;
use crate::engine::protocol::Fault;
use crate::grammar::Control;
use crate::id::StepId;
use crate::model::{Fact, Phase, Sequence, State, StepStatus};
use crate::policy::{Judge, Need, Policy, PolicyError, check_actor};
use crate::store::prompt;
use crate::workspace::{
    Ask, DoorError, ErrorClass, Proposal, Proposed, Request, Snapshot, Workspace, judge_step, unified,
};

/// What came of a dry run.
#[derive(Debug)]
pub(super) struct Rehearsal {
    /// What can be applied, in order.
    pub wanted: Vec<Wanted>,
    pub actions: Vec<ProposedAction>,
    pub rejected: Vec<Rejected>,
    /// What all of it would change.
    pub diff: String,
    /// How often a person has to say yes.
    pub need: Need,
}

/// Rehearses lines on what is so.
pub(super) fn rehearse(
    workspace: &Workspace,
    snapshot: &Snapshot,
    asker: Asker,
    context: Context,
    lines: &[String],
) -> Result<Rehearsal, DoorError> {
    let policy = snapshot.policy()?;
    let judge = workspace.judge(&policy)?;
    let done = Rehearsal {
        wanted: Vec::new(),
        actions: Vec::new(),
        rejected: Vec::new(),
        diff: String::new(),
        need: Need::None,
    };
    let mut stage = Stage { workspace, snapshot, asker, context, policy, judge, shown: None, done };
    for (index, line) in lines.iter().enumerate() {
        stage.take((index + 1).to_string(), line);
    }
    if let Some(shown) = &stage.shown {
        stage.done.diff.clone_from(&shown.diff);
    }
    Ok(stage.done)
}

struct Stage<'a> {
    workspace: &'a Workspace,
    snapshot: &'a Snapshot,
    asker: Asker,
    context: Context,
    policy: Policy,
    judge: Judge,
    /// What the changes taken so far would do together.
    shown: Option<Proposal>,
    done: Rehearsal,
}

impl Stage<'_> {
    fn take(&mut self, id: String, line: &str) {
        match Wanted::parse(line).and_then(|wanted| Ok((self.shown(&id, &wanted)?, wanted))) {
            Ok((action, wanted)) => {
                let need =
                    self.policy.needs_confirmation(wanted.name(), self.proposed().asking(self.asker.actor));
                self.done.need = self.done.need.max(need);
                self.done.actions.push(action);
                self.done.wanted.push(wanted);
            }
            Err(error) => self.done.rejected.push(Rejected { id, command: line.to_owned(), error }),
        }
    }

    fn shown(&mut self, id: &str, wanted: &Wanted) -> Result<ProposedAction, Fault> {
        self.check_alone(wanted)?;
        let (dry_run_result, reversible) = match wanted {
            Wanted::Control(control) => (self.control(control)?, false),
            _ => self.change(wanted)?,
        };
        Ok(ProposedAction {
            id: id.to_owned(),
            command: wanted.line(),
            description: wanted.description(),
            destructive: self.policy.is_destructive(wanted.name()),
            reversible,
            dry_run_result,
        })
    }

    /// What undo takes back is found in the log, and so cannot be a change of the same proposal.
    fn check_alone(&self, wanted: &Wanted) -> Result<(), Fault> {
        let turns = |wanted: &Wanted| matches!(wanted, Wanted::Turn(_));
        if self.done.wanted.is_empty() || !(turns(wanted) || self.done.wanted.iter().any(turns)) {
            return Ok(());
        }
        let message = "undo and redo stand alone in a proposal";
        Err(Fault::new(ErrorClass::Usage, "USAGE", message).hint("ask for it in a proposal of its own"))
    }

    fn proposed(&self) -> Proposed {
        Proposed {
            id: String::new(),
            source: self.asker.source.as_str().to_owned(),
            revision: self.snapshot.revision().clone(),
            saw_output: self.context.saw_output,
            confirmed: false,
        }
    }

    /// What a change would do beyond those before it, and whether undo brings it back.
    fn change(&mut self, wanted: &Wanted) -> Result<(String, bool), Fault> {
        let mut ask = split(&self.done.wanted).0;
        match (&mut ask, wanted) {
            (Some(Ask::Actions(actions)), Wanted::Change(action)) => actions.push(action.clone()),
            (_, Wanted::Turn(turn)) => ask = Some(turn.clone()),
            (_, Wanted::Change(action)) => ask = Some(Ask::Actions(vec![action.clone()])),
            (_, Wanted::Control(_)) => {}
        }
        let request = Request {
            ask: ask.unwrap_or(Ask::Actions(Vec::new())),
            actor: self.asker.actor,
            step: None,
            base: None,
            proposed: Some(self.proposed()),
            command: None,
        };
        let next = self.workspace.propose_on(self.snapshot, &request).map_err(|e| Fault::from(&e))?;
        let told = self.difference(&next);
        self.shown = Some(next);
        Ok(told)
    }

    fn difference(&self, next: &Proposal) -> (String, bool) {
        let before = self.shown.as_ref();
        let sequence = unified(self.sequence_text(before), self.sequence_text(Some(next)), "sequence.yaml");
        let policy = unified(self.policy_text(before), self.policy_text(Some(next)), "policy.yaml");
        let prompts = self.prompts(before, next);
        let known = before.map_or(0, |p| p.facts.len());
        let lost = next.facts.get(known..).unwrap_or(&next.facts).iter().any(|fact| self.is_lost(fact));
        let defines = !(sequence.is_empty() && prompts.is_empty());
        let reversible = defines && policy.is_empty() && !lost;
        let mut text = sequence + &policy + &prompts;
        if text.is_empty() {
            let ids: Vec<&str> = next.changed.iter().map(|id| id.as_str()).collect();
            text = match ids.as_slice() {
                [] => "nothing would change".to_owned(),
                ids => format!("no file would change; the statuses of: {}", ids.join(", ")),
            };
        }
        let noted = before.map_or(0, |p| p.notes.len());
        for note in next.notes.iter().skip(noted) {
            if !text.ends_with('\n') {
                text.push('\n');
            }
            text += &format!("{NOTE}{note}\n");
        }
        (text, reversible)
    }

    fn sequence_text<'p>(&'p self, proposal: Option<&'p Proposal>) -> &'p str {
        let document = proposal.and_then(|p| p.document.as_ref());
        document.map_or_else(|| &**self.snapshot.document.text(), |d| d.text())
    }

    fn policy_text<'p>(&'p self, proposal: Option<&'p Proposal>) -> &'p str {
        proposal.and_then(|p| p.policy_text.as_deref()).unwrap_or(&self.snapshot.policy.text)
    }

    /// The diff of the prompts that this line alone changes.
    fn prompts(&self, before: Option<&Proposal>, next: &Proposal) -> String {
        let none = BTreeMap::new();
        let known = before.map_or(&none, |p| &p.prompts);
        let on_disk =
            |file: &str| prompt::read(&self.workspace.paths.threados.join(file)).unwrap_or_default();
        let changed = next.prompts.iter().filter(|(file, text)| known.get(*file) != Some(*text));
        changed
            .map(|(file, text)| {
                let old = known.get(file).cloned().map_or_else(|| on_disk(file), Option::unwrap_or_default);
                unified(&old, text.as_deref().unwrap_or_default(), file)
            })
            .collect()
    }

    /// Undo restores definitions: what happened to a step or gate, or was decided about it, stays lost.
    fn is_lost(&self, fact: &Fact) -> bool {
        let state = &self.snapshot.state;
        match fact {
            Fact::Step(fact) => fact.phase != Phase::Idle || state.phase(fact.step.as_str()) != Phase::Idle,
            Fact::Gate(_) => true,
            Fact::Gone(id) => {
                state.phase(id.as_str()) != Phase::Idle || state.gates.contains_key(id.as_str())
            }
            _ => false,
        }
    }

    /// What a control would act on, after the changes before it.
    fn control(&self, control: &Control) -> Result<String, Fault> {
        check_actor(control.name(), self.asker.actor).map_err(|d| Fault::from(&DoorError::from(d)))?;
        let sequence = self.shown.as_ref().map_or(self.snapshot.sequence(), |p| &p.after);
        let mut state = self.snapshot.state.clone();
        for fact in self.shown.iter().flat_map(|p| &p.facts) {
            state.take(fact.clone(), chrono::Utc::now());
        }
        let meant = meant(control, sequence, &state)?;
        if !matches!(control, Control::Stop(_)) {
            for step in sequence.steps.iter().filter(|s| meant.iter().any(|(id, _)| *id == s.id)) {
                if let Err(e @ (PolicyError::Denied(_) | PolicyError::BadPattern { .. })) =
                    judge_step(&self.judge, step)
                {
                    return Err(Fault::from(&DoorError::from(e)));
                }
            }
        }
        let verb = if matches!(control, Control::Stop(_)) { "would stop" } else { "would run" };
        let steps: Vec<String> = meant.iter().map(|(id, status)| format!("{id} ({status})")).collect();
        Ok(if steps.is_empty() {
            format!("{verb} nothing as things stand now")
        } else {
            format!("{verb}: {}", steps.join(", "))
        })
    }
}

/// The steps a control is about, with their statuses.
fn meant(control: &Control, sequence: &Sequence, state: &State) -> Result<Vec<(StepId, StepStatus)>, Fault> {
    let statuses = Statuses::of(sequence, state).steps;
    let all: Vec<(StepId, StepStatus)> =
        sequence.steps.iter().zip(statuses).map(|(s, view)| (s.id.clone(), view.status)).collect();
    let known = |kind: &'static str, id: &str, names: &[&str]| {
        if names.contains(&id) {
            return Ok(());
        }
        let nearest = nearest(id, names.iter().copied());
        let error = ActionError::NotFound { kind, id: id.to_owned(), nearest };
        Err(Fault::from(&DoorError::from(error)))
    };
    let ids: Vec<&str> = all.iter().map(|(id, _)| id.as_str()).collect();
    let groups: Vec<&str> =
        sequence.steps.iter().filter_map(|s| Some(s.group_id.as_ref()?.as_str())).collect();
    if let Some(from) = control.options().and_then(|o| o.from.as_ref()) {
        known("step", from.as_str(), &ids)?;
    }
    let one = |id: &StepId| known("step", id.as_str(), &ids).map(|()| vec![id.clone()]);
    let only = |named: Vec<StepId>| all.iter().filter(|(id, _)| named.contains(id)).cloned().collect();
    let with = |wanted: &[StepStatus]| all.iter().filter(|(_, s)| wanted.contains(s)).cloned().collect();
    use StepStatus::{Blocked, Ready, Running};
    Ok(match control {
        Control::RunStep(run) => only(one(&run.id)?),
        Control::Restart(run) => only(one(&run.id)?),
        Control::RunGroup(run) => {
            known("group", run.group.as_str(), &groups)?;
            only(sequence.members(&run.group).map(|s| s.id.clone()).collect())
        }
        Control::RunRunnable(_) => with(&[Ready]),
        Control::RunAll(_) => with(&[Ready, Blocked]),
        Control::Stop(stop) if stop.all => with(&[Running]),
        Control::Stop(stop) => {
            stop.ids.iter().try_for_each(|id| known("step", id.as_str(), &ids))?;
            only(stop.ids.clone())
        }
    })
}
