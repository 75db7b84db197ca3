//! Every command of the window, in one table: menus, palette, keys and help derive from it.

mod table;
mod wish;

use egui::KeyboardShortcut;
use threados_core::action::{Action, PolicyMode};
use threados_core::grammar::{Control, RunAll, RunOptions, RunRunnable, StepStop};
use threados_core::model::{Actor, Mode};
use threados_core::workspace::{Ask, Request};

use crate::dock::{Pane, Side};
use crate::link::Wish;
use crate::scene::Tone;
use crate::state::State;

pub use table::{COMMANDS, commands};

/// Something a person can have done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cmd {
    /// Runs what may start now.
    RunRunnable,
    /// Runs until nothing is left that can start.
    RunAll,
    /// Runs again what failed, and what follows.
    RunFailed,
    /// Ends what runs.
    StopAll,
    /// From SAFE to POWER, or back.
    Mode,
    /// Takes the latest change back.
    Undo,
    /// Makes it again.
    Redo,
    /// Runs the selected step.
    Run,
    /// Runs the selected step although it waits.
    RunAnyway,
    /// Resets the selected step and all that follows it, and runs them.
    RunFrom,
    /// Forgets what the selected step and all that follows it did.
    Reset,
    /// Makes something new.
    New(New),
    /// Copies the selected step.
    Clone,
    /// Removes the selected step or gate.
    Remove,
    /// The fields of the selected step.
    Edit,
    /// Ends the selected step.
    Stop,
    /// Runs the selected step again.
    Restart,
    /// Approves the selected gate.
    Approve,
    /// Accepts the work of the selected step.
    Accept,
    /// Blocks the selected gate.
    Block,
    /// To the reason with which the selected work is sent back.
    SendBack,
    /// To the step on the left.
    Left,
    /// To the step on the right.
    Right,
    /// To the step above.
    Up,
    /// To the step below.
    Down,
    /// Selects nothing and searches nothing.
    Clear,
    /// Marks every step and gate.
    MarkAll,
    /// Shows all of the sequence.
    Fit,
    /// Shows the selection.
    Reveal,
    /// The free network, or the canvas.
    Network,
    /// A past run, or the present.
    Playback,
    /// Folds the group of the selection, or unfolds it.
    Fold,
    /// The longest way to the end.
    Critical,
    /// The small map in the corner.
    Map,
    /// What the selection prints.
    Logs,
    /// The panes of mprocs.
    Terminal,
    /// The pane of the selection.
    Pane,
    /// The menu of the selection.
    Menu,
    /// Closer.
    ZoomIn,
    /// Farther.
    ZoomOut,
    /// To the search field.
    Search,
    /// To the next that was found.
    Next,
    /// To the next step or gate that needs a person.
    NextForMe,
    /// To the chat.
    Chat,
    /// All commands, by name.
    Palette,
    /// Dark or light.
    Theme,
    /// Whether what lives moves.
    Animation,
    /// What stands at an edge of the window, shown or not.
    Side(Side),
    /// A panel, to the front of where it is.
    Show(Pane),
    /// A panel, to an edge.
    Dock(Pane, Side),
    /// A panel, to a window of its own.
    Float(Pane),
    /// Every panel, to where it stands at first.
    ResetPanels,
    /// The HTTP API, for programs.
    Serve,
    /// How a person likes the window.
    Settings,
    /// The list of keys.
    Help,
}

/// Something new that can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum New {
    /// A step.
    Step,
    /// A gate between steps.
    Gate,
    /// A fusion of steps.
    Fusion,
    /// A parallel group of steps.
    Group,
    /// What a template makes that comes with the program; by its name.
    Thread(&'static str),
    /// Anything, by its line.
    Line,
}

/// One line of the table.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Which.
    pub cmd: Cmd,
    /// What it is called.
    pub label: &'static str,
    /// What it does, in a sentence.
    pub tooltip: &'static str,
    /// Its key.
    pub key: Option<KeyboardShortcut>,
}

impl Cmd {
    /// Its line of the table.
    pub fn entry(self) -> &'static Entry {
        // Every command stands in the table; a test holds it.
        commands().find(|e| e.cmd == self).unwrap_or(&COMMANDS[0])
    }

    /// Whether it can be done now.
    pub fn is_available(self, state: &State) -> bool {
        let Some(scene) = &state.scene else {
            return matches!(
                self,
                Self::Theme
                    | Self::Settings
                    | Self::Help
                    | Self::Palette
                    | Self::Side(_)
                    | Self::Show(_)
                    | Self::Dock(..)
                    | Self::Float(_)
                    | Self::ResetPanels
            );
        };
        let is = |tone| scene.counts.of(tone) > 0;
        match self {
            Self::RunRunnable => is(Tone::Ready),
            Self::RunAll => scene.counts.steps > 0,
            Self::RunFailed => is(Tone::Failed),
            Self::StopAll => is(Tone::Running),
            Self::NextForMe => is(Tone::Review) || !state.waiting().is_empty(),
            Self::Next => !state.search.hits.is_empty(),
            Self::Mode => scene.mode.is_some(),
            Self::Reveal => state.selected.is_some(),
            Self::SendBack => state.selected_index().is_some_and(|n| scene.nodes[n].tone == Tone::Review),
            Self::Logs => state.selected_step().is_some(),
            Self::Menu | Self::Remove => state.selected.is_some() || state.marked.len() > 1,
            Self::MarkAll => !scene.nodes.is_empty(),
            Self::Fold => state.selected_group().is_some(),
            Self::Pane => state.selected_step().is_some() && state.session.is_some(),
            Self::Edit | Self::Clone => state.selected_step().is_some(),
            Self::New(New::Gate | New::Fusion | New::Group) => scene.counts.steps > 0,
            Self::Run | Self::RunAnyway | Self::RunFrom | Self::Reset => self.wish(state).is_some(),
            Self::Stop | Self::Restart | Self::Approve | Self::Accept | Self::Block => {
                self.wish(state).is_some()
            }
            _ => true,
        }
    }

    /// What it asks the backend for; `None` where it only concerns the window, or cannot be done now.
    pub fn wish(self, state: &State) -> Option<Wish> {
        let scene = state.scene.as_ref()?;
        let change = |action: Action| Some(Wish::Change(Request::user(vec![action])));
        let of = |ask| {
            Some(Wish::Change(Request {
                ask,
                actor: Actor::User,
                step: None,
                base: None,
                proposed: None,
                command: None,
            }))
        };
        let control = |control| Some(Wish::Control(control));
        match self {
            Self::RunRunnable => control(Control::RunRunnable(RunRunnable { options: detached() })),
            Self::RunAll => control(Control::RunAll(RunAll { options: detached() })),
            Self::RunFailed => {
                let options = RunOptions { failed: true, ..detached() };
                control(Control::RunAll(RunAll { options }))
            }
            Self::StopAll => control(Control::Stop(StepStop { ids: Vec::new(), all: true, now: false })),
            Self::Undo => of(Ask::Undo),
            Self::Redo => of(Ask::Redo),
            Self::Mode => {
                let mode = if scene.mode? == Mode::Safe { Mode::Power } else { Mode::Safe };
                change(PolicyMode { mode }.into())
            }
            _ => self.wish_for_selected(state),
        }
    }
}

/// A run that is begun here goes on without the window.
fn detached() -> RunOptions {
    RunOptions { detach: true, ..RunOptions::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_says_what_it_is_and_no_two_share_a_name() {
        let mut labels: Vec<&str> = commands().map(|e| e.label).collect();
        labels.sort_unstable();
        let all = labels.len();
        labels.dedup();
        assert_eq!(labels.len(), all);
        for entry in commands() {
            assert!(!entry.tooltip.is_empty() && entry.cmd.entry().label == entry.label, "{entry:?}");
        }
    }
}
