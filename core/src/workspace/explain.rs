//! `why`: what holds a step or gate, limits and permissions included.

use chrono::Utc;

use super::{DoorError, Snapshot, Workspace, judge_step};
use crate::dag::{Hold, Root, Why, why};
use crate::id::NodeId;
use crate::model::{Phase, Step, StepStatus, WAITING_FOR_QUOTA};
use crate::policy::{Policy, PolicyError};

/// What holds a step or gate and what would free it, on what is so; `None` where no step or gate has this id.
pub fn explain(workspace: &Workspace, snapshot: &Snapshot, id: &str) -> Option<Why> {
    let mut why = why(snapshot.sequence(), &snapshot.state, id)?;
    let policy = snapshot.policy();
    if let Some(step) = snapshot.sequence().step(id).filter(|_| snapshot.state.phase(id) == Phase::Idle) {
        why.holds.extend(pause(snapshot, &why));
        if let Ok(policy) = &policy {
            by_policy(&mut why, workspace, snapshot, (policy, step));
        }
    }
    if let Err(broken) = policy {
        nothing_allowed(&mut why, &broken);
    }
    Some(why)
}

fn pause(snapshot: &Snapshot, why: &Why) -> Option<Hold> {
    let state = snapshot.state.steps.get(why.id.as_str())?;
    let until = state.not_before.filter(|at| *at > Utc::now())?;
    let quota = why.reason.as_deref().is_some_and(|r| r.starts_with(WAITING_FOR_QUOTA));
    Some(if quota { Hold::Quota { until } } else { Hold::Backoff { until } })
}

/// The limits of the policy, and its rules where they deny the start: what it says is then what to do.
fn by_policy(why: &mut Why, workspace: &Workspace, snapshot: &Snapshot, (policy, step): (&Policy, &Step)) {
    if is_ready(why) {
        why.holds.extend(slots(snapshot, policy));
    }
    let judged = workspace.judge(policy).map(|judge| judge_step(&judge, step));
    let Ok(Err(error)) = judged else { return };
    let free = match &error {
        PolicyError::Denied(denial) => denial.hint.as_deref().and_then(line_to_run).map(str::to_owned),
        _ => None,
    };
    for root in why.roots.iter_mut().filter(|root| is_run(root, &why.id)) {
        root.cause = format!("{} is ready, and would not be let through", root.id);
        root.free.clone_from(&free);
    }
    why.holds.push(Hold::Policy { denial: error.to_string() });
}

/// While the policy is broken nothing starts and nobody decides: that comes before all else.
fn nothing_allowed(why: &mut Why, broken: &DoorError) {
    if why.holds.is_empty() && !is_ready(why) {
        return;
    }
    let cause = "nothing is allowed while .threados/policy.yaml is not valid".to_owned();
    why.roots.retain(|root| !is_run(root, &why.id));
    why.roots.insert(0, Root { id: why.id.clone(), cause, free: Some("seqctl policy check".to_owned()) });
    why.holds.push(Hold::Policy { denial: broken.to_string() });
}

fn is_ready(why: &Why) -> bool {
    why.status == StepStatus::Ready.as_str()
}

/// Whether a node is said to be free to run.
fn is_run(root: &Root, id: &NodeId) -> bool {
    root.id == *id && root.free.as_deref() == Some(&*format!("seqctl run step {id}"))
}

/// The command of a hint that is nothing else.
fn line_to_run(hint: &str) -> Option<&str> {
    hint.strip_prefix("to allow it, run: ").filter(|line| !line.contains(','))
}

fn slots(snapshot: &Snapshot, policy: &Policy) -> Option<Hold> {
    let running = snapshot.state.steps.values().filter(|s| s.phase == Phase::Running).count();
    let running = u32::try_from(running).unwrap_or(u32::MAX);
    (policy.free_slots(running, None, 0) == 0)
        .then_some(Hold::Slots { running, limit: policy.max_concurrent })
}
