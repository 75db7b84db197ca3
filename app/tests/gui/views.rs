//! The other views, to the bit: before there is a project, a past run, the free network.

use std::sync::Arc;

use egui::{Key, Theme};
use egui_kittest::kittest::Queryable as _;
use threados::Shell;
use threados::link::Update;
use threados::past::Past;
use threados_core::log::Draft;
use threados_core::model::Actor;
use threados_core::store::Paths;
use threados_core::workspace::Session;

use crate::kit::{Staged, line};
use crate::pictures::{check, compare, happened, release, run};
use crate::project::Project;
use crate::shell::whole;

#[test]
fn where_there_is_no_project_yet_it_offers_six_and_an_empty_one() {
    let dir = tempfile::tempdir().unwrap();
    let paths = || Paths { root: "/home/ada/shop".into(), ..Paths::new(dir.path()).unwrap() };
    let shell = || Shell::welcome(paths(), Box::new(|_| Ok(Vec::new())), Arc::new(|| {}));
    for (size, name) in [([1024.0, 640.0], "welcome"), ([560.0, 400.0], "welcome-small")] {
        check(&mut whole(shell(), size), name);
    }
    let mut small = whole(shell(), [560.0, 400.0]);
    small.get_by_label("Empty project").scroll_to_me();
    small.run();
    assert!(small.get_by_label("Empty project").rect().bottom() < 400.0, "all can be reached");
}

#[test]
fn a_past_run_as_it_stood_at_a_time() {
    let p = Project::new(&[]);
    let mut all = happened();
    all.sort_by_key(|(at, _)| *at);
    let drafts = all.iter().map(|(at, fact)| {
        let draft = Draft::new(Actor::User, "test.past", "").run(run()).facts([fact]);
        Draft { at: Some(*at), ..draft }
    });
    Session::begin(&p.workspace).unwrap().append_durable(&drafts.collect::<Vec<_>>()).unwrap();
    let past = Arc::new(Past::read(&p.workspace.paths, Some(run())).unwrap().unwrap());
    for (theme, name) in [(Theme::Dark, "past-dark"), (Theme::Light, "past-light")] {
        let mut s = Staged::new(release(), [1280.0, 800.0], theme);
        s.tell(Update::Past(Arc::clone(&past)));
        s.screen.state_mut().state_mut().play(Some(0.21));
        check(&mut s.screen, name);
        assert_eq!(line(&s.screen, "Storage"), "running \u{b7} 8m 56s", "by the time of then, not of now");
        assert_eq!(
            line(&s.screen, "Watchdog"),
            "running \u{b7} watches soak",
            "its checks are not known any more"
        );
    }
}

#[test]
fn the_sequence_as_a_free_network() {
    for (theme, name) in [(Theme::Dark, "network-dark"), (Theme::Light, "network-light")] {
        let mut s = Staged::new(release(), [1280.0, 800.0], theme);
        s.screen.key_press(Key::W);
        s.screen.run_steps(60);
        compare(&mut s.screen, name);
    }
}
