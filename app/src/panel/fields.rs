//! What a step or gate is defined as, and how its latest attempt went.

use egui::{Grid, Label, RichText, Ui};
use threados_core::id::NodeId;
use threados_core::model::{Gate, Step};

use super::widget::{link, mono, row_height, settle};
use crate::scene::Scene;
use crate::state::State;
use crate::theme::Theme;
use crate::window::Do;
use crate::words;

/// A time, as the clock on the wall has it.
const TIME: &str = "%Y-%m-%d %H:%M:%S";

/// So many of those that wait for a gate are named.
const MOST: usize = 20;

/// The fields of a step; those at their default are left out.
pub fn step(ui: &mut Ui, step: &Step, scene: &Scene, state: &State, wanted: &mut Vec<Do>) {
    grid(ui, |ui| {
        let command = match (&step.command, &step.prompt_file) {
            (argv, _) if !argv.is_empty() => Some(line(argv)),
            (_, Some(file)) => Some(file.clone()),
            _ => None,
        };
        text(ui, if step.command.is_empty() { "Prompt" } else { "Command" }, command);
        text(ui, "Working dir", step.cwd.clone());
        links(ui, "Depends on", &step.depends_on, wanted);
        text(ui, "Time limit", step.timeout_ms.map(words::millis));
        text(
            ui,
            "Retry",
            step.retry.map(|r| format!("{} \u{d7} from {}", r.max, words::millis(r.backoff_ms))),
        );
        text(ui, "Group", step.group_id.as_ref().map(ToString::to_string));
        text(ui, "Lane", step.lane.clone());
        text(ui, "Role", step.role.clone());
        text(ui, "Condition", step.when.clone());
        let every = || words::limit(step.looks_every_ms());
        text(ui, "Watches", step.watchdog_for.as_ref().map(|of| format!("{of}, every {}", every())));
        text(ui, "Artifacts", Some(step.artifacts.join(", ")).filter(|t| !t.is_empty()));
        attempt(ui, step, scene, state);
    });
}

/// The fields of a gate.
pub fn gate(ui: &mut Ui, gate: &Gate, scene: &Scene, n: usize, state: &State, wanted: &mut Vec<Do>) {
    grid(ui, |ui| {
        links(ui, "After", &gate.depends_on, wanted);
        let held = scene.plan.next(n).iter().take(MOST).map(|n| scene.nodes[*n as usize].id.clone());
        links(ui, "Before", &held.collect::<Vec<_>>(), wanted);
        let decided = state.scene.as_ref().and_then(|s| s.snapshot.state.gates.get(&gate.id));
        let decision = decided.and_then(|d| d.decision.as_ref());
        text(ui, "Decided", decision.map(|d| format!("{} by {}", state.local(d.at).format(TIME), d.by)));
        text(ui, "Reason", decided.and_then(|d| d.reason.clone()));
    });
}

fn grid(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    ui.scope(|ui| {
        ui.spacing_mut().interact_size.y = 16.0;
        let grid = Grid::new("fields").num_columns(2).spacing([14.0, 8.0]).min_col_width(86.0);
        grid.show(ui, add);
        settle(ui, "fields");
    });
}

fn attempt(ui: &mut Ui, step: &Step, scene: &Scene, state: &State) {
    let Some(known) = scene.snapshot.state.steps.get(&step.id) else { return };
    text(ui, "Run", known.run_id.as_ref().map(ToString::to_string));
    text(ui, "Attempt", (known.attempt > 1).then(|| known.attempt.to_string()));
    text(ui, "Started", known.started_at.map(|t| state.local(t).format(TIME).to_string()));
    let end = known.ended_at.unwrap_or_else(|| (state.now)());
    let name = if known.ended_at.is_some() { "Took" } else { "Runs for" };
    text(ui, name, known.started_at.map(|from| words::span(end - from)));
    text(ui, "Exit code", known.exit_code.map(|c| c.to_string()));
    let spent = scene.snapshot.state.spent.get(&step.id);
    text(ui, "Spent", spent.and_then(|s| words::spent(*s)));
    text(ui, "Sent back", known.review_reason.clone());
}

fn text(ui: &mut Ui, name: &str, value: Option<String>) {
    if let Some(value) = value {
        label(ui, name);
        let value = ui.add(Label::new(mono(value)).wrap());
        row_height(ui, "fields", value.rect.height());
        ui.end_row();
    }
}

fn links(ui: &mut Ui, name: &str, ids: &[NodeId], wanted: &mut Vec<Do>) {
    if ids.is_empty() {
        return;
    }
    label(ui, name);
    let links = ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        for id in ids {
            if link(ui, mono(id.as_str())).clicked() {
                wanted.push(Do::Go(id.clone()));
            }
        }
    });
    row_height(ui, "fields", links.response.rect.height());
    ui.end_row();
}

fn label(ui: &mut Ui, name: &str) {
    ui.label(RichText::new(name).size(12.0).color(Theme::of(ui.ctx()).faint));
}

/// Words as they would be typed; quoted where they need it.
fn line(argv: &[String]) -> String {
    let is_plain =
        |w: &str| !w.is_empty() && w.chars().all(|c| c.is_ascii_alphanumeric() || "-_./=:,@%+".contains(c));
    let word = |w: &String| if is_plain(w) { w.clone() } else { format!("'{}'", w.replace('\'', r"'\''")) };
    argv.iter().map(word).collect::<Vec<_>>().join(" ")
}
