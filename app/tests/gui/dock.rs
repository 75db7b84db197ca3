//! Proposals, problems, runs, settings, and the first moment without a project.

use std::sync::Arc;

use chrono::TimeDelta;
use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use threados::Shell;
use threados::backend::Wake;
use threados::link::Ask;
use threados_core::model::{Actor, Fact, Phase, State, StepFact};
use threados_core::proposal::{Asker, Context, Proposals, Source, Standing};
use threados_core::store::Paths;
use threados_raster::Raster;

use crate::kit::{PATIENCE, Screen, Staged, click, line, now, scene, until};
use crate::project::Project;

const ONE: &[&str] = &["step add fetch --name Fetch -- sh -c 'echo one; printf \"\\033[31mred\\033[0m\\n\"'"];

fn offer(p: &Project, line: &str) -> Standing {
    let asker = Asker { actor: Actor::Orchestrator, source: Source::Mcp };
    Proposals::new(&p.workspace, &[]).offer(asker, &[line], Context::default()).unwrap().standing
}

#[test]
fn a_proposal_waits_for_a_yes_and_what_destroys_work_for_two() {
    let p = Project::new(ONE);
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the scene", |s| !line(s, "Fetch").is_empty());
    assert_eq!(offer(&p, "step add late -- sh -c true"), Standing::Waiting);
    until(&mut screen, "the card", |s| s.query_by_label("Apply").is_some());
    click(&mut screen, "Apply");
    until(&mut screen, "the step", |s| !line(s, "late").is_empty());
    until(&mut screen, "the card to go", |s| s.query_by_label("Apply").is_none());
    offer(&p, "step rm fetch");
    until(&mut screen, "the card", |s| s.query_by_label("Apply").is_some());
    click(&mut screen, "Apply");
    until(&mut screen, "the second question", |s| s.query_by_label("Yes, apply").is_some());
    assert!(p.workspace.snapshot().unwrap().sequence().step("fetch").is_some());
    click(&mut screen, "Discard");
    until(&mut screen, "the card to go", |s| s.query_by_label("Discard").is_none());
    offer(&p, "step add more --depends-on late -- sh -c true");
    until(&mut screen, "the card", |s| s.query_by_label("Apply & Run").is_some());
    click(&mut screen, "Apply & Run");
    until(&mut screen, "the run", |s| line(s, "more").starts_with("done"));
}

/// What is lost by a change is said on the card, not only where the pointer rests.
#[test]
fn what_a_dry_run_remarks_stands_on_the_card() {
    let p = Project::new(ONE);
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the scene", |s| !line(s, "Fetch").is_empty());
    assert_eq!(offer(&p, "step edit fetch --model claude-code"), Standing::Waiting);
    until(&mut screen, "the card", |s| s.query_by_label("Apply").is_some());
    assert!(screen.query_by_label_contains("Note: `fetch` has lost its command").is_some());
}

#[test]
fn logs_are_searched_and_past_runs_are_looked_at() {
    let p = Project::new(ONE);
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the scene", |s| !line(s, "Fetch").is_empty());
    click(&mut screen, "Run all");
    until(&mut screen, "the end", |s| line(s, "Fetch").starts_with("done"));
    screen.state_mut().state_mut().selected = Some("fetch".parse().unwrap());
    click(&mut screen, "Logs");
    until(&mut screen, "the log", |s| s.query_all_by_label("red").next().is_some());
    screen.get_by_label("Search the log").focus();
    screen.run();
    screen.event(egui::Event::Text("RED".into()));
    screen.run();
    assert!(screen.query_by_label("1 line").is_some());
    click(&mut screen, "Runs");
    let run = p.workspace.snapshot().unwrap().state.steps.get("fetch").unwrap().run_id.clone().unwrap();
    let row = |s: &crate::kit::Screen| s.query_by_role_and_label(Role::Button, run.as_str()).is_some();
    until(&mut screen, "the run", row);
    screen.get_by_role_and_label(Role::Button, run.as_str()).click();
    screen.run();
    assert_eq!(screen.state().state().run.as_ref(), Some(&run));
}

#[test]
fn a_broken_file_is_shown_with_its_place_and_its_line() {
    let p = Project::new(ONE);
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the scene", |s| !line(s, "Fetch").is_empty());
    let file = p.path(".threados/sequence.yaml");
    let good = std::fs::read_to_string(&file).unwrap();
    click(&mut screen, "Problems");
    std::fs::write(&file, good.replace("id: fetch", "idd: fetch")).unwrap();
    until(&mut screen, "the place", |s| {
        s.query_all_by_label_contains(".threados/sequence.yaml:").next().is_some()
    });
    until(&mut screen, "the line", |s| s.query_all_by_label_contains("idd: fetch").next().is_some());
    std::fs::remove_dir_all(p.path(".threados")).unwrap();
    until(&mut screen, "the loss of the project", |s| s.state().state().trouble.is_some());
    assert!(!line(&screen, "Fetch").is_empty(), "what was shown stays");
}

#[test]
fn of_many_problems_those_are_made_that_are_seen() {
    let steps: String = (0..450).map(|i| format!("- {{id: s{i}, command: [sh]}}\n")).collect();
    let mut state = State::default();
    for i in 0..450 {
        for phase in [Phase::Running, Phase::Failed] {
            state.take(Fact::Step(StepFact::new(format!("s{i}").parse().unwrap(), phase)), now());
        }
    }
    let text = format!("version: '1.0'\nname: x\nsteps:\n{steps}");
    let mut staged = Staged::new(scene(&text, state), [1440.0, 900.0], egui::Theme::Dark);
    let screen = &mut staged.screen;
    click(screen, "Problems 450");
    let made = |screen: &Screen| {
        let names = screen.query_all_by_role(Role::Link).filter_map(|n| n.accesskit_node().label());
        names.filter(|name| name.starts_with('s')).collect::<Vec<_>>()
    };
    assert!((3..30).contains(&made(screen).len()) && made(screen)[0] == "s0", "{:?}", made(screen));
    screen.hover_at(screen.get_by_role_and_label(Role::Link, "s0").rect().center());
    screen.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: egui::vec2(0.0, -100_000.0),
        phase: egui::TouchPhase::Move,
        modifiers: egui::Modifiers::NONE,
    });
    screen.run();
    let now = made(screen);
    assert!((3..30).contains(&now.len()) && now.last().is_some_and(|name| name == "s449"), "{now:?}");
}

#[test]
fn settings_are_remembered_for_the_person() {
    let p = Project::new(ONE);
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the scene", |s| !line(s, "Fetch").is_empty());
    let file = p.path("../window.json");
    let ctx = screen.ctx.clone();
    screen.state_mut().remember_in(Some(file.clone()), Default::default(), &ctx);
    screen.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::Comma);
    screen.run();
    click(&mut screen, "Safe colours");
    click(&mut screen, "Light");
    click(&mut screen, "Close");
    until(&mut screen, "the file", |_| {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        text.contains("\"safe_colors\": true") && text.contains("\"dark\": false")
    });
}

#[test]
fn without_a_project_one_is_made_from_a_template_in_two_clicks() {
    let dir = tempfile::Builder::new().prefix("tos").tempdir().unwrap();
    let folder = dir.path().join("fresh");
    std::fs::create_dir(&folder).unwrap();
    let wake: Wake = Arc::new(|| {});
    let shell = Shell::welcome(Paths::new(&folder).unwrap(), Box::new(|_| Ok(Vec::new())), wake);
    let ready = std::cell::Cell::new(false);
    let show = move |ui: &mut egui::Ui, shell: &mut Shell| {
        if !ready.replace(true) {
            return threados::theme::install(ui.ctx());
        }
        shell.logic(ui.ctx());
        shell.ui(ui);
    };
    let builder = Harness::builder().with_size([1200.0, 800.0]).renderer(Raster::default());
    let mut screen = builder.build_ui_state(show, shell);
    screen.run();
    screen.get_by_label("New Chained thread").click();
    let begun = std::time::Instant::now();
    loop {
        screen.step();
        let ready = screen.query_by_label("Create").is_some_and(|n| !n.accesskit_node().is_disabled());
        if ready {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "the form does not come");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    // What has just opened may still move to its place.
    screen.run();
    screen.get_by_label("Create").click();
    while !std::fs::read_to_string(folder.join(".threados/sequence.yaml")).unwrap().contains("chained-gate-1")
    {
        screen.step();
        assert!(begun.elapsed() < PATIENCE, "it is not made");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

#[test]
fn the_timeline_shows_what_an_orchestrator_ran_with_the_run_around_it() {
    let text = "version: \"1.0\"\nname: nested\nsteps:\n  - { id: lead, orchestrator: true, command: [\"true\"] }\n\
                \x20 - { id: child, spawned_by: lead, command: [\"true\"] }\n";
    let mut state = State::default();
    for (id, run, from) in [("lead", "20241004T000000Z-7f3a", 40), ("child", "20241004T000100Z-8e21", 20)] {
        let mut fact = StepFact::new(id.parse().unwrap(), Phase::Running);
        fact.run = Some(run.parse().unwrap());
        state.take(Fact::Step(fact), now() - TimeDelta::seconds(from));
        let fact = StepFact::new(id.parse().unwrap(), Phase::Done);
        state.take(Fact::Step(fact), now() - TimeDelta::seconds(from - 15));
    }
    let mut staged = Staged::new(scene(text, state), [1440.0, 900.0], egui::Theme::Dark);
    let shows = |label: &str| staged.screen.query_by_label(label).is_some();
    assert!(shows("lead took 15s") && shows("child took 15s"));
    assert!(shows("run 20241004T000000Z-7f3a"), "it is named after the run around it");
    // That is the one that is played back, not the one inside of it that began last.
    staged.asked();
    click(&mut staged.screen, "Play back");
    staged.screen.key_press(egui::Key::P);
    staged.screen.run();
    let around = || Ask::Past(Some("20241004T000000Z-7f3a".parse().unwrap()));
    let asked: Vec<Ask> = staged.asked().into_iter().filter(|a| matches!(a, Ask::Past(_))).collect();
    assert_eq!(asked, [around(), around()]);
}
