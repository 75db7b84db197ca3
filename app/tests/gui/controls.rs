//! Every control: each has a name by which those find it who hear the window, and each does what it says when it is
//! clicked by that name.

use egui::accesskit::Role;
use egui::{Key, Modifiers, OutputCommand, Theme};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use threados::link::{Ask, Output, PaneAsk, Update, Wish};
use threados_core::engine::RunEntry;

use crate::kit::Staged;
use crate::pictures::{release, select};

/// What comes of a control.
enum Does {
    /// It asks for this line to be done.
    Line(&'static str),
    /// It puts this into the clipboard.
    Copies(&'static str),
    /// It selects this step or gate.
    Selects(&'static str),
    /// Something of this name is there then.
    Shows(&'static str),
    /// Something else that can be told from the window.
    Is(fn(&mut Staged) -> bool),
    /// It asks the backend.
    Asks(fn(&Ask) -> bool),
}
use Does::{Asks, Copies, Is, Line, Selects, Shows};

pub fn staged() -> Staged {
    let mut s = Staged::new(release(), [1500.0, 1500.0], Theme::Dark);
    let built_in = threados_core::workspace::Templates::built_in().all;
    s.tell(Update::Templates(built_in.into_iter().filter_map(|t| t.template.ok()).collect()));
    let run = RunEntry { id: "20241004T000000Z-7f3a".parse().unwrap(), record: None, open: true };
    s.tell(Update::Runs([run].into()));
    s
}

/// What it printed on both streams.
pub fn printed(step: &str) -> Update {
    Update::Output(std::sync::Arc::new(Output {
        step: Some(step.parse().unwrap()),
        run: Some("20241004T000000Z-7f3a".parse().unwrap()),
        stdout: vec!["out of it".into()],
        stderr: vec!["err of it".into()],
        cut: false,
    }))
}

/// Clicks what is called so, whatever stands beside it under the same name that cannot be clicked.
#[track_caller]
pub fn click(s: &mut Staged, name: &str) {
    s.screen.run();
    let is_control = |n: &egui_kittest::Node<'_>| {
        let node = n.accesskit_node();
        !node.is_disabled()
            && !matches!(node.role(), Role::Label | Role::TextInput | Role::MultilineTextInput)
    };
    // Of two what was opened last lies above.
    let found = s.screen.query_all_by_label(name).rfind(is_control);
    let there = || {
        let all = s.screen.root().children_recursive();
        let named = |n: egui_kittest::Node<'_>| {
            let node = n.accesskit_node();
            Some(format!("{:?} {} {}", node.role(), node.label()?, node.is_disabled()))
        };
        all.filter_map(named).collect::<Vec<_>>().join("\n")
    };
    found.unwrap_or_else(|| panic!("there is no {name}:\n{}", there())).click_accesskit();
    s.screen.step();
}

pub fn copied(s: &Staged) -> Option<String> {
    let commands = &s.screen.output().platform_output.commands;
    commands.iter().find_map(|c| match c {
        OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    })
}

/// Selects (`-`: nothing), clicks what leads there, then the last one; and looks what came of it.
#[track_caller]
fn try_out(s: &mut Staged, of: &str, names: &[&str], does: &Does) {
    s.screen.state_mut().state_mut().selected = None;
    s.screen.run();
    if of != "-" {
        select(s, of);
        s.tell(printed(of));
    }
    let (last, via) = names.split_last().unwrap();
    for name in via {
        click(s, name);
    }
    s.screen.run();
    s.asked();
    click(s, last);
    let copies = copied(s);
    // A free network is drawn without end.
    s.screen.run_ok();
    match does {
        Line(line) => {
            let asked = s.asked();
            let lines = asked.into_iter().filter_map(|ask| match ask {
                Ask::Wish(wish) => Some(Wish::line(&wish)),
                _ => None,
            });
            assert_eq!(lines.collect::<Vec<_>>(), [*line], "{of} {names:?}");
        }
        Copies(text) => assert_eq!(copies.as_deref(), Some(*text), "{of} {names:?}"),
        Selects(id) => {
            let selected = s.screen.state().state().selected.as_ref().map(ToString::to_string);
            assert_eq!(selected.as_deref(), Some(*id), "{of} {names:?}");
        }
        Shows(name) => {
            assert!(s.screen.query_all_by_label(name).next().is_some(), "{of} {names:?} shows no {name}");
        }
        Is(holds) => assert!(holds(s), "{of} {names:?}"),
        Asks(holds) => assert!(s.asked().iter().any(holds), "{of} {names:?}"),
    }
}

fn all(rows: &[(&str, &[&str], Does)]) {
    let mut s = staged();
    for (of, names, does) in rows {
        try_out(&mut s, of, names, does);
        // What opens something, or changes what is shown, leaves that to nobody.
        if names.len() > 1 || matches!(does, Shows(_) | Is(_)) {
            s = staged();
        }
    }
}

fn zoom(s: &mut Staged) -> f32 {
    s.screen.state_mut().camera_mut().zoom
}

#[test]
fn each_control_of_the_bar_above_does_what_it_says() {
    const FITTED: f32 = 0.772;
    let at = |zoom: f32| (zoom - FITTED).abs() < 0.02;
    assert!(at(zoom(&mut staged())), "{}", zoom(&mut staged()));
    all(&[
        ("-", &["\u{25b6}  Run runnable  1"], Line("seqctl run runnable --detach")),
        ("-", &["Run all"], Line("seqctl run all --detach")),
        ("-", &["Stop all"], Line("seqctl stop --all")),
        ("-", &["Undo"], Line("seqctl undo")),
        ("-", &["Redo"], Line("seqctl redo")),
        ("-", &["SAFE"], Line("seqctl policy mode POWER")),
        ("-", &["2 need you"], Selects("verify")),
        ("verify", &["2 need you"], Selects("ship-it")),
        ("-", &["Zoom: 77 %", "Zoom in"], Is(|s| zoom(s) > 0.9)),
        ("-", &["Zoom: 77 %", "Zoom out"], Is(|s| zoom(s) < 0.7)),
        ("-", &["Zoom: 77 %", "Zoom in", "Fit"], Is(|s| (zoom(s) - FITTED).abs() < 0.02)),
        ("-", &["Zoom: 77 %", "Critical path"], Is(|s| s.screen.state().state().critical)),
        ("-", &["Zoom: 77 %", "Free network"], Shows("Forces")),
        ("-", &["Minimap"], Is(|s| !s.screen.state().state().map)),
        ("-", &["Minimap", "Minimap"], Is(|s| s.screen.state().state().map)),
        ("-", &["Panels below"], Is(|s| s.screen.query_by_label("Timeline").is_none())),
        ("-", &["Panels on the right"], Is(|s| s.screen.query_by_label("Inspector").is_none())),
        ("-", &["Dark or light"], Is(|s| s.screen.ctx.theme() == Theme::Light)),
        ("-", &["Keys"], Shows("The list of keys")),
        ("-", &["New", "New step"], Shows("Create")),
        ("-", &["New", "New gate"], Shows("Before")),
        ("-", &["New", "New fusion"], Shows("Candidates")),
        ("-", &["New", "New group"], Shows("When one fails")),
        ("-", &["New", "New base thread"], Shows("Task")),
        ("-", &["New", "New parallel thread"], Shows("Create")),
        ("-", &["New", "New chained thread"], Shows("Phases")),
        ("-", &["New", "New fusion thread"], Shows("Create")),
        ("-", &["New", "New orchestrated thread"], Shows("Create")),
        ("-", &["New", "New long thread"], Shows("Create")),
        ("-", &["New", "Type a line"], Shows("Do it")),
    ]);
}

#[test]
fn each_control_of_the_inspector_does_what_it_says() {
    all(&[
        ("-", &["Layout C, failed \u{b7} exit 1"], Selects("layout-c")),
        ("docs", &["Run step"], Line("seqctl run step docs --detach")),
        ("ship", &["Run anyway"], Line("seqctl run step ship --force --detach")),
        ("ship", &["Verify rows needs your review"], Selects("verify")),
        ("ship", &["ship-it"], Selects("ship-it")),
        ("pick", &["Restart layout-c"], Line("seqctl restart layout-c --detach")),
        ("api", &["Stop step"], Line("seqctl stop api")),
        ("api", &["Restart step"], Line("seqctl restart api --detach")),
        ("layout-c", &["Run from here"], Line("seqctl run all --from layout-c --detach")),
        ("layout-c", &["More actions", "Reset"], Line("seqctl reset layout-c")),
        ("layout-c", &["More actions", "Clone step"], Shows("Clone")),
        ("layout-c", &["More actions", "Remove\u{2026}"], Shows("Dependents")),
        ("layout-c", &["seqctl restart layout-c"], Copies("seqctl restart layout-c")),
        ("verify", &["Accept work"], Line("seqctl step accept verify")),
        ("ship-it", &["Approve"], Line("seqctl gate approve ship-it")),
        ("ship-it", &["Block"], Line("seqctl gate block ship-it")),
        ("ship-it", &["Remove\u{2026}"], Shows("Remove")),
        ("ship-it", &["migrate"], Selects("migrate")),
        ("docs", &["Edit"], Shows("Save")),
        ("docs", &["Edit", "About"], Shows("Run step")),
        ("docs", &["Prompt"], Is(|s| s.screen.query_by_label("Run step").is_none())),
        ("docs", &["History"], Is(|s| s.screen.query_by_label("Run step").is_none())),
        ("docs", &["Result"], Is(|s| s.screen.query_by_label("Run step").is_none())),
    ]);
}

#[test]
fn work_is_sent_back_or_rejected_only_with_a_reason() {
    for (button, line) in [
        ("Send back", "seqctl step reject verify --reason wrong --rework"),
        ("Reject", "seqctl step reject verify --reason wrong"),
    ] {
        let mut s = staged();
        select(&mut s, "verify");
        assert!(s.screen.get_by_label(button).accesskit_node().is_disabled(), "{button}");
        s.screen.get_by_role_and_label(Role::TextInput, "Reason").focus();
        s.screen.run();
        s.screen.event(egui::Event::Text("wrong".into()));
        s.screen.run();
        s.asked();
        click(&mut s, button);
        let wishes: Vec<String> = s.asked().into_iter().filter_map(wish).collect();
        assert_eq!(wishes, [line]);
    }
}

pub fn wish(ask: Ask) -> Option<String> {
    if let Ask::Wish(wish) = ask { Some(wish.line()) } else { None }
}

#[test]
fn each_control_of_the_panels_does_what_it_says() {
    all(&[
        ("-", &["Play back"], Asks(|ask| matches!(ask, Ask::Past(Some(_))))),
        ("-", &["API took 12m 40s"], Selects("api")),
        ("layout-c", &["Logs", "stdout 1"], Shows("out of it")),
        ("api", &["Logs", "stderr 1"], Shows("err of it")),
        ("api", &["Logs", "Copy"], Copies("out of it")),
        ("-", &["Problems 1", "Layout C"], Selects("layout-c")),
        ("-", &["Runs", "20241004T000000Z-7f3a"], Is(|s| s.screen.state().state().run.is_some())),
        ("-", &["Terminal", "Open mprocs"], Asks(|ask| *ask == Ask::Panes(PaneAsk::Open))),
        (
            "-",
            &["what failed?", "Send"],
            Asks(|ask| matches!(ask, Ask::Say { text, .. } if text == "what failed?")),
        ),
        ("-", &["what failed?", "Send", "Stop thinking"], Asks(|ask| *ask == Ask::Hush)),
        ("-", &["builtin", "claude"], Shows("claude")),
        ("-", &["Hide the panels below"], Is(|s| s.screen.query_by_label("Timeline").is_none())),
        ("-", &["Hide Inspector"], Shows("Open Inspector")),
        ("-", &["Hide Inspector", "Open Inspector"], Shows("Hide Inspector")),
    ]);
}

#[test]
fn each_entry_of_the_menu_of_a_node_does_what_it_says() {
    let menu = |id: &str, entry: &str| {
        let mut s = staged();
        select(&mut s, id);
        s.screen.key_press_modifiers(Modifiers::SHIFT, Key::F10);
        s.screen.run();
        s.screen.run();
        s.asked();
        click(&mut s, entry);
        let copies = copied(&s);
        s.screen.run();
        (s.asked().into_iter().filter_map(wish).collect::<Vec<_>>(), copies, s)
    };
    for (id, entry, line) in [
        ("docs", "Run step", "seqctl run step docs --detach"),
        ("ship", "Run anyway", "seqctl run step ship --force --detach"),
        ("api", "Stop step", "seqctl stop api"),
        ("api", "Restart step", "seqctl restart api --detach"),
        ("layout-c", "Reset", "seqctl reset layout-c"),
        ("verify", "Accept work", "seqctl step accept verify"),
        ("ship-it", "Approve gate", "seqctl gate approve ship-it"),
        ("ship-it", "Block gate", "seqctl gate block ship-it"),
    ] {
        assert_eq!(menu(id, entry).0, [line], "{id} {entry}");
    }
    for (entry, text) in [("Copy its id", "docs"), ("Copy as a line", "seqctl why docs")] {
        assert_eq!(menu("docs", entry).1.as_deref(), Some(text));
    }
    for (entry, shows) in [
        ("Edit step", "Save"),
        ("New step", "Depends on"),
        ("New gate", "Before"),
        ("Clone step", "Clone"),
        ("Remove\u{2026}", "Dependents"),
        ("Show logs", "Select a step to see what it prints."),
    ] {
        let (.., s) = menu("docs", entry);
        assert!(s.screen.query_all_by_label(shows).next().is_some(), "{entry} shows no {shows}");
    }
    let (.., mut s) = menu("ship-it", "Send back\u{2026}");
    s.screen.event(egui::Event::Text("why".into()));
    s.screen.run();
    let reason = s.screen.get_by_role_and_label(Role::TextInput, "Reason");
    assert_eq!(reason.accesskit_node().value().as_deref(), Some("why"));
}

#[test]
fn what_runs_of_several_is_stopped_and_all_of_them_are_removed_from_their_menu() {
    for (entry, line) in [
        ("Stop what runs", "seqctl stop api"),
        ("Remove 2", "seqctl step rm api --detach-dependents\nseqctl step rm docs --detach-dependents"),
    ] {
        let mut s = staged();
        for name in ["API", "Docs"] {
            s.screen.get_by_role_and_label(Role::TreeItem, name).click_modifiers(Modifiers::COMMAND);
            s.screen.run();
        }
        s.screen.get_by_role_and_label(Role::TreeItem, "Docs").click_secondary();
        s.screen.run();
        s.asked();
        click(&mut s, entry);
        s.screen.run();
        assert_eq!(s.asked().into_iter().filter_map(wish).collect::<Vec<_>>(), [line]);
    }
}
