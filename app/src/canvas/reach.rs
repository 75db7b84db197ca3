//! What is painted, for those who do not see it: a node of the accessibility tree for each that is seen.

use egui::accesskit::{Action, Rect, Role};
use egui::{Id, Ui};

use super::{BOXES, Did, Paint};
use crate::plan::from_layout;

/// More at once would help nobody.
const MOST: usize = 2000;

impl Paint<'_> {
    /// Makes what is seen reachable; what was done that way.
    pub(super) fn reachable(&self, ui: &Ui, seen: &[usize]) -> Option<Did> {
        if self.camera.zoom < BOXES {
            return None;
        }
        let mut did = self.reachable_groups(ui);
        for n in seen.iter().take(MOST) {
            let node = &self.scene.nodes[*n];
            let id = Id::new(("node", node.id.as_str()));
            let rect = self.node_rect(*n);
            let built = ui.ctx().accesskit_node_builder(id, |builder| {
                builder.set_role(Role::TreeItem);
                builder.set_label(node.name.as_str());
                builder.set_value(node.line(self.now).as_ref());
                builder.set_author_id(node.id.as_str());
                builder.set_bounds(bounds(rect));
                builder.set_selected(self.selected == Some(*n));
                builder.add_action(Action::Click);
            });
            built?;
            if ui.input(|i| i.has_accesskit_action_request(id, Action::Click)) {
                did = Some(Did::Select(Some(*n)));
            }
        }
        did
    }

    /// The cards of folded groups; a click selects the first member.
    fn reachable_groups(&self, ui: &Ui) -> Option<Did> {
        let mut did = None;
        for frame in self.scene.plan.layout.frames.iter().filter(|f| f.folded) {
            let rect = self.camera.rect_to_screen(self.view, from_layout(&frame.rect));
            let members = self.scene.plan.members(&frame.group);
            let Some(first) = members.first().filter(|_| rect.intersects(self.view)) else { continue };
            let id = Id::new(("group", frame.group.as_str(), *first));
            ui.ctx().accesskit_node_builder(id, |builder| {
                builder.set_role(Role::TreeItem);
                builder.set_label(format!("Group {}", frame.group));
                builder.set_value(self.about_group(members));
                builder.set_bounds(bounds(rect));
                builder.set_expanded(false);
                builder.add_action(Action::Click);
            })?;
            if ui.input(|i| i.has_accesskit_action_request(id, Action::Click)) {
                did = Some(Did::Select(Some(*first)));
            }
        }
        did
    }
}

fn bounds(rect: egui::Rect) -> Rect {
    Rect { x0: rect.left().into(), y0: rect.top().into(), x1: rect.right().into(), y1: rect.bottom().into() }
}
