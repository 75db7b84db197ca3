//! What moves, and that nothing else does: the border of what runs pulses, and its edges flow.

use std::time::Duration;

use egui::accesskit::Role;
use egui::{Rect, Theme, Vec2, ViewportId, pos2};
use egui_kittest::kittest::Queryable as _;
use threados::scene::Tone;
use threados_core::model::State;

use crate::kit::{Screen, Staged, scene};
use crate::pictures::release;

fn lively() -> Staged {
    let mut s = Staged::new(release(), [1440.0, 900.0], Theme::Dark);
    s.screen.state_mut().state_mut().animate = true;
    s.screen.step();
    s
}

/// The places of the screen that differ from one frame to the next.
fn moves(screen: &mut Screen) -> Vec<egui::Pos2> {
    screen.remove_cursor();
    screen.step();
    let before = screen.render().unwrap();
    screen.step();
    let after = screen.render().unwrap();
    let differ = before.enumerate_pixels().zip(after.pixels()).filter(|((.., a), b)| a != b);
    differ.map(|((x, y, _), _)| pos2(x as f32, y as f32)).collect()
}

/// When the window wants to be drawn again by itself.
fn soon(screen: &mut Screen) -> Duration {
    // What came in is drawn twice.
    screen.run_steps(3);
    screen.output().viewport_output[&ViewportId::ROOT].repaint_delay
}

/// Where a rectangle of the drawing is on the screen, told by a card.
fn on_screen(s: &Staged, rect: Rect) -> Rect {
    let scene = s.screen.state().state().scene.clone().unwrap();
    let card = s.screen.get_by_role_and_label(Role::TreeItem, "Docs").rect();
    let drawn = scene.plan.rect(scene.find(&"docs".parse().unwrap()).unwrap());
    let zoom = card.width() / drawn.width();
    let at = |p: egui::Pos2| card.min + (p - drawn.min) * zoom;
    Rect::from_min_max(at(rect.min), at(rect.max))
}

#[test]
fn the_border_of_what_runs_pulses_and_its_edges_flow_and_nothing_else_moves() {
    let mut s = lively();
    let scene = s.screen.state().state().scene.clone().unwrap();
    let running: Vec<usize> =
        (0..scene.nodes.len()).filter(|n| scene.nodes[*n].tone == Tone::Running).collect();
    let cards: Vec<Rect> = running.iter().map(|n| on_screen(&s, scene.plan.rect(*n))).collect();
    let live = scene.plan.request().edges.iter().enumerate().filter(|(_, (from, _))| running.contains(from));
    let pieces: Vec<Vec<Rect>> = live
        .map(|(edge, _)| {
            let way = scene.plan.layout.edges[edge].windows(2);
            let piece = |two: &[threados_core::layout::Point]| {
                let rect = Rect::from_two_pos(pos2(two[0].x, two[0].y), pos2(two[1].x, two[1].y));
                on_screen(&s, rect).expand(5.0)
            };
            way.map(piece).collect()
        })
        .collect();
    assert!(cards.len() == 5 && pieces.len() == 3, "{} {}", cards.len(), pieces.len());
    let moved = moves(&mut s.screen);
    for card in &cards {
        let rings =
            moved.iter().filter(|at| card.expand(8.0).contains(**at) && !card.shrink(2.0).contains(**at));
        assert!(rings.count() > 50, "the border at {card} rests");
    }
    for edge in &pieces {
        assert!(moved.iter().any(|at| edge.iter().any(|piece| piece.contains(*at))), "{edge:?} rests");
    }
    let known = |at: &&egui::Pos2| {
        cards.iter().any(|card| card.expand(8.0).contains(**at))
            || pieces.iter().flatten().any(|piece| piece.contains(**at))
    };
    let elsewhere: Vec<_> = moved.iter().filter(|at| !known(at)).take(5).collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?} moves, too");
    assert!(soon(&mut s.screen) <= Duration::from_millis(50), "{:?}", soon(&mut s.screen));
}

#[test]
fn with_animation_off_nothing_moves_and_only_the_seconds_go_on() {
    let mut s = lively();
    s.screen.state_mut().state_mut().animate = false;
    assert_eq!(moves(&mut s.screen).len(), 0);
    let soon = soon(&mut s.screen);
    // A second from the first of them on.
    assert!(soon >= Duration::from_millis(250) && soon <= Duration::from_secs(1), "{soon:?}");
}

#[test]
fn where_nothing_runs_the_window_rests() {
    let text = "version: '1.0'\nname: x\nsteps:\n- {id: a, command: [sh]}\n- {id: b, command: [sh], depends_on: [a]}\n";
    let mut s = Staged::new(scene(text, State::default()), [1440.0, 900.0], Theme::Dark);
    s.screen.state_mut().state_mut().animate = true;
    s.screen.run();
    assert_eq!(moves(&mut s.screen).len(), 0);
    assert!(soon(&mut s.screen) > Duration::from_secs(86_400), "{:?}", soon(&mut s.screen));
}

#[test]
fn from_farther_away_what_runs_still_pulses() {
    let mut s = lively();
    s.screen.state_mut().camera_mut().zoom = 0.3;
    s.screen.run_steps(2);
    let card = s.screen.get_by_role_and_label(Role::TreeItem, "API").rect();
    let done = s.screen.get_by_role_and_label(Role::TreeItem, "Storage").rect();
    let moved = moves(&mut s.screen);
    let around = |rect: Rect, by: Vec2| moved.iter().filter(|at| rect.expand2(by).contains(**at)).count();
    assert!(around(card, Vec2::splat(3.0)) > 10);
    assert_eq!(around(done.shrink(1.0), Vec2::ZERO), 0);
}
