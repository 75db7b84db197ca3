//! The whole command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use threados_core::action::SequenceReset;
use threados_core::grammar::StepStop;
use threados_core::grammar::{DepVerb, GateVerb, GroupVerb, PolicyVerb, PromptVerb, StepVerb};

use crate::command::{demo, engine, init, run, status};

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
    #[arg(long, global = true, value_name = "DIR", env = "THREADOS_ROOT")]
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
    #[arg(long, global = true, value_name = "MS", default_value_t = 10_000)]
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
    /// Gates: where a person decides
    #[command(subcommand)]
    Gate(GateCommand),
    /// Run steps
    Run(run::Run),
    /// Stop running steps
    Stop(StepStop),
    /// Stop a step if it runs, and run it again
    Restart(run::Restart),
    /// How everything stands
    Status(status::Status),
    /// Forget what ran
    Reset(SequenceReset),
    /// Limits and permissions
    #[command(subcommand)]
    Policy(PolicyCommand),
    #[command(hide = true)]
    Engine(engine::Engine),
}

/// What concerns steps.
#[derive(Debug, Subcommand)]
pub enum StepCommand {
    #[command(flatten)]
    Change(StepVerb),
}

/// What concerns prompts.
#[derive(Debug, Subcommand)]
pub enum PromptCommand {
    #[command(flatten)]
    Change(PromptVerb),
}

/// What concerns groups.
#[derive(Debug, Subcommand)]
pub enum GroupCommand {
    #[command(flatten)]
    Change(GroupVerb),
}

/// What concerns gates.
#[derive(Debug, Subcommand)]
pub enum GateCommand {
    #[command(flatten)]
    Change(GateVerb),
}

/// What concerns the policy.
#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    #[command(flatten)]
    Change(PolicyVerb),
}
