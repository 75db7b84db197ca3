//! Before a run begins, every step it may start is judged: nothing starts where something is not allowed.

use std::collections::HashSet;
use std::path::Path;

use super::agents::plan_call;
use super::control::is_reset;
use super::core::Engine;
use super::protocol::Fault;
use super::run::Opened;
use super::tree::check_worktree;
use crate::grammar::Control;
use crate::model::{Fact, Phase, Step};
use crate::policy::PolicyError;
use crate::workspace::{DoorError, ErrorClass, step_problems};

impl Engine {
    /// Judges what the run may start. What may still come to be while it runs (a folder, a program that a step
    /// builds) is judged again at its own start.
    pub(super) fn judge_scope(&self, opened: &Opened, facts: &[Fact]) -> Result<(), Fault> {
        let Some(judge) = &self.world.judge else { return Ok(()) };
        let mut seen = HashSet::new();
        for (index, step) in self.world.sequence().steps.iter().enumerate() {
            let ended = self.world.phase(&step.id) != Phase::Idle && !is_reset(&step.id, facts);
            if step.watchdog_for.as_ref().and_then(|id| self.world.step(id)).is_some_and(|s| opened.covers(s))
            {
                self.judge_templates(index, step)?;
            }
            let meant = opened.covers(step) && step.watchdog_for.is_none();
            if !meant || (ended && matches!(opened.control, Control::RunAll(_))) {
                continue;
            }
            if step.interactive {
                self.judge_interactive(step, opened)?;
            }
            if seen.insert((
                &step.command,
                &step.cwd,
                &step.model,
                &step.env,
                self.network_of(step).is_allowed(),
            )) {
                self.judge_one(judge, step)?;
                self.judge_sandbox(judge, step)?;
            }
            self.judge_watchdogs(judge, step)?;
            check_worktree(&self.workspace().paths, step)?;
            self.judge_templates(index, step)?;
        }
        Ok(())
    }

    /// An interactive step has its terminal in a pane, and runs a command: an agent that is called for its result
    /// asks nobody.
    fn judge_interactive(&self, step: &Step, opened: &Opened) -> Result<(), Fault> {
        if !step.model.is_shell() {
            let message = format!("step `{}` is interactive, and its model `{}` is not", step.id, step.model);
            return Err(Fault::new(ErrorClass::Invalid, "INTERACTIVE_MODEL", message).hint(
                "give an agent's own screen as a command: `--interactive -- claude`, with model shell",
            ));
        }
        let asked = opened.control.options().and_then(|o| o.executor.as_deref());
        let why = match (asked, self.require_session()) {
            (Some("direct"), _) => "--executor direct has no terminal to give",
            (_, Err(_)) => "no mprocs session is up",
            _ => return Ok(()),
        };
        let message = format!("step `{}` is interactive and needs a pane of mprocs: {why}", step.id);
        Err(Fault::new(ErrorClass::Environment, "MPROCS_NO_SESSION", message)
            .hint("`seqctl mprocs open` opens a session; then run it again, without --executor direct"))
    }

    /// What its templates ask for must be there and come before it.
    fn judge_templates(&self, index: usize, step: &Step) -> Result<(), Fault> {
        let found =
            step_problems(&self.workspace().paths, &self.world.document, self.world.frontier.dag(), index);
        found.into_iter().next().map_or(Ok(()), |first| Err(Fault::in_file(&step.id, first)))
    }

    fn judge_one(&self, judge: &crate::policy::Judge, step: &Step) -> Result<(), Fault> {
        let (call, model) = plan_call(self.workspace(), step)?;
        let judged = crate::policy::check_env(&step.env)
            .map_err(PolicyError::from)
            .and_then(|()| judge.proposed(&call.argv, Path::new(step.cwd.as_deref().unwrap_or("."))));
        match judged {
            Ok(()) | Err(PolicyError::NoSuchFolder { .. } | PolicyError::NotAFolder { .. }) => Ok(()),
            Err(PolicyError::NoSuchProgram { .. }) if call.argv[0].contains('/') => Ok(()),
            Err(error) => {
                let install = model.and_then(|model| model.install);
                let mut fault =
                    missing_agent(&error, install).unwrap_or_else(|| Fault::from(&DoorError::from(error)));
                fault.message = format!("step `{}`: {}", step.id, fault.message);
                Err(fault)
            }
        }
    }
}

/// The program of an agent is not there, and the line that installs it is known.
fn missing_agent(error: &PolicyError, install: Option<&str>) -> Option<Fault> {
    let PolicyError::NoSuchProgram { name, searched, .. } = error else { return None };
    let message = format!("there is no program `{name}`: {searched}");
    let fault = Fault::new(ErrorClass::Environment, error.code(), message);
    Some(fault.hint(format!("install it: {}", install?)))
}
