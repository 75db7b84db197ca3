//! The table: each command with its name, what it does, and its key.

use egui::{Key, KeyboardShortcut, Modifiers};

use super::{Cmd, Entry, New};
use crate::dock::{Pane, Side};

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

/// The commands, those aside that move panels. Of two with the same key the more special stands first, and the first that can be done is meant.
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
    entry(Cmd::Remove, "Remove\u{2026}", "Take what is selected or marked out", key(NONE, Key::Delete)),
    entry(
        Cmd::Approve,
        "Approve gate",
        "The selected gate is passed: what waits for it may go on",
        key(NONE, Key::A),
    ),
    entry(Cmd::Accept, "Accept work", "The selected step under review is done", key(NONE, Key::A)),
    entry(
        Cmd::SendBack,
        "Send back\u{2026}",
        "What is under review goes back to be done again, with your reason",
        key(SHIFT, Key::B),
    ),
    entry(
        Cmd::Block,
        "Block gate",
        "The selected gate stays shut: what waits for it goes on waiting",
        key(NONE, Key::B),
    ),
    entry(Cmd::NextForMe, "Next that needs you", "Go to the next gate or review", key(NONE, Key::N)),
    entry(Cmd::Left, "Go left", "Select the nearest step to the left", key(NONE, Key::ArrowLeft)),
    entry(Cmd::Right, "Go right", "Select the nearest step to the right", key(NONE, Key::ArrowRight)),
    entry(Cmd::Up, "Go up", "Select the nearest step above", key(NONE, Key::ArrowUp)),
    entry(Cmd::Down, "Go down", "Select the nearest step below", key(NONE, Key::ArrowDown)),
    entry(Cmd::Clear, "Clear", "Select nothing, search nothing", key(NONE, Key::Escape)),
    entry(
        Cmd::MarkAll,
        "Mark all",
        "Mark every step and gate, or all that was found, for what is done with several",
        key(CTRL, Key::A),
    ),
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
    entry(
        Cmd::Map,
        "Minimap",
        "Show or hide the map: all of the sequence, where not all of it is seen",
        key(NONE, Key::M),
    ),
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
    entry(
        Cmd::Side(Side::Left),
        "Panels on the left",
        "Show or hide the panels on the left",
        key(CTRL, Key::B),
    ),
    entry(
        Cmd::Side(Side::Right),
        "Panels on the right",
        "Show or hide the panels on the right",
        key(CTRL, Key::I),
    ),
    entry(Cmd::Side(Side::Below), "Panels below", "Show or hide the panels below", key(CTRL, Key::J)),
    entry(Cmd::Show(Pane::Inspector), "Show inspector", "All about the selection", None),
    entry(Cmd::Show(Pane::Timeline), "Show timeline", "The run as bars over time", None),
    entry(Cmd::Show(Pane::Problems), "Show problems", "Each fault of a file, each step that failed", None),
    entry(Cmd::Show(Pane::Runs), "Show runs", "Every run that is kept", None),
    entry(Cmd::Show(Pane::Audit), "Show audit", "What was asked for, by whom", None),
    entry(Cmd::ResetPanels, "Reset panels", "Put every panel where it stands at first", None),
    entry(
        Cmd::Serve,
        "HTTP API on or off",
        "Let programs on this machine that know the token look, and propose",
        None,
    ),
    entry(Cmd::Settings, "Settings", "Theme, scale, animation, colours", key(CTRL, Key::Comma)),
    entry(Cmd::Help, "Keys", "The list of keys", key(NONE, Key::F1)),
];

/// The four ways of a panel.
macro_rules! ways {
    ($($pane:ident),*) => { &[$(
        entry(Cmd::Dock(Pane::$pane, Side::Left), concat!("Move ", stringify!($pane), " to the left"), LEFT, None),
        entry(Cmd::Dock(Pane::$pane, Side::Right), concat!("Move ", stringify!($pane), " to the right"), RIGHT, None),
        entry(Cmd::Dock(Pane::$pane, Side::Below), concat!("Move ", stringify!($pane), " below"), BELOW, None),
        entry(Cmd::Float(Pane::$pane), concat!("Move ", stringify!($pane), " to a window of its own"), FLOAT, None),
    )*] };
}

const LEFT: &str = "Dock this panel at the left edge, in a place of its own";
const RIGHT: &str = "Dock this panel at the right edge, in a place of its own";
const BELOW: &str = "Dock this panel below, in a place of its own";
const FLOAT: &str = "Have this panel float over the others; closed, it goes back to where it was";

const WAYS: &[Entry] = ways!(Inspector, Chat, Timeline, Logs, Problems, Runs, Audit, Terminal);

/// Every command.
pub fn commands() -> impl Iterator<Item = &'static Entry> {
    COMMANDS.iter().chain(WAYS)
}
