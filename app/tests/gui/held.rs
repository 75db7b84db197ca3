//! What the hand holds at the edge of the view, boxes, and what is typed before its field is there.

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, PointerButton, Pos2, Theme, Vec2, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use threados::link::{Ask, Wish};

use crate::kit::{Screen, Staged, click, line};
use crate::pictures::release;

/// So close that not all of it is seen.
fn near() -> Staged {
    let mut s = Staged::new(release(), [1440.0, 900.0], Theme::Dark);
    let camera = s.screen.state_mut().camera_mut();
    (camera.zoom, camera.center) = (1.0, egui::pos2(500.0, 400.0));
    s.screen.run();
    s
}

fn lines(s: &Staged) -> Vec<String> {
    let line = |ask: Ask| if let Ask::Wish(wish) = ask { Some(Wish::line(&wish)) } else { None };
    s.asked().into_iter().filter_map(line).collect()
}

fn center(s: &mut Staged) -> Pos2 {
    s.screen.state_mut().camera_mut().center
}

/// Presses here and moves there, with a key held down.
fn hold(screen: &mut Screen, from: Pos2, to: Pos2, modifiers: Modifiers) {
    screen.hover_at(from);
    screen.step();
    let button =
        |pressed| Event::PointerButton { pos: from, button: PointerButton::Primary, pressed, modifiers };
    screen.event_modifiers(button(true), modifiers);
    screen.step();
    for part in [0.2, 0.6, 1.0] {
        screen.event_modifiers(Event::PointerMoved(from.lerp(to, part)), modifiers);
        screen.step();
    }
}

#[test]
fn what_goes_along_with_the_view_looks_as_if_it_were_painted_there() {
    let seen = |way: &[Vec2]| {
        let mut s = near();
        for by in way {
            s.screen.state_mut().camera_mut().pan(*by);
            s.screen.step();
        }
        s.screen.render().unwrap()
    };
    let (along, anew) = (seen(&[vec2(-37.0, 11.0); 12]), seen(&[vec2(-37.0 * 12.0, 11.0 * 12.0)]));
    let apart = |(one, other): (u8, u8)| one.abs_diff(other);
    let most = along.iter().copied().zip(anew.iter().copied()).map(apart).max();
    assert!(most <= Some(2), "{most:?} of 255");
    assert_ne!(along, seen(&[]));
}

#[test]
fn the_view_goes_on_where_a_hand_holds_something_at_its_edge() {
    let card = |s: &Staged, name: &str| s.screen.get_by_label(name).rect();
    for what in ["an edge", "a step", "a box"] {
        let mut s = near();
        let docs = card(&s, "Docs");
        let (from, modifiers) = match what {
            "an edge" => (docs.right_center(), Modifiers::NONE),
            "a step" => (docs.center(), Modifiers::NONE),
            _ => (docs.center_bottom() + vec2(0.0, 14.0), Modifiers::SHIFT),
        };
        let edge = egui::pos2(1110.0, from.y);
        hold(&mut s.screen, from, edge, modifiers);
        let before = center(&mut s);
        s.screen.run_steps(4);
        let after = center(&mut s);
        assert!(after.x > before.x + 100.0 && after.y == before.y, "{what}: {before} {after}");
        // Back in the middle it stands still, and what is held is held.
        s.screen.event_modifiers(Event::PointerMoved(egui::pos2(600.0, 360.0)), modifiers);
        s.screen.run_steps(2);
        let there = center(&mut s);
        s.screen.run_steps(2);
        assert_eq!(center(&mut s), there, "{what}");
        s.screen.key_press(Key::Escape);
        s.screen.drop_at(egui::pos2(600.0, 360.0));
        s.screen.run();
        assert_eq!(lines(&s), [""; 0]);
    }
}

#[test]
fn an_edge_is_drawn_to_what_was_not_seen_before() {
    let mut s = near();
    let docs = s.screen.get_by_label("Docs").rect();
    assert!(line(&s.screen, "Integrate").is_empty(), "it is too far on the right");
    hold(&mut s.screen, docs.right_center(), egui::pos2(1112.0, docs.center().y), Modifiers::NONE);
    for _ in 0..20 {
        if !line(&s.screen, "Integrate").is_empty() {
            break;
        }
        s.screen.step();
    }
    let to = s.screen.get_by_label("Integrate").rect().left_center() + vec2(12.0, 0.0);
    s.screen.hover_at(to);
    s.screen.step();
    s.screen.drop_at(to);
    s.screen.run();
    assert_eq!(lines(&s), ["seqctl dep add integrate docs"]);
}

#[test]
fn a_box_marks_what_it_touches() {
    let mut s = Staged::new(release(), [1440.0, 900.0], Theme::Dark);
    let (a, b) = (s.screen.get_by_label("Layout A").rect(), s.screen.get_by_label("Layout C").rect());
    let (from, to) = (a.left_top() - vec2(6.0, 6.0), b.center());
    hold(&mut s.screen, from, to, Modifiers::SHIFT);
    s.screen.drop_at(to);
    s.screen.run();
    let marked: Vec<String> = s.screen.state().state().marked.iter().map(ToString::to_string).collect();
    assert_eq!(marked, ["layout-a", "layout-b", "layout-c"]);
    assert_eq!(lines(&s), [""; 0], "nothing was moved");
}

fn press(key: Key, modifiers: Modifiers) -> Event {
    Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers }
}

/// All in one frame, as on a slow machine.
fn at_once(s: &mut Staged, events: impl IntoIterator<Item = Event>) {
    s.screen.input_mut().events.extend(events);
    s.screen.run();
}

fn text(words: &str) -> Event {
    Event::Text(words.to_owned())
}

#[test]
fn what_is_typed_in_the_frame_of_a_key_that_leads_to_a_field_stands_in_it() {
    let mut s = Staged::new(release(), [1440.0, 900.0], Theme::Dark);
    at_once(&mut s, [press(Key::F, Modifiers::COMMAND), text("so"), text("ak")]);
    assert_eq!(s.screen.state().state().search.query, "soak");
    at_once(&mut s, [press(Key::F, Modifiers::COMMAND), text("docs")]);
    assert_eq!(s.screen.state().state().search.query, "docs", "what was searched before is typed over");
    s.screen.key_press(Key::Escape);
    s.screen.run();
    // The slash itself is no word.
    at_once(&mut s, [press(Key::Slash, Modifiers::NONE), text("/"), text("what failed?")]);
    let field = s.screen.get_by_label("Say what is to be done");
    assert_eq!(field.accesskit_node().value().as_deref(), Some("what failed?"));
    at_once(&mut s, [press(Key::Enter, Modifiers::NONE)]);
    s.screen.key_press(Key::Escape);
    s.screen.run();
    s.asked();
    let go = [press(Key::K, Modifiers::COMMAND), text("go to docs"), press(Key::Enter, Modifiers::NONE)];
    at_once(&mut s, go);
    assert_eq!(s.screen.state().state().selected.as_ref().unwrap().as_str(), "docs");
    assert_eq!(lines(&s), [""; 0], "nothing was run");
    let say = [press(Key::Slash, Modifiers::NONE), text("hush"), press(Key::Enter, Modifiers::NONE)];
    s.screen.state_mut().state_mut().talk = Default::default();
    at_once(&mut s, say);
    assert!(s.asked().iter().any(|ask| matches!(ask, Ask::Say { text, .. } if text == "hush")));
}

#[test]
fn what_waits_is_freed_where_it_says_so_and_a_gate_has_each_answer_where_it_stands() {
    let mut s = Staged::new(release(), [1440.0, 900.0], Theme::Dark);
    crate::pictures::select(&mut s, "ship");
    s.asked();
    assert!(s.screen.query_by_label("Verify rows needs your review").is_some(), "by its name");
    click(&mut s.screen, "Approve ship-it");
    assert_eq!(lines(&s), ["seqctl gate approve ship-it"]);
    click(&mut s.screen, "gate ship-it needs your decision");
    assert_eq!(s.screen.state().state().selected.as_ref().unwrap().as_str(), "ship-it");
    s.asked();
    click(&mut s.screen, "Block ship-it");
    assert_eq!(lines(&s), ["seqctl gate block ship-it"]);
    click(&mut s.screen, "Send back\u{2026} ship-it");
    s.screen.event(text("the rows are wrong"));
    s.screen.run();
    let reason = s.screen.get_by_role_and_label(Role::TextInput, "Reason");
    assert_eq!(reason.accesskit_node().value().as_deref(), Some("the rows are wrong"));
    click(&mut s.screen, "Send back to");
    assert_eq!(lines(&s), ["seqctl gate block ship-it --reason 'the rows are wrong' --rework migrate"]);
}
