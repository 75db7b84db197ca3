//! From a step to a job: the last judgement, on what will really be executed.

use std::collections::BTreeMap;

use chrono::Utc;
use serde_json::json;

use super::agents::Asked;
use super::core::{Active, Engine};
use super::fill::{Filled, PROMPT, StartError, prompt_path};
use super::given::inputs_json;
use super::reach::path_to_us;
use crate::id::{RunId, StepId};
use crate::log::Draft;
use crate::model::{Actor, Fact, Outcome, Phase, Step, StepFact};
use crate::policy::{PolicyError, StepEnv};
use crate::wrapper::{AttemptKey, Job, Respawn};

/// The environment of a step, as name and value.
type Variables = Vec<(String, String)>;

impl Engine {
    /// Starts an attempt of a step for a run, skips it, or says why it cannot start. Whether it is over already.
    pub(super) fn begin(&mut self, id: &StepId, run_id: &RunId) -> bool {
        let Some(step) = self.world.step(id).cloned() else { return false };
        let now = Utc::now();
        self.retries.remove(id);
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
                self.tell(draft, vec![Fact::Step(fact)]);
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
        let filled = self.fill(step)?;
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
        self.check_sandbox(cleared.cwd.path())?;
        let key = AttemptKey { run_id: run_id.clone(), step_id: step.id.clone(), attempt };
        let (env, secrets) = self.environment(step, &key, &step_dir, prompt_text.as_deref())?;
        let options = self.runs.get(run_id).and_then(|r| r.opened.control.options().cloned());
        let detached = self.runs.get(run_id).is_some_and(super::run::Run::is_detached);
        let timeout = options.and_then(|o| o.timeout);
        let job = Job {
            run_id: run_id.clone(),
            step_id: step.id.clone(),
            attempt,
            program: cleared.program,
            shown_command: self.shown(&call.argv, &secrets),
            argv: call.argv,
            cwd: cleared.cwd.path().to_owned(),
            env,
            stdin: prompt.filter(|_| call.prompt_on_stdin),
            output_file: Some(step_dir.join("output")),
            files: files(&filled),
            lock_file: paths.wrapper_lock(run_id, &step.id),
            step_dir,
            timeout_ms: Some(timeout.unwrap_or_else(|| policy.timeout_ms(step.timeout_ms))),
            stop_grace_ms: policy.stop_grace_ms,
            max_log_bytes: policy.max_log_bytes,
            model: step.model.clone(),
            executor: self.executor.name().to_owned(),
            agent,
            review: step.review,
            artifacts: step.artifacts.clone(),
            leak_ms: None,
            sandbox: None,
            watchdogs: self.watchdogs(step, run_id, attempt, judge)?,
            respawn: Some(Respawn {
                argv: self.config.engine.clone(),
                engine_lock: paths.engine_lock.clone(),
                bells: self.broker.socket.parent().filter(|_| step.orchestrator).map(Into::into),
                detached,
            }),
            git: None,
        };
        Ok(self.with_sandbox(self.with_git(step, run_id, job)))
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
    ) -> Result<(Variables, Vec<String>), PolicyError> {
        let mut env = StepEnv::rebuild(std::env::vars_os(), &step.env)?;
        let secrets = StepEnv::rebuild([], &step.env)?.secrets();
        env.set("THREADOS_ROOT", self.workspace().root());
        env.set("THREADOS_RUN_ID", key.run_id.as_str());
        env.set("THREADOS_STEP_ID", step.id.as_str());
        env.set("THREADOS_STEP_DIR", step_dir);
        env.set("THREADOS_INPUTS", step_dir.join("inputs.json"));
        env.set("THREADOS_OUTPUT", step_dir.join("output"));
        env.set("THREADOS_SOCKET", &self.broker.socket);
        env.set("THREADOS_TOKEN", self.broker.tokens.of(key));
        env.set("THREADOS_ACTOR", Actor::Orchestrator.to_string());
        if let Some(path) = path_to_us(env.get("PATH"), self.workspace().own_binary.as_deref()) {
            env.set("PATH", path);
        }
        if let Some(prompt) = prompt {
            env.set("THREADOS_PROMPT_FILE", prompt);
        }
        if let Some((index, count)) = self.place_in_group(step) {
            env.set("THREADOS_WORKER_INDEX", index.to_string());
            env.set("THREADOS_WORKER_COUNT", count.to_string());
        }
        Ok((env.into_texts(), secrets))
    }

    /// Which member of its group a step is, from 1, and of how many.
    pub(super) fn place_in_group(&self, step: &Step) -> Option<(usize, usize)> {
        let group = step.group_id.as_ref()?;
        let ids: Vec<_> = self.world.sequence().members(group).map(|s| &s.id).collect();
        Some((ids.iter().position(|id| **id == step.id)? + 1, ids.len()))
    }
}

/// What is laid into the folder of the attempt before it starts.
fn files(filled: &Filled) -> BTreeMap<String, String> {
    let inputs = (!filled.inputs.is_empty()).then(|| ("inputs.json".to_owned(), inputs_json(&filled.inputs)));
    let prompt = filled.prompt.clone().map(|text| (PROMPT.to_owned(), text));
    inputs.into_iter().chain(prompt).collect()
}
