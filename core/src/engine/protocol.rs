//! What clients and the engine say to each other: one JSON object a line, over the engine's socket.

use serde::{Deserialize, Serialize};

use crate::action::ActionError;
use crate::executor::mprocs::{PaneHears, PaneSays};
use crate::grammar::Control;
use crate::id::{NodeId, Revision, RunId, StepId};
use crate::log::Entry;
use crate::model::{Actor, StepStatus};
use crate::workspace::{DoorError, ErrorClass, FileProblem, Maker, Proposed};
use crate::wrapper::sandbox::Confinement;

/// What a client says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientMessage {
    /// Do this.
    Control {
        /// What.
        control: Control,
        /// Who asks.
        actor: Actor,
        /// Whether a person said yes to it.
        confirmed: bool,
    },
    /// Do this, which was proposed. It goes on without the client.
    Proposed {
        /// What.
        control: Control,
        /// Who proposed it.
        actor: Actor,
        /// The proposal.
        proposed: Proposed,
    },
    /// Watch a run that is going on.
    Attach {
        /// The run.
        run: RunId,
    },
    /// End a run: nothing new of it starts, what runs is stopped.
    Interrupt {
        /// The run.
        run: RunId,
        /// Kill at once, without grace.
        kill: bool,
    },
    /// Look after orphans now; the engine does so by itself at its start.
    Reconcile,
    /// The token of the step this client is in; said first.
    Token {
        /// As the step's environment has it.
        token: String,
    },
    /// A door (HTTP, MCP) speaks for somebody else; said first. It counts only from outside of steps, where one may do
    /// more than those it can speak for.
    Speak {
        /// For whom.
        of: Spoken,
    },
    /// Change this: for processes of steps, which do not write files themselves.
    Change {
        /// What.
        wanted: Wanted,
    },
    /// Tell the text of this file: for processes of steps, to whose sandbox it is another file since it was replaced.
    Read {
        /// Which one.
        file: ProjectFile,
    },
    /// A pane of the mprocs session.
    Pane(PaneSays),
    /// A process of a step was asked for something that no step may do: has it refused, and on record.
    Forbidden {
        /// Its name, as the command line has it.
        action: String,
    },
}

impl ClientMessage {
    /// Whether the policy has a say in it.
    pub(super) fn is_judged(&self) -> bool {
        match self {
            Self::Control { control, .. } => !matches!(control, Control::Stop(_)),
            Self::Proposed { .. } | Self::Change { .. } => true,
            _ => false,
        }
    }
}

/// For whom a door speaks. What it asks for is an orchestrator's wish in either case.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spoken {
    /// A program outside of every step.
    Program,
    /// The step whose token this is.
    Step {
        /// As the step's environment has it.
        token: String,
    },
}

/// A file of a project that every step may read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProjectFile {
    /// `sequence.yaml`.
    Sequence,
    /// `policy.yaml`.
    Policy,
    /// `models.yaml`.
    Models,
}

/// A change that is wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// These canonical lines, all or none.
    Lines(Vec<String>),
    /// The canonical lines that this command has made.
    Made(Maker, Vec<String>),
    /// Take back the step's latest change.
    Undo,
    /// Make the change again that was undone last.
    Redo,
}

/// A change that is durable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Changed {
    /// The revision now.
    pub revision: Revision,
    /// Steps and gates that differ.
    pub changed: Vec<NodeId>,
    /// Unified diff.
    pub diff: String,
    /// Number of its line in the log.
    pub seq: u64,
    /// What else a person should know.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// What the engine says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EngineMessage {
    /// The run has begun, durably.
    Accepted {
        /// The run.
        run: RunId,
        /// The level of confinement its steps get.
        sandbox: Confinement,
    },
    /// Something happened in the run that is watched.
    Entry {
        /// As the log has it.
        entry: Box<Entry>,
    },
    /// What a person who watches a run should know: a file that was made invalid, and what that means.
    Notice {
        /// In words.
        text: String,
    },
    /// The run that is watched ended.
    RunEnded {
        /// How.
        report: RunReport,
    },
    /// What was to be stopped is gone: no process of it is left.
    Stopped {
        /// The steps.
        steps: Vec<StepId>,
        /// The runs of which nothing more starts.
        #[serde(default)]
        runs: Vec<RunId>,
    },
    /// What the engine found and put right at its start.
    Reconciled {
        /// Steps whose wrapper was gone without a record.
        orphaned: Vec<StepId>,
        /// Steps whose end was taken over from their record.
        recovered: Vec<StepId>,
        /// Steps that live and were adopted.
        adopted: Vec<StepId>,
    },
    /// The change was made, durably.
    Changed {
        /// What came of it.
        change: Box<Changed>,
    },
    /// What stands in the file that was asked for.
    Text {
        /// All of it.
        text: String,
    },
    /// To a pane.
    Pane(PaneHears),
    /// It was not done.
    Refused {
        /// Why.
        fault: Fault,
    },
}

/// An error as it goes over a wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// The exit code of its class.
    pub exit: u8,
    /// The code programs see.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// More, for programs.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub details: serde_json::Value,
}

impl Fault {
    /// An error of a class.
    pub fn new(class: ErrorClass, code: &str, message: impl Into<String>) -> Self {
        Self {
            exit: class as u8,
            code: code.to_owned(),
            message: message.into(),
            hint: None,
            details: serde_json::Value::Null,
        }
    }

    /// The log does not take or keep what happens, so that nothing can be promised.
    pub fn log(error: &str) -> Self {
        Self::new(ErrorClass::Environment, "LOG", format!("nothing can be run or acknowledged: {error}"))
            .hint("look after the disk that holds .threados/audit.log, then repeat the command")
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl Fault {
    /// A step that may not start because of what stands in a file.
    pub fn in_file(step: &StepId, found: FileProblem) -> Self {
        let FileProblem { file, problem } = found;
        let at =
            if problem.line > 0 { format!(":{}:{}", problem.line, problem.column) } else { String::new() };
        let path = if problem.path.is_empty() { String::new() } else { format!("{}: ", problem.path) };
        let message = format!("step `{step}`: {file}{at}: {path}{}", problem.message);
        Self { hint: problem.hint, ..Self::new(ErrorClass::Invalid, &problem.code, message) }
    }
}

impl From<&DoorError> for Fault {
    fn from(error: &DoorError) -> Self {
        let mut fault = Self::new(error.class(), error.code(), error.to_string());
        fault.hint = error.hint();
        if let DoorError::InvalidFile { problems, .. }
        | DoorError::BrokenPolicy(problems)
        | DoorError::Action(ActionError::Invalid(problems)) = error
        {
            fault.details = serde_json::json!({ "problems": problems });
        }
        fault
    }
}

/// How a run stands or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// It goes on.
    Running,
    /// All that was asked for is DONE.
    Done,
    /// Something failed.
    Failed,
    /// Nothing failed; something waits for a person.
    Waiting,
    /// It was ended by the user.
    Stopped,
}

impl RunState {
    /// The word in files and on the screen.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Waiting => "waiting",
            Self::Stopped => "stopped",
        }
    }
}

/// How one step of a run stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepReport {
    /// The step.
    pub id: StepId,
    /// Its status.
    pub status: StepStatus,
    /// Why, where it is not obvious.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Its exit code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// How long its latest attempt took, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    /// The run.
    pub run_id: RunId,
    /// How it ended.
    pub state: RunState,
    /// Its steps, in file order.
    pub steps: Vec<StepReport>,
    /// Gates and steps under review that hold something of it.
    pub waiting_on: Vec<String>,
}
