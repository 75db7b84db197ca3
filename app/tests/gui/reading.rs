//! Reading what steps print while they go on printing.

use std::ops::Range;
use std::sync::Arc;

use egui::{Modifiers, OutputCommand, Rect, Theme};
use egui_kittest::kittest::Queryable as _;
use threados::ansi::Line;
use threados::link::{Output, Update};

use crate::kit::{Screen, Staged, click};
use crate::pictures::release;

/// The end of a log: these of its lines are known.
fn printed(step: &str, lines: Range<usize>, cut: bool) -> Update {
    let line = |n: usize| Line::from(format!("line {n} of it").as_str());
    let output = Output {
        step: Some(step.parse().unwrap()),
        run: Some("20241004T000000Z-7f3a".parse().unwrap()),
        stdout: lines.map(line).collect(),
        stderr: Vec::new(),
        cut,
    };
    Update::Output(Arc::new(output))
}

/// A log of which only the end is known, looked at.
fn reading() -> Staged {
    let mut s = Staged::new(release(), [1440.0, 900.0], Theme::Dark);
    s.screen.state_mut().state_mut().selected = Some("api".parse().unwrap());
    s.screen.run();
    s.tell(printed("api", 0..2000, true));
    click(&mut s.screen, "Logs");
    s.screen.run();
    s
}

/// The line that is read: the first that is seen below the upper edge of the log.
fn first(screen: &Screen) -> (String, Rect) {
    let top = screen.get_by_label("Search the log").rect().bottom() + 2.0;
    let lines = screen.query_all_by_label_contains(" of it").filter(|n| n.rect().left() < 400.0);
    let seen = lines.filter(|n| n.rect().top() >= top);
    let first = seen.min_by(|a, b| a.rect().top().total_cmp(&b.rect().top())).unwrap();
    (first.value().unwrap(), first.rect())
}

fn shows(screen: &Screen, line: &str) -> bool {
    screen.query_all_by_label(line).any(|n| n.rect().left() < 400.0)
}

fn scroll(screen: &mut Screen, by: f32) {
    screen.hover_at(first(screen).1.center());
    screen.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: egui::vec2(0.0, by),
        phase: egui::TouchPhase::Move,
        modifiers: Modifiers::NONE,
    });
    screen.run();
}

#[test]
fn what_is_read_in_the_middle_stands_still_while_more_is_printed() {
    let mut s = reading();
    assert!(shows(&s.screen, "line 1999 of it"), "it opens at its end");
    s.tell(printed("api", 100..2100, true));
    assert!(shows(&s.screen, "line 2099 of it"), "and goes on with it");
    scroll(&mut s.screen, 400.0);
    let before = first(&s.screen);
    for n in 2..8 {
        s.tell(printed("api", n * 100..n * 100 + 2000, true));
        assert_eq!(first(&s.screen), before);
    }
    click(&mut s.screen, "To the end");
    s.screen.run();
    assert!(shows(&s.screen, "line 2699 of it"));
    assert!(s.screen.query_by_label("To the end").is_none());
    s.tell(printed("api", 800..2800, true));
    assert!(shows(&s.screen, "line 2799 of it"), "from then on it goes on again");
    scroll(&mut s.screen, 400.0);
    scroll(&mut s.screen, -400.0);
    s.tell(printed("api", 900..2900, true));
    assert!(shows(&s.screen, "line 2899 of it"), "to scroll to the end does it, too");
}

#[test]
fn each_log_opens_at_its_end_wherever_another_was_read() {
    let mut s = reading();
    scroll(&mut s.screen, 4000.0);
    assert!(!shows(&s.screen, "line 1999 of it"));
    s.screen.state_mut().state_mut().selected = Some("ui".parse().unwrap());
    s.screen.run();
    s.tell(printed("ui", 0..500, false));
    assert!(shows(&s.screen, "line 499 of it"));
}

#[test]
fn a_log_is_copied_with_a_click_and_of_a_searched_one_what_was_found() {
    let mut s = reading();
    let copied = |s: &mut Staged| {
        s.screen.get_by_label("Copy").click();
        s.screen.step();
        let commands = &s.screen.output().platform_output.commands;
        commands.iter().find_map(|c| match c {
            OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        })
    };
    let all = copied(&mut s).unwrap();
    assert_eq!((all.lines().count(), all.lines().next()), (2000, Some("line 0 of it")));
    s.screen.get_by_label("Search the log").focus();
    s.screen.run();
    s.screen.event(egui::Event::Text("199".into()));
    s.screen.run();
    let found = copied(&mut s).unwrap();
    assert!(found.starts_with("line 199 of it\nline 1199 of it\n"), "{found}");
    assert_eq!(found.lines().count(), 12);
}
