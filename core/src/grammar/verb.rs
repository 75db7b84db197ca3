//! The subcommands that change or run something, as clap types.

use std::io;
use std::path::Path;

use clap::{Parser, Subcommand};

use super::Command;
use super::control::{Control, RunAll, RunGroup, RunRunnable, RunStep, StepRestart, StepStop};
use crate::action::{
    Action, BudgetSet, DepAdd, DepRm, FusionCreate, GateApprove, GateBlock, GateInsert, GateRm,
    GroupDissolve, GroupParallelize, PolicyAllow, PolicyDeny, PolicyMode, PromptSet, SequenceReset,
    StepAccept, StepAdd, StepClone, StepEdit, StepMove, StepReject, StepRm,
};

/// A whole line of the language.
#[derive(Debug, Parser)]
#[command(name = "seqctl", no_binary_name = true)]
pub(super) struct Line {
    #[command(subcommand)]
    pub verb: Verb,
}

/// Everything that changes or runs something.
#[derive(Debug, Clone, Subcommand)]
pub enum Verb {
    /// Steps
    #[command(subcommand)]
    Step(StepVerb),
    /// Dependencies
    #[command(subcommand)]
    Dep(DepVerb),
    /// Prompts
    #[command(subcommand)]
    Prompt(PromptVerb),
    /// Parallel groups
    #[command(subcommand)]
    Group(GroupVerb),
    /// Fusions
    #[command(subcommand)]
    Fusion(FusionVerb),
    /// Gates
    #[command(subcommand)]
    Gate(GateVerb),
    /// Budgets: how much may be spent before you are asked
    #[command(subcommand)]
    Budget(BudgetVerb),
    /// Limits and permissions
    #[command(subcommand)]
    Policy(PolicyVerb),
    /// Forget what ran
    Reset(SequenceReset),
    /// Run steps
    #[command(subcommand)]
    Run(RunVerb),
    /// Stop running steps
    Stop(StepStop),
    /// Stop a step if it runs, and run it again
    Restart(StepRestart),
}

macro_rules! verbs {
    ($(#[$doc:meta])* $name:ident: $into:ident { $($(#[$vdoc:meta])* $variant:ident($payload:ident),)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Subcommand)]
        pub enum $name {
            $($(#[$vdoc])* $variant($payload),)*
        }

        impl From<$name> for $into {
            fn from(verb: $name) -> Self {
                match verb { $($name::$variant(a) => a.into(),)* }
            }
        }
    };
}

verbs!(
    /// What changes steps.
    StepVerb: Action {
        /// Add a step; with --fanout N, a group of parallel steps
        Add(StepAdd),
        /// Change fields of a step; an empty value clears a field
        Edit(StepEdit),
        /// Remove a step
        Rm(StepRm),
        /// Copy a step's fields and prompt
        Clone(StepClone),
        /// Move a step to another place in the file
        Move(StepMove),
        /// Accept the work of a step under review
        Accept(StepAccept),
        /// Reject the work of a step under review
        Reject(StepReject),
    }
);
verbs!(
    /// What changes dependencies.
    DepVerb: Action {
        /// Make a step or gate wait for another
        Add(DepAdd),
        /// Cut a dependency
        Rm(DepRm),
    }
);
verbs!(
    /// What changes prompts.
    PromptVerb: Action {
        /// Replace the prompt of a step
        Set(PromptSet),
    }
);
verbs!(
    /// What changes groups.
    GroupVerb: Action {
        /// Make a parallel group of existing steps
        Parallelize(GroupParallelize),
        /// Take a group apart; its steps stay
        Dissolve(GroupDissolve),
    }
);
verbs!(
    /// What makes fusions.
    FusionVerb: Action {
        /// Let several steps work on the same task and one merge what they came to
        Create(FusionCreate),
    }
);
verbs!(
    /// What changes and decides gates.
    GateVerb: Action {
        /// Insert a gate between steps
        Insert(GateInsert),
        /// Let what waits at a gate through
        Approve(GateApprove),
        /// Hold what waits at a gate, or send the work back
        Block(GateBlock),
        /// Remove a gate
        Rm(GateRm),
    }
);
verbs!(
    /// What changes budgets.
    BudgetVerb: Action {
        /// Say how much may be spent before you are asked
        Set(BudgetSet),
    }
);
verbs!(
    /// What changes the policy.
    PolicyVerb: Action {
        /// Set SAFE or POWER
        Mode(PolicyMode),
        /// List a program, so that steps may start it
        Allow(PolicyAllow),
        /// Unlist a program
        Deny(PolicyDeny),
    }
);
verbs!(
    /// What starts runs.
    RunVerb: Control {
        /// Run one step
        Step(RunStep),
        /// Run the steps of a group
        Group(RunGroup),
        /// Run what may start now, once
        Runnable(RunRunnable),
        /// Run until nothing is left that can start
        All(RunAll),
    }
);

impl From<RunStep> for Control {
    fn from(r: RunStep) -> Self {
        Self::RunStep(r)
    }
}

impl From<RunGroup> for Control {
    fn from(r: RunGroup) -> Self {
        Self::RunGroup(r)
    }
}

impl From<RunRunnable> for Control {
    fn from(r: RunRunnable) -> Self {
        Self::RunRunnable(r)
    }
}

impl From<RunAll> for Control {
    fn from(r: RunAll) -> Self {
        Self::RunAll(r)
    }
}

impl From<Verb> for Command {
    fn from(verb: Verb) -> Self {
        match verb {
            Verb::Step(v) => Self::Change(v.into()),
            Verb::Dep(v) => Self::Change(v.into()),
            Verb::Prompt(v) => Self::Change(v.into()),
            Verb::Group(v) => Self::Change(v.into()),
            Verb::Fusion(v) => Self::Change(v.into()),
            Verb::Gate(v) => Self::Change(v.into()),
            Verb::Budget(v) => Self::Change(v.into()),
            Verb::Policy(v) => Self::Change(v.into()),
            Verb::Reset(v) => Self::Change(v.into()),
            Verb::Run(v) => Self::Control(v.into()),
            Verb::Stop(v) => Self::Control(Control::Stop(v)),
            Verb::Restart(v) => Self::Control(Control::Restart(v)),
        }
    }
}

/// Reads the files that a command line names (`--prompt FILE`, `--prompts`, `prompt set --file`) into the
/// action, so that the action stands for itself from here on.
///
/// # Errors
/// The path and the error of the first file that cannot be read as text.
pub fn read_named_files(
    action: &mut Action,
    read: impl Fn(&Path) -> io::Result<String>,
) -> Result<(), (std::path::PathBuf, io::Error)> {
    let get = |path: std::path::PathBuf| read(&path).map_err(|e| (path, e));
    match action {
        Action::StepAdd(a) => {
            if let Some(path) = a.fields.prompt.take() {
                a.fields.prompt_text = Some(get(path)?);
            }
            for path in std::mem::take(&mut a.workers.prompts) {
                a.workers.worker_prompt.push(get(path)?);
            }
        }
        Action::StepEdit(a) => {
            if let Some(path) = a.fields.prompt.take() {
                a.fields.prompt_text = Some(get(path)?);
            }
        }
        Action::PromptSet(a) => {
            if let Some(path) = a.file.take() {
                a.text = Some(get(path)?);
            }
        }
        _ => {}
    }
    Ok(())
}
