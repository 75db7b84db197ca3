//! What mprocs can be told, as its keymap and its port understand it: one YAML document an event.

use serde::Serialize;

/// An event of mprocs 0.9.6. Only what the adapter uses: a document of another shape ends mprocs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "c", rename_all = "kebab-case")]
pub enum Event {
    /// All of these, in order.
    Batch {
        /// The events.
        cmds: Vec<Event>,
    },
    /// End as soon as all processes have, each of which gets a SIGTERM.
    Quit,
    /// End at once; each process gets a SIGKILL.
    ForceQuit,
    /// Keys go to the selected process.
    FocusTerm,
    /// Shows a process. An index that is out of range selects the last.
    SelectProc {
        /// Its place in the list, from 0.
        index: usize,
    },
    /// Types into the selected process.
    SendKey {
        /// As [`super::Key::name`] has it.
        key: String,
    },
    /// Adds a process at the end of the list and starts it.
    AddProc {
        /// A line for the shell.
        cmd: String,
        /// Its name in the list.
        name: String,
    },
}

impl Event {
    /// Focuses a pane, so that keys reach it.
    pub fn enter(index: usize) -> Self {
        Self::Batch { cmds: vec![Self::SelectProc { index }, Self::FocusTerm] }
    }
}
