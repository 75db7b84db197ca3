use super::*;
use crate::dag::testing::sequence;
use crate::model::Sequence;
use proptest::prelude::*;

fn of(seq: &Sequence) -> (Request, Layout) {
    let request = Request::of(seq);
    let layout = layout(&request);
    (request, layout)
}

/// Whether a horizontal or vertical piece runs through the inside of a box.
fn cuts(a: Point, b: Point, r: &Rect) -> bool {
    let (left, right) = (a.x.min(b.x), a.x.max(b.x));
    let (top, bottom) = (a.y.min(b.y), a.y.max(b.y));
    left < r.right() && r.x < right.max(left + 0.01) && top < r.bottom() && r.y < bottom.max(top + 0.01)
}

/// Holds what every layout must hold; returns the number of edges drawn.
pub(super) fn sound(request: &Request, layout: &Layout) -> usize {
    for (i, a) in layout.nodes.iter().enumerate() {
        assert!(a.x >= 0.0 && a.y >= 0.0, "{i} outside");
        assert!(a.right() <= layout.bounds.right() && a.bottom() <= layout.bounds.bottom(), "{i} outside");
        for (k, b) in layout.nodes.iter().enumerate().skip(i + 1) {
            assert!(!a.overlaps(b), "{} {a:?} covers {} {b:?}", request.nodes[i].id, request.nodes[k].id);
        }
    }
    let mut drawn = 0;
    for (&(from, to), line) in request.edges.iter().zip(&layout.edges).filter(|(_, line)| !line.is_empty()) {
        drawn += 1;
        let name = format!("{} -> {}", request.nodes[from].id, request.nodes[to].id);
        assert_eq!(line[0].x, layout.nodes[from].right(), "{name} leaves on the right");
        assert_eq!(line[line.len() - 1].x, layout.nodes[to].x, "{name} arrives on the left");
        for pair in line.windows(2) {
            assert!(pair[0].x <= pair[1].x, "{name} runs backwards: {line:?}");
            assert!(pair[0].x == pair[1].x || pair[0].y == pair[1].y, "{name} is slanted: {line:?}");
            for (i, node) in layout.nodes.iter().enumerate() {
                assert!(!cuts(pair[0], pair[1], node), "{name} cuts {}: {line:?}", request.nodes[i].id);
            }
        }
    }
    frames_hold_their_members(request, layout);
    drawn
}

fn frames_hold_their_members(request: &Request, layout: &Layout) {
    for (node, place) in request.nodes.iter().zip(&layout.nodes) {
        for frame in &layout.frames {
            let inside = frame.rect.overlaps(place);
            let watchdog = matches!(node.kind, Kind::Watchdog { .. });
            assert!(
                !inside || watchdog || node.group.as_ref() == Some(&frame.group),
                "{} in a frame",
                node.id
            );
        }
    }
    for lane in &layout.lanes {
        for (node, place) in request.nodes.iter().zip(&layout.nodes) {
            let mine = lane.rect.overlaps(place);
            let watchdog = matches!(node.kind, Kind::Watchdog { .. });
            assert!(watchdog || mine == (node.lane == lane.name), "{} in the wrong lane", node.id);
        }
    }
}

#[test]
fn a_chain_with_a_gate_is_one_straight_line() {
    let (request, layout) = of(&sequence("plan; build: g; ship: build; gate g: plan"));
    assert_eq!(sound(&request, &layout), 3);
    assert!(layout.edges.iter().all(|line| line.len() == 2), "{:?}", layout.edges);
    assert_eq!(layout.nodes[0].center().y, layout.nodes[3].center().y);
}

#[test]
fn edges_side_by_side_come_in_without_a_bend_of_a_few_points() {
    let (_, layout) = of(&sequence("a; b; c; p; q: p; r: q; x: r; sum: a b c x"));
    let heights =
        layout.edges.iter().flat_map(|line| line.windows(2)).map(|pair| (pair[0].y - pair[1].y).abs());
    let bends: Vec<f32> = heights.filter(|high| *high > 0.0).collect();
    assert!(bends.iter().all(|high| *high > LEVEL), "{bends:?}");
}

/// Lower bends are taken for a fault of the drawing.
const LEVEL: f32 = 5.0;

#[test]
fn a_group_stands_in_its_frame() {
    let mut seq = sequence("plan; a: plan; b: plan; c: plan; sum: a b c; other: plan");
    for step in seq.steps.iter_mut().take(4).skip(1) {
        step.group_id = Some("team".parse().unwrap());
    }
    let (request, layout) = of(&seq);
    assert_eq!(sound(&request, &layout), request.edges.len());
    assert_eq!(layout.frames.len(), 1);
    let frame = layout.frames[0].rect;
    assert!(layout.nodes[1..4].iter().all(|n| frame.y + Frame::HEADER <= n.y && n.bottom() < frame.bottom()));
}

#[test]
fn a_folded_group_is_one_card() {
    let mut seq = sequence("plan; a: plan; b: plan; c: plan; sum: a b c");
    for step in seq.steps.iter_mut().take(4).skip(1) {
        step.group_id = Some("team".parse().unwrap());
    }
    let (open, before) = of(&seq);
    let folded = Request { folded: ["team".parse().unwrap()].into(), ..open.clone() };
    for layout in [layout(&folded), layout_after(&folded, (&open, &before))] {
        assert!(layout.frames[0].folded && layout.frames[0].rect == layout.nodes[1]);
        assert!(layout.nodes[1] == layout.nodes[2] && layout.nodes[2] == layout.nodes[3]);
        assert!(layout.nodes[0].right() < layout.nodes[1].x && layout.nodes[3].right() < layout.nodes[4].x);
    }
}

#[test]
fn a_watchdog_hangs_below_what_it_watches() {
    let mut seq = sequence("long; w; after: long");
    seq.steps[1].watchdog_for = Some("long".parse().unwrap());
    let (request, layout) = of(&seq);
    assert_eq!(sound(&request, &layout), 1);
    assert_eq!(layout.nodes[1].x, layout.nodes[0].x);
    assert!(layout.nodes[1].y > layout.nodes[0].bottom());
}

#[test]
fn what_an_orchestrator_added_stands_to_its_right() {
    let mut seq = sequence("plan; lead: plan; one; two; sum: one two");
    for step in seq.steps.iter_mut().skip(2) {
        step.spawned_by = Some("lead".parse().unwrap());
    }
    let (request, layout) = of(&seq);
    assert_eq!(
        sound(&request, &layout),
        5,
        "what begins hangs on its orchestrator, the rest on what it waits for"
    );
    assert!(layout.nodes[2..4].iter().all(|child| child.x > layout.nodes[1].right()));
}

#[test]
fn lanes_are_rows_and_gates_follow_their_step() {
    let mut seq = sequence("a; b: g; c: a; gate g: a");
    for (step, lane) in seq.steps.iter_mut().zip(["plan", "build", "plan"]) {
        step.lane = Some(lane.into());
    }
    let (request, layout) = of(&seq);
    sound(&request, &layout);
    assert_eq!(
        layout.lanes.iter().map(|l| l.name.as_deref().unwrap()).collect::<Vec<_>>(),
        ["plan", "build"]
    );
    assert!(layout.lanes[0].rect.overlaps(&layout.nodes[3]));
}

#[test]
fn cycles_leave_the_rest_drawn() {
    let (request, layout) = of(&sequence("a: c; b: a; c: b; d: c; e: e"));
    assert_eq!(sound(&request, &layout), 3);
    assert_eq!(layout.nodes.len(), 5);
}

#[test]
fn groups_that_wait_for_each_other_still_run_forwards() {
    let mut seq = sequence("a1; b1: a1; b2; a2: b2");
    for (step, group) in seq.steps.iter_mut().zip(["a", "b", "b", "a"]) {
        step.group_id = Some(group.parse().unwrap());
    }
    let (request, layout) = of(&seq);
    assert_eq!(sound(&request, &layout), 2);
    assert!(layout.frames.is_empty());
}

#[test]
fn a_long_chain_with_many_shortcuts_stays_sound() {
    let items: Vec<String> = (0..400)
        .map(|i| if i == 0 { "s0".into() } else { format!("s{i}: s{} s0 s{}", i - 1, i / 2) })
        .collect();
    let (request, layout) = of(&sequence(&items.join(";")));
    assert_eq!(sound(&request, &layout), request.edges.len());
}

#[test]
fn one_step_more_moves_no_other() {
    let before = of(&sequence("a; b: a; c: b; d: a")).1;
    let after = of(&sequence("a; b: a; c: b; d: a; e: c")).1;
    assert_eq!(before.nodes[..], after.nodes[..4]);
}

#[test]
fn a_chain_of_fifty_thousand_does_not_overflow() {
    let node = |i: usize| NodeSpec {
        id: format!("n{i}").parse().unwrap(),
        w: 192.0,
        h: 60.0,
        lane: None,
        group: None,
        kind: Kind::Step,
    };
    let chain = |n: usize| Request {
        nodes: (0..n).map(node).collect(),
        edges: (1..n).map(|i| (i - 1, i)).collect(),
        ..Request::default()
    };
    let layout = layout(&chain(50_000));
    assert!(layout.nodes.windows(2).all(|n| n[0].right() < n[1].x && n[0].y == n[1].y));
}

#[test]
fn a_step_in_the_middle_moves_only_what_is_in_its_way() {
    let items: Vec<String> =
        (0..400)
            .map(|i| {
                if i < 20 { format!("s{i}") } else { format!("s{i}: s{} s{}", i - 20, i - 20 + (i * 7) % 13) }
            })
            .collect();
    let (before, old) = of(&sequence(&items.join(";")));
    let (after, _) = of(&sequence(&format!("{}; new: s100 s101", items.join(";"))));
    let new = layout_after(&after, (&before, &old));
    assert_eq!(sound(&after, &new), after.edges.len());
    let moved = old.nodes.iter().zip(&new.nodes).filter(|(a, b)| a != b).count();
    assert!(moved < 40, "{moved} of 400 moved");
}

/// A random graph with lanes, groups, gates and watchdogs.
fn requests() -> impl Strategy<Value = Request> {
    let node = (0..10_u8, 0..3_u8, 0..5_u8, proptest::collection::vec(any::<prop::sample::Index>(), 0..4));
    proptest::collection::vec(node, 1..40).prop_map(|nodes| {
        let mut request = Request::default();
        for (i, (kind, lane, group, before)) in nodes.into_iter().enumerate() {
            let kind = match kind {
                0 | 1 => Kind::Gate,
                2 if i > 0 => Kind::Watchdog { of: before.first().map_or(0, |b| b.index(i)) },
                _ => Kind::Step,
            };
            let (w, h) = if kind == Kind::Gate { Request::DIAMOND } else { Request::CARD };
            let group = (kind == Kind::Step && group > 1).then(|| format!("g{group}").parse().unwrap());
            let lane = (lane > 0).then(|| format!("lane {lane}"));
            request.nodes.push(NodeSpec { id: format!("n{i}").parse().unwrap(), w, h, lane, group, kind });
            let before: Vec<usize> = before.iter().filter(|_| i > 0).map(|b| b.index(i)).collect();
            request.edges.extend(before.into_iter().map(|b| (b, i)));
        }
        request.edges.sort_unstable();
        request.edges.dedup();
        request
    })
}

proptest! {
    #[test]
    fn nothing_overlaps_no_edge_cuts_a_node_or_runs_backwards(request in requests()) {
        let layout = layout(&request);
        let drawn = sound(&request, &layout);
        let hung = |i: usize| matches!(request.nodes[i].kind, Kind::Watchdog { .. });
        let flowing = request.edges.iter().filter(|(a, b)| !hung(*a) && !hung(*b)).count();
        prop_assert!(drawn >= flowing);
        prop_assert_eq!(layout, super::layout(&request));
    }

    #[test]
    fn after_a_small_change_it_is_as_sound(request in requests(), cut in 1..4_usize) {
        let mut before = request.clone();
        before.nodes.truncate(request.nodes.len().saturating_sub(cut).max(1));
        let n = before.nodes.len();
        before.edges.retain(|(a, b)| *a < n && *b < n);
        let old = layout(&before);
        let new = layout_after(&request, (&before, &old));
        sound(&request, &new);
        prop_assert_eq!(&new, &layout_after(&request, (&before, &old)));
        let back = layout_after(&before, (&request, &new));
        sound(&before, &back);
    }

    #[test]
    fn the_first_drawing_is_as_sound(request in requests()) {
        sound(&request, &layout_with(&request, Effort::First));
    }
}

#[test]
fn a_step_that_is_put_before_another_is_placed_before_it() {
    let fan = |order: &str| {
        let middle: String = order.split(' ').map(|id| format!("{id}: a; ")).collect();
        sequence(&format!("a; {middle}z: b1 b2 b3"))
    };
    let heights = |request: &Request, layout: &Layout| {
        ["b1", "b2", "b3"].map(|id| {
            let at = request.nodes.iter().position(|n| n.id.as_str() == id).unwrap();
            layout.nodes[at].y
        })
    };
    let (before, old) = of(&fan("b1 b2 b3"));
    let [b1, b2, b3] = heights(&before, &old);
    assert!(b1 < b2 && b2 < b3);
    let after = Request::of(&fan("b3 b1 b2"));
    let [b1, b2, b3] = heights(&after, &layout_after(&after, (&before, &old)));
    assert!(b3 < b1 && b1 < b2, "{b1} {b2} {b3}");
}
