//! What stands in each of the panels that can be put anywhere.

use egui::{Frame, Margin, Ui};
use threados_core::wrapper::TerminalSize;

use super::logs::Logs;
use super::terminal::Terminal;
use super::timeline::Timeline;
use super::{Chat, Inspector, audit, problems, runs};
use crate::dock::{Pane, Stack};
use crate::scene::Tone;
use crate::state::State;
use crate::window::Do;

/// The panels, each with what is its own.
#[derive(Debug, Default)]
pub struct Panes {
    /// All about the selection.
    pub inspector: Inspector,
    /// Say what is to be done.
    pub chat: Chat,
    logs: Logs,
    timeline: Timeline,
    terminal: Terminal,
}

impl Panes {
    /// Has what is typed go to the panes of mprocs.
    pub fn answer(&mut self) {
        self.terminal.take_keys();
    }

    /// The size in which mprocs was shown since the last call; `None` where it was not.
    pub fn shown(&mut self) -> Option<TerminalSize> {
        self.terminal.shown()
    }

    /// Shows one.
    pub fn show(&mut self, pane: Pane, ui: &mut Ui, state: &State, wanted: &mut Vec<Do>) {
        let margin = match pane {
            Pane::Inspector | Pane::Chat => Margin { left: 16, right: 16, top: 12, bottom: 14 },
            _ => Margin { left: 16, right: 16, top: 8, bottom: 0 },
        };
        Frame::new().inner_margin(margin).show(ui, |ui| match pane {
            Pane::Inspector => self.inspector.show(ui, state, wanted),
            Pane::Chat => self.chat.show(ui, state, wanted),
            Pane::Timeline => self.timeline.show(ui, state, wanted),
            Pane::Logs => self.logs.show(ui, state),
            Pane::Problems => problems::show(ui, state, wanted),
            Pane::Runs => runs::show(ui, state, wanted),
            Pane::Audit => audit::show(ui, state),
            Pane::Terminal => self.terminal.show(ui, state, wanted),
        });
    }
}

/// What the tab of a panel says: its name, and how much there needs a look.
pub fn label(pane: Pane, state: &State) -> String {
    let n = match pane {
        Pane::Problems => {
            state.problems.len() + state.scene.as_ref().map_or(0, |s| s.counts.of(Tone::Failed))
        }
        Pane::Chat => state.waiting().len(),
        _ => 0,
    };
    if n > 0 { format!("{} {n}", pane.name()) } else { pane.name().to_owned() }
}

/// How high a place is that needs no more: the chat before anything was said leaves its room to its neighbours.
pub fn fixed(stack: &Stack, state: &State) -> Option<f32> {
    let quiet = state.talk.turns.is_empty() && state.waiting().is_empty();
    (stack.panes == [Pane::Chat] && quiet).then_some(super::chat::QUIET)
}
