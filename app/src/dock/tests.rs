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
    let mut all: Vec<Pane> =
        Side::ALL.iter().flat_map(|s| &dock.edge(*s).stacks).flat_map(|s| s.panes.clone()).collect();
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
fn a_file_of_nonsense_loses_no_panel() {
    let stack = |panes: &[Pane]| Stack { panes: panes.to_vec(), front: 9, share: f32::NAN, folded: true };
    let edge = |stacks| Edge { open: false, size: -3.0, stacks };
    let dock = Dock {
        left: edge(vec![stack(&[Pane::Chat, Pane::Chat]), stack(&[])]),
        right: edge(vec![stack(&[Pane::Chat])]),
        below: edge(vec![stack(&[Pane::Logs])]),
    };
    check(&dock.sane());
    assert_eq!(Dock::default().sane(), Dock::default());
}
