//! What hands and keys mean in the middle of something else: in a drag, in a text, with several marked.

use egui::accesskit::Role;
use egui::{Key, Modifiers, Theme};
use egui_kittest::kittest::Queryable as _;
use threados::detail::Detail;
use threados::draft::{Made, Preview};
use threados::link::{Ask, Update};
use threados_core::engine::protocol::Fault;
use threados_core::model::State;
use threados_core::workspace::ErrorClass;

use crate::canvas::drag;
use crate::kit::{Screen, Staged, click, scene};
use crate::pictures::{check, release};

fn staged() -> Staged {
    Staged::new(release(), [1440.0, 900.0], Theme::Dark)
}

fn select(s: &mut Staged, id: &str) {
    s.screen.state_mut().state_mut().selected = Some(id.parse().unwrap());
    s.screen.run();
    s.asked();
}

/// The lines the window asked to have done.
fn lines(s: &Staged) -> Vec<String> {
    let line = |ask: Ask| match ask {
        Ask::Wish(wish) => Some(wish.line()),
        _ => None,
    };
    s.asked().into_iter().filter_map(line).collect()
}

fn marked(s: &Staged) -> usize {
    s.screen.state().state().marked.len()
}

fn press(s: &mut Staged, modifiers: Modifiers, key: Key) {
    s.screen.key_press_modifiers(modifiers, key);
    s.screen.run();
}

#[test]
fn escape_gives_up_what_the_hand_holds() {
    let mut s = staged();
    let place = |s: &Screen, name: &str| s.get_by_label(name).rect();
    let ship = place(&s.screen, "Ship").center();
    let to_integrate = place(&s.screen, "Integrate").center();
    let docs = place(&s.screen, "Docs");
    for (from, to) in [(docs.center(), ship), (docs.right_center(), to_integrate)] {
        drag(&mut s.screen, from, to);
        press(&mut s, Modifiers::NONE, Key::Escape);
        s.screen.drop_at(to);
        s.screen.run();
        assert_eq!(lines(&s), [""; 0]);
        assert!(s.screen.query_by_label("New step").is_none());
    }
    // The next one is meant again.
    drag(&mut s.screen, docs.center(), ship);
    s.screen.drop_at(ship);
    s.screen.run();
    assert_eq!(lines(&s), ["seqctl step edit docs --lane release"]);
}

#[test]
fn what_a_text_field_has_a_use_for_is_not_taken_from_it() {
    let mut s = staged();
    select(&mut s, "docs");
    click(&mut s.screen, "Edit");
    s.screen.get_by_role_and_label(Role::TextInput, "Name").focus();
    s.screen.run();
    s.screen.event(egui::Event::Text("more".into()));
    s.screen.run();
    s.asked();
    press(&mut s, Modifiers::COMMAND, Key::A);
    assert_eq!((lines(&s).len(), marked(&s)), (0, 0), "it marks the text, not the steps");
    for modifiers in [Modifiers::COMMAND, Modifiers::COMMAND | Modifiers::SHIFT] {
        press(&mut s, modifiers, Key::Z);
        assert_eq!(lines(&s), [""; 0], "what was typed is undone, not what was changed before");
    }
    // The field first, then the selection.
    press(&mut s, Modifiers::NONE, Key::Escape);
    assert!(s.screen.state().state().selected.is_some());
    press(&mut s, Modifiers::COMMAND, Key::Z);
    assert_eq!(lines(&s), ["seqctl undo"]);
    press(&mut s, Modifiers::NONE, Key::Escape);
    assert!(s.screen.state().state().selected.is_none());
}

#[test]
fn what_a_search_found_can_be_worked_with_by_keys_alone() {
    let mut s = staged();
    press(&mut s, Modifiers::COMMAND, Key::F);
    s.screen.event(egui::Event::Text("layout c".into()));
    s.screen.run();
    press(&mut s, Modifiers::NONE, Key::Enter);
    press(&mut s, Modifiers::NONE, Key::Escape);
    s.asked();
    press(&mut s, Modifiers::NONE, Key::R);
    assert_eq!(lines(&s), ["seqctl run step layout-c --detach"]);
}

#[test]
fn all_are_marked_by_a_key_and_what_is_done_is_done_with_all() {
    let mut s = staged();
    press(&mut s, Modifiers::COMMAND, Key::A);
    assert_eq!(marked(&s), 19);
    press(&mut s, Modifiers::NONE, Key::S);
    assert_eq!(lines(&s), ["seqctl stop api layout-b soak ui"]);
    press(&mut s, Modifiers::NONE, Key::Escape);
    press(&mut s, Modifiers::COMMAND, Key::F);
    s.screen.event(egui::Event::Text("layout-".into()));
    s.screen.run();
    press(&mut s, Modifiers::NONE, Key::Escape);
    press(&mut s, Modifiers::COMMAND, Key::A);
    let found = s.screen.state().state().search.hits.len();
    assert!((3..19).contains(&found) && marked(&s) == found, "all that was found");
    press(&mut s, Modifiers::NONE, Key::Escape);
    for name in ["Docs", "plan-review"] {
        s.screen.get_by_label(name).click_modifiers(Modifiers::COMMAND);
        s.screen.run();
    }
    press(&mut s, Modifiers::NONE, Key::Delete);
    assert_eq!(lines(&s), ["seqctl step rm docs --detach-dependents\nseqctl gate rm plan-review"]);
}

#[test]
fn what_is_gone_is_no_longer_marked() {
    let mut s = staged();
    press(&mut s, Modifiers::COMMAND, Key::A);
    let text = "version: '1.0'\nname: x\nsteps:\n- {id: docs, command: [sh]}\n- {id: api, command: [sh]}\n";
    s.tell(Update::Scene(scene(text, State::default()).into()));
    let left: Vec<String> = s.screen.state().state().marked.iter().map(ToString::to_string).collect();
    assert_eq!(left, ["api", "docs"]);
}

#[test]
fn enter_saves_a_field_as_soon_as_it_is_known_to_be_good() {
    let mut s = staged();
    select(&mut s, "docs");
    click(&mut s.screen, "Edit");
    let type_over = |s: &mut Staged, text: &str| {
        s.screen.get_by_role_and_label(Role::TextInput, "Lane").focus();
        s.screen.run();
        press(s, Modifiers::COMMAND, Key::A);
        s.screen.event(egui::Event::Text(text.into()));
        press(s, Modifiers::NONE, Key::Enter);
        let draft = |ask: Ask| if let Ask::Draft(draft) = ask { Some(draft) } else { None };
        let asked = s.asked();
        assert!(!asked.iter().any(|ask| matches!(ask, Ask::Wish(_))), "it waits for its rehearsal");
        asked.into_iter().filter_map(draft).next_back().unwrap()
    };
    let of = type_over(&mut s, "nowhere");
    let fault = Fault::new(ErrorClass::Usage, "LANE", "there is no such lane");
    s.tell(Update::Preview(Preview { of, came: Err(fault) }));
    assert_eq!(lines(&s), [""; 0], "what is not good is not saved");
    let of = type_over(&mut s, "release");
    let line = vec!["step edit docs --lane release".to_owned()];
    let wish = threados::draft::read(&line).unwrap();
    let made = Made { wish, diff: String::new(), changed: Vec::new() };
    s.tell(Update::Preview(Preview { of, came: Ok(made) }));
    assert_eq!(lines(&s), ["seqctl step edit docs --lane release"]);
}

#[test]
fn a_refusal_leads_to_its_step_and_offers_the_mend_and_stays_while_it_is_read() {
    let mut s = staged();
    let fault = Fault::new(ErrorClass::Denied, "DENIED", "step `docs`: the shell `sh` is not allowed");
    let fault = fault.hint("to allow it, run: seqctl policy allow sh");
    s.tell(Update::Refused { line: "seqctl run all".into(), fault: fault.clone() });
    check(&mut s.screen, "refused");
    click(&mut s.screen, "Show docs");
    assert_eq!(s.screen.state().state().selected.as_ref().unwrap().as_str(), "docs");
    s.tell(Update::Refused { line: "seqctl run all".into(), fault });
    s.asked();
    // Each frame of a test is a quarter of a second.
    let text = s.screen.get_by_label_contains("is not allowed").rect();
    s.screen.hover_at(text.center());
    (0..120).for_each(|_| s.screen.step());
    assert!(s.screen.query_by_label_contains("is not allowed").is_some(), "the pointer is on it");
    click(&mut s.screen, "policy allow sh");
    assert_eq!(lines(&s), ["seqctl policy allow sh"]);
    assert!(s.screen.query_by_label_contains("is not allowed").is_none());
}

#[test]
fn one_that_comes_after_a_small_one_stands_in_the_corner_at_once() {
    let mut s = staged();
    s.tell(Update::Done { what: "ok".into() });
    let right = s.screen.get_by_label("ok").rect().right();
    s.screen.state_mut().state_mut().toasts.clear();
    s.screen.run();
    let what = "a sentence that is a good deal longer than the one that stood here before it".to_owned();
    s.tell(Update::Done { what: what.clone() });
    let after = s.screen.get_by_label(&what).rect().right();
    assert!((after - right).abs() < 1.0, "{after} {right}");
}

#[test]
fn fields_do_not_lie_over_each_other_for_a_single_frame() {
    let step = |id: &str, words: usize| {
        let words = "word ".repeat(words);
        format!("- {{id: {id}, command: [sh, -c, '{words}'], depends_on: [], lane: one}}\n")
    };
    let text = format!("version: '1.0'\nname: x\nsteps:\n{}{}", step("short", 1), step("long", 60));
    let mut s = Staged::new(scene(&text, State::default()), [1440.0, 900.0], Theme::Dark);
    for id in ["short", "long", "short"] {
        s.screen.state_mut().state_mut().selected = Some(id.parse().unwrap());
        // One frame, as an eye has it.
        s.screen.step();
        let command = s.screen.get_by_label_contains("sh -c").rect();
        let lane = s.screen.get_by_label("Lane").rect();
        assert!(command.bottom() <= lane.top() && lane.top() < command.bottom() + 20.0, "{command} {lane}");
    }
}

#[test]
fn all_keys_can_be_read_in_a_small_window() {
    let mut s = Staged::new(release(), [900.0, 560.0], Theme::Dark);
    press(&mut s, Modifiers::NONE, Key::F1);
    s.screen.run();
    check(&mut s.screen, "keys");
    let title = s.screen.query_all_by_label("Keys").map(|n| n.rect().top()).reduce(f32::min);
    assert!(title.is_some_and(|top| top > 0.0), "{title:?}");
    for key in ["Ctrl+.", "Ctrl+,", "/", "F1"] {
        assert!(s.screen.query_all_by_label(key).next().is_some(), "{key}");
    }
    let last = |s: &Staged| s.screen.get_by_label("The list of keys").rect();
    assert!(last(&s).top() > 560.0);
    s.screen.hover_at(egui::pos2(450.0, 280.0));
    s.screen.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: egui::vec2(0.0, -5000.0),
        phase: egui::TouchPhase::Move,
        modifiers: Modifiers::NONE,
    });
    s.screen.run();
    assert!(last(&s).bottom() < 540.0, "{}", last(&s));
}

#[test]
fn what_is_typed_about_a_step_is_there_again_when_one_comes_back_to_it() {
    let mut s = staged();
    let value = |s: &Staged, role: Role, name: &str| {
        s.screen.get_by_role_and_label(role, name).value().unwrap_or_default()
    };
    select(&mut s, "docs");
    click(&mut s.screen, "Edit");
    s.screen.get_by_role_and_label(Role::TextInput, "Lane").focus();
    s.screen.run();
    s.screen.event(egui::Event::Text("later".into()));
    s.screen.run();
    s.screen.get_by_label("Ship").click();
    s.screen.run();
    assert_eq!(value(&s, Role::TextInput, "Lane"), "release");
    s.screen.get_by_label("Docs").click();
    s.screen.run();
    assert!(value(&s, Role::TextInput, "Lane").contains("later"));
    click(&mut s.screen, "Revert");
    assert_eq!(value(&s, Role::TextInput, "Lane"), "build");
    // Of a prompt, too.
    let prompt =
        |id: &str| Detail { node: Some(id.parse().unwrap()), prompt: "Write.".into(), ..Detail::default() };
    s.tell(Update::Detail(prompt("docs").into()));
    s.screen.query_all_by_label("Prompt").next().unwrap().click();
    s.screen.run();
    s.screen.get_by_role_and_label(Role::MultilineTextInput, "Prompt").focus();
    s.screen.run();
    s.screen.event(egui::Event::Text("Much.".into()));
    s.screen.run();
    for id in ["ship", "docs"] {
        select(&mut s, id);
        s.tell(Update::Detail(prompt(id).into()));
        let text = value(&s, Role::MultilineTextInput, "Prompt");
        assert_eq!(text.contains("Much."), id == "docs", "{id}: {text}");
    }
    press(&mut s, Modifiers::COMMAND, Key::S);
    assert!(lines(&s)[0].starts_with("seqctl prompt set docs"));
}

#[test]
fn a_click_beside_a_form_takes_away_nothing_that_was_typed() {
    let mut s = staged();
    let beside = egui::pos2(1200.0, 500.0);
    let click_beside = |s: &mut Staged| {
        s.screen.hover_at(beside);
        s.screen.drag_at(beside);
        s.screen.drop_at(beside);
        s.screen.run();
    };
    let is_open = |s: &Staged| s.screen.query_by_label("Create").is_some();
    press(&mut s, Modifiers::COMMAND, Key::N);
    s.screen.run();
    assert!(is_open(&s));
    click_beside(&mut s);
    assert!(!is_open(&s));
    press(&mut s, Modifiers::COMMAND, Key::N);
    s.screen.run();
    s.screen.event(egui::Event::Text("2".into()));
    s.screen.run();
    click_beside(&mut s);
    assert!(is_open(&s));
    press(&mut s, Modifiers::NONE, Key::Escape);
    assert!(!is_open(&s));
}
