//! The panes of the real mprocs in the window: opened, looked at, answered, closed.

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use threados::link::{Ask, PaneAsk, Update, Wish};
use threados::terminal::Picture;
use threados_core::executor::mprocs::{SessionState, VERSION};

use crate::kit::{Screen, Staged, click, click_by_name, line, now, scene, until};
use crate::pictures::check;
use crate::project::Project;

const ASK: &[&str] = &[
    "step add ask --name Ask --interactive -- sh -c 'printf \"your word? \"; read -r word; echo \"heard $word\"'",
    "step add plain --name Plain -- sh -c 'echo plain as day'",
];

/// What stands on the screen of mprocs; empty where it is not shown.
fn shown(screen: &Screen) -> String {
    screen.query_by_role(Role::Terminal).and_then(|n| n.accesskit_node().value()).unwrap_or_default()
}

#[test]
fn an_interactive_step_is_answered_in_the_window() {
    let p = Project::new(ASK).with_mprocs();
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the scene", |s| !line(s, "Ask").is_empty());
    click(&mut screen, "Terminal");
    // Else a step whose pane is late starts without one.
    click(&mut screen, "Executor");
    click(&mut screen, "mprocs");
    click_by_name(&mut screen, "Open mprocs");
    until(&mut screen, "its panes", |s| {
        shown(s).contains("Plain") && shown(s).contains("nothing runs here yet")
    });
    click_by_name(&mut screen, "Run all");
    until(&mut screen, "both to have run", |s| {
        line(s, "Ask").starts_with("running") && line(s, "Plain").starts_with("done")
    });
    screen.state_mut().state_mut().selected = Some("plain".parse().unwrap());
    click_by_name(&mut screen, "Show selected step");
    until(&mut screen, "its pane", |s| {
        shown(s).contains("plain as day") && shown(s).contains("plain \u{b7} DONE")
    });
    screen.state_mut().state_mut().selected = Some("ask".parse().unwrap());
    screen.run();
    screen.key_press_modifiers(Modifiers::SHIFT, Key::T);
    until(&mut screen, "the question", |s| shown(s).contains("your word?"));
    screen.event(egui::Event::Text("yes".into()));
    // A key of the window, were it not typed into the pane.
    screen.event(egui::Event::Text("s".into()));
    screen.key_press(Key::S);
    screen.key_press(Key::Backspace);
    screen.key_press(Key::Enter);
    until(&mut screen, "the answer", |s| shown(s).contains("heard yes"));
    until(&mut screen, "its end", |s| line(s, "Ask").starts_with("done"));
    screen.key_press_modifiers(Modifiers::CTRL, Key::CloseBracket);
    screen.run();
    screen.key_press(Key::Escape);
    screen.run();
    assert_eq!(screen.state().state().selected, None, "the keys are the window's again");
    click_by_name(&mut screen, "Close mprocs");
    until(&mut screen, "its end", |s| s.query_by_label("Open mprocs").is_some());
    assert!(shown(&screen).is_empty());
}

#[test]
fn a_session_that_others_open_and_kill_shows_by_itself() {
    let p = Project::new(ASK).with_mprocs();
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the scene", |s| !line(s, "Ask").is_empty());
    click(&mut screen, "Terminal");
    let seqctl = p.workspace.own_binary.clone().unwrap();
    let opened = std::process::Command::new(seqctl)
        .args(["mprocs", "open", "--headless", "--root"])
        .arg(p.workspace.root())
        .output()
        .unwrap();
    assert!(opened.status.success(), "{opened:?}");
    until(&mut screen, "its panes", |s| shown(s).contains("Plain"));
    let pid = screen.state().state().session.as_ref().unwrap().pid;
    std::process::Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap();
    until(&mut screen, "its end", |s| s.query_by_label("Open mprocs").is_some());
}

#[test]
fn how_steps_start_is_chosen_and_every_run_says_it() {
    let text = "version: \"1.0\"\nname: x\nsteps:\n  - { id: a, command: [sh] }\n";
    let mut staged = Staged::new(scene(text, Default::default()), [1200.0, 800.0], Theme::Dark);
    let ran = |staged: &mut Staged| {
        click(&mut staged.screen, "Run all");
        let asked = staged.asked();
        asked
            .into_iter()
            .find_map(|ask| if let Ask::Wish(wish) = ask { Some(Wish::line(&wish)) } else { None })
            .unwrap()
    };
    assert_eq!(ran(&mut staged), "seqctl run all --detach");
    click(&mut staged.screen, "Terminal");
    click(&mut staged.screen, "Executor");
    click(&mut staged.screen, "mprocs");
    assert_eq!(ran(&mut staged), "seqctl run all --detach --executor mprocs");
}

#[test]
fn the_panes_as_they_look() {
    let text = "version: \"1.0\"\nname: x\nsteps:\n  - { id: build, name: Build, command: [sh] }\n  - { id: ask, name: Ask, command: [sh] }\n";
    let mut staged = Staged::new(scene(text, Default::default()), [1200.0, 800.0], Theme::Dark);
    let session = SessionState {
        pid: 1,
        started: 1,
        keeper: 2,
        port: None,
        config_hash: String::new(),
        started_at: now(),
        version: VERSION.to_owned(),
        panes: 4,
    };
    staged.tell(Update::Session(Some(Arc::new(session))));
    click(&mut staged.screen, "Terminal");
    let asked = staged.asked();
    assert!(asked.iter().any(|ask| matches!(ask, Ask::Panes(PaneAsk::Look(Some(_))))), "{asked:?}");
    let drawn = "\x1b[2J\x1b[H\u{250c}ThreadOS\u{2500}\u{2500}\u{2510}\u{250f}Terminal\u{2501}\u{2501}\u{2501}\u{2501}\r\n\
        \u{2502} Build \x1b[1;92m UP\x1b[0m\u{2502}\u{2503}\x1b[1m\u{25b6} ask \u{b7} attempt 1 \u{b7} RUNNING\x1b[0m\r\n\
        \u{2502}\x1b[48;5;240m\u{2022}Ask   \x1b[1;92m UP\x1b[0m\u{2502}\u{2503}\x1b[38;5;208mApprove?\x1b[0m \x1b[7m yes \x1b[0m no  \x1b[4mwhy\x1b[0m \x1b[38;2;200;80;90m!\x1b[0m";
    let mut parser = vt100::Parser::new(10.try_into().unwrap(), 60.try_into().unwrap(), 0);
    parser.process(drawn.as_bytes());
    staged.tell(Update::Picture(Arc::new(Picture::of(parser.screen()))));
    check(&mut staged.screen, "terminal");
    click(&mut staged.screen, "Logs");
    assert!(staged.asked().contains(&Ask::Panes(PaneAsk::Look(None))), "nobody looks any more");
}
