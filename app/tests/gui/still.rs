//! Panels that stand still are put on the screen again and not made anew: nobody sees that.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use chrono::{DateTime, Offset as _, TimeDelta, Utc};
use egui::epaint::{ClippedPrimitive, Mesh, Primitive};
use egui::{
    Context, Event, FullOutput, Id, Key, Modifiers, PointerButton, Pos2, RawInput, Rect, Shape, pos2, vec2,
};
use threados::Window;
use threados::link::{Far, Link, Update};
use threados::scene::Scene;
use threados_core::model::State;

use crate::kit;
use crate::pictures::release;

thread_local! {
    static AHEAD: Cell<i64> = const { Cell::new(0) };
}

fn now() -> DateTime<Utc> {
    kit::now() + TimeDelta::milliseconds(AHEAD.get())
}

/// A window that nobody hears, with the pointer on its canvas.
struct Unheard {
    ctx: Context,
    window: Window,
    updates: Sender<Update>,
    frames: u32,
    /// How many texts the panels made in the last frame.
    made: usize,
}

type Seen = Vec<(Rect, Mesh)>;

impl Unheard {
    fn new(scene: Scene) -> Self {
        let ctx = Context::default();
        threados::theme::install(&ctx);
        let (link, Far { updates, .. }) = Link::pair();
        let mut window = Window::new(link);
        let state = window.state_mut();
        (state.animate, state.now, state.zone) = (false, now, |_| Utc.fix());
        updates.send(Update::Scene(Arc::new(scene))).unwrap();
        Self { ctx, window, updates, frames: 0, made: 0 }
    }

    /// A frame with this input: what is seen then.
    fn frame(&mut self, events: impl IntoIterator<Item = Event>) -> Seen {
        self.frames += 1;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(1440.0, 900.0))),
            events: events.into_iter().collect(),
            time: Some(f64::from(self.frames) / 60.0),
            ..RawInput::default()
        };
        self.window.logic(&self.ctx);
        let window = &mut self.window;
        let FullOutput { shapes, mut textures_delta, .. } = self.ctx.run_ui(input, |ui| window.ui(ui));
        textures_delta.clear();
        let beside = |clip: Rect| clip.left() > 1116.0 || clip.top() > 640.0 || clip.bottom() < 49.0;
        let is_text = |shape: &&egui::epaint::ClippedShape| matches!(shape.shape, Shape::Text(_));
        self.made = shapes.iter().filter(is_text).filter(|shape| beside(shape.clip_rect)).count();
        let mut seen = Seen::new();
        for ClippedPrimitive { clip_rect, primitive } in self.ctx.tessellate(shapes, 1.0) {
            let Primitive::Mesh(mesh) = primitive else { continue };
            match seen.last_mut().filter(|(clip, _)| *clip == clip_rect) {
                Some((_, all)) => all.append(mesh),
                None => seen.push((clip_rect, mesh)),
            }
        }
        seen
    }

    /// What is seen once nothing has happened for a while.
    fn rest(&mut self) -> Seen {
        let at = pos2(500.0, 600.0);
        (0..30).map(|_| self.frame([Event::PointerMoved(at)])).last().unwrap()
    }

    /// What is seen where everything is made anew.
    fn anew(&mut self) -> Seen {
        self.window.state_mut();
        self.frame([])
    }
}

fn hand(at: Pos2, pressed: bool) -> [Event; 2] {
    let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
    [Event::PointerMoved(at), Event::PointerButton { pos: at, button, pressed, modifiers }]
}

fn tab() -> Event {
    let (key, modifiers) = (Key::Tab, Modifiers::NONE);
    Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers }
}

#[test]
fn what_stands_still_looks_as_if_it_were_made_anew() {
    let mut window = Unheard::new(release());
    let first = window.frame([]);
    assert!(window.made > 30, "{} texts", window.made);
    let still = window.rest();
    assert_eq!(window.made, 0, "nothing was made");
    assert!(still == window.anew() && still != first);
}

#[test]
fn time_goes_on_in_a_panel_that_stands_still() {
    let mut window = Unheard::new(release());
    let before = window.rest();
    AHEAD.set(2_000);
    let after = window.frame([]);
    assert!(after != before && after == window.anew());
}

#[test]
fn news_are_shown_at_once() {
    let mut window = Unheard::new(release());
    let before = window.rest();
    window
        .updates
        .send(Update::Scene(Arc::new(kit::scene(crate::pictures::RELEASE, State::default()))))
        .unwrap();
    let after = window.frame([]);
    assert!(after != before && after == window.anew());
}

#[test]
fn a_panel_that_stands_still_is_found_by_the_hand_and_by_keys() {
    let mut window = Unheard::new(release());
    window.rest();
    let (dark, at) = (window.ctx.theme(), pos2(1377.0, 24.0));
    window.frame(hand(at, true));
    window.frame(hand(at, false));
    window.frame([]);
    assert_ne!(window.ctx.theme(), dark, "its button was pressed");
    let focus = |stirs: bool| -> Vec<Option<Id>> {
        let mut window = Unheard::new(release());
        window.rest();
        let tabbed = (0..8).map(|_| {
            if stirs {
                window.anew();
            }
            window.frame([tab()]);
            window.ctx.memory(|m| m.focused())
        });
        tabbed.collect()
    };
    assert!(focus(false) == focus(true) && focus(true)[7].is_some());
}

#[test]
fn letters_stay_right_where_their_texture_grows() {
    let mut window = Unheard::new(release());
    for zoom in [0.7, 1.3, 2.2, 3.1, 4.3, 5.9] {
        window.rest();
        let size = |window: &Unheard| window.ctx.fonts(|f| f.font_image_size());
        let before = size(&window);
        window.window.camera_mut().zoom = zoom;
        let seen = window.frame([]);
        assert!(seen == window.anew(), "at {zoom}: {before:?} {:?}", size(&window));
    }
}
