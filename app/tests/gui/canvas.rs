//! What hands and keys do on the canvas.

use std::sync::atomic::AtomicBool;

use egui::accesskit::Role;
use egui::{Key, Modifiers, Pos2, Theme};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use threados::link::{Ask, Update, Wish};
use threados_core::model::State;

use crate::kit::{Screen, Staged, click, line, scene, until};
use crate::pictures::{check, check_held, release};
use crate::project::Project;

fn staged() -> Staged {
    Staged::new(release(), [1440.0, 900.0], Theme::Dark)
}

fn place(screen: &Screen, name: &str) -> egui::Rect {
    screen.get_by_label(name).rect()
}

/// Presses here, moves there, and looks at it before letting go.
pub fn drag(screen: &mut Screen, from: Pos2, to: Pos2) {
    screen.hover_at(from);
    screen.run();
    screen.drag_at(from);
    screen.run();
    for part in [0.3, 0.7, 1.0] {
        screen.hover_at(from.lerp(to, part));
        screen.run();
    }
}

/// The lines the window asked to have done.
fn lines(staged: &Staged) -> Vec<String> {
    let line = |ask: Ask| match ask {
        Ask::Wish(wish) => Some(wish.line()),
        _ => None,
    };
    staged.asked().into_iter().filter_map(line).collect()
}

#[test]
fn an_edge_is_drawn_from_a_node_to_what_shall_wait_for_it() {
    let mut s = staged();
    let (from, to) = (place(&s.screen, "Docs"), place(&s.screen, "Integrate"));
    drag(&mut s.screen, from.right_center(), to.center());
    check_held(&mut s.screen, "connect");
    s.screen.drop_at(to.center());
    s.screen.run();
    assert_eq!(lines(&s), ["seqctl dep add integrate docs"]);
}

#[test]
fn an_edge_says_what_it_stands_for_and_is_cut_from_its_menu() {
    let mut s = staged();
    let (from, to) = (place(&s.screen, "Plan the release"), place(&s.screen, "Threat model"));
    let edge = from.right_center().lerp(to.left_center(), 0.5);
    s.screen.hover_at(edge + egui::vec2(0.0, 2.0));
    s.screen.run();
    s.screen.run();
    let says = "Threat model waits for Plan the release";
    assert!(s.screen.query_by_label(says).is_some());
    let ask = |s: &mut Staged, pos: Pos2| {
        s.screen.hover_at(pos);
        s.screen.run();
        for pressed in [true, false] {
            let (button, modifiers) = (egui::PointerButton::Secondary, Modifiers::NONE);
            s.screen.event(egui::Event::PointerButton { pos, button, pressed, modifiers });
            s.screen.run();
        }
        s.screen.run();
    };
    ask(&mut s, edge);
    click(&mut s.screen, "threats no longer waits for plan");
    assert_eq!(lines(&s), ["seqctl dep rm threats plan"]);
    // Beside it there is nothing to cut.
    ask(&mut s, edge + egui::vec2(0.0, 30.0));
    assert!(s.screen.query_by_label_contains("New step").is_some());
    assert!(s.screen.query_by_label_contains("no longer waits").is_none());
}

#[test]
fn an_edge_that_would_close_a_cycle_says_so_and_is_not_asked_for() {
    let mut s = staged();
    let (from, to) = (place(&s.screen, "Integrate"), place(&s.screen, "Plan the release"));
    drag(&mut s.screen, from.right_center(), to.center());
    check_held(&mut s.screen, "connect-refused");
    s.screen.drop_at(to.center());
    s.screen.run();
    assert!(lines(&s).is_empty());
}

#[test]
fn from_the_edge_of_a_node_to_the_ground_is_something_new_after_it() {
    let mut s = staged();
    let from = place(&s.screen, "Docs").right_center();
    let to = from + egui::vec2(100.0, 10.0);
    drag(&mut s.screen, from, to);
    s.screen.drop_at(to);
    s.screen.run();
    s.screen.run();
    for what in ["New step", "New gate", "New fusion", "New group", "New chained thread"] {
        assert!(s.screen.query_by_label(what).is_some(), "{what}");
    }
    click(&mut s.screen, "New step");
    let after = s.screen.get_by_role_and_label(Role::TextInput, "Depends on");
    assert_eq!(after.accesskit_node().value().as_deref(), Some("docs"));
    assert!(lines(&s).is_empty(), "nothing is made before it was seen");
}

#[test]
fn a_step_is_dragged_to_another_lane() {
    let mut s = staged();
    let (from, to) = (place(&s.screen, "Docs"), place(&s.screen, "Ship"));
    drag(&mut s.screen, from.center(), to.center());
    s.screen.drop_at(to.center());
    s.screen.run();
    assert_eq!(lines(&s), ["seqctl step edit docs --lane release"]);
}

/// Layers in which each step follows some of the layer before, so that a good order is hard to find.
fn tangle() -> Staged {
    let step = |i: usize| {
        let after = |k: usize| format!("s{}", i - 12 - i % 12 + (i * 7 + k * 5) % 12);
        let after = if i < 12 { String::new() } else { format!("{}, {}", after(0), after(1)) };
        format!("- {{id: s{i}, command: [sh], depends_on: [{after}]}}\n")
    };
    let steps: String = (0..360).map(step).collect();
    let scene = scene(&format!("version: '1.0'\nname: x\nsteps:\n{steps}"), State::default());
    Staged::new(scene, [1440.0, 900.0], Theme::Dark)
}

/// What the backend does beside the frames.
fn refine(s: &mut Staged) {
    let rough = s.screen.state().state().scene.as_ref().unwrap().plan.clone();
    assert!(rough.is_rough(), "a large graph is drawn at once, not well");
    assert!(!rough.refine(&AtomicBool::new(true)), "given up");
    assert!(rough.refine(&AtomicBool::new(false)));
    s.tell(Update::Refined);
    let plan = &s.screen.state().state().scene.as_ref().unwrap().plan;
    assert!(!plan.is_rough() && plan.layout != rough.layout);
}

#[test]
fn a_better_drawing_leaves_what_one_looks_at_where_it_is() {
    let mut s = tangle();
    s.screen.key_press(Key::ArrowRight);
    s.screen.run();
    let name = s.screen.state().state().selected.clone().unwrap().to_string();
    s.screen.key_press(Key::Z);
    s.screen.run();
    let card = |s: &Staged| s.screen.get_by_role_and_label(Role::TreeItem, &name).rect();
    let before = card(&s);
    refine(&mut s);
    let after = card(&s);
    assert!((before.center() - after.center()).length() < 1.0, "{before} {after}");
}

#[test]
fn what_is_seen_as_a_whole_stays_whole_when_it_is_drawn_better() {
    let mut s = tangle();
    let is_whole = |s: &mut Staged| {
        let all = s.screen.state().state().scene.as_ref().unwrap().plan.bounds();
        s.screen.state_mut().camera_mut().center == all.center()
    };
    assert!(is_whole(&mut s));
    refine(&mut s);
    assert!(is_whole(&mut s));
}

#[test]
fn a_step_is_dragged_before_another_of_its_column() {
    let mut s = staged();
    let (from, to) = (place(&s.screen, "UI"), place(&s.screen, "API"));
    drag(&mut s.screen, from.center(), to.center_top() - egui::vec2(0.0, 4.0));
    check_held(&mut s.screen, "reorder");
    s.screen.drop_at(to.center_top() - egui::vec2(0.0, 4.0));
    s.screen.run();
    assert_eq!(lines(&s), ["seqctl step move ui --before api"]);
    let (from, to) = (place(&s.screen, "API"), place(&s.screen, "UI"));
    drag(&mut s.screen, from.center(), to.center_bottom() + egui::vec2(0.0, 4.0));
    s.screen.drop_at(to.center_bottom() + egui::vec2(0.0, 4.0));
    s.screen.run();
    assert_eq!(lines(&s), ["seqctl step move api --after ui"]);
    let from = place(&s.screen, "Storage");
    drag(&mut s.screen, from.center(), from.center() + egui::vec2(10.0, 10.0));
    s.screen.drop_at(from.center() + egui::vec2(10.0, 10.0));
    s.screen.run();
    assert!(lines(&s).is_empty(), "it stays where it is");
}

#[test]
fn the_order_that_a_hand_makes_is_in_the_file_shown_and_undone() {
    let p = Project::new(&[
        "step add first --name First -- sh -c true",
        "step add second --name Second -- sh -c true",
    ]);
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the scene", |s| line(s, "Second") == "ready");
    let is_above = |s: &Screen, a: &str, b: &str| place(s, a).top() < place(s, b).top();
    assert!(is_above(&screen, "First", "Second"));
    screen.run();
    let (from, to) = (place(&screen, "Second").center(), place(&screen, "First").center_top());
    drag(&mut screen, from, to);
    screen.drop_at(to);
    let ids = || {
        p.workspace.snapshot().unwrap().sequence().steps.iter().map(|s| s.id.to_string()).collect::<Vec<_>>()
    };
    until(&mut screen, "the order in the file", |_| ids() == ["second", "first"]);
    until(&mut screen, "the order on the canvas", |s| is_above(s, "Second", "First"));
    click(&mut screen, "Undo");
    until(&mut screen, "the question", |s| s.query_by_label("Yes, do it").is_some());
    click(&mut screen, "Yes, do it");
    until(&mut screen, "the undo", |s| ids() == ["first", "second"] && is_above(s, "First", "Second"));
}

#[test]
fn several_are_marked_by_a_box_or_one_by_one_and_grouped_from_the_menu() {
    let mut s = staged();
    for name in ["Docs", "Migrate schema"] {
        s.screen.get_by_label(name).click_modifiers(Modifiers::COMMAND);
        s.screen.run();
    }
    let marked =
        |s: &Staged| s.screen.state().state().marked.iter().map(|m| m.to_string()).collect::<Vec<_>>();
    assert_eq!(marked(&s), ["docs", "migrate"]);
    s.screen.get_by_label("Docs").click_secondary();
    s.screen.run();
    check(&mut s.screen, "menu-several");
    click(&mut s.screen, "Make them a parallel group");
    assert_eq!(lines(&s), ["seqctl group parallelize docs migrate"]);
}

#[test]
fn the_menu_of_a_node_has_what_can_be_done_with_it_now() {
    let mut s = staged();
    s.screen.get_by_label("Layout C").click_secondary();
    s.screen.run();
    s.screen.run();
    check(&mut s.screen, "menu");
    assert!(s.screen.query_by_label_contains("Stop step").is_none(), "it does not run");
    // The inspector has it, too.
    s.screen.query_all_by_label("Run from here").last().unwrap().click();
    s.screen.run();
    assert_eq!(lines(&s), ["seqctl run all --from layout-c --detach"]);
}

#[test]
fn the_menu_opens_by_key_too() {
    let mut s = staged();
    s.screen.state_mut().state_mut().selected = Some("api".parse().unwrap());
    s.screen.run();
    s.screen.key_press_modifiers(Modifiers::SHIFT, Key::F10);
    s.screen.run();
    s.screen.run();
    click(&mut s.screen, "Fold the group");
    assert_eq!(line(&s.screen, "Group implement"), "1 of 3 done \u{b7} fail fast");
}

#[test]
fn a_folded_group_is_one_card_that_tells_of_all_and_opens_again() {
    let mut s = staged();
    s.screen.state_mut().state_mut().selected = Some("api".parse().unwrap());
    s.screen.run();
    s.screen.key_press(Key::G);
    s.screen.run();
    check(&mut s.screen, "folded");
    assert!(s.screen.query_by_label("Storage").is_none());
    s.screen.key_press(Key::G);
    s.screen.run();
    assert!(s.screen.query_by_label("Storage").is_some());
}

#[test]
fn a_double_click_in_the_frame_of_a_group_folds_it_and_one_on_its_card_opens_it() {
    let mut s = staged();
    s.screen.ctx.options_mut(|o| o.input_options.max_double_click_delay = 5.0);
    let twice = |s: &mut Staged, at: Pos2| {
        s.screen.hover_at(at);
        for _ in 0..2 {
            s.screen.drag_at(at);
            s.screen.drop_at(at);
        }
        // So long that the next click is a first one again.
        (0..50).for_each(|_| s.screen.step());
    };
    let heading = place(&s.screen, "API").center_top() - egui::vec2(0.0, 9.0);
    twice(&mut s, heading);
    let card = place(&s.screen, "Group implement");
    assert!(s.screen.query_by_label("Storage").is_none());
    twice(&mut s, card.center());
    assert!(s.screen.query_by_label("Storage").is_some());
}

#[test]
fn a_due_gate_is_decided_where_it_stands() {
    let mut s = staged();
    s.screen.get_by_label("ship-it").click();
    s.screen.run();
    check(&mut s.screen, "gate");
    click(&mut s.screen, "Approve ship-it");
    assert_eq!(lines(&s), ["seqctl gate approve ship-it"]);
}

#[test]
fn a_double_click_opens_the_fields_of_a_step() {
    let mut s = staged();
    // The clock of a test takes large steps.
    s.screen.ctx.options_mut(|o| o.input_options.max_double_click_delay = 5.0);
    let at = place(&s.screen, "Docs").center();
    s.screen.hover_at(at);
    for _ in 0..2 {
        s.screen.drag_at(at);
        s.screen.drop_at(at);
    }
    s.screen.run();
    assert_eq!(s.screen.state().state().selected.as_ref().unwrap().as_str(), "docs");
    let name = s.screen.get_by_role_and_label(Role::TextInput, "Name");
    assert_eq!(name.accesskit_node().value().as_deref(), Some("Docs"));
}

#[test]
fn the_map_moves_the_view_by_a_drag() {
    let mut s = staged();
    let camera = s.screen.state_mut().camera_mut();
    (camera.zoom, camera.center) = (1.0, egui::pos2(400.0, 300.0));
    s.screen.run();
    let map = place(&s.screen, "Map");
    let center = |s: &mut Staged| s.screen.state_mut().camera_mut().center;
    drag(&mut s.screen, map.left_center() + egui::vec2(20.0, 0.0), map.center());
    let middle = center(&mut s);
    s.screen.hover_at(map.right_center() - egui::vec2(20.0, 0.0));
    s.screen.run();
    let right = center(&mut s);
    s.screen.drop_at(map.right_center() - egui::vec2(20.0, 0.0));
    assert!(right.x > middle.x + 100.0 && right.y == middle.y, "{middle} {right}");
}

#[test]
fn the_longest_way_to_the_end_lights_up() {
    let mut s = staged();
    s.screen.key_press(Key::C);
    s.screen.run();
    check(&mut s.screen, "critical");
    let wish = s.asked().into_iter().any(|a| matches!(a, Ask::Wish(Wish::Change(_))));
    assert!(!wish && s.screen.state().state().critical);
}

#[test]
fn the_free_network_is_drawn_only_while_it_is_open() {
    let mut s = staged();
    s.screen.key_press(Key::W);
    s.screen.run_steps(3);
    assert!(s.screen.state().state().network && line(&s.screen, "Docs").is_empty());
    assert!(s.screen.query_by_label("Forces").is_some());
    s.screen.get_by_label("Layers").click();
    s.screen.run_steps(3);
    s.screen.key_press(Key::W);
    s.screen.run();
    assert_eq!(line(&s.screen, "Docs"), "ready");
}

#[test]
fn a_past_run_is_played_back_and_the_present_comes_again() {
    let p = Project::new(&[
        "step add fetch --name Fetch -- sh -c 'echo one'",
        "step add count --name Count --depends-on fetch -- sh -c 'echo two'",
    ]);
    let (mut screen, _backend) = p.open();
    until(&mut screen, "the scene", |s| line(s, "Fetch") == "ready");
    click(&mut screen, "Run all");
    until(&mut screen, "the end", |s| line(s, "Count").starts_with("done"));
    click(&mut screen, "Play back");
    until(&mut screen, "the past", |s| s.state().state().played.is_some());
    assert!(line(&screen, "Count").starts_with("done"), "it begins at its end");
    let says = |s: &Screen| s.query_all_by_label_contains("A past run, as it was at").next().is_some();
    assert!(says(&screen), "it is not mistaken for the present");
    screen.state_mut().state_mut().play(Some(0.0));
    screen.run();
    assert_eq!(line(&screen, "Count"), "waits for Fetch");
    assert_eq!(screen.get_by_label("Time of the run").accesskit_node().numeric_value(), Some(0.0));
    click(&mut screen, "Live");
    until(&mut screen, "the present", |s| line(s, "Count").starts_with("done"));
    assert!(screen.state().state().played.is_none() && !says(&screen));
    // By the key, too, whatever panel is in front.
    click(&mut screen, "Audit");
    screen.key_press(Key::P);
    until(&mut screen, "the slider", |s| s.query_by_label("Time of the run").is_some());
}
