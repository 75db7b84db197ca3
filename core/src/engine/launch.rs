//! From a step to a job: the last judgement, on what will really be executed.

use std::collections::BTreeMap;

use chrono::Utc;
use serde_json::json;

use super::agents::Asked;
use super::core::{Active, Engine};
use super::fill::{Filled, PROMPT, StartError, prompt_path};
use super::given::inputs_json;
use super::pen::Start;
use super::prepare::{Judged, Surroundings};
use crate::id::{RunId, StepId};
use crate::log::Draft;
use crate::model::{Actor, Fact, Outcome, Phase, Step, StepFact};
use crate::policy::PolicyError;
use crate::template::MAX_TEXT;
use crate::workspace::check_folder;
use crate::wrapper::{AttemptKey, Job, Respawn};

impl Engine {
    /// Starts an attempt of a step for a run, skips it, or says why it cannot start. Whether it is over already.
    pub(super) fn begin(&mut self, id: &StepId, run_id: &RunId) -> bool {
        let Some(step) = self.world.step(id).cloned() else { return false };
        let now = Utc::now();
        self.retries.end(id);
        let wanted = self.wants_to_run(&step);
        if matches!(wanted, Ok(false)) {
            self.skip(id, run_id);
            return true;
        }
        let Some(run) = self.runs.get_mut(run_id) else { return false };
        let attempt = run.began(id, now);
        match wanted.and_then(|_| self.job(&step, run_id, attempt)) {
            Ok(job) => {
                let mut fact = StepFact::new(id.clone(), Phase::Running);
                fact.run = Some(run_id.clone());
                fact.attempt = Some(attempt);
                let draft = Draft::new(Actor::System, "step.start", id.as_str())
                    .run(run_id.clone())
                    .with("attempt", attempt)
                    .with("command", json!(job.shown_command));
                let before = self.world.state.steps.get(id).cloned();
                let ticket = self.tell(draft, vec![Fact::Step(fact)]);
                self.starts.push(Start { ticket, step: id.clone(), before });
                let active = Active {
                    run: run_id.clone(),
                    attempt,
                    lock_file: job.lock_file.clone(),
                    step_dir: job.step_dir.clone(),
                    stopping: None,
                    kill_now: false,
                    told: None,
                    adopted: false,
                };
                self.active.insert(id.clone(), active);
                self.launches.push(job);
                false
            }
            Err(error) => {
                self.not_started(id, run_id, attempt, &error);
                true
            }
        }
    }

    /// The policy or the surroundings do not let a step start: it has FAILED before anything ran.
    fn not_started(&mut self, id: &StepId, run: &RunId, attempt: u32, error: &StartError) {
        let mut draft = Draft::new(Actor::System, "step.start", id.as_str())
            .run(run.clone())
            .with("attempt", attempt)
            .with("code", error.code());
        draft.result = if error.is_denied() { Outcome::Denied } else { Outcome::Error };
        draft.error = Some(error.to_string());
        self.tell(draft, Vec::new());
        self.over(id, run, attempt, super::ends::End::failed(error.reason()));
    }

    fn job(&self, step: &Step, run_id: &RunId, attempt: u32) -> Result<Job, StartError> {
        let paths = &self.workspace().paths;
        let (Ok(policy), Some(judge)) = (&self.world.policy, &self.world.judge) else {
            return Err(PolicyError::EmptyCommand.into());
        };
        let filled = self.fill(step, None)?;
        let step = &filled.step;
        let step_dir = paths.run_step(run_id, &step.id);
        let prompt = filled.prompt.as_ref().map(|_| prompt_path(&step_dir));
        let prompt_text = prompt.as_ref().map(|p| p.to_string_lossy().into_owned());
        let (call, agent) = self.call(
            step,
            run_id,
            attempt,
            Asked {
                file: prompt_text.as_deref().unwrap_or_default(),
                text: filled.prompt.as_deref().unwrap_or_default(),
            },
        )?;
        if step.model.is_shell() && step.command.is_empty() {
            judge.script(filled.prompt.as_deref().unwrap_or_default())?;
        }
        let cwd = std::path::Path::new(step.cwd.as_deref().unwrap_or("."));
        let cleared = judge.command(&call.argv, cwd)?;
        self.check_sandbox(step, cleared.cwd.path())?;
        check_folder(self.world.sequence(), step, cleared.cwd.path(), judge)?;
        let key = AttemptKey { run_id: run_id.clone(), step_id: step.id.clone(), attempt };
        let around = self.environment(step, &key, &step_dir, prompt_text.as_deref())?;
        let options = self.runs.get(run_id).and_then(|r| r.opened.control.options().cloned());
        let executor = self.executor_for(step, options.as_ref().and_then(|o| o.executor.as_deref()))?;
        let detached = self.runs.get(run_id).is_some_and(super::run::Run::is_detached);
        let timeout = options.and_then(|o| o.timeout);
        let job = Job {
            review: step.review,
            artifacts: step.artifacts.clone(),
            executor: executor.to_owned(),
            terminal: step.interactive,
            watchdogs: self.watchdogs(step, run_id, attempt, judge)?,
            respawn: Some(Respawn {
                bells: self.broker.socket.parent().filter(|_| step.orchestrator).map(Into::into),
                detached,
                ..self.config.again()
            }),
            ..self.plain_job(Judged {
                step,
                run: run_id,
                attempt,
                call,
                agent,
                cleared,
                around,
                lock_file: paths.wrapper_lock(run_id, &step.id),
                timeout_ms: timeout.unwrap_or_else(|| policy.timeout_ms(step.timeout_ms)),
                prompt,
                files: files(&filled),
            })
        };
        Ok(self.with_sandbox(step, self.with_git(step, run_id, job)))
    }

    /// The command as it may be shown and kept.
    pub(super) fn shown(&self, argv: &[String], secrets: &[String]) -> Vec<String> {
        let hidden = self.workspace().redactor().redact_argv(argv);
        hidden
            .into_iter()
            .map(|arg| {
                secrets.iter().fold(arg, |arg, s| arg.replace(s.as_str(), crate::policy::redact::PLACEHOLDER))
            })
            .collect()
    }

    fn environment(
        &self,
        step: &Step,
        key: &AttemptKey,
        step_dir: &std::path::Path,
        prompt: Option<&str>,
    ) -> Result<Surroundings, PolicyError> {
        let mut around = self.surroundings(step, &key.run_id, step_dir, prompt)?;
        around.set("THREADOS_INPUTS", step_dir.join("inputs.json"));
        around.set("THREADOS_SOCKET", &self.broker.socket);
        around.set("THREADOS_TOKEN", self.broker.tokens.of(key));
        if let Some(reason) = self.sent_back(step) {
            around.set("THREADOS_REVIEW_REASON", variable(reason));
        }
        if let Some((index, count)) = self.place_in_group(step) {
            around.set("THREADOS_WORKER_INDEX", index.to_string());
            around.set("THREADOS_WORKER_COUNT", count.to_string());
        }
        Ok(around)
    }

    /// Which member of its group a step is, from 1, and of how many.
    pub(super) fn place_in_group(&self, step: &Step) -> Option<(usize, usize)> {
        let group = step.group_id.as_ref()?;
        let ids: Vec<_> = self.world.sequence().members(group).map(|s| &s.id).collect();
        Some((ids.iter().position(|id| **id == step.id)? + 1, ids.len()))
    }
}

/// A text as a variable can hold it: without NUL bytes, and cut where a process could not start with it.
fn variable(text: &str) -> String {
    let mut text = text.replace('\0', "");
    let end = (0..=text.len().min(MAX_TEXT)).rev().find(|n| text.is_char_boundary(*n));
    text.truncate(end.unwrap_or_default());
    text
}

/// What is laid into the folder of the attempt before it starts.
fn files(filled: &Filled) -> BTreeMap<String, String> {
    let inputs = (!filled.inputs.is_empty()).then(|| ("inputs.json".to_owned(), inputs_json(&filled.inputs)));
    let prompt = filled.prompt.clone().map(|text| (PROMPT.to_owned(), text));
    inputs.into_iter().chain(prompt).collect()
}
