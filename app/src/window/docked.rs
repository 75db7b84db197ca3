//! The panels where a person put them, and the canvas in what they leave.

use egui::{Rect, Ui, UiBuilder};

use super::{Do, Window};
use crate::dock::{self, Change, Pane};
use crate::panel::{Spot, fixed};
use crate::scene::Tone;
use crate::state::State;
use crate::theme::Theme;

/// How high the panels below are at most while there are no steps.
const LOW: f32 = 132.0;

impl Window {
    /// Where the panels stand.
    pub fn docked_at(&self) -> &dock::Dock {
        &self.settings.dock
    }

    pub(super) fn dock(&mut self, change: Change) {
        self.settings.dock.take(change);
    }

    pub(super) fn edit(&mut self) {
        self.dock(Change::Show(Pane::Inspector));
        self.panes.inspector.edit();
    }

    /// Shows the panels and the canvas.
    pub(super) fn docked(&mut self, ui: &mut Ui, wanted: &mut Vec<Do>) {
        self.open_for_proposals();
        let theme = Theme::of(ui.ctx());
        let room = ui.available_rect_before_wrap();
        let laid = dock::lay(&self.laid_out(), room, |stack| fixed(stack, &self.state));
        let part = |rect| UiBuilder::new().max_rect(rect);
        // By the name of what it shows: what stands in a panel stays the same to focus and scrolling wherever it goes.
        let named = |rect, pane: Pane| part(rect).id(egui::Id::new(("panel", pane.name())));
        self.docker.begin();
        let now = (self.state.now)();
        for (side, n, rect) in &laid.stacks {
            let Some(stack) = self.settings.dock.edge(*side).stacks.get(*n) else { continue };
            let front = stack.front();
            let mut add = |ui: &mut Ui| {
                ui.painter().rect_filled(*rect, 0.0, theme.panel);
                let tabs = part(*rect).id(egui::Id::new(("tabs", side.words(), n)));
                let inner = ui.scope_builder(tabs, |ui| {
                    ui.set_clip_rect(rect.intersect(ui.clip_rect()));
                    let chat = &mut self.panes.chat;
                    let place = (*side, *n, stack);
                    self.docker.tabs(ui, &self.settings.dock, place, &self.state, wanted, |ui| {
                        if front == Pane::Chat {
                            chat.providers(ui);
                        }
                    })
                });
                if let Some(body) = inner.inner {
                    ui.scope_builder(named(body, front), |ui| {
                        ui.set_clip_rect(body.intersect(ui.clip_rect()));
                        self.panes.show(front, ui, &self.state, wanted);
                    });
                }
            };
            match spot(front, *rect, &self.state) {
                Some(spot) => self.still.show(ui, front.name(), spot, now, add),
                None => add(ui),
            }
        }
        ui.painter().rect_filled(laid.middle, 0.0, theme.canvas);
        // By its name: how many panels were made before it counts for nothing.
        ui.scope_builder(part(laid.middle).id(egui::Id::new("middle")), |ui| {
            ui.set_clip_rect(laid.middle.intersect(ui.clip_rect()));
            self.middle(ui, wanted);
        });
        self.docker.bars(ui, &laid, wanted);
        self.floating(ui, room, wanted);
        self.docker.carry(ui, &self.settings.dock, &laid, |s| fixed(s, &self.state), wanted);
    }

    /// Where the panels stand now. What can be made has the room while there is nothing to run.
    fn laid_out(&self) -> dock::Dock {
        let mut dock = self.settings.dock.clone();
        if self.state.scene.as_ref().is_some_and(|s| s.nodes.is_empty()) {
            dock.lower(LOW);
        }
        dock
    }

    /// A proposal that comes opens a chat that was folded away; one that is a tab among others has a count there.
    fn open_for_proposals(&mut self) {
        let now = self.state.waiting().len();
        if now > self.waiting && self.settings.dock.stack(Pane::Chat).is_some_and(|s| s.folded) {
            self.dock(Change::Fold(Pane::Chat));
        }
        self.waiting = now;
    }
}

/// Where a panel is that may stand still.
fn spot(front: Pane, rect: Rect, state: &State) -> Option<Spot> {
    let scene = state.scene.as_ref();
    let runs = scene.is_some_and(|s| s.counts.of(Tone::Running) > 0);
    let place = Spot::at(rect);
    match front {
        // The keeper is told with each frame how large it is looked at.
        Pane::Terminal => None,
        // They go away when their time is over.
        Pane::Chat if !state.waiting().is_empty() => None,
        Pane::Timeline => {
            let wakes = state.played.is_none() && scene.is_some_and(|s| s.bars.live);
            Some(Spot { live: runs, wakes, ..place })
        }
        Pane::Inspector => Some(Spot { live: runs, ..place }),
        _ => Some(place),
    }
}
