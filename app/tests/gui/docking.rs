//! Panels are put where one likes: by hand, by menu, by palette; and are there again the next time.

use std::path::Path;
use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers, Pos2, Rect, Theme};
use egui_kittest::kittest::Queryable as _;
use threados::dock::{Dock, Pane, Side};
use threados::link::{Ask, AuditRow, Output, Update};
use threados::memory::Settings;
use threados_core::engine::RunEntry;
use threados_core::model::{Actor, Outcome};

use crate::kit::{Screen, Staged, click, now};
use crate::pictures::{check, check_held, release};

fn staged() -> Staged {
    Staged::new(release(), [1440.0, 900.0], Theme::Dark)
}

fn tab(screen: &Screen, name: &str) -> Rect {
    screen.get_by_role_and_label(Role::Button, name).rect()
}

fn dock(s: &Staged) -> &Dock {
    s.screen.state().docked_at()
}

/// The panels that stand in one place with this one.
fn with(s: &Staged, pane: Pane) -> Vec<Pane> {
    dock(s).stack(pane).unwrap().panes.clone()
}

/// Takes a panel by its tab and holds it there.
fn hold(screen: &mut Screen, name: &str, to: Pos2) {
    screen.run();
    let from = tab(screen, name).center();
    crate::canvas::drag(screen, from, to);
}

fn carry(screen: &mut Screen, name: &str, to: Pos2) {
    hold(screen, name, to);
    screen.drop_at(to);
    screen.run();
}

#[test]
fn a_panel_is_carried_to_each_edge_by_its_tab_and_shows_where_it_will_stand() {
    let mut s = staged();
    hold(&mut s.screen, "Logs", Pos2::new(30.0, 300.0));
    check_held(&mut s.screen, "dock-left");
    s.screen.drop_at(Pos2::new(30.0, 300.0));
    s.screen.run();
    assert_eq!(dock(&s).find(Pane::Logs), Some((Side::Left, 0)));
    assert!(tab(&s.screen, "Logs").left() < 40.0);
    let canvas = Rect::from_min_max(Pos2::new(324.0, 48.0), Pos2::new(1116.0, 640.0));
    carry(&mut s.screen, "Runs", canvas.right_center() - egui::vec2(20.0, 0.0));
    assert_eq!(dock(&s).find(Pane::Runs), Some((Side::Right, 2)));
    carry(&mut s.screen, "Chat", canvas.center_bottom() - egui::vec2(0.0, 20.0));
    assert_eq!(dock(&s).find(Pane::Chat), Some((Side::Below, 1)));
    let run = "20241004T000000Z-7f3a".parse().unwrap();
    s.tell(Update::Runs(Arc::from([RunEntry { id: run, record: None, open: true }])));
    check(&mut s.screen, "docked");
}

#[test]
fn a_panel_becomes_a_tab_of_another_place_or_stands_beside_it() {
    let mut s = staged();
    let inspector = tab(&s.screen, "Inspector");
    // In the middle of what stands there.
    carry(&mut s.screen, "Logs", inspector.center() + egui::vec2(100.0, 330.0));
    assert_eq!(with(&s, Pane::Inspector), [Pane::Inspector, Pane::Logs]);
    assert!(dock(&s).is_shown(Pane::Logs));
    click(&mut s.screen, "Inspector");
    assert!(dock(&s).is_shown(Pane::Inspector));
    // Before its first tab.
    let first = tab(&s.screen, "Inspector").left_center() + egui::vec2(2.0, 0.0);
    carry(&mut s.screen, "Runs", first);
    assert_eq!(with(&s, Pane::Inspector), [Pane::Runs, Pane::Inspector, Pane::Logs]);
    // Beside those below, on their right.
    carry(&mut s.screen, "Audit", Pos2::new(1060.0, 780.0));
    assert_eq!(dock(&s).find(Pane::Audit), Some((Side::Below, 1)));
    let (timeline, audit) = (tab(&s.screen, "Timeline"), tab(&s.screen, "Audit"));
    assert!(timeline.top() == audit.top() && timeline.right() < audit.left());
}

#[test]
fn a_panel_that_is_given_up_on_the_way_stays_where_it_was() {
    let mut s = staged();
    let before = dock(&s).clone();
    hold(&mut s.screen, "Logs", Pos2::new(30.0, 300.0));
    s.screen.key_press(Key::Escape);
    s.screen.run();
    s.screen.drop_at(Pos2::new(30.0, 300.0));
    s.screen.run();
    assert_eq!(*dock(&s), before);
    // And where nothing would take it: over the bar above.
    carry(&mut s.screen, "Logs", Pos2::new(560.0, 20.0));
    assert_eq!(*dock(&s), before);
}

#[test]
fn the_menu_of_a_panel_moves_it_anywhere_and_brings_all_back() {
    let mut s = staged();
    for (choice, side) in [("Move to the left", Side::Left), ("Move below", Side::Below)] {
        click(&mut s.screen, "Move Chat");
        click(&mut s.screen, choice);
        assert_eq!(dock(&s).find(Pane::Chat).unwrap().0, side, "{choice}");
        assert_eq!(with(&s, Pane::Chat), [Pane::Chat]);
    }
    click(&mut s.screen, "Move Chat");
    check(&mut s.screen, "dock-menu");
    click(&mut s.screen, "As a tab beside Inspector");
    assert_eq!(with(&s, Pane::Chat), [Pane::Inspector, Pane::Chat]);
    click(&mut s.screen, "Move Chat");
    click(&mut s.screen, "Reset panels");
    assert_eq!(*dock(&s), Dock::default());
    // A right click on a tab has the same.
    s.screen.get_by_label("Audit").click_secondary();
    s.screen.run();
    click(&mut s.screen, "Move to the right");
    assert_eq!(dock(&s).find(Pane::Audit).unwrap().0, Side::Right);
}

#[test]
fn a_panel_floats_in_a_window_of_its_own_and_goes_back_when_that_is_closed() {
    let mut s = staged();
    s.screen.get_by_label("Logs").click_secondary();
    s.screen.run();
    click(&mut s.screen, "Move to a window of its own");
    s.screen.run();
    let at = |s: &Staged| dock(s).floating()[0].at;
    let before = at(&s);
    assert!(dock(&s).floats(Pane::Logs) && dock(&s).find(Pane::Logs).is_none());
    assert!(s.screen.query_by_label("Select a step to see what it prints.").is_some());
    let title = Pos2::new(before[0] + 200.0, before[1] + 16.0);
    let to = title + egui::vec2(260.0, 90.0);
    // While a window is in the hand it is drawn anew without end.
    s.screen.hover_at(title);
    s.screen.step();
    s.screen.drag_at(title);
    s.screen.step();
    for part in [0.3, 0.7, 1.0] {
        s.screen.hover_at(title.lerp(to, part));
        s.screen.step();
    }
    s.screen.drop_at(to);
    s.screen.run();
    assert_eq!([at(&s)[0] - before[0], at(&s)[1] - before[1]], [260.0, 90.0]);
    assert_eq!(at(&s)[2..], before[2..], "it is as large as it was");
    check(&mut s.screen, "floating");
    click(&mut s.screen, "Close window");
    s.screen.run();
    assert!(dock(&s).floating().is_empty() && with(&s, Pane::Logs).contains(&Pane::Timeline));
    assert_eq!(dock(&s).stack(Pane::Logs).unwrap().front(), Pane::Logs);
}

#[test]
fn a_panel_is_carried_out_to_float_elsewhere_and_back_in_by_its_tab() {
    let mut s = staged();
    hold(&mut s.screen, "Logs", Pos2::new(420.0, 320.0));
    check_held(&mut s.screen, "dock-out");
    s.screen.drop_at(Pos2::new(420.0, 320.0));
    s.screen.run();
    s.screen.run();
    let at = |s: &Staged| dock(s).floating()[0].at;
    assert!(dock(&s).floats(Pane::Logs));
    assert!(tab(&s.screen, "Logs").contains(Pos2::new(420.0, 320.0)), "its tab is under the hand");
    let before = at(&s);
    carry(&mut s.screen, "Logs", Pos2::new(620.0, 260.0));
    s.screen.run();
    assert!(tab(&s.screen, "Logs").contains(Pos2::new(620.0, 260.0)));
    assert_eq!((dock(&s).floating().len(), &at(&s)[2..]), (1, &before[2..]));
    // Back among those it was with, and then to an edge.
    let audit = tab(&s.screen, "Audit").left_center() + egui::vec2(2.0, 0.0);
    carry(&mut s.screen, "Logs", audit);
    assert!(dock(&s).floating().is_empty());
    let order = [Pane::Timeline, Pane::Problems, Pane::Runs, Pane::Logs, Pane::Audit, Pane::Terminal];
    assert_eq!(with(&s, Pane::Logs), order);
    carry(&mut s.screen, "Logs", Pos2::new(420.0, 320.0));
    s.screen.run();
    carry(&mut s.screen, "Logs", Pos2::new(30.0, 300.0));
    assert_eq!(dock(&s).find(Pane::Logs), Some((Side::Left, 0)));
    // What floats has a menu, too.
    carry(&mut s.screen, "Chat", Pos2::new(700.0, 320.0));
    s.screen.run();
    click(&mut s.screen, "Move Chat");
    click(&mut s.screen, "Back to where it was");
    assert_eq!(dock(&s).find(Pane::Chat).unwrap().0, Side::Right);
}

#[test]
fn the_palette_moves_every_panel_to_every_edge() {
    let mut s = staged();
    let say = |s: &mut Staged, text: &str| {
        s.screen.key_press_modifiers(Modifiers::COMMAND, Key::K);
        s.screen.run();
        s.screen.event(egui::Event::Text(text.into()));
        s.screen.run();
        s.screen.key_press(Key::Enter);
        s.screen.run();
    };
    for pane in Pane::ALL {
        for (side, way) in
            [(Side::Left, "to the left"), (Side::Below, "below"), (Side::Right, "to the right")]
        {
            say(&mut s, &format!("move {} {way}", pane.name()));
            assert_eq!(dock(&s).find(pane).unwrap().0, side, "{pane:?}");
        }
    }
    assert_eq!(dock(&s).edge(Side::Right).stacks.len(), Pane::ALL.len());
    say(&mut s, "reset panels");
    assert_eq!(*dock(&s), Dock::default());
}

#[test]
fn edges_close_and_open_and_their_size_is_the_hands_or_the_keys() {
    let mut s = staged();
    let canvas = |s: &Staged| s.screen.get_by_label("Docs").rect();
    let wide = |s: &Staged| tab(&s.screen, "Inspector").left();
    let before = wide(&s);
    let bar = s.screen.get_by_label("Size of the panels on the right").rect().center();
    s.screen.hover_at(bar);
    s.screen.drag_at(bar);
    s.screen.run();
    for x in [20.0, 60.0] {
        s.screen.hover_at(bar - egui::vec2(x, 0.0));
        s.screen.run();
    }
    s.screen.drop_at(bar - egui::vec2(60.0, 0.0));
    s.screen.run();
    assert!((before - wide(&s) - 60.0).abs() < 1.0, "{before} {}", wide(&s));
    s.screen.get_by_label("Size of the panels on the right").focus();
    s.screen.run();
    s.screen.key_press(Key::ArrowLeft);
    s.screen.run();
    assert!((before - wide(&s) - 76.0).abs() < 1.0, "{before} {}", wide(&s));
    let low = canvas(&s).center();
    click(&mut s.screen, "Hide the panels below");
    assert!(s.screen.query_by_label("Timeline").is_none());
    assert!(canvas(&s).center().y > low.y + 20.0, "what was seen as a whole takes the room");
    s.screen.key_press_modifiers(Modifiers::COMMAND, Key::J);
    s.screen.run();
    assert!(s.screen.query_by_label("Timeline").is_some());
    s.screen.key_press_modifiers(Modifiers::COMMAND, Key::I);
    s.screen.run();
    assert!(s.screen.query_by_label("Inspector").is_none() && canvas(&s).is_positive());
    // What needs a panel opens it where it is.
    s.screen.key_press(Key::Slash);
    s.screen.run();
    assert!(s.screen.query_by_label("Say what is to be done").is_some());
}

/// What the window asked to have remembered, as the file would hold it.
fn remembered(s: &Staged, file: &Path) -> Settings {
    let of = |ask| match ask {
        Ask::Remember(to, settings) => (to == file).then_some(settings),
        _ => None,
    };
    let last = s.asked().into_iter().filter_map(of).next_back().unwrap();
    let text = serde_json::to_string(&last).unwrap();
    serde_json::from_str::<Settings>(&text).unwrap().sane()
}

#[test]
fn where_panels_stand_is_remembered_over_restarts() {
    let file = Path::new("window.json");
    let mut s = staged();
    let ctx = s.screen.ctx.clone();
    let dark = Settings { dark: Some(true), animate: false, ..Settings::default() };
    s.screen.state_mut().remember_in(Some(file.into()), dark, &ctx);
    carry(&mut s.screen, "Logs", Pos2::new(30.0, 300.0));
    click(&mut s.screen, "Hide Chat");
    let settings = remembered(&s, file);
    let mut again = staged();
    let ctx = again.screen.ctx.clone();
    again.screen.state_mut().remember_in(Some(file.into()), settings, &ctx);
    again.screen.run();
    assert_eq!(dock(&again), dock(&s));
    assert_eq!(tab(&again.screen, "Logs"), tab(&s.screen, "Logs"));
    assert!(again.screen.query_by_label("Say what is to be done").is_none());
}

#[test]
fn of_tabs_that_have_no_room_the_front_is_seen_and_the_menu_has_the_others() {
    let mut s = staged();
    let mut beside = "Inspector";
    for pane in ["Timeline", "Logs", "Problems", "Runs", "Audit", "Terminal"] {
        s.screen.run();
        let tab = if pane == "Problems" { "Problems 1" } else { pane };
        s.screen.get_by_label(tab).click_secondary();
        s.screen.run();
        click(&mut s.screen, &format!("As a tab beside {beside}"));
        beside = pane;
    }
    assert_eq!(with(&s, Pane::Inspector).len(), 7);
    assert!(s.screen.query_by_label("Terminal").is_some() && s.screen.query_by_label("Audit").is_none());
    check(&mut s.screen, "dock-narrow");
    click(&mut s.screen, "Move Terminal");
    click(&mut s.screen, "Show Audit");
    assert!(s.screen.query_by_label("Audit").is_some() && dock(&s).is_shown(Pane::Audit));
}

/// What the lists below can have to show.
fn full(theme: Theme) -> Staged {
    let mut s = Staged::new(release(), [1600.0, 700.0], theme);
    s.screen.state_mut().state_mut().selected = Some("layout-c".parse().unwrap());
    let run: threados_core::id::RunId = "20241004T000000Z-7f3a".parse().unwrap();
    let output = Output {
        step: Some("layout-c".parse().unwrap()),
        run: Some(run.clone()),
        stdout: vec!["+ ./layout.sh c".into(), "checking quota \u{2026} ok".into()],
        stderr: vec!["ERROR lock held by job 8812".into()],
        cut: false,
    };
    s.tell(Update::Output(Arc::new(output)));
    let row = |seq, actor, action: &str, target: &str, error: Option<&str>| AuditRow {
        seq,
        at: now(),
        actor,
        action: action.to_owned(),
        target: target.to_owned(),
        result: if error.is_some() { Outcome::Denied } else { Outcome::Success },
        error: error.map(str::to_owned),
    };
    s.tell(Update::Audit(Arc::from([
        row(41, Actor::User, "run.all", "", None),
        row(42, Actor::System, "step.start", "layout-c", None),
        row(43, Actor::Orchestrator, "gate.approve", "ship-it", Some("no agent may approve a gate")),
    ])));
    s.tell(Update::Runs(Arc::from([RunEntry { id: run, record: None, open: true }])));
    s
}

#[test]
fn every_list_beside_the_others_in_both_themes() {
    for (theme, name) in [(Theme::Dark, "lists-dark"), (Theme::Light, "lists-light")] {
        let mut s = full(theme);
        for pane in [Pane::Logs, Pane::Problems, Pane::Runs, Pane::Audit] {
            s.screen.state_mut().state_mut().selected = Some("layout-c".parse().unwrap());
            s.screen.key_press_modifiers(Modifiers::COMMAND, Key::K);
            s.screen.run();
            s.screen.event(egui::Event::Text(format!("move {} below", pane.name())));
            s.screen.run();
            s.screen.key_press(Key::Enter);
            s.screen.run();
        }
        assert_eq!(dock(&s).edge(Side::Below).stacks.len(), 5);
        check(&mut s.screen, name);
    }
}
