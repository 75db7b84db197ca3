//! Watchdogs: judged with the step they watch, and handed to its wrapper, where they run.

use std::path::{Path, PathBuf};

use super::agents::{Asked, plan_call};
use super::core::Engine;
use super::protocol::Fault;
use crate::id::{RunId, StepId};
use crate::model::{Actor, Step};
use crate::policy::{Judge, PolicyError, StepEnv};
use crate::workspace::DoorError;
use crate::wrapper::{Job, Watchdog};

/// How often a watchdog looks unless it says otherwise, in milliseconds.
const INTERVAL_MS: u64 = 30_000;
/// What the time limit of a check is held between where the watchdog has no `timeout_ms`: its interval, but a busy
/// machine must not make a quick one look hung, and a rare one must not hang for hours.
const LIMIT_MS: (u64, u64) = (10_000, 60_000);

/// The name of the prompt in the folder of an agent's checks.
const PROMPT: &str = "prompt.md";

impl Engine {
    /// The watchdogs of a step, in file order.
    pub(super) fn watchdogs_of<'a>(&'a self, id: &'a StepId) -> impl Iterator<Item = &'a Step> {
        let dag = self.world.frontier.dag();
        let watchdogs = self.world.node(id).into_iter().flat_map(|node| dag.watchdogs(node));
        watchdogs.filter_map(|node| self.world.step_at(node))
    }

    /// Judges the watchdogs of a step before a run begins.
    pub(super) fn judge_watchdogs(&self, judge: &Judge, watched: &Step) -> Result<(), Fault> {
        for step in self.watchdogs_of(&watched.id) {
            let argv = plan_call(self.workspace(), step)?.0.argv;
            let judged = crate::policy::check_env(&step.env)
                .map_err(PolicyError::from)
                .and_then(|()| judge.command(&argv, folder(step)).map(drop));
            let by_path = argv[0].contains('/');
            match judged {
                Ok(()) => {}
                // A step before the watched one may still make it; it is judged again at the start.
                Err(
                    PolicyError::NoSuchFolder { .. }
                    | PolicyError::NotAFolder { .. }
                    | PolicyError::NoSuchProgram { .. },
                ) if by_path && !watched.depends_on.is_empty() => {}
                Err(error) => {
                    let mut fault = Fault::from(&DoorError::from(error));
                    fault.message = format!("watchdog `{}` of `{}`: {}", step.id, watched.id, fault.message);
                    return Err(fault);
                }
            }
        }
        Ok(())
    }

    /// The watchdogs of an attempt, as its wrapper runs them.
    pub(super) fn watchdogs(
        &self,
        watched: &Step,
        run: &RunId,
        attempt: u32,
        judge: &Judge,
    ) -> Result<Vec<Watchdog>, PolicyError> {
        self.watchdogs_of(&watched.id)
            .map(|step| {
                let check = self.check(step, watched, run, attempt, judge).map_err(|e| named(e, &step.id))?;
                Ok(Watchdog { check, interval_ms: step.watchdog_interval_ms.unwrap_or(INTERVAL_MS) })
            })
            .collect()
    }

    fn check(
        &self,
        step: &Step,
        watched: &Step,
        run: &RunId,
        attempt: u32,
        judge: &Judge,
    ) -> Result<Job, PolicyError> {
        let paths = &self.workspace().paths;
        let policy = judge.policy();
        let prompt = self.check_prompt(step);
        let text = std::fs::read_to_string(&prompt).unwrap_or_default();
        let step_dir = paths.run_step(run, &step.id);
        let output = step_dir.join("output");
        let [out, err] = ["stdout.log", "stderr.log"].map(|log| paths.run_step(run, &watched.id).join(log));
        let question = format!("{text}{}", task(watched, &out, &err, &output));
        let laid = step_dir.join(PROMPT);
        let is_agent = !step.model.is_shell();
        let file = if is_agent { &laid } else { &prompt };
        let (call, agent) =
            self.call(step, run, 1, Asked { file: &file.to_string_lossy(), text: &question })?;
        if step.model.is_shell() && step.command.is_empty() {
            judge.script(&text)?;
        }
        let cleared = judge.command(&call.argv, folder(step))?;
        self.check_sandbox(cleared.cwd.path())?;
        let sandbox = self.world.ground.as_ref().and_then(|g| g.plan(cleared.cwd.path(), &step_dir));
        let mut env = StepEnv::rebuild(std::env::vars_os(), &step.env)?;
        let secrets = StepEnv::rebuild([], &step.env)?.secrets();
        env.set("THREADOS_ROOT", self.workspace().root());
        env.set("THREADOS_RUN_ID", run.as_str());
        env.set("THREADOS_STEP_ID", step.id.as_str());
        env.set("THREADOS_STEP_DIR", &step_dir);
        env.set("THREADOS_OUTPUT", &output);
        env.set("THREADOS_ACTOR", Actor::Orchestrator.to_string());
        env.set("THREADOS_WATCH_STEP", watched.id.as_str());
        env.set("THREADOS_WATCH_STDOUT", &out);
        env.set("THREADOS_WATCH_STDERR", &err);
        let files = is_agent.then(|| (PROMPT.to_owned(), question));
        let interval = step.watchdog_interval_ms.unwrap_or(INTERVAL_MS);
        Ok(Job {
            run_id: run.clone(),
            step_id: step.id.clone(),
            attempt,
            program: cleared.program,
            shown_command: self.shown(&call.argv, &secrets),
            argv: call.argv,
            cwd: cleared.cwd.path().to_owned(),
            env: env.into_texts(),
            lock_file: paths.wrapper_lock(run, &watched.id),
            timeout_ms: Some(step.timeout_ms.unwrap_or_else(|| interval.clamp(LIMIT_MS.0, LIMIT_MS.1))),
            stop_grace_ms: 0,
            max_log_bytes: policy.max_log_bytes,
            model: step.model.clone(),
            executor: self.executor.name().to_owned(),
            stdin: call.prompt_on_stdin.then_some(laid),
            files: files.into_iter().collect(),
            step_dir,
            review: false,
            artifacts: Vec::new(),
            output_file: Some(output),
            leak_ms: None,
            sandbox,
            watchdogs: Vec::new(),
            git: None,
            agent,
            respawn: None,
        })
    }

    fn check_prompt(&self, step: &Step) -> PathBuf {
        let default = Step::default_prompt_file(&step.id);
        self.workspace().paths.threados.join(step.prompt_file.as_deref().unwrap_or(&default))
    }
}

/// What an agent that watches has to know besides its own prompt: it chooses no exit code.
fn task(watched: &Step, out: &Path, err: &Path, output: &Path) -> String {
    format!(
        "\n---\nYou watch the step `{}` while it runs. What it has printed so far is in {} and {}.\nIf it should go on, \
         do nothing. If it has to be stopped, write one line `stop=why` to {}.\n",
        watched.id,
        out.display(),
        err.display(),
        output.display()
    )
}

fn folder(step: &Step) -> &Path {
    Path::new(step.cwd.as_deref().unwrap_or("."))
}

/// Says in a refusal at the start of the watched step which watchdog it is about.
fn named(error: PolicyError, id: &StepId) -> PolicyError {
    match error {
        PolicyError::Denied(mut denial) => {
            denial.message = format!("watchdog `{id}`: {}", denial.message);
            PolicyError::Denied(denial)
        }
        PolicyError::NoSuchProgram { name, searched, hint } => {
            PolicyError::NoSuchProgram { name, searched: format!("{searched} (of watchdog `{id}`)"), hint }
        }
        other => other,
    }
}
