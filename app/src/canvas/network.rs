//! The second view: the same sequence as a free network, to find clusters and hubs. It moves while it is open, so it
//! is drawn only then. A library finds the places; what is seen there looks as on the canvas.

use std::sync::Arc;

use egui::text::{LayoutJob, TextWrapping};
use egui::{Align2, Color32, FontId, Painter, Pos2, RichText, Shape, Stroke, Ui, vec2};
use egui_graphs::{
    FruchtermanReingoldWithCenterGravity, FruchtermanReingoldWithCenterGravityState, Graph, GraphChange,
    GraphView, GraphViewResponse, LayoutForceDirected, LayoutHierarchical, LayoutStateHierarchical,
    MetadataFrame, SettingsInteraction, SettingsNavigation, reset,
};

use super::Did;
use super::marks::mark;
use crate::scene::{Scene, Tone};
use crate::theme::{Theme, family_strong};

/// More than this and forces take longer than a frame.
const MOST: usize = 3000;

/// Up to this many nodes all names are shown; of more, that of the one that is pointed at.
const NAMED: usize = 120;

/// Radius of a node in points of the network, and the most of it on the screen; the least where all are named, and
/// where there are too many for that.
const RADIUS: f32 = 8.0;
const MOST_SEEN: f32 = 13.0;
const LEAST_SEEN: (f32, f32) = (7.0, 3.0);

/// The most that a name takes, in points of the screen.
const NAME: f32 = 150.0;

type Forces = FruchtermanReingoldWithCenterGravityState;

/// The free network.
#[derive(Default)]
pub struct Network {
    made_of: Option<Arc<Scene>>,
    graph: Graph<usize>,
    layers: bool,
}

impl Network {
    /// Shows it; what the person did there.
    pub fn show(&mut self, ui: &mut Ui, scene: &Arc<Scene>, selected: Option<usize>) -> Option<Did> {
        let theme = Theme::of(ui.ctx());
        ui.painter().rect_filled(ui.available_rect_before_wrap(), 0.0, theme.canvas);
        if scene.nodes.len() > MOST {
            let says = format!("  More than {MOST} steps are too many for a free network. W goes back.");
            ui.label(RichText::new(says).color(theme.dim));
            return None;
        }
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            ui.add_space(12.0);
            let before = self.layers;
            ui.selectable_value(&mut self.layers, false, "Forces");
            ui.selectable_value(&mut self.layers, true, "Layers");
            ui.label(
                RichText::new("the same sequence as a free network; W goes back")
                    .color(theme.faint)
                    .size(12.0),
            );
            if self.layers != before {
                reset::<Forces>(ui, None);
                reset::<LayoutStateHierarchical>(ui, None);
            }
        });
        self.take(scene);
        let hands = SettingsInteraction::default()
            .with_dragging_enabled(true)
            .with_hover_enabled(true)
            .with_node_clicking_enabled(true);
        let view = SettingsNavigation::default();
        let GraphViewResponse { changes, response } = if self.layers {
            GraphView::<LayoutStateHierarchical, LayoutHierarchical>::new()
                .with_interactions(&hands)
                .with_navigations(&view)
                .show(ui, &mut self.graph)
        } else {
            GraphView::<Forces, LayoutForceDirected<FruchtermanReingoldWithCenterGravity>>::new()
                .with_interactions(&hands)
                .with_navigations(&view)
                .show(ui, &mut self.graph)
        };
        let mut frame = MetadataFrame::default().load(ui);
        frame.pan += response.rect.min.to_vec2();
        let least = if scene.nodes.len() <= NAMED { LEAST_SEEN.0 } else { LEAST_SEEN.1 };
        let looks = Looks {
            scene,
            theme,
            painter: &ui.painter_at(response.rect),
            places: self.graph.nodes_iter().map(|(_, n)| frame.canvas_to_screen_pos(n.location())).collect(),
            radius: frame.canvas_to_screen_size(RADIUS).clamp(least, MOST_SEEN),
        };
        looks.paint(selected, response.hover_pos());
        changes.into_iter().rev().find_map(|change| match change {
            GraphChange::NodeClicked { node } => Some(Did::Select(Some(node.index()))),
            GraphChange::NodeDoubleClicked { node } => Some(Did::Open(node.index())),
            _ => None,
        })
    }

    /// Builds the graph anew where it has changed.
    fn take(&mut self, scene: &Arc<Scene>) {
        let known = self.made_of.replace(Arc::clone(scene));
        if known.is_some_and(|of| Arc::ptr_eq(&of.plan, &scene.plan)) {
            return;
        }
        self.graph = Graph::new();
        let node = |n| {
            // It begins as it lies on the canvas.
            let at = scene.plan.rect(n).center() * 0.5;
            let index = self.graph.add_node_with_label_and_location(n, String::new(), at);
            self.graph.node_mut(index).into_iter().for_each(|node| node.set_color(Color32::TRANSPARENT));
            index
        };
        let nodes: Vec<_> = (0..scene.nodes.len()).map(node).collect();
        for (from, to) in &scene.plan.request().edges {
            let edge = self.graph.add_edge_with_label(nodes[*from], nodes[*to], (), String::new());
            if let Some(edge) = self.graph.edge_mut(edge) {
                let shape = edge.display_mut();
                (shape.width, shape.tip_size) = (0.0, 0.0);
            }
        }
    }
}

/// What is painted where the library has put it.
struct Looks<'a> {
    scene: &'a Scene,
    theme: &'static Theme,
    painter: &'a Painter,
    /// Of each node, on the screen.
    places: Vec<Pos2>,
    radius: f32,
}

impl Looks<'_> {
    fn paint(&self, selected: Option<usize>, pointer: Option<Pos2>) {
        self.edges();
        let pointed = pointer.and_then(|at| {
            self.places.iter().position(|place| place.distance(at) <= self.radius.max(LEAST_SEEN.0))
        });
        for (n, node) in self.scene.nodes.iter().enumerate() {
            let (at, tint) = (self.places[n], self.theme.tint(node.tone));
            let line = if selected == Some(n) { (2.0, self.theme.ink) } else { (1.2, tint.mark) };
            self.painter.circle(at, self.radius, self.theme.raised, line);
            mark(self.painter, at, self.radius * 0.6, node.tone, tint.mark, self.theme.raised);
        }
        let all = self.places.len() <= NAMED;
        let named = |n: &usize| all || pointed == Some(*n) || selected == Some(*n);
        (0..self.places.len()).filter(named).for_each(|n| self.name(n));
    }

    /// Straight, in the colour of where they come from, faint while that waits.
    fn edges(&self) {
        for (from, to) in &self.scene.plan.request().edges {
            let color = match self.scene.nodes[*from].tone {
                Tone::Ready | Tone::Waiting => self.theme.strong,
                tone => self.theme.tint(tone).mark,
            };
            let (a, b) = (self.places[*from], self.places[*to]);
            let way = (b - a).normalized();
            let (a, b) = (a + way * self.radius, b - way * self.radius);
            self.painter.line_segment([a, b], Stroke::new(1.2, color));
            let (back, aside) = (b - way * self.radius * 0.8, way.rot90() * self.radius * 0.4);
            self.painter.add(Shape::convex_polygon(vec![b, back + aside, back - aside], color, Stroke::NONE));
        }
    }

    fn name(&self, n: usize) {
        let font = FontId::new((self.radius * 1.1).clamp(9.0, 12.0), family_strong());
        let mut job = LayoutJob::simple_singleline(self.scene.nodes[n].name.clone(), font, self.theme.text);
        job.wrap = TextWrapping::truncate_at_width(NAME);
        let galley = self.painter.layout_job(job);
        let at = self.places[n] + vec2(0.0, self.radius + 2.0);
        let rect = Align2::CENTER_TOP.anchor_size(at, galley.size());
        // Edges run below names, not through them.
        self.painter.rect_filled(rect.expand2(vec2(2.0, 0.0)), 2.0, self.theme.canvas.gamma_multiply(0.8));
        self.painter.galley(rect.min, galley, self.theme.text);
    }
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Network").field("layers", &self.layers).finish_non_exhaustive()
    }
}
