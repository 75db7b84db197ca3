//! The words for why a step or gate is as it is.

use super::{Dag, Frontier, Group, Node};
use crate::model::{GateStatus, Phase, State};

/// Reason of a step that was stopped because another member of its group failed.
pub const STOPPED_BY_GROUP: &str = "stopped: group failed fast";

/// How many names a reason lists before it counts.
const NAMED: usize = 5;

/// Why an idle step is BLOCKED.
pub(super) fn blocked(frontier: &Frontier, state: &State, node: Node) -> String {
    let dag = frontier.dag();
    if let Some(target) = dag.watched(node) {
        return format!("watchdog of {target}");
    }
    if let Some(group) = frontier.failed_fast(node) {
        return failed_fast(dag, frontier, state, group);
    }
    if let (Some(reached), None) = (frontier.budget(node), frontier.unsatisfied(node).next()) {
        return reached.reason();
    }
    waits(frontier, node)
}

/// Why an undecided gate waits, or an approved one does not let through yet.
pub(super) fn gate(frontier: &Frontier, node: Node) -> Option<String> {
    let open = frontier.is_ready(node);
    match frontier.gate_status(node) {
        GateStatus::Pending if open => Some("needs a decision".to_owned()),
        GateStatus::Pending => Some(waits(frontier, node)),
        GateStatus::Approved if !open => Some(format!("approved early; {}", waits(frontier, node))),
        GateStatus::Approved | GateStatus::Blocked => None,
    }
}

/// The member whose failure set off the others, in file order; not one that was stopped for it.
pub(super) fn culprit(dag: &Dag, frontier: &Frontier, state: &State, group: &Group) -> Option<Node> {
    let failed = group.members.iter().copied().filter(|m| frontier.phase(*m) == Phase::Failed);
    let stopped = |n: &Node| {
        let step = state.steps.get(dag.id(*n).as_str());
        step.and_then(|s| s.reason.as_deref()).is_some_and(|r| r.starts_with(STOPPED_BY_GROUP))
    };
    failed.clone().find(|n| !stopped(n)).or_else(|| failed.clone().next())
}

fn failed_fast(dag: &Dag, frontier: &Frontier, state: &State, group: &Group) -> String {
    match culprit(dag, frontier, state, group) {
        Some(member) => format!("group {} failed fast: {} failed", group.id, dag.id(member)),
        None => format!("group {} failed fast", group.id),
    }
}

/// `blocked by gate g; waits for build, test (failed)`.
fn waits(frontier: &Frontier, node: Node) -> String {
    let dag = frontier.dag();
    let (gates, steps): (Vec<Node>, Vec<Node>) = frontier.unsatisfied(node).partition(|n| dag.is_gate(*n));
    let gates = gates.iter().map(|n| format!("gate {}", dag.id(*n)));
    let steps = steps.iter().map(|n| match frontier.phase(*n) {
        Phase::Failed => format!("{} (failed)", dag.id(*n)),
        Phase::NeedsReview => format!("{} (needs review)", dag.id(*n)),
        _ => dag.id(*n).to_string(),
    });
    let unknown = dag.unknown(node).iter().map(|(_, id)| format!("{id} (unknown)"));
    let parts = [("blocked by ", list(gates)), ("waits for ", list(steps.chain(unknown)))];
    let parts = parts.into_iter().filter_map(|(verb, names)| Some(format!("{verb}{}", names?)));
    parts.collect::<Vec<_>>().join("; ")
}

fn list(names: impl Iterator<Item = String>) -> Option<String> {
    let names: Vec<String> = names.collect();
    let shown = if names.len() > NAMED + 1 { NAMED } else { names.len() };
    let text = names[..shown].join(", ");
    match names.len() - shown {
        _ if names.is_empty() => None,
        0 => Some(text),
        more => Some(format!("{text} and {more} more")),
    }
}
