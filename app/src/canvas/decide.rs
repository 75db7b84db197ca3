//! What a person decides where it stands.

use egui::{Button, Rect, RichText, TextWrapMode, Ui, WidgetInfo, WidgetType, vec2};

use super::{FULL, Paint};
use crate::command::Cmd;
use crate::scene::{Form, Tone};
use crate::window::Do;

impl Paint<'_> {
    /// At a gate that is selected and due: both answers.
    pub(super) fn decide(&self, ui: &mut Ui, wanted: &mut Vec<Do>) {
        let due =
            |n: &usize| self.scene.nodes[*n].form == Form::Gate && self.scene.nodes[*n].tone == Tone::Review;
        let Some(n) = self.selected.filter(due).filter(|_| self.camera.zoom >= FULL) else { return };
        let button = |label| Button::new(RichText::new(label).size(12.0)).wrap_mode(TextWrapMode::Extend);
        let below = self.node_rect(n).center_bottom() + vec2(0.0, 38.0 * self.camera.zoom);
        for (side, label, cmd) in [(-1.0, "Approve", Cmd::Approve), (1.0, "Block", Cmd::Block)] {
            let place = Rect::from_center_size(below + vec2(49.0 * side, 16.0), vec2(92.0, 24.0));
            if !self.view.contains_rect(place) {
                continue;
            }
            let response = ui.put(place, button(label));
            // The inspector has the same two: to those who hear them each says where it is.
            let name = format!("{label} {}", self.scene.nodes[n].name);
            response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, name.as_str()));
            if response.clicked() {
                wanted.push(Do::Cmd(cmd));
            }
        }
    }
}
