//! Starting and stopping: what the engine is asked to do.

use clap::{ArgGroup, Args};
use serde::{Deserialize, Serialize};

use crate::id::{GroupId, StepId};

/// How a run goes.
#[derive(Debug, Clone, PartialEq, Default, Args, Serialize, Deserialize)]
#[serde(default)]
pub struct RunOptions {
    /// First reset this step and all that follows from it
    #[arg(long, value_name = "ID")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<StepId>,
    /// First reset what FAILED
    #[arg(long)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub failed: bool,
    /// Return at once with the run id
    #[arg(long)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub detach: bool,
    /// Keep waiting at gates and reviews
    #[arg(long)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub wait: bool,
    /// Most steps of this run at once
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u32).range(1..=1000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_concurrent: Option<u32>,
    /// What starts the processes: auto (mprocs where it is open), direct or mprocs
    #[arg(long, value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub executor: Option<String>,
    /// Longest time of one attempt, in milliseconds, for this run
    #[arg(long, value_name = "MS", allow_negative_numbers = true, value_parser = clap::value_parser!(u64).range(1..=2_592_000_000))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
}

/// Runs one step.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
pub struct RunStep {
    /// Step to run
    pub id: StepId,
    /// Run it although it is BLOCKED; only the user may, and it needs a yes
    #[arg(long)]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub force: bool,
    /// How the run goes.
    #[command(flatten)]
    #[serde(flatten)]
    pub options: RunOptions,
}

/// Runs the steps of a group.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
pub struct RunGroup {
    /// Group to run
    pub group: GroupId,
    /// How the run goes.
    #[command(flatten)]
    #[serde(flatten)]
    pub options: RunOptions,
}

/// Runs what may start now, once.
#[derive(Debug, Clone, PartialEq, Default, Args, Serialize, Deserialize)]
pub struct RunRunnable {
    /// How the run goes.
    #[command(flatten)]
    #[serde(flatten)]
    pub options: RunOptions,
}

/// Runs until nothing is left that can start.
#[derive(Debug, Clone, PartialEq, Default, Args, Serialize, Deserialize)]
pub struct RunAll {
    /// How the run goes.
    #[command(flatten)]
    #[serde(flatten)]
    pub options: RunOptions,
}

/// Stops running steps.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
#[command(group(ArgGroup::new("which").args(["ids", "all"]).required(true)))]
pub struct StepStop {
    /// Steps to stop
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<StepId>,
    /// Stop everything that runs, and start nothing more of those runs
    #[arg(long)]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
    /// Kill at once, without grace
    #[arg(long)]
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub now: bool,
}

/// Stops a step if it runs, and runs it again in a new run.
#[derive(Debug, Clone, PartialEq, Args, Serialize, Deserialize)]
pub struct StepRestart {
    /// Step to restart
    pub id: StepId,
    /// How the run goes.
    #[command(flatten)]
    #[serde(flatten)]
    pub options: RunOptions,
}

/// What the engine is asked to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Control {
    /// Runs one step.
    #[serde(rename = "run.step")]
    RunStep(RunStep),
    /// Runs the steps of a group.
    #[serde(rename = "run.group")]
    RunGroup(RunGroup),
    /// Runs what may start now, once.
    #[serde(rename = "run.runnable")]
    RunRunnable(RunRunnable),
    /// Runs until nothing is left that can start.
    #[serde(rename = "run.all")]
    RunAll(RunAll),
    /// Stops running steps.
    #[serde(rename = "step.stop")]
    Stop(StepStop),
    /// Stops a step if it runs, and runs it again.
    #[serde(rename = "step.restart")]
    Restart(StepRestart),
}

impl Control {
    /// The names of all run controls, as the log has them.
    pub const NAMES: &[&str] =
        &["run.step", "run.force", "run.group", "run.runnable", "run.all", "step.stop", "step.restart"];

    /// Name as the log has it; `run step --force` has one of its own.
    pub fn name(&self) -> &'static str {
        match self {
            Self::RunStep(r) if r.force => "run.force",
            Self::RunStep(_) => "run.step",
            Self::RunGroup(_) => "run.group",
            Self::RunRunnable(_) => "run.runnable",
            Self::RunAll(_) => "run.all",
            Self::Stop(_) => "step.stop",
            Self::Restart(_) => "step.restart",
        }
    }

    /// What it is about, for the log: ids, separated by commas.
    pub fn target(&self) -> String {
        match self {
            Self::RunStep(r) => r.id.to_string(),
            Self::RunGroup(r) => r.group.to_string(),
            Self::RunRunnable(_) => "runnable".into(),
            Self::RunAll(_) => "all".into(),
            Self::Stop(s) if s.all => "all".into(),
            Self::Stop(s) => s.ids.iter().map(StepId::as_str).collect::<Vec<_>>().join(","),
            Self::Restart(r) => r.id.to_string(),
        }
    }

    /// How the run goes, for what starts one.
    pub fn options(&self) -> Option<&RunOptions> {
        match self {
            Self::RunStep(r) => Some(&r.options),
            Self::RunGroup(r) => Some(&r.options),
            Self::RunRunnable(r) => Some(&r.options),
            Self::RunAll(r) => Some(&r.options),
            Self::Restart(r) => Some(&r.options),
            Self::Stop(_) => None,
        }
    }

    /// The same, with a run that goes on without whoever asks for it.
    #[must_use]
    pub fn detached(mut self) -> Self {
        if let Some(options) = self.options_mut() {
            options.detach = true;
        }
        self
    }

    /// The same, with steps that this executor starts.
    #[must_use]
    pub fn by(mut self, executor: &str) -> Self {
        if let Some(options) = self.options_mut() {
            options.executor = Some(executor.to_owned());
        }
        self
    }

    fn options_mut(&mut self) -> Option<&mut RunOptions> {
        match self {
            Self::RunStep(r) => Some(&mut r.options),
            Self::RunGroup(r) => Some(&mut r.options),
            Self::RunRunnable(r) => Some(&mut r.options),
            Self::RunAll(r) => Some(&mut r.options),
            Self::Restart(r) => Some(&mut r.options),
            Self::Stop(_) => None,
        }
    }

    /// The fields as JSON, keyed by the names of the grammar's arguments.
    pub fn fields(&self) -> serde_json::Value {
        match self {
            Self::RunStep(r) => serde_json::to_value(r),
            Self::RunGroup(r) => serde_json::to_value(r),
            Self::RunRunnable(r) => serde_json::to_value(r),
            Self::RunAll(r) => serde_json::to_value(r),
            Self::Stop(s) => serde_json::to_value(s),
            Self::Restart(r) => serde_json::to_value(r),
        }
        .unwrap_or_default()
    }
}
