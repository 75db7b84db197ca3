//! Where a step may work that an orchestrator has added: where that works itself. So what holds an orchestrator holds
//! all that it adds.

use std::iter::successors;
use std::path::Path;

use crate::model::{Sequence, Step};
use crate::policy::{Denial, Judge, Place, PolicyError, Rule};
use crate::wrapper::sandbox::is_protected;

/// Refuses a step of an orchestrator that would work in `cwd`, a canonical folder, where its orchestrator may not write.
///
/// # Errors
/// [`PolicyError`]: the denial, or that the orchestrator's own folder cannot be judged.
pub fn check_folder(sequence: &Sequence, step: &Step, cwd: &Path, judge: &Judge) -> Result<(), PolicyError> {
    let above = |step: &Step| step.spawned_by.as_ref().and_then(|id| sequence.step(id.as_str()));
    // What it has of its own, others have not. A file written by hand may have a circle here.
    let leads = successors(above(step).filter(|_| !step.worktree), |lead| above(lead));
    for lead in leads.take(sequence.steps.len()) {
        if lead.worktree {
            return Err(refused(step, lead, "and that works in a worktree of its own", "--worktree"));
        }
        let folder = judge.cwd(Path::new(lead.cwd.as_deref().unwrap_or(".")))?;
        let Ok(below) = cwd.strip_prefix(folder.path()) else {
            let own = lead.cwd.as_deref().unwrap_or(".");
            return Err(refused(
                step,
                lead,
                &format!("and `{own}` is where that works"),
                &format!("--cwd {own}"),
            ));
        };
        if below.components().any(|part| is_protected(part.as_os_str())) {
            return Err(refused(step, lead, "and no step that a step adds works there", "another --cwd"));
        }
    }
    Ok(())
}

fn refused(step: &Step, lead: &Step, why: &str, instead: &str) -> PolicyError {
    let cwd = step.cwd.as_deref().unwrap_or(".");
    let message = format!("step `{}` cannot work in `{cwd}`: `{}` has added it, {why}", step.id, lead.id);
    let hint = format!("give it {instead}, or add it yourself, outside of any step");
    Denial::new(Rule::Actor, cwd, Place::BuiltIn, message, hint).into()
}
