//! The canvas: the sequence from left to right, at three levels of detail.

mod camera;
mod cards;
mod cut;
mod decide;
mod dots;
mod edges;
mod far;
mod folded;
mod gesture;
mod glide;
mod grid;
mod ground;
mod kept;
mod lettering;
mod lit;
mod map;
pub mod marks;
mod menu;
mod network;
mod order;
mod reach;
mod wording;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Weak};

use chrono::{DateTime, Utc};
use egui::{Color32, Mesh, Painter, Pos2, Rect, Sense, Shape, Ui};

pub use camera::Camera;
pub use network::Network;

use threados_core::id::NodeId;

use crate::plan::Plan;
use crate::scene::{Scene, Tone};
use crate::state::State;
use crate::theme::Theme;
use crate::window::Do;
use gesture::{Came, Gesture};
use glide::Glide;
use kept::Keeps;
use lit::{Lit, lit_by};
use wording::Wording;

/// From here on cards are shown in full.
const FULL: f32 = 0.45;

/// From here on they are boxes with a name; below, coloured rectangles.
const BOXES: f32 = 0.22;

/// How strong what does not belong to the selection stays.
const FADED: f32 = 0.35;

/// How often what lives is drawn anew, in seconds.
const BEAT: f32 = 0.05;

/// Of so many boxes those that run still move.
const LIVELY: usize = 150;

/// What the canvas is to show.
pub struct View<'a> {
    /// The project.
    pub scene: &'a Arc<Scene>,
    /// The node that is selected.
    pub selected: Option<usize>,
    /// What a search found; `None` while nothing is searched.
    pub found: Option<&'a HashSet<usize>>,
    /// The present.
    pub now: DateTime<Utc>,
    /// Whether what lives may move.
    pub animate: bool,
    /// What the window knows.
    pub state: &'a State,
}

/// What a person did on the canvas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Did {
    /// Selected a node, or nothing.
    Select(Option<usize>),
    /// Asked to see all of a node.
    Open(usize),
    /// Marked these, or took them out of what was marked.
    Mark(Vec<usize>),
}

/// The canvas and where it looks.
#[derive(Debug, Default)]
pub struct Canvas {
    /// Where it looks.
    pub camera: Camera,
    view: Option<Rect>,
    /// Where it looks when nobody has moved it since all was shown.
    fitted: Option<(Pos2, f32)>,
    glide: Glide,
    kin: Option<(Arc<Plan>, usize, HashSet<usize>)>,
    critical: Option<(Weak<Scene>, HashSet<usize>)>,
    gesture: Option<Gesture>,
    kept: Keeps,
    /// What cards say, found at this zoom.
    wording: RefCell<Wording>,
    opens_menu: bool,
    /// Where a menu opened that no right click asked for.
    menu_at: Option<Pos2>,
    /// Whether it is the menu of what can be made.
    makes: bool,
    /// The edge whose menu it is.
    cut: Option<(NodeId, NodeId)>,
}

impl Canvas {
    /// Shows all of the drawing.
    pub fn fit(&mut self, scene: &Scene, ease: bool) {
        if let Some(view) = self.view {
            self.camera.fit(view, scene.plan.bounds(), ease);
            self.fitted = Some(self.camera.target());
        }
    }

    /// Brings a node into view.
    pub fn reveal(&mut self, scene: &Scene, node: usize, ease: bool) {
        if let Some(view) = self.view {
            self.camera.reveal(view, scene.plan.rect(node), ease);
        }
    }

    /// Opens the menu of the selection with the next frame.
    pub fn open_menu(&mut self) {
        (self.opens_menu, self.makes) = (true, false);
    }

    /// Shows the canvas in all the room there is; what the person did there.
    pub fn show(&mut self, ui: &mut Ui, view: &View, wanted: &mut Vec<Do>) -> Option<Did> {
        let rect = ui.available_rect_before_wrap();
        let response = ui.allocate_rect(rect, Sense::click_and_drag());
        let resized = self.view.replace(rect).is_some_and(|before| before.size() != rect.size());
        // What is seen as a whole stays so, whatever room the panels leave.
        if resized && self.fitted == Some(self.camera.target()) {
            self.fit(view.scene, false);
        }
        if self.fitted.is_none() && view.scene.counts.steps > 0 {
            self.fit(view.scene, false);
        }
        self.go_over(ui, rect, view);
        let came = self.hand(ui, rect, &response, view);
        self.navigate(ui, rect, &response);
        let hovered =
            response.hover_pos().and_then(|at| view.scene.plan.node_at(self.camera.to_drawing(rect, at)));
        let camera = self.camera;
        let gesture = self.gesture;
        let (glide, mut kept) = (std::mem::take(&mut self.glide), std::mem::take(&mut self.kept));
        let wording = std::mem::take(&mut self.wording);
        self.light(view);
        let (lit_by, kin) = (lit_by(view), self.lit(view));
        let painter = ui.painter_at(rect);
        let paint = Paint {
            scene: view.scene,
            theme: Theme::of(ui.ctx()),
            camera,
            view: rect,
            selected: view.selected,
            marked: &view.state.marked,
            hovered,
            lit: view.found.or(kin),
            lit_by,
            now: view.now,
            seconds: (ui.input(|i| i.time) % 3600.0) as f32,
            animate: view.animate,
            painter: &painter,
            glide: &glide,
            wording: &wording,
        };
        wording.borrow_mut().prepare(&paint);
        let seen = paint.all(&mut kept);
        if view.state.played.is_none() {
            paint.keep_alive(ui, &seen);
        }
        let mut did = paint.reachable(ui, &seen);
        if let (Some(gesture), Some(at)) = (gesture, response.interact_pointer_pos()) {
            paint.gesture(gesture, at);
        }
        paint.decide(ui, view.state, wanted);
        paint.caption(ui, view.state);
        let jump = if view.state.map { paint.map(ui, &mut kept.map) } else { None };
        (self.glide, self.kept, self.wording) = (glide, kept, wording);
        if let Some(center) = jump {
            self.camera.look_at(center);
        } else if response.clicked() || response.double_clicked() {
            let at = response.interact_pointer_pos().map(|p| self.camera.to_drawing(rect, p));
            let hit = at.and_then(|at| view.scene.plan.node_at(at));
            let adds = ui.input(|i| i.modifiers.command || i.modifiers.shift);
            if response.double_clicked() && hit.is_none() {
                wanted.extend(at.and_then(|at| folded::frame_at(view.scene, at)).map(Do::Fold));
            }
            did = Some(match hit {
                Some(n) if adds => Did::Mark(vec![n]),
                Some(n) if response.double_clicked() => Did::Open(n),
                hit => Did::Select(hit),
            });
        }
        match came {
            Came::Nothing => {}
            Came::Wish(wish) => wanted.push(Do::Wish(wish)),
            Came::Marked(nodes) => did = Some(Did::Mark(nodes)),
            Came::New(from) => {
                did = Some(Did::Select(Some(from)));
                (self.opens_menu, self.makes) = (true, true);
            }
        }
        did = self.menu(rect, &response, view, wanted).or(did);
        let pointed = response.hover_pos().filter(|_| hovered.is_none() && self.gesture.is_none());
        let pointed = pointed.and_then(|at| self.edge_at(view.scene, self.camera.to_drawing(rect, at)));
        if let Some((before, after)) = pointed {
            let name = |n: usize| &view.scene.nodes[n].name;
            response.on_hover_text_at_pointer(format!("{} waits for {}", name(after), name(before)));
        } else if let Some(n) = hovered {
            ui.set_cursor_icon(egui::CursorIcon::PointingHand);
            let node = &view.scene.nodes[n];
            response.on_hover_ui_at_pointer(|ui| {
                ui.set_max_width(ui.spacing().tooltip_width);
                ui.label(format!("{}\n{}", node.name, node.line(view.now)));
            });
        }
        did
    }

    /// Follows the drawing to where things are now. One that was seen as a whole and is only drawn anew stays so.
    fn go_over(&mut self, ui: &Ui, rect: Rect, view: &View) {
        let whole = self.fitted == Some(self.camera.target());
        let came = self.glide.take(view.scene, &mut self.camera, rect, view.selected);
        if came == glide::Came::Redrawn && whole {
            self.fit(view.scene, view.animate);
        }
        if !view.animate {
            self.glide.end();
        } else if self.glide.advance(ui.input(|i| i.stable_dt)) {
            ui.ctx().request_repaint();
        }
    }

    fn navigate(&mut self, ui: &Ui, rect: Rect, response: &egui::Response) {
        if let Some(at) = response.hover_pos() {
            let (scroll, pinch, aside) =
                ui.input(|i| (i.smooth_scroll_delta(), i.zoom_delta(), i.modifiers.shift));
            if (pinch - 1.0).abs() > f32::EPSILON {
                self.camera.zoom_at(rect, at, pinch);
            } else if aside || scroll.x != 0.0 {
                self.camera.pan(scroll);
            } else if scroll.y != 0.0 {
                self.camera.zoom_at(rect, at, (scroll.y / 240.0).exp2());
            }
        }
        if self.camera.advance(ui.input(|i| i.stable_dt)) {
            ui.ctx().request_repaint();
        }
    }

    /// The menu of what was clicked, or of the selection.
    fn menu(
        &mut self,
        rect: Rect,
        response: &egui::Response,
        view: &View,
        wanted: &mut Vec<Do>,
    ) -> Option<Did> {
        let mut did = None;
        if response.secondary_clicked() {
            let at = response.interact_pointer_pos().map(|p| self.camera.to_drawing(rect, p));
            let hit = at.and_then(|at| view.scene.plan.node_at(at));
            let is_marked = hit.is_some_and(|n| view.state.marked.contains(&view.scene.nodes[n].id));
            // Of several that are marked the menu is that of all.
            did = (!is_marked).then_some(Did::Select(hit));
            let id = |n: usize| view.scene.nodes[n].id.clone();
            let edge = at.filter(|_| hit.is_none()).and_then(|at| self.edge_at(view.scene, at));
            self.cut = edge.map(|(before, after)| (id(before), id(after)));
        }
        let mut popup = egui::Popup::context_menu(response);
        if response.secondary_clicked() {
            (self.menu_at, self.makes) = (None, false);
        }
        if std::mem::take(&mut self.opens_menu) {
            let hand = response.interact_pointer_pos().filter(|_| self.makes);
            let node = view.selected.map(|n| self.camera.rect_to_screen(rect, view.scene.plan.rect(n)));
            let below = || node.map_or(rect.center(), |r| rect.clamp(r.center_bottom()));
            (self.menu_at, self.cut) = (Some(hand.unwrap_or_else(below)), None);
            popup = popup.open_memory(egui::SetOpenCommand::Bool(true));
        }
        if let Some(at) = self.menu_at {
            popup = popup.at_position(at);
        }
        popup.show(|ui| match &did {
            // What was clicked is selected from the next frame on.
            Some(_) => ui.ctx().request_repaint(),
            None if self.makes => crate::panel::new_menu(ui, view.state, wanted),
            None => menu::show(ui, view.state, self.cut.as_ref(), wanted),
        });
        did
    }
}

/// Everything that painting one frame needs.
struct Paint<'a> {
    scene: &'a Arc<Scene>,
    theme: &'static Theme,
    camera: Camera,
    view: Rect,
    selected: Option<usize>,
    marked: &'a BTreeSet<NodeId>,
    hovered: Option<usize>,
    lit: Option<&'a HashSet<usize>>,
    lit_by: Lit,
    now: DateTime<Utc>,
    seconds: f32,
    animate: bool,
    painter: &'a Painter,
    glide: &'a Glide,
    wording: &'a RefCell<Wording>,
}

impl Paint<'_> {
    /// Paints all that is seen; the nodes that are, where they can be told apart.
    fn all(&self, kept: &mut Keeps) -> Vec<usize> {
        self.painter.rect_filled(self.view, 0.0, self.theme.canvas);
        let z = self.camera.zoom;
        if z < BOXES {
            self.lanes();
            self.frames(false);
            let far = kept.far.mesh(self, self.view, Some((self.camera.center, z)), || self.far());
            self.painter.add(Shape::mesh(far));
            return Vec::new();
        }
        let (nodes, edges) = self.seen();
        if z >= FULL {
            self.painter.add(Shape::mesh(kept.grid.mesh(self)));
        }
        self.lanes();
        self.frames(z >= FULL);
        if z >= FULL {
            self.painter.add(Shape::mesh(kept.edges.mesh(self, |part| self.line_mesh(part))));
            self.flow(&edges);
            self.leashes(&nodes);
            self.folded();
            self.cards(&nodes);
            return nodes;
        }
        let mut mesh = Mesh::default();
        self.edge_mesh(&edges, &mut mesh);
        self.painter.add(Shape::mesh(mesh));
        self.folded();
        self.boxes(&nodes);
        nodes
    }

    /// Draws again soon where something that is seen lives; not at all where nothing does.
    fn keep_alive(&self, ui: &Ui, seen: &[usize]) {
        if self.camera.zoom < BOXES || !seen.iter().any(|n| self.scene.nodes[*n].tone == Tone::Running) {
            return;
        }
        // Without movement only the seconds go on.
        let soon = if self.is_lively(seen) { BEAT } else { 1.0 };
        ui.ctx().request_repaint_after(std::time::Duration::from_secs_f32(soon));
    }

    /// Whether what runs moves: where many boxes are seen they would cost more than they tell.
    fn is_lively(&self, seen: &[usize]) -> bool {
        self.animate && (self.camera.zoom >= FULL || seen.len() <= LIVELY)
    }

    /// Whether a node is selected, or marked with others.
    fn is_chosen(&self, n: usize) -> bool {
        self.selected == Some(n) || self.marked.contains(&self.scene.nodes[n].id)
    }

    fn at(&self, place: Pos2) -> Pos2 {
        self.camera.to_screen(self.view, place)
    }

    fn node_rect(&self, n: usize) -> Rect {
        self.camera.rect_to_screen(self.view, self.scene.plan.rect(n).translate(self.glide.off(n)))
    }

    fn is_faded(&self, n: usize) -> bool {
        self.lit.is_some_and(|lit| !lit.contains(&n))
    }

    fn fade(&self, color: Color32, faded: bool) -> Color32 {
        // Towards the canvas, not towards nothing: edges must not show through cards.
        if faded { self.theme.canvas.lerp_to_gamma(color, FADED) } else { color }
    }
}
