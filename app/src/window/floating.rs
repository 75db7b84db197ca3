//! The panels that float, in windows of their own over the others.

use egui::{Frame, Id, Margin, Rect, RichText, Ui, UiBuilder, pos2, vec2};

use super::{Do, Window};
use crate::dock::{Change, Float, Pane};
use crate::panel::label;
use crate::theme::family_strong;

/// As small as one can be made.
const LEAST: [f32; 2] = [220.0, 120.0];

impl Window {
    /// Shows them. One that is closed goes back to where it was.
    pub(super) fn floating(&mut self, ui: &Ui, room: Rect, wanted: &mut Vec<Do>) {
        for float in self.settings.dock.floating().to_vec() {
            self.float(ui, float, room, wanted);
        }
    }

    fn float(&mut self, ui: &Ui, float: Float, room: Rect, wanted: &mut Vec<Do>) {
        let Float { pane, at: [x, y, w, h], .. } = float;
        let mut open = true;
        let title = RichText::new(label(pane, &self.state)).size(13.0).family(family_strong());
        let window = egui::Window::new(title)
            .id(Id::new(("floating", pane.name())))
            .open(&mut open)
            .collapsible(false)
            .default_rect(Rect::from_min_size(pos2(x, y), vec2(w, h)))
            .min_size(LEAST)
            .constrain_to(room)
            .frame(Frame::window(ui.style()).inner_margin(Margin::symmetric(6, 6)));
        let shown = window.show(ui.ctx(), |ui| {
            let size = ui.available_size();
            if pane == Pane::Chat {
                ui.horizontal(|ui| self.panes.chat.providers(ui));
            }
            // By the name of what it shows, as where it is docked.
            let part = UiBuilder::new().id(Id::new(("panel", pane.name())));
            ui.scope_builder(part, |ui| self.panes.show(pane, ui, &self.state, wanted));
            ui.take_available_space();
            size
        });
        if !open {
            wanted.push(Do::Dock(Change::Back(pane)));
        } else if let Some((Some(size), rect)) = shown.map(|s| (s.inner, s.response.rect)) {
            let now = [rect.left(), rect.top(), size.x, size.y].map(f32::round);
            if now != float.at {
                wanted.push(Do::Dock(Change::Drift(pane, now)));
            }
        }
    }
}
