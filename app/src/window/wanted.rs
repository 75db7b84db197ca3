//! What panels ask for.

use threados_core::chat::Provider;
use threados_core::id::{GroupId, NodeId, RunId};
use threados_core::proposal::ProposalId;

use crate::command::Cmd;
use crate::dock::Change;
use crate::draft::Draft;
use crate::link::{PaneAsk, Wish};

/// What a panel asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Do {
    /// A command of the table.
    Cmd(Cmd),
    /// Something for the backend.
    Wish(Wish),
    /// To select this, and to bring it into view.
    Go(NodeId),
    /// To search this.
    Find(String),
    /// To know what would come of this.
    Draft(Draft),
    /// To make what a template of this name stands for.
    Template(String),
    /// A person's answer to a proposal.
    Judge {
        /// Which.
        id: ProposalId,
        /// Yes or no.
        yes: bool,
        /// After a yes: run until nothing is left that can start.
        run: bool,
    },
    /// To have this answered by the chat.
    Say(String, Provider),
    /// To have the chat think no longer.
    Hush,
    /// To look at the output of this run; `None`: of the latest.
    Look(Option<RunId>),
    /// To play this run back.
    Past(RunId),
    /// To show this part of the run that is played back, from 0 to 1; `None`: the present.
    Play(Option<f32>),
    /// To show a group as one card, or to open it.
    Fold(GroupId),
    /// To have panels stand otherwise.
    Dock(Change),
    /// Something about the mprocs session.
    Panes(PaneAsk),
    /// To have what is run started by this one of the executors.
    Executor(usize),
    /// The answer to the question: yes or no.
    Answer(bool),
}
