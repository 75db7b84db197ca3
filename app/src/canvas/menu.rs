//! What can be done with a node, or with several, where they stand.

use egui::{Button, Ui, WidgetInfo, WidgetType};
use threados_core::action::{Action, GroupParallelize};
use threados_core::id::{NodeId, StepId};
use threados_core::workspace::Request;

use super::cut::cut;
use crate::command::{Cmd, New};
use crate::link::Wish;
use crate::panel::widget::{hint, key, tooltip};
use crate::scene::{Form, Scene, Tone};
use crate::state::State;
use crate::window::Do;

/// The commands for one node, in the order of the menu; those that cannot be done now are left out.
const ONE: &[Cmd] = &[
    Cmd::Run,
    Cmd::RunFrom,
    Cmd::RunAnyway,
    Cmd::Stop,
    Cmd::Restart,
    Cmd::Approve,
    Cmd::Accept,
    Cmd::Block,
    Cmd::SendBack,
    Cmd::Reset,
];

/// Those that change what there is.
const MAKE: &[Cmd] = &[Cmd::Edit, Cmd::New(New::Step), Cmd::New(New::Gate), Cmd::Clone, Cmd::Remove];

/// Shows the menu.
pub(super) fn show(ui: &mut Ui, state: &State, edge: Option<&(NodeId, NodeId)>, wanted: &mut Vec<Do>) {
    ui.set_min_width(190.0);
    let Some(scene) = &state.scene else { return };
    let marked: Vec<usize> = state.marked.iter().filter_map(|id| scene.find(id)).collect();
    if marked.len() > 1 {
        return several(ui, scene, &marked, state, wanted);
    }
    let Some(n) = state.selected_index() else {
        if let Some(edge) = edge {
            wish(ui, &format!("{} no longer waits for {}", edge.1, edge.0), cut(edge), wanted);
            ui.separator();
        }
        for cmd in [
            Cmd::RunRunnable,
            Cmd::RunAll,
            Cmd::StopAll,
            Cmd::New(New::Step),
            Cmd::MarkAll,
            Cmd::Fit,
            Cmd::Critical,
        ] {
            command(ui, cmd, state, wanted);
        }
        return;
    };
    ONE.iter().for_each(|cmd| command(ui, *cmd, state, wanted));
    ui.separator();
    MAKE.iter().for_each(|cmd| command(ui, *cmd, state, wanted));
    ui.separator();
    if let Some(group) = scene.step(n).and_then(|s| s.group_id.clone()) {
        let word = if scene.plan.is_folded(&group) { "Unfold the group" } else { "Fold the group" };
        if ui.button(word).clicked() {
            wanted.push(Do::Fold(group));
        }
    }
    for cmd in [Cmd::Reveal, Cmd::Logs] {
        command(ui, cmd, state, wanted);
    }
    let line = |verb: &str| format!("seqctl {verb} {}", scene.nodes[n].id);
    if ui.button("Copy its id").clicked() {
        ui.ctx().copy_text(scene.nodes[n].id.to_string());
    }
    if ui.button("Copy as a line").on_hover_text(line("why")).clicked() {
        ui.ctx().copy_text(line("why"));
    }
}

fn several(ui: &mut Ui, scene: &Scene, marked: &[usize], state: &State, wanted: &mut Vec<Do>) {
    let steps = marked.iter().filter(|n| scene.nodes[**n].form != Form::Gate);
    let steps: Vec<StepId> = steps.map(|n| StepId::from(&scene.nodes[*n].id)).collect();
    ui.label(format!("{} marked", marked.len()));
    let is_running = |n: &usize| scene.nodes[*n].tone == Tone::Running;
    if marked.iter().any(is_running) {
        several_of(ui, Cmd::Stop, "Stop what runs".to_owned(), state, wanted);
    }
    if steps.len() > 1 {
        let group = GroupParallelize { steps, id: None, merge: None, fail_policy: None };
        wish(ui, "Make them a parallel group", change(vec![group.into()]), wanted);
    }
    several_of(ui, Cmd::Remove, format!("Remove {}", marked.len()), state, wanted);
}

/// A command that is for all that is marked; its line is worked out where it is asked for.
fn several_of(ui: &mut Ui, cmd: Cmd, label: String, state: &State, wanted: &mut Vec<Do>) {
    if hint(ui.button(label), |ui| tooltip(ui, cmd, state)).clicked() {
        wanted.push(Do::Cmd(cmd));
        ui.close();
    }
}

fn change(actions: Vec<Action>) -> Wish {
    Wish::Change(Request::user(actions))
}

fn command(ui: &mut Ui, cmd: Cmd, state: &State, wanted: &mut Vec<Do>) {
    if !cmd.is_available(state) {
        return;
    }
    let entry = cmd.entry();
    let shortcut = entry.key.map(|k| key(ui.ctx(), &k)).unwrap_or_default();
    let button = Button::new(entry.label).shortcut_text(shortcut);
    let button = ui.add(button);
    // The key beside it is no part of its name.
    button.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, entry.label));
    if button.on_hover_text(tooltip(ui, cmd, state)).clicked() {
        wanted.push(Do::Cmd(cmd));
        ui.close();
    }
}

fn wish(ui: &mut Ui, label: &str, wish: Wish, wanted: &mut Vec<Do>) {
    if hint(ui.button(label), |_| wish.in_short()).clicked() {
        wanted.push(Do::Wish(wish));
        ui.close();
    }
}
