//! From a step to a job: the last judgement, on what will really be executed.

use std::collections::BTreeMap;

use chrono::Utc;
use serde_json::json;

use super::core::{Active, Engine};
use crate::id::{RunId, StepId};
use crate::log::Draft;
use crate::model::{Actor, Fact, Outcome, Phase, Step, StepFact};
use crate::model_cli;
use crate::policy::{PolicyError, StepEnv};
use crate::wrapper::{Job, Respawn};

/// The environment of a step, as name and value.
type Variables = Vec<(String, String)>;

impl Engine {
    /// Starts an attempt of a step for a run, or says why it cannot start.
    pub(super) fn begin(&mut self, id: &StepId, run_id: &RunId) {
        let Some(step) = self.world.step(id).cloned() else { return };
        let now = Utc::now();
        self.retries.remove(id);
        let Some(run) = self.runs.get_mut(run_id) else { return };
        let attempt = run.began(id, now);
        match self.job(&step, run_id, attempt) {
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
            }
            Err(error) => self.not_started(id, run_id, attempt, &error),
        }
    }

    /// The policy or the surroundings do not let a step start: it has FAILED before anything ran.
    fn not_started(&mut self, id: &StepId, run: &RunId, attempt: u32, error: &PolicyError) {
        let denied = matches!(error, PolicyError::Denied(_));
        let text = match error {
            PolicyError::Denied(denial) => format!("policy: {}", denial.message),
            other => other.to_string(),
        };
        let mut draft = Draft::new(Actor::System, "step.start", id.as_str())
            .run(run.clone())
            .with("attempt", attempt)
            .with("code", error.code());
        draft.result = if denied { Outcome::Denied } else { Outcome::Error };
        draft.error = Some(error.to_string());
        self.tell(draft, Vec::new());
        self.over(id, run, attempt, super::ends::End::failed(text));
    }

    fn job(&self, step: &Step, run_id: &RunId, attempt: u32) -> Result<Job, PolicyError> {
        let paths = &self.workspace().paths;
        let (Ok(policy), Some(judge)) = (&self.world.policy, &self.world.judge) else {
            return Err(PolicyError::EmptyCommand);
        };
        let prompt = step.prompt_file.as_ref().map(|file| paths.threados.join(file));
        let prompt_text = prompt.as_ref().map(|p| p.to_string_lossy().into_owned());
        let call = model_cli::call(step, prompt_text.as_deref().unwrap_or_default());
        let call = call.ok_or_else(|| unknown_model(step))?;
        if step.model.is_shell() && step.command.is_empty() {
            let script = prompt.as_ref().and_then(|p| std::fs::read_to_string(p).ok()).unwrap_or_default();
            judge.script(&script)?;
        }
        let cwd = std::path::Path::new(step.cwd.as_deref().unwrap_or("."));
        let cleared = judge.command(&call.argv, cwd)?;
        self.check_sandbox(cleared.cwd.path())?;
        let step_dir = paths.run_step(run_id, &step.id);
        let (env, secrets) = self.environment(step, run_id, &step_dir, prompt_text.as_deref())?;
        let options = self.runs.get(run_id).and_then(|r| r.opened.control.options().cloned());
        let detached = self.runs.get(run_id).is_some_and(super::run::Run::is_detached);
        let timeout = options.and_then(|o| o.timeout);
        let sandbox = self.world.ground.as_ref().and_then(|g| g.plan(cleared.cwd.path(), &step_dir));
        Ok(Job {
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
            files: self.inputs(step),
            lock_file: paths.wrapper_lock(run_id, &step.id),
            step_dir,
            timeout_ms: Some(timeout.unwrap_or_else(|| policy.timeout_ms(step.timeout_ms))),
            stop_grace_ms: policy.stop_grace_ms,
            max_log_bytes: policy.max_log_bytes,
            model: step.model.clone(),
            executor: self.executor.name().to_owned(),
            review: step.review,
            artifacts: step.artifacts.clone(),
            leak_ms: None,
            sandbox,
            respawn: detached.then(|| Respawn {
                argv: self.config.engine.clone(),
                engine_lock: paths.engine_lock.clone(),
            }),
        })
    }

    /// The command as it may be shown and kept.
    fn shown(&self, argv: &[String], secrets: &[String]) -> Vec<String> {
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
        run: &RunId,
        step_dir: &std::path::Path,
        prompt: Option<&str>,
    ) -> Result<(Variables, Vec<String>), PolicyError> {
        let mut env = StepEnv::rebuild(std::env::vars_os(), &step.env)?;
        let secrets = StepEnv::rebuild([], &step.env)?.secrets();
        env.set("THREADOS_ROOT", self.workspace().root());
        env.set("THREADOS_RUN_ID", run.as_str());
        env.set("THREADOS_STEP_ID", step.id.as_str());
        env.set("THREADOS_STEP_DIR", step_dir);
        env.set("THREADOS_INPUTS", step_dir.join("inputs.json"));
        env.set("THREADOS_OUTPUT", step_dir.join("output"));
        env.set("THREADOS_ACTOR", Actor::Orchestrator.to_string());
        if let Some(prompt) = prompt {
            env.set("THREADOS_PROMPT_FILE", prompt);
        }
        if let Some((index, count)) = self.place_in_group(step) {
            env.set("THREADOS_WORKER_INDEX", index.to_string());
            env.set("THREADOS_WORKER_COUNT", count.to_string());
        }
        let vars = env.into_vars().into_iter();
        // What is not UTF-8 cannot be given on; it was residue of a terminal, never of a step.
        Ok((
            vars.filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?))).collect(),
            secrets,
        ))
    }

    /// Which member of its group a step is, from 1, and of how many.
    fn place_in_group(&self, step: &Step) -> Option<(usize, usize)> {
        let group = step.group_id.as_ref()?;
        let ids: Vec<_> = self.world.sequence().members(group).map(|s| &s.id).collect();
        Some((ids.iter().position(|id| **id == step.id)? + 1, ids.len()))
    }

    /// `inputs.json`: what the step depends on, how that ended, and where its files are.
    fn inputs(&self, step: &Step) -> BTreeMap<String, String> {
        if step.depends_on.is_empty() {
            return BTreeMap::new();
        }
        let paths = &self.workspace().paths;
        let inputs: Vec<_> = step
            .depends_on
            .iter()
            .filter_map(|dep| {
                let state = self.world.state.steps.get(dep.as_str())?;
                let run = state.run_id.as_ref()?;
                let dir = paths.run_step(run, &StepId::from(dep));
                let status = state.phase.status().map(|s| s.as_str());
                Some(json!({ "step": dep.as_str(), "status": status, "run_id": run, "dir": dir,
                    "stdout": dir.join("stdout.log"), "exit_code": state.exit_code }))
            })
            .collect();
        BTreeMap::from([("inputs.json".to_owned(), json!({ "inputs": inputs }).to_string())])
    }
}

fn unknown_model(step: &Step) -> PolicyError {
    PolicyError::NoSuchProgram {
        name: step.model.to_string(),
        searched: "no model of that name is known".into(),
        hint: format!("choose one of {}", model_cli::known().collect::<Vec<_>>().join(", ")),
    }
}
