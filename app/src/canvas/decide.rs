//! What a person decides where it stands.

use egui::{Button, Rect, RichText, Stroke, TextWrapMode, Ui, WidgetInfo, WidgetType, vec2};

use super::cards::below_gate;
use super::{FULL, Paint};
use crate::command::Cmd;
use crate::panel::widget::{hint, tooltip};
use crate::scene::{Form, Tone};
use crate::state::State;
use crate::theme::family_strong;
use crate::window::Do;

/// The answers at a gate, how wide each is, and what it does.
const ANSWERS: [(&str, f32, Cmd); 3] = [
    ("Approve", 78.0, Cmd::Approve),
    ("Block", 62.0, Cmd::Block),
    ("Send back\u{2026}", 92.0, Cmd::SendBack),
];

/// Between two of them, and how high they are.
const GAP: f32 = 6.0;
const HIGH: f32 = 24.0;

impl Paint<'_> {
    /// At a gate that is selected and due: each answer.
    pub(super) fn decide(&self, ui: &mut Ui, state: &State, wanted: &mut Vec<Do>) {
        let due =
            |n: &usize| self.scene.nodes[*n].form == Form::Gate && self.scene.nodes[*n].tone == Tone::Review;
        let Some(n) = self.selected.filter(due).filter(|_| self.camera.zoom >= FULL) else { return };
        let wide = ANSWERS.iter().map(|(_, wide, _)| wide + GAP).sum::<f32>() - GAP;
        let below = self.node_rect(n).center_bottom() + vec2(0.0, below_gate(self.camera.zoom).1 + 9.0);
        // As near to the gate as the view has room for all of them.
        let all = Rect::from_min_size(below - vec2(wide / 2.0, 0.0), vec2(wide, HIGH));
        let room = self.view.shrink(4.0);
        if room.width() < wide || !room.intersects(all) {
            return;
        }
        let aside = (room.left() - all.left()).max(0.0) - (all.right() - room.right()).max(0.0);
        let mut left = all.left() + aside;
        let top = all.top().min(room.bottom() - HIGH);
        for (label, wide, cmd) in ANSWERS {
            let place = Rect::from_min_size(egui::pos2(left, top), vec2(wide, HIGH));
            left += wide + GAP;
            let text = RichText::new(label).size(12.0);
            let button = match cmd {
                Cmd::Approve => Button::new(text.color(self.theme.on_ink).family(family_strong()))
                    .fill(self.theme.ink)
                    .stroke(Stroke::NONE),
                _ => Button::new(text),
            };
            let response = ui.put(place, button.wrap_mode(TextWrapMode::Extend));
            // The inspector has the same: to those who hear them each says where it is.
            let name = format!("{label} {}", self.scene.nodes[n].name);
            response.widget_info(|| WidgetInfo::labeled(WidgetType::Button, true, name.as_str()));
            if hint(response, |ui| tooltip(ui, cmd, state)).clicked() {
                wanted.push(Do::Cmd(cmd));
            }
        }
    }
}
