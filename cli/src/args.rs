//! The whole command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use threados_core::action::SequenceReset;
use threados_core::grammar::StepStop;
use threados_core::grammar::{
    BudgetVerb, DepVerb, FusionVerb, GateVerb, GroupVerb, PolicyVerb, PromptVerb, StepVerb,
};

use crate::command::{
    audit, chat, completions, demo, engine, export, graph, history, import, init, inputs, list, logs, mcp,
    models, mprocs, pane, policy, prompt, proposals, run, runs, serve, status, template, why,
};

/// Create, run, watch and steer multi-step engineering work.
#[derive(Debug, Parser)]
#[command(name = "seqctl", version, disable_help_subcommand = true, subcommand_required = true)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Project root [default: found by walking up from here]
    #[arg(long, global = true, value_name = "DIR", env = "THREADOS_ROOT", hide_env_values = true)]
    pub root: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long, global = true)]
    pub json: bool,
    /// Say yes to what needs a confirmation
    #[arg(long, short = 'y', global = true)]
    pub yes: bool,
    /// Show what would change, and change nothing
    #[arg(long, global = true)]
    pub dry_run: bool,
    /// Print only what was asked for
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// No colours
    #[arg(long, global = true)]
    pub no_color: bool,
    /// How long to wait for other writers, in milliseconds
    #[arg(long, global = true, value_name = "MS", allow_negative_numbers = true, default_value_t = 10_000)]
    pub lock_timeout: u64,
    /// Tell on stderr what goes on (repeat for more)
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a project in this folder
    Init(init::Init),
    /// Make a small project and run it, to see how it works
    Demo(demo::Demo),
    /// Steps: add, change, remove, look at, review
    #[command(subcommand)]
    Step(StepCommand),
    /// Dependencies
    #[command(subcommand)]
    Dep(DepVerb),
    /// Prompts
    #[command(subcommand)]
    Prompt(PromptCommand),
    /// Parallel groups
    #[command(subcommand)]
    Group(GroupCommand),
    /// Fusions: several work on the same task, one merges what they came to
    #[command(subcommand)]
    Fusion(FusionVerb),
    /// Gates: where a person decides
    #[command(subcommand)]
    Gate(GateCommand),
    /// Templates: patterns of steps to begin with
    #[command(subcommand)]
    Template(template::Template),
    /// Run steps
    Run(run::Run),
    /// Stop running steps
    Stop(StepStop),
    /// Stop a step if it runs, and run it again
    Restart(run::Restart),
    /// Forget what ran
    Reset(SequenceReset),
    /// How everything stands
    Status(status::Status),
    /// What a step printed
    Logs(logs::Logs),
    /// Runs, present and past
    #[command(subcommand)]
    Runs(runs::Runs),
    /// Inside a step: what the steps before it handed on
    Inputs(inputs::Inputs),
    /// What holds a step or gate, and what would free it
    Why(why::Why),
    /// The sequence as a picture
    Graph(graph::Graph),
    /// The sequence as a file for another program, or with everything in it
    Export(export::Export),
    /// Add what a file of another project defines
    Import(import::Import),
    /// Budgets: how much may be spent before you are asked
    #[command(subcommand)]
    Budget(BudgetCommand),
    /// The agents that steps can run
    #[command(subcommand)]
    Models(models::ModelsCommand),
    /// Limits and permissions
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// What programs and chats ask for, until you say yes
    Proposals(proposals::Proposals),
    /// Say yes to a proposal
    Confirm(proposals::Confirm),
    /// Who did what, when, and how it came out
    #[command(subcommand)]
    Audit(audit::Audit),
    /// What was changed, and what of it is undone
    History(history::History),
    /// Take back your latest change of the sequence; the policy, decisions and what ran stay
    Undo,
    /// Make the change again that was undone last
    Redo,
    /// Look after steps whose wrapper is gone
    Reconcile,
    /// Every fault of sequence.yaml, policy.yaml and models.yaml
    Validate,
    /// The JSON Schema of sequence.yaml, for editors
    Schema,
    /// Say in a sentence what is to be done
    Chat(chat::Chat),
    /// mprocs: see each step in a pane of its own
    #[command(subcommand)]
    Mprocs(mprocs::Mprocs),
    /// Whether everything here is as it should be
    Doctor,
    /// Serve the Model Context Protocol to an agent, on standard input and output
    Mcp(mcp::Mcp),
    /// Completions for a shell
    Completions(completions::Completions),
    /// A manual page, in roff
    Man(completions::Man),
    /// Serve the HTTP API to programs on this machine
    Serve(serve::Serve),
    /// Serve this project (started when it is needed)
    #[command(hide = true)]
    Engine(engine::Engine),
    /// Show steps in this terminal (started by mprocs)
    #[command(hide = true)]
    Pane(pane::Pane),
}

/// What concerns steps.
#[derive(Debug, Subcommand)]
pub enum StepCommand {
    #[command(flatten)]
    Change(StepVerb),
    /// All steps
    List(list::List),
    /// One step with all its fields
    Show(list::Show),
}

/// What concerns prompts.
#[derive(Debug, Subcommand)]
pub enum PromptCommand {
    #[command(flatten)]
    Change(PromptVerb),
    /// Print the prompt of a step
    Show(prompt::Show),
    /// Edit the prompt of a step with $VISUAL or $EDITOR
    Edit(prompt::Edit),
}

/// What concerns groups.
#[derive(Debug, Subcommand)]
pub enum GroupCommand {
    #[command(flatten)]
    Change(GroupVerb),
    /// All groups
    List(list::List),
}

/// What concerns gates.
#[derive(Debug, Subcommand)]
pub enum GateCommand {
    #[command(flatten)]
    Change(GateVerb),
    /// All gates
    List(list::List),
}

/// What concerns budgets.
#[derive(Debug, Subcommand)]
pub enum BudgetCommand {
    #[command(flatten)]
    Change(BudgetVerb),
    /// Every budget, what is spent of it, and whether it holds anything
    Show(list::List),
}

/// What concerns the policy.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    #[command(flatten)]
    Change(PolicyVerb),
    /// The policy in force, and where each value comes from
    Show(policy::Show),
    /// Whether policy.yaml is valid, or whether a command would be allowed
    Check(policy::Check),
}
