//! Before a run begins, every step it may start is judged: nothing starts where something is not allowed.

use std::collections::HashSet;
use std::path::Path;

use super::control::is_reset;
use super::core::Engine;
use super::protocol::Fault;
use super::run::Scope;
use crate::grammar::Control;
use crate::model::{Fact, Phase, Step, ThreadType};
use crate::model_cli;
use crate::policy::PolicyError;
use crate::workspace::{DoorError, ErrorClass};

impl Engine {
    /// Judges what the run may start. What may still come to be while it runs (a folder, a program that a step
    /// builds) is judged again at its own start.
    pub(super) fn judge_scope(&self, scope: &Scope, control: &Control, facts: &[Fact]) -> Result<(), Fault> {
        let Some(judge) = &self.world.judge else { return Ok(()) };
        let mut seen = HashSet::new();
        for step in &self.world.sequence().steps {
            let ended = self.world.phase(&step.id) != Phase::Idle && !is_reset(&step.id, facts);
            let meant = scope.has(&step.id) && step.watchdog_for.is_none();
            if !meant || (ended && matches!(control, Control::RunAll(_))) {
                continue;
            }
            if seen.insert((&step.command, &step.cwd, &step.model, &step.env)) {
                self.judge_one(judge, step)?;
                self.judge_sandbox(judge, step)?;
            }
            if let Some(field) = self.not_acted_on(step) {
                let message =
                    format!("step `{}`: {field} is not acted on in this version, so it is not run", step.id);
                return Err(Fault::new(ErrorClass::Environment, "NOT_SUPPORTED", message)
                    .hint("take it out of the step to run it without"));
            }
        }
        Ok(())
    }

    /// A field that would change what the step does, and that this version does not know how to carry out.
    fn not_acted_on(&self, step: &Step) -> Option<&'static str> {
        let watched =
            || self.world.sequence().steps.iter().any(|s| s.watchdog_for.as_ref() == Some(&step.id));
        if step.when.is_some() {
            Some("`when`")
        } else if step.worktree {
            Some("`worktree`")
        } else if step.interactive {
            Some("`interactive`")
        } else {
            (step.kind == ThreadType::L && watched()).then_some("its watchdog")
        }
    }

    fn judge_one(&self, judge: &crate::policy::Judge, step: &Step) -> Result<(), Fault> {
        let prompt = step.prompt_file.as_ref().map(|f| self.workspace().paths.threados.join(f));
        let prompt = prompt.map(|p| p.to_string_lossy().into_owned()).unwrap_or_default();
        let Some(call) = model_cli::call(step, &prompt) else {
            let message = format!("step `{}`: no model `{}` is known", step.id, step.model);
            let known = model_cli::known().collect::<Vec<_>>().join(", ");
            return Err(Fault::new(ErrorClass::Environment, "UNKNOWN_MODEL", message)
                .hint(format!("choose one of {known}: `seqctl step edit {} --model …`", step.id)));
        };
        let judged = crate::policy::check_env(&step.env).map_err(PolicyError::from).and_then(|()| {
            judge.command(&call.argv, Path::new(step.cwd.as_deref().unwrap_or("."))).map(drop)
        });
        match judged {
            Ok(()) | Err(PolicyError::NoSuchFolder { .. } | PolicyError::NotAFolder { .. }) => Ok(()),
            Err(PolicyError::NoSuchProgram { .. }) if call.argv[0].contains('/') => Ok(()),
            Err(error) => {
                let mut fault = Fault::from(&DoorError::from(error));
                fault.message = format!("step `{}`: {}", step.id, fault.message);
                Err(fault)
            }
        }
    }
}
