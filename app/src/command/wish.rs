//! What a command asks for about the selected step or gate.

use threados_core::action::{Action, GateApprove, GateBlock, GateRm, SequenceReset, StepAccept, StepRm};
use threados_core::grammar::{Control, RunAll, RunOptions, RunStep, StepRestart, StepStop};
use threados_core::id::{GateId, NodeId, StepId};
use threados_core::workspace::Request;

use super::{Cmd, detached};
use crate::link::Wish;
use crate::scene::{Form, Tone};
use crate::state::State;

/// Ends those of what is marked that run; a watchdog ends with what it watches.
fn stop_marked(state: &State) -> Option<Wish> {
    let scene = state.scene.as_ref()?;
    let marked = state.marked.iter().filter_map(|id| scene.find(id));
    let running = marked.filter(|n| scene.nodes[*n].tone == Tone::Running);
    let steps = running.filter_map(|n| scene.step(n)).filter(|step| step.watchdog_for.is_none());
    let ids: Vec<StepId> = steps.map(|step| step.id.clone()).collect();
    (!ids.is_empty()).then_some(Wish::Control(Control::Stop(StepStop { ids, all: false, now: false })))
}

/// Takes all that is marked out; what depends on it is cut loose.
fn remove_marked(state: &State) -> Option<Wish> {
    let scene = state.scene.as_ref()?;
    let remove = |id: &NodeId| -> Option<Action> {
        Some(match scene.gate(scene.find(id)?) {
            Some(gate) => GateRm { id: gate.id.clone() }.into(),
            None => {
                let id = StepId::from(id);
                StepRm { id, cascade: false, detach_dependents: true, purge: false }.into()
            }
        })
    };
    let actions: Vec<Action> = state.marked.iter().filter_map(remove).collect();
    (!actions.is_empty()).then(|| Wish::Change(Request::user(actions)))
}

impl Cmd {
    /// `None` where nothing fitting is selected.
    pub(super) fn wish_for_selected(self, state: &State) -> Option<Wish> {
        let scene = state.scene.as_ref()?;
        if state.marked.len() > 1 {
            return match self {
                Self::Stop => stop_marked(state),
                Self::Remove => remove_marked(state),
                _ => None,
            };
        }
        let node = &scene.nodes[state.selected_index()?];
        let is_gate = node.form == Form::Gate;
        let change = |action: Action| Some(Wish::Change(Request::user(vec![action])));
        let control = |control| Some(Wish::Control(control));
        let (step, gate) = (StepId::from(&node.id), GateId::from(&node.id));
        match self {
            Self::Run if !is_gate && matches!(node.tone, Tone::Ready | Tone::Failed) => {
                control(Control::RunStep(RunStep { id: step, force: false, options: detached() }))
            }
            Self::RunAnyway if !is_gate && node.tone == Tone::Waiting => {
                control(Control::RunStep(RunStep { id: step, force: true, options: detached() }))
            }
            Self::RunFrom if !is_gate && node.tone != Tone::Running => {
                let options = RunOptions { from: Some(step), ..detached() };
                control(Control::RunAll(RunAll { options }))
            }
            Self::Reset if !is_gate && !matches!(node.tone, Tone::Running | Tone::Ready | Tone::Waiting) => {
                change(SequenceReset { steps: vec![step], all: false, failed: false }.into())
            }
            Self::Stop if !is_gate && node.tone == Tone::Running => {
                control(Control::Stop(StepStop { ids: vec![step], all: false, now: false }))
            }
            Self::Restart if !is_gate && matches!(node.tone, Tone::Running | Tone::Done | Tone::Failed) => {
                control(Control::Restart(StepRestart { id: step, options: detached() }))
            }
            Self::Approve if is_gate && matches!(node.tone, Tone::Review | Tone::Failed) => {
                change(GateApprove { id: gate, reason: None, early: false }.into())
            }
            Self::Accept if !is_gate && node.tone == Tone::Review => {
                change(StepAccept { id: step, reason: None }.into())
            }
            Self::Block if is_gate && node.tone != Tone::Failed => {
                change(GateBlock { id: gate, reason: None, rework: None }.into())
            }
            _ => None,
        }
    }
}
