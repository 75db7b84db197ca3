//! `why`: what holds a step or gate, limits and permissions included.

use chrono::Utc;

use super::{Snapshot, Workspace, judge_step};
use crate::dag::{Hold, Why, why};
use crate::model::{Phase, StepStatus, WAITING_FOR_QUOTA};
use crate::policy::{Policy, PolicyError};

/// What holds a step or gate and what would free it, on what is so; `None` where no step or gate has this id.
pub fn explain(workspace: &Workspace, snapshot: &Snapshot, id: &str) -> Option<Why> {
    let mut why = why(snapshot.sequence(), &snapshot.state, id)?;
    let Some(step) = snapshot.sequence().step(id) else { return Some(why) };
    if snapshot.state.phase(id) != Phase::Idle {
        return Some(why);
    }
    let state = snapshot.state.steps.get(id);
    let until = state.and_then(|s| s.not_before).filter(|at| *at > Utc::now());
    let quota = why.reason.as_deref().is_some_and(|r| r.starts_with(WAITING_FOR_QUOTA));
    why.holds.extend(until.map(|until| if quota { Hold::Quota { until } } else { Hold::Backoff { until } }));
    let denial = match snapshot.policy() {
        Err(error) => Some(error.to_string()),
        Ok(policy) => {
            if why.status == StepStatus::Ready.as_str() {
                why.holds.extend(slots(snapshot, &policy));
            }
            let judged = workspace.judge(&policy).ok().map(|judge| judge_step(&judge, step));
            judged.and_then(Result::err).map(|error: PolicyError| error.to_string())
        }
    };
    why.holds.extend(denial.map(|denial| Hold::Policy { denial }));
    Some(why)
}

fn slots(snapshot: &Snapshot, policy: &Policy) -> Option<Hold> {
    let running = snapshot.state.steps.values().filter(|s| s.phase == Phase::Running).count();
    let running = u32::try_from(running).unwrap_or(u32::MAX);
    (policy.free_slots(running, None, 0) == 0)
        .then_some(Hold::Slots { running, limit: policy.max_concurrent })
}
