//! Panels stand where they are put, and never get lost.

use egui::{Rect, pos2};

use super::*;

fn room() -> Rect {
    Rect::from_min_max(pos2(0.0, 48.0), pos2(1440.0, 872.0))
}

fn place(dock: &Dock, pane: Pane) -> Rect {
    let at = dock.find(pane).unwrap();
    let laid = lay(dock, room(), |_| None);
    laid.stacks.iter().find(|(side, n, _)| (*side, *n) == at).unwrap().2
}

/// Every panel is at exactly one place, and all places fill the room without lying over each other.
fn check(dock: &Dock) {
    let stacks = Side::ALL.iter().flat_map(|s| &dock.edge(*s).stacks);
    let floating = dock.floating().iter().map(|f| f.pane);
    let mut all: Vec<Pane> = stacks.flat_map(|s| s.panes.clone()).chain(floating).collect();
    all.sort_by_key(|p| *p as usize);
    assert_eq!(all, Pane::ALL);
    let laid = lay(dock, room(), |_| None);
    let area: f32 = laid.stacks.iter().map(|s| s.2.area()).sum::<f32>() + laid.middle.area();
    assert!((area - room().area()).abs() < 2.0, "{dock:?}");
    assert!(laid.middle.width() >= 240.0 && laid.middle.height() >= 140.0);
}

#[test]
fn every_panel_goes_to_every_edge_alone_and_as_a_tab_of_every_other() {
    for pane in Pane::ALL {
        for side in Side::ALL {
            let mut dock = Dock::default();
            dock.take(Change::Put(pane, Place::Own(side, None)));
            check(&dock);
            assert_eq!(dock.find(pane).unwrap().0, side);
            assert!(dock.is_shown(pane) && dock.stack(pane).unwrap().panes == [pane]);
            for other in Pane::ALL {
                let mut dock = dock.clone();
                dock.take(Change::Put(other, Place::With(pane)));
                check(&dock);
                assert!(dock.is_shown(other) && dock.find(other) == dock.find(pane));
                dock.take(Change::Put(other, Place::Before(pane)));
                check(&dock);
                dock.take(Change::Put(other, Place::Own(side, Some(pane))));
                check(&dock);
            }
        }
    }
}

#[test]
fn places_of_an_edge_stand_side_by_side_below_and_one_above_the_other_at_the_sides() {
    let mut dock = Dock::default();
    dock.take(Change::Put(Pane::Logs, Place::Own(Side::Below, None)));
    let (timeline, logs) = (place(&dock, Pane::Timeline), place(&dock, Pane::Logs));
    assert!(timeline.right() == logs.left() && timeline.top() == logs.top());
    dock.take(Change::Put(Pane::Logs, Place::Own(Side::Right, Some(Pane::Inspector))));
    let (inspector, logs) = (place(&dock, Pane::Inspector), place(&dock, Pane::Logs));
    assert!(logs.bottom() == inspector.top() && logs.left() == inspector.left());
}

#[test]
fn a_bar_goes_with_the_hand_and_leaves_both_neighbours_room() {
    let mut dock = Dock::default();
    let laid = lay(&dock, room(), |_| None);
    let wide = place(&dock, Pane::Inspector).width();
    dock.take(Change::Move(Bar::Edge(Side::Right), -50.0, 0.0));
    assert_eq!(place(&dock, Pane::Inspector).width(), wide + 50.0);
    let between = laid.bars.iter().find(|(bar, ..)| *bar == Bar::Between(Side::Right, 0)).unwrap();
    let high = place(&dock, Pane::Inspector).height();
    dock.take(Change::Move(between.0, 40.0, between.2));
    assert_eq!(place(&dock, Pane::Inspector).height(), high + 40.0);
    dock.take(Change::Move(between.0, 9000.0, between.2));
    assert!(place(&dock, Pane::Chat).height() >= 89.0);
    check(&dock);
}

#[test]
fn a_panel_that_floats_is_seen_and_goes_back_to_those_it_was_with() {
    for pane in Pane::ALL {
        let mut dock = Dock::default();
        let with = dock.stack(pane).unwrap().panes.clone();
        dock.take(Change::Float(pane));
        check(&dock);
        assert!(dock.is_shown(pane) && dock.find(pane).is_none());
        dock.take(Change::Float(pane));
        dock.take(Change::Drift(pane, [1.0, 2.0, 300.0, 200.0]));
        assert_eq!(dock.floating()[0].at, [1.0, 2.0, 300.0, 200.0]);
        dock.take(Change::Back(pane));
        check(&dock);
        let mut now = dock.stack(pane).unwrap().panes.clone();
        now.sort_by_key(|p| with.iter().position(|w| w == p));
        assert_eq!((now, dock.floating().len()), (with, 0));
    }
    let mut dock = Dock::default();
    Pane::ALL.into_iter().for_each(|pane| dock.take(Change::Float(pane)));
    check(&dock);
    assert_eq!(dock.clone().sane(), dock);
    let kept = serde_json::to_value(&dock).unwrap();
    assert_eq!(lenient(kept).unwrap(), dock, "it is remembered");
    let mut old = serde_json::to_value(Dock::default()).unwrap();
    old.as_object_mut().unwrap().remove("floating");
    assert_eq!(lenient(old).unwrap(), Dock::default(), "a file of before has none");
    dock.take(Change::Put(Pane::Logs, Place::Own(Side::Left, None)));
    check(&dock);
    Pane::ALL.into_iter().for_each(|pane| dock.take(Change::Back(pane)));
    check(&dock);
    assert!(dock.floating().is_empty());
}

#[test]
fn a_file_of_nonsense_loses_no_panel() {
    let stack = |panes: &[Pane]| Stack { panes: panes.to_vec(), front: 9, share: f32::NAN, folded: true };
    let edge = |stacks| Edge { open: false, size: -3.0, stacks };
    let float = |pane, x| Float { pane, at: [x, 1.0, 300.0, 200.0], beside: None };
    let dock = Dock {
        left: edge(vec![stack(&[Pane::Chat, Pane::Chat]), stack(&[])]),
        right: edge(vec![stack(&[Pane::Chat])]),
        below: edge(vec![stack(&[Pane::Logs])]),
        floating: vec![float(Pane::Logs, 1.0), float(Pane::Runs, f32::NAN), float(Pane::Audit, 1e9)],
    };
    let sane = dock.sane();
    check(&sane);
    assert_eq!(sane.floating().iter().map(|f| f.pane).collect::<Vec<_>>(), [Pane::Audit]);
    assert_eq!(Dock::default().sane(), Dock::default());
}
