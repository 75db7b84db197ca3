//! Where the policy requires a sandbox, nothing starts that it does not hold.

use std::path::Path;

use super::core::Engine;
use super::protocol::Fault;
use crate::git::Repo;
use crate::model::Step;
use crate::policy::{Denial, Folder, Judge, Place, PolicyError, Rule};
use crate::workspace::ErrorClass;
use crate::wrapper::Job;
use crate::wrapper::sandbox::{Confinement, Ground};

const HINT: &str = "install bubblewrap (`seqctl doctor` shows what this machine has), give the step a folder of its own \
                    with `--cwd`, or set `sandbox: auto` in .threados/policy.yaml to run without that boundary";

impl Engine {
    /// The level of confinement steps get.
    pub(super) fn sandbox(&self) -> Confinement {
        self.world.ground.as_ref().map(Ground::confinement).unwrap_or_default()
    }

    /// Before a run: whether a step of it would be refused at its start.
    pub(super) fn judge_sandbox(&self, judge: &Judge, step: &Step) -> Result<(), Fault> {
        let cwd = Path::new(step.cwd.as_deref().unwrap_or("."));
        // A folder that is not there yet is judged when the step starts.
        let cwd = judge.cwd(cwd).map_or_else(|_| self.workspace().root().join(cwd), Folder::into_path);
        match self.world.ground.as_ref().and_then(|g| g.refusal(&cwd)) {
            None => Ok(()),
            Some(why) => {
                let message = format!("step `{}`: {}", step.id, refused(&why));
                Err(Fault::new(ErrorClass::Denied, "SANDBOX_REQUIRED", message).hint(HINT))
            }
        }
    }

    /// What confines the step, in the folder it works in at last.
    pub(super) fn with_sandbox(&self, mut job: Job) -> Job {
        let Some(ground) = &self.world.ground else { return job };
        let tree = job.git.as_ref().and_then(|git| git.worktree.as_ref()).map(|(path, _)| path.clone());
        job.sandbox = ground.plan(tree.as_deref().unwrap_or(&job.cwd), &job.step_dir);
        if let (Some(plan), Some(_), Some(repo)) =
            (&mut job.sandbox, tree, Repo::find(self.workspace().root()))
        {
            plan.give_repository(&repo.common_dir);
        }
        job
    }

    /// As a step starts: the same, on the folder it really gets.
    pub(super) fn check_sandbox(&self, cwd: &Path) -> Result<(), PolicyError> {
        let why = self.world.ground.as_ref().and_then(|g| g.refusal(cwd));
        why.map_or(Ok(()), |why| {
            let place =
                self.world.policy.as_ref().map_or(Place::Default, |policy| Place::of(policy, "sandbox"));
            Err(Denial::new(Rule::Sandbox, "required", place, refused(&why), HINT).into())
        })
    }
}

fn refused(why: &str) -> String {
    format!("the policy says `sandbox: required`, and nothing here holds it: {why}")
}
