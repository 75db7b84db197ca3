//! Editing and making things, through the window alone.

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use threados::Cmd;
use threados::draft::{Draft, Preview};
use threados::link::Update;
use threados_core::engine::protocol::Fault;
use threados_core::id::NodeId;
use threados_core::model::{GateStatus, Phase, State};
use threados_core::workspace::ErrorClass;

use crate::kit::{Screen, Staged, click_by_name as click, line, scene, until};
use crate::project::Project;

const ONE: &[&str] = &["step add fetch --name Fetch -- sh -c 'echo one'"];

/// Selects a step or gate, as a click on the canvas does.
fn select(screen: &mut Screen, id: &str) {
    screen.state_mut().state_mut().selected = Some(id.parse::<NodeId>().unwrap());
    screen.run();
}

/// Types over what stands in a field.
fn fill(screen: &mut Screen, label: &str, text: &str) {
    screen.run();
    let is_field = |n: &egui_kittest::Node<'_>| {
        matches!(n.accesskit_node().role(), Role::TextInput | Role::MultilineTextInput)
    };
    screen.query_all_by_label(label).find(is_field).unwrap_or_else(|| panic!("no field {label}")).focus();
    screen.run();
    screen.key_press_modifiers(Modifiers::COMMAND, Key::A);
    screen.key_press(Key::Backspace);
    screen.event(egui::Event::Text(text.into()));
    screen.run();
}

fn says(screen: &Screen, words: &str) -> bool {
    screen.query_all_by_label_contains(words).next().is_some()
}

/// Opens the form of a command by the menu of new things.
fn make(screen: &mut Screen, what: &str) {
    until(screen, "the form before it to close", |s| s.query_by_label("Create").is_none());
    // A click by name leaves a menu open.
    if screen.query_by_label(what).is_none() {
        click(screen, "New");
    }
    click(screen, what);
    until(screen, "the form", |s| s.query_by_label("Create").is_some());
}

/// Waits until the button can be pressed, and presses it.
fn press(screen: &mut Screen, label: &str) {
    until(screen, label, |s| s.query_by_label(label).is_some_and(|n| !n.accesskit_node().is_disabled()));
    click(screen, label);
}

#[test]
fn a_field_is_checked_as_one_types_and_saved_as_one_change() {
    let p = Project::new(ONE);
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the scene", |s| !line(s, "Fetch").is_empty());
    select(&mut screen, "fetch");
    click(&mut screen, "Edit");
    fill(&mut screen, "Time limit, ms", "soon");
    assert!(says(&screen, "invalid value 'soon'"), "the fault stands beside the field");
    fill(&mut screen, "Time limit, ms", "60000");
    fill(&mut screen, "Depends on", "nowhere");
    until(&mut screen, "the dry run", |s| says(s, "nowhere"));
    fill(&mut screen, "Depends on", "");
    fill(&mut screen, "Command", "sh -c 'echo two'");
    press(&mut screen, "Save 2 changes");
    until(&mut screen, "the change", |_| {
        let snapshot = p.workspace.snapshot().unwrap();
        let step = snapshot.sequence().step("fetch").unwrap().clone();
        step.timeout_ms == Some(60_000) && step.command[2] == "echo two"
    });
    until(&mut screen, "the form to settle", |s| s.query_by_label("Save 2 changes").is_none());
    click(&mut screen, "Undo");
    press(&mut screen, "Yes, do it");
    until(&mut screen, "the undo", |_| {
        p.workspace.snapshot().unwrap().sequence().step("fetch").unwrap().timeout_ms.is_none()
    });
    click(&mut screen, "Redo");
    until(&mut screen, "the redo", |_| {
        p.workspace.snapshot().unwrap().sequence().step("fetch").unwrap().timeout_ms.is_some()
    });
}

#[test]
fn a_prompt_is_written_in_the_window() {
    let p = Project::new(&["step add talk --name Talk --model claude-code --prompt-text hello"]);
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the scene", |s| !line(s, "Talk").is_empty());
    select(&mut screen, "talk");
    screen.query_all_by_label("Prompt").next().unwrap().click();
    until(&mut screen, "the prompt", |s| {
        s.query_all_by_label("Prompt").any(|n| n.value().is_some_and(|v| v.contains("hello")))
    });
    fill(&mut screen, "Prompt", "good morning");
    press(&mut screen, "Save prompt");
    until(&mut screen, "the file", |_| {
        std::fs::read_to_string(p.path(".threados/prompts/talk.md")).unwrap() == "good morning"
    });
}

#[test]
fn a_step_a_gate_a_group_and_a_fusion_are_made_copied_and_removed() {
    let p = Project::new(&["step add a -- sh -c true", "step add b -- sh -c true"]);
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the scene", |s| !line(s, "a").is_empty());
    make(&mut screen, "New step");
    fill(&mut screen, "Id", "c");
    fill(&mut screen, "Command", "sh -c true");
    fill(&mut screen, "Depends on", "a");
    press(&mut screen, "Create");
    until(&mut screen, "the step", |s| line(s, "c") == "waits for a");
    select(&mut screen, "a");
    make(&mut screen, "New gate");
    press(&mut screen, "Create");
    until(&mut screen, "the gate", |s| line(s, "review") == "waits for a");
    assert_eq!(
        p.workspace.snapshot().unwrap().sequence().step("c").unwrap().depends_on[0].as_str(),
        "review"
    );
    make(&mut screen, "New group");
    fill(&mut screen, "Steps", "a, b");
    press(&mut screen, "Create");
    until(&mut screen, "the group", |_| {
        p.workspace.snapshot().unwrap().sequence().step("b").unwrap().group_id.is_some()
    });
    select(&mut screen, "c");
    screen.key_press_modifiers(Modifiers::COMMAND, Key::D);
    press(&mut screen, "Clone");
    until(&mut screen, "the copy", |s| !line(s, "c-copy").is_empty());
    make(&mut screen, "New fusion");
    fill(&mut screen, "Candidates", "c, c-copy");
    press(&mut screen, "Create");
    until(&mut screen, "the fusion", |_| {
        p.workspace.snapshot().unwrap().sequence().step("c-synth").is_some()
    });
    select(&mut screen, "c-copy");
    screen.key_press(Key::Delete);
    until(&mut screen, "the refusal", |s| says(s, "cannot be removed"));
    click(&mut screen, "Cancel");
    select(&mut screen, "review");
    screen.key_press(Key::Delete);
    press(&mut screen, "Remove");
    until(&mut screen, "the gate to go", |s| line(s, "review").is_empty());
}

#[test]
fn a_button_stays_the_one_that_has_the_focus_when_news_comes_in_above_it() {
    let scene = scene("version: '1.0'\nname: x\nsteps:\n- {id: a, command: [sh]}\n", State::default());
    let mut staged = Staged::new(scene, [1200.0, 800.0], egui::Theme::Dark);
    select(&mut staged.screen, "a");
    staged.screen.state_mut().make(Cmd::Remove);
    staged.screen.run();
    staged.screen.get_by_label("Cancel").focus();
    staged.screen.run();
    let of = Draft::Lines(vec!["step rm a".into()]);
    let fault =
        Fault::new(ErrorClass::Conflict, "HAS_DEPENDENTS", "`a` cannot be removed").hint("cut it loose");
    staged.tell(Update::Preview(Preview { of, came: Err(fault) }));
    assert!(says(&staged.screen, "cut it loose"));
    staged.screen.key_press(Key::Enter);
    staged.screen.run();
    assert!(staged.screen.query_by_label("Cancel").is_none(), "the focus was on Cancel");
}

fn phase(p: &Project, id: &str) -> Phase {
    p.workspace.snapshot().unwrap().state.phase(id)
}

fn thread(what: &str, first: &str) {
    let p = Project::new(&["policy allow sleep"]);
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the scene", |s| s.state().state().scene.is_some());
    make(&mut screen, what);
    fill(&mut screen, "Model", "shell");
    press(&mut screen, "Create");
    until(&mut screen, first, |_| p.workspace.snapshot().unwrap().sequence().step(first).is_some());
    // What it is made of is harmless and quick; here it is made to last, and to be looked at.
    select(&mut screen, first);
    click(&mut screen, "Edit");
    fill(&mut screen, "Command", "sleep 600");
    press(&mut screen, "Save 1 change");
    until(&mut screen, "the command", |_| {
        p.workspace.snapshot().unwrap().sequence().step(first).unwrap().command[0] == "sleep"
    });
    click(&mut screen, "About");
    if first == "long" {
        // Where no seqctl is installed, something else watches.
        p.does("step edit long-watchdog -- sh -c true");
    }
    press(&mut screen, "Run step");
    until(&mut screen, "the run", |_| phase(&p, first) == Phase::Running);
    press(&mut screen, "Stop step");
    press(&mut screen, "Yes, do it");
    until(&mut screen, "the stop", |_| phase(&p, first) == Phase::Failed);
    click(&mut screen, "Edit");
    fill(&mut screen, "Command", "sh -c true");
    until(&mut screen, "Needs review", |s| {
        s.query_by_role_and_label(Role::CheckBox, "Needs review").is_some()
    });
    screen.get_by_role_and_label(Role::CheckBox, "Needs review").click_accesskit();
    screen.run();
    press(&mut screen, "Save 2 changes");
    until(&mut screen, "the review", |_| {
        p.workspace.snapshot().unwrap().sequence().step(first).unwrap().review
    });
    click(&mut screen, "About");
    click(&mut screen, "More actions");
    press(&mut screen, "Restart step");
    press(&mut screen, "Yes, do it");
    until(&mut screen, "the review", |_| phase(&p, first) == Phase::NeedsReview);
    press(&mut screen, "Accept work");
    until(&mut screen, "the end", |_| phase(&p, first) == Phase::Done);
    to_its_end(&mut screen, &p);
}

/// Runs what is left of a thread, with a yes at each of its gates.
fn to_its_end(screen: &mut Screen, p: &Project) {
    let snapshot = p.workspace.snapshot().unwrap();
    let gates: Vec<String> = snapshot.sequence().gates.iter().map(|g| g.id.to_string()).collect();
    // A watchdog ends with what it watches.
    let steps = snapshot.sequence().steps.iter().filter(|s| s.watchdog_for.is_none());
    let steps: Vec<String> = steps.map(|s| s.id.to_string()).collect();
    for step in steps.iter().skip(1) {
        // Where no seqctl is installed, something else does the work.
        p.does(&format!("step edit {step} -- sh -c true"));
    }
    press(screen, "Run all");
    for gate in gates {
        until(screen, &gate, |_| p.workspace.snapshot().unwrap().statuses().gates.iter().any(|g| g.due));
        select(screen, &gate);
        press(screen, "Approve");
        until(screen, "the yes", |_| {
            p.workspace.snapshot().unwrap().state.gate_status(&gate) == GateStatus::Approved
        });
        press(screen, "Run all");
    }
    until(screen, "the end of all", |_| {
        let state = p.workspace.snapshot().unwrap().state;
        steps.iter().all(|step| state.phase(step) == Phase::Done)
    });
}

#[test]
fn a_base_thread_is_made_run_stopped_restarted_and_reviewed() {
    thread("New base thread", "base");
}

#[test]
fn a_parallel_thread_is_made_run_stopped_restarted_and_reviewed() {
    thread("New parallel thread", "parallel-1");
}

#[test]
fn a_chained_thread_is_made_run_stopped_restarted_and_reviewed() {
    thread("New chained thread", "chained-1");
}

#[test]
fn a_fusion_thread_is_made_run_stopped_restarted_and_reviewed() {
    thread("New fusion thread", "fusion-1");
}

#[test]
fn an_orchestrated_thread_is_made_run_stopped_restarted_and_reviewed() {
    thread("New orchestrated thread", "lead");
}

#[test]
fn a_long_thread_is_made_run_stopped_restarted_and_reviewed() {
    thread("New long thread", "long");
}

#[test]
fn a_gate_sends_work_back_is_blocked_and_approved() {
    let p = Project::new(ONE);
    p.does("gate insert review --name Review --after fetch");
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the gate", |s| !line(s, "Review").is_empty());
    click(&mut screen, "Run all");
    until(&mut screen, "the gate to be due", |s| line(s, "Review") == "needs you");
    select(&mut screen, "review");
    fill(&mut screen, "Reason", "too vague");
    press(&mut screen, "Send back to");
    press(&mut screen, "Yes, do it");
    until(&mut screen, "the work to go back", |s| line(s, "Review") == "waits for Fetch");
    let reason = p.workspace.snapshot().unwrap().state.steps.get("fetch").unwrap().review_reason.clone();
    assert_eq!(reason.as_deref(), Some("too vague"));
    press(&mut screen, "Block");
    press(&mut screen, "Yes, do it");
    let status = |p: &Project| p.workspace.snapshot().unwrap().state.gate_status("review");
    until(&mut screen, "the block", |_| status(&p) == GateStatus::Blocked);
    press(&mut screen, "Approve");
    until(&mut screen, "the refusal: it is not due", |s| s.state().state().toasts.iter().any(|t| t.bad));
    click(&mut screen, "Run all");
    until(&mut screen, "the run", |_| phase(&p, "fetch") == Phase::Done);
    press(&mut screen, "Approve");
    until(&mut screen, "the approval", |_| status(&p) == GateStatus::Approved);
}

#[test]
fn a_line_is_rehearsed_as_it_is_typed_and_a_program_that_is_not_listed_is_listed_with_a_click() {
    let p = Project::new(ONE);
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the scene", |s| !line(s, "Fetch").is_empty());
    screen.key_press_modifiers(Modifiers::COMMAND, Key::L);
    screen.run();
    fill(&mut screen, "Line", "step add nap -- sleep 1");
    press(&mut screen, "seqctl policy allow sleep");
    press(&mut screen, "Do it");
    until(&mut screen, "the step", |s| !line(s, "nap").is_empty());
}
