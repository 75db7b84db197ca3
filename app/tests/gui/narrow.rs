//! The window and its panels where there is little room.

use egui::accesskit::Role;
use egui::{Key, Modifiers, Rect, Theme};
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use crate::kit::{Screen, Staged, click, scene};
use crate::pictures::{check, release};

/// Everything in the bar above: name and place, from left to right.
fn bar(screen: &Screen) -> Vec<(String, Rect)> {
    let nodes = screen.root().children_recursive().collect::<Vec<_>>();
    let seen = nodes.iter().filter(|n| {
        let role = n.accesskit_node().role();
        matches!(role, Role::Button | Role::Label | Role::TextInput) && n.rect().bottom() < 48.0
    });
    let mut seen: Vec<(String, Rect)> =
        seen.filter_map(|n| Some((n.accesskit_node().label().or(n.value())?, n.rect()))).collect();
    seen.sort_by(|a, b| a.1.left().total_cmp(&b.1.left()));
    seen
}

#[test]
fn in_the_narrowest_window_the_bar_has_room_for_all_and_still_finds() {
    let name = "name: a-project-with-a-name-that-is-rather-long";
    let text = include_str!("release.yaml").replacen("name: release-train", name, 1);
    let snapshot = release().snapshot;
    let long = scene(&text, snapshot.state.clone());
    assert_eq!(long.name, name[6..]);
    for (width, shows_left) in [(860.0, false), (860.0, true), (980.0, true), (1040.0, false)] {
        let mut s = Staged::new(long.clone(), [width, 480.0], Theme::Light);
        if shows_left {
            s.screen.get_by_label("Logs").click_secondary();
            s.screen.run();
            click(&mut s.screen, "Move to the left");
        }
        let bar = bar(&s.screen);
        let names: Vec<&str> = bar.iter().map(|(name, _)| name.as_str()).collect();
        assert!(bar.len() > 12 && names.iter().any(|n| n.contains("2 need you")), "{names:?}");
        for pair in bar.windows(2) {
            assert!(pair[0].1.right() <= pair[1].1.left() + 0.5, "at {width}: {pair:?}");
        }
        assert!(bar.last().unwrap().1.right() <= width, "{bar:?}");
    }
}

#[test]
fn a_search_that_finds_no_room_in_the_bar_opens_below_it() {
    let mut s = Staged::new(release(), [900.0, 560.0], Theme::Light);
    let hits = |s: &Staged| s.screen.state().state().search.hits.len();
    let says = |s: &Staged, what: &str| s.screen.query_all_by_label_contains(what).next().is_some();
    click(&mut s.screen, "Search");
    s.screen.run();
    s.screen.event(egui::Event::Text("layout".into()));
    s.screen.run();
    assert_eq!(hits(&s), 5, "what waits for one of them, too");
    check(&mut s.screen, "narrow-light");
    s.screen.key_press(Key::Enter);
    s.screen.run();
    assert!(says(&s, "1 of 5"));
    s.screen.key_press(Key::Escape);
    s.screen.run();
    assert!(!says(&s, "1 of 5"), "it is closed");
    s.screen.key_press_modifiers(Modifiers::COMMAND, Key::F);
    s.screen.run();
    s.screen.run();
    s.screen.event(egui::Event::Text("soak".into()));
    s.screen.run();
    assert_eq!(s.screen.state().state().search.query, "soak", "the key opens it, too");
}
