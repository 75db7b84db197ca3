//! The mprocs session as the window uses it.

use super::Window;
use crate::dock::{Change, Pane};
use crate::link::{Ask, PaneAsk, Wish};
use crate::state::EXECUTORS;

impl Window {
    /// Has something done; what it runs is started as the person chose.
    pub(super) fn wish(&mut self, wish: Wish) {
        let executor = EXECUTORS.get(self.state.executor).and_then(|(name, ..)| *name);
        self.link.ask(Ask::Wish(wish.by(executor)));
    }

    /// Brings the pane of the selected step to the front, ready to be answered.
    pub(super) fn show_pane(&mut self) {
        if let Some(step) = self.state.selected_step() {
            self.link.ask(Ask::Panes(PaneAsk::Show(step.id.clone())));
            self.settings.dock.take(Change::Show(Pane::Terminal));
            self.panes.answer();
        }
    }

    /// Tells the backend whether the session is looked at, and with which size.
    pub(super) fn look_at_panes(&mut self) {
        let now = self.panes.shown();
        if self.screen != now {
            self.screen = now;
            self.link.ask(Ask::Panes(PaneAsk::Look(now)));
        }
    }
}
