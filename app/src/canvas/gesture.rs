//! What a hand does that holds the button down: move the view, connect two nodes, take a step to another place or
//! lane, or mark what lies in a box.

use egui::{Align2, PointerButton, Pos2, Rect, Response, Stroke, StrokeKind, Ui, Vec2, vec2};
use threados_core::action::{Action, DepAdd, Patch, StepEdit, StepFields};
use threados_core::id::StepId;
use threados_core::workspace::Request;

use super::order::Place;
use super::{Canvas, FULL, Paint, View};
use crate::link::Wish;
use crate::scene::Scene;

/// How near to the right end of a node a connection begins, in points of the drawing.
const PORT: f32 = 12.0;

/// How near to the edge of the view a hand that holds something moves the view, and how fast at most, in points of the
/// screen and a second.
const EDGE: f32 = 32.0;
const FAST: f32 = 900.0;

/// What the hand holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Gesture {
    /// The view.
    Pan,
    /// The beginning of an edge from this node.
    Connect(usize),
    /// This step.
    Step(usize),
    /// The corner of a box, in the drawing.
    Mark(Pos2),
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Came {
    Nothing,
    Wish(Wish),
    Marked(Vec<usize>),
    /// Something new, after this node.
    New(usize),
}

impl Canvas {
    /// Whether a hand holds something.
    pub fn is_held(&self) -> bool {
        self.gesture.is_some()
    }

    /// Gives up what the hand does: letting go means nothing then.
    pub fn give_up(&mut self) {
        self.gesture = None;
    }

    /// Goes on with what the hand does.
    pub(super) fn hand(&mut self, ui: &Ui, rect: Rect, response: &Response, view: &View) -> Came {
        if response.dragged_by(PointerButton::Middle) {
            self.camera.pan(response.drag_delta());
            return Came::Nothing;
        }
        if response.drag_started_by(PointerButton::Primary) {
            let from = ui.input(|i| i.pointer.press_origin()).or(response.interact_pointer_pos());
            let from = from.map(|at| self.camera.to_drawing(rect, at));
            self.gesture = from.map(|at| self.grasp(view.scene, at, ui.input(|i| i.modifiers.shift)));
        }
        match self.gesture {
            Some(Gesture::Pan) if response.dragged() => self.camera.pan(response.drag_delta()),
            Some(_) if response.dragged() => self.push(ui, rect, response),
            _ => {}
        }
        if !response.drag_stopped() {
            return Came::Nothing;
        }
        let at = response.interact_pointer_pos().map(|at| self.camera.to_drawing(rect, at));
        match (self.gesture.take(), at) {
            (Some(Gesture::Pan), _) if view.animate => {
                self.camera.glide(ui.input(|i| i.pointer.velocity()));
                Came::Nothing
            }
            (Some(gesture), Some(at)) => drop_at(view.scene, gesture, at),
            _ => Came::Nothing,
        }
    }

    /// A hand that holds something at the edge of the view looks for more of the drawing there.
    fn push(&mut self, ui: &Ui, view: Rect, response: &Response) {
        let (Some(hand), Some(from)) =
            (response.interact_pointer_pos(), ui.input(|i| i.pointer.press_origin()))
        else {
            return;
        };
        let (x, y) = (view.x_range(), view.y_range());
        let push = vec2(beyond(hand.x, x.min, x.max), beyond(hand.y, y.min, y.max));
        // What begins near the edge is not at once a wish to go on there.
        if push == Vec2::ZERO || from.distance(hand) < EDGE {
            return;
        }
        let seconds = ui.input(|i| i.stable_dt).min(0.1);
        self.camera.pan(-push * FAST * seconds);
        ui.ctx().request_repaint();
    }

    fn grasp(&self, scene: &Scene, at: Pos2, shift: bool) -> Gesture {
        if shift {
            return Gesture::Mark(at);
        }
        if self.camera.zoom < FULL {
            return Gesture::Pan;
        }
        let near = scene.plan.nodes_in(Rect::from_center_size(at, Vec2::splat(2.0 * PORT)));
        let port = near.into_iter().find(|n| scene.plan.rect(*n).right_center().distance(at) < PORT);
        if let Some(n) = port {
            return Gesture::Connect(n);
        }
        match scene.plan.node_at(at).filter(|n| scene.step(*n).is_some()) {
            Some(n) if scene.plan.layout.lanes.len() > 1 || scene.has_column(n) => Gesture::Step(n),
            _ => Gesture::Pan,
        }
    }
}

/// How far a place is in the strip along the lower or the upper end of a range: from -1 to 1.
fn beyond(at: f32, low: f32, high: f32) -> f32 {
    let over = (at - (high - EDGE)).max(0.0) - ((low + EDGE) - at).max(0.0);
    (over / EDGE).clamp(-1.0, 1.0)
}

/// What letting go here means.
fn drop_at(scene: &Scene, gesture: Gesture, at: Pos2) -> Came {
    match gesture {
        Gesture::Pan => Came::Nothing,
        Gesture::Mark(from) => {
            let part = Rect::from_two_pos(from, at);
            let nodes = scene.plan.nodes_in(part).into_iter();
            Came::Marked(nodes.filter(|n| part.intersects(scene.plan.rect(*n))).collect())
        }
        Gesture::Connect(from) => match scene.plan.node_at(at) {
            Some(to) if scene.refusal(from, to).is_none() => {
                let (id, before) = (scene.nodes[to].id.clone(), scene.nodes[from].id.clone());
                wish(DepAdd { id, depends_on: vec![before] }.into())
            }
            None => Came::New(from),
            _ => Came::Nothing,
        },
        Gesture::Step(n) => {
            let mut actions: Vec<Action> = Vec::new();
            if let Some(lane) = lane_at(scene, n, at) {
                let to = if lane.is_empty() { Patch::Clear } else { Patch::Set(lane.to_owned()) };
                let fields = StepFields { lane: Some(to), ..StepFields::default() };
                let id = StepId::from(&scene.nodes[n].id);
                actions.push(StepEdit { id, fields, status: None }.into());
            }
            actions.extend(place_at(scene, n, at).map(|place| place.action(scene, n).into()));
            if actions.is_empty() { Came::Nothing } else { wishes(actions) }
        }
    }
}

fn wish(action: Action) -> Came {
    wishes(vec![action])
}

fn wishes(actions: Vec<Action>) -> Came {
    Came::Wish(Wish::Change(Request::user(actions)))
}

/// The place in the order of the file, where letting go here would change it.
fn place_at(scene: &Scene, step: usize, at: Pos2) -> Option<Place> {
    let lane = match lane_at(scene, step, at) {
        Some(lane) => Some(lane).filter(|l| !l.is_empty()),
        None => scene.step(step)?.lane.as_deref(),
    };
    scene.place_at(step, lane, at)
}

/// The lane at a place, where it is not that of the step; empty for the one without a name.
fn lane_at(scene: &Scene, step: usize, at: Pos2) -> Option<&str> {
    let lanes = &scene.plan.layout.lanes;
    let lane = lanes.iter().find(|l| (l.rect.y..l.rect.bottom()).contains(&at.y))?;
    let name = lane.name.as_deref().unwrap_or_default();
    (scene.step(step)?.lane.as_deref().unwrap_or_default() != name).then_some(name)
}

impl Paint<'_> {
    /// Shows what letting go now would do.
    pub(super) fn gesture(&self, gesture: Gesture, pointer: Pos2) {
        let at = self.camera.to_drawing(self.view, pointer);
        let pen = Stroke::new(2.0, self.theme.ink);
        match gesture {
            Gesture::Pan => {}
            Gesture::Mark(from) => {
                let part = Rect::from_two_pos(self.at(from), pointer);
                self.painter.rect_filled(part, 2.0, self.theme.ink.gamma_multiply(0.08));
                self.painter.rect_stroke(part, 2.0, Stroke::new(1.0, self.theme.ink), StrokeKind::Inside);
            }
            Gesture::Connect(from) => {
                let start = self.at(self.scene.plan.rect(from).right_center());
                let target = self.scene.plan.node_at(at).filter(|n| *n != from);
                let refusal = target.and_then(|to| self.scene.refusal(from, to));
                let bad = self.theme.tint(crate::scene::Tone::Failed);
                let pen = if refusal.is_some() { Stroke::new(2.0, bad.mark) } else { pen };
                self.painter.line_segment([start, pointer], pen);
                if let Some(to) = target {
                    self.painter.rect_stroke(self.node_rect(to).expand(3.0), 9.0, pen, StrokeKind::Outside);
                }
                let says = match (&refusal, target) {
                    (Some(why), _) => why.clone(),
                    (None, Some(to)) => {
                        format!("{} will wait for {}", self.scene.nodes[to].name, self.scene.nodes[from].name)
                    }
                    (None, None) => "let go on what shall wait for it, or here for something new".to_owned(),
                };
                self.says_at(pointer, &says, if refusal.is_some() { bad.text } else { self.theme.text });
            }
            Gesture::Step(n) => {
                let rect = self.node_rect(n);
                let ghost = Rect::from_center_size(pointer, rect.size());
                let z = self.camera.zoom;
                self.painter.rect(ghost, 9.0 * z, self.theme.raised, pen, StrokeKind::Inside);
                // Above the middle: there runs the line that shows where it would stand.
                let (title, room) = (ghost.min + vec2(14.0, 16.0) * z, ghost.width() - 28.0 * z);
                let name = &self.scene.nodes[n].name;
                self.text(name, self.strong(13.0 * z), room, title, Align2::LEFT_CENTER, self.theme.text);
                let lane = match lane_at(self.scene, n, at) {
                    Some("") => Some("out of its lane".to_owned()),
                    lane => lane.map(|lane| format!("into the lane {lane}")),
                };
                let place = place_at(self.scene, n, at);
                let order = place.map(|place| {
                    self.place(&place, pen);
                    let side = if place.before { "before" } else { "after" };
                    format!("{side} {}", self.scene.nodes[place.anchor].name)
                });
                let says: Vec<String> = lane.into_iter().chain(order).collect();
                let says = if says.is_empty() { "it stays where it is".to_owned() } else { says.join(", ") };
                self.says_at(pointer, &says, self.theme.text);
            }
        }
    }

    fn says_at(&self, pointer: Pos2, says: &str, color: egui::Color32) {
        let galley = self.galley(says, self.body(12.0), 520.0);
        let place = Rect::from_min_size(pointer + vec2(16.0, 14.0), galley.size()).expand2(vec2(8.0, 5.0));
        self.painter.rect(
            place,
            6.0,
            self.theme.panel,
            Stroke::new(1.0, self.theme.strong),
            StrokeKind::Inside,
        );
        self.painter.galley(place.min + vec2(8.0, 5.0), galley, color);
    }
}

impl Scene {
    /// Why a node cannot wait for another, as far as the drawing tells; the core has the last word.
    pub(super) fn refusal(&self, from: usize, to: usize) -> Option<String> {
        let name = |n: usize| self.nodes[n].name.as_str();
        if from == to {
            return Some("nothing waits for itself".to_owned());
        }
        if self.plan.request().edges.contains(&(from, to)) {
            return Some(format!("{} waits for {} already", name(to), name(from)));
        }
        let way = self.plan.way(to, from)?;
        let mut cycle: Vec<&str> = way.iter().map(|n| name(*n)).collect();
        if cycle.len() > 3 {
            cycle.splice(1..cycle.len() - 1, ["\u{2026}"]);
        }
        Some(format!("that would be a cycle: {} \u{2192} {}", cycle.join(" \u{2192} "), name(to)))
    }
}
