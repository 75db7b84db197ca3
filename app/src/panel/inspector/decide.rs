//! What a person decides: a gate, or the work of a step under review.

use std::sync::Arc;

use egui::{ComboBox, RichText, TextEdit, Ui};
use threados_core::action::{GateApprove, GateBlock, StepReject};
use threados_core::id::{GateId, NodeId, StepId};

use super::change;
use crate::command::Cmd;
use crate::panel::widget::{command, named_choice, wish, wish_if};
use crate::plan::Plan;
use crate::scene::{Node, Scene, Tone};
use crate::state::State;
use crate::theme::Theme;
use crate::window::Do;

/// To how many steps before a gate its work can be sent back from here; the line of `seqctl` knows all.
const MOST: usize = 200;

/// The reason that is typed, and where the work is to go back to.
#[derive(Debug, Default)]
pub struct Decision {
    about: Option<NodeId>,
    reason: String,
    back_to: Option<StepId>,
    /// Whether the reason is to be typed now.
    wants_reason: bool,
    /// The steps before a node of this drawing, worked out once.
    before: Option<(Arc<Plan>, usize, Vec<StepId>)>,
}

impl Decision {
    /// Puts the cursor where the reason is typed.
    pub fn ask_reason(&mut self) {
        self.wants_reason = true;
    }

    /// Work that waits for review.
    pub fn review(&mut self, ui: &mut Ui, node: &Node, state: &State, wanted: &mut Vec<Do>) {
        self.reason_field(ui, state, "needed to send it back");
        ui.horizontal_wrapped(|ui| {
            command(ui, Cmd::Accept, true, state, wanted);
            let reason = self.reason.trim().to_owned();
            let id = StepId::from(&node.id);
            for (label, rework) in [("Send back", true), ("Reject", false)] {
                let reject = StepReject { id: id.clone(), reason: reason.clone(), rework };
                wish_if(ui, label, !reason.is_empty(), "give a reason first", change(reject.into()), wanted);
            }
        });
    }

    /// A gate.
    pub fn gate(&mut self, ui: &mut Ui, scene: &Scene, node: &Node, state: &State, wanted: &mut Vec<Do>) {
        self.reason_field(ui, state, "needed to send work back");
        let (id, reason) = (GateId::from(&node.id), Some(self.reason.trim().to_owned()));
        let reason = reason.filter(|r| !r.is_empty());
        ui.horizontal_wrapped(|ui| {
            if node.tone != Tone::Done {
                let early = node.tone == Tone::Waiting;
                let approve = GateApprove { id: id.clone(), reason: reason.clone(), early };
                let label = if early { "Approve early" } else { "Approve" };
                wish(ui, label, !early, change(approve.into()), wanted);
            }
            if node.tone != Tone::Failed {
                let block = GateBlock { id: id.clone(), reason: reason.clone(), rework: None };
                wish(ui, "Block", false, change(block.into()), wanted);
            }
        });
        let n = scene.find(&node.id).unwrap_or(usize::MAX);
        let fresh =
            self.before.as_ref().is_some_and(|(plan, of, _)| *of == n && Arc::ptr_eq(plan, &scene.plan));
        if !fresh {
            self.before = Some((Arc::clone(&scene.plan), n, steps_before(scene, n)));
        }
        let Some((.., before)) = self.before.as_ref().filter(|(.., before)| !before.is_empty()) else {
            return;
        };
        let first = self.back_to.clone().filter(|id| before.contains(id));
        let mut to = first.unwrap_or_else(|| before[0].clone());
        ui.horizontal(|ui| {
            let rework = GateBlock { id, reason: reason.clone(), rework: Some(to.clone()) };
            let why = "give a reason first: it goes into the step's prompt";
            wish_if(ui, "Send back to", reason.is_some(), why, change(rework.into()), wanted);
            let combo = ComboBox::from_id_salt("back to").selected_text(to.as_str()).width(140.0);
            let combo = combo.show_ui(ui, |ui| {
                for step in before {
                    ui.selectable_value(&mut to, step.clone(), step.as_str());
                }
            });
            named_choice(&combo.response, "The step it goes back to", to.as_str());
        });
        self.back_to = Some(to);
    }

    fn reason_field(&mut self, ui: &mut Ui, state: &State, hint: &str) {
        if self.about != state.selected {
            let wants_reason = self.wants_reason;
            *self = Self { about: state.selected.clone(), wants_reason, ..Self::default() };
        }
        let faint = Theme::of(ui.ctx()).faint;
        let label = ui.label(RichText::new("Reason").size(11.0).color(faint));
        let field = TextEdit::singleline(&mut self.reason)
            .hint_text(hint)
            .margin(egui::Margin::symmetric(8, 6))
            .desired_width(f32::INFINITY);
        let field = ui.add(field).labelled_by(label.id);
        if std::mem::take(&mut self.wants_reason) {
            field.request_focus();
            field.scroll_to_me(None);
        }
    }
}

/// The nearest steps before a node.
fn steps_before(scene: &Scene, n: usize) -> Vec<StepId> {
    let before = scene.plan.earlier(n, MOST).into_iter();
    before.filter_map(|n| scene.step(n)).map(|step| step.id.clone()).collect()
}
