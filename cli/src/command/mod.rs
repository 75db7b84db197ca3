//! A file a verb.

pub mod audit;
pub mod broker;
pub mod budget;
pub mod change;
pub mod chat;
pub mod completions;
pub mod demo;
pub mod doctor;
pub mod engine;
pub mod export;
pub mod graph;
pub mod history;
pub mod import;
pub mod init;
pub mod inputs;
pub mod list;
pub mod logs;
pub mod mcp;
pub mod models;
pub mod mprocs;
pub mod pane;
pub mod policy;
pub mod prompt;
pub mod proposals;
pub mod reconcile;
pub mod run;
pub mod runs;
pub mod serve;
pub mod status;
pub mod template;
pub mod validate;
pub mod why;

use threados_core::action::Action;
use threados_core::grammar::Control;

use crate::args::{
    BudgetCommand, Command, GateCommand, GroupCommand, PolicyCommand, PromptCommand, StepCommand,
};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::Report;

impl Command {
    /// The name in JSON output: as the log has it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Step(StepCommand::Change(v)) => Action::from(v.clone()).name(),
            Self::Dep(v) => Action::from(v.clone()).name(),
            Self::Prompt(PromptCommand::Change(v)) => Action::from(v.clone()).name(),
            Self::Group(GroupCommand::Change(v)) => Action::from(v.clone()).name(),
            Self::Fusion(v) => Action::from(v.clone()).name(),
            Self::Gate(GateCommand::Change(v)) => Action::from(v.clone()).name(),
            Self::Budget(BudgetCommand::Change(v)) => Action::from(v.clone()).name(),
            Self::Budget(BudgetCommand::Show(_)) => "budget.show",
            Self::Models(models) => models.name(),
            Self::Policy(PolicyCommand::Change(v)) => Action::from(v.clone()).name(),
            Self::Run(v) => Control::from(v.verb.clone()).name(),
            Self::Init(_) => "init",
            Self::Demo(_) => "demo",
            Self::Step(StepCommand::List(_)) => "step.list",
            Self::Step(StepCommand::Show(_)) => "step.show",
            Self::Prompt(PromptCommand::Show(_)) => "prompt.show",
            Self::Prompt(PromptCommand::Edit(_)) => "prompt.edit",
            Self::Group(GroupCommand::List(_)) => "group.list",
            Self::Gate(GateCommand::List(_)) => "gate.list",
            Self::Policy(PolicyCommand::Show(_)) => "policy.show",
            Self::Policy(PolicyCommand::Check(_)) => "policy.check",
            Self::Reset(_) => "sequence.reset",
            Self::Stop(_) => "step.stop",
            Self::Restart(_) => "step.restart",
            Self::Status(_) => "status",
            Self::Logs(_) => "logs",
            Self::Runs(runs) => runs.name(),
            Self::Why(_) => "why",
            Self::Graph(_) => "graph",
            Self::Export(_) => "export",
            Self::Import(_) => "import",
            Self::Template(template) => template.name(),
            Self::Proposals(proposals) => proposals.name(),
            Self::Confirm(_) => "confirm",
            Self::Audit(audit) => audit.name(),
            Self::History(_) => "history",
            Self::Inputs(_) => "inputs",
            Self::Undo => "undo",
            Self::Redo => "redo",
            Self::Reconcile => "reconcile",
            Self::Validate => "validate",
            Self::Schema => "schema",
            Self::Chat(_) => "chat",
            Self::Doctor => "doctor",
            Self::Mcp(_) => "mcp",
            Self::Completions(_) => "completions",
            Self::Man(_) => "man",
            Self::Serve(_) => "serve",
            Self::Engine(_) => "engine",
            Self::Mprocs(mprocs) => mprocs.name(),
            Self::Pane(_) => "pane",
        }
    }
}

/// Carries a command out.
pub fn dispatch(command: Command, context: &Context) -> Result<Report, Failure> {
    match command {
        Command::Step(StepCommand::Change(v)) => change::run(v.into(), context),
        Command::Dep(v) => change::run(v.into(), context),
        Command::Prompt(PromptCommand::Change(v)) => change::run(v.into(), context),
        Command::Group(GroupCommand::Change(v)) => change::run(v.into(), context),
        Command::Fusion(v) => change::run(v.into(), context),
        Command::Gate(GateCommand::Change(v)) => change::run(v.into(), context),
        Command::Budget(BudgetCommand::Change(v)) => change::run(v.into(), context),
        Command::Budget(BudgetCommand::Show(_)) => budget::show(context),
        Command::Models(args) => models::run(&args, context),
        Command::Policy(PolicyCommand::Change(v)) => change::run(v.into(), context),
        Command::Reset(v) => change::run(v.into(), context),
        Command::Run(v) => run::run(&v.verb.into(), v.stream, context),
        Command::Stop(v) => run::stop(v, context),
        Command::Restart(v) => run::run(&Control::Restart(v.asked), v.stream, context),
        Command::Init(args) => init::run(&args, context),
        Command::Demo(args) => demo::run(&args, context),
        Command::Step(StepCommand::List(_)) => list::steps(context),
        Command::Step(StepCommand::Show(args)) => list::show(&args, context),
        Command::Prompt(PromptCommand::Show(args)) => prompt::show(&args, context),
        Command::Prompt(PromptCommand::Edit(args)) => prompt::edit(&args, context),
        Command::Group(GroupCommand::List(_)) => list::groups(context),
        Command::Gate(GateCommand::List(_)) => list::gates(context),
        Command::Policy(PolicyCommand::Show(_)) => policy::show(context),
        Command::Policy(PolicyCommand::Check(args)) => policy::check(&args, context),
        Command::Status(args) => status::run(&args, context),
        Command::Logs(args) => logs::run(&args, context),
        Command::Runs(args) => runs::run(&args, context),
        Command::Why(args) => why::run(&args, context),
        Command::Graph(args) => graph::run(&args, context),
        Command::Export(args) => export::run(&args, context),
        Command::Import(args) => import::run(&args, context),
        Command::Template(args) => template::run(&args, context),
        Command::Proposals(args) => proposals::run(&args, context),
        Command::Confirm(args) => proposals::confirm(&args, context),
        Command::Audit(args) => audit::run(&args, context),
        Command::History(args) => history::run(&args, context),
        Command::Inputs(_) => inputs::run(context),
        Command::Undo => history::turn(threados_core::workspace::Ask::Undo, context),
        Command::Redo => history::turn(threados_core::workspace::Ask::Redo, context),
        Command::Reconcile => reconcile::run(context),
        Command::Validate => validate::run(context),
        Command::Schema => Ok(validate::schema()),
        Command::Chat(args) => chat::run(&args, context),
        Command::Doctor => doctor::run(context),
        Command::Mcp(_) => mcp::run(context),
        Command::Completions(args) => Ok(completions::run(&args)),
        Command::Man(args) => completions::man(&args),
        Command::Serve(args) => serve::run(&args, context),
        Command::Engine(args) => engine::run(&args, context),
        Command::Mprocs(args) => mprocs::run(args, context),
        Command::Pane(args) => pane::run(&args, context),
    }
}
