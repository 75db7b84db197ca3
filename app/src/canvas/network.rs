//! The second view: the same sequence as a free network, to find clusters and hubs. It moves while it is open, so it
//! is drawn only then.

use std::sync::Arc;

use egui::{RichText, Ui};
use egui_graphs::{
    FruchtermanReingoldWithCenterGravity, FruchtermanReingoldWithCenterGravityState, Graph, GraphChange,
    GraphView, GraphViewResponse, LayoutForceDirected, LayoutHierarchical, LayoutStateHierarchical,
    SettingsInteraction, SettingsNavigation, SettingsStyle, reset,
};

use super::Did;
use crate::scene::Scene;
use crate::theme::Theme;

/// More than this and forces take longer than a frame.
const MOST: usize = 3000;

/// Up to this many nodes all names are shown.
const NAMED: usize = 120;

type Forces = FruchtermanReingoldWithCenterGravityState;

/// The free network.
#[derive(Default)]
pub struct Network {
    made_of: Option<(Arc<Scene>, &'static Theme)>,
    graph: Graph<usize>,
    layers: bool,
}

impl Network {
    /// Shows it; what the person did there.
    pub fn show(&mut self, ui: &mut Ui, scene: &Arc<Scene>) -> Option<Did> {
        let theme = Theme::of(ui.ctx());
        ui.painter().rect_filled(ui.available_rect_before_wrap(), 0.0, theme.canvas);
        if scene.nodes.len() > MOST {
            let says = format!("  More than {MOST} steps are too many for a free network. W goes back.");
            ui.label(RichText::new(says).color(theme.dim));
            return None;
        }
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
        self.take(scene, theme);
        let style = SettingsStyle::default().with_labels_always(scene.nodes.len() <= NAMED);
        let hands = SettingsInteraction::default()
            .with_dragging_enabled(true)
            .with_hover_enabled(true)
            .with_node_clicking_enabled(true);
        let view = SettingsNavigation::default();
        let GraphViewResponse { changes, .. } = if self.layers {
            GraphView::<LayoutStateHierarchical, LayoutHierarchical>::new()
                .with_styles(&style)
                .with_interactions(&hands)
                .with_navigations(&view)
                .show(ui, &mut self.graph)
        } else {
            GraphView::<Forces, LayoutForceDirected<FruchtermanReingoldWithCenterGravity>>::new()
                .with_styles(&style)
                .with_interactions(&hands)
                .with_navigations(&view)
                .show(ui, &mut self.graph)
        };
        changes.into_iter().rev().find_map(|change| match change {
            GraphChange::NodeClicked { node } => Some(Did::Select(Some(node.index()))),
            GraphChange::NodeDoubleClicked { node } => Some(Did::Open(node.index())),
            _ => None,
        })
    }

    /// Builds the graph anew where it has changed, and the colours where a status has.
    fn take(&mut self, scene: &Arc<Scene>, theme: &'static Theme) {
        let known = self.made_of.as_ref();
        if known.is_some_and(|(of, look)| Arc::ptr_eq(of, scene) && std::ptr::eq(*look, theme)) {
            return;
        }
        if !known.is_some_and(|(of, _)| Arc::ptr_eq(&of.plan, &scene.plan)) {
            self.graph = Graph::new();
            let nodes: Vec<_> = scene
                .nodes
                .iter()
                .enumerate()
                .map(|(n, node)| {
                    // It begins as it lies on the canvas.
                    let at = scene.plan.rect(n).center() * 0.5;
                    self.graph.add_node_with_label_and_location(n, node.name.clone(), at)
                })
                .collect();
            for (from, to) in &scene.plan.request().edges {
                self.graph.add_edge(nodes[*from], nodes[*to], ());
            }
        }
        let indices: Vec<_> = self.graph.nodes_iter().map(|(i, node)| (i, *node.payload())).collect();
        for (index, n) in indices {
            if let Some(node) = self.graph.node_mut(index) {
                node.set_color(theme.tint(scene.nodes[n].tone).mark);
            }
        }
        self.made_of = Some((Arc::clone(scene), theme));
    }
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Network").field("layers", &self.layers).finish_non_exhaustive()
    }
}
