//! How a step becomes a command line, and what the engine knows of the agents that steps run.

use chrono::{DateTime, TimeDelta, Utc};

use super::core::Engine;
use super::ends::End;
use super::protocol::Fault;
use super::run::Run;
use crate::dag::Node;
use crate::id::{RunId, StepId};
use crate::model::{Phase, Step, Usage};
use crate::model_cli::{Call, CallError, Given, Model, Models, ModelsError, shell_call};
use crate::policy::PolicyError;
use crate::store::prompt;
use crate::workspace::{DoorError, ErrorClass, Workspace};
use crate::wrapper::{AgentJob, StepRecord};

/// The key of a `step.end` that tells of a limit of the model: what the agent said of it.
pub(super) const QUOTA: &str = "quota";

/// The first wait where nobody said how long it takes, doubled each time …
const FIRST_WAIT: TimeDelta = TimeDelta::minutes(1);
/// … up to this.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(1);
/// A wait is never shorter, also where the time that was told has passed already.
const SHORTEST_WAIT: TimeDelta = TimeDelta::seconds(1);

/// What a step would execute, before anything is filled in that only its start knows.
///
/// # Errors
/// A [`Fault`] where `models.yaml` is broken, nobody knows the model, or its prompt cannot be an argument.
pub fn plan_call(workspace: &Workspace, step: &Step) -> Result<(Call, Option<Model>), Fault> {
    let file = step.prompt_file.as_ref().map(|f| workspace.paths.threados.join(f));
    let file = file.map(|p| p.to_string_lossy().into_owned()).unwrap_or_default();
    if step.model.is_shell() {
        return Ok((shell_call(step, &file), None));
    }
    let models = Models::read(&workspace.paths.models).map_err(|e| Fault::from(&DoorError::from(e)))?;
    let cwd = workspace.root().join(step.cwd.as_deref().unwrap_or("."));
    let text = || prompt::read(file.as_ref()).unwrap_or_default();
    let given = Given { prompt_file: &file, prompt: &text, cwd: &cwd.to_string_lossy(), session: None };
    match models.call(step, &given) {
        Ok(call) => Ok((call, models.get(step.model.as_str()).cloned())),
        Err(error) => Err(refused(step, &models, &error)),
    }
}

fn refused(step: &Step, models: &Models, error: &CallError) -> Fault {
    let message = format!("step `{}`: {error}", step.id);
    match error {
        CallError::Unknown(_) => Fault::new(ErrorClass::Environment, "UNKNOWN_MODEL", message).hint(format!(
            "choose one of {} (`seqctl step edit {} --model …`), or describe it in .threados/models.yaml",
            models.names(),
            step.id
        )),
        CallError::TooLong(_) | CallError::Nul => {
            Fault::new(ErrorClass::Environment, "PROMPT_NOT_PASSED", message)
        }
    }
}

/// What a step is asked: where the text will stand when it starts, and the text.
#[derive(Clone, Copy, Default)]
pub(super) struct Asked<'a> {
    pub file: &'a str,
    pub text: &'a str,
}

impl Engine {
    /// What an attempt executes, and what its wrapper has to know of the agent.
    pub(super) fn call(
        &self,
        step: &Step,
        run: &RunId,
        attempt: u32,
        asked: Asked<'_>,
    ) -> Result<(Call, Option<AgentJob>), PolicyError> {
        if step.model.is_shell() {
            return Ok((shell_call(step, asked.file), None));
        }
        let models = Models::read(&self.workspace().paths.models).map_err(|e| cannot_call(step, &e))?;
        let resumes = models.get(step.model.as_str()).is_some_and(Model::resumes);
        let earlier = if resumes && attempt > 1 { self.session(&step.id, run) } else { None };
        let (session, spent_before) = earlier.unzip();
        let cwd = self.folder_of(step, run);
        let prompt = || asked.text.to_owned();
        let given = Given {
            prompt_file: asked.file,
            prompt: &prompt,
            cwd: &cwd.to_string_lossy(),
            session: session.as_deref(),
        };
        let call = models.call(step, &given).map_err(|e| cannot_call(step, &e))?;
        let redact = self.world.policy.as_ref().map(|p| p.redact.clone()).unwrap_or_default();
        let agent =
            AgentJob { result: call.result, session, spent_before: spent_before.unwrap_or_default(), redact };
        Ok((call, Some(agent)))
    }

    /// The session that the latest attempt left to go on with, and what all attempts spent in it.
    fn session(&self, step: &StepId, run: &RunId) -> Option<(String, Usage)> {
        let dir = self.workspace().paths.run_step(run, step);
        let latest = StepRecord::read(&dir).ok().flatten().filter(|record| record.resumable)?;
        let session = latest.session_id?;
        let mut spent = Usage::default();
        for record in attempts(&dir).filter(|r| r.session_id.as_ref() == Some(&session)) {
            spent.add(&record.usage.unwrap_or_default());
        }
        Some((session, spent))
    }
}

impl Engine {
    /// Until when a step waits whose attempt ended at a limit of its model. One that was stopped, or whose run goes
    /// on no more, has FAILED instead.
    pub(super) fn quota(
        &self,
        step: &StepId,
        run: &RunId,
        stopped: bool,
        end: &mut End,
    ) -> Option<DateTime<Utc>> {
        let limit = end.limit.as_ref()?;
        let Some(run) = self.runs.get(run).filter(|r| !r.stopping && !stopped) else {
            end.phase = Phase::Failed;
            return None;
        };
        let row = run.waits.get(step).map_or(0, |(_, row)| *row);
        let least = Utc::now() + SHORTEST_WAIT;
        let untold = || Utc::now() + LONGEST_WAIT.min(FIRST_WAIT * (1 << row.min(10)));
        Some(limit.until.map_or_else(untold, |until| until.max(least)))
    }

    /// How many attempts of a step in a run ended at a limit.
    pub(super) fn quota_waits(&self, step: &StepId, run: &RunId) -> u32 {
        let run = self.runs.get(run);
        run.and_then(|r| r.waits.get(step)).map_or(0, |(all, _)| *all)
    }

    /// The budgets that hold steps of a run which are ready but for them.
    pub(super) fn budgets_waited_for(&self, run: &Run) -> Vec<String> {
        let covered = |node: Node| self.world.step_at(node).is_some_and(|s| run.opened.covers(s));
        let asking = self.world.frontier.budgets_asking(covered);
        asking.into_iter().map(|reached| reached.of.to_string()).collect()
    }
}

/// The records of every attempt of a step in a run, the latest first.
pub(super) fn attempts(step_dir: &std::path::Path) -> impl Iterator<Item = StepRecord> {
    let earlier = std::fs::read_dir(step_dir.join("attempts")).into_iter().flatten().flatten();
    let dirs = std::iter::once(step_dir.to_owned()).chain(earlier.map(|entry| entry.path()));
    dirs.filter_map(|dir| StepRecord::read(&dir).ok().flatten())
}

fn cannot_call(step: &Step, error: &dyn std::fmt::Display) -> PolicyError {
    PolicyError::CannotCall { model: step.model.to_string(), why: error.to_string() }
}

impl From<ModelsError> for DoorError {
    fn from(error: ModelsError) -> Self {
        match error {
            ModelsError::Read { path, source } => Self::Read { path, source },
            ModelsError::Invalid { problems, .. } => {
                Self::InvalidFile { file: ".threados/models.yaml".into(), problems }
            }
        }
    }
}
