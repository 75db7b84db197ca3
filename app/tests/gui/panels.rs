//! Each panel in both themes, to the bit; and the whole on a screen of twice as many pixels.

use std::sync::Arc;

use chrono::TimeDelta;
use egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::Queryable as _;
use threados::detail::{Attempt, Detail};
use threados::link::Update;
use threados::scene::Scene;
use threados_core::engine::protocol::Fault;
use threados_core::model::{Actor, Fact, GateFact, GateStatus, Phase, State, StepFact, StepStatus};
use threados_core::policy::Policy;
use threados_core::workspace::ErrorClass;
use threados_core::wrapper::sandbox::Level;

use crate::controls::click;
use crate::kit::{Staged, now, scene};
use crate::pictures::{check, release, select};

/// As wide as the inspector needs, and as high as its pages.
const TALL: [f32; 2] = [980.0, 900.0];

/// The same picture in both themes.
fn both(name: &str, size: [f32; 2], make: impl Fn(&mut Staged)) {
    both_of(name, size, release, make);
}

fn both_of(name: &str, size: [f32; 2], scene: impl Fn() -> Scene, make: impl Fn(&mut Staged)) {
    for (theme, word) in [(Theme::Dark, "dark"), (Theme::Light, "light")] {
        let mut staged = Staged::new(scene(), size, theme);
        make(&mut staged);
        check(&mut staged.screen, &format!("{name}-{word}"));
    }
}

fn run() -> threados_core::id::RunId {
    "20241004T000000Z-7f3a".parse().unwrap()
}

/// What a step left behind.
fn left(id: &str) -> Update {
    let attempt = |n: u32, status, minutes, reason: Option<&str>| Attempt {
        run: if n > 1 { run() } else { "20241003T222500Z-11aa".parse().unwrap() },
        attempt: n,
        status,
        reason: reason.map(str::to_owned),
        at: now() - TimeDelta::minutes(minutes),
        took_ms: 591_000,
    };
    let diff = "--- a/store.rs\n+++ b/store.rs\n@@ -1,3 +1,4 @@\n fn open() {\n-    todo()\n+    lock();\n+    read()\n }\n";
    Update::Detail(Arc::new(Detail {
        node: Some(id.parse().unwrap()),
        prompt: "Write the storage layer.\n\nIt keeps what is acknowledged: see {{ inputs }}.\n".into(),
        run: Some(run()),
        sandbox: Some(Level::None),
        sent: None,
        summary: Some("The store locks before it reads.".into()),
        diff: Some(diff.into()),
        notes: Vec::new(),
        artifacts: vec![("report.html".into(), 48_300), ("coverage/lcov.info".into(), 1_204)],
        folder: ".threados/runs/20241004T000000Z-7f3a/storage".into(),
        history: vec![
            attempt(2, StepStatus::Done, 70, None),
            attempt(1, StepStatus::Failed, 95, Some("exit code 1")),
        ],
    }))
}

/// Every answer of a gate, an orchestrator with what it added, and what waits for what has failed.
fn forms() -> Scene {
    let text = "version: '1.0'\nname: forms\nsteps:\n\
        - { id: lead, name: Lead, type: b, orchestrator: true, model: claude-code, prompt_file: prompts/lead.md }\n\
        - { id: one, name: First child, spawned_by: lead, command: [sh], depends_on: [lead] }\n\
        - { id: two, name: Second child, spawned_by: lead, command: [sh], depends_on: [lead] }\n\
        - { id: three, name: Third child, spawned_by: lead, command: [sh], depends_on: [lead] }\n\
        - { id: broken, name: Broken, command: [sh] }\n\
        - { id: after, name: After it, command: [sh], depends_on: [broken, one, no] }\n\
        gates:\n\
        - { id: no, name: Blocked gate, depends_on: [] }\n\
        - { id: due, name: Due gate, depends_on: [] }\n\
        - { id: yes, name: Approved gate, depends_on: [] }\n\
        - { id: later, name: Waiting gate, depends_on: [after] }\n";
    let mut state = State::default();
    for (id, phase) in
        [("lead", None), ("one", Some(Phase::Done)), ("two", None), ("broken", Some(Phase::Failed))]
    {
        let mut fact = StepFact::new(id.parse().unwrap(), Phase::Running);
        fact.run = Some(run());
        state.take(Fact::Step(fact), now() - TimeDelta::seconds(760));
        if let Some(phase) = phase {
            let mut fact = StepFact::new(id.parse().unwrap(), phase);
            fact.reason = (phase == Phase::Failed).then(|| "exit code 2".into());
            state.take(Fact::Step(fact), now() - TimeDelta::seconds(500));
        }
    }
    for (gate, status, reason) in
        [("no", GateStatus::Blocked, Some("not today")), ("yes", GateStatus::Approved, None)]
    {
        let by = Some(Actor::User);
        let reason = reason.map(str::to_owned);
        state.take(Fact::Gate(GateFact { gate: gate.parse().unwrap(), status, reason, by, at: None }), now());
    }
    scene(text, state)
}

#[test]
fn every_answer_of_a_gate_an_orchestrator_and_what_waits_for_what_failed() {
    both_of("forms", [1280.0, 800.0], forms, |_| {});
    let s = Staged::new(forms(), [1280.0, 800.0], Theme::Dark);
    let line = |name: &str| crate::kit::line(&s.screen, name);
    assert_eq!(line("Lead"), "running \u{b7} 12m 40s \u{b7} 1 of 3 children");
    assert_eq!(line("After it"), "Broken failed \u{b7} blocked by gate Blocked gate");
    assert_eq!(
        (line("Due gate"), line("Blocked gate")),
        ("needs you".into(), "blocked \u{b7} not today".into())
    );
    assert_eq!(line("Waiting gate"), "waits for After it");
}

#[test]
fn what_is_ready_and_finds_no_slot_says_so() {
    let most = Policy::default().max_concurrent;
    let lines = |running: u32| {
        let step = |n: u32| format!("- {{id: s{n}, name: Step {n}, command: [sh]}}\n");
        let steps: String = (0..=running).map(step).collect();
        let mut state = State::default();
        for n in 0..running {
            let fact = StepFact::new(format!("s{n}").parse().unwrap(), Phase::Running);
            state.take(Fact::Step(fact), now());
        }
        let scene = scene(&format!("version: '1.0'\nname: x\nsteps:\n{steps}"), state);
        scene.nodes[running as usize].says.clone()
    };
    assert_eq!(lines(most - 1), "ready");
    assert_eq!(lines(most), format!("ready \u{b7} {most} run, and {most} may"));
}

#[test]
fn the_pages_of_the_inspector() {
    for (page, name) in [("Prompt", "prompt"), ("Result", "result"), ("History", "history")] {
        both(name, TALL, |s| {
            select(s, "storage");
            s.tell(left("storage"));
            click(s, page);
        });
    }
    both("review", TALL, |s| select(s, "verify"));
    both("fields", TALL, |s| {
        select(s, "layout-c");
        click(s, "Edit");
    });
}

#[test]
fn the_palette() {
    both("palette", [900.0, 560.0], |s| {
        s.screen.key_press_modifiers(Modifiers::COMMAND, Key::K);
        s.screen.run();
        s.screen.event(egui::Event::Text("ship".into()));
        s.screen.run();
    });
}

#[test]
fn what_is_wrong_with_the_project_over_what_was_good_last() {
    both("trouble", [900.0, 560.0], |s| {
        let fault = Fault::new(
            ErrorClass::Invalid,
            "INVALID_SEQUENCE",
            ".threados/sequence.yaml:7:5: unknown key `idd`",
        );
        s.tell(Update::Trouble(Some(fault.hint("did you mean `id`?"))));
    });
}

#[test]
fn a_search_that_finds_nothing_says_so() {
    both("nothing-found", [1100.0, 560.0], |s| {
        s.screen.key_press_modifiers(Modifiers::COMMAND, Key::F);
        s.screen.run();
        s.screen.event(egui::Event::Text("zeppelin".into()));
        s.screen.run();
        assert!(s.screen.query_by_label("nothing found").is_some());
    });
}

#[test]
fn the_menu_of_the_view_and_no_map() {
    both("view", [1100.0, 640.0], |s| {
        let camera = s.screen.state_mut().camera_mut();
        camera.zoom = 0.8;
        s.screen.run();
        assert!(s.screen.query_by_label("Map").is_some());
        click(s, "Zoom: 80 %");
        click(s, "Minimap");
        s.screen.run();
        // A click by name leaves the menu open.
        assert!(s.screen.query_by_label("Map").is_none(), "it is hidden");
    });
}

#[test]
fn on_a_screen_of_twice_as_many_pixels_it_is_as_large_and_sharper() {
    let place = |s: &Staged| s.screen.get_by_label("Run all").rect();
    let before = place(&Staged::new(release(), [900.0, 560.0], Theme::Dark));
    let mut s = Staged::sharp(release(), [900.0, 560.0], Theme::Dark, 2.0);
    assert!((place(&s).center() - before.center()).length() < 1.0, "{before} {}", place(&s));
    let drawn = s.screen.render().unwrap();
    assert_eq!(drawn.dimensions(), (1800, 1120));
    check(&mut s.screen, "twice");
}
