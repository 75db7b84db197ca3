//! Every command of the window, in one table: menus, palette, keys and help derive from it.

mod wish;

use egui::{Key, KeyboardShortcut, Modifiers};
use threados_core::action::{Action, PolicyMode};
use threados_core::grammar::{Control, RunAll, RunOptions, RunRunnable, StepStop};
use threados_core::model::{Actor, Mode};
use threados_core::workspace::{Ask, Request};

use crate::link::Wish;
use crate::scene::Tone;
use crate::state::State;

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
    /// Lets through what waits at the selected gate.
    Approve,
    /// Accepts the work of the selected step.
    Accept,
    /// Holds what waits at the selected gate.
    Block,
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
    /// The panel on the right.
    Inspector,
    /// The panel below.
    Bottom,
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

const fn key(modifiers: Modifiers, key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(modifiers, key))
}

const fn entry(cmd: Cmd, label: &'static str, tooltip: &'static str, key: Option<KeyboardShortcut>) -> Entry {
    Entry { cmd, label, tooltip, key }
}

const NONE: Modifiers = Modifiers::NONE;
const CTRL: Modifiers = Modifiers::COMMAND;
const SHIFT: Modifiers = Modifiers::SHIFT;
const BOTH: Modifiers = Modifiers { command: true, shift: true, ..Modifiers::NONE };

/// Every command. Of two with the same key the more special stands first, and the first that can be done is meant.
pub const COMMANDS: &[Entry] = &[
    entry(Cmd::RunAll, "Run all", "Run until nothing is left that can start", key(BOTH, Key::R)),
    entry(Cmd::RunRunnable, "Run runnable", "Run what may start now, once", key(CTRL, Key::R)),
    entry(Cmd::RunFailed, "Run failed", "Run again what failed, and what waits for it", None),
    entry(Cmd::StopAll, "Stop all", "End everything that runs", key(CTRL, Key::Period)),
    entry(Cmd::Mode, "Switch mode", "SAFE asks before what destroys work; POWER does not", None),
    entry(Cmd::Redo, "Redo", "Make the change again that was undone last", key(BOTH, Key::Z)),
    entry(Cmd::Undo, "Undo", "Take back your latest change of the sequence", key(CTRL, Key::Z)),
    entry(
        Cmd::Restart,
        "Restart step",
        "Stop the selected step if it runs, and run it again",
        key(SHIFT, Key::R),
    ),
    entry(Cmd::Run, "Run step", "Run the selected step", key(NONE, Key::R)),
    entry(Cmd::Stop, "Stop step", "End the selected step", key(NONE, Key::S)),
    entry(Cmd::RunFrom, "Run from here", "Run the selected step and all that follows it again", None),
    entry(Cmd::RunAnyway, "Run anyway", "Run the selected step although it waits", None),
    entry(Cmd::Reset, "Reset", "Forget what the selected step and all that follows it did", None),
    entry(
        Cmd::New(New::Step),
        "New step",
        "One step: a command, or a prompt for an agent",
        key(CTRL, Key::N),
    ),
    entry(Cmd::New(New::Gate), "New gate", "A gate where you decide before what follows", None),
    entry(Cmd::New(New::Fusion), "New fusion", "Let steps do the same, and one make the best of it", None),
    entry(Cmd::New(New::Group), "New group", "Let steps that exist run at once, as a group", None),
    entry(Cmd::New(New::Thread("base")), "New base thread", "From a template: one step", None),
    entry(Cmd::New(New::Thread("parallel")), "New parallel thread", "From a template: workers at once", None),
    entry(Cmd::New(New::Thread("chained")), "New chained thread", "From a template: phases and gates", None),
    entry(
        Cmd::New(New::Thread("fusion")),
        "New fusion thread",
        "From a template: candidates and a synthesis",
        None,
    ),
    entry(
        Cmd::New(New::Thread("orchestrated")),
        "New orchestrated thread",
        "From a template: a step that adds and runs others",
        None,
    ),
    entry(
        Cmd::New(New::Thread("long-autonomy")),
        "New long thread",
        "From a template: a long step and what watches it",
        None,
    ),
    entry(
        Cmd::New(New::Line),
        "Type a line",
        "Anything, as a line of seqctl, with a preview",
        key(CTRL, Key::L),
    ),
    entry(Cmd::Edit, "Edit step", "The fields of the selected step", key(NONE, Key::E)),
    entry(Cmd::Clone, "Clone step", "Copy the selected step under another name", key(CTRL, Key::D)),
    entry(Cmd::Remove, "Remove\u{2026}", "Take the selected step or gate out", key(NONE, Key::Delete)),
    entry(Cmd::Approve, "Approve gate", "Let through what waits at the selected gate", key(NONE, Key::A)),
    entry(Cmd::Accept, "Accept work", "The selected step under review is done", key(NONE, Key::A)),
    entry(Cmd::Block, "Block gate", "Hold what waits at the selected gate", key(NONE, Key::B)),
    entry(Cmd::NextForMe, "Next that needs you", "Go to the next gate or review", key(NONE, Key::N)),
    entry(Cmd::Left, "Go left", "Select the nearest step to the left", key(NONE, Key::ArrowLeft)),
    entry(Cmd::Right, "Go right", "Select the nearest step to the right", key(NONE, Key::ArrowRight)),
    entry(Cmd::Up, "Go up", "Select the nearest step above", key(NONE, Key::ArrowUp)),
    entry(Cmd::Down, "Go down", "Select the nearest step below", key(NONE, Key::ArrowDown)),
    entry(Cmd::Clear, "Clear", "Select nothing, search nothing", key(NONE, Key::Escape)),
    entry(Cmd::Fit, "Fit", "Show all of the sequence", key(NONE, Key::F)),
    entry(Cmd::Reveal, "Zoom to selection", "Show the selected step or gate", key(NONE, Key::Z)),
    entry(
        Cmd::Fold,
        "Fold group",
        "Show the group of the selected step as one card, or open it",
        key(NONE, Key::G),
    ),
    entry(
        Cmd::Network,
        "Free network",
        "The same sequence as a free network, to find clusters and hubs",
        key(NONE, Key::W),
    ),
    entry(
        Cmd::Playback,
        "Play back",
        "Play a past run back on the canvas, or show the present again",
        key(NONE, Key::P),
    ),
    entry(Cmd::Critical, "Critical path", "Light up the longest way to the end", key(NONE, Key::C)),
    entry(Cmd::Logs, "Show logs", "What the selected step prints", key(NONE, Key::L)),
    entry(Cmd::Pane, "Show pane", "The pane of the selected step, ready to be answered", key(SHIFT, Key::T)),
    entry(Cmd::Terminal, "Terminal", "The panes of mprocs, to look in and to type", key(NONE, Key::T)),
    entry(Cmd::Menu, "Menu", "What can be done with the selected step or gate", key(SHIFT, Key::F10)),
    entry(Cmd::ZoomIn, "Zoom in", "Closer", key(NONE, Key::Plus)),
    entry(Cmd::ZoomOut, "Zoom out", "Farther", key(NONE, Key::Minus)),
    entry(Cmd::Search, "Search", "Find steps and gates by name, model or reason", key(CTRL, Key::F)),
    entry(Cmd::Next, "Next found", "Go to the next that was found", key(NONE, Key::F3)),
    entry(Cmd::Chat, "Chat", "Say in a sentence what is to be done", key(NONE, Key::Slash)),
    entry(Cmd::Palette, "Commands", "Every command, by name", key(CTRL, Key::K)),
    entry(Cmd::Theme, "Dark or light", "Switch the theme", key(BOTH, Key::T)),
    entry(Cmd::Animation, "Animation on or off", "Whether what runs pulses and flows", None),
    entry(Cmd::Inspector, "Inspector", "Show or hide the panel on the right", key(CTRL, Key::I)),
    entry(Cmd::Bottom, "Logs and lists", "Show or hide the panel below", key(CTRL, Key::J)),
    entry(
        Cmd::Serve,
        "HTTP API on or off",
        "Let programs on this machine that know the token look, and propose",
        None,
    ),
    entry(Cmd::Settings, "Settings", "Theme, scale, animation, colours", key(CTRL, Key::Comma)),
    entry(Cmd::Help, "Keys", "The list of keys", key(NONE, Key::F1)),
];

impl Cmd {
    /// Its line of the table.
    pub fn entry(self) -> &'static Entry {
        // Every command stands in the table; a test holds it.
        COMMANDS.iter().find(|e| e.cmd == self).unwrap_or(&COMMANDS[0])
    }

    /// Whether it can be done now.
    pub fn is_available(self, state: &State) -> bool {
        let Some(scene) = &state.scene else {
            return matches!(
                self,
                Self::Theme | Self::Settings | Self::Help | Self::Palette | Self::Inspector | Self::Bottom
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
            Self::Reveal | Self::Logs | Self::Menu | Self::Remove => state.selected.is_some(),
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
            Some(Wish::Change(Request { ask, actor: Actor::User, step: None, base: None, proposed: None }))
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
        let mut labels: Vec<&str> = COMMANDS.iter().map(|e| e.label).collect();
        labels.sort_unstable();
        let all = labels.len();
        labels.dedup();
        assert_eq!(labels.len(), all);
        for entry in COMMANDS {
            assert!(!entry.tooltip.is_empty() && entry.cmd.entry().label == entry.label, "{entry:?}");
        }
    }
}
