//! A file a verb.

pub mod change;
pub mod demo;
pub mod engine;
pub mod init;
pub mod run;
pub mod status;

use threados_core::action::Action;
use threados_core::grammar::Control;

use crate::args::{Command, GateCommand, GroupCommand, PolicyCommand, PromptCommand, StepCommand};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Report;

impl Command {
    /// The name in JSON output: as the log has it.
    pub fn name(&self) -> String {
        match self {
            Self::Init(_) => "init".into(),
            Self::Demo(_) => "demo".into(),
            Self::Status(_) => "status".into(),
            Self::Engine(_) => "engine".into(),
            Self::Step(StepCommand::Change(v)) => Action::from(v.clone()).name().into(),
            Self::Dep(v) => Action::from(v.clone()).name().into(),
            Self::Prompt(PromptCommand::Change(v)) => Action::from(v.clone()).name().into(),
            Self::Group(GroupCommand::Change(v)) => Action::from(v.clone()).name().into(),
            Self::Gate(GateCommand::Change(v)) => Action::from(v.clone()).name().into(),
            Self::Policy(PolicyCommand::Change(v)) => Action::from(v.clone()).name().into(),
            Self::Reset(_) => "sequence.reset".into(),
            Self::Run(v) => Control::from(v.verb.clone()).name().into(),
            Self::Stop(_) => "step.stop".into(),
            Self::Restart(_) => "step.restart".into(),
        }
    }
}

/// Carries a command out.
pub fn dispatch(command: Command, context: &Context) -> Result<Report, Failure> {
    match command {
        Command::Init(args) => init::run(&args, context),
        Command::Demo(args) => demo::run(&args, context),
        Command::Status(args) => status::run(&args, context),
        Command::Engine(args) => engine::run(&args, context),
        Command::Step(StepCommand::Change(v)) => change::run(v.into(), context),
        Command::Dep(v) => change::run(v.into(), context),
        Command::Prompt(PromptCommand::Change(v)) => change::run(v.into(), context),
        Command::Group(GroupCommand::Change(v)) => change::run(v.into(), context),
        Command::Gate(GateCommand::Change(v)) => change::run(v.into(), context),
        Command::Policy(PolicyCommand::Change(v)) => change::run(v.into(), context),
        Command::Reset(v) => change::run(v.into(), context),
        Command::Run(v) => run::run(&v.verb.into(), v.stream, context),
        Command::Stop(v) => run::stop(v, context),
        Command::Restart(v) => run::run(&Control::Restart(v.asked), v.stream, context),
    }
}
