//! What confines a step; and where the policy requires a sandbox, nothing starts that it does not hold.

use std::path::Path;

use super::core::Engine;
use super::protocol::Fault;
use crate::model::{Network, Sequence, Step};
use crate::policy::{Denial, Folder, Judge, Place, Policy, PolicyError, Rule, Sandbox};
use crate::workspace::{ErrorClass, Workspace};
use crate::wrapper::Job;
use crate::wrapper::sandbox::{Confinement, Ground, Machine};

const HINT: &str = "install bubblewrap (`seqctl doctor` shows what this machine has), give the step a folder of its own \
                    with `--cwd`, or set `sandbox: auto` in .threados/policy.yaml to run without that boundary";

/// What confines the steps of a project under a policy; the machine is looked at only where it is asked for.
pub fn ground(workspace: &Workspace, policy: &Policy) -> Ground {
    let nothing = Machine { bubblewrap: Err(String::new()), landlock: Err(String::new()) };
    let machine = if policy.sandbox == Sandbox::Off { &nothing } else { Machine::here() };
    let ground = Ground::new(&workspace.paths, policy, machine, workspace.sandbox_helper());
    ground.with_seqctl(workspace.own_binary.as_deref())
}

/// Whether a step has a network where the policy allows one: not where it, or an orchestrator above it, has none.
/// Otherwise a step without one could add another that has.
pub fn network_of(sequence: &Sequence, step: &Step) -> Network {
    let above = |step: &Step| step.spawned_by.as_ref().and_then(|id| sequence.step(id.as_str()));
    // A file written by hand may have a circle here.
    let chain = std::iter::successors(Some(step), |step| above(step)).take(sequence.steps.len() + 1);
    chain.fold(Network::Allow, |network, step| network.and(step.network))
}

/// Whether a step would be refused at its start, as far as it can be told before.
///
/// # Errors
/// A [`Fault`] that says what does not hold it.
pub fn check_sandbox(
    ground: &Ground,
    judge: &Judge,
    root: &Path,
    step: &Step,
    network: Network,
) -> Result<(), Fault> {
    if !ground.is_required() {
        return Ok(());
    }
    let cwd = Path::new(step.cwd.as_deref().unwrap_or("."));
    // A folder that is not there yet is judged when the step starts.
    let cwd = judge.cwd(cwd).map_or_else(|_| root.join(cwd), Folder::into_path);
    match ground.refusal(&cwd, network) {
        None => Ok(()),
        Some(why) => {
            let message = format!("step `{}`: {}", step.id, refused(&why));
            Err(Fault::new(ErrorClass::Denied, "SANDBOX_REQUIRED", message).hint(HINT))
        }
    }
}

impl Engine {
    /// The level of confinement steps get.
    pub(super) fn sandbox(&self) -> Confinement {
        self.world.ground.as_ref().map(Ground::confinement).unwrap_or_default()
    }

    /// Before a run: whether a step of it would be refused at its start.
    pub(super) fn judge_sandbox(&self, judge: &Judge, step: &Step) -> Result<(), Fault> {
        let Some(ground) = &self.world.ground else { return Ok(()) };
        check_sandbox(ground, judge, self.workspace().root(), step, self.network_of(step))
    }

    /// What confines the step, in the folder it works in at last.
    pub(super) fn with_sandbox(&self, step: &Step, mut job: Job) -> Job {
        let Some(ground) = &self.world.ground else { return job };
        let tree = job.git.as_ref().and_then(|git| git.worktree.as_ref()).map(|(path, _)| path.clone());
        // What it needs of the repository is known when the worktree is made: its wrapper adds it.
        job.sandbox = ground.plan(tree.as_deref().unwrap_or(&job.cwd), &job.step_dir, self.network_of(step));
        job
    }

    /// [`network_of`] in the present sequence.
    pub(super) fn network_of(&self, step: &Step) -> Network {
        network_of(self.world.sequence(), step)
    }

    /// As a step starts: the same, on the folder it really gets.
    pub(super) fn check_sandbox(&self, step: &Step, cwd: &Path) -> Result<(), PolicyError> {
        let network = self.network_of(step);
        let why = self.world.ground.as_ref().and_then(|g| g.refusal(cwd, network));
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
