//! Watchdogs: judged with the step they watch, and handed to its wrapper, where they run.

use std::path::Path;

use super::agents::{Asked, plan_call};
use super::core::Engine;
use super::fill::{Filled, PROMPT, StartError, prompt_path};
use super::prepare::Judged;
use super::protocol::Fault;
use crate::id::{RunId, StepId};
use crate::model::Step;
use crate::policy::{Judge, PolicyError};
use crate::template::Watched;
use crate::workspace::DoorError;
use crate::wrapper::{Job, Watchdog};

/// What the time limit of a check is held between where the watchdog has no `timeout_ms`: its interval, but a busy
/// machine must not make a quick one look hung, and a rare one must not hang for hours.
const LIMIT_MS: (u64, u64) = (10_000, 60_000);

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
                .and_then(|()| judge.proposed(&argv, folder(step)));
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
    ) -> Result<Vec<Watchdog>, StartError> {
        self.watchdogs_of(&watched.id)
            .map(|step| {
                let check = self.check(step, watched, run, attempt, judge).map_err(|e| named(e, &step.id))?;
                Ok(Watchdog { check, interval_ms: step.looks_every_ms() })
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
    ) -> Result<Job, StartError> {
        let paths = &self.workspace().paths;
        let [out, err] = ["stdout.log", "stderr.log"].map(|log| paths.run_step(run, &watched.id).join(log));
        let Filled { step, prompt, .. } = &self.fill(step, Some(looks_at(watched, &out, &err)))?;
        let step_dir = paths.run_step(run, &step.id);
        let mut question = prompt.clone().unwrap_or_default();
        if !step.model.is_shell() {
            question += &task(watched, &out, &err, &step_dir.join("output"));
        }
        let laid = prompt_path(&step_dir);
        let shown = laid.to_string_lossy().into_owned();
        let (call, agent) = self.call(step, run, 1, Asked { file: &shown, text: &question })?;
        if step.model.is_shell() && step.command.is_empty() {
            judge.script(&question)?;
        }
        let cleared = judge.command(&call.argv, folder(step))?;
        let cwd = cleared.cwd.path().to_owned();
        self.check_sandbox(step, &cwd)?;
        let mut around = self.surroundings(step, run, &step_dir, prompt.as_ref().map(|_| shown.as_str()))?;
        around.set("THREADOS_WATCH_STEP", watched.id.as_str());
        around.set("THREADOS_WATCH_STDOUT", &out);
        around.set("THREADOS_WATCH_STDERR", &err);
        let interval = step.looks_every_ms();
        let job = self.plain_job(Judged {
            step,
            run,
            attempt,
            call,
            agent,
            cleared,
            around,
            lock_file: paths.wrapper_lock(run, &watched.id),
            timeout_ms: step.timeout_ms.unwrap_or_else(|| interval.clamp(LIMIT_MS.0, LIMIT_MS.1)),
            prompt: Some(laid),
            files: [(PROMPT.to_owned(), question)].into_iter().filter(|(_, text)| !text.is_empty()).collect(),
        });
        let network = self.network_of(step).and(self.network_of(watched));
        let sandbox = self.world.ground.as_ref().and_then(|g| g.plan(&cwd, &step_dir, network));
        Ok(Job { stop_grace_ms: 0, sandbox, ..job })
    }
}

/// What the templates of a watchdog may ask for besides.
fn looks_at(watched: &Step, out: &Path, err: &Path) -> Watched {
    let [stdout, stderr] = [out, err].map(|path| path.to_string_lossy().into_owned());
    Watched { step: watched.id.clone(), stdout, stderr }
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
fn named(error: StartError, id: &StepId) -> StartError {
    match error {
        StartError::Policy(PolicyError::Denied(mut denial)) => {
            denial.message = format!("watchdog `{id}`: {}", denial.message);
            PolicyError::Denied(denial).into()
        }
        StartError::Policy(PolicyError::NoSuchProgram { name, searched, hint }) => {
            let searched = format!("{searched} (of watchdog `{id}`)");
            PolicyError::NoSuchProgram { name, searched, hint }.into()
        }
        StartError::Template(place, error) => {
            StartError::Template(format!("watchdog `{id}`: {place}"), error)
        }
        other => other,
    }
}
