//! What a step and a watchdog have in common as they start: the environment, and the job around a judged command.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::core::Engine;
use super::reach::path_to_us;
use crate::id::RunId;
use crate::model::{Actor, Step};
use crate::model_cli::Call;
use crate::policy::{Cleared, PolicyError, StepEnv};
use crate::wrapper::{AgentJob, Job};

/// The environment of a process of a step.
pub(super) struct Surroundings {
    pub env: StepEnv,
    /// Values of it that must not be shown.
    pub secrets: Vec<String>,
}

impl Surroundings {
    /// Sets a variable of ours.
    pub fn set(&mut self, name: &str, value: impl Into<std::ffi::OsString>) {
        self.env.set(name, value);
    }
}

/// An attempt whose command is judged.
pub(super) struct Judged<'a> {
    pub step: &'a Step,
    pub run: &'a RunId,
    pub attempt: u32,
    pub call: Call,
    pub agent: Option<AgentJob>,
    pub cleared: Cleared,
    pub around: Surroundings,
    /// The lock of the wrapper that runs it.
    pub lock_file: PathBuf,
    pub timeout_ms: u64,
    /// The file with its prompt, where that goes in by standard input.
    pub prompt: Option<PathBuf>,
    pub files: BTreeMap<String, String>,
}

impl Engine {
    /// The environment that every process of a step gets.
    pub(super) fn surroundings(
        &self,
        step: &Step,
        run: &RunId,
        step_dir: &Path,
        prompt: Option<&str>,
    ) -> Result<Surroundings, PolicyError> {
        let mut env = StepEnv::rebuild(std::env::vars_os(), &step.env)?;
        let secrets = StepEnv::rebuild([], &step.env)?.secrets();
        env.set("THREADOS_ROOT", self.workspace().root());
        env.set("THREADOS_RUN_ID", run.as_str());
        env.set("THREADOS_STEP_ID", step.id.as_str());
        env.set("THREADOS_STEP_DIR", step_dir);
        env.set("THREADOS_OUTPUT", step_dir.join("output"));
        env.set("THREADOS_ACTOR", Actor::Orchestrator.to_string());
        let own = self.workspace().own_binary.as_deref();
        if let Some(path) = path_to_us(env.get("PATH"), own, &self.workspace().paths) {
            env.set("PATH", path);
        }
        if let Some(prompt) = prompt {
            env.set("THREADOS_PROMPT_FILE", prompt);
        }
        Ok(Surroundings { env, secrets })
    }

    /// The job of an attempt, with nothing around it: no sandbox, no git, no watchdogs, no way back for the engine.
    pub(super) fn plain_job(&self, judged: Judged<'_>) -> Job {
        let Judged { step, call, around, cleared, .. } = judged;
        let limits = self.world.policy.as_ref().map(|p| (p.stop_grace_ms, p.max_log_bytes));
        let (stop_grace_ms, max_log_bytes) = limits.unwrap_or_default();
        let step_dir = self.workspace().paths.run_step(judged.run, &step.id);
        Job {
            run_id: judged.run.clone(),
            step_id: step.id.clone(),
            attempt: judged.attempt,
            program: cleared.program,
            shown_command: self.shown(&call.argv, &around.secrets),
            argv: call.argv,
            cwd: cleared.cwd.path().to_owned(),
            env: around.env.into_texts(),
            stdin: judged.prompt.filter(|_| call.prompt_on_stdin),
            output_file: Some(step_dir.join("output")),
            files: judged.files,
            lock_file: judged.lock_file,
            step_dir,
            timeout_ms: Some(judged.timeout_ms),
            stop_grace_ms,
            max_log_bytes,
            model: step.model.clone(),
            executor: self.executor.name().to_owned(),
            agent: judged.agent,
            review: false,
            artifacts: Vec::new(),
            leak_ms: None,
            terminal: false,
            sandbox: None,
            watchdogs: Vec::new(),
            respawn: None,
            git: None,
        }
    }
}
