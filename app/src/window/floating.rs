//! The panels that float, in windows of their own over the others.

use egui::{AreaState, Frame, Id, Margin, Rect, Ui, UiBuilder, pos2, vec2};

use super::{Do, Window};
use crate::dock::{Change, Float, Pane};

/// As small as one can be made.
const LEAST: [f32; 2] = [220.0, 120.0];

impl Window {
    /// Shows them.
    pub(super) fn floating(&mut self, ui: &Ui, room: Rect, wanted: &mut Vec<Do>) {
        for float in self.settings.dock.floating().to_vec() {
            self.float(ui, float, room, wanted);
        }
    }

    fn float(&mut self, ui: &Ui, float: Float, room: Rect, wanted: &mut Vec<Do>) {
        let Float { pane, at: [x, y, w, h], .. } = float;
        let id = Id::new(("floating", pane.name()));
        let mut window = egui::Window::new(pane.name())
            .id(id)
            .title_bar(false)
            .default_rect(Rect::from_min_size(pos2(x, y), vec2(w, h)))
            .min_size(LEAST)
            .constrain_to(room)
            .frame(Frame::window(ui.style()).inner_margin(Margin::ZERO));
        // A hand that carried it by its tab has put it elsewhere.
        let was = AreaState::load(ui.ctx(), id).map(|area| area.left_top_pos());
        if was.is_some_and(|was| (was - pos2(x, y)).abs().max_elem() > 1.0) {
            window = window.current_pos(pos2(x, y));
        }
        let shown = window.show(ui.ctx(), |ui| {
            let size = ui.available_size();
            let chat = &mut self.panes.chat;
            self.docker.head(ui, &self.settings.dock, pane, &self.state, wanted, |ui| {
                if pane == Pane::Chat {
                    chat.providers(ui);
                }
            });
            // By the name of what it shows, as where it is docked.
            let part = UiBuilder::new().id(Id::new(("panel", pane.name())));
            ui.scope_builder(part, |ui| self.panes.show(pane, ui, &self.state, wanted));
            ui.take_available_space();
            size
        });
        if let Some((Some(size), rect)) = shown.map(|s| (s.inner, s.response.rect)) {
            let now = [rect.left(), rect.top(), size.x, size.y].map(f32::round);
            if now != float.at {
                wanted.push(Do::Dock(Change::Drift(pane, now)));
            }
        }
    }
}
