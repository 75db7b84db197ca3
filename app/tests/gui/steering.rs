//! Real projects, steered through the window.

use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use threados_core::model::{GateStatus, Mode, Phase};

use crate::kit::{Screen, click, click_by_name, line, until};
use crate::project::Project;

const THREE: &[&str] = &[
    "step add fetch --name Fetch -- sh -c 'echo one two three'",
    "step add count --name Count --depends-on fetch -- sh -c 'echo counted'",
    "step add broken --name Broken -- sh -c 'echo what a pity >&2; exit 3'",
];

#[test]
fn a_project_is_run_and_each_end_shows_with_its_reason() {
    let p = Project::new(THREE);
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the scene", |s| line(s, "Count") == "waits for Fetch");
    click(&mut screen, "Run all");
    until(&mut screen, "the end", |s| line(s, "Count").starts_with("done"));
    until(&mut screen, "the failure", |s| line(s, "Broken") == "failed \u{b7} exit 3");
    screen.get_by_label("Broken").click();
    until(&mut screen, "its words", |s| s.query_all_by_label("what a pity").count() == 1);
    click(&mut screen, "Logs");
    until(&mut screen, "its log", |s| s.query_all_by_label("what a pity").count() == 2);
    click(&mut screen, "Result");
    let held = match sandbox(&p, "broken").as_str() {
        "none" => "Sandbox: none, nothing held it".to_owned(),
        level => format!("Sandbox: {level}"),
    };
    until(&mut screen, "what held it", |s| s.query_all_by_label(&held).count() == 1);
}

/// The level in the record of a step.
fn sandbox(p: &Project, step: &str) -> String {
    let run = std::fs::read_dir(p.path(".threados/runs")).unwrap().flatten().next().unwrap();
    let record = std::fs::read_to_string(run.path().join(step).join("status.json")).unwrap();
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    record["sandbox"].as_str().unwrap().to_owned()
}

#[test]
fn what_others_change_shows_by_itself() {
    let p = Project::new(THREE);
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the scene", |s| !line(s, "Fetch").is_empty());
    p.does("step add late --name Late --depends-on count -- sh -c true");
    until(&mut screen, "the new step", |s| line(s, "Late") == "waits for Count");
    // Within a second; a busy machine may take longer now and then.
    let mut took = Vec::new();
    for n in 0..5 {
        let name = format!("Late {n}");
        p.does(&format!("step edit late --name '{name}'"));
        let begun = Instant::now();
        until(&mut screen, "the new name", |s| !line(s, &name).is_empty());
        took.push(begun.elapsed());
    }
    took.sort();
    assert!(took[0] < Duration::from_secs(1), "{took:?}");
}

#[test]
fn a_gate_is_approved_where_it_stands() {
    let p = Project::new(THREE);
    p.does("gate insert review --name Review --after fetch --before count");
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the gate", |s| line(s, "Review") == "waits for Fetch");
    click(&mut screen, "Run all");
    until(&mut screen, "the gate to be due", |s| line(s, "Review") == "needs you");
    screen.get_by_label("1 needs you").click();
    until(&mut screen, "the button", |s| s.query_by_label("Approve").is_some());
    click(&mut screen, "Approve");
    until(&mut screen, "the approval", |s| line(s, "Review") == "approved");
    let snapshot = p.workspace.snapshot().unwrap();
    assert_eq!(snapshot.state.gate_status("review"), GateStatus::Approved);
}

#[test]
fn what_destroys_work_asks_first_in_safe_mode_and_a_no_changes_nothing() {
    let p = Project::new(&["step add long --name Long -- sh -c 'sleep 600'"]);
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the scene", |s| line(s, "Long") == "ready");
    click(&mut screen, "Run all");
    until(&mut screen, "it to run", |s| line(s, "Long").starts_with("running"));
    click(&mut screen, "Stop all");
    until(&mut screen, "the question", |s| s.query_by_label("Yes, do it").is_some());
    click(&mut screen, "Cancel");
    assert_eq!(p.workspace.snapshot().unwrap().state.phase("long"), Phase::Running);
    click(&mut screen, "Stop all");
    until(&mut screen, "the question", |s| s.query_by_label("Yes, do it").is_some());
    click(&mut screen, "Yes, do it");
    until(&mut screen, "the stop", |s| line(s, "Long").starts_with("failed \u{b7} stopped by user"));
}

#[test]
fn safe_becomes_power_only_with_a_yes_and_power_becomes_safe_without() {
    let p = Project::new(THREE);
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the mode", |s| s.query_by_label("SAFE").is_some());
    click(&mut screen, "SAFE");
    until(&mut screen, "the question", |s| s.query_by_label("Yes, do it").is_some());
    assert_eq!(p.workspace.snapshot().unwrap().policy().unwrap().mode, Mode::Safe);
    click(&mut screen, "Yes, do it");
    until(&mut screen, "POWER", |s| s.query_by_label("POWER").is_some());
    click(&mut screen, "POWER");
    until(&mut screen, "SAFE", |s| s.query_by_label("SAFE").is_some());
}

#[test]
fn a_broken_file_leaves_the_last_good_picture_and_says_where_it_is_broken() {
    let p = Project::new(THREE);
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the scene", |s| !line(s, "Fetch").is_empty());
    let (file, good) = (
        p.path(".threados/sequence.yaml"),
        std::fs::read_to_string(p.path(".threados/sequence.yaml")).unwrap(),
    );
    std::fs::write(&file, good.replace("id: count", "idd: count")).unwrap();
    let said = "What is shown is the last good version";
    until(&mut screen, "the fault", |s| s.query_by_label(said).is_some());
    assert!(!line(&screen, "Count").is_empty());
    std::fs::write(&file, good).unwrap();
    until(&mut screen, "the end of the fault", |s| s.query_by_label(said).is_none());
}

#[test]
fn the_keyboard_alone_finds_runs_and_undoes() {
    let p = Project::new(THREE);
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the scene", |s| !line(s, "Fetch").is_empty());
    screen.key_press_modifiers(Modifiers::COMMAND, Key::K);
    screen.run();
    screen.event(egui::Event::Text("go to fetch".into()));
    screen.run();
    screen.key_press(Key::Enter);
    screen.run();
    assert_eq!(screen.state().state().selected.as_ref().unwrap().as_str(), "fetch");
    screen.key_press(Key::R);
    until(&mut screen, "the run", |s| line(s, "Fetch").starts_with("done"));
    screen.key_press(Key::ArrowRight);
    screen.run();
    assert_eq!(screen.state().state().selected.as_ref().unwrap().as_str(), "count");
    screen.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    until(&mut screen, "the question", |s| s.query_by_label("Yes, do it").is_some());
    screen.key_press(Key::Enter);
    until(&mut screen, "the undo", |s| s.query_by_label("Broken").is_none());
}

#[test]
fn a_refusal_is_told_with_what_to_do() {
    let p = Project::new(THREE);
    p.does("policy deny sh");
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the scene", |s| !line(s, "Fetch").is_empty());
    click(&mut screen, "Run all");
    let told = |s: &Screen| {
        let toasts = &s.state().state().toasts;
        toasts.iter().any(|t| t.bad && t.hint.as_deref().is_some_and(|h| h.contains("policy allow sh")))
    };
    until(&mut screen, "the refusal", told);
}

#[test]
fn a_failure_is_told_with_a_way_to_the_step() {
    let p = Project::new(THREE);
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the scene", |s| !line(s, "Fetch").is_empty());
    click(&mut screen, "Run all");
    until(&mut screen, "the failure", |s| s.query_by_label("Broken: failed \u{b7} exit 3").is_some());
    click_by_name(&mut screen, "Show broken");
    until(&mut screen, "its inspector", |s| {
        s.state().state().selected.as_ref().is_some_and(|id| id.as_str() == "broken")
    });
    assert!(screen.query_by_label("Broken: failed \u{b7} exit 3").is_none(), "it has done its work");
}

#[test]
fn a_watchdog_says_when_it_looked_last() {
    let p = Project::new(&[
        "step add soak --name Soak --type l -- sh -c 'until [ -e go ]; do sleep 0.05; done'",
        "step add guard --name Guard --watchdog-for soak --watchdog-interval 100 -- sh -c true",
    ]);
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the scene", |s| !line(s, "Guard").is_empty());
    click(&mut screen, "Run all");
    let looked = |says: &str| says.starts_with("ok ") && says.ends_with(" ago \u{b7} every 100ms");
    until(&mut screen, "a check", |s| looked(&line(s, "Guard")));
    std::fs::write(p.path("go"), "").unwrap();
    until(&mut screen, "its end", |s| line(s, "Guard") == "done \u{b7} soak ended");
}

#[test]
fn a_failure_that_is_looked_at_is_told_no_longer() {
    let p = Project::new(THREE);
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the scene", |s| !line(s, "Fetch").is_empty());
    click(&mut screen, "Run all");
    until(&mut screen, "the failure", |s| s.query_by_label("Broken: failed \u{b7} exit 3").is_some());
    screen.get_by_role_and_label(Role::TreeItem, "Broken").click();
    until(&mut screen, "its end", |s| s.query_by_label("Broken: failed \u{b7} exit 3").is_none());
}

#[test]
fn the_hand_pans_and_zooms_to_the_pointer() {
    let p = Project::new(THREE);
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the scene", |s| !line(s, "Fetch").is_empty());
    let place = |s: &Screen| s.get_by_role_and_label(Role::TreeItem, "Fetch").rect();
    let before = place(&screen);
    // On the ground: a step that is dragged is taken along.
    let at = before.center_bottom() + egui::vec2(0.0, 14.0);
    screen.hover_at(at);
    screen.drag_at(at);
    screen.hover_at(at + egui::vec2(30.0, 30.0));
    screen.hover_at(at + egui::vec2(60.0, 30.0));
    screen.step();
    screen.drop_at(at + egui::vec2(60.0, 30.0));
    screen.hover_at(at + egui::vec2(60.0, 30.0));
    screen.run();
    let moved = place(&screen);
    let way = moved.center() - before.center();
    assert!((way - egui::vec2(60.0, 30.0)).length() < 1.0, "{before} {moved}");
    screen.hover_at(moved.center());
    screen.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: egui::vec2(0.0, 240.0),
        phase: egui::TouchPhase::Move,
        modifiers: Modifiers::NONE,
    });
    screen.run();
    let close = place(&screen);
    assert!(close.width() > moved.width() * 1.5, "{moved} {close}");
    assert!((close.center() - moved.center()).length() < 2.0, "it is under the pointer: {moved} {close}");
}
