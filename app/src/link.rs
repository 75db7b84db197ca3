//! What the window and its backend say to each other.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use chrono::{DateTime, Utc};
use threados_core::chat::{ChatResponse, Provider};
use threados_core::dag::Why;
use threados_core::engine::RunEntry;
use threados_core::engine::protocol::Fault;
use threados_core::executor::mprocs::SessionState;
use threados_core::grammar::{Command, Control, RunAll, RunOptions, to_line};
use threados_core::id::{NodeId, RunId, StepId};
use threados_core::model::{Actor, Outcome};
use threados_core::proposal::{ProposalId, Record};
use threados_core::thread_template::ThreadTemplate;
use threados_core::workspace::{Consent, FileProblem, Request};
use threados_core::wrapper::TerminalSize;

use crate::ansi::Line;
use crate::detail::Detail;
use crate::draft::{Draft, Preview};
use crate::memory::Settings;
use crate::past::Past;
use crate::scene::Scene;
use crate::terminal::Picture;
use crate::theme::Face;

/// Something a person wants done.
#[derive(Debug, Clone, PartialEq)]
pub enum Wish {
    /// A change of the sequence, its decisions or its policy; or undo, or redo.
    Change(Request),
    /// To start or to stop.
    Control(Control),
}

/// To run until nothing is left that can start; it goes on without the window.
pub fn run_all() -> Control {
    Control::RunAll(RunAll { options: RunOptions { detach: true, ..RunOptions::default() } })
}

impl Wish {
    /// The same; where it runs something, by this executor.
    #[must_use]
    pub fn by(self, executor: Option<&str>) -> Self {
        match (self, executor) {
            (Self::Control(control), Some(name)) => Self::Control(control.by(name)),
            (wish, _) => wish,
        }
    }

    /// The same for where there is little room: of many lines the first, and how many more there are.
    pub fn in_short(&self) -> String {
        const MOST: usize = 8;
        let line = self.line();
        match line.lines().count().saturating_sub(MOST) {
            0 => line,
            more => {
                let first: Vec<&str> = line.lines().take(MOST).collect();
                format!("{}\n\u{2026} and {more} more", first.join("\n"))
            }
        }
    }

    /// As it would be typed.
    pub fn line(&self) -> String {
        match self {
            Self::Change(request) => request.lines().join("\n"),
            Self::Control(control) => to_line(&Command::Control(control.clone())),
        }
    }
}

/// What needs a person's yes before it is done.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// What is to be done.
    pub wish: Wish,
    /// What would come of it, for a person to read.
    pub about: String,
    /// The yes, bound to exactly this.
    pub consent: Consent,
}

/// What the window says.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// Do it, or ask for a yes.
    Wish(Wish),
    /// The yes was given.
    Confirmed(Question),
    /// Tell about this step or gate from now on; of a step in that run, else in its latest.
    Inspect(Option<NodeId>, Option<RunId>),
    /// Tell what would come of this.
    Draft(Draft),
    /// A person's answer to a proposal.
    Judge {
        /// Which.
        id: ProposalId,
        /// Yes or no.
        yes: bool,
        /// After a yes: run until nothing is left that can start.
        run: bool,
    },
    /// Answer this.
    Say {
        /// Its number.
        n: usize,
        /// What was said.
        text: String,
        /// Who is to answer.
        provider: Provider,
    },
    /// Think no longer about what was said.
    Hush,
    /// Serve the HTTP API, or end it.
    Serve(bool),
    /// Remember how the window looks.
    Remember(PathBuf, Settings),
    /// Tell which templates there are.
    Templates,
    /// Tell of a past run; `None`: of the latest.
    Past(Option<RunId>),
    /// Something about the mprocs session.
    Panes(PaneAsk),
}

/// What the window wants of the mprocs session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaneAsk {
    /// Open one.
    Open,
    /// Close it.
    Close,
    /// Tell what stands on its screen from now on, which has this size; `None`: no more.
    Look(Option<TerminalSize>),
    /// Bring the pane of a step to the front; what is typed goes there.
    Show(StepId),
    /// Type this.
    Type(Vec<u8>),
}

/// What the backend says.
#[derive(Debug, Clone)]
pub enum Update {
    /// How everything stands.
    Scene(Arc<Scene>),
    /// A better drawing of the latest scene is there, see [`Plan::best`](crate::plan::Plan::best).
    Refined,
    /// The project cannot be read; what was shown stays. `None`: it can again.
    Trouble(Option<Fault>),
    /// Every fault of the files.
    Problems(Arc<[Found]>),
    /// Every run that is kept, the newest first.
    Runs(Arc<[RunEntry]>),
    /// Every proposal of the last day, the oldest first.
    Proposals(Arc<[Record]>),
    /// The newest entries of the log, oldest first.
    Audit(Arc<[AuditRow]>),
    /// A yes is needed.
    Question(Question),
    /// It was done.
    Done {
        /// What, in few words.
        what: String,
    },
    /// It was not done.
    Refused {
        /// What was asked for, as a line.
        line: String,
        /// Why.
        fault: Fault,
    },
    /// About what is inspected.
    Why(Option<Why>),
    /// The end of the output of what is inspected.
    Output(Arc<Output>),
    /// What the folder of what is inspected holds.
    Detail(Arc<Detail>),
    /// What would come of a draft.
    Preview(Preview),
    /// A past run.
    Past(Arc<Past>),
    /// Where the HTTP API is served; `None`: nowhere.
    Served(Option<Served>),
    /// A piece of the answer to what was said under this number, while it is thought about.
    Heard(usize, String),
    /// The answer.
    Answered(usize, Box<Result<ChatResponse, Fault>>),
    /// The templates that can be applied.
    Templates(Arc<[ThreadTemplate]>),
    /// The mprocs session that is up; `None` where there is none.
    Session(Option<Arc<SessionState>>),
    /// What stands on its screen.
    Picture(Arc<Picture>),
    /// A typeface that has letters which are shown and which ours lack.
    Letters(Face),
}

/// Where programs find the HTTP API.
#[derive(Debug, Clone, PartialEq)]
pub struct Served {
    /// Its address.
    pub address: String,
    /// The file with the token that they have to know.
    pub token_file: String,
}

/// A fault of a file, and the line it stands in.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The fault.
    pub fault: FileProblem,
    /// Its line of the file; empty where it has no place.
    pub text: String,
}

/// One entry of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRow {
    /// Its number.
    pub seq: u64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who asked.
    pub actor: Actor,
    /// What for.
    pub action: String,
    /// About what.
    pub target: String,
    /// How it came out.
    pub result: Outcome,
    /// Why it was denied or failed.
    pub error: Option<String>,
}

/// The end of what a step printed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Output {
    /// The step.
    pub step: Option<NodeId>,
    /// Its latest run.
    pub run: Option<RunId>,
    /// Lines of standard output.
    pub stdout: Vec<Line>,
    /// Lines of standard error.
    pub stderr: Vec<Line>,
    /// Whether more stands before these.
    pub cut: bool,
}

/// The window's end of the line.
#[derive(Debug)]
pub struct Link {
    asks: Sender<Ask>,
    updates: Receiver<Update>,
}

/// The backend's end of the line.
#[derive(Debug)]
pub struct Far {
    /// What the window says.
    pub asks: Receiver<Ask>,
    /// To the window.
    pub updates: Sender<Update>,
}

impl Link {
    /// Both ends of a line.
    pub fn pair() -> (Self, Far) {
        let (asks, heard) = channel();
        let (updates, news) = channel();
        (Self { asks, updates: news }, Far { asks: heard, updates })
    }

    /// Says something. A backend that is gone was told of elsewhere.
    pub fn ask(&self, ask: Ask) {
        drop(self.asks.send(ask));
    }

    /// What came in since the last call.
    pub fn news(&self) -> impl Iterator<Item = Update> {
        self.updates.try_iter()
    }
}
